//! The rules of docs/ARCHITECTURE.md that a compiler does not check: who may import whom, what a `mod.rs` may hold,
//! how long a file may be, and that no test file lies about unused.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Item, UseTree, Visibility};

/// Lines of a file before its tests.
const LONGEST: usize = 500;

/// The package itself, for a path that begins at it: the library says `extern crate self as mainstem`.
const LIBRARY: &str = "mainstem";

/// Folder to floor, as the table of docs/ARCHITECTURE.md says.
type Floors = BTreeMap<String, u32>;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[expect(clippy::panic, reason = "a test, which has nothing to say about a tree it cannot read")]
fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file under `folder` whose name ends in `ending`, sorted.
#[expect(clippy::panic, reason = "a test, which has nothing to say about a tree it cannot read")]
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Reads the table under `## Floors`: `| 0 | \`diag/\`, \`facts/\` | … |`.
fn floors_of(architecture: &str) -> Floors {
    let mut floors = Floors::new();
    for line in architecture.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, floor, folders, ..] = cells.as_slice() else { continue };
        let Ok(floor) = floor.parse() else { continue };
        for folder in folders.split(',') {
            let name = folder.trim().trim_matches('`').trim_end_matches('/');
            assert_eq!(floors.insert(name.to_owned(), floor), None, "`{name}` stands twice in the table");
        }
    }
    floors
}

/// One file as the rules see it.
struct Module<'a> {
    /// Below `src/`, with `/`.
    path: &'a str,
    /// Where the file stands in the module tree: `src/diag/error.rs` is `[diag, error]`.
    place: Vec<String>,
    floors: &'a Floors,
    found: Vec<String>,
}

/// What the rules say against the text of one file at `path` below `src/`.
fn violations(floors: &Floors, path: &str, text: &str) -> Vec<String> {
    let mut place: Vec<String> = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if matches!(place.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        place.pop();
    }
    let mut module = Module { path, place, floors, found: Vec::new() };
    let file = match syn::parse_file(text) {
        Ok(file) => file,
        Err(error) => return vec![format!("{path}: does not parse: {error}")],
    };
    match module.folder() {
        Some(folder) if folder != "bin" && !floors.contains_key(folder) => {
            module.found.push(format!("{path}: the folder `{folder}` has no floor in docs/ARCHITECTURE.md"));
        }
        Some(folder) if path == format!("{folder}/mod.rs") => {
            let first = format!("//! Floor {}: ", floors[folder]);
            if !text.starts_with(&first) {
                module.found.push(format!("{path}: does not begin with `{first}`"));
            }
        }
        _ => {}
    }
    if path == "lib.rs" || path.ends_with("/mod.rs") {
        module.declares_only(&file.items);
    }
    module.no_glob_reexport(&file.items);
    module.not_too_long(&file.items, text);
    let tokens: TokenStream = text.parse().expect("it parsed as a file");
    let place = module.place.clone();
    module.imports(&place, tokens);
    module.found
}

