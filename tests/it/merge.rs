//! Tests of `merge`: case files hold documents, parted by `+++` (the first line may be `@ package`), then
//! assignments, `$ OPERATOR PATH VALUE`, one a line; then `---` and the tree or the drawn error.

use std::sync::Arc;

use mainstem::diag::{Error, Origin, Result, Source, SourceKind, SourceMap, Span};
use mainstem::facts::Facts;
use mainstem::merge::{Action, Assignment, Context, Observer, assign, merge};
use mainstem::resolve::{Cache, Resolvers};
use mainstem::schema::{Field, Schema, Struct, Type};
use mainstem::value::{KeyPath, Map, Node, Text, write_yaml};
use mainstem::yaml::{Limits, parse};
use proptest::prelude::*;

use crate::cases;

fn read(sources: &SourceMap, kind: SourceKind, name: &str, text: &str) -> Result<Node> {
    let mut errors = Vec::new();
    let id = sources.add(Source::new(kind, name, text));
    let parsed = parse(text, id, &Limits::default(), &mut errors);
    Error::all(errors).map_or(Ok(()), Err)?;
    Ok(parsed.expect("no error").root)
}

/// `= a.b 5` and the like, as the assignment that an override would be.
fn assignment(sources: &SourceMap, number: usize, line: &str) -> Result<Assignment> {
    let mut words = line.splitn(3, ' ');
    let (operator, path) = (words.next().expect("operator"), words.next().expect("path"));
    let argument = format!("{path}: {}", words.clone().next().unwrap_or_default());
    let value = match words.next() {
        Some(text) => {
            let doc = format!("v: {text}");
            let doc = read(sources, SourceKind::Argument(number), "", &doc)?;
            doc.as_map().and_then(|map| map.get_str("v")).cloned()
        }
        None => None,
    };
    let given = || value.clone().expect("a value");
    let action = match operator {
        "=" => Action::Change(given()),
        "+" => Action::Add(given()),
        "++" => Action::Force(given()),
        "~" => Action::Delete(value),
        _ => Action::Extend(given().as_list().expect("a list").to_vec()),
    };
    let id = sources.add(Source::new(SourceKind::Argument(number), "", argument));
    Ok(Assignment { path: KeyPath::parse(path), action, origin: Origin::new(id, Span::new(0, path.len())) })
}

fn run(sources: &SourceMap, input: &str, schema: &Schema, observer: &mut impl Observer) -> Result<Node> {
    let (resolvers, cache, facts) = (Resolvers::default(), Cache::default(), Facts::default());
    let context = Context::new(&resolvers, &cache, &facts).with_schema(schema);
    let (docs, lines): (Vec<&str>, Vec<&str>) = input.lines().partition(|line| !line.starts_with("$ "));
    let mut root = Node::from(Map::default());
    for (i, doc) in docs.join("\n").split("+++\n").enumerate() {
        let (package, doc) = match doc.strip_prefix("@ ") {
            Some(rest) => rest.split_once('\n').unwrap_or((rest, "")),
            None => ("", doc),
        };
        let doc = read(sources, SourceKind::File, &format!("{}.yaml", i + 1), &format!("{doc}\n"))?;
        merge(&mut root, &KeyPath::parse(package), &doc, context, observer)?;
    }
    for (i, line) in lines.iter().enumerate() {
        let assignment = assignment(sources, i + 1, &line[2..])?;
        assign(&mut root, &assignment, context, observer)?;
    }
    Ok(root)
}

fn shown(sources: &Arc<SourceMap>, result: Result<Node>) -> String {
    match result {
        Ok(node) => {
            let mut text = String::new();
            write_yaml(&node, &mut text);
            text
        }
        Err(error) => format!("{:#}", error.located(sources)),
    }
}

#[test]
fn case_files() {
    cases::run("merge", |input| {
        let sources = Arc::new(SourceMap::default());
        let result = run(&sources, input, Schema::ANY, &mut ());
        shown(&sources, result)
    });
}

fn typed() -> Type {
    let fields = |fields: &[(&str, Type)], rest| {
        let fields = fields.iter().map(|(name, ty)| (Text::from(*name), Field::new(ty.clone()))).collect();
        Type::Struct(Arc::new(Struct { name: "App".into(), fields, rest, ..Struct::default() }))
    };
    let job = fields(
        &[
            ("name", Type::Str),
            ("num", Type::INT),
            ("env", Type::dict(Type::Any, Type::Str)),
            ("keys", Type::INT.list()),
            ("mode", Type::one_of(["RUN", "MULTIRUN"]).optional()),
        ],
        None,
    );
    fields(&[("job", job)], Some(Type::Any))
}

