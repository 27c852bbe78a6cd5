//! Parsed overrides as JSON, for programs that read them.

use std::fmt::Write as _;

use crate::diag::SourceId;
use crate::grammar::expand::Values;
use crate::grammar::overrides::{Action, Override};
use crate::grammar::value::{Number, Operand, Quote, Sweep, SweepKind, Value, ValueKind};
use crate::value::write_json_str;

/// Longer ranges are not listed.
const LISTED: u64 = 400;

/// One override as a JSON object on one line: `type`, `key_or_group`, `package`, `value_type`, `value`, and
/// `expansion`: what a sweep makes of it alone, where that is known and short.
///
/// Values: `null`, booleans, numbers, lists; unquoted text as a string; everything else as an object with a tag, such
/// as `{"quoted":"a","quote":"'"}` or `{"dict":[[key,value]]}`.
pub fn to_json(parsed: &Override) -> String {
    let mut out = String::new();
    let kind = match &parsed.action {
        Action::Change(_) => "CHANGE",
        Action::Add(_) => "ADD",
        Action::ForceAdd(_) => "FORCE_ADD",
        Action::Delete(_) => "DEL",
        Action::Extend(_) => "EXTEND_LIST",
    };
    let _ = write!(out, "{{\"type\":\"{kind}\",\"key_or_group\":");
    write_json_str(parsed.target.key(), &mut out);
    out.push_str(",\"package\":");
    match parsed.target.package() {
        Some(package) => write_json_str(package, &mut out),
        None => out.push_str("null"),
    }
    out.push_str(",\"value_type\":");
    match parsed.action.value() {
        None => out.push_str("null"),
        Some(Operand::Value(_)) => out.push_str("\"ELEMENT\""),
        Some(Operand::Sweep(sweep)) => write_json_str(sweep_type(sweep), &mut out),
    }
    out.push_str(",\"value\":");
    match parsed.action.value() {
        None => out.push_str("null"),
        Some(Operand::Value(value)) => write(&mut out, value),
        Some(Operand::Sweep(sweep)) => write_sweep(&mut out, sweep),
    }
    if let Some(lines) = expansion(parsed) {
        out.push_str(",\"expansion\":");
        list(&mut out, &lines, |out, line| write_json_str(line, out));
    }
    out.push('}');
    out
}

/// The JSON form of one value.
pub fn value_to_json(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

fn sweep_type(sweep: &Sweep) -> &'static str {
    match &sweep.kind {
        SweepKind::Choice(choice) if choice.simple => "SIMPLE_CHOICE_SWEEP",
        SweepKind::Choice(_) => "CHOICE_SWEEP",
        SweepKind::Range(_) => "RANGE_SWEEP",
        SweepKind::Interval { .. } => "INTERVAL_SWEEP",
        SweepKind::Glob { .. } => "GLOB_CHOICE_SWEEP",
    }
}

/// The overrides that a sweep makes of this one alone; `None` where they are not known, or too many.
fn expansion(parsed: &Override) -> Option<Vec<String>> {
    let key = parsed.key_element();
    match parsed.action.value() {
        None => Some(vec![format!("{key}=null")]),
        Some(Operand::Value(value)) if value.misfit().is_some() => None,
        Some(Operand::Value(value)) => Some(vec![expanded(&key, value)?]),
        Some(Operand::Sweep(sweep)) => {
            let values = Values::new(sweep, SourceId::NONE).ok()?;
            let long = matches!(sweep.kind, SweepKind::Range(_)) && values.len() > LISTED;
            if long {
                return None;
            }
            (0..values.len()).map(|i| expanded(&key, &values.get(i)?)).collect()
        }
    }
}

/// One line of an expansion, lists in written order; `None` if the value can be written in quotes only.
fn expanded(key: &str, value: &Value) -> Option<String> {
    value.is_plain().then(|| format!("{key}={}", value.clone().drawn(None)))
}

fn write(out: &mut String, value: &Value) {
    match &value.kind {
        ValueKind::Null => out.push_str("null"),
        ValueKind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        ValueKind::Int(i) => {
            let _ = write!(out, "{i}");
        }
        ValueKind::BigInt(digits) => {
            let _ = write!(out, "{{\"int\":\"{digits}\"}}");
        }
        ValueKind::Float(f) => float(out, *f),
        ValueKind::Text(text) => write_json_str(text, out),
        ValueKind::Quoted(text, quote) => {
            out.push_str("{\"quoted\":");
            write_json_str(text, out);
            out.push_str(match quote {
                Quote::Single => ",\"quote\":\"'\"}",
                Quote::Double => ",\"quote\":\"\\\"\"}",
            });
        }
        ValueKind::List(items) => list(out, &items.items, write),
        ValueKind::Map(pairs) => {
            out.push_str("{\"dict\":");
            list(out, pairs, |out, (key, value)| {
                out.push('[');
                write(out, key);
                out.push(',');
                write(out, value);
                out.push(']');
            });
            out.push('}');
        }
        ValueKind::Sweep(sweep) => write_sweep(out, sweep),
        ValueKind::Extend(items) => {
            out.push_str("{\"extend_list\":");
            list(out, items, write);
            out.push('}');
        }
    }
}

fn write_sweep(out: &mut String, sweep: &Sweep) {
    match &sweep.kind {
        SweepKind::Choice(choice) => {
            out.push_str("{\"choice\":");
            list(out, &choice.items, write);
            let _ = write!(out, ",\"simple\":{},\"shuffle\":{}", choice.simple, choice.shuffle);
        }
        SweepKind::Range(range) => {
            out.push_str("{\"range\":{");
            for (name, number) in [("start", &range.start), ("stop", &range.stop), ("step", &range.step)] {
                let _ = write!(out, "{}\"{name}\":", if name == "start" { "" } else { "," });
                write_number(out, number);
            }
            let _ = write!(out, "}},\"shuffle\":{}", range.shuffle);
        }
        SweepKind::Interval { start, end } => {
            out.push_str("{\"interval\":{\"start\":");
            write_number(out, start);
            out.push_str(",\"end\":");
            write_number(out, end);
            out.push('}');
        }
        SweepKind::Glob { include, exclude } => {
            out.push_str("{\"glob\":{\"include\":");
            list(out, include, write);
            out.push_str(",\"exclude\":");
            list(out, exclude, write);
            out.push_str("}}");
            return;
        }
    }
    out.push_str(",\"tags\":");
    let tags: Vec<_> = sweep.tags.iter().collect();
    list(out, &tags, |out, tag| write_json_str(tag, out));
    out.push('}');
}

fn write_number(out: &mut String, number: &Number) {
    let kind: ValueKind = number.clone().into();
    write(out, &Value::new(kind, Default::default()));
}

fn float(out: &mut String, f: f64) {
    let _ = match f {
        f if f.is_nan() => write!(out, "{{\"float\":\"nan\"}}"),
        f if f.is_infinite() => write!(out, "{{\"float\":\"{}\"}}", if f > 0.0 { "inf" } else { "-inf" }),
        f => write!(out, "{f:?}"),
    };
}

fn list<T>(out: &mut String, items: &[T], mut write: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (i, item) in items.iter().enumerate() {
        out.push_str(if i > 0 { "," } else { "" });
        write(out, item);
    }
    out.push(']');
}
