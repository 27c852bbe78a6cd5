//! What a typed program says of itself: help, schema, template.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use mainstem::app::{App, Bound, Configs, Direction, Maximize, Minimize, Sandbox, Status, Trial};
use mainstem::declared::SchemaFile;
use mainstem::diag::{Error, Source, SourceKind, SourceMap};
use mainstem::run::Run;

/// Trains a classifier.
#[derive(Debug, PartialEq, mainstem::Config)]
struct Train {
    /// Step size of the optimizer. It is the first thing to try when a run diverges, and the last thing to blame
    /// when it does not.
    #[mainstem(default = 0.01, range = 1e-6..=1.0, alias = "learning_rate")]
    lr: f64,
    #[mainstem(default = 42)]
    seed: u64,
    /// What to call the run.
    #[mainstem(regex = "^[a-z-]+$", length = ..=20)]
    name: String,
    /// What learns.
    model: Model,
    #[mainstem(default = Optimizer::Adam)]
    optimizer: Optimizer,
    data: Data,
    /// The rules of the search, if there is one.
    tree: Option<Tree>,
    #[mainstem(default = vec![64, 64])]
    layers: Vec<u16>,
    #[mainstem(default)]
    stages: Vec<Stage>,
    #[mainstem(default)]
    weights: BTreeMap<String, f64>,
    #[mainstem(default = Duration::from_secs(60), range = Duration::from_secs(1)..)]
    timeout: Duration,
    #[mainstem(default = "auto", one_of = ["auto", "cpu", "gpu"])]
    device: String,
    #[mainstem(default = 32, one_of = [16, 32, 64])]
    batch: u32,
    #[mainstem(default = "hunter2", secret)]
    token: String,
    #[mainstem(default = 0.0, deprecated = "use `lr`")]
    step: f64,
    #[mainstem(default = false)]
    verbose: bool,
}

/// What learns from the data.
#[derive(Debug, PartialEq, mainstem::Config)]
enum Model {
    /// Many trees that vote.
    Forest {
        /// How many.
        #[mainstem(default = 100, range = 1..)]
        trees: u32,
        depth: Option<u8>,
    },
    /// A line through it all.
    #[mainstem(alias = "line")]
    Logistic { l2: f64 },
    /// Layers of neurons.
    #[mainstem(options = ["small", "large"])]
    Net {
        #[mainstem(default)]
        layers: Vec<u32>,
    },
}

#[derive(Debug, PartialEq, mainstem::Config)]
enum Optimizer {
    /// Momentum of both kinds.
    Adam,
    Sgd,
}

/// Where the rows are.
#[derive(Debug, PartialEq, mainstem::Config)]
struct Data {
    /// The folder of the data.
    #[mainstem(default = "data")]
    root: PathBuf,
    #[mainstem(default = (0.8, 0.2))]
    split: (f64, f64),
}

/// A rule, and what to do then.
#[derive(Debug, PartialEq, mainstem::Config)]
struct Tree {
    rule: String,
    then: Option<Box<Tree>>,
    #[mainstem(default)]
    others: Vec<Tree>,
}

#[derive(Debug, PartialEq, mainstem::Config)]
struct Stage {
    /// So many rounds.
    epochs: u32,
    model: Option<Model>,
}

static CONF: &[(&str, &str)] = &[
    ("config", "defaults: [{model: forest}, _self_]\nname: wine\n"),
    ("model/forest", "trees: 50\n"),
    ("model/logistic", "l2: 0.1\n"),
    ("model/small", "layers: [8]\n"),
    ("model/large", "layers: [512, 512]\n"),
    ("experiment/long", "# @package _global_\nseed: 7\ndata:\n  root: /long\n"),
];

fn app() -> App {
    App::typed("train", |_: Train, _: &Run| ())
        .with_configs(Configs::embedded(CONF))
        .with_config_name("config")
}

