//! Elements: scalars and text, lists, mappings, calls.

use crate::diag::{Error, ErrorKind, Span};
use crate::grammar::function::{self, Argument};
use crate::grammar::parse::Parser;
use crate::grammar::scan::{self, Lexeme};
use crate::grammar::token::{Kind, Token};
use crate::grammar::value::{List, Quote, Value, ValueKind};
use crate::value::{IndexMap, Key, Text};

/// So many different characters an error names.
const SHOWN: usize = 6;

impl Parser<'_, '_> {
    /// One element; what comes behind it is left standing. `close` is what ends the container around it.
    pub(super) fn element(&mut self, close: Option<u8>) -> Option<Value> {
        let first = self.next;
        match first.kind {
            Kind::Quoted => {
                self.advance();
                if self.continues() {
                    return self.stray(first.start, Some("text cannot stand beside quotes"), close);
                }
                Some(Value::new(
                    unquote(self.slice(first.start, first.end)),
                    Span::new(first.start, first.end),
                ))
            }
            Kind::Unclosed => {
                let span = Span::new(first.start, first.end);
                self.report(
                    span,
                    "this quote is not closed".to_owned(),
                    &["close it, or write a quote in other quotes"],
                );
                self.next = self.lexer.token(self.text.len());
                None
            }
            Kind::Open(b'[') => self.nested(|parser| parser.list(first)),
            Kind::Open(b'{') => self.nested(|parser| parser.mapping(first)),
            Kind::Plain(Lexeme::Word) if self.is_call(first) => self.nested(|parser| parser.call(first)),
            Kind::End | Kind::Close(_) => {
                let at = scan::blanks(self.text.as_bytes(), first.start);
                let found = if first.kind == Kind::End {
                    "the end".to_owned()
                } else {
                    format!("`{}`", self.slice(at, first.end))
                };
                let message = format!("expected a value, found {found}");
                self.report(Span::new(at, first.end.max(at)), message, &[]);
                if close.is_none() && first.kind != Kind::End {
                    self.advance();
                }
                None
            }
            _ => self.primitive(close),
        }
    }

    /// Whether the next token would be part of unquoted text.
    fn continues(&self) -> bool {
        match self.next.kind {
            Kind::Blank => self.lexer.token(self.next.end).kind != Kind::End,
            Kind::Plain(_) | Kind::Colon | Kind::Interpolation | Kind::Quoted | Kind::Unclosed => true,
            Kind::Foreign | Kind::Equal | Kind::Open(_) => true,
            Kind::Comma | Kind::Close(_) | Kind::End => false,
        }
    }

    /// A name right before `(`.
    fn is_call(&self, first: Token) -> bool {
        scan::identifier(self.text.as_bytes(), first.start) == first.end
            && self.lexer.token(first.end).kind == Kind::Open(b'(')
    }

    /// Unquoted text: a scalar if it is one lexeme, text otherwise.
    fn primitive(&mut self, close: Option<u8>) -> Option<Value> {
        let first = self.next;
        let mut unescaped: Option<Text> = None;
        let mut count = 0_usize;
        let mut end = first.start;
        loop {
            let Token { kind, start, end: behind } = self.next;
            match kind {
                Kind::Blank if matches!(self.lexer.token(behind).kind, Kind::End) => {
                    self.advance();
                    break;
                }
                Kind::Plain(Lexeme::Escape) => {
                    let text = unescaped
                        .get_or_insert_with(|| self.text.get(first.start..start).unwrap_or_default().into());
                    scan::unescape(self.text.get(start..behind).unwrap_or_default(), text);
                }
                Kind::Plain(_) | Kind::Colon | Kind::Interpolation | Kind::Blank => {
                    if let Some(text) = &mut unescaped {
                        text.push_str(self.text.get(start..behind).unwrap_or_default());
                    }
                }
                Kind::Comma | Kind::Close(_) | Kind::End => break,
                Kind::Open(b'{') if self.slice(first.start, start).ends_with('$') => {
                    return self.broken_interpolation(start.saturating_sub(1), close);
                }
                _ => return self.stray(first.start, None, close),
            }
            count += 1;
            end = behind;
            self.advance();
        }
        let span = Span::new(first.start, end);
        let raw = self.slice(first.start, end);
        let kind = match (first.kind, unescaped) {
            (_, Some(text)) => ValueKind::Text(text),
            (Kind::Plain(lexeme), None) if count == 1 => scan::literal(lexeme, raw).into(),
            _ => ValueKind::Text(raw.into()),
        };
        Some(Value::new(kind, span))
    }

