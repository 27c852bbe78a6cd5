//! The grammar: cases under `tests/cases/grammar` (one text a line, a line `---`, and what becomes of each, in the form
//! that the file's ending names), and the laws: what prints reads back, and no text is too much.

mod laws;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use mainstem::diag::{Error, Source, SourceKind, SourceMap, Style};
use mainstem::grammar::{TemplateError, parse_element, parse_override, parse_template, to_json};
use mainstem::value::{Argument, Expression, JsonStyle, Kind, Name, Node, Part, write_json, write_json_str};

/// Each line as the argument of its number: what `show` says of it, or its mistakes.
fn each(input: &str, show: impl Fn(&mainstem::grammar::Override) -> Result<String, Error>) -> String {
    let map = Arc::new(SourceMap::default());
    let mut out = String::new();
    for (i, line) in input.lines().enumerate() {
        let id = map.add(Source::new(SourceKind::Argument(i + 1), "", line));
        let mut errors: Vec<Error> = Vec::new();
        if let Some(parsed) = parse_override(line, id, &mut errors) {
            assert!(errors.is_empty(), "{line}: an override and errors");
            match show(&parsed) {
                Ok(text) => out.push_str(&text),
                Err(error) => errors.push(error),
            }
        }
        for error in errors {
            out.push_str(error.located(&map).render(Style::Plain).trim_end());
            out.push('\n');
        }
        if !out.ends_with('\n') {
            out.push('\n');
        }
    }
    out
}

fn canonical(input: &str) -> String {
    each(input, |parsed| Ok(parsed.to_string()))
}

fn json(input: &str) -> String {
    each(input, |parsed| Ok(to_json(parsed)))
}

fn nodes(input: &str) -> String {
    each(input, |parsed| {
        let assignment = parsed.assignment(1)?;
        let mut out = format!("{}", assignment.target.path());
        if let Some(node) = assignment.action.value() {
            out.push_str(" = ");
            describe(node, &mut out);
        }
        Ok(out)
    })
}

/// The value, with what JSON does not show: `???` and templates.
fn describe(node: &Node, out: &mut String) {
    match &node.kind {
        Kind::Missing => out.push_str("missing"),
        Kind::Template(template) => {
            let _ = write!(out, "template {}", parts(&template.parts));
        }
        _ => write_json(node, JsonStyle::Compact, out),
    }
}

fn templates(input: &str) -> String {
    lines(input, |line| {
        Ok(match parse_template(line)? {
            Some(template) => parts(&template.parts),
            None => "plain".to_owned(),
        })
    })
}

fn elements(input: &str) -> String {
    lines(input, |line| Ok(expression(&parse_element(line)?)))
}

fn lines(input: &str, show: impl Fn(&str) -> Result<String, TemplateError>) -> String {
    let mut out = String::new();
    for line in input.lines() {
        match show(line) {
            Ok(text) => out.push_str(&text),
            Err(error) => {
                let at = line.get(..error.span.start as usize).unwrap_or("").chars().count();
                let _ = write!(out, "error at {at}: {}", error.message);
                if let Some(help) = error.help {
                    let _ = write!(out, " ({help})");
                }
            }
        }
        out.push('\n');
    }
    out
}

fn parts(list: &[Part]) -> String {
    let each: Vec<String> = list
        .iter()
        .map(|part| match part {
            Part::Text(text) => quoted(text),
            Part::Interpolation(inner, span) => {
                format!("<{}>@{}..{}", expression(inner), span.start, span.end)
            }
        })
        .collect();
    each.join(" + ")
}

fn name(name: &Name) -> String {
    match name {
        Name::Literal(text) => quoted(text),
        Name::Parts(list) => format!("({})", parts(list)),
    }
}

fn arguments(list: &[Argument]) -> String {
    list.iter().map(|argument| expression(&argument.value)).collect::<Vec<_>>().join(", ")
}

fn expression(shown: &Expression) -> String {
    match shown {
        Expression::Reference(reference) => {
            let path: Vec<String> = reference.path.iter().map(name).collect();
            format!("{}{}", "^".repeat(reference.up as usize), path.join(" . "))
        }
        Expression::Call(call) => format!("call {}({})", name(&call.name), arguments(&call.arguments)),
        Expression::Literal(kind) => match kind {
            Kind::Missing => "missing".to_owned(),
            Kind::Float(float) => format!("{float:?}"),
            kind => {
                let mut out = String::new();
                write_json(
                    &Node::new(kind.clone(), mainstem::diag::Origin::NONE),
                    JsonStyle::Compact,
                    &mut out,
                );
                out
            }
        },
        Expression::Concat(list) => format!("text({})", parts(list)),
        Expression::List(list) => format!("[{}]", arguments(list)),
        Expression::Map(pairs) => {
            let pairs: Vec<String> = pairs
                .iter()
                .map(|(key, value)| {
                    format!("{}: {}", expression(&Expression::Literal(key.clone())), expression(&value.value))
                })
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    write_json_str(text, &mut out);
    out
}

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/grammar");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the folder of the cases") {
        let path = entry.expect("a file").path();
        let text = fs::read_to_string(&path).expect("UTF-8");
        let (input, expected) = text.split_once("\n---\n").expect("a line `---`");
        let found = match path.extension().and_then(|ending| ending.to_str()) {
            Some("canonical") => canonical(input),
            Some("json") => json(input),
            Some("nodes") => nodes(input),
            Some("templates") => templates(input),
            Some("elements") => elements(input),
            other => unreachable!("no form for {other:?}"),
        };
        count += 1;
        assert_eq!(found, expected, "{}", path.display());
    }
    assert!(count >= 10, "only {count} cases were found");
}
