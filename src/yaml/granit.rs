//! The full reader: `granit-parser` feeds the tree.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{ErrorKind as Fault, Event, Parser, ScalarStyle, ScanError, StructureStyle};

use crate::diag::{Error, ErrorKind, Span};
use crate::value::Node;
use crate::yaml::advice::{Advice, advice};
use crate::yaml::breaks::Breaks;
use crate::yaml::strict::{Refusal, Strict};
use crate::yaml::tag;
use crate::yaml::tree::{Properties, Stop, Style, Tree};

/// Reads all of YAML.
pub(super) struct Granit<'t> {
    breaks: Breaks<'t>,
}

impl<'t> Granit<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { breaks: Breaks::new(text) }
    }

    pub(super) fn tree(&self, mut tree: Tree<'_>, errors: &mut Vec<Error>) -> Option<(Node, usize)> {
        let stopped = self.feed(&mut tree).is_err();
        tree.finish(errors).filter(|_| !stopped)
    }

    fn feed(&self, tree: &mut Tree<'_>) -> Result<(), Stop> {
        let options = granit_parser::options! {
            emit_comments: false,
            emit_anchor_events: true,
            emit_unresolved_aliases: true,
            block_scalar_eof_without_line_feed: true,
            flow_nesting_limit: 10_000,
            block_nesting_limit: 10_000,
        };
        let strict = Strict::new(self.breaks.text());
        let mut feed = Feed { reader: self, tree, strict, open: Vec::new(), documents: 0 };
        for event in Parser::new_from_str_with_options(self.breaks.text(), options) {
            match event {
                Ok((event, place)) => feed.event(event, &place)?,
                Err(fault) => {
                    let error = self.fault(feed.tree, &fault);
                    feed.tree.error(error);
                    return Err(Stop);
                }
            }
        }
        Ok(())
    }

    fn properties(
        &self,
        anchor: usize,
        label: Option<&granit_parser::Tag>,
        place: &granit_parser::Span,
    ) -> Properties {
        let tag = label.map(|label| {
            let span = place.tag_span().as_ref().map_or_else(|| self.span(place), |span| self.span(span));
            (tag::read(label.handle(), label.suffix()), span)
        });
        Properties { anchor, tag }
    }

    fn span(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or_default();
        self.breaks.span(&range)
    }

    /// Without the line breaks at the end of a block.
    fn trimmed(&self, range: &Range<usize>) -> Span {
        let kept = self.breaks.text().get(range.clone()).unwrap_or("").trim_end().len();
        self.breaks.span(&(range.start..range.start + kept))
    }

    /// What the parser found, in our words where people are likely to meet it.
    fn fault(&self, tree: &Tree<'_>, fault: &ScanError) -> Error {
        let text = self.breaks.text();
        let at = fault.marker().byte_offset().unwrap_or(0).min(text.len());
        let tab = text.get(..at).is_some_and(|before| before.ends_with('\t'));
        if tab
            && matches!(
                fault.kind(),
                Fault::TabNotAllowed | Fault::TabInBlockIndentation | Fault::TabInIndentation
            )
        {
            let place = tree.origin(self.breaks.span(&(at - 1..at)));
            let (message, help) = words(fault.kind(), None);
            return Error::new(ErrorKind::Yaml, message).at(place, "here").help(help);
        }
        if let (Fault::TabInPlainScalar, Some(tab)) = (fault.kind(), indenting_tab(text, at)) {
            let place = tree.origin(self.breaks.span(&(tab..tab + 1)));
            let (message, help) = words(&Fault::TabInIndentation, None);
            return Error::new(ErrorKind::Yaml, message).at(place, "here").help(help);
        }
        let guessed = match fault.kind() {
            Fault::MappingValueNotAllowed
            | Fault::InvalidColonPlacement
            | Fault::ExpectedFlowMappingSeparator
            | Fault::ExpectedFlowSequenceSeparator => advice(text, at),
            _ => None,
        };
        if let Some(Advice { place, message, help }) = guessed {
            let place = tree.origin(self.breaks.span(&place));
            return Error::new(ErrorKind::Yaml, message).at(place, "here").help(help);
        }
        let next = text.get(at..).and_then(|rest| rest.chars().next());
        let end = at + next.filter(|c| !c.is_whitespace()).map_or(0, char::len_utf8);
        let place = tree.origin(self.breaks.span(&(at..end)));
        let (message, help) = words(fault.kind(), next);
        let error = Error::new(ErrorKind::Yaml, message).at(place, "here");
        if help.is_empty() { error } else { error.help(help) }
    }
}

