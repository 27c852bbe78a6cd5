//! Values that a key can have.

use crate::complete::candidate::Candidate;
use crate::complete::files::{Wanted, files};
use crate::complete::surroundings::Surroundings;
use crate::complete::typed::{Items, Typed};
use crate::diag::{Error, SourceId, Span};
use crate::grammar::{Operand, Quote, Value, ValueKind, parse_override};
use crate::schema::{Expected, Type};
use crate::settings;
use crate::value::{KeyPath, Kind, Node, write_float};

/// What the value of a key can become: the words that its type allows, its value now, names of files for a path.
pub(super) fn values(
    around: &Surroundings<'_>,
    typed: Typed<'_>,
    items: &Items<'_>,
    described: bool,
) -> Vec<Candidate> {
    let path = KeyPath::parse(typed.key);
    if path.is_empty() || typed.key.contains(['/', '@']) {
        return Vec::new();
    }
    let node = around.get(&path);
    let left = typed.left() + items.head;
    if around.is_secret(&path) {
        return Vec::new();
    }
    let mut expected = around.expected(&path);
    // Inside of brackets stand elements.
    if let Type::List(element) = expected.required().ty()
        && !items.head.is_empty()
    {
        expected = expected.other(element);
    }
    let now = node.filter(|_| items.head.is_empty()).and_then(|node| current(around, &path, node));
    let mut found: Vec<(String, String)> = words(expected, node, described);
    let settings = settings::words(typed.key);
    found.extend(settings.iter().map(|word| ((*word).to_owned(), String::new())));
    if let Some(now) = now {
        match found.iter().position(|(word, _)| *word == now) {
            Some(at) => found[at].1 = format!("now; {}", found[at].1).trim_end_matches("; ").to_owned(),
            None if !now.is_empty() => found.push((now, "now".to_owned())),
            None if found.is_empty() => {
                let is_missing = node.is_some_and(|node| matches!(node.kind, Kind::Missing));
                found.push((now, if is_missing { "must be given" } else { "now empty" }.to_owned()));
            }
            None => {}
        }
    }
    let fitting = found.into_iter().filter(|(word, _)| items.takes(word));
    let mut candidates: Vec<Candidate> = fitting
        .map(|(word, about)| {
            let candidate = Candidate {
                whole: items.is_last && !word.is_empty(),
                ..Candidate::whole(format!("{left}{word}"))
            };
            if described { candidate.about(&about) } else { candidate }
        })
        .collect();
    // A list that is begun may be that which is there.
    if !items.head.is_empty()
        && let Some(list) = node.filter(|node| matches!(node.kind, Kind::List(_))).and_then(written)
        && typed.value.is_some_and(|value| list.starts_with(value))
    {
        candidates.push(Candidate::whole(format!("{}{list}", typed.left())).about("now"));
    }
    let is_path = matches!(expected.required().ty(), Type::Path)
        || node.and_then(Node::as_str).is_some_and(|text| text.contains('/'));
    if is_path && (candidates.is_empty() || matches!(expected.required().ty(), Type::Path)) {
        candidates.extend(files(items.item, around.composer.facts(), Wanted::Any, &left));
    }
    candidates
}

/// The words that a type allows, if they are few.
fn words(expected: Expected<'_>, node: Option<&Node>, described: bool) -> Vec<(String, String)> {
    let plain = |word: &str| (word.to_owned(), String::new());
    let required = expected.required();
    let mut found: Vec<(String, String)> = match required.ty() {
        Type::Bool => vec![plain("false"), plain("true")],
        Type::OneOf(words) => words.iter().map(|word| plain(word)).collect(),
        Type::Enum(variants) if variants.tag.is_none() => {
            let current = variants.variants.iter().filter(|(_, variant)| variant.deprecated.is_none());
            let doc = |doc: &str| if described { doc.to_owned() } else { String::new() };
            current.map(|(name, variant)| (name.to_string(), doc(&variant.doc))).collect()
        }
        // What is a boolean in YAML is meant as one.
        _ if node.is_some_and(|node| matches!(node.kind, Kind::Bool(_))) => {
            vec![plain("false"), plain("true")]
        }
        _ => Vec::new(),
    };
    if !required.is_any() && expected.is_optional() && !found.is_empty() {
        found.push(plain("null"));
    }
    found
}

/// The value that a key has, as it is typed; empty if it must be given. `null` is what nobody types.
fn current(around: &Surroundings<'_>, path: &KeyPath, node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Missing => Some(String::new()),
        Kind::Template(_) => written(&around.select(path)?),
        _ => written(node),
    }
}

/// A value in the grammar of overrides; `None` for what nobody types.
pub(super) fn written(node: &Node) -> Option<String> {
    Some(match &node.kind {
        Kind::Bool(b) => b.to_string(),
        Kind::Int(i) => i.to_string(),
        Kind::BigInt(digits) => digits.to_string(),
        Kind::Float(x) => {
            let mut text = String::new();
            write_float(*x, &mut text);
            text
        }
        Kind::Str(text) => {
            let say = |kind| Value { kind, span: Span::default() }.to_string();
            // `1` in quotes is no number, and `a,b` no sweep.
            match reads_as_text(text, text) {
                true => text.to_string(),
                false => say(ValueKind::Quoted(text.clone(), Quote::Single)),
            }
        }
        Kind::List(items) if items.iter().all(|item| item.shown() == &item.kind) => {
            let items = items.iter().map(|item| match item.kind {
                Kind::Null => Some("null".to_owned()),
                _ => written(item),
            });
            format!("[{}]", items.collect::<Option<Vec<_>>>()?.join(","))
        }
        _ => return None,
    })
}

fn reads_as_text(written: &str, text: &str) -> bool {
    let read = parse_override(&format!("x={written}"), SourceId::NONE, &mut Vec::<Error>::new());
    let value = read.as_ref().and_then(|read| read.action.value());
    matches!(value, Some(Operand::Value(Value { kind: ValueKind::Text(read), .. })) if read == text)
}
