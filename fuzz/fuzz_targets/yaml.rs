//! Any text: an error or a tree, never a panic, and every place lies in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mainstem::diag::{Error, SourceId, Span};
use mainstem::value::{Kind, Node};
use mainstem::yaml::{Limits, parse};

fuzz_target!(|text: &str| {
    let mut errors: Vec<Error> = Vec::new();
    match parse(text, SourceId::NONE, &Limits::default(), &mut errors) {
        Some(parsed) => {
            assert!(errors.is_empty());
            check(&parsed.root, text);
        }
        None => assert!(!errors.is_empty(), "refused without a reason"),
    }
});

fn check(node: &Node, text: &str) {
    within(node.origin.span, text);
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|item| check(item, text)),
        Kind::Map(map) => map.iter().for_each(|(_, slot)| {
            within(slot.origin.span, text);
            check(&slot.node, text);
        }),
        _ => {}
    }
}

fn within(span: Span, text: &str) {
    assert!(text.get(span.range()).is_some(), "{span:?} is no range of the text");
}
