//! Components without a program: what a registry makes of a config.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use mainstem::Config;
use mainstem::compose::{Memory, Mode};
use mainstem::declared::SchemaFile;
use mainstem::diag::{Error, ErrorKind, Source, SourceKind, SourceMap};
use mainstem::facts::Facts;
use mainstem::resolve::Scope;
use mainstem::typed::{self, Component, Components, Registry};
use mainstem::value::{KeyPath, Node};

/// Something with a name.
trait Part {
    fn name(&self) -> String;
}

thread_local! {
    /// Names in the order in which they were built.
    static BUILT: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn built<P: Part + 'static>(part: P) -> Box<dyn Part> {
    BUILT.with_borrow_mut(|all| all.push(part.name()));
    Box::new(part)
}

/// A leaf.
#[derive(Config)]
struct Leaf {
    #[mainstem(default = 1, range = 0..=9)]
    size: u8,
}

impl Part for Leaf {
    fn name(&self) -> String {
        format!("leaf{}", self.size)
    }
}

#[derive(Config)]
struct Pair {
    left: Component<dyn Part>,
    right: Option<Component<dyn Part>>,
    #[mainstem(default)]
    more: Vec<Component<dyn Part>>,
}

impl Part for Pair {
    fn name(&self) -> String {
        let right = self.right.as_ref().map_or("-".to_owned(), |right| right.name());
        let more: String = self.more.iter().map(|part| format!(" {}", part.name())).collect();
        format!("({} {right}{more})", self.left.name())
    }
}

/// Never works.
#[derive(Config)]
struct Broken {
    why: String,
}

#[derive(Debug)]
struct Deeper(String);

impl std::fmt::Display for Deeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Deeper {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&std::fmt::Error)
    }
}

fn components() -> Components {
    let parts = Registry::<dyn Part>::new()
        .with("leaf", |leaf: Leaf| built(leaf))
        .alias("garden.Leaf")
        .with("pair", |pair: Pair| built(pair))
        .options(["twins"])
        .try_with("broken", |broken: Broken| Err::<Box<dyn Part>, _>(Deeper(broken.why)));
    Components::new().with(parts)
}

#[derive(Config)]
struct App {
    part: Component<dyn Part>,
    #[mainstem(default)]
    by_name: BTreeMap<String, Component<dyn Part>>,
    #[mainstem(default = 0)]
    rank: u8,
}

/// Composes, as a program does, and reads.
fn compose_in<T: Config>(
    components: &Components,
    config: &str,
    overrides: &[&str],
    read: impl FnOnce(&Scope<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let configs = Memory::new()
        .text("config", config)
        .text("part/leaf", "size: 2\n")
        .text("part/broken", "why: no light\n")
        .text("part/garden", "type: garden.Leaf\nsize: 3\n")
        .text("part/twins", "defaults: [{left: leaf}, {right: leaf}]\n")
        .text("part/said", "defaults: [{left: leaf}]\ntype: pair\n")
        .text("part/left/leaf", "size: 4\n")
        .text("part/right/leaf", "size: 5\n");
    let schema = components.schema::<App>();
    let composer = mainstem::settings::project(configs, Facts::default(), "app").with_schema(schema);
    let arguments = composer.arguments(Some("config"), overrides)?;
    let composed = composer.compose(Some("config"), &arguments, Mode::Run)?;
    let job = composed.job();
    let scope = Scope::new(&job, composer.context(&|_| {}).with_schema(composed.schema()));
    read(&scope).map_err(|error| error.located(composed.sources()))
}

fn compose(overrides: &[&str]) -> Result<App, Error> {
    let components = components();
    let config = "defaults: [{part: leaf}, _self_]\n";
    compose_in(&components, config, overrides, |scope| components.read_at(scope, &KeyPath::ROOT))
}

fn name(overrides: &[&str]) -> Result<String, String> {
    compose(overrides).map(|app| app.part.name()).map_err(|error| error.to_string())
}

#[test]
fn an_option_chooses_the_component_and_what_its_list_brings_in_lands_in_it() {
    assert_eq!(name(&[]), Ok("leaf2".to_owned()));
    assert_eq!(name(&["part.size=7"]), Ok("leaf7".to_owned()));
    assert_eq!(name(&["part=garden"]), Ok("leaf3".to_owned()));
    assert_eq!(name(&["part=twins"]), Ok("(leaf4 leaf5)".to_owned()));
    assert_eq!(name(&["part=said"]), Ok("(leaf4 -)".to_owned()));
    assert_eq!(name(&["part=twins", "part.right=null"]), Ok("(leaf4 -)".to_owned()));
    let more = "part.more=[leaf,{type: leaf, size: 8}]";
    assert_eq!(name(&["part=twins", more]), Ok("(leaf4 leaf5 leaf1 leaf8)".to_owned()));
}

#[test]
fn what_is_inside_is_built_first() {
    BUILT.take();
    let app = compose(&["part=twins", "+by_name={a: leaf}"]).expect("it composes");
    assert_eq!(BUILT.take(), ["leaf4", "leaf5", "(leaf4 leaf5)", "leaf1"]);
    assert_eq!(Component::name(&app.part), "pair");
    assert_eq!(app.rank, 0);
    assert_eq!(
        app.by_name.into_values().map(Component::into_inner).map(|part| part.name()).next().as_deref(),
        Some("leaf1")
    );
}

#[test]
fn checking_builds_nothing_and_tells_all_that_composing_cannot_know() {
    let check = |overrides: &[&str]| {
        let components = components();
        let config = "defaults: [{part: leaf}, _self_]\nwhy: [1]\n";
        let config = if overrides.is_empty() { "defaults: [{part: leaf}, _self_]\n" } else { config };
        let checked = AtomicU32::new(0);
        let read = |scope: &Scope<'_>| {
            let found = components.check_at::<App>(scope, &KeyPath::ROOT)?;
            assert!(found.is_none(), "it has a component, which is not built");
            checked.fetch_add(1, Ordering::SeqCst);
            Ok(0_u8)
        };
        compose_in(&components, config, overrides, read)
            .map_err(|error| error.iter().map(|error| error.message().to_owned()).collect::<Vec<_>>())
    };
    BUILT.take();
    assert_eq!(check(&[]), Ok(0));
    assert_eq!(BUILT.take(), [""; 0]);
    let nothing = components().check_at::<u8>(
        &Scope::new(
            &Node::from(3),
            mainstem::settings::project(Memory::new(), Facts::default(), "x").context(&|_| {}),
        ),
        &KeyPath::ROOT,
    );
    assert_eq!(nothing.expect("a number"), Some(3), "what holds no component is read to its end");
}

