//! Printing: cases under `tests/cases/print` (YAML, a line `---`, and what is printed, in the form that the file's
//! ending names), and the laws: what prints reads back.

mod json;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use mainstem::diag::{Error, Origin, SourceId};
use mainstem::grammar::parse_template;
use mainstem::value::{
    JsonStyle, Key, Kind, Map, Node, write_float, write_json, write_repr, write_str, write_yaml,
};
use mainstem::yaml::{Limits, parse};
use proptest::prelude::*;
use proptest::sample::select;

fn printed(print: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    print(&mut out);
    out
}

fn yaml(node: &Node) -> String {
    printed(|out| write_yaml(node, out))
}

fn json(node: &Node, style: JsonStyle) -> String {
    printed(|out| write_json(node, style, out))
}

fn read(text: &str) -> Node {
    let mut errors: Vec<Error> = Vec::new();
    let parsed = parse(text, SourceId::NONE, &Limits::default(), &mut errors);
    assert!(errors.is_empty(), "{errors:?} in\n{text}");
    parsed.expect("no error, so a tree").root
}

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/print");
    let mut failed = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the folder of the cases") {
        let path = entry.expect("a file").path();
        let text = fs::read_to_string(&path).expect("UTF-8");
        let (input, expected) = text.split_once("\n---\n").expect("a line `---`");
        let node = read(input);
        let found = match path.extension().and_then(|ending| ending.to_str()) {
            Some("yaml") => yaml(&node),
            Some("json") => json(&node, JsonStyle::Pretty) + "\n",
            Some("repr") => printed(|out| write_repr(&node, out)) + "\n",
            other => unreachable!("no printer for {other:?}"),
        };
        count += 1;
        if found != expected {
            let line = found.lines().zip(expected.lines()).position(|(a, b)| a != b).unwrap_or(0);
            let at = |text: &str| text.lines().nth(line).unwrap_or("").to_owned();
            failed.push(format!(
                "{}\n  found    {}\n  expected {}",
                path.display(),
                at(&found),
                at(expected)
            ));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(count > 15, "only {count} cases were found");
}

#[test]
fn a_scalar_alone_prints_as_a_document() {
    for (node, expected) in [
        (Node::from(1.0), "1.0\n"),
        (Node::from("yes"), "'yes'\n"),
        (Node::from("a\nb"), "'a\n\n  b'\n"),
        (Node::null(), "null\n"),
        (Node::from(Vec::new()), "[]\n"),
    ] {
        assert_eq!(yaml(&node), expected);
    }
}

#[test]
fn text_prints_raw_in_text_and_quoted_in_containers() {
    let text = Node::from("it's");
    let list = Node::from(vec![text.clone(), Node::from(true)]);
    assert_eq!(printed(|out| write_str(&text, out)), "it's");
    assert_eq!(printed(|out| write_str(&list, out)), "[\"it's\", True]");
    assert_eq!(printed(|out| write_str(&Node::from(1e16), out)), "1e+16");
    assert_eq!(printed(|out| write_str(&Node::new(Kind::Missing, Origin::NONE), out)), "???");
}

/// Aliases can nest a tree deeper than a stack.
#[test]
fn depth_does_not_matter() {
    let depth = 3_000;
    let mut node = Node::from(1);
    for _ in 0..depth / 2 {
        let mut map = Map::default();
        map.set(Key::from("k"), node);
        node = Node::from(vec![Node::from(map)]);
    }
    // Dropping the tree takes more stack than printing it may: it happens out here.
    let print = || {
        let texts = [yaml(&node), json(&node, JsonStyle::Compact), printed(|out| write_str(&node, out))];
        texts.map(|text| text.matches('k').count())
    };
    let counts = std::thread::scope(|scope| {
        let small_stack = std::thread::Builder::new().stack_size(64 << 10);
        small_stack.spawn_scoped(scope, print).expect("a thread").join().expect("no overflow")
    });
    assert_eq!(counts, [depth / 2; 3]);
}

