//! The full reader: `granit-parser` feeds the tree.

use std::borrow::Cow;

use granit_parser::{ErrorKind as Fault, Event, Parser, ScalarStyle, ScanError, StructureStyle};

use crate::diag::{Error, ErrorKind, Span};
use crate::value::Node;
use crate::yaml::tag;
use crate::yaml::tree::{Properties, Stop, Style, Tree};

/// Reads all of YAML.
pub(super) struct Granit<'t> {
    text: Cow<'t, str>,
    base: u32,
}

impl<'t> Granit<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let body = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { text: one_kind_of_break(body), base: Span::new(text.len() - body.len(), 0).start }
    }

    pub(super) fn tree(&self, mut tree: Tree<'_>, errors: &mut Vec<Error>) -> Option<Node> {
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
        let mut flow = Vec::new();
        let mut documents = 0;
        for event in Parser::new_from_str_with_options(&self.text, options) {
            let (event, place) = match event {
                Ok(event) => event,
                Err(fault) => {
                    let error = self.fault(tree, &fault);
                    tree.error(error);
                    return Err(Stop);
                }
            };
            let span = self.span(&place);
            match event {
                Event::Scalar(text, style, anchor, label) => {
                    let (text, span) = match style {
                        ScalarStyle::Plain if span.start == span.end => ("", span),
                        ScalarStyle::Literal | ScalarStyle::Folded => (text.as_ref(), self.trimmed(span)),
                        _ => (text.as_ref(), span),
                    };
                    let style = if style == ScalarStyle::Plain { Style::Plain } else { Style::Quoted };
                    tree.scalar(text, style, span, self.properties(anchor, label.as_deref(), &place))?;
                }
                Event::SequenceStart(style, anchor, label) => {
                    flow.push(style == StructureStyle::Flow);
                    tree.open_list(span, self.properties(anchor, label.as_deref(), &place))?;
                }
                Event::MappingStart(style, anchor, label) => {
                    flow.push(style == StructureStyle::Flow);
                    tree.open_map(span, self.properties(anchor, label.as_deref(), &place))?;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let bracket = flow.pop() == Some(true) && span.end > span.start;
                    tree.close(bracket.then_some(span.end));
                }
                Event::Alias(id) => tree.alias(id, span)?,
                Event::UnresolvedAlias(_) => tree.unknown_alias(span)?,
                Event::Anchor(_, name) => tree.name(&name, span),
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        let error =
                            Error::new(ErrorKind::Yaml, "a config is one document, found a second one")
                                .at(tree.origin(span), "here begins the second")
                                .help("keep one document, or split them into files");
                        tree.error(error);
                        return Err(Stop);
                    }
                }
                _ => {}
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
        Span::new(range.start, range.end).shifted(self.base)
    }

    /// Without the line breaks at the end of a block.
    fn trimmed(&self, span: Span) -> Span {
        let range =
            span.start.saturating_sub(self.base) as usize..span.end.saturating_sub(self.base) as usize;
        let kept = self.text.get(range).unwrap_or("").trim_end().len();
        Span::new(span.start as usize, span.start as usize + kept)
    }

    /// What the parser found, in our words where people are likely to meet it.
    fn fault(&self, tree: &Tree<'_>, fault: &ScanError) -> Error {
        let at = fault.marker().byte_offset().unwrap_or(0).min(self.text.len());
        let next = self.text.get(at..).and_then(|rest| rest.chars().next());
        let end = at + next.filter(|c| !c.is_whitespace()).map_or(0, char::len_utf8);
        let place = tree.origin(Span::new(at, end).shifted(self.base));
        let (message, help) = words(fault.kind(), next);
        let error = Error::new(ErrorKind::Yaml, message).at(place, "here");
        if help.is_empty() { error } else { error.help(help) }
    }
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
        Fault::UnclosedQuotedScalar => ("a quote is not closed", ""),
        Fault::UnknownQuotedScalarEscape => (
            "this escape is not known",
            "write a backslash as `\\\\`, or use single quotes, in which it is plain",
        ),
        Fault::UnclosedFlowCollection { .. }
        | Fault::UnexpectedEofFlowSequence
        | Fault::UnexpectedEofFlowMapping
        | Fault::UnexpectedEofImplicitFlowMapping => ("a bracket is not closed", ""),
        other => return (other.to_string().into(), ""),
    };
    (message.into(), help)
}

/// Three characters of Unicode break lines in YAML 1.1 and not in 1.2. Each becomes a break of as many bytes.
fn one_kind_of_break(text: &str) -> Cow<'_, str> {
    const BREAKS: [(char, &str); 3] = [('\u{85}', "\r\n"), ('\u{2028}', " \r\n"), ('\u{2029}', " \r\n")];
    if text.is_ascii() || !text.contains(BREAKS.map(|(c, _)| c)) {
        return Cow::Borrowed(text);
    }
    BREAKS.iter().fold(Cow::Borrowed(text), |text, (c, with)| Cow::Owned(text.replace(*c, with)))
}