impl Module<'_> {
    /// The top folder of the file; `None` for `lib.rs`.
    fn folder(&self) -> Option<&str> {
        self.path.split_once('/').map(|(folder, _)| folder)
    }

    fn declares_only(&mut self, items: &[Item]) {
        for item in items {
            let declares = match item {
                Item::Mod(module) => module.content.is_none(),
                Item::Use(_) => true,
                Item::ExternCrate(item) => item.ident == "self",
                _ => false,
            };
            if !declares {
                self.found.push(format!("{}: holds more than declarations and re-exports", self.path));
            }
        }
    }

    fn no_glob_reexport(&mut self, items: &[Item]) {
        fn has_glob(tree: &UseTree) -> bool {
            match tree {
                UseTree::Path(path) => has_glob(&path.tree),
                UseTree::Group(group) => group.items.iter().any(has_glob),
                UseTree::Glob(_) => true,
                UseTree::Name(_) | UseTree::Rename(_) => false,
            }
        }
        for item in items {
            match item {
                Item::Use(item) if !matches!(item.vis, Visibility::Inherited) && has_glob(&item.tree) => {
                    self.found.push(format!("{}: re-exports by a glob", self.path));
                }
                Item::Mod(module) => {
                    if let Some((_, items)) = &module.content {
                        self.no_glob_reexport(items);
                    }
                }
                _ => {}
            }
        }
    }

    fn not_too_long(&mut self, items: &[Item], text: &str) {
        let tests = items.iter().find_map(|item| match item {
            Item::Mod(module) if module.content.is_some() => module.attrs.iter().find_map(|attribute| {
                let list = attribute.meta.require_list().ok()?;
                let is_tests = list.path.is_ident("cfg") && list.tokens.to_string() == "test";
                is_tests.then(|| attribute.pound_token.spans[0].start().line - 1)
            }),
            _ => None,
        });
        let lines = tests.unwrap_or_else(|| text.lines().count());
        if lines > LONGEST {
            self.found.push(format!("{}: {lines} lines before its tests, at most {LONGEST}", self.path));
        }
    }

    /// Walks all tokens, those in macro calls and bodies too, for paths that begin at the crate or go upward.
    fn imports(&mut self, place: &[String], tokens: TokenStream) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < trees.len() {
            match &trees[at] {
                TokenTree::Ident(word) if word == "mod" => {
                    if let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) =
                        (trees.get(at + 1), trees.get(at + 2))
                    {
                        let mut inner = place.to_vec();
                        inner.push(name.to_string());
                        self.imports(&inner, body.stream());
                        at += 3;
                        continue;
                    }
                }
                TokenTree::Ident(word) if !follows_path_separator(&trees, at) => {
                    if let Some(base) = self.base(place, &word.to_string()) {
                        if is_path_separator(&trees, at + 1) {
                            at = self.path(&base, &trees, at + 3);
                            continue;
                        }
                        if is_word(&trees, at + 1, "as") {
                            self.judge(&base);
                        }
                    }
                }
                TokenTree::Group(group) => self.imports(place, group.stream()),
                TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            at += 1;
        }
    }

    /// What the first word of a path stands for, as a place in the library; `None`: not a path of ours.
    fn base(&self, place: &[String], word: &str) -> Option<Vec<String>> {
        let in_library = self.folder() != Some("bin");
        match word {
            "crate" if in_library => Some(Vec::new()),
            LIBRARY => Some(Vec::new()),
            "self" if in_library => Some(place.to_vec()),
            "super" if in_library => Some(place.split_last().map_or(Vec::new(), |(_, above)| above.to_vec())),
            _ => None,
        }
    }

    /// Follows a path from `base` on, `trees[at]` being what stands behind `::`; gives where to read on.
    fn path(&mut self, base: &[String], trees: &[TokenTree], at: usize) -> usize {
        let mut place = base.to_vec();
        let mut at = at;
        loop {
            match trees.get(at) {
                Some(TokenTree::Ident(word)) if word == "super" => {
                    place.pop();
                }
                Some(TokenTree::Ident(word)) if word == "self" => {}
                Some(TokenTree::Ident(word)) => place.push(word.to_string()),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    let members: Vec<TokenTree> = group.stream().into_iter().collect();
                    let mut start = 0;
                    while start < members.len() {
                        let end = self.path(&place, &members, start);
                        start = members[end.min(members.len())..]
                            .iter()
                            .position(
                                |tree| matches!(tree, TokenTree::Punct(comma) if comma.as_char() == ','),
                            )
                            .map_or(members.len(), |comma| end + comma + 1);
                    }
                    return at + 1;
                }
                // `::<T>` and `::*`: the path has ended.
                _ => break,
            }
            at += 1;
            if !is_path_separator(trees, at) {
                break;
            }
            at += 2;
        }
        self.judge(&place);
        at
    }

    /// Whether this file may name what stands at `place`.
    fn judge(&mut self, place: &[String]) {
        let Some(folder) = self.folder() else { return };
        let target = place.first().map_or("", String::as_str);
        let own = (folder != "bin").then(|| self.floors.get(folder).copied().unwrap_or(0));
        let said = match (self.floors.get(target), own) {
            _ if target == folder => return,
            (Some(floor), Some(own)) if *floor >= own => {
                format!("floor {own} imports `{}` of floor {floor}", place.join("::"))
            }
            (Some(_), _) => return,
            (None, _) => format!("imports `{}` from the crate's root", place.join("::")),
        };
        self.found.push(format!("{}: {said}", self.path));
    }
}

