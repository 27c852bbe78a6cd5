//! Tests of `typed::bridge`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use mainstem::diag::{Error, ErrorKind, Origin, Source, SourceKind, SourceMap, Span};
use mainstem::typed::from_node;
use mainstem::value::{Key, Kind, Map, Node, Part, Template, Written};
use serde::Deserialize;

/// A source whose words are places: `at("abc")` is where `abc` stands.
struct Text {
    text: &'static str,
    sources: Arc<SourceMap>,
    source: mainstem::diag::SourceId,
}

impl Text {
    fn new(text: &'static str) -> Self {
        let sources = Arc::new(SourceMap::default());
        let source = sources.add(Source::new(SourceKind::File, "conf/config.yaml", text));
        Self { text, sources, source }
    }

    fn at(&self, word: &str) -> Origin {
        let start = self.text.find(word).expect("the word stands in the text");
        Origin::new(self.source, Span::new(start, start + word.len()))
    }

    fn draw(&self, error: Error) -> String {
        format!("{:#}", error.located(&self.sources))
    }
}

fn map<const N: usize>(entries: [(&str, Node); N]) -> Node {
    let mut map = Map::default();
    for (key, node) in entries {
        map.set(Key::from(key), node);
    }
    Node::from(map)
}

fn keyed<const N: usize>(entries: [(Key, Node); N]) -> Node {
    let mut map = Map::default();
    for (key, node) in entries {
        map.set(key, node);
    }
    Node::from(map)
}

fn list<const N: usize>(nodes: [Node; N]) -> Node {
    Node::from(Vec::from(nodes))
}

fn big(digits: &str) -> Node {
    Node::new(Kind::BigInt(digits.into()), Origin::NONE)
}

fn missing() -> Node {
    Node::new(Kind::Missing, Origin::NONE)
}