    /// Text that must be quoted, from where it starts: reports why, once, and steps behind it.
    fn stray(&mut self, from: usize, why: Option<&str>, close: Option<u8>) -> Option<Value> {
        let first = self.next;
        let odd = self.skip_stray(close);
        let message = why.map_or_else(
            || {
                let odd: Vec<String> = odd.iter().map(|c| format!("`{c}`")).collect();
                format!("{} cannot stand in unquoted text", odd.join(", "))
            },
            str::to_owned,
        );
        let help = match odd.as_slice() {
            ['\r'] if self.text.ends_with('\r') => {
                "the line of the script ends as in Windows: take the `\\r` away".into()
            }
            _ => self.quote_help(from, self.next.start),
        };
        let at = scan::blanks(self.text.as_bytes(), first.start);
        self.report(Span::new(at, first.end.max(at)), message, &[&help]);
        None
    }

    /// `${` without its brace, or with nothing in it.
    fn broken_interpolation(&mut self, at: usize, close: Option<u8>) -> Option<Value> {
        let (message, help) = if self.lexer.has_brace() {
            ("an interpolation cannot be empty", "write `${key}`, or `\\${}` for the characters themselves")
        } else {
            ("this `${` is not closed", "add `}`")
        };
        self.report(Span::new(at, at + 2), message.to_owned(), &[help]);
        self.skip_stray(close);
        None
    }

    /// Steps behind text that cannot stand unquoted; says which characters are odd about it.
    fn skip_stray(&mut self, close: Option<u8>) -> Vec<char> {
        let mut odd: Vec<char> = Vec::new();
        let mut open = 0_usize;
        loop {
            let Token { kind, start, end } = self.next;
            let is_odd = match kind {
                Kind::End => break,
                Kind::Comma if open == 0 => break,
                Kind::Close(_) if open == 0 && close.is_some() => break,
                Kind::Close(_) if open > 0 => {
                    open -= 1;
                    false
                }
                Kind::Open(_) => {
                    open += 1;
                    true
                }
                Kind::Close(_) | Kind::Foreign | Kind::Unclosed | Kind::Equal | Kind::Quoted => true,
                _ => false,
            };
            if let Some(c) =
                self.slice(start, end).trim_matches([' ', '\t']).chars().next().filter(|_| is_odd)
                && odd.len() < SHOWN
                && !odd.contains(&c)
            {
                odd.push(c);
            }
            self.advance();
        }
        odd
    }

    fn list(&mut self, open: Token) -> Option<Value> {
        self.advance();
        let mut items = Vec::new();
        let mut complete = true;
        if !matches!(self.next.kind, Kind::Close(_) | Kind::End) {
            loop {
                match self.item(Some(b']')) {
                    Some(value) => items.push(value),
                    None => complete = false,
                }
                self.find_comma(Some(b']'));
                if self.next.kind != Kind::Comma {
                    break;
                }
                self.advance_over_comma(&mut complete, Some(b']'));
                if matches!(self.next.kind, Kind::Close(_) | Kind::End) {
                    break;
                }
            }
        }
        let end = self.closed(open, b']')?;
        let list = List { items: items.into(), shuffle: false };
        complete.then(|| Value::new(ValueKind::List(list), Span::new(open.start, end)))
    }

    /// Steps over the closer of a container and says where it ends; another one, or none, is a mistake.
    fn closed(&mut self, open: Token, close: u8) -> Option<usize> {
        let Token { kind, start, end } = self.next;
        if kind == Kind::Close(close) {
            self.advance();
            return Some(end);
        }
        let at = scan::blanks(self.text.as_bytes(), open.start);
        let opener = self.slice(at, at + 1).to_owned();
        let opened = self.origin(at, at + 1);
        if kind == Kind::End {
            let error = Error::new(ErrorKind::Override, format!("this `{opener}` is not closed"));
            let error = error.at(opened, "").help(format!("add `{}`", char::from(close)));
            self.push(error);
            return None;
        }
        let at = scan::blanks(self.text.as_bytes(), start);
        let found = self.slice(at, end).trim().to_owned();
        let error =
            Error::new(ErrorKind::Override, format!("expected `{}`, found `{found}`", char::from(close)));
        let error = error.at(self.origin(at, end), "").at(opened, format!("this `{opener}` is open"));
        self.push(error);
        self.advance();
        None
    }

