//! How much of the result each parameter decides.

use crate::plot::svg::{Anchor, MARK, Svg};
use crate::plot::trials::Trials;

/// Draws it: `shares` has a number for each parameter, which together are 1.
pub(crate) fn importance(trials: &Trials, shares: &[f64]) -> String {
    const ROW: f64 = 26.0;
    let mut all: Vec<(&str, f64)> =
        trials.parameters.iter().zip(shares).map(|(one, share)| (one.name.as_str(), *share)).collect();
    all.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    #[expect(clippy::cast_precision_loss, reason = "a picture")]
    let height = 46.0 + all.len() as f64 * ROW;
    let mut svg = Svg::new(720.0, height);
    svg.text((190.0, 18.0), Anchor::Start, &format!("share in what decides {}", trials.goal), 80);
    let most = all.first().map_or(1.0, |(_, share)| share.max(f64::MIN_POSITIVE));
    let mut y = 36.0;
    for (name, share) in all {
        let width = (share / most * 450.0).clamp(0.0, 450.0);
        svg.text((182.0, y + 8.0), Anchor::End, name, 26);
        svg.bar((190.0, y), (width.max(1.0), 16.0), MARK);
        svg.text((196.0 + width, y + 8.0), Anchor::Start, &format!("{:.0} %", share * 100.0), 8);
        y += ROW;
    }
    svg.finish()
}
