//! What a typed program does with what is typed: variants, what must be given, options of its own.

use std::collections::BTreeMap;
use std::net::IpAddr;

use mainstem::Config;
use mainstem::app::{App, Configs, Sandbox, Status, Trial};
use mainstem::compose::Store;
use mainstem::run::Run;
use mainstem::typed;
use mainstem::value::{KeyPath, Map, Node};

/// Trains.
#[derive(Debug, Config)]
struct Train {
    #[mainstem(default = 0.1, range = 0.0..=1.0)]
    _lr: f64,
    _model: Model,
    #[mainstem(default = Model::Logistic { _l2: 0.25 })]
    _other: Model,
    #[mainstem(default)]
    _names: BTreeMap<i8, String>,
    _name: Option<String>,
    _seed: u64,
}

#[derive(Debug, Config)]
enum Model {
    Forest {
        #[mainstem(default = 10)]
        _trees: u32,
        #[mainstem(default = 1)]
        _seed: u32,
    },
    Logistic {
        _l2: f64,
    },
    Net(Net),
}

#[derive(Debug, Config)]
struct Net {
    _layers: Vec<u32>,
    #[mainstem(default = 1)]
    _seed: u32,
}

static CONF: &[(&str, &str)] = &[
    ("config", "defaults: [{_model: forest}, _self_]\n_seed: 7\n"),
    ("bare", "_seed: 7\n"),
    ("nothing", "{}\n"),
    ("deep", "defaults: [{_model: forest}, _self_]\n_seed: 7\n_model: {_trees: 60}\n"),
    ("_model/forest", "_trees: 50\n_seed: 9\n"),
    ("_model/logistic", "_l2: 0.5\n"),
];

fn app() -> App {
    App::typed("train", |_: Train, _: &Run| ())
        .with_configs(Configs::embedded(CONF))
        .with_config_name("config")
}

fn run(app: &App, arguments: &[&str]) -> Trial {
    Sandbox::new().expect("a sandbox").run(app, arguments.iter().copied())
}

/// A part of the config that the arguments compose.
fn part(key: &str, arguments: &[&str]) -> String {
    let trial = run(&app(), &[arguments, &["--cfg", "job", "-p", key]].concat());
    assert_eq!((trial.status(), trial.err()), (Status::Success, ""), "{arguments:?}");
    trial.out().lines().skip(1).collect::<Vec<_>>().join("; ")
}

fn mistakes(app: &App, arguments: &[&str]) -> Vec<String> {
    let trial = run(app, arguments);
    assert_ne!(trial.status(), Status::Success, "{arguments:?}");
    let told = trial.err().lines().filter_map(|line| line.strip_prefix("error[")?.split_once("]: "));
    told.map(|(_, message)| message.to_owned()).collect()
}

#[test]
fn what_an_option_gave_goes_with_its_variant() {
    let net = "type: net; _layers:; - 1; _seed: 1";
    assert_eq!(part("_model", &["_model.type=net", "_model._layers=[1]"]), net);
    assert_eq!(part("_model", &["_model={type: net, _layers: [1]}"]), net);
    // What somebody wrote for it does not.
    for arguments in [&["_model._trees=5", "_model.type=net"][..], &["-cn", "deep", "_model.type=net"]] {
        let told = mistakes(&app(), arguments);
        assert_eq!(
            told[0], "`_model._trees` belongs to `forest`, and `_model` is `net` now",
            "{arguments:?}"
        );
    }
    let advised = ["-cn", "deep", "_model.type=net", "_model._layers=[1]", "~_model._trees"];
    assert!(run(&app(), &advised[..4]).err().contains("type `~_model._trees`, too"));
    assert_eq!(part("_model", &advised), net);
}

#[test]
fn what_a_type_gave_goes_with_its_variant() {
    assert_eq!(part("_other", &["_other.type=forest"]), "type: forest; _trees: 10; _seed: 1");
    assert_eq!(part("_other", &["_other={type: forest, _trees: 3}"]), "type: forest; _trees: 3; _seed: 1");
    assert_eq!(
        mistakes(&app(), &["_other._l2=3", "_other.type=forest"]),
        ["`_other._l2` belongs to `logistic`, and `_other` is `forest` now"]
    );
}

#[test]
fn the_name_of_a_variant_makes_it_where_there_is_none() {
    let bare = ["-cn", "bare", "_model.type=logistic", "_model._l2=1"];
    assert_eq!(part("_model", &bare), "type: logistic; _l2: 1.0");
    // And what was given to another one in between is told.
    let told = mistakes(&app(), &[&bare[..], &["_model={type: forest, _trees: 3}"]].concat());
    assert_eq!(told, ["`_model._l2` belongs to `logistic`, and `_model` is `forest` now"]);
}