fn is_path_separator(trees: &[TokenTree], at: usize) -> bool {
    let colon = |at| matches!(trees.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    colon(at) && colon(at + 1)
}

fn follows_path_separator(trees: &[TokenTree], at: usize) -> bool {
    at >= 2 && is_path_separator(trees, at - 2)
}

fn is_word(trees: &[TokenTree], at: usize, word: &str) -> bool {
    matches!(trees.get(at), Some(TokenTree::Ident(found)) if found == word)
}

fn floors() -> Floors {
    floors_of(&read(&root().join("docs/ARCHITECTURE.md")))
}

#[test]
fn every_file_keeps_to_its_floor() {
    let floors = floors();
    let source = root().join("src");
    let mut found = Vec::new();
    for path in files(&source, ".rs") {
        let below =
            path.strip_prefix(&source).expect("it was found there").to_string_lossy().replace('\\', "/");
        found.extend(violations(&floors, &below, &read(&path)));
    }
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_floor_is_built() {
    for folder in floors().keys() {
        assert!(root().join("src").join(folder).join("mod.rs").is_file(), "the table names `{folder}/`");
    }
}

#[test]
fn planted_violations_are_caught() {
    let floors = floors_of("| 0 | `diag/`, `facts/` | x |\n| 1 | `value/` | x |\n| 2 | `grammar/` | x |\n");
    let caught = [
        ("value/node.rs", "use crate::grammar::Thing;", "floor 1 imports `grammar::Thing` of floor 2"),
        ("value/node.rs", "use super::super::grammar::Thing;", "floor 1 imports `grammar::Thing` of floor 2"),
        ("value/mod.rs", "//! Floor 1: x\nuse super::grammar::Thing;", "floor 1 imports `grammar::Thing`"),
        ("value/node.rs", "use crate::{diag::Error, grammar::{self}};", "imports `grammar` of floor 2"),
        ("value/node.rs", "use crate::{diag::{Error}, grammar as g};", "imports `grammar` of floor 2"),
        ("value/node.rs", "use crate::grammar::*;", "imports `grammar` of floor 2"),
        (
            "value/node.rs",
            "fn f() { let _ = mainstem::grammar::parse; }",
            "imports `grammar::parse` of floor 2",
        ),
        ("value/node.rs", "fn f() -> Vec<crate::grammar::Thing> { vec![] }", "`grammar::Thing` of floor 2"),
        ("value/node.rs", "fn f() { vec![crate::grammar::new()]; }", "imports `grammar::new` of floor 2"),
        (
            "value/node.rs",
            "macro_rules! m { () => { $crate::grammar::new() } }",
            "imports `grammar::new` of floor 2",
        ),
        (
            "value/node.rs",
            "mod inner { use super::super::super::grammar::Thing; }",
            "imports `grammar::Thing`",
        ),
        ("diag/error.rs", "use crate::facts::Facts;", "floor 0 imports `facts::Facts` of floor 0"),
        ("value/node.rs", "use crate::Error;", "imports `Error` from the crate's root"),
        ("value/node.rs", "use crate as all;", "imports `` from the crate's root"),
        ("bin/mainstem.rs", "use mainstem::Error;", "imports `Error` from the crate's root"),
        ("extra/mod.rs", "//! Floor 3: x", "the folder `extra` has no floor"),
        ("value/mod.rs", "//! Floor 2: x", "does not begin with `//! Floor 1: `"),
        ("value/mod.rs", "//! Floor 1: x\nfn f() {}", "more than declarations"),
        ("value/mod.rs", "//! Floor 1: x\nmod node { }", "more than declarations"),
        ("lib.rs", "pub struct Thing;", "more than declarations"),
        ("value/mod.rs", "//! Floor 1: x\nmod node;\npub use node::*;", "by a glob"),
        ("value/node.rs", "pub(crate) use std::fmt::{self, result::*};", "by a glob"),
        ("value/node.rs", &"fn f() {}\n".repeat(LONGEST + 1), "501 lines before its tests"),
    ];
    for (path, text, expected) in caught {
        let found = violations(&floors, path, text);
        assert!(
            found.len() == 1 && found[0].starts_with(path) && found[0].contains(expected),
            "{path}: {text}\nexpected {expected}\nfound    {found:?}"
        );
    }
}

#[test]
fn lawful_files_pass() {
    let floors = floors_of("| 0 | `diag/`, `facts/` | x |\n| 1 | `value/` | x |\n| 2 | `grammar/` | x |\n");
    let long =
        "fn f() {}\n".repeat(LONGEST) + "#[cfg(test)]\nmod tests {\n" + &"fn f() {}\n".repeat(99) + "}\n";
    let lawful = [
        ("grammar/parse.rs", "use crate::{diag::Error, value::{Key, Node}};\nuse std::fmt::*;"),
        (
            "grammar/parse.rs",
            "use super::lexer::Token; use self::inner::X; mod inner { use super::super::lexer; }",
        ),
        ("grammar/parse.rs", "pub(crate) struct A; pub(in crate::grammar) struct B;"),
        ("grammar/parse.rs", "#[cfg(test)] mod tests { use super::*; use crate::diag::Error; }"),
        (
            "grammar/parse.rs",
            "fn f(&self) { self.x(); other::crate_::grammar(); other::mainstem::grammar(); }",
        ),
        ("grammar/mod.rs", "//! Floor 2: x\n//! More.\n\nmod parse;\n\npub use parse::{Parse, parse};\n"),
        ("lib.rs", "//! X.\nextern crate self as mainstem;\npub mod diag;\npub use diag::Error;"),
        ("bin/mainstem.rs", "fn main() { mainstem::grammar::run() }"),
        ("value/node.rs", &long),
    ];
    for (path, text) in lawful {
        assert_eq!(violations(&floors, path, text), Vec::<String>::new(), "{path}: {text}");
    }
}

/// The assertions of a file that are content with any failure: a condition that ends in `is_err()`. In examples of the
/// documentation they are found when they stand on one line.
fn any_failure_will_do(text: &str) -> usize {
    fn among(tokens: TokenStream) -> usize {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let mut count = 0;
        for (at, tree) in trees.iter().enumerate() {
            let TokenTree::Group(group) = tree else { continue };
            count += among(group.stream());
            let asserts = at >= 2
                && matches!(&trees[at - 1], TokenTree::Punct(sign) if sign.as_char() == '!')
                && ["assert", "debug_assert", "prop_assert"].iter().any(|name| is_word(&trees, at - 2, name));
            let arguments: Vec<TokenTree> = group.stream().into_iter().collect();
            let end = arguments
                .iter()
                .position(|tree| matches!(tree, TokenTree::Punct(comma) if comma.as_char() == ','));
            let condition = &arguments[..end.unwrap_or(arguments.len())];
            if let (true, [.., TokenTree::Ident(last), TokenTree::Group(_)]) = (asserts, condition) {
                count += usize::from(last == "is_err");
            }
        }
        count
    }
    let examples = text
        .lines()
        .filter(|line| line.trim_start().starts_with("//"))
        .filter(|line| line.contains("assert!(") && line.contains(".is_err()"));
    examples.count() + among(text.parse().expect("it compiles"))
}

#[test]
fn no_test_is_content_with_any_failure() {
    for (text, expected) in [
        ("fn f() { assert!(x.is_err()); }", 1),
        ("fn f() { prop_assert!(g(1, 2).is_err(), \"{x}\"); }", 1),
        ("fn f() { for x in y { assert!(x.is_err(),); } }", 1),
        ("/// assert!(g(1).is_err());\nfn f() {}", 1),
        ("fn f() { assert!(x.is_ok()); assert!(x.is_err() || y); if x.is_err() {} }", 0),
    ] {
        assert_eq!(any_failure_will_do(text), expected, "{text}");
    }
    let mut found = Vec::new();
    for folder in ["src", "tests", "benches", "examples", "fuzz/bodies", "fuzz/fuzz_targets"] {
        for path in files(&root().join(folder), ".rs") {
            if path.components().all(|part| part.as_os_str() != "target")
                && any_failure_will_do(&read(&path)) > 0
            {
                found.push(path.display().to_string());
            }
        }
    }
    assert!(found.is_empty(), "assert the kind or the message instead:\n{}", found.join("\n"));
}

/// Case files that no test walks, and test modules that nobody declares, would be green for ever.
#[test]
fn no_forgotten_files() {
    let tests = root().join("tests");
    let main = read(&tests.join("it/main.rs"));
    let declared: Vec<String> = syn::parse_file(&main)
        .expect("it compiles")
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Mod(module) => Some(module.ident.to_string()),
            _ => None,
        })
        .collect();
    let mut walkers = String::new();
    for path in files(&tests.join("it"), ".rs") {
        let below = path.strip_prefix(tests.join("it")).expect("it was found there");
        let top = below.iter().next().expect("a name").to_string_lossy();
        let module = top.trim_end_matches(".rs");
        assert!(
            module == "main" || declared.iter().any(|name| name == module),
            "tests/it/{} is not declared in main.rs",
            below.display()
        );
        walkers.push_str(&read(&path));
    }
    let cases = tests.join("cases");
    if !cases.is_dir() {
        return;
    }
    for path in files(&cases, "") {
        let below = path.strip_prefix(&cases).expect("it was found there");
        let area = below.iter().next().expect("a name").to_string_lossy();
        // Either a module opens the folder itself, or it has `cases::run` walk what ends in `.case`.
        let opens = walkers.contains(&format!("cases/{area}\""));
        let runs = walkers.contains(&format!("cases::run(\"{area}\""));
        let is_case = path.extension().is_some_and(|ending| ending == "case");
        assert!(
            below.iter().count() == 2 && (opens || runs && is_case),
            "no module of tests/it walks `cases/{area}`, so nothing runs tests/cases/{}",
            below.display()
        );
    }
}
