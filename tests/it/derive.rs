//! Tests of `#[derive(mainstem::Config)]` and of reading what it describes.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mainstem::Config;
use mainstem::diag::{Error, Source, SourceKind, SourceMap};
use mainstem::facts::Facts;
use mainstem::resolve::{Cache, Context, Resolvers, Scope};
use mainstem::typed::{self, Violation};
use mainstem::value::{KeyPath, Node, write_yaml};
use mainstem::yaml;

/// A YAML text as a tree, with the places in it.
fn tree(text: &str) -> (Node, Arc<SourceMap>) {
    let sources = Arc::new(SourceMap::default());
    let id = sources.add(Source::new(SourceKind::File, "config.yaml", text));
    let mut errors: Vec<Error> = Vec::new();
    let parsed = yaml::parse(text, id, &yaml::Limits::default(), &mut errors).expect("the test's YAML");
    assert!(errors.is_empty(), "{errors:?}");
    (parsed.root, sources)
}

fn read<T: Config>(text: &str) -> Result<T, Error> {
    let (root, sources) = tree(text);
    let (resolvers, cache, facts) = (Resolvers::default(), Cache::default(), Facts::default());
    let scope = Scope::new(&root, Context::new(&resolvers, &cache, &facts));
    typed::read_at(&scope, &KeyPath::ROOT).map_err(|error| error.located(&sources))
}

/// All mistakes, drawn.
fn mistakes<T: Config + std::fmt::Debug>(text: &str) -> String {
    format!("{:#}", read::<T>(text).expect_err("the text has mistakes"))
}

/// All mistakes, a line each.
fn told<T: Config + std::fmt::Debug>(text: &str) -> Vec<String> {
    let error = read::<T>(text).expect_err("the text has mistakes");
    error.iter().map(|one| one.message().to_owned()).collect()
}

fn yaml_of(node: &Node) -> String {
    let mut text = String::new();
    write_yaml(node, &mut text);
    text
}

/// What is written is read back as the same, and fits what the type describes.
fn comes_back<T: Config + PartialEq + std::fmt::Debug>(value: &T) {
    let written = value.write();
    assert_eq!(&typed::read::<T>(&written).expect("it was written"), value);
    let mut errors = Vec::new();
    let fitted = typed::schema::<T>().expected().fit(written.clone(), &KeyPath::ROOT, &mut errors);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(fitted, written);
    assert_eq!(&read::<T>(&yaml_of(&written)).expect("it was printed"), value);
}

/// One training run.
#[derive(Config, Clone, Debug, PartialEq)]
struct Train {
    /// Step size of the optimizer.
    #[mainstem(default = 0.01, range = 1e-6..=1.0)]
    lr: f64,
    /// What to train.
    model: Model,
    #[mainstem(default = 42)]
    seed: u64,
    #[mainstem(default = "runs", alias = "output")]
    dir: PathBuf,
    #[mainstem(default = Duration::from_secs(90), range = Duration::from_secs(1)..)]
    timeout: Duration,
    #[mainstem(default, length = ..=3)]
    tags: Vec<String>,
    note: Option<String>,
    #[mainstem(flatten)]
    logging: Logging,
    optimizer: Optimizer,
}

#[derive(Config, Clone, Debug, PartialEq)]
enum Model {
    /// A random forest.
    Forest {
        trees: usize,
        depth: Option<usize>,
    },
    #[mainstem(alias = "logit")]
    Logistic {
        #[mainstem(default = 1.0)]
        l2: f64,
    },
    Net(Net),
    Nothing,
}

#[derive(Config, Clone, Debug, PartialEq)]
struct Net {
    layers: Vec<u16>,
    #[mainstem(default = Activation::Relu)]
    activation: Activation,
}

#[derive(Config, Clone, Copy, Debug, PartialEq)]
enum Activation {
    Relu,
    LeakyRelu,
    #[mainstem(rename = "swish", alias = "silu")]
    Swish,
}

#[derive(Config, Clone, Debug, PartialEq)]
struct Logging {
    #[mainstem(default = "info", one_of = ["debug", "info", "warn"])]
    level: String,
}

#[derive(Config, Clone, Debug, PartialEq)]
#[mainstem(rename_all = "kebab-case", check = betas_are_in_order)]
struct Optimizer {
    #[mainstem(default = "adam", regex = "^[a-z]+$")]
    name: String,
    #[mainstem(default = (0.9, 0.999))]
    beta_pair: (f64, f64),
}

