//! What a mistake in YAML was probably meant to be: looked for in the lines before it, where people make it.

use std::ops::Range;

/// What to say in place of what the parser found.
pub(super) struct Advice {
    /// Where the mistake was made.
    pub(super) place: Range<usize>,
    pub(super) message: String,
    pub(super) help: String,
}

/// The advice for a `: ` where no mapping can begin, or for something else than a comma inside of brackets.
pub(super) fn advice(text: &str, at: usize) -> Option<Advice> {
    let before = text.get(..at)?;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    if let Some(open) = unclosed(&before[..start]) {
        let bracket = if text[open..].starts_with('[') { ('[', ']') } else { ('{', '}') };
        return Some(Advice {
            place: open..open + 1,
            message: format!("this `{}` is not closed", bracket.0),
            help: format!("add `{}` behind the last value", bracket.1),
        });
    }
    let line = &text[start..text[start..].find('\n').map_or(text.len(), |end| start + end)];
    if before[start..].contains(": ") {
        return None;
    }
    let (above_start, above) = above(&before[..start])?;
    let indent = |line: &str| line.len() - line.trim_start().len();
    match above.split_once(':') {
        Some((key, rest)) if !rest.is_empty() && !rest.starts_with(' ') && !above.contains(": ") => {
            let key = key.trim_start().trim_start_matches("- ");
            let colon = above_start + above.find(':')?;
            Some(Advice {
                place: colon..colon + 1,
                message: "a blank is missing behind the `:`".to_owned(),
                help: format!("write `{key}: {}`", rest.trim()),
            })
        }
        Some((key, rest)) if !rest.trim().is_empty() && indent(line) > indent(above) => {
            let first = start + indent(line);
            let name = line.trim_start().split(':').next().unwrap_or_default();
            let key = key.trim_start();
            Some(Advice {
                place: first..first + name.len(),
                message: format!("`{name}` stands deeper than `{key}`, which has a value already"),
                help: format!(
                    "begin `{name}` in the same column as `{key}`, or take the value of `{key}` away"
                ),
            })
        }
        _ => None,
    }
}

/// The last line that says something, and where it begins.
fn above(before: &str) -> Option<(usize, &str)> {
    let mut end = before.len();
    while end > 0 {
        let line = before[..end].trim_end_matches('\n').trim_end_matches('\r');
        let start = line.rfind('\n').map_or(0, |at| at + 1);
        let said = &line[start..];
        if !said.trim().is_empty() && !said.trim_start().starts_with('#') {
            return Some((start, said));
        }
        end = start;
    }
    None
}

/// The last bracket that is open at the end of some lines. Brackets in quotes and comments count for nothing.
fn unclosed(text: &str) -> Option<usize> {
    let mut open = Vec::new();
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some('#'), '\n') => quote = None,
            (Some(kind), c) if c == kind => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(c),
            (None, '#') if before.is_whitespace() => quote = Some('#'),
            // In the middle of a word a bracket is a letter, unless it stands in brackets.
            (None, '[' | '{') if !open.is_empty() || matches!(before, ' ' | '\t') => open.push(at),
            (None, ']' | '}') => drop(open.pop()),
            _ => {}
        }
        before = c;
    }
    open.pop()
}
