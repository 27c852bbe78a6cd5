//! The grammar of `${…}`.
//!
//! Three kinds of text meet here, each with rules of its own: text with interpolations in it (a whole YAML value, or
//! what stands between quotes), the path behind `${`, and the arguments of a resolver.

use crate::diag::Span;
use crate::grammar::scan::{self, Lexeme, byte};
use crate::grammar::template_error::TemplateError;
use crate::grammar::template_piece::{Run, lone, missing, resolver_name, trailing_backslashes, unescape_key};
use crate::value::{Argument, Call, Expression, Kind, Name, Part, Reference, Template, Text, Written};

type Parsed<T> = Result<T, TemplateError>;

/// How deeply interpolations, lists and mappings may nest.
const DEPTH: u32 = 128;

/// Parses text that holds `${`. `None` if it does not: then it is plain text.
///
/// Text in which every `${` is escaped (`\${`) gives a template of text alone: it resolves to that text.
///
/// ```
/// use mainstem::grammar::parse_template;
/// use mainstem::value::{Expression, Part};
/// assert_eq!(parse_template("plain"), Ok(None));
/// let template = parse_template("${a.b}").unwrap().unwrap();
/// assert!(matches!(&*template.parts, [Part::Interpolation(Expression::Reference(_), _)]));
/// let error = parse_template("${a.b").unwrap_err();
/// assert_eq!((error.message.as_str(), error.span.start), ("this `${` is not closed", 0));
/// ```
///
/// # Errors
/// The first place where the text does not follow the grammar.
pub fn parse_template(text: &str) -> Result<Option<Template>, TemplateError> {
    match interpolates(text) {
        true => parse_interpolations(text.into()).map(Some),
        false => Ok(None),
    }
}

/// Parses text of which it is known that it holds `${`.
pub(crate) fn parse_interpolations(text: Text) -> Result<Template, TemplateError> {
    let parts = Parser::new(&text).text(None)?;
    Ok(Template { text, parts, written: Written::Unknown })
}

/// Whether the text holds `${`, be it escaped.
pub(crate) fn interpolates(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| pair == b"${")
}

