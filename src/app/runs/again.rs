//! How a run was started, and how to start it again.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use hmac_sha256::Hash;

use crate::app::argv::Found;
use crate::app::git;
use crate::app::program::{DERIVED_FROM, flag_names};
use crate::app::runs::diff::{Difference, compare, leaves};
use crate::app::runs::view::{View, plain, tail, typed};
use crate::app::runs::withheld;
use crate::app::runs::written::written_since;
use crate::diag::{Error, ErrorKind, HIDDEN, Result, Source, SourceId, SourceKind, SourceMap, shell_word};
use crate::facts::{Facts, Process};
use crate::grammar::{Override, parse_override};
use crate::run::{CONFIG, HYDRA, RunId};
use crate::value::{Key, Kind, Map, Node};
use crate::yaml;

/// How a run was started.
#[derive(Clone, Debug)]
pub(super) struct Again {
    /// The program, and what stands before its own arguments.
    command: Vec<String>,
    cwd: PathBuf,
    /// Its arguments, with the overrides of the run.
    arguments: Vec<String>,
    /// `--` and a command, if `mainstem run` ran it: nothing comes behind these.
    tail: Vec<String>,
    /// The run, if it has an identifier that a program built on this library can record.
    id: Option<RunId>,
    /// Overrides that were typed anew.
    anew: Vec<String>,
    config: Node,
    hydra: Node,
}

/// What a program composes.
#[derive(Debug)]
pub(super) struct Recomposed {
    config: Node,
    hydra: Node,
}

impl Recomposed {
    /// Whether what an override gives is a secret, or holds one.
    fn hides(&self, one: &Override) -> bool {
        let path = one.target.path();
        let (root, keys) = match path.keys() {
            [first, rest @ ..] if first.as_str() == Some("hydra") => (&self.hydra, rest),
            keys => (&self.config, keys),
        };
        let found = keys.iter().try_fold(root, |node, key| node.as_map()?.get(key));
        found.is_some_and(hidden_in)
    }
}

fn hidden_in(node: &Node) -> bool {
    match &node.kind {
        Kind::Map(map) => map.iter().any(|(_, slot)| hidden_in(&slot.node)),
        Kind::List(items) => items.iter().any(hidden_in),
        _ => node.as_str().is_some_and(|text| text.contains(HIDDEN)),
    }
}

