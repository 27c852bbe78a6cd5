//! What learns. The algorithms are smartcore's.

use anyhow::{Context as _, Result, ensure};
use smartcore::ensemble::random_forest_classifier::{
    RandomForestClassifier, RandomForestClassifierParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters};
use smartcore::metrics::distance::euclidian::Euclidian;
use smartcore::neighbors::KNNWeightFunction;
use smartcore::neighbors::knn_classifier::{KNNClassifier, KNNClassifierParameters};
use smartcore::tree::decision_tree_classifier::{DecisionTreeClassifier, DecisionTreeClassifierParameters};

use crate::config::{Model, Weights};
use crate::data::{FEATURES, Row};

type Matrix = DenseMatrix<f64>;
type Classes = Vec<u32>;

/// A model that has learned.
pub enum Fitted {
    /// A random forest.
    Forest(RandomForestClassifier<f64, u32, Matrix, Classes>),
    /// One decision tree.
    Tree(DecisionTreeClassifier<f64, u32, Matrix, Classes>),
    /// Logistic regression.
    Logistic(LogisticRegression<f64, u32, Matrix, Classes>),
    /// The nearest neighbours.
    Knn(KNNClassifier<f64, u32, Matrix, Classes, Euclidian<f64>>),
}

impl Model {
    /// Learns from rows and their classes.
    pub fn fit(&self, rows: &[Row], classes: &[usize]) -> Result<Fitted> {
        let x = matrix(rows)?;
        let y = classes.iter().map(|&class| u32::try_from(class)).collect::<Result<Classes, _>>()?;
        Ok(match *self {
            Self::Forest { trees, max_depth, max_features, min_samples_leaf, seed } => {
                let parameters = RandomForestClassifierParameters {
                    n_trees: trees,
                    max_depth,
                    m: max_features,
                    min_samples_leaf,
                    seed,
                    ..Default::default()
                };
                Fitted::Forest(RandomForestClassifier::fit(&x, &y, parameters)?)
            }
            Self::Tree { max_depth, min_samples_leaf, seed } => {
                let parameters = DecisionTreeClassifierParameters {
                    max_depth,
                    min_samples_leaf,
                    seed: Some(seed),
                    ..Default::default()
                };
                Fitted::Tree(DecisionTreeClassifier::fit(&x, &y, parameters)?)
            }
            Self::Logistic { l2 } => {
                let parameters = LogisticRegressionParameters::default().with_alpha(l2);
                Fitted::Logistic(LogisticRegression::fit(&x, &y, parameters)?)
            }
            Self::Knn { neighbours, weights } => {
                ensure!(
                    neighbours <= rows.len(),
                    "`model.neighbours` is more than the {} wines to learn from",
                    rows.len()
                );
                let weight = match weights {
                    Weights::Uniform => KNNWeightFunction::Uniform,
                    Weights::Distance => KNNWeightFunction::Distance,
                };
                let parameters = KNNClassifierParameters::default().with_k(neighbours).with_weight(weight);
                Fitted::Knn(KNNClassifier::fit(&x, &y, parameters)?)
            }
        })
    }
}

impl Fitted {
    /// The class of each row.
    pub fn predict(&self, rows: &[Row]) -> Result<Vec<usize>> {
        let x = matrix(rows)?;
        let classes = match self {
            Self::Forest(model) => model.predict(&x),
            Self::Tree(model) => model.predict(&x),
            Self::Logistic(model) => model.predict(&x),
            Self::Knn(model) => model.predict(&x),
        }?;
        classes.into_iter().map(|class| usize::try_from(class).context("a class that there is not")).collect()
    }
}

fn matrix(rows: &[Row]) -> Result<Matrix> {
    let rows: Vec<&[f64]> = rows.iter().map(<[f64; FEATURES]>::as_slice).collect();
    Ok(Matrix::from_2d_array(&rows)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Preprocessing;
    use crate::data::Wines;
    use crate::scaling::Scaling;

    fn models() -> [Model; 5] {
        [
            Model::Forest { trees: 5, max_depth: None, max_features: None, min_samples_leaf: 1, seed: 1 },
            Model::Tree { max_depth: Some(12), min_samples_leaf: 1, seed: 1 },
            Model::Logistic { l2: 0.1 },
            Model::Knn { neighbours: 3, weights: Weights::Uniform },
            Model::Knn { neighbours: 3, weights: Weights::Distance },
        ]
    }

    /// The first wines, scaled, of three classes.
    fn few() -> (Vec<Row>, Vec<usize>) {
        let wines = Wines::load();
        let rows = Scaling::fit(&Preprocessing::Standard, &wines.rows[..200]).apply(&wines.rows[..200]);
        let classes =
            wines.grades[..200].iter().map(|grade| usize::from(*grade > 5) + usize::from(*grade > 4));
        (rows, classes.collect())
    }

    #[test]
    fn each_learns_more_than_the_largest_class_and_repeats_itself() {
        let (rows, classes) = few();
        let largest = (0..3).map(|class| classes.iter().filter(|&&c| c == class).count()).max().unwrap();
        for model in models() {
            let predicted = model.fit(&rows, &classes).unwrap().predict(&rows).unwrap();
            let right = predicted.iter().zip(&classes).filter(|(a, b)| a == b).count();
            assert!(right > largest, "{model:?}: {right} right, {largest} in the largest class");
            assert_eq!(model.fit(&rows, &classes).unwrap().predict(&rows).unwrap(), predicted, "{model:?}");
        }
    }

    #[test]
    fn more_neighbours_than_wines_are_an_error_that_names_the_key() {
        let (rows, classes) = few();
        let words = |model: &Model| model.fit(&rows, &classes).err().map(|error| error.to_string());
        let knn = Model::Knn { neighbours: 201, weights: Weights::Uniform };
        assert_eq!(
            words(&knn).as_deref(),
            Some("`model.neighbours` is more than the 200 wines to learn from")
        );
    }
}
