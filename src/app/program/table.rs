//! Two columns in 80 characters.

use crate::declared::wrapped;

/// The width of a page, in characters.
const PAGE: usize = 80;
/// The widest left column.
const WIDEST: usize = 30;

/// A line of a table: what to type, and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    Entry(String, String),
    /// A line of its own above some entries.
    Heading(String),
}

/// The table, its columns aligned: what is too wide for the left one has its text below.
pub(crate) fn table(rows: &[Row]) -> String {
    let keys = rows.iter().filter_map(|row| match row {
        Row::Entry(key, _) => Some(key.chars().count()),
        Row::Heading(_) => None,
    });
    let left = keys.filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let mut out = String::new();
    for row in rows {
        match row {
            Row::Heading(text) => {
                let lines = wrapped(text, PAGE - 4);
                if !out.ends_with("\n\n") {
                    out.push('\n');
                }
                for (nth, line) in lines.iter().enumerate() {
                    out.push_str(if nth == 0 { "  " } else { "    " });
                    out.push_str(line);
                    out.push('\n');
                }
            }
            Row::Entry(key, text) => {
                let mut lines = wrapped(text, PAGE - left - 4).into_iter();
                let width = key.chars().count();
                out.push_str("  ");
                out.push_str(key);
                if width <= left
                    && let Some(first) = lines.next()
                {
                    out.extend(std::iter::repeat_n(' ', left - width + 2));
                    out.push_str(&first);
                }
                out.push('\n');
                for line in lines {
                    out.extend(std::iter::repeat_n(' ', left + 4));
                    out.push_str(&line);
                    out.push('\n');
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_no_line_is_too_wide() {
        let entry = |key: &str, text: &str| Row::Entry(key.to_owned(), text.to_owned());
        let long = "word ".repeat(30);
        let text = table(&[
            entry("a=1", "One."),
            entry("much.too.long.for.a.column=value", "Below."),
            Row::Heading("with a=2:".to_owned()),
            entry("bb=2", &long),
        ]);
        assert!(text.lines().all(|line| line.chars().count() <= PAGE), "{text}");
        let start = "  a=1   One.\n  much.too.long.for.a.column=value\n        Below.\n\n  with a=2:\n  bb=2  word word";
        assert!(text.starts_with(start), "{text}");
    }
}
