//! Overrides from text. A mistake is reported and stepped over, so that one pass reports all of them.

use std::cmp::Ordering;

use crate::diag::{Error, ErrorKind, MISTAKES, Origin, Sink, SourceId, Span, shell_word, too_many_mistakes};
use crate::grammar::overrides::{Action, Override, suggest_quotes};
use crate::grammar::token::{Kind, Lexer, Token};
use crate::grammar::value::{Choice, List, Operand, Sweep, SweepKind, Value, ValueKind};
use crate::value::Text;

/// Parses one override. Every mistake goes to the sink; with any, there is no override.
///
/// Nothing is evaluated that depends on anything but the text: a `shuffle` is a mark.
///
/// ```
/// use mainstem::diag::{Error, SourceId};
/// use mainstem::grammar::parse_override;
/// let mut errors: Vec<Error> = Vec::new();
/// let parsed = parse_override("+db@backup={ host: here , port: 1_000 }", SourceId::NONE, &mut errors).unwrap();
/// assert_eq!((parsed.target.key(), parsed.target.package()), ("db", Some("backup")));
/// assert_eq!(parsed.to_string(), "+db@backup={host:here,port:1000}");
///
/// assert!(parse_override("a=[1,,2", SourceId::NONE, &mut errors).is_none());
/// let messages: Vec<_> = errors.iter().map(Error::message).collect();
/// assert_eq!(messages, ["a value is missing before this comma", "this `[` is not closed"]);
/// ```
pub fn parse_override(text: &str, source: SourceId, sink: &mut dyn Sink) -> Option<Override> {
    let mut parser = Parser::new(text, source, sink);
    let parsed = parser.parse();
    if parser.mistakes > 0 { None } else { parsed }
}

/// Parses overrides in order; those with mistakes are left out.
pub fn parse_overrides<'a>(
    lines: impl IntoIterator<Item = (&'a str, SourceId)>,
    sink: &mut dyn Sink,
) -> Vec<Override> {
    lines.into_iter().filter_map(|(line, source)| parse_override(line, source, sink)).collect()
}

/// How deeply lists, mappings and calls may nest.
const DEPTH: u32 = 128;

/// The longest override that is shown as a whole, in bytes.
const LONG: usize = 400;

pub(super) struct Parser<'a, 's> {
    pub(super) text: &'a str,
    pub(super) lexer: Lexer<'a>,
    /// The next token.
    pub(super) next: Token,
    source: SourceId,
    sink: &'s mut dyn Sink,
    mistakes: usize,
    depth: u32,
    /// Where the right side starts.
    value_start: usize,
}

impl<'a, 's> Parser<'a, 's> {
    fn new(text: &'a str, source: SourceId, sink: &'s mut dyn Sink) -> Self {
        let next = Token { kind: Kind::End, start: 0, end: 0 };
        Self { text, lexer: Lexer::new(text), next, source, sink, mistakes: 0, depth: 0, value_start: 0 }
    }

    fn parse(&mut self) -> Option<Override> {
        let prefix = match self.text.as_bytes() {
            [b'~', ..] => "~",
            [b'+', b'+', ..] => "++",
            [b'+', ..] => "+",
            _ => "",
        };
        let (target, end) = self.target(prefix.len(), prefix == "~");
        let value = match end {
            Some(equal) => {
                self.next = self.lexer.token(equal);
                self.advance();
                self.value_start = self.next.start;
                Some(self.right_side())
            }
            None => None,
        };
        let target = target?;
        let action = match (prefix, value) {
            ("~", None) => Action::Delete(None),
            ("~", Some(value)) => Action::Delete(Some(value?)),
            ("+", Some(value)) => Action::Add(value?),
            ("++", Some(value)) => Action::ForceAdd(value?),
            (_, Some(value)) => Action::Change(value?),
            (_, None) => return None,
        };
        let action = self.extension(action)?;
        let origin = self.origin(0, self.text.len());
        Some(Override { target, action, origin, line: self.text.into() })
    }

