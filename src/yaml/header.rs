//! The `# @package` header: a comment that means something.

use crate::diag::{Error, ErrorKind, Origin, SourceId, Span};
use crate::value::Text;

/// `# @package …` before any content: where in the tree a config lands.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The package as it was written.
    pub package: Text,
    /// Where it was written.
    pub origin: Origin,
}

/// What the comments of a text say.
pub(super) struct Head {
    pub(super) header: Option<Header>,
    pub(super) ignored: Option<Origin>,
    pub(super) errors: Vec<Error>,
}

const KEY: &str = "@package";

/// Reads the header lines: blank lines and `# @…` comments up to the first other line. The last `@package` counts.
pub(super) fn read(text: &str, source: SourceId) -> Head {
    let mut head = Head { header: None, ignored: None, errors: Vec::new() };
    let mut places =
        text.match_indices('@').map(|(at, _)| at).filter(|&at| text[at..].starts_with(KEY)).peekable();
    if places.peek().is_none() {
        return head;
    }
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let line = &rest[..end];
        match annotation(line) {
            None if line.trim().is_empty() => {}
            None => break,
            Some(start) => head.line(&line[start..], at + start, source),
        }
        at += (end + 1).min(rest.len());
    }
    let ignored = places.find(|&place| place >= at && is_comment(&text[..place]));
    head.ignored = ignored.map(|place| Origin::new(source, Span::new(place, place + KEY.len())));
    head
}

/// Where the `@` of a `# @…` line stands.
fn annotation(line: &str) -> Option<usize> {
    let comment = line.trim_start().strip_prefix('#')?.trim_start_matches('#').trim_start();
    comment.starts_with('@').then_some(line.len() - comment.len())
}

/// Whether what stands before `@package` makes it a comment of its own line.
fn is_comment(before: &str) -> bool {
    let line = before.rsplit(['\n', '\r']).next().unwrap_or("");
    line.trim_start().strip_prefix('#').is_some_and(|rest| rest.trim().is_empty())
}

impl Head {
    fn line(&mut self, annotation: &str, at: usize, source: SourceId) {
        let mut words = annotation.split_ascii_whitespace();
        if words.next() != Some(KEY) {
            return;
        }
        let line = Origin::new(source, Span::new(at, at + annotation.trim_end().len()));
        let (package, more) = (words.next(), words.next());
        let found = match (package, more) {
            (Some(package), None) => {
                let start = at + annotation.find(package).unwrap_or(0);
                let origin = Origin::new(source, Span::new(start, start + package.len()));
                self.header = Some(Header { package: package.into(), origin });
                return;
            }
            (None, _) => "found none",
            (Some(_), Some(_)) => "found more",
        };
        self.errors.push(
            Error::new(ErrorKind::Yaml, format!("a `# @package` header takes one package, {found}"))
                .at(line, "in this header")
                .help("write `# @package _global_` or `# @package a.b`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(text: &str) -> Option<String> {
        read(text, SourceId::NONE).header.map(|h| h.package.to_string())
    }

    #[test]
    fn stands_before_content_only() {
        assert_eq!(package("# @package a.b\nx: 1"), Some("a.b".into()));
        assert_eq!(package("\n  #@package a\r\n#@package   b  \n"), Some("b".into()));
        assert_eq!(package("\u{feff}# @package a"), Some("a".into()));
        assert_eq!(package("# @other thing\n# @package a"), Some("a".into()));
        assert_eq!(package("# note\n# @package a"), None);
        assert_eq!(package("x: 1\n# @package a"), None);
    }

    #[test]
    fn tells_what_it_ignored() {
        let ignored = |text| read(text, SourceId::NONE).ignored.map(|o| o.span.start);
        assert_eq!(ignored("# note\n# @package a\n"), Some(9));
        assert_eq!(ignored("# @package a\nx: 1\n#@package b\n"), Some(19));
        assert_eq!(ignored("# @package a\nx: see @package\ny: \"# @package\"\n"), None);
    }

    #[test]
    fn takes_exactly_one_package() {
        for text in ["# @package", "# @package a b\nx: 1\n"] {
            assert_eq!(read(text, SourceId::NONE).errors.len(), 1, "{text}");
        }
    }
}
