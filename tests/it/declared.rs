//! Schema files: what is written reads as the same.

use mainstem::declared::{Registered, SchemaFile};
use mainstem::diag::{Origin, Source, SourceKind, SourceMap};
use mainstem::schema::{
    Bound, Constraint, Enum, Field, Limited, Moment, Name, Pattern, Schema, Struct, Type, Types, Variant,
    Width,
};
use mainstem::value::{Key, Map, Node, Text};
use proptest::prelude::*;

fn word() -> impl Strategy<Value = Text> + Clone {
    prop_oneof!["[a-z_]{1,6}", "[\\PC]{0,4}", Just("int".to_owned())].prop_map(Text::from)
}

/// A value that is what it looks like: neither `???` nor an interpolation.
fn value() -> impl Strategy<Value = Node> {
    prop_oneof![
        Just(Node::null()),
        any::<bool>().prop_map(Node::from),
        any::<i64>().prop_map(Node::from),
        any::<f64>().prop_map(Node::from),
        "[a-z ä\"\\\\]{0,8}".prop_map(|text| Node::from(text.as_str())),
        prop::collection::vec(any::<i64>().prop_map(Node::from), 0..3).prop_map(Node::from),
    ]
}

fn simple() -> impl Strategy<Value = Type> {
    prop::sample::select(vec![
        Type::Any,
        Type::Bool,
        Type::INT,
        Type::Int(Width::I8),
        Type::Int(Width::U128),
        Type::Float,
        Type::Float32,
        Type::Str,
        Type::Bytes,
        Type::Path,
        Type::Duration,
        Type::Time(Moment::Instant),
        Type::Time(Moment::Date),
    ])
}

fn constraint() -> impl Strategy<Value = Constraint> {
    let bound = || {
        prop::option::of((value(), any::<bool>()).prop_map(|(value, inclusive)| Bound { value, inclusive }))
    };
    prop_oneof![
        (bound(), bound()).prop_map(|(min, max)| Constraint::Range { min, max }),
        (0..9_usize, prop::option::of(0..9_usize)).prop_map(|(min, max)| Constraint::Length { min, max }),
        "[a-z]{0,5}".prop_map(|text| Constraint::Regex(Pattern::new(&text).expect("letters only"))),
        prop::collection::vec(value(), 0..3).prop_map(Constraint::OneOf),
    ]
}

fn ty(names: Vec<Name>) -> BoxedStrategy<Type> {
    let mut leaves =
        vec![simple().boxed(), prop::collection::vec(word(), 0..3).prop_map(Type::one_of).boxed()];
    if !names.is_empty() {
        leaves.push(prop::sample::select(names).prop_map(Type::Named).boxed());
    }
    let leaf = prop::strategy::Union::new(leaves);
    leaf.prop_recursive(3, 12, 3, |inner| {
        let many = prop::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            inner.clone().prop_map(Type::optional),
            inner.clone().prop_map(Type::list),
            many.prop_map(|all| Type::Tuple(all.into())),
            (inner.clone(), inner.clone()).prop_map(|(key, value)| Type::dict(key, value)),
            (inner.clone(), prop::collection::vec(constraint(), 0..3))
                .prop_map(|(ty, constraints)| Type::Limited(Limited::of(ty, constraints).into())),
            structure(inner.clone()).prop_map(|fields| Type::Struct(fields.into())),
            enumeration(inner.clone()).prop_map(|variants| Type::Enum(variants.into())),
            inner.prop_map(|_| Type::Rooted(Schema::from(Type::Bool.list()).into())),
        ]
    })
    .boxed()
}

fn field(ty: BoxedStrategy<Type>) -> impl Strategy<Value = Field> {
    let texts = || prop::collection::vec(word(), 0..2);
    let rest = (prop::option::of(word()), any::<bool>(), prop::option::of(word()));
    (ty, any::<bool>(), word(), texts(), rest).prop_map(|(ty, open, doc, aliases, rest)| {
        // Of what may be anything every value is a default.
        let default = (open && ty == Type::Any).then(|| Node::from(1));
        let (deprecated, secret, group) = rest;
        Field { default, doc, aliases, deprecated, secret, group, ..Field::new(ty) }
    })
}

