//! What ran, as it is completed: directories of runs and sweeps, and the keys that can be asked of runs.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use crate::app::args::{self, Args, Command};
use crate::app::complete::face::{Face, Holds};
use crate::app::runs::View;
use crate::app::{capture, project};
use crate::complete::{Candidate, Completer, Wanted, files};
use crate::compose::{Composer, Memory};
use crate::diag::HIDDEN;
use crate::drive::{FOLDER, JOURNAL};
use crate::durable::{folders, is_open};
use crate::facts::Facts;
use crate::run::{Found, Status, has_record};
use crate::settings;
use crate::value::{HashSet, write_yaml};

/// So many are offered; nobody reads more.
const SHOWN: usize = 24;
/// So many directories are looked into at most: whoever types does not wait.
const LOOKED: usize = 200;
/// So deep below the directory that is typed.
const DEEPEST: usize = 6;
/// So many of the latest runs say which keys there are.
const ASKED: usize = 3;

/// What a directory is asked to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Run,
    Sweep,
}

impl Kind {
    fn is(self, directory: &Path, inside: &[PathBuf]) -> bool {
        match self {
            Self::Run => inside.iter().any(|folder| has_record(folder)),
            Self::Sweep => directory.join(FOLDER).join(JOURNAL).is_file(),
        }
    }

    fn latest(self) -> &'static str {
        match self {
            Self::Run => "the latest run",
            Self::Sweep => "the latest sweep",
        }
    }
}

/// Directories of what ran below a directory, whose path from there begins with some text: those whose names come last come
/// first, as names are dates. No record is read. Beside them, whether there may be more.
fn below(place: &Path, begun: &str, kind: Kind) -> (Vec<PathBuf>, bool) {
    let usual = |path: &PathBuf| ["outputs", "multirun"].iter().any(|name| path.ends_with(name));
    let begins =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(begun));
    let mut first = folders(place).unwrap_or_default();
    first.retain(|path| begins(path) && (is_open(path) || !begun.is_empty()));
    // Where runs are put comes before where they may be.
    first.sort_by_key(usual);
    let mut open: Vec<(PathBuf, usize)> = first.into_iter().map(|path| (path, 1)).collect();
    let (mut found, mut looked) = (Vec::new(), 0);
    while let Some((directory, depth)) = open.pop() {
        if looked == LOOKED || found.len() == SHOWN {
            return (found, true);
        }
        looked += 1;
        let inside = folders(&directory).unwrap_or_default();
        if kind.is(&directory, &inside) {
            found.push(directory);
        } else if depth < DEEPEST {
            open.extend(inside.into_iter().filter(|path| is_open(path)).map(|path| (path, depth + 1)));
        }
    }
    (found, false)
}

/// What the word for a run or a sweep can become: `last`, a directory, or the end of an identifier.
pub(super) fn named(word: &str, facts: &Facts, kind: Kind, described: bool) -> Vec<Candidate> {
    let at = word.rfind('/').map_or(0, |at| at + 1);
    let (folder, begun) = word.split_at(at);
    let place = match (folder.strip_prefix("~/"), facts.env.get("HOME")) {
        (Some(rest), Some(home)) => Path::new(home).join(rest),
        _ => facts.cwd.join(folder),
    };
    let (found, is_cut) = below(&place, begun, kind);
    let mut all = Vec::new();
    if "last".starts_with(word) {
        all.push(Candidate::whole("last").about(kind.latest()));
    }
    // Without one, or with too many, the way to them is offered.
    if found.is_empty() || is_cut {
        all.extend(files(word, facts, Wanted::Directories, ""));
    }
    for path in &found {
        let Some(rest) = path.strip_prefix(&place).ok().and_then(Path::to_str) else { continue };
        let about = if described && kind == Kind::Run { about(path, facts) } else { String::new() };
        all.push(Candidate::whole(format!("{folder}{rest}")).about(&about));
    }
    if kind == Kind::Run && found.is_empty() && !word.is_empty() && at == 0 {
        all.extend(by_id(word, facts));
    }
    all.retain(|one| !one.text.contains(char::is_control));
    all
}

/// How a run stands, and what it was told.
fn about(directory: &Path, facts: &Facts) -> String {
    let Some(view) = read(directory, facts) else { return String::new() };
    format!("{}  {}", view.found.record.status().name(), view.overrides().join(" "))
}

/// The ends of identifiers, as `runs ls` shows them, that begin with what is typed.
fn by_id(word: &str, facts: &Facts) -> Vec<Candidate> {
    const END: usize = 8;
    let (found, _) = below(&facts.cwd, "", Kind::Run);
    let runs = found.iter().filter_map(|directory| read(directory, facts));
    let ids = runs.filter_map(|run| {
        let id = run.found.record.id()?.to_string();
        let end = id.get(id.len().saturating_sub(END)..)?.to_owned();
        let directory = run.found.directory.strip_prefix(&facts.cwd).ok()?.to_str()?.to_owned();
        [end, id].into_iter().find(|id| id.starts_with(word)).map(|id| Candidate::whole(id).about(&directory))
    });
    ids.collect()
}

