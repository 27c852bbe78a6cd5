//! What a run is told: the shape of the composed config.

use mainstem::Config;
use mainstem::typed::Violation;

use crate::data::FEATURES;

/// One training run.
#[derive(Config, Debug, Clone)]
pub struct Train {
    /// Draws the split, and the randomness of the models.
    #[mainstem(default = 42)]
    pub seed: u64,
    /// Which rows are used.
    pub data: Data,
    /// How they are divided.
    pub split: Split,
    /// What is to be told apart: the config group `target`.
    pub target: Target,
    /// What is done to the features first: the config group `preprocessing`.
    pub preprocessing: Preprocessing,
    /// What learns: the config group `model`.
    pub model: Model,
}

/// Which rows are used.
#[derive(Config, Debug, Clone)]
pub struct Data {
    /// Keep one of several rows that are equal in everything.
    #[mainstem(default = true)]
    pub drop_duplicates: bool,
}

/// The division into a training and a test side.
#[derive(Config, Debug, Clone)]
pub struct Split {
    /// Share of the rows on the test side.
    #[mainstem(default = 0.25, range = 0.01..=0.99)]
    pub test: f64,
    /// Whether both sides have the same shares of classes.
    #[mainstem(default = true)]
    pub stratify: bool,
}

/// Classes of wines by their grade.
#[derive(Config, Debug, Clone, PartialEq)]
#[mainstem(check = Target::is_possible)]
pub struct Target {
    /// Ascending grades, each the lowest of its class. The first class has what is below them all.
    #[mainstem(length = 1..)]
    pub thresholds: Vec<usize>,
    /// Names of the classes, one more than thresholds.
    pub classes: Vec<String>,
}

impl Target {
    /// The class of a grade.
    pub fn class_of(&self, grade: usize) -> usize {
        self.thresholds.iter().filter(|&&threshold| grade >= threshold).count()
    }

    fn is_possible(&self) -> Result<(), Violation> {
        if !self.thresholds.is_sorted_by(|a, b| a < b) {
            return Err(Violation::at("thresholds", "must ascend"));
        }
        let wanted = self.thresholds.len() + 1;
        if self.classes.len() != wanted {
            let why = format!("must be {wanted}, one more than thresholds, but are {}", self.classes.len());
            return Err(Violation::at("classes", why));
        }
        Ok(())
    }
}

/// What is done to the features before a model sees them. Measured on the training side only.
#[derive(Config, Debug, Clone, PartialEq)]
#[mainstem(check = Preprocessing::is_possible)]
pub enum Preprocessing {
    /// Nothing.
    None,
    /// Mean 0, standard deviation 1.
    Standard,
    /// From `low` to `high`.
    Minmax {
        /// What the smallest value becomes.
        #[mainstem(default = 0.0)]
        low: f64,
        /// What the largest value becomes.
        #[mainstem(default = 1.0)]
        high: f64,
    },
}

impl Preprocessing {
    fn is_possible(&self) -> Result<(), Violation> {
        match self {
            Self::Minmax { low, high } if low >= high || !(high - low).is_finite() => {
                Err(Violation::at("low", format!("must be less than high, which is {high}")))
            }
            _ => Ok(()),
        }
    }
}

/// What learns.
#[derive(Config, Debug, Clone, PartialEq)]
pub enum Model {
    /// Random forest: many deep trees, each on a sample of the rows, that vote.
    Forest {
        /// How many trees vote.
        #[mainstem(range = 1..)]
        trees: u16,
        /// Levels of a tree at most.
        max_depth: Option<u16>,
        /// Features that each split chooses from; `null` is the square root of their number.
        #[mainstem(range = 1..=FEATURES)]
        max_features: Option<usize>,
        /// Rows that a leaf has at least.
        #[mainstem(range = 1..)]
        min_samples_leaf: usize,
        /// Draws rows and features.
        seed: u64,
    },
    /// One decision tree: quick, and easy to overfit without a depth.
    Tree {
        /// Levels at most.
        max_depth: Option<u16>,
        /// Rows that a leaf has at least.
        #[mainstem(range = 1..)]
        min_samples_leaf: usize,
        /// Decides between splits that are equally good.
        seed: u64,
    },
    /// Logistic regression.
    Logistic {
        /// Strength of the penalty on large weights.
        #[mainstem(range = 0.0..)]
        l2: f64,
    },
    /// The nearest neighbours.
    Knn {
        /// How many vote.
        #[mainstem(range = 1..)]
        neighbours: usize,
        /// How much each counts.
        weights: Weights,
    },
}

impl Model {
    /// What the config calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Forest { .. } => "forest",
            Self::Tree { .. } => "tree",
            Self::Logistic { .. } => "logistic",
            Self::Knn { .. } => "knn",
        }
    }
}

/// How much a neighbour counts.
#[derive(Config, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// All the same.
    Uniform,
    /// Nearer ones more.
    Distance,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(thresholds: &[usize], classes: &[&str]) -> Target {
        Target { thresholds: thresholds.into(), classes: classes.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn thresholds_are_the_lowest_grades_of_their_classes() {
        let target = target(&[5, 7], &["poor", "fair", "good"]);
        assert_eq!([3, 4, 5, 6, 7, 8].map(|grade| target.class_of(grade)), [0, 0, 1, 1, 2, 2]);
    }

    #[test]
    fn targets_must_make_sense() {
        assert!(target(&[7], &["a", "b"]).is_possible().is_ok());
        let words = |target: Target| format!("{:?}", target.is_possible().unwrap_err());
        assert!(words(target(&[7, 5], &["a", "b", "c"])).contains("must ascend"));
        assert!(words(target(&[7], &["a"])).contains("must be 2, one more than thresholds, but are 1"));
    }
}
