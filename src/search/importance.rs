//! Which parameters matter.

use crate::random::Stream;
use crate::search::history::History;
use crate::search::space::Space;

/// How much of the variance of the loss each parameter explains on its own: fANOVA (Hutter et al., 2014), over a forest of
/// regression trees. In the order of the space; the sum is 1, or 0 if nothing explains anything.
///
/// `objective` is the index of the loss, `seed` that of the forest. Where a parameter does not apply counts as one more value
/// of it. Trials that failed do not count.
///
/// ```
/// use mainstem::search::{Domain, History, Outcome, Parameter, RandomSearch, Sampler, Space, Value, importance};
/// let parameter = |name| Parameter::new(name, Domain::float(0.0, 1.0));
/// let space = Space::new(vec![parameter("matters"), parameter("does not")])?;
/// let mut history = History::new();
/// for number in 0..60 {
///     let point = RandomSearch::new(1).suggest(&space, &history, number);
///     let Some(Value::Float(loss)) = point[0] else { continue };
///     history.ask(number, point);
///     history.tell(number, Outcome::Completed(vec![loss * loss]));
/// }
/// let shares = importance(&space, &history, 0, 0);
/// assert!(shares[0] > 0.9 && shares[1] < 0.1);
/// # Ok::<(), mainstem::search::SpaceFlaw>(())
/// ```
pub fn importance(space: &Space, history: &History, objective: usize, seed: u64) -> Vec<f64> {
    let mut places = Vec::new();
    let mut losses = Vec::new();
    for trial in history.told() {
        if let Some(loss) =
            trial.losses().and_then(|losses| losses.get(objective)).filter(|loss| loss.is_finite())
        {
            places.push(space.units(&trial.point, ABSENT));
            losses.push(*loss);
        }
    }
    let mut shares = vec![0.0; space.len()];
    if places.len() < 2 {
        return shares;
    }
    for tree in 0..TREES {
        let mut stream = Stream::new(seed, tree);
        let sample: Vec<usize> = (0..places.len()).map(|_| stream.below(places.len())).collect();
        let tree = Tree::grow(&places, &losses, sample, &mut stream);
        let total = tree.variance();
        if total > 0.0 && total.is_finite() {
            for (parameter, share) in shares.iter_mut().enumerate() {
                *share += tree.marginal_variance(parameter) / total;
            }
        }
    }
    let sum: f64 = shares.iter().sum();
    if sum > 0.0 && sum.is_finite() {
        for share in &mut shares {
            *share /= sum;
        }
    }
    shares
}

/// Where a parameter lies that does not apply.
const ABSENT: f64 = -0.1;
const TREES: u64 = 64;
const DEEPEST: usize = 64;

/// A part of the space, and what the loss is there.
struct Leaf {
    /// From and to, in each parameter.
    bounds: Vec<(f64, f64)>,
    loss: f64,
}

/// A regression tree, as its leaves.
struct Tree {
    leaves: Vec<Leaf>,
}

impl Tree {
    fn grow(places: &[Vec<f64>], losses: &[f64], sample: Vec<usize>, stream: &mut Stream) -> Self {
        let columns = places[0].len();
        // A parameter that always applies has nothing where it would be absent.
        let bounds: Vec<(f64, f64)> = (0..columns)
            .map(|k| if places.iter().any(|place| place[k] < 0.0) { (2.0 * ABSENT, 1.0) } else { (0.0, 1.0) })
            .collect();
        let mut leaves = Vec::new();
        let mut open = vec![(sample, bounds, 0)];
        while let Some((sample, bounds, depth)) = open.pop() {
            let Some((column, at)) = split(places, losses, &sample, depth, stream) else {
                let loss =
                    sample.iter().map(|index| losses[*index]).sum::<f64>() / sample.len().max(1) as f64;
                leaves.push(Leaf { bounds, loss });
                continue;
            };
            let (left, right): (Vec<usize>, Vec<usize>) =
                sample.into_iter().partition(|index| places[*index][column] < at);
            let (mut lower, mut upper) = (bounds.clone(), bounds);
            lower[column].1 = at;
            upper[column].0 = at;
            open.push((left, lower, depth + 1));
            open.push((right, upper, depth + 1));
        }
        Self { leaves }
    }

    /// How large a part of the space a leaf is, leaving one parameter out.
    fn share(leaf: &Leaf, without: Option<usize>) -> f64 {
        let sides = leaf.bounds.iter().enumerate().filter(|(k, _)| Some(*k) != without);
        sides.map(|(_, (low, high))| (high - low).max(0.0)).product()
    }

    /// The mean of the loss and its variance, over the whole space.
    fn variance(&self) -> f64 {
        moments(self.leaves.iter().map(|leaf| (Self::share(leaf, None), leaf.loss)))
    }

