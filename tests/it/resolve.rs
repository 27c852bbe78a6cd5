//! Tests of `resolve`: case files hold a tree, then `---` and the tree with all interpolations resolved, or the
//! drawn error. First lines may be `# env: NAME=value …` and `# now: 2024-03-07T14:05:09.000042`.

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::sync::Arc;

use mainstem::diag::{Error, ErrorKind, Result, Source, SourceKind, SourceMap};
use mainstem::facts::Facts;
use mainstem::resolve::{Cache, Context, Invocation, Resolvers, Scope};
use mainstem::value::{KeyPath, Node, write_yaml};
use mainstem::yaml::{Limits, parse};

use crate::cases;

fn read(sources: &SourceMap, text: &str) -> Node {
    let mut errors = Vec::new();
    let id = sources.add(Source::new(SourceKind::File, "a.yaml", text));
    let parsed = parse(text, id, &Limits::default(), &mut errors);
    assert!(errors.is_empty(), "{errors:?}");
    parsed.expect("no error").root
}

fn resolvers() -> Resolvers {
    Resolvers::default().with("list", |call: &Invocation<'_>| Ok(Node::from(call.arguments().to_vec()))).with(
        "loud",
        |call: &Invocation<'_>| {
            let text = call.argument(0)?.as_str().unwrap_or_default().to_uppercase();
            Ok(Node::from(text.as_str()))
        },
    )
}

/// The value at a path of a tree.
fn select(text: &str, path: &str) -> Result<Option<Node>> {
    let sources = Arc::new(SourceMap::default());
    let (root, resolvers) = (read(&sources, text), resolvers());
    let (cache, facts) = (Cache::default(), Facts::default());
    let scope = Scope::new(&root, Context::new(&resolvers, &cache, &facts));
    scope.select(&KeyPath::parse(path)).map_err(|error| error.located(&sources))
}

fn error(text: &str, path: &str) -> Error {
    select(text, path).expect_err("must fail")
}

#[test]
fn case_files() {
    cases::run("resolve", |input| {
        let sources = Arc::new(SourceMap::default());
        let mut facts = Facts::default();
        for line in input.lines() {
            if let Some(env) = line.strip_prefix("# env: ") {
                facts.env = env.split(' ').filter_map(|pair| pair.split_once('=')).collect();
            } else if let Some(now) = line.strip_prefix("# now: ") {
                facts.now = now.parse::<chrono::NaiveDateTime>().expect("a time").into();
            }
        }
        let (root, resolvers, cache) = (read(&sources, input), resolvers(), Cache::default());
        let warnings = RefCell::new(Vec::new());
        let warn = |error: Error| warnings.borrow_mut().push(error);
        let scope = Scope::new(&root, Context::new(&resolvers, &cache, &facts).with_warnings(&warn));
        let mut shown = String::new();
        match scope.resolve() {
            Ok(node) => write_yaml(&node, &mut shown),
            Err(error) => write!(shown, "{:#}", error.located(&sources)).unwrap(),
        }
        for warning in warnings.take() {
            writeln!(shown, "# {warning}").unwrap();
        }
        shown
    });
}

#[test]
fn only_what_is_asked_for_is_resolved() {
    let text = "good: ${a}\na: 1\nbad: ${nope:1}\nworse: ${b}\nblock: {x: '${good}', y: '${bad}'}\n";
    assert_eq!(select(text, "good").unwrap(), Some(Node::from(1)));
    assert_eq!(select(text, "block.x").unwrap(), Some(Node::from(1)));
    assert_eq!(select(text, "absent").unwrap(), None);
    assert_eq!(select(text, "a.b.c").unwrap(), None);
    assert_eq!(error(text, "bad").kind(), ErrorKind::Resolver);
    assert_eq!(error(text, "worse").kind(), ErrorKind::Interpolation);
    assert_eq!(error(text, "block").kind(), ErrorKind::Resolver);
}