#[test]
fn a_constructor_that_refuses_is_told_with_its_places_and_causes_and_all_of_them_at_once() {
    let error =
        compose(&["part=broken", "+by_name.a={type: broken, why: no water}"]).err().expect("both are broken");
    let messages: Vec<&str> = error.iter().map(Error::message).collect();
    assert_eq!(
        messages,
        ["`part`: `broken` cannot be built: no light", "`by_name.a`: `broken` cannot be built: no water"]
    );
    assert_eq!(error.kind(), ErrorKind::Component);
    let drawn = format!("{error:#}");
    let places = "\
  in memory: part/broken:1:1
  1 | why: no light
    | ^^^^^^^^^^^^^ from this
  command line, argument 1
  | part=broken
  |      ^^^^^^ chosen here
";
    assert!(drawn.contains(places), "{drawn}");
    assert_eq!(drawn.matches("chosen here").count(), 1, "{drawn}");
    assert!(drawn.contains("note: caused by: an error occurred when formatting an argument"), "{drawn}");
}

#[test]
fn what_is_not_registered_cannot_be_chosen() {
    assert_eq!(
        name(&["part={type: std.process.Command}"]),
        Err("`part.type` must be one of leaf, pair, broken, but is `std.process.Command`".to_owned())
    );
    let near = compose(&["part.type=laef"]).err().expect("no such component");
    assert_eq!(near.helps(), ["did you mean `leaf`?"]);
    let arguments = compose(&["part={type: leaf, size: 10, colour: red}"]).err().expect("two mistakes");
    let messages: Vec<&str> = arguments.iter().map(Error::message).collect();
    assert_eq!(
        messages,
        ["`part.size` is out of range: expected 0..=9, found 10", "there is no key `part.colour`",]
    );
    let none = typed::read::<Component<dyn Part>>(&Node::from("leaf")).expect_err("nothing is registered");
    assert_eq!(none.to_string(), "the value is a component (Part), and none is registered");
}

#[test]
fn a_schema_knows_components_as_variants() {
    let schema = components().schema::<App>();
    let at = |path: &str| schema.at(&KeyPath::parse(path)).to_string();
    assert_eq!(at("part"), "a mapping whose `type` is one of leaf, pair, broken");
    assert_eq!(at("by_name.x.left.right"), "a mapping whose `type` is one of leaf, pair, broken or null");
    let parts = schema.at(&KeyPath::parse("part")).as_enum().expect("an enum").clone();
    assert_eq!((parts.name.as_str(), parts.variants["leaf"].doc.as_str()), ("Part", "A leaf."));
    assert_eq!(parts.option("twins").map(|(name, _)| name.as_str()), Some("pair"));
    // A file says it to those who do not have the program.
    let text = SchemaFile::from(schema.clone()).write();
    let sources = SourceMap::default();
    let file = SchemaFile::read(Source::new(SourceKind::Memory, "schema", text.as_str()), &sources);
    let again = file.expect("it reads").schema;
    assert_eq!(again.at(&KeyPath::parse("by_name.x.left")).to_string(), at("part"), "{text}");
    // What nobody asks for is not in it.
    assert!(components().schema::<u8>().definitions().is_empty());
    assert!(typed::schema::<App>().at(&KeyPath::parse("part")).is_any());
}