    fn mapping(&mut self, open: Token) -> Option<Value> {
        self.advance();
        let mut pairs = Pairs::default();
        let mut complete = true;
        if !matches!(self.next.kind, Kind::Close(_) | Kind::End) {
            loop {
                match self.pair() {
                    Some((key, value)) => pairs.set(key, value),
                    None => complete = false,
                }
                self.find_comma(Some(b'}'));
                if self.next.kind != Kind::Comma {
                    break;
                }
                self.advance_over_comma(&mut complete, Some(b'}'));
                if matches!(self.next.kind, Kind::Close(_) | Kind::End) {
                    break;
                }
            }
        }
        let end = self.closed(open, b'}')?;
        complete.then(|| Value::new(ValueKind::Map(pairs.entries.into()), Span::new(open.start, end)))
    }

    /// `key: value`.
    fn pair(&mut self) -> Option<(Value, Value)> {
        let key = self.pair_key();
        if self.next.kind != Kind::Colon {
            if key.is_some() && matches!(self.next.kind, Kind::Comma | Kind::Close(_) | Kind::End) {
                let at = key.as_ref().map_or(Span::new(self.next.start, self.next.start), |key| key.span);
                let message =
                    format!("the key `{}` has no value", self.slice(at.start as usize, at.end as usize));
                self.report(at, message, &["write `{key: value}`; a list is `[a,b]`"]);
            }
            return None;
        }
        self.advance();
        let value = if matches!(self.next.kind, Kind::Comma | Kind::Close(_)) {
            let at = key.as_ref().map_or(Span::new(self.next.start, self.next.start), |key| key.span);
            self.report(at, "this key has no value".to_owned(), &["empty text is written ''"]);
            None
        } else {
            self.element(Some(b'}'))
        };
        key.zip(value)
    }

    fn pair_key(&mut self) -> Option<Value> {
        let first = self.next;
        match first.kind {
            Kind::Comma => {
                self.item(Some(b'}'));
                return None;
            }
            Kind::Quoted | Kind::Unclosed | Kind::Interpolation => {
                let (message, help) = match first.kind {
                    Kind::Interpolation => {
                        ("the key of a mapping cannot be an interpolation", "write the key itself")
                    }
                    _ => (
                        "the key of a mapping is not quoted",
                        "take the quotes away; escape specials with `\\`",
                    ),
                };
                self.report(Span::new(first.start, first.end), message.to_owned(), &[help]);
                self.advance();
                while !matches!(self.next.kind, Kind::Colon | Kind::Comma | Kind::Close(_) | Kind::End) {
                    self.skip();
                }
                return None;
            }
            _ => {}
        }
        let mut text = Text::default();
        let mut count = 0_usize;
        while let Token { kind: Kind::Plain(_) | Kind::Blank, start, end } = self.next {
            let raw = self.slice(start, end);
            match self.next.kind {
                Kind::Plain(Lexeme::Escape) => scan::unescape(raw, &mut text),
                _ => text.push_str(raw),
            }
            count += 1;
            self.advance();
        }
        let span = Span::new(first.start, self.next.start);
        match first.kind {
            Kind::Plain(lexeme) if count == 1 => {
                Some(Value::new(scan::literal(lexeme, self.slice(first.start, first.end)).into(), span))
            }
            _ if count > 0 => Some(Value::new(ValueKind::Text(text), span)),
            _ => {
                self.report(
                    Span::new(first.start, first.end),
                    "expected a key".to_owned(),
                    &["write `{key: value}`"],
                );
                while !matches!(self.next.kind, Kind::Colon | Kind::Comma | Kind::Close(_) | Kind::End) {
                    self.skip();
                }
                None
            }
        }
    }

