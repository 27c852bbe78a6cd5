//! What a typed program says to who meets it first. Case files hold configs (`=== PATH`, then their text), which the
//! program has compiled in, or none, where its folder is not there; and calls, `$ ARGUMENTS`.

use std::time::Duration;

use mainstem::app::{App, Configs, Sandbox};
use mainstem::run::Run;
use mainstem::typed::Component;

use crate::cases;
use crate::cli::words;

/// Trains in a gym.
#[derive(mainstem::Config)]
struct Gym {
    #[mainstem(default = 3, range = 1..=100)]
    epochs: u32,
    /// What learns.
    model: Model,
    /// What is run beside it.
    cmd: Cmd,
    limits: Option<Limits>,
    #[mainstem(default)]
    stages: Vec<Stage>,
    #[mainstem(secret)]
    hub_token: Option<String>,
    #[mainstem(default = "90s")]
    patience: Duration,
    #[mainstem(default = "none")]
    note: Option<String>,
    #[mainstem(default = "x", length = 1)]
    mark: String,
    #[mainstem(default = 1, deprecated = "use `epochs`")]
    rounds: u8,
}

#[derive(mainstem::Config)]
enum Model {
    /// Many trees that vote.
    Forest { trees: u32 },
    /// Layers of neurons.
    #[mainstem(options = ["small", "large"])]
    Net { dropout: f64 },
}

#[derive(mainstem::Config)]
enum Cmd {
    Nothing,
    Shell { line: String },
}

#[derive(mainstem::Config)]
struct Limits {
    #[mainstem(default = 1)]
    hours: u32,
    memory: u64,
}

#[derive(mainstem::Config)]
struct Stage {
    rate: f64,
}

trait Part {}

#[derive(mainstem::Config)]
struct Parts {
    part: Component<dyn Part>,
}

#[derive(mainstem::Config)]
struct Broken {
    #[mainstem(default = Self::WIDTH, range = ..=3)]
    width: u32,
}

impl Broken {
    const WIDTH: u32 = 5;
}

fn app(name: &str, configs: Configs) -> App {
    let app = match name {
        "gym" => App::typed("gym", |gym: Gym, _: &Run| {
            let _ = (gym.epochs, gym.patience, gym.note, gym.mark, gym.rounds, gym.hub_token);
            let _ = gym.limits.map(|limits| u64::from(limits.hours) + limits.memory);
            let _ = gym.stages.iter().map(|stage| stage.rate).sum::<f64>();
            let _ = match gym.model {
                Model::Forest { trees } => f64::from(trees),
                Model::Net { dropout } => dropout,
            };
            let _ = match gym.cmd {
                Cmd::Nothing => String::new(),
                Cmd::Shell { line } => line,
            };
        }),
        "parts" => App::typed("parts", |parts: Parts, _: &Run| drop(parts.part)),
        _ => App::typed("broken", |broken: Broken, _: &Run| {
            let _ = broken.width;
        }),
    };
    app.with_configs(configs).with_config_name("config")
}

fn transcript(input: &str) -> String {
    let mut files: Vec<(&'static str, &'static str)> = Vec::new();
    let mut calls = Vec::new();
    for block in input.split("=== ").skip(1) {
        let (path, text) = block.split_once('\n').expect("a path in a line of its own");
        let text: String =
            text.lines().filter(|line| !line.starts_with("$ ")).map(|line| format!("{line}\n")).collect();
        files.push((path.trim_end_matches(".yaml").to_owned().leak(), text.leak()));
    }
    calls.extend(input.lines().filter_map(|line| line.strip_prefix("$ ")));
    let files: &'static [(&'static str, &'static str)] = files.leak();
    let mut out = String::new();
    for call in calls {
        let arguments = words(call);
        let (name, arguments) = arguments.split_first().expect("a program");
        let configs = if files.is_empty() { Configs::beside("conf") } else { Configs::embedded(files) };
        let trial = Sandbox::new().expect("a sandbox").run(&app(name, configs), arguments);
        out.push_str(&format!("$ {call}\n{}{}[{}]\n\n", trial.out(), trial.err(), trial.status().code()));
    }
    out
}

#[test]
fn case_files() {
    cases::run("face", transcript);
}
