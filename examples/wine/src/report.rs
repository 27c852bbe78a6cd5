//! What a person reads when a run is done.

use std::fmt;

use crate::metrics::Metrics;

/// A table of the classes, and the numbers below it.
#[derive(Debug)]
pub struct Report<'a>(pub &'a Metrics);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metrics = self.0;
        let longest =
            metrics.classes.iter().map(|class| class.name.chars().count()).max().unwrap_or(0).max(5);
        writeln!(f, "{:longest$}  precision  recall     f1  wines", "class")?;
        for class in &metrics.classes {
            let (name, precision, recall) = (&class.name, class.precision, class.recall);
            writeln!(
                f,
                "{name:longest$}  {precision:9.3}  {recall:6.3}  {:5.3}  {:5}",
                class.f1, class.wines
            )?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "accuracy           {:.3}  (the largest class alone: {:.3})",
            metrics.accuracy, metrics.largest_class
        )?;
        writeln!(f, "balanced accuracy  {:.3}", metrics.balanced_accuracy)?;
        write!(f, "macro F1           {:.3}", metrics.macro_f1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Confusion;

    #[test]
    fn lines_up_whatever_the_names() {
        let confusion = Confusion::count(2, &[0, 0, 0, 1], &[0, 0, 1, 1]);
        let metrics = Metrics::of(confusion, &["ordinary".to_owned(), "süß".to_owned()]);
        let expected = "\
class     precision  recall     f1  wines
ordinary      1.000   0.667  0.800      3
süß           0.500   1.000  0.667      1

accuracy           0.750  (the largest class alone: 0.750)
balanced accuracy  0.833
macro F1           0.733";
        assert_eq!(Report(&metrics).to_string(), expected);
    }
}
