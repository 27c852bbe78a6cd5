//! Keys of the composed config.

use crate::complete::candidate::Candidate;
use crate::complete::groups::is_ours;
use crate::complete::surroundings::Surroundings;
use crate::complete::typed::Typed;
use crate::complete::values::written;
use crate::diag::{HIDDEN, Source};
use crate::grammar::parse_override;
use crate::schema::Field;
use crate::value::{Key, KeyPath, Kind, Node};

/// A key that is there.
struct Found<'t> {
    /// As it is typed, with those above it.
    text: String,
    key: Key,
    node: &'t Node,
    /// Whether a struct has it always.
    is_field: bool,
    about: String,
}

/// What the key of an override can become.
pub(super) fn keys(around: &Surroundings<'_>, typed: Typed<'_>, described: bool) -> Vec<Candidate> {
    if typed.key.contains(['/', '@']) {
        return Vec::new();
    }
    let adds = typed.operator == "+";
    // What is there cannot be added, but things can be added to it.
    if adds && typed.key.is_empty() {
        return Vec::new();
    }
    let mut candidates = Vec::new();
    for Found { text, key, node, is_field, about } in below(around, typed.key, described) {
        let exact = text == typed.key;
        let text = format!("{}{text}", typed.operator);
        let add = |candidate: Candidate| candidate.about(&about);
        let inner = node.is_container();
        match typed.operator {
            // The program's own nodes cannot be deleted.
            "~" if is_reserved(&text[1..]) => {}
            // Nor can a field; what is in it may be, if it is no struct of fields again.
            "~" if is_field => {
                let expected = around.expected(&KeyPath::parse(&text[1..])).required();
                if inner && expected.as_struct().is_none() && expected.as_enum().is_none() {
                    candidates.push(add(Candidate::open(text + ".")));
                }
            }
            "~" if inner && exact => {
                candidates.push(add(Candidate::whole(text.clone())));
                candidates.push(add(Candidate::open(text + ".")));
            }
            "~" => candidates.push(add(Candidate::whole(text))),
            "+" if !matches!(node.kind, Kind::Map(_)) || key == Key::Int(0) => {}
            _ if inner => candidates.push(add(Candidate::open(text + "."))),
            _ => candidates.push(add(Candidate::open(text + "="))),
        }
    }
    candidates
}

fn is_reserved(key: &str) -> bool {
    crate::compose::RESERVED.contains(&key)
}

/// What a key that stands alone can become.
pub(super) fn alone(around: &Surroundings<'_>, word: &str, described: bool) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for Found { text, node, about, .. } in below(around, word, described) {
        if node.is_container() {
            candidates.push(Candidate::open(format!("{text}.")).about(&about));
        }
        if !node.is_container() || text == word {
            candidates.push(Candidate::whole(text).about(&about));
        }
    }
    candidates
}

/// The keys that begin with what is typed, at the level of the last one.
fn below<'t>(around: &'t Surroundings<'_>, typed: &str, described: bool) -> Vec<Found<'t>> {
    let (above, begun) = match typed.rfind('.') {
        Some(at) => (&typed[..at], &typed[at + 1..]),
        None => ("", typed),
    };
    if above.is_empty() && typed.starts_with('.') {
        return Vec::new();
    }
    let path = KeyPath::parse(above);
    let Some(parent) = around.get(&path) else { return Vec::new() };
    let children: Vec<(Key, &Node)> = match &parent.kind {
        Kind::Map(map) => map.iter().map(|(key, slot)| (key.clone(), &slot.node)).collect(),
        Kind::List(list) => (0..).map(Key::Int).zip(list.iter()).collect(),
        _ => return Vec::new(),
    };
    let expected = around.expected(&path);
    let fields = expected.fields(expected.required().variant_of(parent));
    let tag = expected.as_enum().and_then(|variants| variants.tag.as_ref());
    let mut found = Vec::new();
    for (key, node) in children {
        let name = KeyPath::from_iter([key.clone()]).to_string();
        if !name.starts_with(begun) || !is_typable(&name) || (above.is_empty() && is_ours(&name, begun)) {
            continue;
        }
        let text = if above.is_empty() { name } else { format!("{above}.{name}") };
        let field = key.as_str().and_then(|name| Some(fields?.field(name)?.1));
        let about =
            if described { about(around, &path.child(key.clone()), node, field) } else { String::new() };
        let is_field = field.is_some() || tag.is_some_and(|tag| key.as_str() == Some(tag));
        found.push(Found { text, key, node, is_field, about });
    }
    found
}

/// Whether an override can name the key.
fn is_typable(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(plain) {
        return true;
    }
    let source = crate::diag::SourceId::NONE;
    let read = parse_override(&format!("{name}=1"), source, &mut Vec::<crate::diag::Error>::new());
    read.is_some_and(|read| read.target.package().is_none() && read.target.path().len() == 1)
}

/// So many keys of a mapping are named; there is no room for more.
const NAMED: usize = 16;

/// What a key is: its value, and what it is for or where it is set.
fn about(around: &Surroundings<'_>, path: &KeyPath, node: &Node, field: Option<&Field>) -> String {
    let doc = field.map_or("", |field| field.doc.lines().next().unwrap_or_default());
    let value = match &node.kind {
        _ if around.is_secret(path) || node.shown() != &node.kind => HIDDEN.to_owned(),
        Kind::Map(map) if doc.is_empty() => {
            let names: Vec<String> = map.iter().take(NAMED).map(|(key, _)| key.to_string()).collect();
            return names.join(", ");
        }
        Kind::List(list) if doc.is_empty() => return format!("a list of {}", list.len()),
        Kind::Map(_) | Kind::List(_) => return doc.to_owned(),
        Kind::Template(template) => template.text.to_string(),
        Kind::Null => "null".to_owned(),
        Kind::Missing => "???".to_owned(),
        Kind::Str(text) => text.to_string(),
        _ => written(node).unwrap_or_default(),
    };
    let file = around.sources().get(node.origin.source);
    let said = if doc.is_empty() { file.as_deref().map_or("", Source::label) } else { doc };
    if said.is_empty() { value } else { format!("{value}  {said}") }
}
