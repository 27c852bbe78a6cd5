//! The way in: text to a tree.

use crate::diag::{Error, ErrorKind, Origin, Sink, SourceId, Span};
use crate::value::Node;
use crate::yaml::granit::Granit;
use crate::yaml::header::{self, Header};
use crate::yaml::tree::Tree;

/// How large a text and its tree may be. Texts from strangers can be small and mean billions of nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How deep lists and mappings may nest.
    pub depth: usize,
    /// How many nodes (keys and values) a tree may have, each alias counted with all that it stands for. Apart from
    /// this, aliases may make a tree of more than 1,000 nodes at most a hundred times larger than it is written.
    pub nodes: u64,
    /// How many bytes a text may have.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 200, nodes: 10_000_000, bytes: 64 << 20 }
    }
}

/// A text, read.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The tree: a mapping or a list. An empty text is an empty mapping, and a text that is one scalar is a mapping
    /// from it to `null`.
    pub root: Node,
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
    let root = Granit::new(text).tree(Tree::new(text, source, limits), &mut errors);
    let failed = !errors.is_empty();
    errors.into_iter().for_each(|error| sink.push(error));
    if failed {
        return None;
    }
    Some(Parsed { root: root?, header: head.header, ignored_header: head.ignored })
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
