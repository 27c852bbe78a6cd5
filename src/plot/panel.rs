//! A picture with two axes.

use crate::plot::scale::Scale;
use crate::plot::svg::{Anchor, INK, Svg};

/// A rectangle in a drawing, with a scale for each of its sides.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) x: Scale,
    pub(super) y: Scale,
}

impl Panel {
    /// Where a pair of values lies; what lies above or below is on the edge.
    pub(super) fn point(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        Some((
            self.left + self.x.at(x)? * self.width,
            self.top + (1.0 - self.y.at(self.y.clamped(y))?) * self.height,
        ))
    }

    /// Draws the axes, with a name for each; the numbers of the upright one only if it is asked for.
    pub(super) fn draw(&self, svg: &mut Svg, names: (&str, &str), has_numbers: bool) {
        let (right, bottom) = (self.left + self.width, self.top + self.height);
        for (value, name) in self.y.ticks(5) {
            let Some(at) = self.y.at(value) else { continue };
            let y = self.top + (1.0 - at) * self.height;
            svg.path(&[(self.left, y), (right, y)], INK, 1.0, 0.2);
            if has_numbers {
                svg.text((self.left - 6.0, y), Anchor::End, &name, 10);
            }
        }
        svg.path(&[(self.left, bottom), (right, bottom)], INK, 1.0, 0.7);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the width of a picture")]
        let about = (self.width / 60.0).max(2.0) as usize;
        let ticks = self.x.ticks(about);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "so"
        )]
        let room = (self.width / 7.0 / ticks.len().max(1) as f64).max(4.0) as usize;
        for (value, name) in ticks {
            let Some(at) = self.x.at(value) else { continue };
            let x = self.left + at * self.width;
            svg.path(&[(x, bottom), (x, bottom + 4.0)], INK, 1.0, 0.7);
            svg.text((x, bottom + 14.0), Anchor::Middle, &name, room);
        }
        svg.text((self.left + self.width / 2.0, bottom + 32.0), Anchor::Middle, names.0, 40);
        svg.text(
            (self.left - if has_numbers { 56.0 } else { 0.0 }, self.top - 14.0),
            Anchor::Start,
            names.1,
            40,
        );
    }
}
