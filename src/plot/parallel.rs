//! All parameters beside each other, a line for each trial.

use crate::plot::scale::Scale;
use crate::plot::svg::{Anchor, BEST, INK, MARK, Svg};
use crate::plot::trials::Trials;

/// Draws it; the best tenth stands out. Where a parameter did not apply, a line goes below its axis.
pub(crate) fn parallel(trials: &Trials) -> String {
    const BETWEEN: f64 = 130.0;
    const TOP: f64 = 44.0;
    const BOTTOM: f64 = 280.0;
    let count = trials.parameters.len() + 1;
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let x_of = |axis: usize| 60.0 + axis as f64 * BETWEEN;
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let mut svg = Svg::new(150.0 + (count - 1) as f64 * BETWEEN, BOTTOM + 30.0);
    let result = trials.scale();
    // Long names stand at two heights, so that none lies over its neighbour.
    let is_long = |name: &str| name.chars().count() > 18;
    let stagger = trials.parameters.iter().any(|one| is_long(&one.name)) || is_long(&trials.goal);
    let scales: Vec<&Scale> = trials.parameters.iter().map(|one| &one.scale).chain([&result]).collect();
    let best = trials.best().map(|trial| trial.number);
    // Those that came to the same must not lie over the best one.
    let mut order: Vec<(f64, bool, usize)> = (trials.trials.iter().enumerate())
        .map(|(at, trial)| (trials.rank(trial), Some(trial.number) == best, at))
        .collect();
    order.sort_by(|one, other| (one.1.cmp(&other.1)).then(one.0.total_cmp(&other.0)));
    for (rank, is_best, at) in order {
        let Some(trial) = trials.trials.get(at) else { continue };
        let values = trial.at.iter().copied().chain([Some(result.clamped(trial.value))]);
        let points: Vec<(f64, f64)> = values
            .zip(&scales)
            .enumerate()
            .map(|(axis, (value, scale))| {
                let at = value.and_then(|value| scale.at(value));
                (x_of(axis), at.map_or(BOTTOM + 14.0, |at| BOTTOM - at * (BOTTOM - TOP)))
            })
            .collect();
        match () {
            () if is_best => svg.path(&points, BEST, 2.5, 1.0),
            () if rank >= 0.9 => svg.path(&points, BEST, 1.2, 0.6),
            () => svg.path(&points, MARK, 1.0, 0.08 + 0.3 * rank),
        }
    }
    let names = trials.parameters.iter().map(|one| one.name.as_str()).chain([trials.goal.as_str()]);
    for (axis, (name, scale)) in names.zip(&scales).enumerate() {
        let x = x_of(axis);
        svg.path(&[(x, TOP), (x, BOTTOM)], INK, 1.0, 0.9);
        svg.text(
            (x, TOP - 22.0 + if stagger && axis % 2 == 1 { 10.0 } else { 0.0 }),
            Anchor::Middle,
            name,
            26,
        );
        for (value, name) in scale.ticks(5) {
            let Some(at) = scale.at(value) else { continue };
            let y = BOTTOM - at * (BOTTOM - TOP);
            svg.path(&[(x, y), (x + 4.0, y)], INK, 1.0, 0.9);
            svg.text((x + 7.0, y), Anchor::Start, &name, 14);
        }
    }
    svg.finish()
}
