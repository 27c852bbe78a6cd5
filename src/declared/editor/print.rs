//! JSON as other programs read it. What JSON has no number for is `null`.

use crate::value::{Key, Kind, Map, Node, write_float, write_int, write_json_str};

/// The widest line on which a list or an object stands whole, in characters.
const WIDTH: usize = 100;

/// The text, indented by two spaces, with a line break at the end.
pub(super) fn printed(schema: Map) -> String {
    let mut out = String::new();
    value(&Node::from(schema), 0, &mut out);
    out.push('\n');
    out
}

fn value(node: &Node, depth: usize, out: &mut String) {
    match &node.kind {
        Kind::Null | Kind::Bytes(_) => out.push_str("null"),
        Kind::Missing => out.push_str("\"???\""),
        Kind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Kind::Int(value) => write_int(*value, out),
        Kind::BigInt(digits) => out.push_str(digits),
        Kind::Float(value) if value.is_finite() => write_float(*value, out),
        Kind::Float(_) => out.push_str("null"),
        Kind::Str(text) => write_json_str(text, out),
        Kind::Template(template) => write_json_str(&template.text, out),
        Kind::List(_) | Kind::Map(_) => block(node, depth, out),
    }
}

/// Brackets, and what stands between them.
fn parts(node: &Node) -> ([char; 2], Vec<(Option<&Key>, &Node)>) {
    match &node.kind {
        Kind::Map(map) => (['{', '}'], map.iter().map(|(key, slot)| (Some(key), &slot.node)).collect()),
        _ => (['[', ']'], node.as_list().unwrap_or_default().iter().map(|item| (None, item)).collect()),
    }
}

fn block(node: &Node, depth: usize, out: &mut String) {
    if let Some(line) = in_one_line(node, WIDTH.saturating_sub(2 * depth)) {
        return out.push_str(&line);
    }
    let line = |depth: usize, out: &mut String| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    let ([open, close], items) = parts(node);
    out.push(open);
    for (nth, (key, item)) in items.into_iter().enumerate() {
        out.push_str(if nth > 0 { "," } else { "" });
        line(depth + 1, out);
        if let Some(key) = key {
            write_json_str(&key.to_string(), out);
            out.push_str(": ");
        }
        value(item, depth + 1, out);
    }
    line(depth, out);
    out.push(close);
}

/// What fits into so many characters; `None` as soon as it does not.
fn in_one_line(node: &Node, room: usize) -> Option<String> {
    let ([open, close], items) = parts(node);
    let mut line = String::from(open);
    for (nth, (key, item)) in items.into_iter().enumerate() {
        line.push_str(if nth > 0 { ", " } else { "" });
        if let Some(key) = key {
            write_json_str(&key.to_string(), &mut line);
            line.push_str(": ");
        }
        let rest = room.checked_sub(line.len())?;
        match item.is_container() {
            true => line.push_str(&in_one_line(item, rest)?),
            false => value(item, 0, &mut line),
        }
    }
    line.push(close);
    (line.len() <= room).then_some(line)
}
