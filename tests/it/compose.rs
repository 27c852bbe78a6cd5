//! Compositions: a case is a file with arguments, configs, and what comes of them.
//!
//! ```text
//! # what the case shows
//! $ a=1 +db=pg            the arguments; `-m` for a multirun, `@explain KEY`, `@defaults`, `@check`
//! > config                a config by its path, until the next `>` or `---`
//! a: 0
//! ---
//! the outcome: tree, list, chain or drawn errors
//! ```

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use mainstem::compose::{
    By, Checking, Composed, Composer, ConfigSource, Content, Dir, Entry, Memory, Mode, Provided, Repository,
};
use mainstem::diag::{Error, Result};
use mainstem::facts::Facts;
use mainstem::resolve::{Invocation, Resolvers};
use mainstem::value::{Key, KeyPath, Kind, Map, Node};

struct Case {
    name: String,
    arguments: Vec<String>,
    sources: Vec<Memory>,
    expected: String,
}

fn cases() -> Vec<Case> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/compose");
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Case {
    let text = std::fs::read_to_string(path).unwrap();
    let (input, expected) = text.split_once("\n---\n").expect("a case has `---`");
    let mut arguments = Vec::new();
    let mut files: Vec<(String, String)> = Vec::new();
    for line in input.lines() {
        if let Some(name) = line.strip_prefix("> ") {
            files.push((name.to_owned(), String::new()));
        } else if let Some((_, text)) = files.last_mut() {
            let _ = writeln!(text, "{line}");
        } else if let Some(words) = line.strip_prefix("$ ") {
            arguments = words.split(' ').map(str::to_owned).collect();
        }
    }
    let mut sources = vec![Memory::new()];
    for (name, text) in files {
        // `2:` puts a config into the second source of the search path.
        let (nth, name) =
            name.split_once(':').map_or((0, name.as_str()), |(n, rest)| (n.parse().unwrap(), rest));
        sources.resize_with(sources.len().max(nth), Memory::new);
        let nth = nth.saturating_sub(1);
        sources[nth] = std::mem::take(&mut sources[nth]).text(name, text);
    }
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    Case { name, arguments, sources, expected: expected.to_owned() }
}

fn composer(sources: Vec<Memory>) -> Composer {
    let path: Vec<_> = sources.into_iter().map(|source| Provided::new("main", source)).collect();
    // A config of this name, if there is one, comes before every primary config.
    let preludes = if sources_have(&path, "pre/config") { vec!["pre/config".into()] } else { Vec::new() };
    let facts = Facts { env: [("USER", "ada")].into_iter().collect(), ..Facts::default() };
    Composer::new(Repository::new(path), facts).with_preludes(preludes)
}

fn sources_have(path: &[Provided], config: &str) -> bool {
    path.iter().any(|provided| provided.source().has_config(config).unwrap())
}

