//! Losses as a model likes them.

/// A way to see losses: bad ones are drawn together, so that the differences of good ones count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Warp {
    /// Losses this far above the best one, as a share of the way to the middle one, begin to be drawn together;
    /// infinite: none are.
    pub(crate) knee: f64,
}

impl Warp {
    /// The losses in that view, with mean 0 and variance 1, and the logarithm of how much they were drawn together: what a
    /// likelihood of the result lacks to be one of the losses. `None` if they are all equal.
    pub(crate) fn view(self, losses: &[f64]) -> Option<(Vec<f64>, f64)> {
        let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
        let mut sorted: Vec<f64> = losses.iter().map(|loss| loss - best).collect();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.get(sorted.len() / 2).copied().filter(|middle| *middle > 0.0);
        let unit = middle.or(sorted.last().copied()).filter(|unit| *unit > 0.0 && unit.is_finite())?;
        let mut drawn = 0.0;
        let mut view: Vec<f64> = losses
            .iter()
            .map(|loss| {
                let above = (loss - best) / unit;
                if self.knee.is_finite() {
                    drawn -= (above / self.knee).ln_1p();
                    self.knee * (above / self.knee).ln_1p()
                } else {
                    above
                }
            })
            .collect();
        let count = view.len() as f64;
        let mean = view.iter().sum::<f64>() / count;
        let deviation = (view.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count).sqrt();
        if !(deviation > 0.0 && deviation.is_finite()) {
            return None;
        }
        for value in &mut view {
            *value = (*value - mean) / deviation;
        }
        Some((view, drawn - count * deviation.ln()))
    }
}