fn betas_are_in_order(optimizer: &Optimizer) -> Result<(), Violation> {
    if optimizer.beta_pair.0 > optimizer.beta_pair.1 {
        return Err(Violation::at("beta-pair.1", "must not be less than the first"));
    }
    Ok(())
}

fn train() -> Train {
    Train {
        lr: 0.01,
        model: Model::Forest { trees: 50, depth: None },
        seed: 42,
        dir: "runs".into(),
        timeout: Duration::from_secs(90),
        tags: Vec::new(),
        note: None,
        logging: Logging { level: "info".to_owned() },
        optimizer: Optimizer { name: "adam".to_owned(), beta_pair: (0.9, 0.999) },
    }
}

#[test]
fn a_struct_alone_is_a_config() {
    let expected = "\
lr: 0.01
model: ???
seed: 42
dir: runs
timeout: 90s
tags: []
note: null
level: info
optimizer:
  name: adam
  beta-pair:
  - 0.9
  - 0.999
";
    assert_eq!(yaml_of(&typed::defaults::<Train>()), expected);
    assert_eq!(read::<Train>("model: {type: forest, trees: 50}").unwrap(), train());
}

#[test]
fn what_is_written_is_read() {
    comes_back(&train());
    for model in [
        Model::Logistic { l2: 0.5 },
        Model::Net(Net { layers: vec![8, 4], activation: Activation::LeakyRelu }),
        Model::Nothing,
    ] {
        comes_back(&Train { model, tags: vec!["a".to_owned()], ..train() });
    }
}

#[test]
fn variants_go_by_their_names() {
    let model = |text: &str| read::<Model>(text);
    assert_eq!(model("type: logit").unwrap(), Model::Logistic { l2: 1.0 });
    assert_eq!(model("{layers: [1], type: net}").unwrap(), {
        Model::Net(Net { layers: vec![1], activation: Activation::Relu })
    });
    assert_eq!(read::<Vec<Model>>("[nothing, logistic]").unwrap(), {
        vec![Model::Nothing, Model::Logistic { l2: 1.0 }]
    });
    assert_eq!(read::<Vec<Activation>>("[silu, leaky_relu]").unwrap(), {
        vec![Activation::Swish, Activation::LeakyRelu]
    });
    assert_eq!(
        mistakes::<BTreeMap<String, Model>>(
            "a:\n  trees: 3\nb: frost\nc: {type: net, layrs: []}\nd: 3\ne: {}\n"
        ),
        "\
error[missing-value]: `a.type` must be given: it says which variant `a` is
  config.yaml:2:3
  2 |   trees: 3
    |   ^^^^^^^^ there is no `type` here
  help: the variants are forest, logistic, net, nothing
  help: its keys are those of `forest`: did you mean `type: forest`?

error[type]: `b` must be one of forest, logistic, net, nothing, but is `frost`
  config.yaml:3:4
  3 | b: frost
    |    ^^^^^ expected one of forest, logistic, net, nothing
  help: did you mean `forest`?

error[missing-value]: `c.layers` must be given
  config.yaml:4:4
  4 | c: {type: net, layrs: []}
    |    ^^^^^^^^^^^^^^^^^^^^^^ there is no `layers` here
  help: add the key `layers` to a config, or `+c.layers=…` to the command line

error[unknown-key]: there is no key `c.layrs`
  config.yaml:4:16
  4 | c: {type: net, layrs: []}
    |                ^^^^^ no such key
  help: did you mean `layers`?

error[type]: `d` must be a mapping whose `type` is one of forest, logistic, net, nothing, but is an integer
  config.yaml:5:4
  5 | d: 3
    |    ^ expected a mapping whose `type` is one of forest, logistic, net, nothing

error[missing-value]: `e.type` must be given: it says which variant `e` is
  config.yaml:6:4
  6 | e: {}
    |    ^^ there is no `type` here
  help: the variants are forest, logistic, net, nothing
"
    );
}