#[test]
fn keys_of_mappings_have_their_type() {
    assert_eq!(part("_names", &["+_names={3: x}", "+_names.4=z"]), "3: x; '4': z");
    for (argument, key) in [("+_names={x: b}", "x"), ("+_names.y=b", "y"), ("+_names={300: b}", "300")] {
        let told = mistakes(&app(), &[argument, "--cfg", "job"]);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0]
                .starts_with(&format!("the key `_names.{key}` must be an integer from -128 to 127, but is ")),
            "{told:?}"
        );
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let told = mistakes(&app(), &["-cn", "nothing", "_lr=7", "nope=1", "_model.type=x", "_name=${nowhere}"]);
    assert_eq!(
        told,
        [
            "`_lr` is out of range: expected 0.0..=1.0, found 7.0",
            "there is no key `nope`",
            "`_model.type` must be one of forest, logistic, net, but is `x`",
            "`${nowhere}` refers to `nowhere`, which does not exist",
            "`_seed` must be given: it is `???`",
        ]
    );
    // No option of the group stands for it, and the advice works.
    let trial = run(&app(), &["_model=net"]);
    assert!(trial.err().contains("type `_model.type=net`"), "{}", trial.err());
    let app = app().with_configs(Configs::embedded(&[("config", "_lr: 7\n")]));
    let trial = run(&app, &["nope=1"]);
    assert!(trial.err().contains("not checked: "), "{}", trial.err());
}

#[test]
fn the_choices_of_a_template_can_be_made() {
    let template = run(&app(), &["--template"]).out().to_owned();
    let line = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if rest == "defaults:" || rest.starts_with("  - ") => rest.to_owned(),
        _ => line.to_owned(),
    };
    let text: String = template.lines().map(|one| line(one) + "\n").collect();
    assert!(text.contains("defaults:\n  - _self_\n  - _model: forest  # forest | logistic\n"), "{text}");
    let mut files = CONF.to_vec();
    files[0].1 = text.leak();
    let app = app().with_configs(Configs::embedded(files.leak()));
    let trial = run(&app, &["_seed=1", "--cfg", "job", "-p", "_model"]);
    assert_eq!((trial.err(), trial.out()), ("", "# @package _model\ntype: forest\n_trees: 50\n_seed: 9\n"));
}

#[test]
fn options_may_stand_in_the_program() {
    let app = app().with_store(Store::default().option::<Net>("_model/net"));
    let trial = run(&app, &["_model=net", "_model._layers=[2]", "--cfg", "job", "-p", "_model"]);
    assert_eq!(trial.out(), "# @package _model\ntype: net\n_layers:\n- 2\n_seed: 1\n", "{}", trial.err());
    assert!(run(&app, &["--help"]).out().contains("_model=forest  forest | logistic | net"));
    assert!(run(&app, &["--schema"]).out().contains("\"net\""));
    assert_eq!(app.check().expect("configs").into_result().map_err(|error| error.to_string()), Ok(()));
}

#[test]
fn a_text_below_the_help_may_be_ones_own() {
    let trial = run(&app(), &["hydra.help.footer=Done", "--help"]);
    assert!(trial.out().ends_with("\nDone\n"), "{}{}", trial.out(), trial.err());
}

#[test]
fn a_key_that_is_null_is_there() {
    let error = "error[missing-value]: `_name` is null: it has no value to print\n";
    let trial = run(&app(), &["--cfg", "job", "-p", "_name"]);
    assert!(trial.err().starts_with(error), "{}", trial.err());
}

/// What may be left out.
#[derive(Debug, PartialEq, Config)]
struct Optional {
    #[mainstem(default = 3, range = 1..=5)]
    small: Option<u8>,
    #[mainstem(default = -3.5)]
    float: Option<f64>,
    #[mainstem(with = serde)]
    address: Option<IpAddr>,
    #[mainstem(default = chrono::TimeDelta::seconds(90), range = chrono::TimeDelta::seconds(1)..)]
    wait: chrono::TimeDelta,
}

#[test]
fn what_is_optional_may_be_left_out() {
    let expected =
        Optional { small: Some(3), float: Some(-3.5), address: None, wait: chrono::TimeDelta::seconds(90) };
    assert_eq!(typed::read::<Optional>(&Node::from(Map::default())).ok(), Some(expected));
    let app = App::typed("optional", |_: Optional, _: &Run| ());
    let help = run(&app, &["--help"]).out().to_owned();
    assert!(help.contains("[integer in 1..=5 or null]") && help.contains("address=null"), "{help}");
    assert_eq!(
        typed::schema::<Optional>().at(&KeyPath::parse("small")).to_string(),
        "an integer in 1..=5 or null"
    );
}

#[test]
fn a_list_of_another_length_is_told_as_such() {
    let three: Node = [1, 2, 3].map(Node::from).into_iter().collect();
    let error = typed::read::<(u8, u8)>(&three).expect_err("it is too long");
    assert!(error.message().contains("must be a list of length 2, but its length is 3"), "{error}");
}

