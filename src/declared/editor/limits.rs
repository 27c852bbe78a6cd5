//! Limits as keywords of JSON Schema.

use crate::declared::editor::object::{alternatives, one, with};
use crate::schema::{Bound, Constraint};
use crate::value::{Kind, Map, Node, write_str};

/// What fits a type (one of `branches`) within a limit. A limit on numbers says nothing of text that spells one, as
/// keywords of JSON Schema say nothing of other types: composing knows more.
pub(super) fn limited(branches: Vec<Map>, constraint: &Constraint) -> Vec<Map> {
    match constraint {
        Constraint::Range { min, max } => each(branches, &["number", "integer"], |branch| {
            let branch = bound(branch, min.as_ref(), ["minimum", "exclusiveMinimum"]);
            bound(branch, max.as_ref(), ["maximum", "exclusiveMaximum"])
        }),
        Constraint::Length { min, max } => {
            let ends = |branch: Map, least: &str, most: &str| {
                let number = |n: usize| Node::from(i64::try_from(n).unwrap_or(i64::MAX));
                let branch = if *min > 0 { with(branch, least, number(*min)) } else { branch };
                match max {
                    Some(max) => with(branch, most, number(*max)),
                    None => branch,
                }
            };
            let branches = each(branches, &["string"], |branch| ends(branch, "minLength", "maxLength"));
            let branches = each(branches, &["array"], |branch| ends(branch, "minItems", "maxItems"));
            each(branches, &["object"], |branch| ends(branch, "minProperties", "maxProperties"))
        }
        Constraint::Regex(pattern) => each(branches, &["string"], |branch| {
            // Each has its own pattern, and none has two: only strings have limits that are patterns.
            if branch.get_str("pattern").is_some() {
                branch
            } else {
                with(branch, "pattern", pattern.as_str())
            }
        }),
        Constraint::OneOf(values) => one_of(branches, values),
    }
}

/// Some branches changed: those for these types, that are not text which only spells a value.
fn each(branches: Vec<Map>, types: &[&str], change: impl Fn(Map) -> Map) -> Vec<Map> {
    let fits = |branch: &Map| {
        let Some(ty) = branch.get_str("type") else { return false };
        let mut named = ty.as_list().unwrap_or(std::slice::from_ref(ty)).iter().filter_map(Node::as_str);
        named.any(|name| types.contains(&name))
    };
    branches.into_iter().map(|branch| if fits(&branch) { change(branch) } else { branch }).collect()
}

fn bound(branch: Map, bound: Option<&Bound>, [inclusive, exclusive]: [&str; 2]) -> Map {
    let is_number = |kind: &Kind| match kind {
        Kind::Int(_) => true,
        Kind::Float(number) => number.is_finite(),
        _ => false,
    };
    match bound {
        Some(Bound { value, inclusive: is_inclusive }) if is_number(&value.kind) => {
            with(branch, if *is_inclusive { inclusive } else { exclusive }, value.clone())
        }
        _ => branch,
    }
}

/// The values, and what converts to them: `1` where text is expected, `"1"` where a number is.
fn one_of(branches: Vec<Map>, values: &[Node]) -> Vec<Map> {
    let null = branches.into_iter().filter(|branch| branch.get_str("type").is_some_and(is_null));
    let mut all: Vec<Map> = null.collect();
    let texts: Vec<String> = values
        .iter()
        .map(|value| {
            let mut text = String::new();
            write_str(value, &mut text);
            text
        })
        .collect();
    all.push(one("enum", values.iter().cloned().collect::<Node>()));
    let pattern = format!("^{}$", alternatives(texts.iter().map(String::as_str)));
    let spelled: Vec<Node> =
        texts.iter().filter_map(|text| text.parse::<f64>().ok()).map(Node::from).collect();
    if values.iter().any(|value| value.as_str().is_none()) {
        all.push(with(one("type", "string"), "pattern", pattern.as_str()));
    } else if !spelled.is_empty() {
        all.push(with(one("type", "number"), "enum", Node::from(spelled)));
    }
    all
}

fn is_null(ty: &Node) -> bool {
    ty.as_str() == Some("null")
}
