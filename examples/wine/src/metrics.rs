//! How well the classes were told apart.

use serde::Serialize;

/// How often a wine of one class was taken for one of another.
#[derive(Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Confusion(Vec<Vec<usize>>);

impl Confusion {
    /// Counts pairs of true and predicted classes, of which there are `classes`.
    pub fn count(classes: usize, truth: &[usize], predicted: &[usize]) -> Self {
        let mut counts = vec![vec![0; classes]; classes];
        for (&truth, &predicted) in truth.iter().zip(predicted) {
            if let Some(count) = counts.get_mut(truth).and_then(|row| row.get_mut(predicted)) {
                *count += 1;
            }
        }
        Self(counts)
    }

    /// A row a true class, in it a count a predicted class.
    pub fn rows(&self) -> &[Vec<usize>] {
        &self.0
    }
}

/// What is written to `metrics.json`. All shares are between 0 and 1.
#[derive(Debug, PartialEq, Serialize)]
pub struct Metrics {
    /// Share of all wines that was right.
    pub accuracy: f64,
    /// The accuracy of always saying the most frequent class: what `accuracy` must beat.
    pub largest_class: f64,
    /// Mean of the recalls of the classes: 1 / number of classes for a guess.
    pub balanced_accuracy: f64,
    /// Mean of the F1 of the classes.
    pub macro_f1: f64,
    /// Each class.
    pub classes: Vec<ClassMetrics>,
    /// The counts behind all of them.
    pub confusion: Confusion,
}

/// How well one class was found.
#[derive(Debug, PartialEq, Serialize)]
pub struct ClassMetrics {
    /// Its name.
    pub name: String,
    /// Share of right ones in what was said to be of the class.
    pub precision: f64,
    /// Share of the class that was found.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// How many wines of it there are.
    pub wines: usize,
}

impl Metrics {
    /// The metrics of a confusion matrix. A share of nothing is 0, and a class without wines has no say in the means.
    pub fn of(confusion: Confusion, names: &[String]) -> Self {
        let rows = confusion.rows();
        let diagonal = |class: usize| rows[class][class];
        let said = |class: usize| rows.iter().map(|row| row[class]).sum::<usize>();
        let classes: Vec<ClassMetrics> = names
            .iter()
            .enumerate()
            .map(|(class, name)| {
                let wines = rows[class].iter().sum();
                let (precision, recall) =
                    (share(diagonal(class), said(class)), share(diagonal(class), wines));
                let f1 = share(2 * diagonal(class), said(class) + wines);
                ClassMetrics { name: name.clone(), precision, recall, f1, wines }
            })
            .collect();
        let wines = classes.iter().map(|class| class.wines).sum();
        let largest = classes.iter().map(|class| class.wines).max().unwrap_or(0);
        Self {
            accuracy: share((0..rows.len()).map(diagonal).sum(), wines),
            largest_class: share(largest, wines),
            balanced_accuracy: mean(&classes, |class| class.recall),
            macro_f1: mean(&classes, |class| class.f1),
            classes,
            confusion,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of wines")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[expect(clippy::cast_precision_loss, reason = "a count of classes")]
fn mean(classes: &[ClassMetrics], of: impl Fn(&ClassMetrics) -> f64) -> f64 {
    let present: Vec<f64> = classes.iter().filter(|class| class.wines > 0).map(of).collect();
    present.iter().sum::<f64>() / present.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    /// Checked by hand: of 6 `a`, 4 are found; of 3 `b`, 2; of 1 `c`, none.
    #[test]
    fn metrics_of_a_matrix_checked_by_hand() {
        let truth = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2];
        let predicted = [0, 0, 0, 0, 1, 1, 1, 1, 0, 1];
        let confusion = Confusion::count(3, &truth, &predicted);
        assert_eq!(confusion.rows(), [vec![4, 2, 0], vec![1, 2, 0], vec![0, 1, 0]]);
        let metrics = Metrics::of(confusion, &names(&["a", "b", "c"]));
        assert_eq!((metrics.accuracy, metrics.largest_class), (0.6, 0.6));
        let of = |class: usize| {
            let class = &metrics.classes[class];
            (class.precision, class.recall, class.f1, class.wines)
        };
        assert_eq!(of(0), (4.0 / 5.0, 4.0 / 6.0, 8.0 / 11.0, 6));
        assert_eq!(of(1), (2.0 / 5.0, 2.0 / 3.0, 4.0 / 8.0, 3));
        assert_eq!(of(2), (0.0, 0.0, 0.0, 1));
        assert!((metrics.balanced_accuracy - 4.0 / 9.0).abs() < 1e-12);
        assert!((metrics.macro_f1 - (8.0 / 11.0 + 0.5) / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_class_without_wines_has_no_say_in_the_means() {
        let metrics = Metrics::of(Confusion::count(2, &[0, 0], &[0, 0]), &names(&["a", "b"]));
        assert_eq!((metrics.accuracy, metrics.balanced_accuracy, metrics.macro_f1), (1.0, 1.0, 1.0));
    }
}