/// One text on its way into the tree.
struct Feed<'r, 't, 'l> {
    reader: &'r Granit<'t>,
    tree: &'r mut Tree<'l>,
    strict: Strict<'r>,
    /// What is open, innermost last.
    open: Vec<Open>,
    documents: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    /// A list or mapping by indentation.
    Block,
    /// `{…}`.
    Map,
    /// `[…]`.
    List,
    /// `[a: b]`: a mapping of one key without brackets of its own.
    Single,
}

impl Feed<'_, '_, '_> {
    fn event(&mut self, event: Event<'_>, place: &granit_parser::Span) -> Result<(), Stop> {
        let span = self.reader.span(place);
        let range = place.byte_range().unwrap_or_default();
        match event {
            Event::Scalar(text, style, anchor, label) => {
                let properties = self.reader.properties(anchor, label.as_deref(), place);
                self.scalar(&text, style, range, properties)
            }
            Event::SequenceStart(style, anchor, label) => {
                self.opened(style, range, Open::List)?;
                self.tree.open_list(span, self.reader.properties(anchor, label.as_deref(), place))
            }
            Event::MappingStart(style, anchor, label) => {
                let open = if range.is_empty() { Open::Single } else { Open::Map };
                self.opened(style, range, open)?;
                self.tree.open_map(span, self.reader.properties(anchor, label.as_deref(), place))
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let bracket = matches!(self.open.pop(), Some(Open::List | Open::Map));
                if bracket {
                    self.strict.passed(range.end);
                }
                self.tree.close(bracket.then_some(span.end));
                Ok(())
            }
            Event::Alias(id) => {
                self.refuse(self.strict.name(range.clone()))?;
                self.before(range)?;
                self.tree.alias(id, span)
            }
            Event::UnresolvedAlias(_) => {
                self.before(range)?;
                self.tree.unknown_alias(span)
            }
            Event::Anchor(_, name) => {
                self.refuse(self.strict.name(range))?;
                self.tree.name(&name, span);
                Ok(())
            }
            Event::DocumentStart(_, version) => self.document(range, version.map(|v| v.minor)),
            Event::StreamEnd => {
                if self.documents == 0 {
                    self.refuse(self.strict.prefix(range.end, None))?;
                }
                self.refuse(self.strict.indentation(range.end))
            }
            _ => Ok(()),
        }
    }

    fn document(&mut self, range: Range<usize>, minor: Option<u32>) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents > 1 {
            let help = "keep one document, or split them into files";
            return self.refuse(Some((range, "a config is one document, found a second one", help)));
        }
        self.refuse(self.strict.prefix(range.start, minor))?;
        if self.reader.breaks.text().get(range.clone()).is_some_and(|marker| marker.starts_with("---")) {
            self.strict.passed(range.end);
        }
        Ok(())
    }

    fn opened(&mut self, style: StructureStyle, range: Range<usize>, open: Open) -> Result<(), Stop> {
        if style == StructureStyle::Flow {
            self.before(range)?;
            self.open.push(open);
        } else {
            // What stands before its first item is checked with that item.
            self.open.push(Open::Block);
        }
        Ok(())
    }

    fn in_block(&self) -> bool {
        matches!(self.open.last(), None | Some(Open::Block))
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        range: Range<usize>,
        properties: Properties,
    ) -> Result<(), Stop> {
        let span = self.reader.breaks.span(&range);
        let text = &*self.reader.breaks.value(text, style, &range);
        match style {
            ScalarStyle::Plain if range.is_empty() => {
                let at = self.strict.empty(range.start);
                let span = self.reader.breaks.span(&(at..at));
                self.tree.scalar("", Style::Plain, span, properties)
            }
            ScalarStyle::Plain => {
                self.before(range.clone())?;
                if self.in_block() {
                    return self.tree.scalar(text, Style::Plain, span, properties);
                }
                self.refuse(self.strict.in_brackets(range.clone()))?;
                match text.strip_prefix('?') {
                    Some(rest) => self.question(rest, range, properties),
                    None => self.tree.scalar(text, Style::Plain, span, properties),
                }
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let before = self.reader.breaks.text().get(..range.start);
                let at_margin = before.is_some_and(|before| before.ends_with(['\n', '\r']));
                if at_margin && self.open.is_empty() && !text.trim().is_empty() {
                    let help = "indent the lines of the block";
                    self.refuse(Some((range.clone(), "a block must be indented", help)))?;
                }
                self.strict.passed(range.end);
                self.tree.scalar(text, Style::Quoted, self.reader.trimmed(&range), properties)
            }
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                self.before(range)?;
                self.tree.scalar(text, Style::Quoted, span, properties)
            }
        }
    }

    /// `?x` inside brackets: a key, with or without a space.
    fn question(&mut self, rest: &str, range: Range<usize>, properties: Properties) -> Result<(), Stop> {
        let key = self.reader.breaks.span(&(range.start + 1..range.end));
        if self.tree.wants_key() {
            return self.tree.scalar(rest, Style::Plain, key, properties);
        }
        if self.open.last() != Some(&Open::List) {
            return self.refuse(Some((range, "a key cannot begin here", "put the value in quotes")));
        }
        self.tree.open_map(key, Properties::default())?;
        self.tree.scalar(rest, Style::Plain, key, properties)?;
        let behind = Span { start: key.end, end: key.end };
        self.tree.scalar("", Style::Plain, behind, Properties::default())?;
        self.tree.close(None);
        Ok(())
    }

    /// Checks what stands before a node, and passes it.
    fn before(&mut self, range: Range<usize>) -> Result<(), Stop> {
        if self.in_block() {
            self.refuse(self.strict.indentation(range.start))?;
        }
        self.strict.passed(range.end);
        Ok(())
    }

    fn refuse(&mut self, refusal: Option<Refusal>) -> Result<(), Stop> {
        let Some((range, message, help)) = refusal else { return Ok(()) };
        let place = self.tree.origin(self.reader.breaks.span(&range));
        let error = Error::new(ErrorKind::Yaml, message).at(place, "here");
        self.tree.error(if help.is_empty() { error } else { error.help(help) });
        Err(Stop)
    }
}