fn message<'de, T: Deserialize<'de> + std::fmt::Debug>(node: &'de Node) -> String {
    from_node::<T>(node).expect_err("the tree does not fit").to_string()
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Train<'a> {
    lr: f64,
    name: &'a str,
    depth: Option<u8>,
    sizes: (u8, i64),
    model: Model,
    tags: Vec<String>,
    #[serde(default)]
    weights: BTreeMap<u32, f32>,
    note: (),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Model {
    Plain,
    Scale(f64),
    Pair(u8, String),
    Forest { trees: usize },
}

#[derive(Debug, PartialEq, Deserialize)]
struct Wrapped(Option<char>);

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase", deny_unknown_fields)]
enum Chosen {
    Forest { trees: usize, limits: Limits },
    Logistic { l2: f64 },
}

#[derive(Debug, PartialEq, Deserialize)]
struct Limits {
    depth: u16,
    leaf: u16,
}

fn train(model: Node) -> Node {
    let weights = keyed([(Key::Int(3), Node::from(1)), (Key::from("4"), Node::from(0.5))]);
    map([
        ("lr", Node::from(1)),
        ("name", Node::from("first")),
        ("depth", Node::null()),
        ("sizes", list([Node::from(255), Node::from(-1)])),
        ("model", model),
        ("tags", list([Node::from("a"), Node::from("1")])),
        ("weights", weights),
        ("note", Node::null()),
    ])
}

#[test]
fn reads_the_whole_data_model() {
    let tree = train(Node::from("plain"));
    let expected = Train {
        lr: 1.0,
        name: "first",
        depth: None,
        sizes: (255, -1),
        model: Model::Plain,
        tags: vec!["a".to_owned(), "1".to_owned()],
        weights: BTreeMap::from([(3, 1.0), (4, 0.5)]),
        note: (),
    };
    assert_eq!(from_node::<Train<'_>>(&tree).unwrap(), expected);

    for (node, model) in [
        (map([("plain", Node::null())]), Model::Plain),
        (map([("plain", map([]))]), Model::Plain),
        (map([("scale", Node::from(2))]), Model::Scale(2.0)),
        (map([("pair", list([Node::from(1), Node::from("x")]))]), Model::Pair(1, "x".to_owned())),
        (map([("forest", map([("trees", Node::from(7))]))]), Model::Forest { trees: 7 }),
    ] {
        assert_eq!(from_node::<Model>(&node).unwrap(), model);
    }
    assert_eq!(from_node::<Wrapped>(&Node::from("ä")).unwrap(), Wrapped(Some('ä')));
    assert_eq!(from_node::<Wrapped>(&Node::null()).unwrap(), Wrapped(None));
    let json: serde_json::Value = from_node(&list([Node::from(1), Node::from(true), map([])])).unwrap();
    assert_eq!(json, serde_json::json!([1, true, {}]));
}

#[test]
fn integers_keep_every_digit() {
    assert_eq!(from_node::<u64>(&big("18446744073709551615")).unwrap(), u64::MAX);
    assert_eq!(from_node::<i128>(&big("-170141183460469231731687303715884105728")).unwrap(), i128::MIN);
    assert_eq!(from_node::<u128>(&big("340282366920938463463374607431768211455")).unwrap(), u128::MAX);
    assert_eq!(from_node::<u128>(&Node::from(5)).unwrap(), 5);
    assert_eq!(from_node::<f64>(&big("100000000000000000000000000000000000000000000")).unwrap(), 1e44);
    assert_eq!(
        message::<i64>(&big("18446744073709551616")),
        "expected i64, found the integer 18446744073709551616"
    );
    assert_eq!(
        message::<i64>(&big("18446744073709551615")),
        "expected i64, found the integer 18446744073709551615"
    );
    assert_eq!(message::<u8>(&Node::from(256)), "expected u8, found the integer 256");
}

#[test]
fn keys_keep_their_type() {
    let tree = keyed([(Key::Bool(true), Node::from(1)), (Key::from("false"), Node::from(2))]);
    assert_eq!(from_node::<HashMap<bool, u8>>(&tree).unwrap(), HashMap::from([(true, 1), (false, 2)]));
    let tree = keyed([(Key::Null, Node::from(1)), (Key::from("x"), Node::from(2))]);
    let read: HashMap<Option<String>, u8> = from_node(&tree).unwrap();
    assert_eq!(read, HashMap::from([(None, 1), (Some("x".to_owned()), 2)]));

    #[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Split {
        Train,
        Test,
    }
    let tree = map([("train", Node::from(0.8)), ("test", Node::from(0.2))]);
    assert_eq!(
        from_node::<HashMap<Split, f64>>(&tree).unwrap(),
        HashMap::from([(Split::Train, 0.8), (Split::Test, 0.2)])
    );
    let tree = map([("a", map([("x", Node::from(1))]))]);
    assert_eq!(
        message::<HashMap<String, HashMap<u32, u32>>>(&tree),
        "`a`: expected u32 as a key, found the string \"x\""
    );
    // A number as a key is never taken for the position of a field.
    let tree = keyed([(Key::Int(0), Node::from(1)), (Key::Int(1), Node::from(2))]);
    assert_eq!(message::<Limits>(&tree), "`depth` must be given");
}

#[test]
fn says_which_value_and_where() {
    let text = Text::new("lr: fast\nmodel:\n  forest:\n    tres: 3\nname: ???\n");
    let mistake = |path: &str, node: Node| {
        let mut tree = train(map([("forest", map([("trees", Node::from(1))]))]));
        tree.as_map_mut().unwrap().set(Key::from(path), node);
        text.draw(from_node::<Train<'_>>(&tree).unwrap_err())
    };
    let lr = Node::from("fast").from_origin(text.at("fast"));
    assert_eq!(
        mistake("lr", lr),
        "\
error[type]: `lr`: expected f64, found the string \"fast\"
  conf/config.yaml:1:5
  1 | lr: fast
    |     ^^^^
"
    );
    let unknown = {
        let mut map = Map::default();
        map.insert(Key::from("tres"), text.at("tres"), Node::from(3));
        Node::from(map)
    };
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Forest {
        #[expect(dead_code, reason = "only read")]
        trees: usize,
    }
    let tree = map([("model", map([("forest", unknown)]))]);
    let error = from_node::<HashMap<String, HashMap<String, Forest>>>(&tree).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownKey);
    assert_eq!(
        text.draw(error),
        "\
error[unknown-key]: there is no key `tres` in `model.forest`
  conf/config.yaml:4:5
  4 |     tres: 3
    |     ^^^^
  note: the keys are: trees
  help: did you mean `trees`?
"
    );
    let name = missing().from_origin(text.at("???"));
    assert_eq!(
        mistake("name", name),
        "\
error[missing-value]: `name` must be given: it is `???`
  conf/config.yaml:5:7
  5 | name: ???
    |       ^^^
  help: set it in a config, or by `name=…` on the command line
"
    );
    let forest = map([("forest", map([]).from_origin(text.at("tres: 3")))]);
    assert_eq!(
        mistake("model", forest),
        "\
error[missing-value]: `model.forest.trees` must be given
  conf/config.yaml:4:5
  4 |     tres: 3
    |     ^^^^^^^ there is no `trees` here
  help: add the key `trees` to a config, or `+model.forest.trees=…` to the command line
"
    );
    let variant = Node::from("forst").from_origin(text.at("forest"));
    assert_eq!(
        mistake("model", variant),
        "\
error[type]: `model`: `forst` is none of the variants
  conf/config.yaml:3:3
  3 |   forest:
    |   ^^^^^^
  note: the variants are: plain, scale, pair, forest
  help: did you mean `forest`?
"
    );
}

#[test]
fn values_are_taken_as_they_are() {
    assert_eq!(message::<String>(&Node::from(1)), "expected a string, found the integer 1");
    assert_eq!(message::<i64>(&Node::from(1.5)), "expected i64, found the float 1.5");
    assert_eq!(message::<bool>(&Node::from("yes")), "expected a boolean, found the string \"yes\"");
    assert_eq!(message::<u8>(&Node::null()), "expected u8, found null");
    assert_eq!(
        message::<(u8, u8)>(&list([Node::from(1), Node::from(2), Node::from(3)])),
        "expected a list of length 2, found one of length 3"
    );
    assert_eq!(message::<(u8, u8)>(&list([Node::from(1)])), "expected a tuple of size 2, found 1 element");
    let pair = list([Node::from(1), Node::from(2)]);
    assert_eq!(message::<Limits>(&pair), "expected struct Limits, found a list");
    assert_eq!(message::<Model>(&Node::from(1)), "expected enum Model, found the integer 1");
    assert_eq!(
        message::<Model>(&map([("plain", Node::null()), ("scale", Node::null())])),
        "expected enum Model as `variant` or `{variant: content}`, found a mapping of 2 keys"
    );
    assert_eq!(
        message::<Vec<Model>>(&list([Node::from("scale")])),
        "`0`: expected a variant with content (`{variant: content}`), found unit variant"
    );
    let template =
        Template { text: "${a}".into(), parts: Box::new([Part::Text("".into())]), written: Written::Unknown };
    let template = Node::new(Kind::Template(Arc::new(template)), Origin::NONE);
    let error = from_node::<HashMap<String, String>>(&map([("b", template)])).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Interpolation, "`b`: the interpolation is unresolved")
    );
}

