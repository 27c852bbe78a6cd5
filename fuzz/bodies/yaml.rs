//! Any text: either a tree, which prints and reads back, or errors that draw themselves.

use std::sync::Arc;

use mainstem::diag::{Error, Source, SourceId, SourceKind, SourceMap, Style};
use mainstem::value::{JsonStyle, Node, write_json, write_repr, write_yaml};
use mainstem::yaml::{Limits, parse};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let sources = Arc::new(SourceMap::default());
    let source = sources.add(Source::new(SourceKind::File, "conf/config.yaml", text));
    // Small limits, since a tree may be much larger than its text.
    let limits = Limits { depth: 64, nodes: 50_000, bytes: 1 << 16 };
    let mut errors: Vec<Error> = Vec::new();
    let Some(parsed) = parse(text, source, &limits, &mut errors) else {
        let error = Error::all(errors).expect("no tree, so an error").located(&sources);
        assert!(!error.to_string().is_empty() && !error.render(Style::Plain).is_empty());
        return;
    };
    assert!(errors.is_empty(), "a tree and errors: {errors:?}");
    reads_back(&parsed.root);
    let mut out = String::new();
    write_json(&parsed.root, JsonStyle::Pretty, &mut out);
    write_repr(&parsed.root, &mut out);
}

fn reads_back(tree: &Node) {
    let mut printed = String::new();
    write_yaml(tree, &mut printed);
    let mut errors: Vec<Error> = Vec::new();
    let back = parse(&printed, SourceId::NONE, &Limits::default(), &mut errors);
    assert!(errors.is_empty(), "{errors:?} in\n{printed}");
    let back = back.expect("no error, so a tree").root;
    assert!(back == *tree, "another tree after printing\n{printed}");
    let mut again = String::new();
    write_yaml(&back, &mut again);
    assert_eq!(again, printed, "printed in another way after reading");
}
