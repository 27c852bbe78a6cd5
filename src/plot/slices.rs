//! The result by each parameter alone.

use crate::plot::panel::Panel;
use crate::plot::svg::{BEST, MARK, Svg};
use crate::plot::trials::{End, Trials};

/// So many stand beside each other.
const COLUMNS: usize = 3;

/// Draws them; later trials are darker, and the best one stands out.
pub(crate) fn slices(trials: &Trials) -> String {
    const WIDTH: f64 = 236.0;
    const HEIGHT: f64 = 236.0;
    let rows = trials.parameters.len().div_ceil(COLUMNS).max(1);
    let columns = trials.parameters.len().clamp(1, COLUMNS);
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let mut svg = Svg::new(60.0 + WIDTH * columns as f64, HEIGHT * rows as f64 + 14.0);
    let y = trials.scale();
    let best = trials.best().map(|trial| trial.number);
    let last = trials.trials.len().max(1);
    for (number, parameter) in trials.parameters.iter().enumerate() {
        let (row, column) = (number / COLUMNS, number % COLUMNS);
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let (left, top) = (66.0 + column as f64 * WIDTH, 34.0 + row as f64 * HEIGHT);
        let (x, y) = (parameter.scale.clone(), y.clone());
        let panel = Panel { left, top, width: WIDTH - 24.0, height: HEIGHT - 84.0, x, y };
        panel.draw(&mut svg, (&parameter.name, if column == 0 { &trials.goal } else { "" }), column == 0);
        // The best one comes last, so that none lies over it.
        let shown = trials.trials.iter().enumerate();
        let (front, back): (Vec<_>, Vec<_>) = shown.partition(|(_, trial)| Some(trial.number) == best);
        for (at, trial) in back.into_iter().chain(front) {
            let value = trial.at.get(number).copied().flatten();
            let Some(point) = value.and_then(|value| panel.point(value, trial.value)) else { continue };
            #[expect(clippy::cast_precision_loss, reason = "a shade")]
            let shade = 0.25 + 0.65 * at as f64 / last as f64;
            match Some(trial.number) == best {
                true => svg.dot(point, 4.5, BEST, 1.0, true),
                false => svg.dot(point, 3.0, MARK, shade, trial.end == End::Completed),
            }
        }
    }
    svg.finish()
}