impl Again {
    /// What the record of a run says. `command` stands in for the program, if it is given.
    ///
    /// # Errors
    /// A run of which nobody knows how it was started.
    pub(super) fn of(run: &View, word: &str, command: &[String]) -> Result<Self> {
        let record = &run.found.record;
        let mut recorded: Vec<String> =
            record.get("arguments").and_then(Node::as_list).unwrap_or_default().iter().map(plain).collect();
        let mut tail = tail(&mut recorded);
        let hydra = run.read_yaml(HYDRA).and_then(|root| at(&root, &["hydra"]).cloned());
        let (Some(hydra), Some(config)) = (hydra, run.read_yaml(CONFIG)) else {
            let message = format!("the run in `{}` has no config on record", run.found.directory.display());
            let error = Error::new(ErrorKind::NotFound, message);
            return Err(run.broken().into_iter().fold(error, |error, broken| error.note(broken.to_string())));
        };
        let cwd = match record.get("cwd").or_else(|| at(&hydra, &["runtime", "cwd"])).and_then(Node::as_str) {
            Some(cwd) => PathBuf::from(cwd),
            None => return Err(Error::new(ErrorKind::NotFound, "no record says where the run was started")),
        };
        if !cwd.is_dir() {
            let message = format!("the directory `{}`, where the run was started, is gone", cwd.display());
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        let program = record.get("program.path").and_then(Node::as_str).map(str::to_owned);
        // Another program takes the place of the one that was run, not of what ran it.
        let command = if tail.is_empty() || command.is_empty() {
            command
        } else {
            tail.truncate(1);
            tail.extend_from_slice(command);
            &[]
        };
        let command = match (command, program.or_else(|| recorded.first().cloned())) {
            // What is no name on the search path counts from where it was typed.
            ([], Some(program)) if program.contains('/') => {
                vec![cwd.join(program).to_string_lossy().into_owned()]
            }
            ([], Some(program)) => vec![program],
            ([], None) => {
                let name = record.name();
                return Err(Error::new(ErrorKind::NotFound, "no record says which program ran")
                    .note("it is a run of Hydra itself, which does not write that down")
                    .help(format!("type `mainstem rerun {} -- python {name}.py`", shell_word(word))));
            }
            (command, _) => command.to_vec(),
        };
        let own: Vec<String> =
            record.get("own_flags").and_then(Node::as_list).unwrap_or_default().iter().map(plain).collect();
        let arguments = arguments(&recorded, &own, &hydra, run.overrides())?;
        Ok(Self { command, cwd, arguments, tail, id: record.id(), anew: Vec::new(), config, hydra })
    }

    /// With more overrides, each in place of those of the same key, and of what the record hides below it.
    pub(super) fn with(&mut self, more: &[String]) {
        for new in more.iter().filter_map(|word| parsed(word)) {
            let same = |old: &Override| {
                old.target.key() == new.target.key() && old.target.package() == new.target.package()
            };
            let known = std::mem::take(&mut self.arguments).into_iter();
            let kept = known.filter_map(|word| match parsed(&word).filter(|_| is_override(&word)) {
                Some(old) if same(&old) => None,
                Some(old) => Some(withheld::without(&old, &new).unwrap_or(word)),
                None => Some(word),
            });
            self.arguments = kept.collect();
        }
        self.arguments.extend(more.iter().cloned());
        self.anew.extend(more.iter().cloned());
    }

    /// Overrides that bring back the options that were chosen, where other ones would be chosen now though nobody asked
    /// for them: `said` are those that were typed anew.
    ///
    /// # Errors
    /// A value that the record hides and nobody typed anew; the program cannot compose its config any more.
    pub(super) fn pins(&self, word: &str, said: &[String]) -> Result<Vec<String>> {
        let mut repaired = self.clone();
        repaired.with(said);
        withheld::check(&repaired.arguments, word)?;
        // What was typed anew may choose other options on purpose: what has changed by itself is seen without it.
        let mut before = self.clone();
        let (hidden, other): (Vec<_>, Vec<_>) =
            said.iter().cloned().partition(|word| withheld::reveals(&self.arguments, word));
        before.with(&hidden);
        if other.is_empty() {
            return before.drifted(said, Told::Mistakes);
        }
        // The run as it was may be what cannot be composed any more.
        before.drifted(said, Told::Nothing).or_else(|_| repaired.drifted(said, Told::Mistakes))
    }

    fn drifted(&self, said: &[String], told: Told) -> Result<Vec<String>> {
        let said: Vec<_> = said.iter().filter_map(|word| parsed(word)).collect();
        let is_said = |group: &str| {
            said.iter().any(|one| {
                let key = one.target.to_string();
                group.strip_prefix(&key).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let mut chosen = choices(&self.hydra);
        chosen.retain(|(group, _)| !is_said(group));
        let mut pins: Vec<String> = Vec::new();
        // One choice may bring others with it: each is looked for anew.
        for _ in 0..=chosen.len() {
            let now = choices(&self.compose(&pins, told)?.hydra);
            let other = |(group, option): &&(String, Node)| {
                let found = now.iter().find(|(known, _)| known == group);
                found.is_none_or(|(_, found)| found != option)
                    && !pins
                        .iter()
                        .any(|pin| pin.trim_start_matches(['+', '~']).starts_with(&format!("{group}=")))
                    && !pins.contains(&format!("~{group}"))
            };
            let is_there = |group: &str| now.iter().any(|(known, _)| known == group);
            let next = chosen.iter().filter(other).min_by_key(|(group, _)| !is_there(group));
            let Some((group, option)) = next else { break };
            pins.push(match (&option.kind, is_there(group)) {
                (Kind::Null, true) => format!("~{group}"),
                (Kind::Null, false) => break,
                (Kind::List(list), there) => {
                    let options: Vec<_> = list.iter().map(plain).collect();
                    format!("{}{group}=[{}]", if there { "" } else { "+" }, options.join(","))
                }
                (_, true) => format!("{group}={}", plain(option)),
                (_, false) => format!("+{group}={}", plain(option)),
            });
        }
        Ok(pins)
    }

    /// What the program composes now, with more overrides; nothing is run.
    ///
    /// # Errors
    /// The program cannot be started, or composes nothing, which it has told by itself.
    pub(super) fn compose(&self, more: &[String], told: Told) -> Result<Recomposed> {
        let flags = SHOWN.map(str::to_owned);
        let mut command = self.command_line(&flags, more);
        let output = command.stdin(Stdio::null()).output().map_err(|error| self.cannot_start(&error))?;
        let has_failed = !output.status.success();
        if told == Told::All || told == Told::Mistakes && has_failed {
            let said = self.counted_as_typed(&String::from_utf8_lossy(&output.stderr));
            // There is nobody left to tell that standard error is gone.
            let _ = std::io::stderr().lock().write_all(said.as_bytes());
        }
        if has_failed {
            return Err(self.cannot_compose(&flags, more, told));
        }
        let printed = String::from_utf8_lossy(&output.stdout);
        let sources = Arc::new(SourceMap::default());
        let source = sources.add(Source::new(SourceKind::Memory, "the composed config", &*printed));
        let mut errors = Vec::new();
        let parsed = yaml::parse(&printed, source, &yaml::Limits::default(), &mut errors);
        if let Some(error) = Error::all(errors) {
            return Err(error.located(&sources));
        }
        let mut config = parsed.map_or_else(Node::null, |parsed| parsed.root);
        let map = config.as_map_mut();
        let hydra = map.and_then(|map| map.remove(&Key::from("hydra"))).unwrap_or_else(Node::null);
        if let Some(map) = config.as_map_mut() {
            map.remove(&Key::from("mainstem"));
        }
        Ok(Recomposed { config, hydra })
    }

    /// What the program says of its arguments, with those that were typed anew counted as they were typed: nobody typed
    /// those of the record.
    fn counted_as_typed(&self, said: &str) -> String {
        let typed = self.arguments.iter().filter(|word| is_override(word)).count();
        let known = typed.saturating_sub(self.anew.len());
        if known == 0 {
            return said.to_owned();
        }
        let line = |line: &str| match line
            .trim_start()
            .strip_prefix(ARGUMENT)
            .and_then(|n| n.trim_end().parse::<usize>().ok())
        {
            Some(number) if number > known && number <= typed => {
                line.replace(&format!("{ARGUMENT}{number}"), &format!("{ARGUMENT}{}", number - known))
            }
            _ => line.to_owned(),
        };
        said.split_inclusive('\n').map(line).collect()
    }

    /// The error of a program that composes nothing: what was typed anew is to blame, or else what has changed.
    fn cannot_compose(&self, flags: &[String], more: &[String], told: Told) -> Error {
        let before = || {
            let known = self.arguments.iter().filter(|word| !self.anew.contains(word)).cloned().collect();
            Self { arguments: known, anew: Vec::new(), ..self.clone() }
        };
        if told != Told::Nothing && !self.anew.is_empty() && before().compose(more, Told::Nothing).is_ok() {
            return Error::new(ErrorKind::Job, "the run cannot be composed with what was typed")
                .note("without it, it can: the mistake above is in what was typed");
        }
        // Nobody knows which of what was typed anew is a secret.
        let shown = |word: &String| match parsed(word).filter(|_| self.anew.contains(word)) {
            Some(one) => format!("{}=…", shell_word(&one.key_element())),
            None => shell_word(word).into_owned(),
        };
        let typed: Vec<_> = self.words(flags, more).map(shown).collect();
        Error::new(ErrorKind::Job, "the program cannot compose the config of the run any more")
            .note(format!("`{}` fails", typed.join(" ")))
    }

    /// What would be other than it was: the config, where configs lie, the program, and the state of the project.
    pub(super) fn differences(
        &self,
        run: &View,
        now: &Recomposed,
        facts: &Facts,
        process: &Process,
    ) -> Vec<Difference> {
        let mut found = compare("config", leaves(&self.config), leaves(&now.config));
        found.extend(compare("configs from", places(&self.hydra), places(&now.hydra)));
        let record = &run.found.record;
        let program = record.get("program.path").and_then(Node::as_str);
        let own = self.command.len() == 1 && self.command.first().map(String::as_str) == program;
        let facts = Facts { cwd: self.cwd.clone(), ..facts.clone() };
        let process = Process { program: program.filter(|_| own).map(PathBuf::from), ..process.clone() };
        let around = git::surroundings(&facts, &process);
        let file =
            |name: &str| around.files.iter().find(|(known, _)| known == name).map(|(_, bytes)| bytes.clone());
        let then = |key: &str| record.get(key).cloned();
        let tree = Node::from(around.keys.clone());
        let now = |key: &str| at(&tree, &key.split('.').collect::<Vec<_>>()).cloned();
        let keys: &[&str] = if own { &PROGRAM } else { &[] };
        let keys = keys.iter().chain(&PROJECT);
        let values =
            |command: Option<String>, value: &dyn Fn(&str) -> Option<Node>, changes: Option<Vec<u8>>| {
                let known = keys.clone().filter_map(|key| Some(((*key).to_owned(), value(key)?)));
                let changes =
                    changes.map(|bytes| ("git.diff".to_owned(), Node::from(short_hash(&bytes).as_str())));
                let known = known.filter(|(_, node)| !matches!(node.kind, Kind::Null)).chain(changes);
                let command = command.map(|command| ("command".to_owned(), Node::from(command.as_str())));
                command.into_iter().chain(known).collect::<Vec<_>>()
            };
        // What no record speaks of is no difference.
        if record.id().is_some() {
            let before = run.found.text("git.diff").ok().flatten().map(String::into_bytes);
            let command = typed(self.tail.get(1..).unwrap_or_default());
            let (then, now) = (values(run.command(), &then, before), values(command, &now, file("git.diff")));
            found.extend(compare("run", then, now));
            found.extend(written_since(self.tail.iter().skip(1), &self.cwd, record.started()));
        }
        found
    }

    /// Whether the record says enough to find out that nothing has changed.
    pub(super) fn is_exact(&self, run: &View) -> bool {
        let known =
            |key: &str| run.found.record.get(key).is_some_and(|node| !matches!(node.kind, Kind::Null));
        self.id.is_some() && known("program.path") && self.command.len() == 1
    }

    /// `flags` stand before a `--`, where they are read as flags.
    fn words<'a>(&'a self, flags: &'a [String], more: &'a [String]) -> impl Iterator<Item = &'a String> {
        let at = self.arguments.iter().position(|word| word == "--").unwrap_or(self.arguments.len());
        let (before, behind) = self.arguments.split_at(at);
        self.command.iter().chain(before).chain(flags).chain(behind).chain(more).chain(&self.tail)
    }

    fn command_line(&self, flags: &[String], more: &[String]) -> Command {
        let mut words = self.words(flags, more);
        let mut command = Command::new(words.next().map_or("", String::as_str));
        command.args(words).current_dir(&self.cwd);
        command
    }

    /// The command line that starts the run again.
    pub(super) fn command(&self) -> Command {
        let id = self.id.map(|id| format!("{DERIVED_FROM}{id}"));
        self.command_line(&[], &id.into_iter().collect::<Vec<_>>())
    }

    /// The same as it is typed, with `***` for what is a secret in what it composes.
    pub(super) fn typed(&self, now: &Recomposed) -> String {
        let shown = |word: &String| match parsed(word).filter(|_| self.anew.contains(word)) {
            Some(one) if now.hides(&one) => format!("{}={HIDDEN}", one.key_element()),
            _ => word.clone(),
        };
        let words: Vec<_> = self.words(&[], &[]).map(|word| shell_word(&shown(word)).into_owned()).collect();
        words.join(" ")
    }

    pub(super) fn cwd(&self) -> &Path {
        &self.cwd
    }

    /// The error of a program that does not start.
    pub(super) fn cannot_start(&self, error: &std::io::Error) -> Error {
        let name = self.command.first().map_or("", String::as_str);
        Error::new(ErrorKind::Io, format!("cannot start `{name}`: {error}"))
            .help("name the program, if it lies elsewhere now: `mainstem rerun RUN -- PROGRAM`")
    }
}

/// What is passed on of what a program says while it composes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It is only tried.
    Nothing,
    /// Why it does not compose. What is suspicious it says itself when it runs.
    Mistakes,
    All,
}

/// How the program says which of its arguments is wrong.
const ARGUMENT: &str = "command line, argument ";

/// What asks a program for its config.
const SHOWN: [&str; 2] = ["--cfg", "all"];
const PROGRAM: [&str; 3] = ["program.path", "program.size", "program.modified"];
const PROJECT: [&str; 3] = ["git.commit", "git.dirty", "lock_files"];

/// The arguments of the run: as they were typed; of a job of a sweep, the flags and the overrides of that job.
fn arguments(
    recorded: &[String],
    own: &[String],
    hydra: &Node,
    overrides: Vec<String>,
) -> Result<Vec<String>> {
    let in_sweep = at(hydra, &["mode"]).and_then(Node::as_str) == Some("MULTIRUN");
    let typed = recorded.split_first().map(|(_, typed)| typed);
    if let Some(typed) = typed.filter(|_| !in_sweep) {
        // What says that it is to run says nothing of what runs.
        return Ok(typed.iter().filter(|word| !matches!(word.as_str(), "--run" | "-r")).cloned().collect());
    }
    let mut arguments = match typed {
        Some(typed) => flags(typed, own)?,
        None => hydras_flags(hydra),
    };
    let of_hydra = at(hydra, &["overrides", "hydra"]).and_then(Node::as_list).unwrap_or_default();
    let of_hydra = of_hydra.iter().map(plain);
    arguments.extend(of_hydra.filter(|one| parsed(one).is_none_or(|one| one.target.key() != "hydra.mode")));
    arguments.extend(overrides);
    Ok(arguments)
}

/// The flags among arguments that say which config it is, those of the program's own, and the words that are no
/// overrides.
fn flags(typed: &[String], own: &[String]) -> Result<Vec<String>> {
    let mut left = own.iter();
    let hydras = typed.iter().filter(|word| take(word, &mut left).is_none());
    let (found, errors) = flag_names(hydras.cloned());
    if let Some(error) = Error::all(errors) {
        return Err(error.note("the run was one of a sweep, whose arguments cannot be told apart"));
    }
    Ok(found
        .into_iter()
        .flat_map(|found| match found {
            Found::Word(word) if is_override(&word) => Vec::new(),
            Found::Word(word) | Found::Own(word) => vec![word],
            // `--multirun` and what belongs to it, and what asks for something to be shown.
            Found::Switch(_) | Found::Value("--jobs" | "--resume", _) => Vec::new(),
            Found::Value(flag, value) => vec![flag.to_owned(), value],
        })
        .chain(own.iter().cloned())
        .collect())
}

/// Takes a word that was typed off those that it was read as: one, or several switches that were typed as one.
fn take(typed: &str, left: &mut std::slice::Iter<'_, String>) -> Option<()> {
    let mut tried = left.clone();
    if tried.next()? != typed {
        tried = left.clone();
        let mut rest = typed.strip_prefix('-')?;
        while !rest.is_empty() {
            rest = rest.strip_prefix(tried.next()?.strip_prefix('-')?)?;
        }
    }
    *left = tried;
    Some(())
}

/// The flags of a run of Hydra itself, as far as its record says them.
fn hydras_flags(hydra: &Node) -> Vec<String> {
    let mut flags = Vec::new();
    if let Some(name) = at(hydra, &["job", "config_name"]).and_then(Node::as_str) {
        flags.extend(["--config-name".to_owned(), name.to_owned()]);
    }
    for (provider, path) in places(hydra) {
        if provider == "command-line" {
            flags.extend(["--config-dir".to_owned(), plain(&path)]);
        }
    }
    flags
}

/// Whether a word is meant as an override.
fn is_override(word: &str) -> bool {
    !word.starts_with('-') && (word.starts_with('~') || word.contains('='))
}

fn parsed(word: &str) -> Option<Override> {
    parse_override(word, SourceId::NONE, &mut ())
}

pub(super) fn at<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, key| node.as_map()?.get_str(key))
}