/// The first tab behind a place that stands before the text of its line: the parser tells where the scalar began that it seems
/// to go on.
fn indenting_tab(text: &str, at: usize) -> Option<usize> {
    let mut start = at + text.get(at..)?.find('\n')? + 1;
    for line in text[start..].split_inclusive('\n') {
        let indentation = line.len() - line.trim_start().len();
        if let Some(tab) = line[..indentation].find('\t') {
            return Some(start + tab);
        }
        start += line.len();
    }
    None
}

fn words(fault: &Fault, next: Option<char>) -> (Cow<'static, str>, &'static str) {
    let (message, help) = match fault {
        Fault::TabNotAllowed | Fault::TabInBlockIndentation | Fault::TabInIndentation => {
            ("a tab cannot indent", "indent with spaces")
        }
        Fault::UnexpectedCharacter { .. } if matches!(next, Some('@' | '`' | '%')) => {
            ("this character cannot begin a scalar", "put the value in quotes")
        }
        Fault::MappingValueNotAllowed | Fault::InvalidColonPlacement => (
            "a mapping cannot begin here",
            "put a value that holds `: ` in quotes, or begin the mapping on its own line",
        ),
        Fault::ExpectedFlowMappingSeparator => {
            ("expected `,` or `}`", "inside `{}` and `[]`, put an interpolation in quotes: \"${…}\"")
        }
        Fault::ExpectedFlowSequenceSeparator => {
            ("expected `,` or `]`", "inside `{}` and `[]`, put an interpolation in quotes: \"${…}\"")
        }
        Fault::ExpectedBlockMappingKey | Fault::InvalidIndentation | Fault::SimpleKeyExpected => {
            ("expected a key of the mapping above", "check the indentation, and that `: ` follows the key")
        }
        Fault::ExpectedBlockSequenceEntry => {
            ("expected `- ` of the list above", "check the indentation, and that each item begins with `- `")
        }
        Fault::CommentNotSeparated => ("a comment cannot begin here", "put a space before the `#`"),
        Fault::UnclosedQuotedScalar => ("a quote is not closed", "put the same quote behind the text"),
        Fault::BlockSequenceEntryNotAllowed => {
            ("a list cannot begin here", "begin it below, each item on a line of its own: `- item`")
        }
        Fault::UnknownQuotedScalarEscape => (
            "this escape is not known",
            "write a backslash as `\\\\`, or use single quotes, in which it is plain",
        ),
        Fault::UnclosedFlowCollection { .. }
        | Fault::UnexpectedEofFlowSequence
        | Fault::UnexpectedEofFlowMapping
        | Fault::UnexpectedEofImplicitFlowMapping => {
            ("a bracket is not closed", "add the bracket that closes it")
        }
        Fault::MisplacedFlowCollectionEnd => {
            ("nothing is open that this bracket closes", "take it away, or put the value in quotes")
        }
        other => return (other.to_string().into(), ""),
    };
    (message.into(), help)
}