fn says(app: &App, arguments: &[&str]) -> String {
    let trial: Trial = Sandbox::new().expect("a sandbox").run(app, arguments);
    assert_eq!((trial.status(), trial.err()), (Status::Success, ""), "{arguments:?}");
    trial.out().to_owned()
}

/// A schema as a validator has it, and what it says of some YAML.
struct Validator(boon::Schemas, boon::SchemaIndex);

impl Validator {
    fn new(schema: &str) -> Self {
        let schema: serde_json::Value = serde_json::from_str(schema).expect("JSON");
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        // A draft that is not understood would accept everything.
        compiler.set_default_draft(boon::Draft::V4);
        compiler.add_resource("schema.json", schema).expect("a schema");
        let index = compiler.compile("schema.json", &mut schemas).expect("a schema that compiles");
        Self(schemas, index)
    }

    fn accepts(&self, yaml: &str) -> Result<(), String> {
        let node = mainstem::compose::Memory::new().text("x", yaml);
        let repository =
            mainstem::compose::Repository::new(vec![mainstem::compose::Provided::new("main", node)]);
        let document = repository.load("x").expect("YAML").expect("it is there");
        let mut text = String::new();
        mainstem::value::write_json(&document.root, mainstem::value::JsonStyle::Compact, &mut text);
        let mut value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        // The defaults list is no part of the body: it is read as JSON here.
        if let Some(list) = yaml.lines().find_map(|line| line.strip_prefix("defaults: ")) {
            value["defaults"] = serde_json::from_str(list).expect("a defaults list as JSON");
        }
        self.0.validate(&value, self.1).map_err(|error| format!("{error:#}"))
    }
}

/// Composes a primary config of that text.
fn composes(yaml: &str) -> Result<(), String> {
    let mut files: Vec<(&'static str, &'static str)> = CONF.to_vec();
    files[0].1 = yaml.to_owned().leak();
    let app = app().with_configs(Configs::embedded(files.leak()));
    let trial = Sandbox::new().expect("a sandbox").run(&app, ["--cfg", "job"]);
    if trial.status() == Status::Success { Ok(()) } else { Err(trial.err().to_owned()) }
}