fn read(directory: &Path, facts: &Facts) -> Option<View> {
    Found::read(directory, &capture::process(facts)).ok().map(View::new)
}

/// The run that a word means: a directory, or `last` of those that are near.
pub(super) fn find(word: &str, facts: &Facts) -> Option<View> {
    let path = facts.cwd.join(word);
    if path.is_dir() {
        return read(&path, facts);
    }
    latest(&[], facts).into_iter().find(|run| {
        word == "last"
            || run.found.record.id().is_some_and(|id| id.to_string().contains(&word.to_uppercase()))
    })
}

/// Some of the latest runs below some directories, or here.
fn latest(roots: &[String], facts: &Facts) -> Vec<View> {
    let here = [String::new()];
    let roots = if roots.is_empty() { &here } else { roots };
    let found = roots.iter().flat_map(|root| {
        let place = facts.cwd.join(root);
        let mut found = below(&place, "", Kind::Run).0;
        if folders(&place).is_ok_and(|inside| Kind::Run.is(&place, &inside)) {
            found.push(place);
        }
        found
    });
    let mut runs: Vec<View> = found.take(SHOWN).filter_map(|directory| read(&directory, facts)).collect();
    runs.sort_by_key(|run| std::cmp::Reverse(run.found.record.started()));
    runs
}

/// What the key of a run can become, level by level; metrics by their whole names.
pub(super) fn keys(
    typed: &str,
    head: &str,
    roots: &[String],
    facts: &Facts,
    metrics_alone: bool,
) -> Vec<Candidate> {
    let mut known: IndexMap<String, &str> = IndexMap::default();
    for run in latest(roots, facts).iter().take(ASKED) {
        let metrics: Vec<String> = run.last_metrics().into_keys().map(str::to_owned).collect();
        known.extend(metrics.into_iter().map(|name| (name, "a metric")));
        if !metrics_alone {
            run.keys().into_iter().for_each(|key| {
                known.entry(key).or_default();
            });
        }
    }
    let mut found: Vec<Candidate> = Vec::new();
    for (key, about) in known.iter().filter(|(key, _)| key.starts_with(typed)) {
        let end = key[typed.len()..].find('.').filter(|_| about.is_empty()).map(|at| typed.len() + at + 1);
        let one = match end {
            Some(end) => Candidate::open(format!("{head}{}", &key[..end])),
            None => Candidate::open(format!("{head}{key}")).about(about),
        };
        if !found.iter().any(|known| known.text == one.text) {
            found.push(one);
        }
    }
    found.retain(|one| !one.text.contains(char::is_control) && !one.text.contains(HIDDEN));
    found.sort();
    found
}

/// What the name of a metric of one run can become.
pub(super) fn metrics(run: &str, typed: &str, head: &str, facts: &Facts) -> Vec<Candidate> {
    let run = find(run, facts);
    let metrics =
        run.iter().flat_map(|run| run.last_metrics().into_keys().map(str::to_owned).collect::<Vec<_>>());
    let fitting = metrics.filter(|name| name.starts_with(typed));
    let mut found: Vec<Candidate> = fitting.map(|name| Candidate::whole(format!("{head}{name}"))).collect();
    found.sort();
    found
}

/// What an override of a run can become that starts again: keys and values of its config, and, where its configs still lie in a
/// folder, the groups there and their options.
pub(super) fn overrides(
    run: &str,
    before: &[String],
    word: &str,
    facts: &Facts,
    described: bool,
) -> Vec<Candidate> {
    let Some(run) = find(run, facts) else { return Vec::new() };
    let mut config = String::new();
    write_yaml(&run.written(), &mut config);
    let alone = settings::project(Memory::new().text("config", config), facts.clone(), "app");
    let complete = |composer: &Composer, name: Option<&str>, before: &[String]| {
        let completer = Completer::new(composer, name);
        let completer = if described { completer.described() } else { completer };
        completer.overrides(before, word)
    };
    let mut found = complete(&alone, Some("config"), before);
    if let Some((name, dirs)) = run.sources() {
        let mut all = run.overrides().to_vec();
        all.extend_from_slice(before);
        let args = Args { config_dirs: dirs, ..args::read(Command::Compose, []) };
        if let Ok(composer) = project::open(&args, facts.clone()) {
            found.extend(complete(&composer, Some(&name), &all));
        }
    }
    let mut seen = HashSet::default();
    found.retain(|one| !one.text.contains(HIDDEN) && seen.insert(one.text.clone()));
    found.sort();
    found
}