#[test]
fn all_mistakes_are_told_with_their_places() {
    let text = "\
lr: 2
base: ${step}
step: fast
model:
  type: forest
  trees: ${step}
seed: -1
dir: a
output: b
timeout: 10ms
tags: [a, 1, c, d]
level: inof
optimizer:
  name: Adam
  beta-pair: [1, 0]
";
    assert_eq!(
        mistakes::<Train>(text),
        "\
error[range]: `lr` is out of range: expected 1e-06..=1.0, found 2.0
  config.yaml:1:5
  1 | lr: 2
    |     ^ expected 1e-06..=1.0

error[type]: `model.trees` must be an integer from 0 on, but is a string
  config.yaml:3:7
  3 | step: fast
    |       ^^^^ expected an integer from 0 on
  config.yaml:6:10
  6 |   trees: ${step}
    |          ^^^^^^^ through this interpolation

error[type]: `seed` must be an integer from 0 to 18446744073709551615, but is -1
  config.yaml:7:7
  7 | seed: -1
    |       ^^ expected an integer from 0 on

error[duplicate-key]: `dir` is given twice, once as `output`
  config.yaml:9:1
  9 | output: b
    | ^^^^^^ again here
  config.yaml:8:1
  8 | dir: a
    | ^^^ first here

error[range]: `timeout` is out of range: expected 1s.., found 10ms
  config.yaml:10:10
  10 | timeout: 10ms
     |          ^^^^ expected 1s..

error[constraint]: `tags` must have at most 3 elements, but has 4
  config.yaml:11:7
  11 | tags: [a, 1, c, d]
     |       ^^^^^^^^^^^^ expected at most 3 elements

error[constraint]: `optimizer.name` does not match `^[a-z]+$`
  config.yaml:14:9
  14 |   name: Adam
     |         ^^^^ does not match

error[constraint]: `level` must be one of debug, info, warn
  config.yaml:12:8
  12 | level: inof
     |        ^^^^ expected one of debug, info, warn
  help: did you mean `info`?

error[unknown-key]: there is no key `base`
  config.yaml:2:1
  2 | base: ${step}
    | ^^^^ no such key
  help: the keys of Train are lr, model, seed, dir, timeout, tags, note, optimizer, level

error[unknown-key]: there is no key `step`
  config.yaml:3:1
  3 | step: fast
    | ^^^^ no such key
  help: did you mean `seed`?
"
    );
}

#[test]
fn a_rule_over_several_fields_points_at_one() {
    assert_eq!(
        mistakes::<Optimizer>("name: sgd\nbeta-pair:\n- 1\n- 0\n"),
        "\
error[constraint]: `beta-pair.1`: must not be less than the first
  config.yaml:4:3
  4 | - 0
    |   ^
"
    );
}

/// A value in the tree, and trees below it.
#[derive(Config, Debug, PartialEq)]
struct Branch<T> {
    value: T,
    #[mainstem(default)]
    below: Vec<Branch<T>>,
    other: Option<Box<Branch<T>>>,
}

#[test]
fn types_may_be_recursive_and_generic() {
    let leaf = |value| Branch { value, below: Vec::new(), other: None };
    let tree = Branch { value: 1_u8, below: vec![leaf(2), leaf(3)], other: Some(Box::new(leaf(4))) };
    comes_back(&tree);
    let schema = typed::schema::<Branch<u8>>();
    let deep = schema.at(&KeyPath::parse("below.0.other.below.0.value"));
    assert_eq!(deep.to_string(), "an integer from 0 to 255");
    assert_eq!(schema.definitions().len(), 1);
    let both = typed::schema::<(Branch<u8>, Branch<bool>)>();
    let names: Vec<_> = both.definitions().iter().map(|definition| definition.name().as_str()).collect();
    assert_eq!(names, ["Branch", "Branch2"]);
    assert_eq!(
        told::<Branch<bool>>("{value: 2.5, other: {valu: true}}"),
        [
            "`value` must be a boolean, but is a float",
            "`other.value` must be given",
            "there is no key `other.valu`",
        ]
    );
    let nested = "{value: 1, other: ".repeat(100) + "null" + &"}".repeat(100);
    assert!(read::<Branch<u8>>(&nested).is_ok());
}

#[derive(Config, Debug, PartialEq)]
enum Expr {
    Number { value: f64 },
    Sum { of: Vec<Expr> },
    Call(Call),
}

#[derive(Config, Debug, PartialEq)]
struct Call {
    name: String,
    arguments: BTreeMap<String, Expr>,
}

#[test]
fn enums_may_be_recursive() {
    let number = |value| Expr::Number { value };
    let call = Call { name: "f".to_owned(), arguments: BTreeMap::from([("x".to_owned(), number(1.0))]) };
    let sum = Expr::Sum { of: vec![number(2.0), Expr::Call(call)] };
    comes_back(&sum);
    // Whichever of them is asked for first, a variant has the fields of its struct.
    let schema = typed::schema::<Call>();
    let at = schema.at(&KeyPath::parse("arguments.x.arguments.y"));
    assert_eq!(at.to_string(), "a mapping whose `type` is one of number, sum, call");
}

