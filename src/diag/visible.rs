//! Text from outside on its way to people: what a terminal would obey or hide is shown, what is huge is cut.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The longest piece between backticks, in characters.
const PIECE: usize = 200;
/// The longest line, in characters.
const LINE: usize = 1000;

/// The text with an escape, as double quotes of YAML and Python have it, for every character that a terminal obeys or
/// that cannot be seen: controls, line breaks, and marks that turn the direction of writing.
///
/// ```
/// use mainstem::diag::visible;
/// assert_eq!(visible("two\nlines\u{1b}[2J\u{202e}"), r"two\nlines\x1b[2J\u202e");
/// assert_eq!(visible("naïve 漢字 😀"), "naïve 漢字 😀");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    text.chars().for_each(|c| push_visible(c, &mut out));
    Cow::Owned(out)
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}'
        )
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Appends one character, or its escape.
pub(crate) fn push_visible(c: char, out: &mut String) {
    if !is_hidden(c) {
        out.push(c);
        return;
    }
    let code = u32::from(c);
    // Writing into text cannot fail.
    let _ = match c {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        _ if code <= 0xff => write!(out, "\\x{code:02x}"),
        _ if code <= 0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

/// One line for people: visible, and shortened where it echoes something huge.
pub(crate) fn sentence(text: &str) -> String {
    if text.len() <= PIECE {
        return visible(text).into_owned();
    }
    let longest = |nth: usize| if nth % 2 == 1 { PIECE } else { LINE };
    let pieces = text.split('`').enumerate().map(|(nth, piece)| shortened(piece, longest(nth)));
    visible(&shortened(&pieces.collect::<Vec<_>>().join("`"), LINE)).into_owned()
}

/// Without its middle, if the text is longer than that.
fn shortened(text: &str, longest: usize) -> String {
    if text.char_indices().nth(longest).is_none() {
        return text.to_owned();
    }
    let at_end = longest / 4;
    let head = text.char_indices().nth(longest - at_end - 1).map_or(0, |(at, _)| at);
    let tail = text.char_indices().nth_back(at_end - 1).map_or(text.len(), |(at, _)| at);
    format!("{}…{}", &text[..head], &text[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let all: String = ('\0'..=char::MAX).collect();
        let shown = visible(&all);
        assert!(!shown.contains(char::is_control));
        assert!(!shown.contains(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')));
        assert_eq!(visible("\u{7}\r\u{7f}\u{9b}\u{2066}\u{e0041}"), r"\x07\r\x7f\x9b\u2066\U000e0041");
    }

    #[test]
    fn what_is_huge_loses_its_middle() {
        let key = "é".repeat(1 << 20);
        let shown = sentence(&format!("there is no key `{key}1` in `db`, and none is `x`"));
        assert!(shown.starts_with("there is no key `ééé") && shown.ends_with("é1` in `db`, and none is `x`"));
        let length = |text: &str| text.chars().count();
        assert_eq!(length(&shown), length("there is no key `` in `db`, and none is `x`") + PIECE);
        assert_eq!(length(&sentence(&"`a".repeat(5000))), LINE);
        for whole in ["x".repeat(LINE), format!("a `{}` b", "x".repeat(PIECE))] {
            assert_eq!(sentence(&whole), whole);
        }
    }
}
