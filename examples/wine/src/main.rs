//! Trains a classifier of red wines by their chemistry.
//!
//! `cargo run --release -p wine -- model=forest model.trees=300`

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use mainstem::app::{arguments, facts};
use mainstem::compose::{Composed, Composer, Dir, Mode};
use mainstem::resolve::{Hydra, Scope};
use mainstem::settings::project;
use mainstem::typed::from_node;
use wine::config::Train;
use wine::plot::confusion_svg;
use wine::report::Report;
use wine::run_dir::RunDir;
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
    let directory = RunDir::create(&composer, &composed)?;

    let Trained { learned, metrics } = train(&config)?;
    let asked: usize = metrics.classes.iter().map(|class| class.wines).sum();
    let model =
        composed.selection().choices().find(|(group, _)| *group == "model").and_then(|(_, option)| option);
    let title = format!("{}: {asked} wines", model.unwrap_or("model"));
    directory.write("metrics.json", serde_json::to_string_pretty(&metrics)? + "\n")?;
    directory.write("confusion.svg", confusion_svg(&metrics, &title)?)?;
    let path = directory.path().strip_prefix(&composer.facts().cwd).unwrap_or(directory.path()).display();
    Ok(format!("learned from {learned} wines, asked about {asked}\n\n{}\n\n{path}", Report(&metrics)))
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
