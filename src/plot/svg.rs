//! A drawing.

use std::fmt::Write as _;

/// Colours that can be read on white and on black.
pub(super) const INK: &str = "#767676";
/// What is shown.
pub(super) const MARK: &str = "#3987d2";
/// What stands out of it.
pub(super) const BEST: &str = "#e07b39";

/// Where a text stands to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing of some width and height.
#[derive(Debug)]
pub(super) struct Svg {
    body: String,
    width: f64,
    height: f64,
}

impl Svg {
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self { body: String::new(), width, height }
    }

    /// A line through points.
    pub(super) fn path(&mut self, points: &[(f64, f64)], colour: &str, width: f64, opacity: f64) {
        let mut data = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let _ = write!(data, "{}{x:.1} {y:.1}", if at == 0 { "M" } else { "L" });
        }
        let _ = writeln!(
            self.body,
            r#"<path d="{data}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-opacity="{opacity}" stroke-linejoin="round"/>"#
        );
    }

    /// A dot; a ring if it is not filled.
    pub(super) fn dot(
        &mut self,
        (x, y): (f64, f64),
        radius: f64,
        colour: &str,
        opacity: f64,
        is_filled: bool,
    ) {
        let fill = if is_filled { colour } else { "none" };
        let _ = writeln!(
            self.body,
            r#"<circle cx="{x:.1}" cy="{y:.1}" r="{radius}" fill="{fill}" stroke="{colour}" opacity="{opacity}"/>"#
        );
    }

    /// A filled box.
    pub(super) fn bar(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), colour: &str) {
        let _ = writeln!(
            self.body,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{:.1}" height="{height:.1}" rx="2" fill="{colour}"/>"#,
            width.max(0.0)
        );
    }

    /// A text whose middle is at the height of a point. A long one is cut to so many characters.
    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, text: &str, most: usize) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let _ = writeln!(
            self.body,
            r#"<text x="{x:.1}" y="{:.1}" text-anchor="{anchor}">{}</text>"#,
            y + 4.0,
            escaped(&cut(text, most))
        );
    }

    /// The whole.
    pub(super) fn finish(self) -> String {
        let Self { body, width, height } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"{INK}\">\n{body}</svg>\n"
        )
    }
}

/// A text of at most so many characters: what is left away is in the middle, since ends tell keys apart.
pub(super) fn cut(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(1);
    let front: String = text.chars().take(kept / 2).collect();
    let back: String = text.chars().skip(count - (kept - kept / 2)).collect();
    format!("{front}…{back}")
}

/// A text as XML holds it. A character that it cannot hold is left away.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            char if char.is_control() || matches!(char, '\u{fffe}' | '\u{ffff}') => {}
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_safe_and_short() {
        assert_eq!(escaped("a<b>&\u{1b}\u{0}c"), "a&lt;b&gt;&amp;c");
        assert_eq!(cut("optimizer.learning_rate", 11), "optim…_rate");
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("ab", 0), "…");
    }
}
