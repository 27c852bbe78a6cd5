//! Where the YAML 1.1 of PyYAML's C reader is stricter than the YAML 1.2 of the parser, the text is refused here.

use std::ops::Range;

/// Why a place is refused: what, and what to do.
pub(super) type Refusal = (Range<usize>, &'static str, &'static str);

const TAB: (&str, &str) = ("a tab cannot indent", "indent with spaces");

/// Looks at what stands between the nodes.
pub(super) struct Strict<'t> {
    text: &'t str,
    tabs: bool,
    /// Where the node before ends.
    last: usize,
}

impl<'t> Strict<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, tabs: text.contains('\t'), last: 0 }
    }

    /// Tabs in the indentation before a node (or the end) of block context.
    pub(super) fn indentation(&self, start: usize) -> Option<Refusal> {
        if !self.tabs {
            return None;
        }
        let gap = self.text.get(self.last..start)?;
        let at_break = gap.match_indices('\t').map(|(at, _)| self.last + at).find(|&at| {
            self.text.get(..at).is_some_and(|before| before.is_empty() || before.ends_with(['\n', '\r']))
        });
        let before = self.text.get(..start)?;
        let line = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let indentation = before.get(line..).filter(|_| line >= self.last).unwrap_or("");
        let in_markers = indentation.bytes().all(|b| matches!(b, b' ' | b'\t' | b'-' | b'?'));
        let at_line = indentation.find('\t').filter(|_| in_markers).map(|at| line + at);
        at_break.or(at_line).map(|at| (at..at + 1, TAB.0, TAB.1))
    }

    /// Where a value that is not written would stand: right behind its key or dash, whatever comment follows.
    pub(super) fn empty(&self, at: usize) -> usize {
        let gap = self.text.get(self.last..at).unwrap_or("");
        let line = gap.rfind('\n').map_or(0, |end| end + 1);
        let end = gap.get(line..).and_then(|line| line.find('#')).map_or(gap.len(), |comment| line + comment);
        if gap.is_empty() { at } else { self.last + gap.get(..end).unwrap_or("").trim_end_matches(' ').len() }
    }

    /// A node, or its closing bracket, ends here.
    pub(super) fn passed(&mut self, end: usize) {
        self.last = self.last.max(end);
    }

    /// `%` and `...` before the document.
    pub(super) fn prefix(&self, document: usize, minor: Option<u32>) -> Option<Refusal> {
        let prefix = self.text.get(..document).unwrap_or("");
        if minor.is_some_and(|minor| !matches!(minor, 1 | 2)) {
            return Some((0..0, "YAML is read in version 1.1 or 1.2", "remove the `%YAML` line"));
        }
        let mut at = 0;
        for line in prefix.split_inclusive('\n') {
            if line.starts_with("...") {
                return Some((at..at + 3, "a document ends here that has not begun", "remove this line"));
            }
            let word = line.strip_prefix('%').map(|rest| rest.split_whitespace().next().unwrap_or(""));
            if word.is_some_and(|word| word != "YAML" && word != "TAG") {
                return Some((
                    at..at + line.trim_end().len(),
                    "this directive is not known",
                    "remove this line",
                ));
            }
            at += line.len();
        }
        None
    }

    /// The name of an anchor or alias, its sign at the start of the range.
    pub(super) fn name(&self, range: Range<usize>) -> Option<Refusal> {
        let name = self.text.get(range.clone()).unwrap_or("").get(1..).unwrap_or("");
        let good = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let help = "name it with letters, digits, `_` and `-`";
        (!good).then_some((range, "this is not a name of an anchor", help))
    }

    /// An unquoted scalar inside brackets.
    pub(super) fn in_brackets(&self, range: Range<usize>) -> Option<Refusal> {
        let raw = self.text.get(range.clone()).unwrap_or("");
        let quote = "put the value in quotes";
        let after = self.text.as_bytes().get(range.end..).unwrap_or(&[]);
        if let [b':', b',' | b'?' | b'[' | b']' | b'{' | b'}', ..] = after {
            return Some((range.end..range.end + 1, "expected a space after `:`", ""));
        }
        if let Some(at) = raw.find(":?") {
            return Some((range.start + at..range.start + at + 1, "expected a space after `:`", quote));
        }
        if raw.starts_with([':']) || raw.starts_with("?:") || raw.starts_with("??") || raw == "?" {
            return Some((range, "inside brackets, this must stand in quotes", quote));
        }
        None
    }
}