/// Parses one literal element as it may stand among a resolver's arguments: a scalar, quoted or unquoted text, a
/// list, a mapping, with interpolations anywhere. This is what `oc.decode` reads.
///
/// `???` gives [`Kind::Missing`]; with a backslash before it, it is the text without that backslash.
///
/// # Errors
/// The first place where the text does not follow the grammar, and for empty text.
pub fn parse_element(text: &str) -> Result<Expression, TemplateError> {
    let mut parser = Parser::new(text);
    let element = parser.element()?;
    if parser.at < text.len() {
        return Err(parser.unexpected("the end"));
    }
    Ok(element.value)
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, depth: 0 }
    }

    fn peek(&self) -> u8 {
        byte(self.bytes, self.at)
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn opens(&self, at: usize) -> bool {
        byte(self.bytes, at) == b'$' && byte(self.bytes, at + 1) == b'{'
    }

    /// Steps over one byte, behind blanks, if it comes next.
    fn eat(&mut self, wanted: u8) -> bool {
        let at = scan::blanks(self.bytes, self.at);
        let found = byte(self.bytes, at) == wanted;
        if found {
            self.at = at + 1;
        }
        found
    }

    fn skip_blanks(&mut self) {
        self.at = scan::blanks(self.bytes, self.at);
    }

    /// One level deeper for as long as `inner` runs.
    fn nested<T>(&mut self, open: usize, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= DEPTH {
            let error = self.error(open, open + 1, format!("nested more than {DEPTH} levels deep"));
            return Err(TemplateError { limit: true, ..error });
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Text with interpolations: up to the end, or up to the closing quote, which is left standing.
    fn text(&mut self, quote: Option<u8>) -> Parsed<Box<[Part]>> {
        // Most texts are one interpolation.
        let mut parts = Vec::with_capacity(1);
        let mut plain = Text::default();
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let found = rest.iter().position(|&b| b == b'$' || quote == Some(b));
            let stop = found.map_or(self.bytes.len(), |i| self.at + i);
            let start = trailing_backslashes(self.bytes, self.at, stop);
            plain.push_str(self.slice(self.at, start));
            let count = stop - start;
            let slashes = |n: usize| self.slice(start, start + n);
            let ends = stop == self.bytes.len() || quote == Some(byte(self.bytes, stop));
            if self.opens(stop) && count.is_multiple_of(2) {
                plain.push_str(slashes(count / 2));
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                self.at = stop;
                let expression = self.interpolation()?;
                parts.push(Part::Interpolation(expression, Span::new(stop, self.at)));
            } else if self.opens(stop) {
                plain.push_str(slashes(count / 2));
                plain.push_str("${");
                self.at = stop + 2;
            } else if ends && quote.is_some() && stop < self.bytes.len() {
                plain.push_str(slashes(count / 2));
                self.at = stop;
                if count.is_multiple_of(2) {
                    break;
                }
                plain.push_str(self.slice(stop, stop + 1));
                self.at = stop + 1;
            } else {
                plain.push_str(slashes(count));
                self.at = stop;
                if ends {
                    break;
                }
                plain.push('$');
                self.at = stop + 1;
            }
        }
        if !plain.is_empty() || parts.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(parts.into())
    }

    /// `${…}`, from the dollar sign to behind the brace.
    fn interpolation(&mut self) -> Parsed<Expression> {
        let open = self.at;
        self.at += 2;
        self.skip_blanks();
        self.nested(open, |parser| parser.inside(open))
    }

    fn inside(&mut self, open: usize) -> Parsed<Expression> {
        let start = self.at;
        let mut up = 0_u32;
        while self.peek() == b'.' {
            up = up.saturating_add(1);
            self.at += 1;
        }
        let mut path = Vec::with_capacity(2);
        let mut callable = up == 0;
        let mut behind_dot = false;
        loop {
            if self.peek() == b'[' && !behind_dot {
                callable = false;
                path.push(self.bracket(open)?);
            } else {
                let (name, identifier) = self.key(open)?;
                callable &= identifier;
                path.push(name);
            }
            behind_dot = self.peek() == b'.';
            match self.peek() {
                b'.' => self.at += 1,
                b'[' => {}
                _ => break,
            }
        }
        if self.eat(b'}') {
            return Ok(Expression::Reference(Reference { up, path: path.into() }));
        }
        if !self.eat(b':') {
            return Err(self.in_path(open));
        }
        if !callable {
            let mut error = self.error(start, self.at - 1, "this is not the name of a resolver".to_owned());
            error.help = Some(
                "a name is made of letters, digits, `_` and `-`, with dots between; a `:` in a key is written `\\:`",
            );
            return Err(error);
        }
        let name = resolver_name(path);
        self.skip_blanks();
        let arguments = self.sequence(b'}', open)?;
        Ok(Expression::Call(Call { name, arguments }))
    }

    /// `[key]`. An interpolated key gets its brackets as text: what it resolves to is one key, dots or not.
    fn bracket(&mut self, open: usize) -> Parsed<Name> {
        let bracket = self.at;
        self.at += 1;
        let (name, _) = self.key(open)?;
        if self.peek() != b']' {
            if self.at >= self.bytes.len() {
                return Err(self.error(bracket, bracket + 1, "this `[` is not closed".to_owned()));
            }
            return Err(self.unexpected("`]`"));
        }
        self.at += 1;
        Ok(match name {
            Name::Literal(text) => Name::Literal(text),
            Name::Parts(parts) => {
                let mut wrapped = vec![Part::Text("[".into())];
                wrapped.extend(parts);
                wrapped.push(Part::Text("]".into()));
                Name::Parts(wrapped.into())
            }
        })
    }

    /// One key of a path, and whether it may be part of a resolver's name.
    fn key(&mut self, open: usize) -> Parsed<(Name, bool)> {
        let start = self.at;
        if self.opens(start) {
            let expression = self.interpolation()?;
            let part = Part::Interpolation(expression, Span::new(start, self.at));
            return Ok((Name::Parts(Box::new([part])), true));
        }
        let mut escaped = false;
        loop {
            match (self.peek(), byte(self.bytes, self.at + 1)) {
                (b'\\', b'\\' | b'.' | b'[' | b']' | b':' | b'=') => {
                    escaped = true;
                    self.at += 2;
                }
                (b'\\' | b'{' | b'}' | b'(' | b')' | b'[' | b']' | b':' | b'.' | b' ' | b'\t', _)
                | (b'\'' | b'"', _) => break,
                _ if self.at >= self.bytes.len() => break,
                _ => self.at += 1,
            }
        }
        if self.at == start {
            return Err(self.in_path(open));
        }
        let raw = self.slice(start, self.at);
        let identifier = scan::identifier(self.bytes, start) == self.at;
        let text = if escaped { unescape_key(raw) } else { raw.into() };
        Ok((Name::Literal(text), identifier))
    }

    /// Elements between commas, up to the closer, which is stepped over. An element that is not there is empty text.
    fn sequence(&mut self, close: u8, open: usize) -> Parsed<Box<[Argument]>> {
        let mut arguments = Vec::new();
        if self.eat(close) {
            return Ok(arguments.into());
        }
        loop {
            let after = scan::blanks(self.bytes, self.at);
            if matches!(byte(self.bytes, after), b',') || byte(self.bytes, after) == close {
                let value = Expression::Literal(Kind::Str(Text::default()));
                arguments.push(Argument { value, span: Span::new(self.at, self.at) });
            } else if self.at >= self.bytes.len() {
                return Err(self.unclosed(open));
            } else {
                arguments.push(self.element()?);
            }
            if self.eat(close) {
                return Ok(arguments.into());
            }
            if !self.eat(b',') {
                return Err(self.after_element(close, open));
            }
            self.skip_blanks();
        }
    }

    fn element(&mut self) -> Parsed<Argument> {
        let start = self.at;
        let mut value = match self.peek() {
            quote @ (b'\'' | b'"') => self.quoted(quote)?,
            b'[' => {
                self.at += 1;
                self.skip_blanks();
                Expression::List(self.nested(start, |parser| parser.sequence(b']', start))?)
            }
            b'{' => {
                self.at += 1;
                self.skip_blanks();
                Expression::Map(self.nested(start, |parser| parser.mapping(start))?)
            }
            _ => self.primitive()?,
        };
        let spelling = self.slice(start, self.at);
        if matches!(value, Expression::Literal(Kind::Str(_)))
            && let Some(kind) = missing(spelling)
        {
            value = Expression::Literal(kind);
        }
        Ok(Argument { value, span: Span::new(start, self.at) })
    }

    fn quoted(&mut self, quote: u8) -> Parsed<Expression> {
        let open = self.at;
        self.at += 1;
        let mut parts = self.text(Some(quote))?;
        if self.peek() != quote {
            return Err(self.error(open, open + 1, "this quote is not closed".to_owned()));
        }
        self.at += 1;
        Ok(match &mut *parts {
            [Part::Text(text)] => Expression::Literal(Kind::Str(std::mem::take(text))),
            _ => Expression::Concat(parts),
        })
    }

    fn mapping(&mut self, open: usize) -> Parsed<Box<[(Kind, Argument)]>> {
        let mut pairs = Vec::new();
        if self.eat(b'}') {
            return Ok(pairs.into());
        }
        loop {
            let key = self.mapping_key(open)?;
            self.skip_blanks();
            pairs.push((key, self.element()?));
            if self.eat(b'}') {
                return Ok(pairs.into());
            }
            if !self.eat(b',') {
                return Err(self.after_element(b'}', open));
            }
            self.skip_blanks();
        }
    }

    /// The key of a pair and its colon.
    fn mapping_key(&mut self, open: usize) -> Parsed<Kind> {
        let mut run = Run::default();
        let start = self.at;
        loop {
            if self.opens(self.at) {
                let message = "the key of a mapping cannot be an interpolation".to_owned();
                return Err(self.error(self.at, self.at + 2, message));
            }
            let after = scan::blanks(self.bytes, self.at);
            if byte(self.bytes, after) == b':' {
                break;
            }
            if after > self.at {
                run.push(Lexeme::Word, self.slice(self.at, after));
                self.at = after;
            } else if let Some((lexeme, end)) = scan::lexeme(self.bytes, self.at) {
                run.push(lexeme, self.slice(self.at, end));
                self.at = end;
            } else {
                break;
            }
        }
        if self.at == start {
            return Err(if self.at >= self.bytes.len() {
                self.unclosed(open)
            } else {
                self.unexpected("a key")
            });
        }
        if !self.eat(b':') {
            return Err(if self.at >= self.bytes.len() {
                self.unclosed(open)
            } else {
                self.unexpected("`:`")
            });
        }
        Ok(run.literal())
    }

    /// Unquoted text, a scalar, or interpolations with text around them.
    fn primitive(&mut self) -> Parsed<Expression> {
        let mut parts = Vec::new();
        let mut run = Run::default();
        loop {
            let start = self.at;
            if self.opens(start) {
                if !run.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut run).text));
                }
                let expression = self.interpolation()?;
                parts.push(Part::Interpolation(expression, Span::new(start, self.at)));
                continue;
            }
            let after = scan::blanks(self.bytes, start);
            let (lexeme, end) = match byte(self.bytes, after) {
                b',' | b']' | b'}' => break,
                b':' => (Lexeme::Word, scan::blanks(self.bytes, after + 1)),
                _ if after > start => (Lexeme::Word, after),
                _ => match scan::lexeme(self.bytes, start) {
                    Some(found) => found,
                    None => break,
                },
            };
            run.push(lexeme, self.slice(start, end));
            self.at = end;
        }
        if parts.is_empty() {
            if run.is_blank() {
                return Err(self.unexpected("a value"));
            }
            return Ok(Expression::Literal(run.literal()));
        }
        if !run.is_empty() {
            parts.push(Part::Text(run.text));
        }
        Ok(lone(parts).unwrap_or_else(Expression::Concat))
    }

    fn error(&self, start: usize, end: usize, message: String) -> TemplateError {
        TemplateError { message, span: Span::new(start, end), help: None, limit: false }
    }

    fn unclosed(&self, open: usize) -> TemplateError {
        let what = match byte(self.bytes, open) {
            b'[' => "[",
            b'{' => "{",
            _ => "${",
        };
        self.error(open, open + what.len(), format!("this `{what}` is not closed"))
    }

    /// Something behind an element that is neither a comma nor the closer.
    fn after_element(&self, close: u8, open: usize) -> TemplateError {
        if scan::blanks(self.bytes, self.at) >= self.bytes.len() {
            return self.unclosed(open);
        }
        self.unexpected(&format!("`,` or `{}`", char::from(close)))
    }

    /// Something that cannot stand in a path.
    fn in_path(&self, open: usize) -> TemplateError {
        let at = scan::blanks(self.bytes, self.at);
        if at >= self.bytes.len() {
            return self.unclosed(open);
        }
        let mut error = match byte(self.bytes, at) {
            b'}' | b':' | b']' | b'.' | b'[' => self.unexpected("a key"),
            _ => self.unexpected("`.`, `[`, `:` or `}`"),
        };
        if byte(self.bytes, at) == b'}' && self.text.get(open..self.at) == Some("${") {
            error.help = Some(r"write `${key}`, or `\${}` for the characters themselves");
        } else if at > self.at && !matches!(byte(self.bytes, at), b'}' | b':') {
            error.help = Some("a key with blanks cannot be reached by `${…}`");
        }
        error
    }

    fn unexpected(&self, wanted: &str) -> TemplateError {
        let Some(found) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) else {
            return self.error(self.at, self.at, format!("expected {wanted}, found the end"));
        };
        let mut error =
            self.error(self.at, self.at + found.len_utf8(), format!("expected {wanted}, found `{found}`"));
        if !matches!(found, '}' | ']' | ',' | ':' | '.' | '[' | '{' | '\'' | '"') {
            error.help = Some("text with such characters must stand in quotes");
        }
        error
    }
}