#[test]
fn types_convert_and_reject() {
    let run = |input: &str| {
        let sources = Arc::new(SourceMap::default());
        let result = run(&sources, input, &typed().into(), &mut ());
        result.map_or_else(
            |error| error.iter().map(|one| one.message().to_owned()).collect::<Vec<_>>().join("; "),
            |node| shown(&sources, Ok(node)),
        )
    };
    let ok = "job: {name: 5, num: '7', env: {A: 1}, keys: ['1', 2], mode: RUN}\nfree: {x: 1}\n$ = job.num 8\n$ + job.env.B true\n";
    let expected = "job:\n  name: '5'\n  num: 8\n  env:\n    A: '1'\n    B: 'True'\n  keys:\n  - 1\n  - 2\n  mode: RUN\nfree:\n  x: 1\n";
    assert_eq!(run(ok), expected);
    assert_eq!(
        run("job: {num: x, nmae: y}\n"),
        "`job.num` must be an integer, but is a string; there is no key `job.nmae`"
    );
    assert_eq!(run("job: {num: 1}\n+++\njob: {num: 1.5}\n"), "`job.num` must be an integer, but is a float");
    assert_eq!(run("job: {num: 1}\n$ + job.foo 1\n"), "there is no key `job.foo`");
    assert_eq!(run("job: {num: 1}\n$ = job.num null\n"), "`job.num` must be an integer, but is null");
    assert_eq!(
        run("job: {mode: RUN}\n$ = job.mode RUNN\n"),
        "`job.mode` must be one of RUN, MULTIRUN, but is `RUNN`"
    );
    assert_eq!(run("job: {num: 1}\n$ ~ job.num\n"), "`job.num` cannot be deleted: App always has it");
    assert_eq!(
        run("job: {num: '${x}'}\nx: 1\n"),
        "job:\n  name: ???\n  num: ${x}\n  env: ???\n  keys: ???\n  mode: null\nx: 1\n"
    );
}

#[test]
fn shared_until_changed() {
    let sources = SourceMap::default();
    let doc = read(&sources, SourceKind::File, "a", "m: {x: 1}\nn: {y: 2}\n").unwrap();
    let (resolvers, cache, facts) = (Resolvers::default(), Cache::default(), Facts::default());
    let context = Context::new(&resolvers, &cache, &facts);
    let mut root = Node::from(Map::default());
    merge(&mut root, &KeyPath::parse("p"), &doc, context, &mut ()).unwrap();
    let same = |root: &Node, key: &str| {
        let get =
            |node: &Node| std::ptr::from_ref(node.as_map().unwrap().get_str(key).unwrap().as_map().unwrap());
        get(root.as_map().unwrap().get_str("p").unwrap()) == get(&doc)
    };
    assert!(same(&root, "m") && same(&root, "n"));
    let change = read(&sources, SourceKind::File, "b", "p: {m: {x: 5}}\n").unwrap();
    merge(&mut root, &KeyPath::ROOT, &change, context, &mut ()).unwrap();
    assert!(!same(&root, "m"), "what is changed is copied");
    assert!(same(&root, "n"), "what is not is shared still");
    assert_eq!(
        doc.as_map().unwrap().get_str("m").unwrap().as_map().unwrap().get_str("x"),
        Some(&Node::from(1))
    );
}

#[test]
fn origins_follow_values() {
    let sources = SourceMap::default();
    let root =
        run(&sources, "a: 1\nm: {x: 1}\n+++\nm: {x: 2, y: 3}\n$ = a 5\n", Schema::ANY, &mut ()).unwrap();
    let place = |path: &str| {
        let keys = KeyPath::parse(path);
        let node = keys.keys().iter().try_fold(&root, Node::child).unwrap();
        sources.describe(node.origin)
    };
    assert_eq!(place("m"), "1.yaml:2:4");
    assert_eq!(place("m.x"), "2.yaml:1:8");
    assert_eq!(place("a"), "command line, argument 1");
}

#[test]
fn an_observer_hears_who_set_what() {
    #[derive(Default)]
    struct Log(Vec<String>);
    impl Observer for Log {
        fn set(&mut self, path: &KeyPath, old: Option<&Node>, new: &Node) {
            let old = old.map_or("nothing", Node::describe);
            self.0.push(format!("{path}: {old} -> {}", new.describe()));
        }
        fn removed(&mut self, path: &KeyPath, _: &Node) {
            self.0.push(format!("{path} removed"));
        }
    }
    let mut log = Log::default();
    let input = "a: {b: 1}\nr: ${a}\n+++\na: {b: x}\nr: {c: 1}\n$ = r.c 2\n$ ~ a.b\n";
    run(&SourceMap::default(), input, Schema::ANY, &mut log).unwrap();
    let expected = [
        "a: nothing -> a mapping",
        "r: nothing -> an interpolation",
        "a.b: an integer -> a string",
        "r: an interpolation -> a mapping",
        "r.c: nothing -> an integer",
        "r.c: an integer -> an integer",
        "a.b removed",
    ];
    assert_eq!(log.0, expected);
}

