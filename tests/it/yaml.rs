//! Texts and what they mean: each file of `cases/yaml` is a text, a line `=====`, and the tree or the errors.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use mainstem::diag::{Error, ErrorKind, Source, SourceId, SourceKind, SourceMap};
use mainstem::value::{Key, Kind, Node};
use mainstem::yaml::{Limits, Parsed, parse};
use proptest::prelude::*;

fn read(text: &str) -> Result<(Parsed, Arc<SourceMap>), Error> {
    let map = Arc::new(SourceMap::default());
    let id = map.add(Source::new(SourceKind::File, "conf/a.yaml", text));
    let mut errors: Vec<Error> = Vec::new();
    let parsed = parse(text, id, &Limits::default(), &mut errors);
    match Error::all(errors) {
        Some(error) => Err(error.located(&map)),
        None => Ok((parsed.expect("no error, so a tree"), map)),
    }
}

fn root(text: &str) -> Node {
    read(text).expect(text).0.root
}

fn refusal(text: &str) -> ErrorKind {
    read(text).expect_err(text).kind()
}

/// A line for each value: its path, the value, and the source of key and value.
fn draw(node: &Node, path: &str, map: &SourceMap, out: &mut String) {
    let place = map.describe(node.origin).replace("conf/a.yaml:", "");
    let value = match &node.kind {
        Kind::List(items) => format!("list of {}", items.len()),
        Kind::Map(map) => format!("mapping of {}", map.len()),
        Kind::Template(template) => format!("template {:?}", template.text),
        kind => format!("{kind:?}"),
    };
    let _ = writeln!(out, "{path}  {value}  {place} `{}`", map.excerpt(node.origin).replace('\n', "⏎"));
    match &node.kind {
        Kind::List(items) => {
            items.iter().enumerate().for_each(|(i, item)| draw(item, &format!("{path}[{i}]"), map, out));
        }
        Kind::Map(entries) => {
            for (key, slot) in entries.iter() {
                let key = match key {
                    Key::Str(text) => text.to_string(),
                    other => format!("{other:?}"),
                };
                let place = map.describe(slot.origin).replace("conf/a.yaml:", "");
                draw(&slot.node, &format!("{path}.{key}@{place}"), map, out);
            }
        }
        _ => {}
    }
}

fn outcome(text: &str) -> String {
    match read(text) {
        Err(error) => format!("{error:#}"),
        Ok((parsed, map)) => {
            let mut out = String::new();
            if let Some(header) = &parsed.header {
                let _ = writeln!(out, "package {}  {}", header.package, map.describe(header.origin));
            }
            if let Some(ignored) = parsed.ignored_header {
                let _ = writeln!(out, "ignored header  {}", map.describe(ignored));
            }
            draw(&parsed.root, "", &map, &mut out);
            out
        }
    }
}

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/yaml");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut wrong = String::new();
    for file in &files {
        let case = fs::read_to_string(file).unwrap();
        let (text, expected) = case.split_once("=====\n").expect("a line of =====");
        let found = outcome(text);
        if found != expected {
            let _ = writeln!(wrong, "{}\nexpected:\n{expected}\nfound:\n{found}", file.display());
        }
    }
    assert!(files.len() >= 10, "the cases were not found");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn whole_texts() {
    for text in ["", "\n", "# only a comment\n", "---\n", "~\n", "null"] {
        assert_eq!(root(text), Node::new(Kind::Map(Arc::default()), root("").origin), "{text:?}");
    }
    for (text, key) in
        [("a b", "a b"), ("'1'", "1"), ("${x}", "${x}"), ("|\n t", "t"), ("2020-01-01\n", "2020-01-01")]
    {
        assert_eq!(root(text).as_map().unwrap().get_str(key), Some(&Node::null()), "{text:?}");
    }
    assert_eq!(root("- 1").as_list(), Some(&[Node::from(1)][..]));
    for text in ["1.5", "true", "!!binary aGk=", "a: 1\n---\nb: 2\n", "...", "%FOO\n---\na: 1\n"] {
        assert_eq!(refusal(text), ErrorKind::Yaml, "{text:?}");
    }
}