/// Everything that a case may ask for, as text.
fn outcome(case: &mut Case) -> Result<String> {
    let composer = composer(std::mem::take(&mut case.sources));
    let mut mode = Mode::Run;
    let mut command = Vec::new();
    let mut overrides = Vec::new();
    for word in &case.arguments {
        match word.as_str() {
            "-m" => mode = Mode::Multirun,
            word if word.starts_with('@')
                || !command.is_empty() && command[0] == "@explain" && command.len() < 2 =>
            {
                command.push(word.to_owned());
            }
            word => overrides.push(word.to_owned()),
        }
    }
    if command.first().is_some_and(|c| c == "@check") {
        let checking = Checking {
            providers: &["main"],
            config_name: None,
            overrides: &overrides,
            registers: &|path| path.ends_with("registered"),
        };
        let report = composer.check(checking);
        let notes = report.notes.into_iter().map(|note| note.error).collect();
        let mut out = String::new();
        for (name, list) in [("errors", report.errors), ("warnings", report.warnings), ("notes", notes)] {
            for error in list {
                let _ = writeln!(out, "{name}:\n{error:#}");
            }
        }
        let _ = writeln!(out, "composed: {}", report.composed.join(", "));
        return Ok(out);
    }
    let arguments = composer.arguments(Some("config"), &overrides)?;
    let composed = composer.compose(Some("config"), &arguments, mode)?;
    let mut out = String::new();
    match command.first().map(String::as_str) {
        Some("@defaults") => {
            for included in composed.selection().included() {
                let own = if included.is_self { " _self_" } else { "" };
                let why = composed.sources().describe(included.why);
                let _ = writeln!(out, "{} @ {}{own}  <- {why}", included.config_path, included.package);
            }
            for (key, choice) in composed.selection().choices() {
                let _ = writeln!(out, "{key} = {}", choice.unwrap_or("null"));
            }
        }
        Some("@explain") => explain(&composer, &composed, &command[1], &mut out)?,
        _ => print(&composed.job(), 0, &mut out),
    }
    for warning in composed.warnings() {
        let _ = writeln!(out, "{warning:#}");
    }
    Ok(out)
}

fn explain(composer: &Composer, composed: &Composed, key: &str, out: &mut String) -> Result<()> {
    let explanation = composer.explain(composed, &KeyPath::parse(key))?;
    let mut queue = vec![explanation];
    while let Some(explanation) = queue.pop() {
        let _ = writeln!(out, "{}", explanation.path);
        for step in &explanation.steps {
            let sources = composed.sources();
            let value = step.value.as_ref().map_or_else(|| "-".to_owned(), scalar);
            let by = match &step.by {
                By::Config { config_path, package, why } => {
                    format!("{config_path} @ {package} <- {}", sources.describe(*why))
                }
                By::Override(n) => format!("override {n}"),
                By::Program => "program".to_owned(),
            };
            let _ = writeln!(out, "  {:?} {value}  {}  by {by}", step.change, sources.describe(step.origin));
        }
        queue.extend(explanation.targets);
    }
    Ok(())
}

