//! The confusion matrix as a picture.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::metrics::Metrics;

/// Side of a cell, in pixels.
const CELL: i32 = 120;
/// Room for names on the left and above.
const LEFT: i32 = 130;
const TOP: i32 = 110;
/// Room on the right and below.
const MARGIN: i32 = 30;

const INK: RGBColor = RGBColor(34, 34, 34);
const BURGUNDY: RGBColor = RGBColor(114, 21, 45);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws a confusion matrix as SVG: true classes down, predicted ones across. A cell is as dark as its share of the
/// row, so that a rare class is as readable as a frequent one.
pub fn confusion_svg(metrics: &Metrics, title: &str) -> Result<String> {
    let mut svg = String::new();
    let count = i32::try_from(metrics.classes.len())?;
    let (width, height) = (LEFT + count * CELL + MARGIN, TOP + count * CELL + MARGIN);
    {
        let size = (u32::try_from(width)?, u32::try_from(height)?);
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area, metrics, title, (width, height)).map_err(|error| anyhow!("cannot draw: {error}"))?;
    }
    Ok(svg)
}

fn draw(
    area: &Area<'_>,
    metrics: &Metrics,
    title: &str,
    (width, height): (i32, i32),
) -> Result<(), Box<dyn std::error::Error>> {
    area.fill(&WHITE)?;
    let middle = Pos::new(HPos::Center, VPos::Center);
    let text = |size: i32, color: &RGBColor, pos: Pos| ("sans-serif", size).into_font().color(color).pos(pos);
    let label = |words: &str, style: TextStyle<'_>, at: (i32, i32)| area.draw_text(words, &style, at);

    let center = |cell: usize, from: i32| i32::try_from(cell).map(|cell| from + cell * CELL + CELL / 2);
    label(title, text(20, &INK, middle), (width / 2, 24))?;
    label("predicted", text(15, &INK, middle), (LEFT + (width - LEFT - MARGIN) / 2, 60))?;
    let upright = text(15, &INK, middle).transform(FontTransform::Rotate270);
    label("true", upright, (22, TOP + (height - TOP - MARGIN) / 2))?;

    for (row, (class, counts)) in metrics.classes.iter().zip(metrics.confusion.rows()).enumerate() {
        let y = center(row, TOP)?;
        label(&class.name, text(15, &INK, Pos::new(HPos::Right, VPos::Center)), (LEFT - 12, y))?;
        label(&class.name, text(15, &INK, middle), (center(row, LEFT)?, TOP - 18))?;
        for (column, &count) in counts.iter().enumerate() {
            let x = center(column, LEFT)?;
            let share = share(count, class.wines);
            let corners = [(x - CELL / 2, y - CELL / 2), (x + CELL / 2, y + CELL / 2)];
            area.draw(&Rectangle::new(corners, shade(share).filled()))?;
            area.draw(&Rectangle::new(corners, WHITE.stroke_width(2)))?;
            let color = if share > 0.5 { WHITE } else { INK };
            label(&count.to_string(), text(24, &color, middle), (x, y - 10))?;
            label(&format!("{:.0} %", 100.0 * share), text(14, &color, middle), (x, y + 18))?;
        }
    }
    area.present()?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "counts of wines")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// From nearly white to burgundy.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
fn shade(share: f64) -> RGBColor {
    let mix =
        |light: u8, dark: u8| (f64::from(light) + share * (f64::from(dark) - f64::from(light))).round() as u8;
    RGBColor(mix(247, BURGUNDY.0), mix(240, BURGUNDY.1), mix(242, BURGUNDY.2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Confusion;

    #[test]
    fn shows_every_count_and_name() {
        let confusion = Confusion::count(2, &[0, 0, 0, 0, 1, 1], &[0, 0, 0, 1, 1, 1]);
        let metrics = Metrics::of(confusion, &["ordinary".to_owned(), "good & rare".to_owned()]);
        let svg = confusion_svg(&metrics, "forest, 6 wines").unwrap();
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
        for words in ["forest, 6 wines", "predicted", "true", "ordinary", "good &amp; rare", "75 %", "100 %"]
        {
            assert!(svg.contains(words), "no {words} in {svg}");
        }
        assert_eq!(svg.matches("<rect").count(), 1 + 2 * 4);
    }
}