#[test]
fn line_breaks_and_marks() {
    let expected = root("a: 1\nb: [x, y]\n");
    for text in [
        "a: 1\r\nb: [x, y]\r\n",
        "a: 1\rb: [x, y]",
        "\u{feff}a: 1\nb: [x, y]\n",
        "\u{feff}# c\na: 1\nb: [x, y]\n",
        "a: 1\u{85}b: [x, y]\n",
        "a: 1\u{2028}b: [x, y]\n",
        "---\na: 1\nb:\n- x\n- y\n...\n",
        "a:\t1\t# c\nb:\t[x,\ty]\t",
    ] {
        assert_eq!(root(text), expected, "{text:?}");
    }
}

/// What PyYAML's loader makes of each.
#[test]
fn separators_of_lines_and_paragraphs_break_lines_and_are_kept() {
    for (text, value) in [
        ("'x\u{2028}y'", "x\u{2028}y"),
        ("\"x\u{2028}  y\"", "x\u{2028}y"),
        ("'x \u{2028}\u{2029} y'", "x\u{2028}\u{2029}y"),
        ("'x\n\u{2028}y'", "x\u{2028}y"),
        ("'x\u{2028}\ny'", "x\u{2028}\ny"),
        ("'x\r\n\r\n\u{2029}y'", "x\n\u{2029}y"),
        ("x\u{2028} y", "x\u{2028}y"),
        ("'\u{2028}it''s'", "\u{2028}it's"),
        ("\"\\tx\\u00e9\\ \u{2028}\\n\"", "\txé \u{2028}\n"),
        ("\"x\\\u{2028}  y\"", "xy"),
        ("\"x\\\\\u{2028}  y\\\n\u{2028} z\"", "x\\\u{2028}y\u{2028}z"),
        ("'x\u{85}y'", "x y"),
        ("'x\u{85}\u{85}y'", "x\ny"),
        ("|\n  x\u{2028}  y\n", "x\u{2028}y\n"),
        ("|\n  x\u{2028}\n    y\u{2028}", "x\u{2028}\n  y\u{2028}"),
        ("|\n  \u{2028}  x\n", "\u{2028}x\n"),
        ("|\u{2028}  x\n", "x\n"),
        (">\n  x\u{2028}  y\n  z\n", "x\u{2028}y z\n"),
        (">\n  x\n  y\u{2028}\u{2028}  z\n", "x y\u{2028}\u{2028}z\n"),
        (">-\n  x\n   y\u{2028}  z\u{2029}", "x\n y\u{2028}z"),
        ("|+\n  x\u{2028}\u{2029}", "x\u{2028}\u{2029}"),
        ("|-\n  x\u{2028}\u{2029}", "x"),
        ("|\n  x\u{2028}\u{2029}", "x\u{2028}"),
        ("|+\n\u{2028}\u{2029}", "\u{2028}\u{2029}"),
    ] {
        let text = format!("\u{feff}a: {text}");
        assert_eq!(root(&text).as_map().unwrap().get_str("a"), Some(&Node::from(value)), "{text:?}");
    }
    let entries = root("a: x # c\u{2028}b: [1,\u{2029}2]");
    assert_eq!(entries, root("a: x\nb: [1, 2]\n"));
    assert_eq!(refusal("'x\u{2028}y': 1"), ErrorKind::Yaml);
}

#[test]
fn merge_keys_keep_the_order_of_pyyaml() {
    let order = |text: &str| {
        let root = root(text);
        let map = root.as_map().unwrap().get_str("c").unwrap().as_map().unwrap();
        map.iter().map(|(k, slot)| format!("{k}={:?}", slot.node.kind)).collect::<Vec<_>>().join(" ")
    };
    let anchors = "a: &a {p: 1, q: 2, 7: x}\nb: &b {q: 3, r: 4}\n";
    assert_eq!(order(&format!("{anchors}c:\n  z: 0\n  <<: *a\n")), "p=Int(1) q=Int(2) 7=Str(\"x\") z=Int(0)");
    assert_eq!(order(&format!("{anchors}c: {{q: 9, <<: *a}}\n")), "p=Int(1) 7=Str(\"x\") q=Int(9)");
    assert_eq!(order(&format!("{anchors}c: {{7: y, <<: *a}}\n")), "p=Int(1) q=Int(2) 7=Str(\"y\")");
    assert_eq!(order(&format!("{anchors}c: {{<<: [*a, *b]}}\n")), "q=Int(2) r=Int(4) p=Int(1) 7=Str(\"x\")");
    assert_eq!(
        order(&format!("{anchors}c: {{<<: *a, <<: *b}}\n")),
        "p=Int(1) q=Int(3) 7=Str(\"x\") r=Int(4)"
    );
}