fn scalar(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "null".to_owned(),
        Kind::Missing => "???".to_owned(),
        Kind::Bool(b) => b.to_string(),
        Kind::Int(i) => i.to_string(),
        Kind::Float(f) => format!("{f:?}"),
        Kind::Str(text) => text.to_string(),
        Kind::Template(template) => template.text.to_string(),
        Kind::List(items) => format!("[{}]", items.iter().map(scalar).collect::<Vec<_>>().join(", ")),
        Kind::Map(map) => {
            let pairs: Vec<String> =
                map.iter().map(|(k, slot)| format!("{k}: {}", scalar(&slot.node))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        other => format!("{other:?}"),
    }
}

fn print(node: &Node, depth: usize, out: &mut String) {
    for (key, slot) in node.as_map().unwrap() {
        match slot.node.as_map().filter(|map| !map.is_empty()) {
            Some(_) => {
                let _ = writeln!(out, "{}{key}:", "  ".repeat(depth));
                print(&slot.node, depth + 1, out);
            }
            None => {
                let _ = writeln!(out, "{}{key}: {}", "  ".repeat(depth), scalar(&slot.node));
            }
        }
    }
}

#[test]
fn case_files() {
    let mut failures = Vec::new();
    for mut case in cases() {
        let found = outcome(&mut case).unwrap_or_else(|error| format!("{error:#}"));
        if found.trim_end() == case.expected.trim_end() {
            continue;
        }
        failures.push(format!("== {}\nexpected:\n{}\nfound:\n{found}", case.name, case.expected));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Jobs of a sweep share what they do not change.
#[test]
fn compositions_share_their_base() {
    let conf =
        Memory::new().text("config", "defaults: [db: mysql]\na: 1\nbig: {x: 1}").text("db/mysql", "port: 1");
    let composer = composer(vec![conf]);
    let compose = |line: &str| {
        let arguments = composer.arguments(Some("config"), &[line]).unwrap();
        composer.compose(Some("config"), &arguments, Mode::Run).unwrap()
    };
    let (one, two) = (compose("a=2"), compose("a=3"));
    let at = |composed: &Composed, key: &str| {
        composed.root().as_map().unwrap().get(&Key::from(key)).unwrap().clone()
    };
    assert_eq!((at(&one, "a"), at(&two, "a")), (Node::from(2), Node::from(3)));
    let (Kind::Map(x), Kind::Map(y)) = (at(&one, "big").kind, at(&two, "big").kind) else {
        panic!("not mappings")
    };
    assert!(Arc::ptr_eq(&x, &y));
}

fn resolving(conf: Memory, resolvers: Resolvers) -> Composer {
    Composer::new(Repository::new(vec![Provided::new("main", conf)]), Facts::default())
        .with_resolvers(resolvers)
}

fn composed(composer: &Composer, name: &str, lines: &[&str]) -> Composed {
    let arguments = composer.arguments(Some(name), lines).unwrap();
    composer.compose(Some(name), &arguments, Mode::Run).unwrap()
}

/// Whether two compositions share the mapping at a key, so that it was merged once.
fn share(a: &Composed, b: &Composed, key: &str) -> bool {
    let at = |composed: &Composed| {
        composed.root().child(&Key::from(key)).and_then(Node::as_map).map(std::ptr::from_ref)
    };
    at(a).is_some() && at(a) == at(b)
}

/// A base whose merge asked a resolver that may answer otherwise the next time is merged again; others are not.
#[test]
fn only_what_does_not_last_is_merged_again() {
    let count = AtomicUsize::new(0);
    let block = move |_: &Invocation<'_>| {
        let mut map = Map::default();
        map.set(Key::from("n"), Node::from(i64::try_from(count.fetch_add(1, Ordering::Relaxed)).unwrap()));
        Ok(Node::from(map))
    };
    let conf = Memory::new()
        .text("fleeting", "defaults: [_self_, more]\na: {b: '${count:}'}\nc: ${oc.create:${count:}}")
        .text("more", "c: {m: 1}")
        .text("lasting", "defaults: [_self_, other]\na: {x: 1}")
        .text("other", "a: {y: 2}");
    let composer = resolving(conf, Resolvers::default().with("count", block));
    let n = |composed: &Composed| composed.root().child(&"c".into()).unwrap().child(&"n".into()).cloned();
    let (one, two) = (composed(&composer, "fleeting", &[]), composed(&composer, "fleeting", &[]));
    assert_eq!((n(&one), n(&two)), (Some(Node::from(0)), Some(Node::from(1))));
    let (one, two) = (composed(&composer, "lasting", &[]), composed(&composer, "lasting", &[]));
    assert!(share(&one, &two, "a"), "what another config asked is no reason");
}

/// A resolver of the user's own may compose while its answer is merged into.
#[test]
fn a_resolver_may_compose() {
    let inner: Arc<std::sync::OnceLock<std::sync::Weak<Composer>>> = Arc::default();
    let handle = Arc::clone(&inner);
    let block = move |_: &Invocation<'_>| {
        let composer = handle.get().and_then(std::sync::Weak::upgrade).unwrap();
        let arguments = composer.arguments::<&str>(Some("inner"), &[])?;
        Ok(composer.compose(Some("inner"), &arguments, Mode::Run)?.job())
    };
    let conf = Memory::new()
        .text("config", "defaults: [_self_, more]\na: ${oc.create:${compose:}}")
        .text("more", "a: {m: 1}")
        .text("inner", "k: 2");
    let composer = Arc::new(resolving(conf, Resolvers::default().with("compose", block)));
    inner.set(Arc::downgrade(&composer)).unwrap();
    let found = composed(&composer, "config", &[]);
    let mut shown = String::new();
    print(found.root(), 0, &mut shown);
    assert_eq!(shown, "a:\n  k: 2\n  m: 1\n");
}

/// What is suspicious in a base is told to everyone who uses it.
#[test]
fn warnings_are_kept_with_the_base() {
    let conf = Memory::new()
        .text("config", "defaults: [_self_, more]\nnew: {x: 1}\nold: ${oc.deprecated:new}\na: 1")
        .text("more", "old: {y: 2}");
    let composer = resolving(conf, Resolvers::default());
    for lines in [["a=2"], ["a=2"], ["a=3"]] {
        let warnings = composed(&composer, "config", &lines).warnings().to_vec();
        let told: Vec<_> = warnings.iter().map(|warning| warning.message().to_owned()).collect();
        assert_eq!(told, ["'old' is deprecated. Use 'new'"], "{lines:?}");
    }
}

/// Names that are computed from each other, in the worst order: each is looked at when the choice it needs is made.
#[test]
fn computed_choices_are_found_in_linear_time() {
    const COUNT: usize = 3000;
    let mut list = String::from("defaults:\n");
    for i in 0..COUNT {
        let _ = writeln!(list, "- g@p{i}: ${{g@p{}}}", i + 1);
    }
    let _ = writeln!(list, "- g@p{COUNT}: x");
    let conf = Memory::new().text("config", list).text("g/x", "v: 1");
    let found = composed(&resolving(conf, Resolvers::default()), "config", &[]);
    assert_eq!(found.root().as_map().unwrap().len(), COUNT + 1);
}

/// A source that counts how often it is asked.
#[derive(Debug)]
struct Counted(Memory, Arc<Mutex<Vec<String>>>, Arc<AtomicUsize>);

impl ConfigSource for Counted {
    fn location(&self) -> String {
        self.0.location()
    }

    fn read(&self, config_path: &str) -> Result<Option<Content>> {
        self.1.lock().unwrap().push(config_path.to_owned());
        self.0.read(config_path)
    }

    fn list(&self, group: &str) -> Result<Option<Vec<Entry>>> {
        self.2.fetch_add(1, Ordering::Relaxed);
        self.0.list(group)
    }
}

/// Ten jobs with other values and other options: every file is read once, and asked for groups once a key.
#[test]
fn every_file_is_read_once() {
    let conf = Memory::new()
        .text("config", "defaults: [db: mysql, db/sub@x: y.yaml]\na: 1")
        .text("db/mysql", "port: 1")
        .text("db/pg", "port: 2")
        .text("db/sub/y", "z: 1");
    let (reads, lists) = (Arc::default(), Arc::default());
    let source = Counted(conf, Arc::clone(&reads), Arc::clone(&lists));
    let repository = Repository::new(vec![Provided::new("main", source)]);
    let composer = Composer::new(repository, Facts::default());
    for job in 0..10 {
        let option = if job % 2 == 0 { "db=mysql" } else { "db=pg" };
        let arguments = composer.arguments(Some("config"), &[option, &format!("a={job}")]).unwrap();
        composer.compose(Some("config"), &arguments, Mode::Run).unwrap();
    }
    let mut reads = reads.lock().unwrap().clone();
    reads.sort();
    assert_eq!(reads, ["config", "db/mysql", "db/pg", "db/sub/y"]);
    assert_eq!(lists.load(Ordering::Relaxed), 2);
}

#[test]
fn a_directory_is_a_source() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compose_dir");
    let files = [
        ("config.yaml", "defaults: [db: m.v1]"),
        ("db.yaml", "file: 1"),
        ("db/m.v1.yaml", "port: 1"),
        ("db/old.yml", "port: 2"),
        ("db/notes.txt", "none"),
        ("db/engine/x.yaml", "y: 1"),
    ];
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let dir = Dir::new(&root).shown_as("conf");
    let mut entries = dir.list("db").unwrap().unwrap();
    entries.sort();
    assert_eq!(entries, [Entry::Config("m.v1".into()), Entry::Group("engine".into())]);
    let survey = dir.survey();
    assert_eq!(survey.warnings[0].message(), "nothing can select `conf/db/old.yml`: configs end in `.yaml`");
    assert_eq!(survey.configs, ["config", "db/engine/x", "db/m.v1", "db"]);
    let repository = Repository::new(vec![Provided::new("main", dir)]);
    assert_eq!(repository.options("db").unwrap(), ["m.v1"]);
    assert!(repository.has_config("db").unwrap() && repository.has_group("db").unwrap());
    assert!(!repository.has_config("DB").unwrap());
    assert!(repository.load("db/engine").unwrap().is_none());
    let error = repository.load("db/old.yml").unwrap_err();
    assert_eq!(error.message(), "`db/old.yml`: configs end in `.yaml`");
    let config = repository.load("db/m.v1.yaml").unwrap().unwrap();
    assert_eq!(repository.sources().describe(config.root.origin), "conf/db/m.v1.yaml:1:1");
}