    /// `extend_list(…)` as the whole value is an action of its own.
    fn extension(&mut self, action: Action<Operand>) -> Option<Action<Operand>> {
        let span = match action.value() {
            Some(Operand::Value(Value { kind: ValueKind::Extend(_), span })) => *span,
            _ => return Some(action),
        };
        match action {
            Action::Change(Operand::Value(Value { kind: ValueKind::Extend(items), span })) => {
                let list = List { items, shuffle: false };
                Some(Action::Extend(Operand::Value(Value::new(ValueKind::List(list), span))))
            }
            _ => {
                let message = "extend_list(…) goes with a plain `key=`".to_owned();
                self.report(span, message, &["take the `+`, `++` or `~` away"]);
                None
            }
        }
    }

    /// What stands behind `=`: nothing, a value, or values between commas.
    fn right_side(&mut self) -> Option<Operand> {
        let start = self.next.start;
        if self.next.kind == Kind::End {
            return Some(Operand::Value(Value::new(
                ValueKind::Text(Text::default()),
                Span::new(start, start),
            )));
        }
        let mut items = Vec::new();
        let mut complete = true;
        let mut commas = 0_usize;
        loop {
            match self.item(None) {
                Some(value) => items.push(value),
                None => complete = false,
            }
            self.find_comma(None);
            if self.next.kind != Kind::Comma {
                break;
            }
            commas += 1;
            self.advance_over_comma(&mut complete, None);
            if self.next.kind == Kind::End {
                break;
            }
        }
        if !complete {
            return None;
        }
        if commas == 0 {
            let value = items.pop()?;
            return Some(match value.kind {
                ValueKind::Sweep(sweep) => Operand::Sweep(*sweep),
                kind => Operand::Value(Value::new(kind, value.span)),
            });
        }
        let choice = Choice { items: items.into(), simple: true, shuffle: false };
        let end = self.text.len();
        Some(Operand::Sweep(Sweep::new(SweepKind::Choice(choice), Span::new(start, end))))
    }

    /// An element where one must stand; a comma or a closer in its place is a missing value.
    pub(super) fn item(&mut self, close: Option<u8>) -> Option<Value> {
        if self.next.kind == Kind::Comma {
            let comma = self.comma();
            self.report(
                comma,
                "a value is missing before this comma".to_owned(),
                &["empty text is written ''"],
            );
            return None;
        }
        self.element(close)
    }

    /// Steps over a comma; if nothing follows that could be a value, that is a mistake.
    pub(super) fn advance_over_comma(&mut self, complete: &mut bool, close: Option<u8>) {
        let comma = self.comma();
        self.advance();
        let ends = match self.next.kind {
            Kind::End => close.is_none(),
            Kind::Close(_) => close.is_some(),
            _ => false,
        };
        if ends {
            *complete = false;
            let help = ["take the comma away, or write '' for empty text"];
            self.report(comma, "a value is missing behind this comma".to_owned(), &help);
        }
    }

    /// The comma itself, without the blanks around it.
    fn comma(&self) -> Span {
        let at = crate::grammar::scan::blanks(self.text.as_bytes(), self.next.start);
        Span::new(at, at + 1)
    }

    /// Reports what is not expected behind an element, and steps on to the next comma or closer of this level.
    pub(super) fn find_comma(&mut self, close: Option<u8>) {
        let mut reported = false;
        loop {
            match self.next.kind {
                Kind::Comma | Kind::End => return,
                Kind::Close(_) if close.is_some() => return,
                _ => {}
            }
            if !reported {
                reported = true;
                self.unexpected(close);
            }
            self.skip();
        }
    }

    /// Steps over a token; over a bracket, to behind the one that closes it.
    pub(super) fn skip(&mut self) {
        let mut open = 0_usize;
        loop {
            match self.next.kind {
                Kind::End => return,
                Kind::Open(_) => open += 1,
                Kind::Close(_) => open = open.saturating_sub(1),
                _ => {}
            }
            self.advance();
            if open == 0 {
                return;
            }
        }
    }

