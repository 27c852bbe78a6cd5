//! Trains a classifier of red wines by their chemistry.
//!
//! `cargo run --release -p wine -- model=forest model.trees=300`

use std::fs;
use std::io::{self, Write as _};

use mainstem::app::Maximize;
use mainstem::pipeline_main;
use mainstem::run::Run;
use wine::config::Train;
use wine::plot::confusion_svg;
use wine::report::Report;
use wine::train::{Trained, train};

#[pipeline_main(config_path = "conf", config_name = "config")]
fn main(config: Train, run: &Run) -> anyhow::Result<Maximize> {
    let Trained { learned, asked, metrics } = train(&config)?;
    let title = format!("{}: {asked} wines", config.model.name());
    fs::write(run.artifact("metrics.json")?, serde_json::to_string_pretty(&metrics)? + "\n")?;
    fs::write(run.artifact("confusion.svg")?, confusion_svg(&metrics, &title)?)?;
    run.log_metric("accuracy", metrics.accuracy, 0)?;
    let report = format!("learned from {learned} wines, asked about {asked}\n\n{}", Report(&metrics));
    writeln!(io::stdout(), "{report}\n\n{}", run.dir().display())?;
    Ok(Maximize(metrics.accuracy))
}