#[test]
fn a_component_is_written_as_it_was_read() {
    let app = compose(&["part=twins"]).expect("it composes");
    let again: Component<dyn Part> = components().read(&app.part.write()).expect("it reads");
    assert_eq!(again.name(), "(leaf4 leaf5)");
    let leaf = r#"Component(leaf: {"type":"leaf","size":2})"#;
    assert_eq!(format!("{:?}", compose(&[]).expect("it composes").part), leaf);
}

#[test]
fn a_component_that_is_printed_tells_no_secret() {
    trait Store {}
    #[derive(Config)]
    struct Bucket {
        #[mainstem(secret)]
        _key: String,
    }
    impl Store for Bucket {}
    #[derive(Debug, Config)]
    struct Upload {
        store: Component<dyn Store>,
    }
    let stores = Registry::<dyn Store>::new().with("bucket", |bucket: Bucket| Box::new(bucket));
    let components = Components::new().with(stores);
    let schema = components.schema::<Upload>();
    let configs = Memory::new().text("config", "store: {type: bucket, _key: hunter2}");
    let composer = mainstem::settings::project(configs, Facts::default(), "app").with_schema(schema);
    let arguments = composer.arguments::<&str>(Some("config"), &[]).expect("no arguments");
    let composed = composer.compose(Some("config"), &arguments, Mode::Run).expect("it composes");
    let job = composed.job();
    let scope = Scope::new(&job, composer.context(&|_| {}).with_schema(composed.schema()));
    let upload: Upload = components.read_at(&scope, &KeyPath::ROOT).expect("it reads");
    let shown = format!("{upload:?}");
    assert!(shown.contains("bucket") && shown.contains("***") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_later_registration_takes_the_place_of_an_earlier_one() {
    let parts = Registry::<dyn Part>::new()
        .with("leaf", |(): ()| built(Leaf { size: 1 }))
        .with("leaf", |leaf: Leaf| built(leaf));
    assert_eq!(parts.names().collect::<Vec<_>>(), ["leaf"]);
    let components = components().with(Registry::<dyn Part>::new()).with(parts);
    assert_eq!(components.get::<dyn Part>().map(|parts| parts.names().count()), Some(1));
    assert_eq!(format!("{components:?}"), r#"{"Part": ["leaf"]}"#);
    let leaf: Component<dyn Part> = components.read(&Node::from("leaf")).expect("it reads");
    assert_eq!(leaf.name(), "leaf1");
}

#[test]
fn a_folder_of_hydra_composes_with_its_targets() {
    #[derive(Config)]
    struct Train {
        optimizer: Component<dyn Part>,
    }
    let parts = Registry::<dyn Part>::new()
        .tag("_target_")
        .with("adam", |leaf: Leaf| built(leaf))
        .alias("torch.optim.Adam")
        .with("sgd", |pair: Pair| built(pair))
        .alias("torch.optim.SGD");
    let components = Components::new().with(parts);
    let configs = Memory::new()
        .text("config", "defaults: [{optimizer: adam}, _self_]\n")
        .text("optimizer/adam", "_target_: torch.optim.Adam\nsize: 3\n")
        .text("optimizer/sgd", "_target_: torch.optim.SGD\nleft: {_target_: torch.optim.Adam}\n")
        .text("optimizer/lion", "_target_: lion_pytorch.Lion\nsize: 3\n");
    let composer = mainstem::settings::project(configs, Facts::default(), "app");
    let composer = composer.with_schema(components.schema::<Train>());
    let compose = |overrides: &[&str]| -> Result<(String, String), Error> {
        let arguments = composer.arguments(Some("config"), overrides)?;
        let composed = composer.compose(Some("config"), &arguments, Mode::Run)?;
        let job = composed.job();
        let mut yaml = String::new();
        mainstem::value::write_yaml(&job, &mut yaml);
        let scope = Scope::new(&job, composer.context(&|_| {}).with_schema(composed.schema()));
        let train: Train = components.read_at(&scope, &KeyPath::ROOT)?;
        Ok((train.optimizer.name(), yaml))
    };
    let (name, yaml) = compose(&[]).expect("it composes");
    assert_eq!((name.as_str(), yaml.as_str()), ("leaf3", "optimizer:\n  _target_: adam\n  size: 3\n"));
    assert_eq!(compose(&["optimizer=sgd"]).expect("it composes").0, "(leaf1 -)");
    let swapped = &["optimizer._target_=torch.optim.Adam", "optimizer.size=4"];
    assert_eq!(compose(swapped).expect("it composes").0, "leaf4");
    let error = compose(&["optimizer=lion"]).expect_err("it is not registered");
    assert_eq!(error.message(), "`optimizer._target_` must be one of adam, sgd, but is `lion_pytorch.Lion`");
}
