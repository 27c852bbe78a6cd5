//! What a run is told: the shape of the composed config.

use std::num::{NonZeroU16, NonZeroUsize};

use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer};

use crate::data::FEATURES;

/// One training run.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// Draws the split.
    pub seed: u64,
    /// Which rows.
    pub data: Data,
    /// How they are divided.
    pub split: Split,
    /// What is to be told apart.
    pub target: Target,
    /// What is done to the features first.
    pub preprocessing: Preprocessing,
    /// What learns.
    pub model: Model,
}

/// Which rows are used.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Keep one of several rows that are equal in everything.
    pub drop_duplicates: bool,
}

/// The division into a training and a test side.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Share of the rows on the test side.
    pub test: Share,
    /// Whether both sides have the same shares of classes.
    pub stratify: bool,
}

/// A part of a whole: more than nothing, less than all.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Share(f64);

impl Share {
    /// The share as a number between 0 and 1.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(share: f64) -> Result<Self, String> {
        if share > 0.0 && share < 1.0 {
            return Ok(Self(share));
        }
        Err(format!("expected a share between 0 and 1, found {share}"))
    }
}

/// Classes of wines by their grade.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "TargetFields")]
pub struct Target {
    /// Ascending grades, each the lowest of its class. The first class has what is below them all.
    pub thresholds: Vec<usize>,
    /// Names of the classes, one more than thresholds.
    pub classes: Vec<String>,
}

impl Target {
    /// The class of a grade.
    pub fn class_of(&self, grade: usize) -> usize {
        self.thresholds.iter().filter(|&&threshold| grade >= threshold).count()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetFields {
    thresholds: Vec<usize>,
    classes: Vec<String>,
}

impl TryFrom<TargetFields> for Target {
    type Error = String;

    fn try_from(TargetFields { thresholds, classes }: TargetFields) -> Result<Self, String> {
        if thresholds.is_empty() || !thresholds.is_sorted_by(|a, b| a < b) {
            return Err(format!("expected one or more ascending `thresholds`, found {thresholds:?}"));
        }
        if classes.len() != thresholds.len() + 1 {
            return Err(format!(
                "expected {} `classes`, one more than thresholds, found {}",
                thresholds.len() + 1,
                classes.len()
            ));
        }
        Ok(Self { thresholds, classes })
    }
}

/// What is done to the features before a model sees them. Measured on the training side only.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase", deny_unknown_fields)]
pub enum Preprocessing {
    /// Nothing.
    None,
    /// Mean 0, standard deviation 1.
    Standard,
    /// From `low` to `high`.
    Minmax {
        /// What the smallest value becomes.
        low: f64,
        /// What the largest value becomes.
        high: f64,
    },
}

/// What learns.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase", deny_unknown_fields)]
pub enum Model {
    /// A random forest.
    Forest {
        /// How many trees vote.
        trees: NonZeroU16,
        /// Levels of a tree at most.
        max_depth: Option<u16>,
        /// Features that each split chooses from; `None` is the square root of their number.
        #[serde(deserialize_with = "feature_count")]
        max_features: Option<usize>,
        /// Rows that a leaf has at least.
        min_samples_leaf: NonZeroUsize,
        /// Draws rows and features.
        seed: u64,
    },
    /// One decision tree.
    Tree {
        /// Levels at most.
        max_depth: Option<u16>,
        /// Rows that a leaf has at least.
        min_samples_leaf: NonZeroUsize,
        /// Decides between splits that are equally good.
        seed: u64,
    },
    /// Logistic regression.
    Logistic {
        /// Strength of the penalty on large weights.
        #[serde(deserialize_with = "not_negative")]
        l2: f64,
    },
    /// The nearest neighbours.
    Knn {
        /// How many vote.
        neighbours: NonZeroUsize,
        /// How much each counts.
        weights: Weights,
    },
}

/// How much a neighbour counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weights {
    /// All the same.
    Uniform,
    /// Nearer ones more.
    Distance,
}

fn not_negative<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let number = f64::deserialize(from)?;
    if number >= 0.0 && number.is_finite() {
        return Ok(number);
    }
    Err(D::Error::invalid_value(Unexpected::Float(number), &"a number of 0 or more"))
}

fn feature_count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    match Option::<u64>::deserialize(from)? {
        None => Ok(None),
        Some(count) => match usize::try_from(count) {
            Ok(features @ 1..=FEATURES) => Ok(Some(features)),
            _ => Err(D::Error::invalid_value(Unexpected::Unsigned(count), &"1 to 11 features")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_the_lowest_grades_of_their_classes() {
        let fields =
            TargetFields { thresholds: vec![5, 7], classes: ["poor", "fair", "good"].map(Into::into).into() };
        let target = Target::try_from(fields).unwrap();
        assert_eq!([3, 4, 5, 6, 7, 8].map(|grade| target.class_of(grade)), [0, 0, 1, 1, 2, 2]);
    }

    #[test]
    fn targets_and_shares_must_make_sense() {
        let target = |thresholds: &[usize], classes: usize| {
            let classes = vec![String::new(); classes];
            Target::try_from(TargetFields { thresholds: thresholds.into(), classes }).unwrap_err()
        };
        assert_eq!(target(&[7, 5], 3), "expected one or more ascending `thresholds`, found [7, 5]");
        assert_eq!(target(&[7], 3), "expected 2 `classes`, one more than thresholds, found 3");
        assert_eq!(Share::try_from(1.0), Err("expected a share between 0 and 1, found 1".to_owned()));
    }
}
