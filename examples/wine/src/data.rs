//! The wines, and how they are divided.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Result, ensure};
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom as _;

use crate::config::{Split, Target};

/// How many measurements a wine has.
pub const FEATURES: usize = 11;

/// The measurements of one wine.
pub type Row = [f64; FEATURES];

/// Red wines of the UCI data set "Wine Quality" (Cortez and others, 2009).
///
/// 1,599 samples of Portuguese vinho verde, 240 of them exact copies of others. Eleven physicochemical features:
/// fixed acidity, volatile acidity, citric acid, residual sugar, chlorides, free and total sulfur dioxide, density,
/// pH, sulphates, alcohol; all are numbers and none is missing. The grade is the median of at least three tasters, on
/// a scale from 0 (very bad) to 10 (excellent); 3 to 8 occur, and four wines of five have a 5 or a 6.
#[derive(Debug)]
pub struct Wines {
    /// Measurements, a row a wine.
    pub rows: Vec<Row>,
    /// Grades, one a wine.
    pub grades: Vec<usize>,
}

impl Wines {
    /// All wines.
    pub fn load() -> Self {
        let data = linfa_datasets::winequality();
        let row = |row: usize| std::array::from_fn(|feature| data.records()[[row, feature]]);
        let grades: Vec<usize> = data.targets().iter().copied().collect();
        Self { rows: (0..grades.len()).map(row).collect(), grades }
    }

    /// Without the wines that equal an earlier one in everything, the grade included.
    #[must_use]
    pub fn without_duplicates(self) -> Self {
        let mut seen = HashSet::new();
        let (rows, grades) = self
            .rows
            .into_iter()
            .zip(self.grades)
            .filter(|(row, grade)| seen.insert((row.map(f64::to_bits), *grade)))
            .unzip();
        Self { rows, grades }
    }
}

/// The two sides, as indices of wines, each ascending.
#[derive(Debug, PartialEq)]
pub struct Sides {
    /// To learn from.
    pub train: Vec<usize>,
    /// To be asked about.
    pub test: Vec<usize>,
}

/// Divides wines of these classes. The same seed gives the same sides, on every machine and with every version of the
/// random number generator.
pub fn split(classes: &[usize], target: &Target, how: &Split, seed: u64) -> Result<Sides> {
    let mut strata: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (wine, &class) in classes.iter().enumerate() {
        strata.entry(if how.stratify { class } else { 0 }).or_default().push(wine);
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for mut wines in strata.into_values() {
        wines.shuffle(&mut random);
        let (asked, learned) = wines.split_at(part(wines.len(), how.test));
        test.extend_from_slice(asked);
        train.extend_from_slice(learned);
    }
    train.sort_unstable();
    test.sort_unstable();
    ensure!(!test.is_empty(), "`split.test` = {} leaves no wine for the test", how.test);
    for (class, name) in target.classes.iter().enumerate() {
        let learned = train.iter().any(|&wine| classes[wine] == class);
        ensure!(
            learned,
            "no wine of the class `{name}` is left to learn from: change `target` or `split.test`"
        );
    }
    Ok(Sides { train, test })
}

/// A share of a whole number, rounded.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "counts of wines, and a share between 0 and 1"
)]
fn part(whole: usize, share: f64) -> usize {
    ((whole as f64 * share).round() as usize).min(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Target {
        Target { thresholds: vec![7], classes: vec!["ordinary".to_owned(), "good".to_owned()] }
    }

    fn how(test: f64, stratify: bool) -> Split {
        Split { test, stratify }
    }

    fn classes() -> Vec<usize> {
        Wines::load().grades.iter().map(|&grade| good().class_of(grade)).collect()
    }

    #[test]
    fn has_the_wines_of_the_paper() {
        let wines = Wines::load();
        assert_eq!(wines.rows.len(), 1599);
        assert_eq!(wines.rows[0][0], 7.4);
        let counts = [3, 4, 5, 6, 7, 8].map(|grade| wines.grades.iter().filter(|&&g| g == grade).count());
        assert_eq!(counts, [10, 53, 681, 638, 199, 18]);
        assert_eq!(wines.without_duplicates().rows.len(), 1359);
    }

    #[test]
    fn sides_are_disjoint_and_complete_and_the_seed_decides() {
        let classes = classes();
        for stratify in [true, false] {
            let sides = split(&classes, &good(), &how(0.25, stratify), 7).unwrap();
            let mut all: Vec<usize> = sides.train.iter().chain(&sides.test).copied().collect();
            all.sort_unstable();
            assert_eq!(all, (0..classes.len()).collect::<Vec<_>>());
            assert_eq!(sides.test.len(), 400);
            assert_eq!(split(&classes, &good(), &how(0.25, stratify), 7).unwrap(), sides);
            assert_ne!(split(&classes, &good(), &how(0.25, stratify), 8).unwrap(), sides);
        }
    }

    #[test]
    fn strata_keep_the_shares_of_classes() {
        let classes = classes();
        let sides = split(&classes, &good(), &how(0.25, true), 7).unwrap();
        let goods = |side: &[usize]| side.iter().filter(|&&wine| classes[wine] == 1).count();
        assert_eq!((goods(&sides.test), goods(&sides.train)), (54, 163));
    }

    #[test]
    fn a_side_that_would_be_useless_is_an_error() {
        let words =
            |classes: &[usize], test| split(classes, &good(), &how(test, false), 7).unwrap_err().to_string();
        assert_eq!(words(&[0, 1], 0.1), "`split.test` = 0.1 leaves no wine for the test");
        assert_eq!(
            words(&[0, 0], 0.5),
            "no wine of the class `good` is left to learn from: change `target` or `split.test`"
        );
    }
}