#[test]
fn the_schema_accepts_what_composes_and_refuses_what_does_not() {
    let schema = Validator::new(&says(&app(), &["--schema"]));
    let right = [
        "name: wine",
        "lr: 1",
        "lr: '1e-3'",
        "learning_rate: 0.5",
        "lr: ${seed}",
        "lr: ???",
        "seed: 1_000",
        "seed: '12'",
        "seed: ${oc.env:SEED,1}",
        "name: ${device}-${seed}",
        "verbose: yes",
        "verbose: 0",
        "verbose: 'off'",
        "verbose: ${data.root}",
        "optimizer: sgd",
        "optimizer: ${device}",
        "model: {type: forest, trees: 3}",
        "model: {type: line, l2: 1}",
        "model: {type: net, layers: [1, 2]}",
        "model: forest",
        "model: ${tree}",
        "data: {root: /x, split: [1, 0]}",
        "data: {root: 5}",
        "tree: null",
        "tree: {rule: x, then: {rule: y, then: null}, others: [{rule: z}]}",
        "layers: [1, '2', '${seed}']",
        "layers: ${oc.create:[1]}",
        "stages: [{epochs: 1, model: {type: net}}]",
        "weights: {a: 1, b: '2'}",
        "timeout: 1h 30m",
        "timeout: 90",
        "device: cpu",
        "batch: 16",
        "batch: '64'",
        "step: 1.5",
        "hydra: {run: {dir: '${now:%Y}'}, mode: MULTIRUN, job: {chdir: true}}",
        "mainstem: {run: {tags: [a]}}",
        "defaults: [\"_self_\"]",
        "defaults: [{\"model\": \"small\"}, \"_self_\"]",
        "defaults: [{\"model\": null}]",
        "defaults: [{\"optional model\": \"nowhere\"}]",
        "defaults: [{\"/model@model\": \"forest.yaml\"}]",
        "defaults: [\"model/forest\", {\"override hydra/job_logging\": \"none\"}, {\"override /hydra/sweeper\": \"basic\"}]",
        "defaults: [{\"experiment\": [\"long\"]}]",
    ];
    let wrong = [
        "lr: fast",
        "lr: 2",
        "lr: true",
        "lr: [1]",
        "sede: 1",
        "seed: -1",
        "seed: 1.5",
        "seed: x",
        "name: Wine",
        "name: a-name-that-is-much-too-long",
        "verbose: maybe",
        "verbose: 1.5",
        "optimizer: adma",
        "optimizer: null",
        "model: {type: forst}",
        "model: {type: forest, l2: 1}",
        "model: {type: forest, trees: 0}",
        "model: forst",
        "data: {rot: x}",
        "data: {split: [1]}",
        "data: {split: [1, 2, 3]}",
        "data: {split: [1, x]}",
        "data: 5",
        "tree: {rule: x, then: {rle: y}}",
        "tree: {rule: x, others: [{rule: z, then: 5}]}",
        "layers: 5",
        "layers: [x]",
        "layers: [70000]",
        "stages: [{epoch: 1}]",
        "weights: {a: x}",
        "timeout: soon",
        "timeout: -1",
        "device: gqu",
        "batch: 17",
        "hydra: {rn: {dir: x}}",
        "hydra: {mode: SWEEP}",
        "mainstem: {run: {tag: a}}",
        "defaults: [{\"model\": \"forst\"}]",
        "defaults: [{\"modle\": \"forest\"}]",
        "defaults: [\"model/forst\"]",
    ];
    let mut differ = Vec::new();
    for (yaml, is_right) in right.map(|yaml| (yaml, true)).into_iter().chain(wrong.map(|yaml| (yaml, false)))
    {
        let (accepted, composed) = (schema.accepts(yaml), composes(yaml));
        if composed.is_ok() != is_right {
            differ.push(format!("{yaml}: composing says {composed:?}"));
        }
        if accepted.is_ok() != is_right {
            differ.push(format!("{yaml}: the schema says {accepted:?}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn option_files_have_schemas_of_their_own() {
    let of = |config: &str| Validator::new(&says(&app(), &["--schema", config]));
    let group = of("model");
    for (path, text) in CONF.iter().filter(|(path, _)| path.starts_with("model/")) {
        assert_eq!(group.accepts(text), Ok(()), "{path}");
        assert_eq!(of(path).accepts(text), Ok(()), "{path}");
    }
    assert_eq!(group.accepts("type: net\nlayers: ${seed}"), Ok(()));
    let refusal = |schema: &Validator, yaml: &str| schema.accepts(yaml).expect_err("it is refused");
    for (key, yaml) in [("tres", "tres: 5"), ("trees", "trees: many")] {
        assert!(refusal(&group, yaml).contains(key), "{}", refusal(&group, yaml));
    }
    // The name of the file says which variant it is.
    let forest = refusal(&of("model/forest"), "l2: 1");
    assert!(forest.contains("l2"), "{forest}");
    // Where the header says `_global_`, it is the whole config.
    assert_eq!(of("experiment").accepts("seed: 7\ndata: {root: x}"), Ok(()));
    let long = refusal(&of("experiment/long.yaml"), "sede: 7");
    assert!(long.contains("sede"), "{long}");
    let trial = Sandbox::new().expect("a sandbox").run(&app(), ["--schema", "modle"]);
    let words = "error[not-found]: there is no config group `modle`\n  help: did you mean `model`?\n";
    assert_eq!(trial.err(), words);
}

#[test]
fn words_and_secrets_in_the_schema() {
    let text = says(&app(), &["--schema"]);
    let schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["name"]["description"], "What to call the run.");
    assert_eq!(schema["properties"]["lr"]["default"], 0.01);
    assert_eq!(schema["properties"]["step"]["deprecated"], true);
    assert_eq!(schema["$defs"]["group.model.option"]["anyOf"][0]["const"], "forest");
    assert_eq!(schema["$defs"]["group.model.option"]["anyOf"][0]["description"], "Many trees that vote.");
    for text in [&["--schema"][..], &["--template"], &["--help"]].map(|arguments| says(&app(), arguments)) {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn a_template_is_the_defaults_and_nothing_else() {
    let template = says(&app(), &["--template"]);
    assert!(template.lines().all(|line| line.chars().count() <= 82), "{template}");
    let files: &'static [(&str, &str)] = vec![("config", &*template.clone().leak())].leak();
    let app = App::typed("train", |_: Train, _: &Run| ());
    let alone = says(&app, &["--cfg", "job"]);
    let from_template = app.with_configs(Configs::embedded(files)).with_config_name("config");
    assert_eq!(says(&from_template, &["--cfg", "job"]), alone);
    // What stands in comments is right, too: each variant, uncommented, is that variant.
    let line = template.lines().position(|line| line == "#   type: logistic").expect("a variant");
    let commented = template.lines().skip(line).take(2).map(|line| &line[1..]);
    let yaml = format!("name: x\nmodel:\n{}\n", commented.collect::<Vec<_>>().join("\n"));
    assert_eq!(composes(&yaml), Ok(()));
}

#[test]
fn groups_that_the_type_has_no_place_for_are_no_choice() {
    let more = [("db/pg", "port: 1\n"), ("data/decay/linear", "by: 2\n"), ("experiment/short", "x: 1\n")];
    let files: Vec<_> = CONF.iter().copied().chain(more).collect();
    let app = app().with_configs(Configs::embedded(files.leak()));
    for face in ["--help", "--template"] {
        let text = says(&app, &[face]);
        assert!(!text.contains("db") && !text.contains("decay"), "{face}: {text}");
        // One of its options is for the whole config.
        assert!(text.contains("experiment"), "{face}: {text}");
    }
}

#[test]
fn a_program_writes_its_schema_file() {
    let sources = SourceMap::default();
    let text = says(&app(), &["--schema-file"]);
    let read = SchemaFile::read(Source::new(SourceKind::File, "schema.json", text), &sources)
        .expect("a schema file");
    assert_eq!(read, SchemaFile::from(mainstem::typed::schema::<Train>()));
}

#[test]
fn options_and_variants_are_checked_against_each_other() {
    let check = |model: &[(&'static str, &'static str)]| {
        let files = [("config", "name: x\ndefaults: [model: forest]\n"), ("model/forest", "trees: 5\n")];
        let files: Vec<_> = files.into_iter().chain(model.iter().copied()).collect();
        let app = app().with_configs(Configs::embedded(files.leak()));
        let report = app.check().expect("configs");
        let told =
            |errors: &[Error]| errors.iter().map(|error| error.message().to_owned()).collect::<Vec<_>>();
        (told(&report.errors), told(&report.warnings))
    };
    let rest = [("model/logistic", "l2: 1"), ("model/small", ""), ("model/large", "")];
    assert_eq!(check(&rest), (vec![], vec![]));
    let more =
        [rest[0], rest[1], rest[2], ("model/forrest", "trees: 5"), ("model/own", "type: net\nlayers: [1]")];
    assert_eq!(check(&more), (vec!["`model/forrest` stands for no variant of Model".to_owned()], vec![]));
    let (errors, warnings) = check(&[("model/small", "layers: [many]\nl2: 1"), ("model/large", "")]);
    assert_eq!(
        errors,
        [
            "`model.layers.0` must be an integer from 0 to 4294967295, but is a string",
            "there is no key `model.l2`"
        ]
    );
    assert_eq!(warnings, ["no option of the config group `model` stands for the variant `logistic`"]);
    let (errors, warnings) = check(&rest[..2]);
    assert_eq!(
        (errors.len(), warnings),
        (0, vec!["the variant `net` of Model names an option that is not there".to_owned()])
    );
}

#[test]
fn a_sandbox_shows_a_program_whose_type_wants_what_no_config_gives() {
    let app = App::typed("train", |_: Train, _: &Run| ())
        .with_configs(Configs::embedded(&[("config", "model: {type: logistic}\n")]))
        .with_config_name("config");
    let report = app.check().expect("configs");
    let names: Vec<&str> = report.notes.iter().map(|note| note.name.as_str()).collect();
    assert_eq!(names, ["name", "model.l2"]);
    assert_eq!(report.notes[0].error.message(), "`name` must be given");
    assert_eq!(report.into_result().map_err(|error| error.to_string()), Ok(()));
}

#[derive(Debug, mainstem::Objectives)]
struct Scores {
    accuracy: Maximize,
    #[mainstem(rename = "log-loss")]
    loss: Minimize,
    #[mainstem(skip)]
    _rounds: u32,
}

#[test]
fn several_objectives_come_in_the_order_of_their_fields() {
    let app = App::new("train", |_: &Bound, _: &Run| -> Result<Scores, Error> {
        Ok(Scores { accuracy: Maximize(0.9), loss: Minimize(0.2), _rounds: 3 })
    });
    let sandbox = Sandbox::new().expect("a sandbox");
    let trial = sandbox.run(&app, ["hydra.run.dir=out"]);
    let shown: Vec<_> =
        trial.jobs()[0].objectives().iter().map(|one| (&*one.name, one.value, one.direction)).collect();
    let expected =
        [("accuracy", 0.9, Some(Direction::Maximize)), ("log-loss", 0.2, Some(Direction::Minimize))];
    assert_eq!(shown, expected);
    let record = sandbox.read("out/.hydra/run.json").expect("a record");
    let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
    assert_eq!(record["result"], serde_json::json!({"accuracy": 0.9, "log-loss": 0.2}));
}

#[cfg(feature = "clap")]
mod args {
    use std::fs;

    use super::*;

    /// Flags of its own.
    #[derive(Debug, PartialEq, clap::Args)]
    struct Extra {
        /// How many threads to use.
        #[arg(long, short = 't', default_value_t = 1)]
        threads: u16,
        /// Say more.
        #[arg(long, short, action = clap::ArgAction::Count)]
        verbose: u8,
        #[arg(long, num_args = 2)]
        point: Vec<i32>,
    }

    fn app() -> App {
        App::typed_with_args("train", |train: Train, extra: Extra, _: &Run| {
            assert_eq!((train.seed, &*train.name), (7, "wine"));
            assert_eq!(extra, Extra { threads: 3, verbose: 2, point: vec![1, 2] });
        })
        .with_configs(Configs::embedded(CONF))
        .with_config_name("config")
    }

    #[test]
    fn flags_stand_among_hydras_and_overrides() {
        let sandbox = Sandbox::new().expect("a sandbox");
        for line in
            ["-t3 seed=7 -vv --point 1 2 -cn config", "seed=7 --point 1 2 -v --threads=3 -m -v --cfg job"]
        {
            let trial = sandbox.run(&app(), line.split_whitespace());
            if line.contains("--cfg") {
                assert!(
                    trial.err().starts_with("error[usage]: these flags exclude each other"),
                    "{}",
                    trial.err()
                );
            } else {
                assert_eq!(
                    (trial.status(), trial.err(), trial.jobs().len()),
                    (Status::Success, "", 1),
                    "{line}"
                );
            }
        }
        let swept = sandbox.run(&app(), "-m seed=7 lr=0.1,0.2 -t3 --point 1 2 -vv".split_whitespace());
        assert_eq!((swept.status(), swept.jobs().len()), (Status::Success, 2), "{}", swept.err());
        let record =
            fs::read_to_string(swept.jobs()[1].directory().join(".hydra/run.json")).expect("a record");
        let record: serde_json::Value = serde_json::from_str(&record).expect("JSON");
        assert_eq!(record["own_flags"], serde_json::json!(["-t3", "--point", "1", "2", "-v", "-v"]));
    }

    #[test]
    fn mistakes_are_told_as_usage() {
        for (line, expected) in [
            (
                "--threads many",
                "error[usage]: invalid value 'many' for '--threads <THREADS>': invalid digit found in string\n",
            ),
            (
                "--thraeds 3",
                "error[usage]: there is no flag `--thraeds`\n  help: did you mean `--threads`?\n",
            ),
            (
                "--point 1",
                "error[usage]: 2 values required for '--point <POINT> <POINT>' but 1 was provided\n",
            ),
        ] {
            let trial = Sandbox::new().expect("a sandbox").run(&app(), line.split_whitespace());
            assert_eq!((trial.status(), trial.err()), (Status::Usage, expected), "{line}");
        }
        let help = says(&app(), &["--help", "--threads", "many"]);
        let flags =
            "Flags of this program:\n\n  -t, --threads <THREADS>      How many threads to use [default: 1]\n";
        assert!(help.contains(flags), "{help}");
    }

    #[derive(clap::Args)]
    struct Taken {
        #[arg(long)]
        resolve: bool,
        #[arg(short = 'c', long = "colour")]
        colour: bool,
        #[arg(long, alias = "scratch")]
        blank: bool,
    }

    #[test]
    fn a_flag_that_is_taken_is_found_at_the_start() {
        let app = App::with_args("train", |_: &Bound, _: Taken, _: &Run| ());
        let trial = Sandbox::new().expect("a sandbox").run(&app, ["+a=1"]);
        let told: Vec<&str> = trial.err().lines().filter(|line| line.starts_with("error")).collect();
        assert_eq!(
            told,
            [
                "error[usage]: the flag `--resolve` of Taken is Hydra's `--resolve`",
                "error[usage]: the flag `-c` of Taken is Hydra's `--cfg`",
                "error[usage]: the flag `--scratch` of Taken is mainstem's `--scratch`",
            ]
        );
        assert!(
            trial.err().contains("help: give the field `resolve` another name: `#[arg(long = \"…\")]`"),
            "{}",
            trial.err()
        );
        assert_eq!(trial.jobs().len(), 0);
    }

    #[derive(clap::Args)]
    struct Words {
        input: String,
    }

    #[test]
    fn words_are_overrides() {
        let app = App::with_args("train", |_: &Bound, _: Words, _: &Run| ());
        let trial = Sandbox::new().expect("a sandbox").run(&app, ["x"]);
        assert!(
            trial.err().starts_with("error[usage]: `input` of Words is no flag, and words are overrides\n"),
            "{}",
            trial.err()
        );
    }
}

mod open {
    //! What a group holds of which no option is chosen.

    #[derive(mainstem::Config)]
    pub(super) struct Train {
        _target: Target,
    }

    #[derive(mainstem::Config)]
    pub(super) struct Target {
        _classes: Vec<String>,
    }
}

#[test]
fn what_an_option_would_give_is_told_with_the_options() {
    static CONF: &[(&str, &str)] = &[
        ("config", "defaults: [{_target: good}]"),
        ("bare", "{}"),
        ("_target/good", "_classes: [a, b]"),
        ("_target/levels", "_classes: [a, b, c]"),
    ];
    let app = App::typed("train", |_: open::Train, _: &Run| ())
        .with_configs(Configs::embedded(CONF))
        .with_config_name("config");
    for (arguments, help) in [
        (&["~_target"][..], "type `_target=good` in place of `~_target`"),
        (
            &["-cn", "bare"],
            "type `+_target=good`, or add `- _target: good` to the defaults list of the config",
        ),
    ] {
        let trial = Sandbox::new().expect("a sandbox").run(&app, arguments.iter().copied());
        let expected = format!(
            "error[missing-value]: `_target._classes` must be given: it is `???`
  defaults of Train
  note: options of `_target`: good, levels
  help: {help}\n"
        );
        assert_eq!(trial.err(), expected, "{arguments:?}");
    }
}