/// However many values lead into a circle, it is gone round once and told once.
#[test]
fn a_circle_is_one_mistake() {
    let mut text = String::new();
    for i in 0..5000 {
        let _ = writeln!(text, "k{i}: ${{k{}}}\nx{i}: ${{k0}}", (i + 1) % 5000);
    }
    for (name, other) in [("one", "two"), ("two", "one")] {
        let _ = writeln!(text, "{name}:");
        for i in 0..1000 {
            let _ = writeln!(text, "  k{i}: ${{{other}}}");
        }
    }
    let composer = composer(vec![Memory::new().text("config", text)]);
    let checking =
        Checking { providers: &["main"], config_name: None, overrides: &[], registers: &|_| false };
    let report = composer.check(checking);
    assert_eq!(report.errors.len(), 2, "{:?}", report.errors);
    assert!(report.errors[0].message().starts_with("interpolations refer to each other: k0 → k1 → "));
    assert!(report.errors[1].message().starts_with("values hold each other without end: "));
}

/// The tree of so many keys, composed with overrides.
fn wide(keys: usize, overrides: &[String]) -> Result<Composed, Error> {
    let text: String = (0..keys).map(|key| format!("k{key}: {key}\n")).collect();
    let conf = Memory::new().text("config", &text);
    let composer = Composer::new(Repository::new(vec![Provided::new("main", conf)]), Facts::default());
    let arguments = composer.arguments(Some("config"), overrides)?;
    composer.compose(Some("config"), &arguments, Mode::Run)
}