/// Floats of 32 bits.
#[derive(Debug, Config)]
struct Single {
    #[mainstem(default = 0.5)]
    share: f32,
    #[mainstem(default, range = 0.0..)]
    scale: Option<f32>,
    #[mainstem(default)]
    all: Vec<f32>,
}

#[test]
fn a_float_of_32_bits_is_too_large_when_it_is_composed() {
    let conf = &[("config", "share: 1e39\nall: [.inf, '-1e60', 3e38]\n")];
    let app = App::typed("single", |_: Single, _: &Run| ());
    let app = app.with_configs(Configs::embedded(conf)).with_config_name("config");
    let trial = run(&app, &["scale=1e39", "--cfg", "job"]);
    let limits = "expected -3.4028235e+38..=3.4028235e+38";
    assert_eq!(
        mistakes(&app, &["--cfg", "job"]),
        [
            format!("`share` is out of range: {limits}, found 1e+39"),
            format!("`all.1` is out of range: {limits}, found -1e+60"),
        ]
    );
    assert!(
        trial.err().contains("built-in config:1:8\n  1 | share: 1e39\n    |        ^^^^ expected"),
        "{}",
        trial.err()
    );
    let app = App::typed("single", |_: Single, _: &Run| ());
    let scale = mistakes(&app, &["scale=1e39", "--cfg", "job"]);
    assert_eq!(scale, [format!("`scale` is out of range: {limits}, found 1e+39")]);
    assert_eq!(mistakes(&app, &["scale=-1"]), ["`scale` is out of range: expected 0.0.., found -1.0"]);
    let trial = run(&app, &["share=inf", "all=[nan,3e38,0.1]", "scale=3", "--cfg", "job"]);
    assert_eq!(trial.err(), "");
    assert!(trial.out().contains("- 0.1\n"), "{}", trial.out());
}

/// What is checked as a whole.
#[derive(Debug, Config)]
struct Planned {
    schedule: Schedule,
}

#[derive(Debug, Config)]
#[mainstem(check = Schedule::is_possible)]
struct Schedule {
    #[mainstem(default = 10)]
    epochs: u32,
    #[mainstem(default = 1)]
    warmup: u32,
    #[mainstem(default = 3)]
    rest: u32,
}

impl Schedule {
    fn is_possible(&self) -> Result<(), String> {
        match self.warmup + self.rest > self.epochs {
            true => Err(format!("{} of {} epochs", self.warmup, self.epochs)),
            false => Ok(()),
        }
    }
}

#[test]
fn a_rule_that_names_no_field_points_at_what_was_set() {
    let conf = &[("config", "schedule:\n  epochs: 5\n")];
    let app = App::typed("planned", |_: Planned, _: &Run| ());
    let app = app.with_configs(Configs::embedded(conf)).with_config_name("config");
    let trial = run(&app, &["schedule.warmup=7"]);
    let expected = "\
error[constraint]: `schedule`: 7 of 5 epochs
  built-in config:2:11
  2 |   epochs: 5
    |           ^ `epochs` is set here
  command line, argument 1
  | schedule.warmup=7
  |                 ^ `warmup` is set here
";
    assert_eq!(trial.err(), expected);
    // Of what nobody set, the type says it.
    let trial = run(&app, &["schedule={epochs: 3}", "schedule.rest=9"]);
    assert!(
        trial.err().contains("| schedule.rest=9\n  |               ^ `rest` is set here"),
        "{}",
        trial.err()
    );
    assert!(!trial.err().contains("`warmup` is set"), "{}", trial.err());
}

/// Two structs in one, with a key in common.
#[derive(Debug, Config)]
struct Both {
    #[mainstem(flatten)]
    data: OfData,
    #[mainstem(flatten)]
    model: OfModel,
}

#[derive(Debug, Config)]
struct OfData {
    #[mainstem(default = 1)]
    seed: u64,
}

#[derive(Debug, Config)]
struct OfModel {
    #[mainstem(default = 2, alias = "size")]
    seed: u64,
    #[mainstem(default = 2)]
    depth: u64,
}

#[test]
fn one_key_of_two_flattened_structs_is_told() {
    let app = App::typed("both", |both: Both, _: &Run| {
        let _ = (both.data.seed, both.model.seed, both.model.depth);
    });
    for arguments in [&["--cfg", "job"][..], &["seed=3"], &["--help"], &["-m", "seed=1,2"]] {
        let told = ["`seed` is a key of both `OfData` and `OfModel`, which are one mapping in `Both`"];
        assert_eq!(mistakes(&app, arguments), told, "{arguments:?}");
    }
    let error = typed::read::<Both>(&Node::from(Map::default())).expect_err("it is ambiguous");
    assert!(error.message().contains("`seed` is a key of two fields"), "{error}");
}
