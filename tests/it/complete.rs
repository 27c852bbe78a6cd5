//! Tests of tab completion: case files in the manner of `cli.rs`, and laws about whatever is typed.

use mainstem::app::{App, Configs, Sandbox};
use mainstem::complete::{Candidate, Completer, Line};
use mainstem::compose::{Composer, Memory};
use mainstem::facts::Facts;
use mainstem::run::Run;
use mainstem::settings::project;
use proptest::prelude::*;

use crate::cases;
use crate::cli::transcript;

#[test]
fn case_files() {
    cases::run("complete", transcript);
}

fn composer() -> Composer {
    let conf = Memory::new()
        .text(
            "config",
            "defaults: [model: a, db@backup: pg]\nlr: 0.1\nnote: 'x y, z'\nhydra: {aliases: {lr2: model.lr}}",
        )
        .text("model/a", "lr: 0.5\nname: ${..note}")
        .text("model/b", "layers: [1, {x: true}]")
        .text("model/inner/c", "")
        .text("db/pg", "port: 1");
    project(conf, Facts::default(), "train")
}

/// Every finished word that can be reached from nothing by taking what is offered.
fn reachable(completer: Completer<'_>) -> Vec<String> {
    let (mut open, mut whole) = (vec![String::new(), "+".to_owned(), "~".to_owned()], Vec::new());
    while let Some(word) = open.pop() {
        for Candidate { text, whole: finished, .. } in completer.overrides::<&str>(&[], &word) {
            assert!(text.starts_with(&word), "`{text}` for `{word}`");
            if finished {
                whole.push(text);
            } else if text != word && !text.trim_start_matches('+').starts_with("hydra") {
                open.push(text);
            }
        }
    }
    whole
}

#[test]
fn what_is_offered_composes() {
    let composer = composer();
    let words = reachable(Completer::new(&composer, Some("config")).described());
    for expected in
        ["model=b", "lr=0.1", "note='x y, z'", "~model", "model=inner/c", "+db=pg", "db@backup=pg", "lr2=0.5"]
    {
        assert!(words.iter().any(|word| word == expected), "{expected} is not in {words:?}");
    }
    // As Hydra does, groups are offered that no defaults list names, and that cannot be changed for that reason.
    let chosen =
        |word: &&String| !["+", "~", "db=", "model/inner="].iter().any(|begin| word.starts_with(begin));
    for word in words.iter().filter(chosen) {
        let arguments = composer.arguments(Some("config"), &[word]).unwrap();
        let composed = composer.compose(Some("config"), &arguments, mainstem::compose::Mode::Run);
        assert!(composed.is_ok(), "{word}: {}", composed.unwrap_err());
    }
    for word in words {
        assert!(composer.arguments(Some("config"), &[&word]).is_ok(), "{word}");
    }
}

proptest! {
    #[test]
    fn nothing_that_is_typed_is_too_much(
        words in prop::collection::vec("[a-z.=+~,/@:\\[\\](){}'\"\\\\$é -]{0,12}", 0..3),
        word in "[+~]{0,2}(model|db|lr|hydra|note|backup)?[a-z.=,/@:\\[\\](){}'\"\\\\$é -]{0,8}",
    ) {
        let composer = composer();
        let completer = Completer::new(&composer, Some("config")).described();
        for Candidate { text, .. } in completer.overrides(&words, &word) {
            prop_assert!(text.starts_with(&word), "`{}` for `{}`", text, word);
        }
    }

    #[test]
    fn every_line_has_words(line in ".{0,30}", breaks in "[=:@ ]{0,4}") {
        let Line { word, .. } = Line::parse(&line);
        prop_assert!(word.text.is_char_boundary(word.kept_by_bash(&breaks)));
    }
}

/// How it is trained.
#[derive(Debug, mainstem::Config)]
struct Train {
    /// The optimizer.
    optimizer: Optimizer,
    /// Half precision.
    amp: Option<bool>,
    /// Who may look.
    #[mainstem(secret)]
    token: String,
    /// Where the data lies.
    data: std::path::PathBuf,
    #[mainstem(secret)]
    store: Store,
}

/// Where results go.
#[derive(Debug, mainstem::Config)]
struct Store {
    key: String,
}

/// An optimizer.
#[derive(Debug, Default, mainstem::Config)]
#[mainstem(rename_all = "lowercase")]
enum Optimizer {
    /// With momentum.
    #[default]
    Sgd,
    Adam,
}

static CONF: &[(&str, &str)] = &[("config", "token: hunter2\ndata: ${token}\nstore: {key: hunter2}")];

fn train() -> App {
    App::typed("train", |_: Train, _: &Run| ())
        .with_configs(Configs::embedded(CONF))
        .with_config_name("config")
}

fn asked(line: &str, shell: &str) -> String {
    let sandbox = Sandbox::new().and_then(|sandbox| sandbox.with_file("data/one.csv", ""));
    let sandbox = sandbox.expect("a directory").with_env("COMP_LINE", line);
    let trial = sandbox.run(&train(), ["-sc".to_owned(), format!("query={shell}")]);
    assert_eq!((trial.status().code(), trial.err()), (0, ""));
    trial.out().to_owned()
}

#[test]
fn types_say_what_can_be_typed() {
    assert_eq!(asked("train optimizer=", "fish"), "optimizer=adam\noptimizer=sgd\tWith momentum.\n");
    assert_eq!(asked("train amp=", "fish"), "amp=false\namp=null\namp=true\n");
    assert_eq!(asked("train opt", "fish"), "optimizer=\t???  The optimizer.\n");
    assert_eq!(asked("./train --scr", "bash"), "--scratch \n");
    assert_eq!(asked("train data=da", "bash"), "data=data/\n");
}