    fn unexpected(&mut self, close: Option<u8>) {
        let Token { kind, start, end } = self.next;
        let span = self.trimmed(start, end);
        let found = self.slice(span.start as usize, end).trim().to_owned();
        match kind {
            Kind::Close(found) => {
                let nested = found == b'}' && self.slice(self.value_start, start).contains("${");
                let message = match nested {
                    true => "an interpolation inside of another one must stand in quotes".to_owned(),
                    false => format!("nothing is open that this `{}` closes", char::from(found)),
                };
                let help = self.quote_help(self.value_start, self.text.len());
                self.report(span, message, &[&help]);
            }
            Kind::Blank => {
                let span = Span::new(start, end);
                self.report(span, "blanks cannot stand here".to_owned(), &["take them away"]);
            }
            _ => {
                let wanted = close.map_or_else(
                    || "`,` or the end".to_owned(),
                    |close| format!("`,` or `{}`", char::from(close)),
                );
                let help = "text with such characters must be quoted; several values stand between commas";
                self.report(span, format!("expected {wanted}, found `{found}`"), &[help]);
            }
        }
    }

    /// A span without the blanks at its ends.
    fn trimmed(&self, start: usize, end: usize) -> Span {
        let text = self.slice(start, end);
        let lead = text.len() - text.trim_start_matches([' ', '\t']).len();
        let length = text.trim_matches([' ', '\t']).len();
        Span::new(start + lead, start + lead + length)
    }

    pub(super) fn advance(&mut self) {
        self.next = self.lexer.token(self.next.end);
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn origin(&self, start: usize, end: usize) -> Origin {
        Origin::new(self.source, Span::new(start, end))
    }

    /// One level deeper for as long as `inner` runs.
    pub(super) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= DEPTH {
            let origin = self.origin(self.next.start, self.next.end);
            let error = Error::new(ErrorKind::Limit, format!("nested more than {DEPTH} levels deep"));
            self.push(error.at(origin, ""));
            self.next = Token { kind: Kind::End, start: self.text.len(), end: self.text.len() };
            return None;
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// After too many mistakes the rest is not read.
    pub(super) fn push(&mut self, error: Error) {
        self.mistakes += 1;
        match self.mistakes.cmp(&MISTAKES) {
            Ordering::Less => return self.sink.push(error),
            Ordering::Equal => self.sink.push(too_many_mistakes(self.origin(self.next.start, self.next.end))),
            Ordering::Greater => {}
        }
        self.next = Token { kind: Kind::End, start: self.text.len(), end: self.text.len() };
    }

    pub(super) fn report(&mut self, span: Span, message: String, help: &[&str]) {
        let error = Error::new(ErrorKind::Override, message).at(Origin::new(self.source, span), "");
        let error = help.iter().fold(error, |error, help| error.help(*help));
        self.push(error);
    }

    /// How the override would look with a part of its value quoted.
    pub(super) fn quote_help(&self, start: usize, end: usize) -> String {
        let part = self.trimmed(start, end).range();
        if part.len() > LONG {
            return "if it is text, put it in quotes".to_owned();
        }
        let quoted = suggest_quotes(self.slice(part.start, part.end));
        if self.text.len() > LONG {
            return format!("if it is text, quote it: {quoted}");
        }
        let line = format!("{}{quoted}{}", self.slice(0, part.start), self.slice(part.end, self.text.len()));
        match (line.contains('\''), line.contains('"')) {
            (true, false) => format!("if it is text, quote it: {line} (in a shell: \"{line}\")"),
            (false, true) => format!("if it is text, quote it: {line} (in a shell: '{line}')"),
            (true, true) => format!("if it is text, quote it: {line} (in a shell: {})", shell_word(&line)),
            _ => format!("if it is text, quote it: {line}"),
        }
    }
}
