//! Completion of the command itself.

use crate::app::args::{self, Args, Command};
use crate::app::complete::face::{Face, Holds, Part, names, part, values};
use crate::app::complete::program;
use crate::app::complete::shell::Shell;
use crate::app::program::{Whose, faces};
use crate::app::{help, project, runs, sweeps};
use crate::complete::{Candidate, Completer, Line, Wanted, files};
use crate::facts::Facts;

/// What the last word of a line can become. The line begins behind `mainstem`.
pub(crate) fn complete(line: &Line, facts: &Facts, described: bool) -> Vec<Candidate> {
    let word = line.word.text.as_str();
    let Some((first, before)) = line.before.split_first() else { return commands(word) };
    match (first.as_str(), Command::ALL.iter().find(|(name, _)| name == first)) {
        ("run", _) => of_run(line, before, facts, described),
        ("runs", _) => of_kind(&runs::COMMANDS, runs::faces, before, word, facts, "the latest run"),
        ("rerun", _) => of_records(&runs::rerun_faces(), before, word, facts, "the latest run"),
        ("sweeps", _) => of_kind(&sweeps::COMMANDS, sweeps::faces, before, word, facts, "the latest sweep"),
        ("help", _) if before.is_empty() => commands(word)
            .into_iter()
            .filter(|one| !one.text.starts_with('-') && one.text != "help")
            .collect(),
        (_, Some((_, command))) => of_command(*command, before, word, facts, described),
        _ => Vec::new(),
    }
}

/// The commands, and what may stand in their place.
fn commands(word: &str) -> Vec<Candidate> {
    if word.starts_with('-') {
        let flags = [("--help", "what there is"), ("--version", "the version")];
        let fitting = flags.iter().filter(|(name, _)| name.starts_with(word));
        return fitting.map(|(name, about)| Candidate::whole(*name).about(about)).collect();
    }
    let all = Command::ALL.iter().map(|(name, command)| (*name, help::summary(help::text(Some(*command)))));
    let others = help::OTHERS.iter().map(|(name, text)| (*name, help::summary(text)));
    let more = others.chain([("help", "the help of a command".to_owned())]);
    let mut found: Vec<Candidate> = all
        .chain(more)
        .filter(|(name, _)| name.starts_with(word))
        .map(|(name, about)| Candidate::whole(name).about(&about))
        .collect();
    found.sort();
    found
}

/// What `runs` and `sweeps` have: commands of their own, each with flags and the directories of what ran.
fn of_kind(
    commands: &[(&str, &str)],
    faces: fn(&str) -> Vec<Face>,
    before: &[String],
    word: &str,
    facts: &Facts,
    latest: &str,
) -> Vec<Candidate> {
    let Some((first, before)) = before.split_first() else {
        let fitting = commands.iter().filter(|(name, _)| name.starts_with(word));
        return fitting.map(|(name, about)| Candidate::whole(*name).about(about)).collect();
    };
    // What `ls` takes is a filter, or a directory of many.
    if first != "ls" {
        return of_records(&faces(first), before, word, facts, latest);
    }
    match part(&faces(first), before, word) {
        Part::Name => names(&faces(first), word),
        Part::Value { holds, head, typed } => values(&holds, head, typed, None, facts),
        Part::Maybe { .. } | Part::Other => Vec::new(),
    }
}

/// Behind `run`: the flags and overrides of a program, and behind `--` its command.
fn of_run(line: &Line, before: &[String], facts: &Facts, described: bool) -> Vec<Candidate> {
    let word = line.word.text.as_str();
    if before.iter().any(|word| word == "--") {
        return files(word, facts, Wanted::Any, "");
    }
    let line = Line { before: before.to_vec(), ..line.clone() };
    let nowhere = args::read(Command::Completion, []);
    program::of_hydra(&nowhere, &faces(Whose::Commands), facts, &line, described)
}

/// Behind a command that takes the directory of what ran.
fn of_records(faces: &[Face], before: &[String], word: &str, facts: &Facts, latest: &str) -> Vec<Candidate> {
    match part(faces, before, word) {
        Part::Name => names(faces, word),
        Part::Value { holds, head, typed } => values(&holds, head, typed, None, facts),
        Part::Maybe { .. } | Part::Other => named(word, facts, latest),
    }
}

/// What ran, by its directory.
fn named(word: &str, facts: &Facts, latest: &str) -> Vec<Candidate> {
    let mut found = files(word, facts, Wanted::Directories, "");
    if "last".starts_with(word) {
        found.insert(0, Candidate::whole("last").about(latest));
    }
    found
}

fn of_command(
    command: Command,
    before: &[String],
    word: &str,
    facts: &Facts,
    described: bool,
) -> Vec<Candidate> {
    let faces: Vec<Face> = args::faces(command);
    let part = part(&faces, before, word);
    if part == Part::Name {
        return names(&faces, word);
    }
    if let Part::Value { holds, head, typed } = &part
        && !matches!(holds, Holds::ConfigName | Holds::Key)
    {
        return values(holds, head, typed, None, facts);
    }
    let mut args = args::read(command, before.iter().cloned());
    let is_override = |word: &String| word.contains('=') || word.starts_with(['+', '~']);
    if command == Command::Check {
        let dirs = args.words.iter().filter(|word| !is_override(word));
        args.config_dirs.splice(0..0, dirs.cloned());
    }
    if part == Part::Other {
        match command {
            Command::Completion if args.words.is_empty() => {
                let fitting = Shell::NAMES.iter().filter(|(name, _)| name.starts_with(word));
                return fitting.map(|(name, _)| Candidate::whole(*name)).collect();
            }
            Command::Completion | Command::ParseOverrides => return Vec::new(),
            Command::Check if args.config_name.is_none() => {
                return files(word, facts, Wanted::Directories, "");
            }
            _ => {}
        }
    }
    let whole = project::open(&args, facts.clone());
    let composer = whole.or_else(|_| {
        // A directory that is half typed, or not there.
        let fewer = Args { words: Vec::new(), schema: None, maps: Vec::new(), ..args.clone() };
        project::open(&fewer, facts.clone())
    });
    let Ok(composer) = composer else { return Vec::new() };
    let completer = Completer::new(&composer, args.config_name.as_deref());
    let completer = if described { completer.described() } else { completer };
    let overrides: Vec<&String> = match command {
        Command::Explain | Command::Check => args.words.iter().filter(|word| is_override(word)).collect(),
        _ => args.words.iter().collect(),
    };
    match part {
        Part::Value { holds, head, typed } => values(&holds, head, typed, Some(&completer), facts),
        // The first words of `explain` are keys.
        _ if command == Command::Explain && overrides.is_empty() && !is_override(&word.to_owned()) => {
            completer.keys(&overrides, word)
        }
        _ => completer.overrides(&overrides, word),
    }
}