    /// The variance of the mean loss, as only one parameter changes.
    fn marginal_variance(&self, parameter: usize) -> f64 {
        let mut cuts: Vec<f64> = self
            .leaves
            .iter()
            .flat_map(|leaf| [leaf.bounds[parameter].0, leaf.bounds[parameter].1])
            .collect();
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        moments(cuts.windows(2).map(|cut| {
            let middle = f64::midpoint(cut[0], cut[1]);
            let (mut sum, mut weight) = (0.0, 0.0);
            for leaf in &self.leaves {
                let (low, high) = leaf.bounds[parameter];
                if low <= middle && middle < high {
                    let share = Self::share(leaf, Some(parameter));
                    sum += share * leaf.loss;
                    weight += share;
                }
            }
            (cut[1] - cut[0], sum / weight.max(f64::MIN_POSITIVE))
        }))
    }
}

/// The variance of weighted values.
fn moments(values: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let weight: f64 = values.clone().map(|(weight, _)| weight).sum();
    let mean = values.clone().map(|(weight, value)| weight * value).sum::<f64>() / weight;
    values.map(|(weight, value)| weight * (value - mean) * (value - mean)).sum::<f64>() / weight
}

/// The cut that leaves the least variance on its two sides; `None` if there is nothing to gain.
fn split(
    places: &[Vec<f64>],
    losses: &[f64],
    sample: &[usize],
    depth: usize,
    stream: &mut Stream,
) -> Option<(usize, f64)> {
    if sample.len() < 4 || depth >= DEEPEST {
        return None;
    }
    let columns = places[0].len();
    let mut tried: Vec<usize> = (0..columns).collect();
    stream.shuffle(&mut tried);
    tried.truncate((columns * 5).div_ceil(6));
    let count = sample.len() as f64;
    let total: f64 = sample.iter().map(|index| losses[*index]).sum();
    // The sum of squares that a cut explains, and the cut.
    let mut best: Option<(f64, usize, f64)> = None;
    for column in tried {
        let mut order = sample.to_vec();
        order.sort_by(|a, b| places[*a][column].total_cmp(&places[*b][column]));
        let (mut left, mut sum) = (0.0, 0.0);
        for pair in order.windows(2) {
            left += 1.0;
            sum += losses[pair[0]];
            let (low, high) = (places[pair[0]][column], places[pair[1]][column]);
            if low < high {
                let (right, rest) = (count - left, total - sum);
                let gain = sum * sum / left + rest * rest / right - total * total / count;
                if gain > 1e-12 && best.is_none_or(|(most, _, _)| gain > most) {
                    best = Some((gain, column, f64::midpoint(low, high)));
                }
            }
        }
    }
    best.map(|(_, column, at)| (column, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::domain::{Domain, Value};
    use crate::search::history::Outcome;
    use crate::search::sampler::{RandomSearch, Sampler};
    use crate::search::space::Parameter;

    fn shares(space: &Space, loss: impl Fn(&[Option<Value>]) -> f64) -> Vec<f64> {
        let mut history = History::new();
        for number in 0..200 {
            let point = RandomSearch::new(4).suggest(space, &history, number);
            let loss = loss(&point);
            history.ask(number, point);
            history.tell(number, Outcome::Completed(vec![loss]));
        }
        importance(space, &history, 0, 1)
    }

    #[test]
    fn shares_are_those_of_the_variance() {
        let parameter = |name: &str| Parameter::new(name, Domain::float(0.0, 1.0));
        let space = Space::new(vec![parameter("a"), parameter("b"), parameter("c")]).unwrap();
        let x =
            |point: &[Option<Value>], k: usize| if let Some(Value::Float(x)) = point[k] { x } else { 9.0 };
        let shares = shares(&space, |point| 3.0 * x(point, 0) + x(point, 1));
        assert!((shares[0] - 0.9).abs() < 0.05 && shares[2] < 0.03, "{shares:?}");
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn conditional_choices() {
        let space = Space::new(vec![
            Parameter::new("kind", Domain::choice(3)),
            Parameter::new("only", Domain::float(0.0, 1.0)).when(0, [Value::Choice(2)]),
            Parameter::new("idle", Domain::choice(2)),
        ])
        .unwrap();
        let shares = shares(&space, |point| match point[..] {
            [Some(Value::Choice(2)), Some(Value::Float(x)), _] => x,
            [Some(Value::Choice(kind)), ..] => 2.0 + kind as f64,
            _ => 9.0,
        });
        assert!(shares[0] > 0.5 && shares[2] < 0.05, "{shares:?}");
    }

    #[test]
    fn nothing_to_explain() {
        let space = Space::new(vec![Parameter::new("a", Domain::float(1.0, 1.0))]).unwrap();
        assert_eq!(shares(&space, |_| 5.0), [0.0]);
        assert_eq!(shares(&space, |_| f64::NAN), [0.0]);
        assert_eq!(importance(&space, &History::new(), 3, 0), [0.0]);
        assert_eq!(importance(&Space::new(Vec::new()).unwrap(), &History::new(), 0, 0), [0.0; 0]);
    }
}