/// Pieces that meet badly: indicators, breaks, escapes, numbers.
fn text() -> impl Strategy<Value = String> {
    let pieces = [
        " ",
        "  ",
        ": ",
        " #",
        "\n",
        "\n\n",
        "\t",
        "\r",
        "\u{85}",
        "\u{2028}",
        "\u{2029}",
        "\u{feff}",
        "\u{a0}",
        "'",
        "\"",
        "\\",
        "-",
        "- ",
        "?",
        ":",
        "#",
        ",",
        "[",
        "]",
        "{",
        "}",
        "&",
        "*",
        "!",
        "|",
        ">",
        "%",
        "@",
        "`",
        "---",
        "...",
        "=",
        "<<",
        "~",
        "0",
        "1",
        "9",
        "_",
        ".",
        "e",
        "+",
        "0x",
        "inf",
        "nan",
        "yes",
        "n",
        "null",
        "é",
        "漢字",
        "😀",
        "\u{10ffff}",
        "\u{fffe}",
        "\0",
        "\u{1b}",
        "\u{7f}",
        "word",
        "a b",
        "c  d",
    ];
    let word = "[a-z]{1,12}";
    let sentence =
        proptest::collection::vec((word, select(vec![" ", " ", " ", "  ", ": ", "\n", "' "])), 1..40);
    prop_oneof![
        4 => word,
        4 => proptest::collection::vec(select(pieces.to_vec()), 0..12).prop_map(|pieces| pieces.concat()),
        2 => sentence.prop_map(|words| words.into_iter().map(|(word, gap)| word + gap).collect::<String>()),
        1 => any::<String>(),
        1 => "[-+0-9._:eE]{1,9}",
    ]
    .prop_filter("text alone", |text| !text.contains("${") && text != "???")
}

fn scalar() -> impl Strategy<Value = Kind> {
    let template = |text: &str| {
        let template = parse_template(text).expect("valid").expect("with `${`");
        Kind::Template(Arc::new(template))
    };
    prop_oneof![
        8 => text().prop_map(|text| Kind::Str(text.into())),
        2 => any::<i64>().prop_map(Kind::Int),
        2 => any::<f64>().prop_map(Kind::Float),
        1 => any::<bool>().prop_map(Kind::Bool),
        1 => Just(Kind::Null),
        1 => Just(Kind::Missing),
        1 => "-?[1-9][0-9]{19,30}".prop_map(|digits| Kind::BigInt(digits.into())),
        1 => proptest::collection::vec(any::<u8>(), 0..120).prop_map(|bytes| Kind::Bytes(bytes.into())),
        1 => select(vec!["${a.b}", "x ${a} y", "${a} # x", "a: ${b}", "'${a}'"]).prop_map(template),
    ]
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        8 => text().prop_map(|text| Key::from(text.as_str())),
        2 => "[a-z ]{100,160}".prop_map(|text| Key::from(text.as_str())),
        1 => any::<i64>().prop_map(Key::Int),
        1 => any::<bool>().prop_map(Key::Bool),
        1 => (-1e9..1e9).prop_map(Key::Float),
        1 => proptest::collection::vec(any::<u8>(), 0..9).prop_map(|bytes| Key::Bytes(bytes.into())),
    ]
}

fn map(value: impl Strategy<Value = Node>, size: usize) -> impl Strategy<Value = Node> {
    proptest::collection::vec((key(), value), 0..size).prop_map(|entries| {
        let mut map = Map::default();
        for (key, node) in entries {
            map.set(key, node);
        }
        Node::from(map)
    })
}

fn tree() -> impl Strategy<Value = Node> {
    let leaf = scalar().prop_map(|kind| Node::new(kind, Origin::NONE));
    let value = leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![proptest::collection::vec(inner.clone(), 0..6).prop_map(Node::from), map(inner, 6),]
    });
    map(value, 8)
}

/// Templates are text in JSON.
fn without_templates(node: &Node) -> Node {
    let kind = match &node.kind {
        Kind::Template(template) => Kind::Str(template.text.clone()),
        Kind::List(list) => Kind::List(Arc::new(list.iter().map(without_templates).collect())),
        Kind::Map(map) => {
            let mut plain = Map::default();
            for (key, slot) in map.iter() {
                plain.set(key.clone(), without_templates(&slot.node));
            }
            Kind::Map(Arc::new(plain))
        }
        kind => kind.clone(),
    };
    Node::new(kind, Origin::NONE)
}

fn order(node: &Node) -> Vec<String> {
    node.as_map().map(|map| map.iter().map(|(key, _)| format!("{key:?}")).collect()).unwrap_or_default()
}

proptest! {
    #[test]
    fn yaml_reads_back(tree in tree()) {
        let text = yaml(&tree);
        let back = read(&text);
        prop_assert_eq!(&back, &tree, "{}", text);
        prop_assert_eq!(order(&back), order(&tree));
        prop_assert_eq!(yaml(&back), text);
    }

    #[test]
    fn json_reads_back(tree in tree()) {
        let plain = without_templates(&tree);
        let compact = json(&tree, JsonStyle::Compact);
        prop_assert!(!compact.contains('\n'));
        for text in [compact, json(&tree, JsonStyle::Pretty)] {
            let back = json::read(&text);
            prop_assert_eq!(&back, &plain, "{}", text);
            prop_assert_eq!(order(&back), order(&plain));
        }
    }

    #[test]
    fn floats_read_back_and_look_like_floats(value: f64) {
        let text = printed(|out| write_float(value, out));
        prop_assert!(text.contains(['.', 'e']) || !value.is_finite());
        prop_assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(value.to_bits()));
    }
}