#[test]
fn what_is_not_asked_for_may_be_anything() {
    let tree = map([("depth", Node::from(1)), ("leaf", Node::from(2)), ("more", map([("x", missing())]))]);
    assert_eq!(from_node::<Limits>(&tree).unwrap(), Limits { depth: 1, leaf: 2 });
    assert_eq!(message::<Option<u8>>(&missing()), "the value must be given: it is `???`");
}

/// serde reads these through a copy without places; a value that stands there once is found again.
#[test]
fn finds_the_place_behind_a_tag() {
    let text = Text::new("trees: many\nleaf: [2]\nextra: 1\ndepth: 1\n");
    let chosen = |trees: Node, leaf: Node| {
        let limits = map([("depth", Node::from(1).from_origin(text.at("1"))), ("leaf", leaf)]);
        map([("model", map([("name", Node::from("forest")), ("trees", trees), ("limits", limits)]))])
    };
    let right = chosen(Node::from(3), Node::from(4));
    let expected = Chosen::Forest { trees: 3, limits: Limits { depth: 1, leaf: 4 } };
    assert_eq!(from_node::<HashMap<String, Chosen>>(&right).unwrap()["model"], expected);

    let draw = |tree: &Node| text.draw(from_node::<HashMap<String, Chosen>>(tree).unwrap_err());
    assert_eq!(
        draw(&chosen(Node::from("many").from_origin(text.at("many")), Node::from(4))),
        "\
error[type]: `model.trees`: expected usize, found the string \"many\"
  conf/config.yaml:1:8
  1 | trees: many
    |        ^^^^
"
    );
    assert_eq!(
        draw(&chosen(Node::from(3), Node::from(70_000).from_origin(text.at("2")))),
        "\
error[type]: `model.limits.leaf`: expected u16, found the integer 70000
  conf/config.yaml:2:8
  2 | leaf: [2]
    |        ^
"
    );
    let mut extra = chosen(Node::from(3), Node::from(4));
    let model = extra.as_map_mut().unwrap().get_mut(&Key::from("model")).unwrap();
    model.as_map_mut().unwrap().insert(Key::from("extra"), text.at("extra"), Node::from(1));
    let drawn = draw(&extra);
    assert!(
        drawn.starts_with("error[unknown-key]: there is no key `extra` in `model`\n  conf/config.yaml:3:1\n"),
        "{drawn}"
    );

    // An integer that was read as a float before it was refused.
    fn refuse<'de, D: serde::Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        let unexpected = serde::de::Unexpected::Float(f64::deserialize(from)?);
        Err(serde::de::Error::invalid_value(unexpected, &"another number"))
    }
    #[derive(Debug, Deserialize)]
    struct Refused {
        #[serde(deserialize_with = "refuse")]
        #[expect(dead_code, reason = "never made")]
        rate: f64,
    }
    #[derive(Debug, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        #[expect(dead_code, reason = "never made")]
        inner: Refused,
    }
    let rates = map([("rate", Node::from(-1).from_origin(text.at("1"))), ("other", Node::from(1))]);
    assert_eq!(message::<Outer>(&rates), "`rate`: expected another number, found the float -1.0");

    // Two values that fit: the mapping is blamed, not one of them at random.
    let both = chosen(Node::from("many").from_origin(text.at("many")), Node::from("many"));
    assert_eq!(draw(&both), "error[type]: `model`: expected usize, found the string \"many\"\n");
}

#[test]
fn a_deep_tree_is_an_error_and_not_an_overflow() {
    #[derive(Debug, Deserialize)]
    struct Chain(#[expect(dead_code, reason = "only read")] Vec<Chain>);
    let deep = (0..2000).fold(list([]), |inner, _| list([inner]));
    assert_eq!(from_node::<Chain>(&deep).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(from_node::<serde_json::Value>(&deep).unwrap_err().kind(), ErrorKind::Limit);
}