#[test]
fn many_interpolations_are_merged_into_in_linear_time() {
    use std::fmt::Write as _;
    let (mut first, mut second) = (String::from("base: {a: 1}\n"), String::new());
    for i in 0..5_000 {
        writeln!(first, "k{i}: ${{base}}").unwrap();
        writeln!(second, "k{i}: {{b: 2}}").unwrap();
    }
    let root = run(&SourceMap::default(), &format!("{first}+++\n{second}"), Schema::ANY, &mut ()).unwrap();
    assert_eq!(root.as_map().unwrap().get_str("k4999").unwrap().as_map().unwrap().len(), 2);
}

#[test]
fn a_list_that_is_extended_again_and_again_grows_where_it_stands() {
    let sources = SourceMap::default();
    let (resolvers, cache, facts) = (Resolvers::default(), Cache::default(), Facts::default());
    let context = Context::new(&resolvers, &cache, &facts);
    let mut root = read(&sources, SourceKind::File, "a", "l: [0]\n").unwrap();
    let (mut moves, mut before) = (0, std::ptr::null());
    for i in 1..1000 {
        let action = Action::Extend(vec![Node::from(i)]);
        let assignment = Assignment { path: KeyPath::parse("l"), action, origin: Origin::NONE };
        assign(&mut root, &assignment, context, &mut ()).unwrap();
        let list = root.as_map().unwrap().get_str("l").unwrap().as_list().unwrap();
        moves += usize::from(list.as_ptr() != before);
        before = list.as_ptr();
        assert_eq!(list.last(), Some(&Node::from(i)));
    }
    assert!(moves < 20, "{moves} copies");
}

#[test]
fn what_holds_no_keys_cannot_be_assigned_to() {
    let (resolvers, cache, facts) = (Resolvers::default(), Cache::default(), Facts::default());
    let context = Context::new(&resolvers, &cache, &facts);
    let message = |action| {
        let mut root = Node::from(5);
        let assignment = Assignment { path: KeyPath::parse("a"), action, origin: Origin::NONE };
        assign(&mut root, &assignment, context, &mut ()).map_err(|error| error.message().to_owned())
    };
    let holds_no_keys = Err("the root is an integer and holds no keys".to_owned());
    assert_eq!(message(Action::Force(Node::from(1))), holds_no_keys);
    assert_eq!(message(Action::Change(Node::from(1))), holds_no_keys);
}

fn tree() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Node::from),
        (0_i64..4).prop_map(Node::from),
        Just(Node::null()),
        Just(Node::from("text")),
    ];
    let mapping = |inner| {
        proptest::collection::vec(("[a-d]", inner), 0..4).prop_map(|entries: Vec<(String, Node)>| {
            let mut map = Map::default();
            for (key, node) in entries {
                map.set(key.as_str().into(), node);
            }
            Node::from(map)
        })
    };
    let inner = leaf.prop_recursive(4, 32, 4, mapping);
    mapping(inner.boxed())
}

fn merged(docs: &[&Node]) -> Node {
    let (resolvers, cache, facts) = (Resolvers::default(), Cache::default(), Facts::default());
    let context = Context::new(&resolvers, &cache, &facts);
    let mut root = Node::from(Map::default());
    for doc in docs {
        merge(&mut root, &KeyPath::ROOT, doc, context, &mut ()).expect("mappings and scalars always merge");
    }
    root
}

proptest! {
    #[test]
    fn merging_twice_is_merging_once(a in tree(), b in tree()) {
        prop_assert_eq!(merged(&[&a, &b, &b]), merged(&[&a, &b]));
        prop_assert_eq!(merged(&[&a]), a);
    }

    #[test]
    fn what_is_merged_is_there(a in tree(), b in tree()) {
        fn holds(root: &Node, doc: &Node) -> bool {
            match doc.as_map() {
                Some(map) => map.iter().all(|(k, slot)| root.child(k).is_some_and(|there| holds(there, &slot.node))),
                None => root == doc,
            }
        }
        prop_assert!(holds(&merged(&[&a, &b]), &b));
    }
}
