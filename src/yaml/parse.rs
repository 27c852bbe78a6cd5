//! The way in: text to a tree.

use crate::diag::{Error, ErrorKind, Origin, Sink, SourceId, Span};
use crate::value::{DEEPEST, Node};
use crate::yaml::cursor::Leave;
use crate::yaml::fast::Fast;
use crate::yaml::granit::Granit;
use crate::yaml::header::{self, Header};
use crate::yaml::tree::Tree;

/// How large a text and its tree may be. Texts from strangers can be small and mean billions of nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How deep lists and mappings may nest, also through aliases. Code that walks a tree recurses this deep.
    pub depth: usize,
    /// How many nodes (keys and values) a tree may have, each alias counted with all that it stands for. Apart from
    /// this, aliases may make a tree of more than 1,000 nodes at most a hundred times larger than it is written.
    pub nodes: u64,
    /// How many bytes a text may have.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: DEEPEST, nodes: 2_000_000, bytes: 64 << 20 }
    }
}

/// A text, read.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The tree: a mapping or a list. An empty text is an empty mapping, and a text that is one scalar is a mapping
    /// from it to `null`.
    pub root: Node,
    /// How many levels of lists and mappings it has; after a merge by `<<`, at most.
    pub height: usize,
    /// The `# @package …` header, if the text begins with one.
    pub header: Option<Header>,
    /// A `# @package` comment further down that is not a header because content stands before it: it has no effect,
    /// which deserves a warning.
    pub ignored_header: Option<Origin>,
}

/// Reads one YAML document. Every mistake goes into the sink; reading goes on after those that leave the structure
/// intact, such as duplicate keys and broken `${…}`. `None` if there was a mistake.
///
/// Strings that hold `${` become [`Kind::Template`](crate::value::Kind::Template), and `???` becomes
/// [`Kind::Missing`](crate::value::Kind::Missing), quoted or not. Every key and value has its place in the text.
///
/// ```
/// use mainstem::diag::SourceId;
/// use mainstem::value::Node;
/// use mainstem::yaml::{Limits, parse};
/// let mut errors = Vec::new();
/// let text = "# @package _global_\nlr: 1e-3\nname: run\n";
/// let parsed = parse(text, SourceId::NONE, &Limits::default(), &mut errors).expect("valid");
/// assert_eq!(parsed.header.expect("present").package, "_global_");
/// assert_eq!(parsed.root.as_map().and_then(|map| map.get_str("lr")), Some(&Node::from(0.001)));
/// ```
pub fn parse(text: &str, source: SourceId, limits: &Limits, sink: &mut dyn Sink) -> Option<Parsed> {
    if text.len() > limits.bytes {
        let message = format!("the text has {} bytes, more than the limit of {}", text.len(), limits.bytes);
        sink.push(Error::new(ErrorKind::Limit, message).at(Origin::new(source, Span::default()), ""));
        return None;
    }
    if let Some((at, found)) = forbidden(text) {
        let message = format!("the control character U+{:04X} is not allowed", u32::from(found));
        let place = Origin::new(source, Span::new(at, at + found.len_utf8()));
        sink.push(
            Error::new(ErrorKind::Yaml, message)
                .at(place, "here")
                .help(format!("in double quotes, write it as an escape: \"\\u{:04X}\"", u32::from(found))),
        );
        return None;
    }
    let head = header::read(text, source);
    let mut errors = head.errors;
    let root = match quickly(text, source, limits, &mut errors) {
        Ok(root) => root,
        Err(NotSure) => fully(text, source, limits, &mut errors),
    };
    let failed = !errors.is_empty();
    errors.into_iter().for_each(|error| sink.push(error));
    if failed {
        return None;
    }
    let (root, height) = root?;
    Some(Parsed { root, height, header: head.header, ignored_header: head.ignored })
}

/// The fast reader was not sure of something.
struct NotSure;

fn quickly(
    text: &str,
    source: SourceId,
    limits: &Limits,
    errors: &mut Vec<Error>,
) -> Result<Option<(Node, usize)>, NotSure> {
    let mut tree = Tree::new(text, source, limits);
    match Fast::new(text, &mut tree).feed() {
        Ok(()) => Ok(tree.finish(errors)),
        Err(Leave::Stop) => {
            tree.finish(errors);
            Ok(None)
        }
        Err(Leave::GiveUp) => Err(NotSure),
    }
}

#[cold]
fn fully(text: &str, source: SourceId, limits: &Limits, errors: &mut Vec<Error>) -> Option<(Node, usize)> {
    Granit::new(text).tree(Tree::new(text, source, limits), errors)
}