    /// `name(…)`.
    fn call(&mut self, name: Token) -> Option<Value> {
        self.advance();
        let open = self.next;
        self.advance();
        let mut arguments = Vec::new();
        let mut complete = true;
        let mut named = false;
        if !matches!(self.next.kind, Kind::Close(_) | Kind::End) {
            loop {
                match self.argument(&mut named) {
                    Some(argument) => arguments.push(argument),
                    None => complete = false,
                }
                self.find_comma(Some(b')'));
                if self.next.kind != Kind::Comma {
                    break;
                }
                self.advance_over_comma(&mut complete, Some(b')'));
                if matches!(self.next.kind, Kind::Close(_) | Kind::End) {
                    break;
                }
            }
        }
        let end = self.closed(open, b')')?;
        if !complete {
            return None;
        }
        let span = Span::new(name.start, end);
        let at = Span::new(name.start, name.end);
        match function::call(self.slice(name.start, name.end), at, arguments, span) {
            Ok(kind) => Some(Value::new(kind, span)),
            Err(fault) => {
                let origin = self.origin(0, 0).at(fault.span);
                let error = Error::new(ErrorKind::Override, fault.message).at(origin, "");
                self.push(match fault.help {
                    Some(help) => error.help(help),
                    None => error,
                });
                None
            }
        }
    }

    fn argument(&mut self, named: &mut bool) -> Option<Argument> {
        let first = self.next;
        let is_name = first.kind == Kind::Plain(Lexeme::Word)
            && scan::identifier(self.text.as_bytes(), first.start) == first.end
            && self.lexer.token(first.end).kind == Kind::Equal;
        if !is_name {
            let value = self.item(Some(b')'))?;
            if *named {
                let message = "an argument by position cannot follow one by name".to_owned();
                self.report(value.span, message, &["put it first, or name it too"]);
                return None;
            }
            return Some(Argument { name: None, value });
        }
        *named = true;
        self.advance();
        self.advance();
        let value = self.item(Some(b')'))?;
        let name = (self.slice(first.start, first.end).into(), Span::new(first.start, first.end));
        Some(Argument { name: Some(name), value })
    }
}

/// The pairs of a mapping as they grow: a key given twice keeps its first place and takes the last value.
#[derive(Default)]
struct Pairs {
    entries: Vec<(Value, Value)>,
    index: Option<IndexMap<Key, usize>>,
}

/// Up to so many pairs a scan is faster than a hash.
const FEW: usize = 8;

impl Pairs {
    fn set(&mut self, key: Value, value: Value) {
        // Not a number is no other key, not even itself.
        let unique = matches!(key.kind, ValueKind::Float(f) if f.is_nan());
        let place = key.identity().filter(|_| !unique);
        let found = place.as_ref().and_then(|place| self.find(place));
        match found.and_then(|at| self.entries.get_mut(at)) {
            Some(entry) => entry.1 = value,
            None => {
                if let (Some(index), Some(place)) = (&mut self.index, place) {
                    index.insert(place, self.entries.len());
                }
                self.entries.push((key, value));
            }
        }
    }

    fn find(&mut self, key: &Key) -> Option<usize> {
        if self.index.is_none() && self.entries.len() < FEW {
            return self.entries.iter().position(|(k, _)| k.identity().is_some_and(|k| k == *key));
        }
        let entries = &self.entries;
        let index = self.index.get_or_insert_with(|| {
            let keys = entries.iter().enumerate();
            keys.filter_map(|(at, (k, _))| Some((k.identity()?, at))).collect()
        });
        index.get(key).copied()
    }
}

/// The text between quotes: backslashes count only before a quote, where each stands for the character behind it.
fn unquote(raw: &str) -> ValueKind {
    let quote = if raw.starts_with('"') { Quote::Double } else { Quote::Single };
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    if !inner.contains('\\') {
        return ValueKind::Quoted(inner.into(), quote);
    }
    let mut text = Text::default();
    let mut slashes = 0_usize;
    for c in inner.chars().chain([quote.char()]) {
        if c == '\\' {
            slashes += 1;
            continue;
        }
        let kept = if c == quote.char() { slashes / 2 } else { slashes };
        text.extend(std::iter::repeat_n('\\', kept));
        text.push(c);
        slashes = 0;
    }
    text.pop();
    ValueKind::Quoted(text, quote)
}
