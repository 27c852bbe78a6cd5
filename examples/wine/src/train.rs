//! From a config to metrics.

use anyhow::Result;

use crate::config::Train;
use crate::data::{Row, Wines, split};
use crate::metrics::{Confusion, Metrics};
use crate::scaling::Scaling;

/// What a run found out.
pub struct Trained {
    /// How many wines were learned from.
    pub learned: usize,
    /// How many others were asked about.
    pub asked: usize,
    /// How well the others were told apart.
    pub metrics: Metrics,
}

/// Learns from one side of the wines and is asked about the other.
pub fn train(config: &Train) -> Result<Trained> {
    let wines = Wines::load();
    let wines = if config.data.drop_duplicates { wines.without_duplicates() } else { wines };
    let classes: Vec<usize> = wines.grades.iter().map(|&grade| config.target.class_of(grade)).collect();
    let sides = split(&classes, &config.target, &config.split, config.seed)?;

    let rows = |side: &[usize]| side.iter().map(|&wine| wines.rows[wine]).collect::<Vec<Row>>();
    let truth = |side: &[usize]| side.iter().map(|&wine| classes[wine]).collect::<Vec<usize>>();
    let (learn, ask) = (rows(&sides.train), rows(&sides.test));
    let scaling = Scaling::fit(&config.preprocessing, &learn);
    let fitted = config.model.fit(&scaling.apply(&learn), &truth(&sides.train))?;
    let predicted = fitted.predict(&scaling.apply(&ask))?;

    let confusion = Confusion::count(config.target.classes.len(), &truth(&sides.test), &predicted);
    let metrics = Metrics::of(confusion, &config.target.classes);
    Ok(Trained { learned: learn.len(), asked: ask.len(), metrics })
}
