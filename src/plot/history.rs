//! What the trials came to, one after the other, and the best so far.

use crate::plot::panel::Panel;
use crate::plot::scale::Scale;
use crate::plot::svg::{Anchor, BEST, MARK, Svg};
use crate::plot::trials::{End, Trials};

/// Draws it.
pub(crate) fn history(trials: &Trials) -> String {
    let mut svg = Svg::new(720.0, 320.0);
    #[expect(clippy::cast_precision_loss, reason = "a picture")]
    let last = trials.trials.last().map_or(1.0, |trial| trial.number as f64);
    let (x, y) = (Scale::Linear(-0.5, last.max(1.0) + 0.5), trials.scale());
    let panel = Panel { left: 66.0, top: 34.0, width: 634.0, height: 236.0, x, y };
    panel.draw(&mut svg, ("trial", &trials.goal), true);
    let mut steps: Vec<(f64, f64)> = Vec::new();
    let mut best: Option<f64> = None;
    for trial in &trials.trials {
        #[expect(clippy::cast_precision_loss, reason = "a picture")]
        let Some(point) = panel.point(trial.number as f64, trial.value) else { continue };
        svg.dot(point, 3.0, MARK, 0.6, trial.end == End::Completed);
        if trial.end == End::Completed && best.is_none_or(|best| trials.is_better(trial.value, best)) {
            best = Some(trial.value);
            steps.extend(steps.last().map(|(_, y)| (point.0, *y)));
            steps.push(point);
        }
    }
    steps.extend(steps.last().map(|(_, y)| (panel.left + panel.width, *y)));
    svg.path(&steps, BEST, 2.0, 1.0);
    let (right, above) = (panel.left + panel.width, panel.top - 14.0);
    svg.text((right, above), Anchor::End, "best so far", 20);
    svg.path(&[(right - 92.0, above), (right - 72.0, above)], BEST, 2.0, 1.0);
    if trials.trials.iter().any(|trial| trial.end == End::Stopped) {
        svg.dot((right - 190.0, above), 3.0, MARK, 0.8, false);
        svg.text((right - 182.0, above), Anchor::Start, "stopped early", 20);
    }
    svg.finish()
}
