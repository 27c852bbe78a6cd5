//! Trains a classifier of red wines by their chemistry.
//!
//! `cargo run --release -p wine -- model=forest model.trees=300`

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use mainstem::app::{arguments, facts, process, surroundings};
use mainstem::compose::{Composed, Composer, Dir, Mode};
use mainstem::durable::write_whole;
use mainstem::resolve::{Hydra, Scope};
use mainstem::run::{About, Failure, Outcome, Place, Rank, Run, Running};
use mainstem::settings::project;
use mainstem::typed::from_node;
use mainstem::value::Node;
use wine::config::Train;
use wine::plot::confusion_svg;
use wine::report::Report;
use wine::train::{Trained, train};

/// The configs stand beside the sources, wherever the program is started.
const CONFIGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/conf");

/// The primary config.
const CONFIG: &str = "config";

fn main() -> ExitCode {
    // A reader that has gone away is no reason to fail.
    match run() {
        Ok(report) => {
            let _ = writeln!(io::stdout(), "{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = match error.downcast_ref::<mainstem::diag::Error>() {
                Some(error) => write!(io::stderr(), "{error:#}"),
                None => writeln!(io::stderr(), "error: {error:#}"),
            };
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String> {
    let facts = facts()?;
    let configs =
        Dir::new(CONFIGS).shown_as(Path::new(CONFIGS).strip_prefix(&facts.cwd).unwrap_or(Path::new(CONFIGS)));
    let composer = project(configs, facts, "wine");
    let overrides = composer.arguments(Some(CONFIG), &arguments()?)?;
    let composed = composer.compose(Some(CONFIG), &overrides, Mode::Run)?;
    // Read before the directory is made: a mistake in the config leaves nothing behind.
    let config = read(&composer, &composed)?;
    let model =
        composed.selection().choices().find(|(group, _)| *group == "model").and_then(|(_, option)| option);

    let running = begin(&composer, &composed)?;
    let done = job(&config, model.unwrap_or("model"), running.run());
    running.finish(&match &done {
        Ok((_, accuracy)) => Outcome::Completed(Some(Node::from(*accuracy))),
        Err(error) => Outcome::Failed(Failure::of(error.as_ref())),
    })?;
    let directory = running.run().dir();
    let directory = directory.strip_prefix(&composer.facts().cwd).unwrap_or(directory).display();
    Ok(format!("{}\n\n{directory}", done?.0))
}

/// Trains, and leaves in the directory of the run what came out. Returns what to print, and the accuracy.
fn job(config: &Train, model: &str, run: &Run) -> Result<(String, f64)> {
    let Trained { learned, metrics } = train(config)?;
    let asked: usize = metrics.classes.iter().map(|class| class.wines).sum();
    run.log_metric("accuracy", metrics.accuracy, 0)?;
    let title = format!("{model}: {asked} wines");
    write_whole(&run.artifact("metrics.json")?, serde_json::to_string_pretty(&metrics)? + "\n")?;
    write_whole(&run.artifact("confusion.svg")?, confusion_svg(&metrics, &title)?)?;
    let told = format!("learned from {learned} wines, asked about {asked}\n\n{}", Report(&metrics));
    Ok((told, metrics.accuracy))
}

/// Gets the directory that the config asks for, and writes down in it what runs.
fn begin(composer: &Composer, composed: &Composed) -> Result<Running, mainstem::diag::Error> {
    let begin = || {
        let (root, facts) = (composed.root(), composer.facts().clone());
        let process = process(&facts);
        let about = About::of(composer, root)?;
        let rank = Rank::of(&facts.env, &process);
        let reserved = Place::of(composer, root)?.reserve(&about, &facts, &process, rank)?;
        let told = reserved.tell(composer, root);
        reserved.begin(&told, move || surroundings(&facts, &process))
    };
    begin().map_err(|error: mainstem::diag::Error| error.located(composed.sources()))
}

/// The config of the job, resolved, as the struct that it must be.
fn read(composer: &Composer, composed: &Composed) -> Result<Train, mainstem::diag::Error> {
    let job = composed.job();
    let context = composer.context(&|_| {}).with_hydra(Hydra::Of(composed.root()));
    Scope::new(&job, context)
        .resolve()
        .and_then(|job| from_node(&job))
        .map_err(|error| error.located(composed.sources()))
}