// Quadratic work would take minutes here.
#[test]
fn many_mistakes_in_a_wide_tree_take_no_long_time() {
    let overrides: Vec<String> = (0..3000).map(|key| format!("key{key}=1")).collect();
    let error = wide(50_000, &overrides).unwrap_err();
    assert_eq!(error.iter().count(), overrides.len());
    assert_eq!(error.helps().last().map(String::as_str), Some("to add it, type `+key0=1`"));
    let deletions: Vec<String> = (0..3000).map(|key| format!("~k{key}x")).collect();
    let error = wide(50_000, &deletions).unwrap_err();
    assert_eq!(error.iter().count(), deletions.len());
    assert_eq!(error.helps(), ["did you mean `~k0`?"]);
}

#[test]
fn much_can_be_deleted() {
    let deletions: Vec<String> = (0..10_000).map(|key| format!("~k{}", key * 2)).collect();
    let composed = wide(50_000, &deletions).unwrap();
    let root = composed.root().as_map().unwrap();
    let keys: Vec<String> = root.iter().map(|(key, _)| key.to_string()).collect();
    assert_eq!(
        (keys.len(), keys[0].as_str(), keys[9999].as_str(), keys[10_000].as_str()),
        (40_000, "k1", "k19999", "k20000")
    );
}
