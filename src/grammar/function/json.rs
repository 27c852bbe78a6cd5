//! Values as JSON text, for `json_str`.

use std::fmt::Write as _;

use crate::grammar::function::table::Fault;
use crate::grammar::print;
use crate::grammar::value::{Value, ValueKind};
use crate::value::Text;

/// The value as JSON on one line: `{"a": [1, 2.0, null]}`. Floats that JSON lacks are `NaN` and `Infinity`; what is
/// not ASCII is escaped.
pub(super) fn encode(value: &Value) -> Result<Text, Fault> {
    let mut out = Text::default();
    write(&mut out, value)?;
    Ok(out)
}

fn write(out: &mut Text, value: &Value) -> Result<(), Fault> {
    match &value.kind {
        ValueKind::Null => out.push_str("null"),
        ValueKind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        ValueKind::Int(i) => {
            let _ = write!(out, "{i}");
        }
        ValueKind::BigInt(digits) => out.push_str(digits),
        ValueKind::Float(f) => float(out, *f),
        ValueKind::Text(text) | ValueKind::Quoted(text, _) => string(out, text),
        ValueKind::List(list) => {
            out.push('[');
            for (i, item) in list.items.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                write(out, item)?;
            }
            out.push(']');
        }
        ValueKind::Map(pairs) => {
            out.push('{');
            for (i, (key, item)) in pairs.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                match &key.kind {
                    ValueKind::Text(text) | ValueKind::Quoted(text, _) => string(out, text),
                    _ => {
                        out.push('"');
                        write(out, key)?;
                        out.push('"');
                    }
                }
                out.push_str(": ");
                write(out, item)?;
            }
            out.push('}');
        }
        ValueKind::Sweep(_) | ValueKind::Extend(_) => {
            return Err(Fault::new(value.span, format!("{} has no form in JSON", value.describe())));
        }
    }
    Ok(())
}

fn float(out: &mut Text, f: f64) {
    match f {
        f if f.is_nan() => out.push_str("NaN"),
        f if f.is_infinite() => out.push_str(if f > 0.0 { "Infinity" } else { "-Infinity" }),
        f => out.push_str(&print::float(f)),
    }
}

fn string(out: &mut Text, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}