/// What is wanted at the end of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wants {
    Key,
    /// Behind that key: an operator, or `and`, since a key alone is a condition, too.
    Operator(String),
    /// Of that key.
    Value(String),
    /// `and` or `or`.
    Joint,
}

impl Wants {
    /// What is wanted behind a token.
    fn behind(self, token: &str) -> Self {
        match (self, token) {
            (_, "(") | (Self::Key, "not") => Self::Key,
            (_, ")") | (Self::Value(_), _) => Self::Joint,
            (Self::Operator(key), token) if token.contains(OPERATORS) => Self::Value(key),
            (Self::Key, key) => Self::Operator(key.to_owned()),
            (Self::Operator(_) | Self::Joint, _) => Self::Key,
        }
    }
}

const OPERATORS: [char; 5] = ['=', '!', '<', '>', '~'];

/// What a filter of runs can become.
pub(super) fn filter(word: &str, roots: &[String], facts: &Facts) -> Vec<Candidate> {
    let (head, typed, wants) = cut(word);
    let word_of = |words: &[&str]| -> Vec<Candidate> {
        let fitting = words.iter().filter(|word| word.starts_with(typed));
        fitting.map(|word| Candidate::open(format!("{head}{word}"))).collect()
    };
    match wants {
        Wants::Key => keys(typed, head, roots, facts, false),
        Wants::Value(key) if key == "status" || key == "run.status" => {
            word_of(&Status::ALL.map(Status::name))
        }
        Wants::Joint => word_of(&["and", "or"]),
        Wants::Operator(_) | Wants::Value(_) => Vec::new(),
    }
}

/// What stands before the last word, as far as that is typed, and what is wanted there.
fn cut(text: &str) -> (&str, &str, Wants) {
    let (mut wants, mut start) = (Wants::Key, 0);
    for (at, c) in text.char_indices() {
        if at < start {
            continue;
        }
        let is_operator = OPERATORS.contains(&c);
        if !(c.is_whitespace() || matches!(c, '(' | ')') || is_operator) {
            continue;
        }
        if start < at {
            wants = wants.behind(&text[start..at]);
        }
        let rest = &text[at..];
        start = at
            + if is_operator { rest.len() - rest.trim_start_matches(OPERATORS).len() } else { c.len_utf8() };
        if !c.is_whitespace() {
            wants = wants.behind(&text[at..start]);
        }
    }
    let typed = &text[start..];
    let wants = match wants {
        Wants::Operator(_) if !typed.is_empty() => Wants::Joint,
        wants => wants,
    };
    (&text[..start], typed, wants)
}

/// The values of `--root`, and how many words stand before the cursor that are no flags and no values of them.
pub(super) fn typed(faces: &[Face], before: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut roots, mut words) = (Vec::new(), Vec::new());
    let mut rest = before.iter();
    while let Some(word) = rest.next() {
        let (name, attached) = match word.split_once('=').filter(|_| word.starts_with('-')) {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        if !name.starts_with('-') {
            words.push(word.clone());
            continue;
        }
        let holds = faces.iter().find(|face| face.long == name || face.short == name).map(|face| &face.holds);
        let takes = !matches!(holds, None | Some(Holds::Nothing));
        let value = if attached.is_none() && takes { rest.next().cloned() } else { attached };
        roots.extend(value.filter(|_| name == "--root"));
    }
    (roots, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(text: &str) -> (String, String) {
        let (head, typed, wants) = cut(text);
        let wants = match wants {
            Wants::Key => "key".to_owned(),
            Wants::Operator(_) => "operator".to_owned(),
            Wants::Value(key) => format!("value of {key}"),
            Wants::Joint => "joint".to_owned(),
        };
        (format!("{head}|{typed}"), wants)
    }

    #[test]
    fn a_filter_knows_what_it_wants() {
        for (text, at, wants) in [
            ("", "|", "key"),
            ("tr", "|tr", "key"),
            ("not st", "not |st", "key"),
            ("(lr", "(|lr", "key"),
            ("lr ", "lr |", "operator"),
            ("lr a", "lr |a", "joint"),
            ("lr and ", "lr and |", "key"),
            ("lr<", "lr<|", "value of lr"),
            ("lr <= 0", "lr <= |0", "value of lr"),
            ("lr<0.1 ", "lr<0.1 |", "joint"),
            ("lr<0.1 an", "lr<0.1 |an", "joint"),
            ("lr<0.1 and st", "lr<0.1 and |st", "key"),
            ("lr<0.1 and status=", "lr<0.1 and status=|", "value of status"),
            ("status=f", "status=|f", "value of status"),
            ("(lr<0.1) ", "(lr<0.1) |", "joint"),
            ("(lr<0.1) or no", "(lr<0.1) or |no", "key"),
        ] {
            assert_eq!(wanted(text), (at.to_owned(), wants.to_owned()), "{text}");
        }
    }
}
