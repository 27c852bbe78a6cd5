//! What a typed program says of itself: help, schema, template.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use mainstem::app::{App, Configs, Sandbox, Status, Trial};
use mainstem::run::Run;
use mainstem::typed;

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

#[test]
fn show() {
    for arguments in [&["--template"][..], &["--schema"], &["--schema", "model"], &["--help"]] {
        println!("== {arguments:?}\n{}", says(&app(), arguments));
    }
    let _ = typed::defaults::<Train>();
}