#[derive(Config, Debug, PartialEq, Clone, Copy)]
struct Share(#[mainstem(range = 0.0..=1.0)] f64);

#[derive(Config, Debug, PartialEq)]
struct Pair(u8, String);

#[derive(Config, Debug, PartialEq)]
struct Unit;

#[derive(Config, Debug, PartialEq, Clone)]
#[mainstem(default, rename_all = "SCREAMING_SNAKE_CASE")]
struct Limits {
    max_depth: u32,
    share: Share,
    r#type: Option<char>,
    #[mainstem(skip)]
    cache: Option<u8>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_depth: 3, share: Share(0.5), r#type: Some('x'), cache: Some(1) }
    }
}

#[test]
fn other_shapes() {
    comes_back(&(Share(0.25), Pair(1, "x".to_owned()), Unit));
    comes_back(&Limits { max_depth: 1, share: Share(1.0), r#type: None, cache: Some(1) });
    assert_eq!(read::<Limits>("SHARE: 1").unwrap(), Limits { share: Share(1.0), ..Limits::default() });
    assert_eq!(yaml_of(&typed::defaults::<Limits>()), "MAX_DEPTH: 3\nSHARE: 0.5\nTYPE: x\n");
    assert_eq!(
        told::<(Share, Pair, Unit)>("[2, [1], x]"),
        [
            "`0` is out of range: expected 0.0..=1.0, found 2.0",
            "`1` must be a list of length 2, but its length is 1",
            "`2` must be null, but is a string",
        ]
    );
}

#[derive(Config, Debug, PartialEq)]
struct Open {
    name: String,
    #[mainstem(flatten)]
    rest: indexmap::IndexMap<String, i32>,
}

#[test]
fn a_flattened_mapping_takes_what_is_left() {
    let open = read::<Open>("{z: 1, name: x, a: 2}").unwrap();
    let keys: Vec<_> = open.rest.keys().map(String::as_str).collect();
    assert_eq!((open.name.as_str(), keys), ("x", vec!["z", "a"]));
    comes_back(&read::<Open>("{z: 1, name: x, a: 2}").unwrap());
    assert_eq!(
        told::<Open>("{name: x, a: 2, b: y}"),
        ["`b` must be an integer from -2147483648 to 2147483647, but is a string"]
    );
}

#[derive(Config, Debug, PartialEq)]
struct Numbers {
    a: u64,
    b: i128,
    c: f32,
    d: std::num::NonZeroU8,
    e: [i8; 2],
    f: HashMap<u16, bool>,
    g: chrono::DateTime<chrono::Utc>,
    h: chrono::NaiveDate,
    i: std::collections::BTreeSet<char>,
}

#[test]
fn values_of_all_kinds_come_back() {
    let numbers = Numbers {
        a: u64::MAX,
        b: i128::MIN,
        c: 0.1,
        d: std::num::NonZeroU8::MIN,
        e: [-128, 127],
        f: HashMap::from([(3, true), (20, false)]),
        g: "2024-05-01T12:30:00.5Z".parse().unwrap(),
        h: "2024-02-29".parse().unwrap(),
        i: "ab".chars().collect(),
    };
    comes_back(&numbers);
    let written = yaml_of(&numbers.write());
    let expected = "\
a: 18446744073709551615
b: -170141183460469231731687303715884105728
c: 0.1
d: 1
e:
- -128
- 127
f:
  20: false
  3: true
g: '2024-05-01T12:30:00.500Z'
h: '2024-02-29'
i:
- a
- b
";
    assert_eq!(written, expected);
    let wrong = "{a: 18446744073709551616, b: 0.5, c: 1e60, d: 0, e: [1], f: {x: true}, g: now, h: 2024-02-30, i: [ab]}";
    assert_eq!(
        told::<Numbers>(wrong),
        [
            "`a` must be an integer from 0 to 18446744073709551615, but is 18446744073709551616",
            "`b` must be an integer, but is a float",
            "`c` is out of range: expected -3.4028235e+38..=3.4028235e+38, found 1e+60",
            "`d` is out of range: expected 1.., found 0",
            "`e` must have 2 elements, but has 1",
            "`f.x` must be an integer from 0 to 65535, but is a string",
            "`g` must be a time with an offset, such as 2024-05-01T12:30:00Z, but is a string",
            "`h` must be a date, such as 2024-05-01, but is a string",
            "`i.0` must have 1 character, but has 2",
        ]
    );
}

/// It stands beside other derives, whose attributes it leaves alone.
#[cfg(feature = "serde")]
#[derive(Config, Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, clap::Parser)]
#[serde(deny_unknown_fields)]
#[command(name = "train")]
struct Shared {
    /// How many.
    #[mainstem(default = 3)]
    #[serde(default = "three")]
    #[arg(long, default_value_t = 3)]
    count: u8,
    #[mainstem(with = serde)]
    #[arg(skip = std::net::Ipv4Addr::LOCALHOST)]
    address: std::net::Ipv4Addr,
}

#[cfg(feature = "serde")]
fn three() -> u8 {
    3
}

#[cfg(feature = "serde")]
#[test]
fn stands_beside_clap_and_serde() {
    use clap::Parser as _;
    let text = "address: 127.0.0.1";
    let shared: Shared = read(text).unwrap();
    assert_eq!(shared, Shared::parse_from(["train"]));
    assert_eq!(shared, typed::from_node(&tree(text).0).unwrap());
    comes_back(&shared);
    let wrong = "{count: 300, address: here}";
    assert_eq!(
        told::<Shared>(wrong),
        ["`count` must be an integer from 0 to 255, but is 300", "`address`: invalid IPv4 address syntax",]
    );
}

mod composing {
    //! Options of config groups as variants.

    use super::*;
    use mainstem::compose::{Memory, Mode};
    use mainstem::schema::Schema;

    #[derive(Config, Clone, Debug, PartialEq)]
    struct App {
        model: Choice,
    }

    #[derive(Config, Clone, Debug, PartialEq)]
    enum Choice {
        Forest {
            #[mainstem(default = 50)]
            trees: usize,
        },
        #[mainstem(options = ["small", "large"])]
        Net { layers: Vec<u16> },
    }

    fn configs() -> Memory {
        Memory::new()
            .text("config", "defaults: [model: forest]\n")
            .text("model/forest", "trees: 50\n")
            .text("model/small", "layers: [8]\n")
            .text("model/large", "layers: [64, 64]\n")
            .text("model/other", "trees: 1\n")
            .text("model/own", "type: net\nlayers: [1]\n")
    }

    fn compose(overrides: &[&str]) -> Result<App, Error> {
        let schema: Schema = typed::schema::<App>();
        let composer = mainstem::settings::project(configs(), Facts::default(), "app").with_schema(schema);
        let arguments = composer.arguments(Some("config"), overrides)?;
        let composed = composer.compose(Some("config"), &arguments, Mode::Run)?;
        let job = composed.job();
        let context = composer.context(&|_| {}).with_schema(composed.schema());
        let scope = Scope::new(&job, context);
        typed::read_at(&scope, &KeyPath::ROOT).map_err(|error| error.located(composed.sources()))
    }

    #[test]
    fn the_option_names_the_variant() {
        let model =
            |overrides: &[&str]| compose(overrides).map(|app| app.model).map_err(|e| format!("{e:#}"));
        assert_eq!(model(&[]), Ok(Choice::Forest { trees: 50 }));
        assert_eq!(model(&["model.trees=3"]), Ok(Choice::Forest { trees: 3 }));
        assert_eq!(model(&["model=large"]), Ok(Choice::Net { layers: vec![64, 64] }));
        assert_eq!(model(&["model=small", "model.layers=[1,2]"]), Ok(Choice::Net { layers: vec![1, 2] }));
        assert_eq!(model(&["model=own"]), Ok(Choice::Net { layers: vec![1] }));
    }

    #[test]
    fn an_option_that_is_no_variant_is_told() {
        let error = compose(&["model=other"]).unwrap_err();
        assert_eq!(error.message(), "`model.type` must be given: it says which variant `model` is");
        assert_eq!(error.helps()[0], "the variants are forest, net");
    }

    #[test]
    fn another_variant_has_no_defaults_of_the_old_one() {
        assert_eq!(
            compose(&["model.type=net", "+model.layers=[3]"])
                .map(|app| app.model)
                .map_err(|e| format!("{e:#}")),
            Ok(Choice::Net { layers: vec![3] })
        );
        let error = compose(&["model.trees=7", "model.type=net", "+model.layers=[3]"]).unwrap_err();
        assert_eq!(error.message(), "`model.trees` belongs to `forest`, and `model` is `net` now");
        // Though it is in the end what it was.
        let error = compose(&["model.type=net", "+model.layers=[3]", "model.type=forest"]).unwrap_err();
        assert_eq!(error.message(), "`model.layers` belongs to `net`, and `model` is `forest` now");
        compose(&["model.type=net", "+model.layers=[3]", "~model.layers", "model.type=forest"]).unwrap();
    }
}