#[test]
fn a_chain_of_references_may_be_long() {
    let mut text = String::new();
    for i in 0..100_000 {
        writeln!(text, "k{i}: ${{k{}}}", i + 1).unwrap();
    }
    text.push_str("k100000: end\n");
    let root = select(&text, "").unwrap().unwrap();
    assert_eq!(root.as_map().unwrap().get_str("k0"), Some(&Node::from("end")));
    assert_eq!(root.as_map().unwrap().get_str("k50000"), Some(&Node::from("end")));
}

#[test]
fn nesting_has_a_limit_and_no_overflow() {
    let mut text = String::from("k0: end\n");
    for i in 0..5_000 {
        writeln!(text, "k{}: x${{k{i}}}", i + 1).unwrap();
    }
    assert_eq!(error(&text, "k5000").kind(), ErrorKind::Limit);
    assert_eq!(select(&text, "k100").unwrap(), Some(Node::from(format!("{}end", "x".repeat(100)).as_str())));
    // Resolving the whole needs no nesting, since every value finds the one before it resolved.
    assert!(select(&text, "").is_ok());
    let mut text = String::from("k0: {x: end}\n");
    for i in 0..5_000 {
        writeln!(text, "k{}: {{x: '${{k{i}}}'}}", i + 1).unwrap();
    }
    assert_eq!(error(&text, "k5000").kind(), ErrorKind::Limit);
    let deep = format!("a: {}1{}\nb: ${{a}}\n", "{x: ".repeat(190), "}".repeat(190));
    assert!(select(&deep, "").is_ok());
}

#[test]
fn what_grows_without_measure_is_stopped() {
    let mut text = String::from("k0: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n");
    for i in 0..40 {
        writeln!(text, "k{}: ['${{k{i}}}', '${{k{i}}}', '${{k{i}}}', '${{k{i}}}']", i + 1).unwrap();
    }
    assert_eq!(error(&text, "k40").kind(), ErrorKind::Limit);
    let mut text = String::from("k0: xxxxxxxxxxxxxxxx\n");
    for i in 0..60 {
        writeln!(text, "k{}: ${{k{i}}}${{k{i}}}", i + 1).unwrap();
    }
    assert_eq!(error(&text, "k60").kind(), ErrorKind::Limit);
    let answers_itself = "a: ${again:}\n";
    let sources = SourceMap::default();
    let root = read(&sources, answers_itself);
    let again = root.as_map().unwrap().get_str("a").unwrap().clone();
    let resolvers = Resolvers::default().with("again", move |_: &Invocation<'_>| Ok(again.clone()));
    let (cache, facts) = (Cache::default(), Facts::default());
    let scope = Scope::new(&root, Context::new(&resolvers, &cache, &facts));
    assert_eq!(scope.select(&KeyPath::parse("a")).expect_err("no end").kind(), ErrorKind::Limit);
}

#[test]
fn own_resolvers_are_asked_at_each_use_or_once() {
    use std::sync::atomic::{AtomicI64, Ordering};
    let counter = || {
        let count = AtomicI64::new(0);
        move |_: &Invocation<'_>| Ok(Node::from(count.fetch_add(1, Ordering::Relaxed)))
    };
    let resolvers = Resolvers::default().with("each", counter()).cached("once", counter());
    let (cache, facts) = (Cache::default(), Facts::default());
    let sources = SourceMap::default();
    let root = read(&sources, "o: '${once:} ${once:} ${once:x}'\n");
    let each = read(&sources, "e: '${each:} ${each:}'\n");
    let fleeting = Cell::new(0);
    let count = || fleeting.set(fleeting.get() + 1);
    let context = Context::new(&resolvers, &cache, &facts).with_fleeting(&count);
    let get = |root, key| Scope::new(root, context).select(&KeyPath::parse(key)).unwrap().unwrap();
    assert_eq!(get(&root, "o"), Node::from("0 0 1"));
    assert_eq!(get(&root, "o"), Node::from("0 0 1"), "the cache outlives the tree");
    assert_eq!(fleeting.get(), 0);
    assert_eq!(get(&each, "e"), Node::from("0 1"));
    assert_eq!(fleeting.get(), 2);
}

#[test]
fn a_resolver_sees_its_place() {
    let resolvers = Resolvers::default().with("twice", |call: &Invocation<'_>| {
        let key = call.argument(0)?.as_str().ok_or_else(|| call.error("a key is needed"))?;
        let node =
            call.select(key)?.ok_or_else(|| call.error(format!("`{}` finds no `{key}`", call.path())))?;
        Ok(Node::from(vec![node.clone(), node]))
    });
    let sources = Arc::new(SourceMap::default());
    let root = read(&sources, "a: {b: '${c}', t: '${twice:.b}', u: '${twice:.z}'}\nc: 5\n");
    let (cache, facts) = (Cache::default(), Facts::default());
    let scope = Scope::new(&root, Context::new(&resolvers, &cache, &facts));
    let found = scope.select(&KeyPath::parse("a.t")).unwrap();
    assert_eq!(found, Some(Node::from(vec![Node::from(5), Node::from(5)])));
    let error = scope.select(&KeyPath::parse("a.u")).expect_err("no such key").located(&sources);
    let expected = "\
error[resolver]: `a.u` finds no `.z`
  a.yaml:1:38
  1 | a: {b: '${c}', t: '${twice:.b}', u: '${twice:.z}'}
    |                                      ^^^^^^^^^^^
";
    assert_eq!(format!("{error:#}"), expected);
}