/// The first character that YAML does not allow in a text.
fn forbidden(text: &str) -> Option<(usize, char)> {
    let suspicious = |byte: u8| byte >= 0x7f || byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    if !text.as_bytes().chunks(64).any(|chunk| chunk.iter().fold(false, |any, &byte| any | suspicious(byte)))
    {
        return None;
    }
    text.char_indices().find(|&(_, c)| match c {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => true,
        c => c < ' ',
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::{Key, Kind, Slot};

    /// What a reader makes of a text, places included.
    type Outcome = (Option<String>, Vec<String>);

    fn full(text: &str) -> Outcome {
        let mut errors = Vec::new();
        let root = fully(text, SourceId::NONE, &Limits::default(), &mut errors);
        measured(root, &errors)
    }

    fn fast(text: &str) -> Option<Outcome> {
        let mut errors = Vec::new();
        let root = quickly(text, SourceId::NONE, &Limits::default(), &mut errors).ok()?;
        Some(measured(root, &errors))
    }

    fn measured(root: Option<(Node, usize)>, errors: &[Error]) -> Outcome {
        let root = root.map(|(root, height)| {
            assert!(!root.is_deeper_than(height), "{root:?} has more than {height} levels");
            root
        });
        outcome(root, errors)
    }

    fn outcome(root: Option<Node>, errors: &[Error]) -> Outcome {
        let errors: Vec<String> =
            errors.iter().map(|e| format!("{}: {:?}", e.message(), e.labels())).collect();
        (root.filter(|_| errors.is_empty()).map(|root| draw(&root)), errors)
    }

    /// A value with its place, and the places of its keys.
    fn draw(node: &Node) -> String {
        let Span { start, end } = node.origin.span;
        let inner = match &node.kind {
            Kind::List(items) => format!("[{}]", items.iter().map(draw).collect::<Vec<_>>().join(", ")),
            Kind::Map(map) => {
                let entry = |(key, slot): (&Key, &Slot)| {
                    format!(
                        "{key:?} {}-{}: {}",
                        slot.origin.span.start,
                        slot.origin.span.end,
                        draw(&slot.node)
                    )
                };
                format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            kind => format!("{kind:?}"),
        };
        format!("{inner} {start}-{end}")
    }

    const SAMPLE: &str = "\
# @package _global_
defaults:
  - base
  - enc: opt2
  - _self_

std: 2224
flag: false  # note
text: \"ddp: auto, \\\"x\\\"\"
other: 'it''s #626'
nested:
  # comment
  list: [1, true, 'a #1', -2.5, x y]
  map: {a: 1, \"b\": [x, {}], 'c': null}
  deep:
  - 1
  - - a
    - b: c
      d:
  -
    e: ~
  literal: |
    s3 steps

    plain gamma
  stripped: |-
    # kept
      deeper
  rate: 1e-3
url: http://x:80/y?z
";

    #[test]
    fn the_fast_reader_reads_the_common_part() {
        assert_eq!(fast(SAMPLE).expect("common"), full(SAMPLE));
        for text in [
            "",
            "\n",
            "# only\n  # comments",
            "a: 1",
            "a:\n- b\n-\nc:",
            "---\na: 1\n",
            "é: ü\n",
            "- - - a\n",
            "- a: b\n  c:\n  - d\n",
        ] {
            assert_eq!(fast(text).expect("common"), full(text), "{text}");
        }
    }

    #[test]
    fn the_fast_reader_gives_up_when_unsure() {
        let unsure = [
            "x",
            "---\n",
            "a: &x 1",
            "a: *x",
            "a: !!int 1",
            "a: >\n  b\n",
            "a: b\n  c\n",
            "a:\n  b\n",
            "a: [1,\n  2]\n",
            "a: 1\r\n",
            "a:\tb\n",
            "a: b: c\n",
            "a: [b: c]\n",
            "a: [${x}]\n",
            "? a\n",
            "a: 1\n---\n",
            "a: 'b\n c'\n",
            "a: \"\\x41\"\n",
            "a: |\n",
            "a: |+\n  b\n",
            "a: 1\n b: 2\n",
            "  a: 1\nb: 2\n",
            "- a\nb: 1\n",
            "a: 1\n#\r b\n",
            "a: |\n \n  b\n",
            "a: |\n  b",
            "a: 1\n#\r b\n",
            "a: |\n \n  b\n",
        ];
        for text in unsure {
            assert_eq!(fast(text), None, "{text:?}");
        }
    }

    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "a",
            "b",
            "c: ",
            "key:",
            "key: ",
            "d: 1",
            "x y",
            "1",
            "-1",
            "1e3",
            "yes",
            "~",
            "???",
            "${a.b}",
            "${",
            "'",
            "'q'",
            "''",
            "\"",
            "\"r\"",
            "\\",
            "\\n",
            "\n",
            "\n",
            "\n",
            "\n  ",
            "\n  ",
            "\n    ",
            "\n- ",
            "\n  - ",
            "- ",
            "-",
            ":",
            ": ",
            "#",
            " # n",
            " ",
            "  ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            ",",
            "[1, a]",
            "{k: v}",
            "[]",
            "{}",
            "|\n",
            "|-\n",
            "|\n  t\n",
            "|\n    t\n   u\n",
            ">\n",
            "?",
            "? ",
            "&x ",
            "*x",
            "!!str ",
            "<<: ",
            "=",
            "%",
            "@",
            "\t",
            "---\n",
            "---",
            "...",
            "\r\n",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "é",
            "\u{a0}",
            "\n\n",
        ])
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn both_readers_agree_on_pieces(pieces in prop::collection::vec(piece(), 0..16)) {
            let text = pieces.concat();
            if let Some(outcome) = fast(&text) {
                prop_assert_eq!(outcome, full(&text), "{:?}", text);
            }
        }

        #[test]
        fn both_readers_agree_on_changed_configs(
            lines in (0..30_usize, 1..14_usize),
            changes in prop::collection::vec((0..400_usize, 0..3_usize, piece()), 0..4),
        ) {
            let mut text: String =
                SAMPLE.split_inclusive('\n').skip(lines.0).take(lines.1).collect();
            for (at, cut, new) in changes {
                let at = (0..=at.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
                let end = (at + cut..=text.len()).find(|&i| text.is_char_boundary(i)).unwrap_or(at);
                text.replace_range(at..end, new);
            }
            if let Some(outcome) = fast(&text) {
                prop_assert_eq!(outcome, full(&text), "{:?}", text);
            }
        }
    }
}