fn structure(ty: BoxedStrategy<Type>) -> impl Strategy<Value = Struct> {
    let fields = prop::collection::vec((word(), field(ty.clone())), 0..3);
    let bases = prop::collection::vec(word(), 0..2);
    (word(), word(), fields, prop::option::of(ty), bases).prop_map(|(name, doc, fields, rest, bases)| {
        Struct { name, doc, fields: fields.into_iter().collect(), rest, bases }
    })
}

fn enumeration(ty: BoxedStrategy<Type>) -> impl Strategy<Value = Enum> {
    let texts = || prop::collection::vec(word(), 0..2);
    let variant = (word(), texts(), prop::option::of(word()), texts(), structure(ty)).prop_map(
        |(doc, aliases, deprecated, options, content)| Variant { doc, aliases, deprecated, options, content },
    );
    let variants = prop::collection::vec((word(), variant), 0..3);
    (word(), word(), prop::option::of(word()), variants).prop_map(|(name, doc, tag, variants)| {
        let mut all = Enum::new(name, tag, variants);
        all.doc = doc;
        all
    })
}

/// Names of definitions, with a type for each, and the type of the root.
fn schema() -> impl Strategy<Value = Schema> {
    prop::collection::vec(word(), 0..3).prop_flat_map(|words| {
        let mut types = Types::default();
        let names: Vec<Name> = words.iter().map(|word| types.declare(word.clone())).collect();
        let all = prop::collection::vec(structure(ty(names.clone())), names.len());
        (Just((words, names.clone())), all, ty(names)).prop_map(|((words, names), all, root)| {
            let mut types = Types::default();
            for word in words {
                types.declare(word);
            }
            for (name, fields) in names.into_iter().zip(all) {
                types.complete(name, "", Type::Struct(fields.into()));
            }
            types.schema(root)
        })
    })
}

fn read(text: &str) -> SchemaFile {
    let source = Source::new(SourceKind::File, "schema.json", text);
    SchemaFile::read(source, &SourceMap::default()).expect("a schema file")
}

proptest! {
    #[test]
    fn what_is_written_reads_as_the_same(schema in schema()) {
        let file = SchemaFile::from(schema);
        let text = file.write();
        let again = read(&text);
        prop_assert_eq!(&again, &file, "{}", text);
        prop_assert_eq!(again.write(), text);
    }
}

#[test]
fn registered_configs_come_back() {
    let mut types = Types::default();
    let name = types.declare("Db");
    let port = Field::new(Type::INT).default(Node::from(1));
    let fields = Struct {
        name: "Db".into(),
        fields: [("port".into(), port)].into_iter().collect(),
        ..Struct::default()
    };
    types.complete(name, "Db", Type::Struct(fields.into()));
    let schema = types.schema(Type::Any);
    let config = |path: &str, ty: Option<Type>, port: i64, defaults: bool| {
        let mut root = Map::default();
        root.set(Key::from("port"), Node::from(port));
        if defaults {
            root.set(Key::from("defaults"), Node::from(vec![Node::from("_self_")]));
        }
        let schema = ty.map(|ty| schema.sharing(ty));
        Registered { path: path.into(), package: None, schema, root: Node::from(root), origin: Origin::NONE }
    };
    let configs = vec![
        config("db/usual", Some(Type::Named(name)), 1, true),
        config("db/other", Some(Type::Named(name)), 2, false),
        Registered { package: Some("x.y".into()), ..config("plain", None, 3, false) },
    ];
    let file = SchemaFile { schema: schema.clone(), configs };
    let text = file.write();
    assert_eq!(read(&text), file, "{text}");
    // What is only the defaults of the type is not written.
    assert!(!text.contains("\"port\": 1\n") && text.contains("\"port\": 2\n"), "{text}");
}

#[test]
fn the_example_of_the_documents_is_one() {
    let text = include_str!("../../docs/SCHEMAS.md");
    let (_, example) = text.split_once("```json\n").expect("an example");
    let file = read(example.split_once("```").expect("its end").0);
    assert_eq!(file.configs.len(), 2);
    assert_eq!(file.schema.definitions().len(), 4);
}
