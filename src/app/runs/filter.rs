//! `train.lr<0.1 and status=failed`: which runs are meant.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::diag::{Error, ErrorKind, Origin, Result, Source, SourceKind, SourceMap, Span};
use crate::value::{Kind, Node};

/// A condition on a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// The key is there, and neither null nor false nor empty.
    Holds(String),
    Compare(String, Operator, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
}

/// Longer ones first, so that `<=` is not `<`.
const OPERATORS: [(&str, Operator); 8] = [
    ("==", Operator::Equal),
    ("!=", Operator::Unequal),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("~", Operator::Like),
];

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Operator(Operator),
    Open,
    Close,
}

/// How deep parentheses and `not` may be nested.
const DEEPEST: usize = 100;

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Usage`], at the place where something else must stand.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let sources = Arc::new(SourceMap::default());
        let source = sources.add(Source::new(SourceKind::Line, "the filter", text));
        let place = |span: Span| Origin::new(source, span);
        let parse = || {
            let tokens = tokens(text)
                .map_err(|(message, span)| Error::new(ErrorKind::Usage, message).at(place(span), ""))?;
            let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, end: text.len() };
            parser
                .any()
                .and_then(|filter| match parser.tokens.get(parser.at) {
                    None => Ok(filter),
                    Some(_) => Err(parser.wrong("`and`, `or` or the end")),
                })
                .map_err(|(message, span)| {
                    Error::new(ErrorKind::Usage, message)
                        .at(place(span), "here")
                        .help("a filter looks like `lr<0.1 and status=failed`")
                })
        };
        parse().map_err(|error: Error| error.located(&sources))
    }

    /// The keys that it asks for, each once.
    pub(crate) fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = match self {
            Self::All(all) | Self::Any(all) => all.iter().flat_map(Self::keys).collect(),
            Self::Not(one) => one.keys(),
            Self::Holds(key) | Self::Compare(key, ..) => vec![key],
        };
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Whether a run is meant, whose values `get` gives.
    pub(crate) fn matches(&self, get: &dyn Fn(&str) -> Option<Node>) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.matches(get)),
            Self::Any(any) => any.iter().any(|one| one.matches(get)),
            Self::Not(one) => !one.matches(get),
            Self::Holds(key) => get(key).is_some_and(|node| holds(&node)),
            Self::Compare(key, operator, value) => match get(key) {
                Some(node) => compare(&node, *operator, value),
                None => *operator == Operator::Unequal,
            },
        }
    }
}

fn holds(node: &Node) -> bool {
    match &node.kind {
        Kind::Null | Kind::Missing | Kind::Bool(false) => false,
        Kind::Str(text) => !text.is_empty(),
        Kind::List(list) => !list.is_empty(),
        Kind::Map(map) => !map.is_empty(),
        _ => true,
    }
}

fn compare(node: &Node, operator: Operator, value: &str) -> bool {
    if let Kind::List(list) = &node.kind {
        let any = |operator| list.iter().any(|node| compare(node, operator, value));
        return if operator == Operator::Unequal { !any(Operator::Equal) } else { any(operator) };
    }
    if operator == Operator::Like {
        return like(&plain(node), value);
    }
    let numbers = match (integer(node), value.parse::<i128>()) {
        (Some(number), Ok(value)) => return holds_for(operator, Some(number.cmp(&value))),
        _ => (node.as_f64(), value.parse::<f64>()),
    };
    let ordering = match numbers {
        (Some(number), Ok(value)) => number.partial_cmp(&value),
        // A number is neither less nor more than a word.
        (Some(_), Err(_)) | (None, Ok(_)) if !matches!(operator, Operator::Equal | Operator::Unequal) => None,
        _ => Some(plain(node).as_str().cmp(value)),
    };
    holds_for(operator, ordering)
}

/// Whether an operator holds for what is so much less or more than its value.
fn holds_for(operator: Operator, ordering: Option<Ordering>) -> bool {
    match operator {
        Operator::Equal => ordering == Some(Ordering::Equal),
        Operator::Unequal => ordering != Some(Ordering::Equal),
        Operator::Less => ordering == Some(Ordering::Less),
        Operator::LessOrEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
        Operator::Greater => ordering == Some(Ordering::Greater),
        Operator::GreaterOrEqual => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
        Operator::Like => false,
    }
}

/// An integer as it is: as floats, large seeds are all alike.
fn integer(node: &Node) -> Option<i128> {
    match &node.kind {
        Kind::Int(number) => Some(i128::from(*number)),
        Kind::BigInt(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// A value as one types it.
fn plain(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "null".to_owned(),
        Kind::Bool(value) => value.to_string(),
        _ => crate::app::runs::view::plain(node),
    }
}

/// Whether a text is what a pattern says, in which `*` is anything.
fn like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let parts: Vec<_> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

type Wrong = (String, Span);

fn tokens(text: &str) -> Result<Vec<(Token, Span)>, Wrong> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let start = at;
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let rest = &text[at..];
        let token = if c == '(' || c == ')' {
            at += 1;
            if c == '(' { Token::Open } else { Token::Close }
        } else if c == '"' || c == '\'' {
            let Some(end) = rest[1..].find(c) else {
                return Err(("a quote is not closed".to_owned(), Span::new(start, text.len())));
            };
            at += end + 2;
            Token::Quoted(rest[1..=end].to_owned())
        } else if let Some((sign, operator)) = OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            at += sign.len();
            Token::Operator(*operator)
        } else {
            let ends = |c: char| c.is_whitespace() || "()=!<>~\"'".contains(c);
            let end = rest.find(ends).unwrap_or(rest.len());
            if end == 0 {
                let span = Span::new(start, start + c.len_utf8());
                return Err((format!("`{c}` has no meaning here"), span));
            }
            at += end;
            Token::Word(rest[..end].to_owned())
        };
        tokens.push((token, Span::new(start, at)));
    }
    Ok(tokens)
}

struct Parser<'t> {
    tokens: &'t [(Token, Span)],
    at: usize,
    depth: usize,
    end: usize,
}

impl Parser<'_> {
    fn wrong(&self, expected: &str) -> Wrong {
        match self.tokens.get(self.at) {
            Some((_, span)) => (format!("expected {expected}"), *span),
            None => (format!("expected {expected}, found the end"), Span::new(self.end, self.end)),
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some((Token::Word(found), _)) if found == word);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<Filter, Wrong> {
        let mut any = vec![self.all()?];
        while self.takes("or") {
            any.push(self.all()?);
        }
        Ok(if any.len() > 1 { Filter::Any(any) } else { any.remove(0) })
    }

    fn all(&mut self) -> Result<Filter, Wrong> {
        let mut all = vec![self.one()?];
        while self.takes("and") {
            all.push(self.one()?);
        }
        Ok(if all.len() > 1 { Filter::All(all) } else { all.remove(0) })
    }

    fn one(&mut self) -> Result<Filter, Wrong> {
        if self.depth == DEEPEST {
            return Err(self.wrong("fewer levels of parentheses"));
        }
        self.depth += 1;
        let one = self.unguarded();
        self.depth -= 1;
        one
    }

    fn unguarded(&mut self) -> Result<Filter, Wrong> {
        if self.takes("not") {
            return Ok(Filter::Not(Box::new(self.one()?)));
        }
        match self.tokens.get(self.at) {
            Some((Token::Open, _)) => {
                self.at += 1;
                let inside = self.any()?;
                if !matches!(self.tokens.get(self.at), Some((Token::Close, _))) {
                    return Err(self.wrong("`)`"));
                }
                self.at += 1;
                Ok(inside)
            }
            Some((Token::Word(word), _)) if matches!(word.as_str(), "and" | "or") => Err(self.wrong("a key")),
            Some((Token::Word(key) | Token::Quoted(key), _)) => {
                self.at += 1;
                let Some((Token::Operator(operator), _)) = self.tokens.get(self.at) else {
                    return Ok(Filter::Holds(key.clone()));
                };
                self.at += 1;
                let Some((Token::Word(value) | Token::Quoted(value), _)) = self.tokens.get(self.at) else {
                    return Err(self.wrong("a value"));
                };
                self.at += 1;
                Ok(Filter::Compare(key.clone(), *operator, value.clone()))
            }
            _ => Err(self.wrong("a key")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::SourceId;
    use crate::value::read_json;

    fn matches(filter: &str) -> bool {
        let run = r#"{"lr":0.01,"n":3,"status":"failed","tags":["good","x"],"none":null,"loss":{"$float":"nan"},
            "name":"resnet50","on":true,"seed":9223372036854775807,"hash":18446744073709551615,"started":"2026-11-24T12:00:00+01:00"}"#;
        let run = read_json(run, SourceId::NONE).unwrap();
        let get = |key: &str| run.as_map().unwrap().get_str(key).cloned();
        Filter::parse(filter).unwrap().matches(&get)
    }

    #[test]
    fn what_it_says_is_meant() {
        for yes in [
            "lr<0.1",
            "lr = 1e-2",
            "lr<=0.01 and n>=3",
            "status=failed",
            "status='failed' and not n=4",
            "n=4 or (n=3 and lr!=1)",
            "not (n=4 or n=5)",
            "tags=good",
            "tags!=bad",
            "tags~g*",
            "name~'res*50'",
            "name~*net*",
            "on",
            "on=true",
            "none=null",
            "not none",
            "nowhere!=1",
            "loss!=1",
            "started>2026-11",
            "n!=three",
            "seed=9223372036854775807",
            "seed>9223372036854775806",
            "hash=18446744073709551615",
            "hash>1.5",
        ] {
            assert!(matches(yes), "{yes}");
        }
        for no in [
            "lr>0.1",
            "n=3 and n=4",
            "tags!=good",
            "nowhere",
            "nowhere<1",
            "seed=9223372036854775806",
            "hash=18446744073709551614",
            "loss<1",
            "loss>1",
            "name<1",
            "name~res",
        ] {
            assert!(!matches(no), "{no}");
        }
        assert_eq!(
            Filter::parse("a or b and not c").unwrap(),
            Filter::Any(vec![
                Filter::Holds("a".to_owned()),
                Filter::All(vec![
                    Filter::Holds("b".to_owned()),
                    Filter::Not(Box::new(Filter::Holds("c".to_owned())))
                ])
            ])
        );
    }

    #[test]
    fn a_mistake_has_a_place() {
        let told = |filter: &str| format!("{:#}", Filter::parse(filter).unwrap_err());
        let expected = "\
error[usage]: expected a value, found the end
  the filter
  | lr<
  |    ^ here
  help: a filter looks like `lr<0.1 and status=failed`
";
        assert_eq!(told("lr<"), expected);
        for wrong in ["", "a b", "(a", "a)", "and", "a=", "=1", "'a", "a ! b", "a and", "not"] {
            assert!(told(wrong).starts_with("error[usage]: "), "{wrong}");
        }
        told(&"(".repeat(100_000));
        told(&"not ".repeat(100_000));
    }
}