/// The options that were chosen for the job's own groups.
fn choices(hydra: &Node) -> Vec<(String, Node)> {
    let none = Map::default();
    let all = at(hydra, &["runtime", "choices"]).and_then(Node::as_map).unwrap_or(&none);
    let all = all.iter().map(|(group, slot)| (group.to_string(), slot.node.clone()));
    all.filter(|(group, _)| !group.starts_with("hydra/") && !group.starts_with("mainstem/")).collect()
}

/// Where configs lie: the provider, and the place.
pub(super) fn places(hydra: &Node) -> Vec<(String, Node)> {
    let all = at(hydra, &["runtime", "config_sources"]).and_then(Node::as_list).unwrap_or_default();
    let place = |source: &Node| {
        let provider = at(source, &["provider"])?.as_str()?.to_owned();
        Some((provider, at(source, &["path"])?.clone()))
    };
    all.iter().filter_map(place).collect()
}

fn short_hash(bytes: &[u8]) -> String {
    let hash = Hash::hash(bytes);
    let digits: String = hash[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{} bytes, {digits}", bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_of_a_sweep_keeps_the_flags_of_its_program() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let hydra = Node::from(Map::from([("mode", Node::from("MULTIRUN"))]));
        let again = |typed, own| arguments(&words(typed), &words(own), &hydra, words("lr=0.1"));
        let typed = "train -m -vvt3 lr=0.1,0.2 --point 1 2 -cn config -j 4 --name=a=b";
        let arguments = again(typed, "-v -v -t3 --point 1 2 --name=a=b");
        let expected = words("--config-name config -v -v -t3 --point 1 2 --name=a=b lr=0.1");
        assert_eq!(arguments.expect("flags"), expected);
        let error = again("train -m --point 1 2", "").expect_err("nobody knows the flag");
        assert_eq!(error.message(), "there is no flag `--point`");
    }
}