#[test]
fn secrets_are_not_offered() {
    assert_eq!(asked("train tok", "fish"), "token=\t***  Who may look.\n");
    assert_eq!(asked("train token=", "fish"), "");
    // Nor what lies in one, nor a variable of the job that is named as one.
    assert_eq!(asked("train store.ke", "fish"), "store.key=\t***  config\n");
    assert_eq!(asked("train store.key=", "fish"), "");
    let variable = "train +hydra.job.env_set.API_KEY=hunter2 hydra.job.env_set.API_KEY";
    assert!(
        asked(variable, "fish").starts_with("hydra.job.env_set.API_KEY=\t***"),
        "{}",
        asked(variable, "fish")
    );
    assert_eq!(asked(&format!("{variable}="), "fish"), "");
    // Where nothing composes, the program still knows what is one.
    let broken = App::typed("train", |_: Train, _: &Run| ())
        .with_configs(Configs::embedded(&[("config", "defaults: [nowhere]\ntoken: hunter2")]))
        .with_config_name("config");
    let sandbox = Sandbox::new().expect("a directory").with_env("COMP_LINE", "train tok");
    let trial = sandbox.run(&broken, ["-sc", "query=fish"]);
    assert_eq!(trial.out(), "token=\t***  Who may look.\n");
    // Nor what refers to them, nor what the environment alone knows.
    assert_eq!(asked("train data=", "fish"), "data=data/\n");
    assert_eq!(asked("train '+x=${token}' data='${token}' data=", "fish"), "data=data/\n");
    assert_eq!(asked("train data='${oc.env:COMP_LINE}' data=", "fish"), "data=data/\n");
    assert_eq!(
        asked("train data='a/${.optimizer}' optimizer=sgd data=", "fish"),
        "data=a/sgd\tnow\ndata=data/\n"
    );
}

/// Trained with a database.
#[derive(Debug, mainstem::Config)]
struct Stored {
    #[mainstem(default)]
    db: std::collections::BTreeMap<String, u16>,
    model: Kind,
}

/// What is trained.
#[derive(Debug, mainstem::Config)]
enum Kind {
    /// Many trees.
    Forest {
        trees: u32,
    },
    Net {
        layers: Vec<Optimizer>,
    },
}

/// A database.
#[derive(Debug, mainstem::Config)]
struct MySql {
    /// Where it listens.
    #[mainstem(default = 3306)]
    port: u16,
}

#[derive(Debug, mainstem::Config)]
struct Forest {
    #[mainstem(default = 100)]
    trees: u32,
}

#[test]
fn options_of_the_program_are_offered_as_files_are() {
    let store = mainstem::compose::Store::default()
        .option::<MySql>("db/mysql")
        .option::<Forest>("model/forest")
        .option::<Forest>("other/inner/forest");
    let conf =
        &[("config", "defaults: [{model: forest}, _self_]"), ("db/pg", "port: 5432"), ("model/net", "")];
    let app = App::typed("train", |_: Stored, _: &Run| ())
        .with_configs(Configs::embedded(conf))
        .with_config_name("config")
        .with_store(store);
    let asked = |line: &str| {
        let sandbox = Sandbox::new().expect("a directory").with_env("COMP_LINE", line);
        sandbox.run(&app, ["-sc", "query=fish"]).out().to_owned()
    };
    let texts = |line: &str| {
        let answer = asked(line);
        answer.lines().filter_map(|line| line.split('\t').next().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(asked("train mod"), "model.\ttype, trees\nmodel=\tnow forest\n");
    assert_eq!(asked("train model="), "model=forest\tnow; model/forest\nmodel=net\tmodel/net\n");
    assert_eq!(asked("train +db="), "+db=mysql\tdb/mysql\n+db=pg\tdb/pg\n");
    assert_eq!(texts("train +db=mysql db."), ["db.port="]);
    assert_eq!(texts("train model."), ["model.trees=", "model.type="]);
    // A struct always has its fields, and a dictionary what was put into it.
    assert_eq!(texts("train ~m"), ["~model"]);
    assert_eq!(texts("train ~model."), [""; 0]);
    assert_eq!(texts("train +db=mysql ~d"), ["~db", "~db."]);
    assert_eq!(texts("train +db=mysql ~db."), ["~db.port"]);
    assert_eq!(texts("train +oth"), ["+other/"]);
    assert_eq!(texts("train +other/inner=f"), ["+other/inner=forest"]);
    // Elements of a list are what its type says they are.
    assert_eq!(texts("train model=net model.layers=[s"), ["model.layers=[sgd"]);
}

#[test]
fn the_flag_knows_what_it_is_asked() {
    let sandbox = Sandbox::new().unwrap();
    let said = |arguments: &[&str]| {
        let trial = sandbox.run(&train(), arguments);
        (trial.status().code(), format!("{}{}", trial.out(), trial.err()))
    };
    let (code, script) = said(&["-sc", "install=bash"]);
    assert!(code == 0 && script.ends_with("complete -o nospace -F _complete_train train\n"), "{script}");
    let (code, script) = said(&["--shell-completion", "uninstall=zsh"]);
    assert!(code == 0 && script.contains("compdef -d train"), "{script}");
    for (arguments, told) in [
        (&["-sc"][..], "`--shell-completion` needs to know what to do"),
        (&["-sc", "instal=bash"], "did you mean `install=bash`?"),
        (&["-sc", "install=fihs"], "shells: bash, zsh, fish"),
        (&["-sc", "install"], "`install` needs a shell"),
        (&["-sc", "query=bash"], "there is no COMP_LINE"),
    ] {
        let (code, text) = said(arguments);
        assert!(code != 0 && text.contains(told), "{arguments:?}: {text}");
    }
}