#[test]
fn numeric_keys_that_are_equal_replace_each_other() {
    let root = root("1: a\ntrue: b\nyes: c\n");
    assert_eq!(root.as_map().unwrap().len(), 1);
    assert_eq!(root.as_map().unwrap().get(&Key::Int(1)), Some(&Node::from("c")));
    assert_eq!(refusal("1: a\n'1': b\n"), ErrorKind::DuplicateKey);
    assert_eq!(refusal("x: &x {1: a}\ny: {<<: *x, '1': b}\n"), ErrorKind::DuplicateKey);
}

#[test]
fn a_bomb_does_not_go_off() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..40 {
        let _ = writeln!(text, "a{i}: &a{i} [{}]", vec![format!("*a{}", i - 1); 9].join(", "));
    }
    assert_eq!(refusal(&text), ErrorKind::Limit);
    let wide = format!("a: &a [{}]\nb: [{}]\n", "x, ".repeat(400), "*a, ".repeat(400));
    assert_eq!(
        refusal(&format!(
            "a: &a [{}]\nb: &b [{}]\nc: [{}]\n",
            "x, ".repeat(200),
            "*a, ".repeat(200),
            "*b, ".repeat(9)
        )),
        ErrorKind::Limit
    );
    assert_eq!(refusal(&wide), ErrorKind::Limit);
}

#[test]
fn nesting_is_limited_also_through_aliases() {
    assert_eq!(refusal(&"[".repeat(100_000)), ErrorKind::Limit);
    assert_eq!(refusal(&"{a: ".repeat(100_000)), ErrorKind::Limit);
    assert_eq!(refusal(&"- ".repeat(100_000)), ErrorKind::Limit);
    let deep = |i: usize, inner: &str| format!("a{i}: &a{i} {}{inner}{}\n", "[".repeat(90), "]".repeat(90));
    assert_eq!(root(&(deep(0, "x") + &deep(1, "*a0"))).as_map().unwrap().len(), 2);
    assert_eq!(refusal(&(deep(0, "x") + &deep(1, "*a0") + &deep(2, "*a1"))), ErrorKind::Limit);
}

#[test]
fn limits_are_the_callers() {
    let try_with = |limits: Limits| {
        let mut first: Option<Error> = None;
        let parsed = parse("a: [b, [c]]", SourceId::NONE, &limits, &mut first);
        assert_eq!(parsed.is_none(), first.is_some());
        first.map(|e| e.kind())
    };
    assert_eq!(try_with(Limits { depth: 3, nodes: 6, bytes: 11 }), None);
    assert_eq!(try_with(Limits { depth: 2, ..Limits::default() }), Some(ErrorKind::Limit));
    assert_eq!(try_with(Limits { nodes: 5, ..Limits::default() }), Some(ErrorKind::Limit));
    assert_eq!(try_with(Limits { bytes: 10, ..Limits::default() }), Some(ErrorKind::Limit));
}

fn places_lie_in(node: &Node, text: &str) {
    assert!(text.get(node.origin.span.range()).is_some(), "{text:?}: {node:?}");
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|item| places_lie_in(item, text)),
        Kind::Map(map) => map.iter().for_each(|(_, slot)| {
            assert!(text.get(slot.origin.span.range()).is_some(), "{text:?}: {slot:?}");
            places_lie_in(&slot.node, text);
        }),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_a_tree_or_errors(
        text in "([ab:\\-?,#&*!|>'\"%@`\\[\\]{}~=<.$\\\\ \n\t\r\u{85}\u{feff}é1]|: |\n  |- |\\$\\{|<<: |!!|&a |\\*a){0,24}",
    ) {
        let mut errors: Vec<Error> = Vec::new();
        let parsed = parse(&text, SourceId::NONE, &Limits::default(), &mut errors);
        prop_assert_eq!(parsed.is_some(), errors.is_empty());
        if let Some(parsed) = parsed {
            places_lie_in(&parsed.root, &text);
        }
    }

    #[test]
    fn integers_come_back(number in any::<i64>()) {
        let root = root(&format!("a: {number}"));
        prop_assert_eq!(root.as_map().unwrap().get_str("a"), Some(&Node::from(number)));
    }

    #[test]
    fn floats_come_back(number in any::<f64>().prop_filter("finite", |x| x.is_finite())) {
        let root = root(&format!("a: {number:?}"));
        prop_assert_eq!(root.as_map().unwrap().get_str("a"), Some(&Node::from(number)));
    }
}
