//! Any text: a template whose places lie in it, no template, or a mistake with its place.

use mainstem::diag::Span;
use mainstem::grammar::parse_template;
use mainstem::value::{Argument, Expression, Name, Part};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse_template(text) {
        Ok(None) => assert!(!text.contains("${"), "no template"),
        Ok(Some(template)) => {
            assert_eq!(template.text, text);
            parts(text, &template.parts);
        }
        Err(error) => {
            assert!(!error.message.is_empty());
            inside(text, error.span);
        }
    }
}

fn inside(text: &str, span: Span) {
    assert!(text.get(span.range()).is_some(), "{span:?} does not lie in {text:?}");
}

fn parts(text: &str, parts: &[Part]) {
    for part in parts {
        if let Part::Interpolation(expression, span) = part {
            inside(text, *span);
            walk(text, expression);
        }
    }
}

fn name(text: &str, name: &Name) {
    if let Name::Parts(inner) = name {
        parts(text, inner);
    }
}

fn arguments<'a>(text: &str, arguments: impl IntoIterator<Item = &'a Argument>) {
    for argument in arguments {
        inside(text, argument.span);
        walk(text, &argument.value);
    }
}

fn walk(text: &str, expression: &Expression) {
    match expression {
        Expression::Reference(reference) => reference.path.iter().for_each(|key| name(text, key)),
        Expression::Call(call) => {
            name(text, &call.name);
            arguments(text, &call.arguments);
        }
        Expression::Literal(_) => {}
        Expression::Concat(inner) => parts(text, inner),
        Expression::List(elements) => arguments(text, elements),
        Expression::Map(entries) => arguments(text, entries.iter().map(|(_, value)| value)),
    }
}