#[test]
fn what_stands_in_a_typed_place_is_converted() {
    use mainstem::schema::{Field, Schema, Struct, Type};
    let fields = [("n", Type::INT), ("s", Type::Str)].map(|(name, ty)| (name.into(), Field::new(ty)));
    let ty = Schema::from(Type::Struct(Arc::new(Struct {
        name: "App".into(),
        fields: fields.into_iter().collect(),
        rest: Some(Type::Any),
        ..Struct::default()
    })));
    let sources = Arc::new(SourceMap::default());
    let root = read(&sources, "n: ${s}\ns: ${free}\nfree: 12\ntext: ${s}\nbad: {n: 1}\n");
    let (resolvers, cache, facts) = (Resolvers::default(), Cache::default(), Facts::default());
    let context = Context::new(&resolvers, &cache, &facts).with_schema(&ty);
    let get = |root: &Node, key| Scope::new(root, context).select(&KeyPath::parse(key));
    assert_eq!(get(&root, "n").unwrap(), Some(Node::from(12)));
    assert_eq!(get(&root, "text").unwrap(), Some(Node::from("12")));
    let root = read(&sources, "n: ${free}\nfree: 0.5\n");
    let error = get(&root, "n").expect_err("a float is no integer").located(&sources);
    let expected = "\
error[type]: `n` must be an integer, but is a float
  a.yaml:2:7
  2 | free: 0.5
    |       ^^^ expected an integer
  a.yaml:1:4
  1 | n: ${free}
    |    ^^^^^^^ for this
";
    assert_eq!(format!("{error:#}"), expected);
}

#[test]
fn a_trail_shows_every_step() {
    let sources = SourceMap::default();
    let root = read(&sources, "a: ${b}\nb: ${c.d}\nc: {d: 5}\n");
    let (resolvers, cache, facts) = (Resolvers::default(), Cache::default(), Facts::default());
    let scope = Scope::new(&root, Context::new(&resolvers, &cache, &facts));
    let trail = scope.trail(&KeyPath::parse("a")).unwrap();
    let trail: Vec<_> = trail.into_iter().map(|origin| sources.describe(origin)).collect();
    assert_eq!(trail, ["a.yaml:1:4", "a.yaml:2:4", "a.yaml:3:8"]);
}
