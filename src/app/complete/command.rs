//! Completion of the command itself.

use crate::app::args::{self, Args, Command};
use crate::app::complete::face::{Face, Holds, Part, names, part, values};
use crate::app::complete::program;
use crate::app::complete::records::{self, Kind};
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
        ("runs", _) => match before.split_first() {
            None => of_names(&runs::COMMANDS, word),
            Some((what, before)) => of_runs(what, before, word, facts, described),
        },
        ("rerun", _) => of_rerun(before, word, facts, described),
        ("sweeps", _) => match before.split_first() {
            None => of_names(&sweeps::COMMANDS, word),
            Some((what, before)) => of_sweeps(what, before, word, facts),
        },
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

/// Commands of a command.
fn of_names(commands: &[(&str, &str)], word: &str) -> Vec<Candidate> {
    let fitting = commands.iter().filter(|(name, _)| name.starts_with(word));
    fitting.map(|(name, about)| Candidate::whole(*name).about(about)).collect()
}

/// Behind `runs` and one of its commands: runs, filters, and what flags hold.
fn of_runs(what: &str, before: &[String], word: &str, facts: &Facts, described: bool) -> Vec<Candidate> {
    let faces = runs::faces(what);
    let (roots, words) = records::typed(&faces, before);
    let keys = |typed, head: &str, metrics| records::keys(typed, head, &roots, facts, metrics);
    match part(&faces, before, word) {
        Part::Name => names(&faces, word),
        Part::Value { holds: Holds::Sort, head, typed } => match typed.strip_prefix('-') {
            Some(typed) => keys(typed, &format!("{head}-"), false),
            None => keys(typed, head, false),
        },
        Part::Value { holds: Holds::Columns, head, typed } => {
            let at = typed.rfind(',').map_or(0, |at| at + 1);
            keys(&typed[at..], &format!("{head}{}", &typed[..at]), false)
        }
        Part::Value { holds: Holds::Metric, head, typed } => match words.first() {
            Some(run) => records::metrics(run, typed, head, facts),
            None => keys(typed, head, true),
        },
        Part::Value { holds, head, typed } => values(&holds, head, typed, None, facts),
        Part::Maybe { .. } | Part::Other => match (what, words.len()) {
            // A filter, or a directory of many.
            ("ls", 0) => {
                let mut found = records::filter(word, &roots, facts);
                found.extend(files(word, facts, Wanted::Directories, ""));
                found
            }
            ("show" | "tag", 0) | ("diff", 0 | 1) | ("rm", _) => {
                records::named(word, facts, Kind::Run, described)
            }
            _ => Vec::new(),
        },
    }
}

/// Behind `sweeps` and one of its commands: the directory of a sweep, or of several, or one of many.
fn of_sweeps(what: &str, before: &[String], word: &str, facts: &Facts) -> Vec<Candidate> {
    let faces = sweeps::faces(what);
    match part(&faces, before, word) {
        Part::Name => names(&faces, word),
        Part::Value { holds, head, typed } => values(&holds, head, typed, None, facts),
        Part::Maybe { .. } | Part::Other => match (what, records::typed(&faces, before).1.len()) {
            ("ls", 0) => files(word, facts, Wanted::Directories, ""),
            (_, 0) | ("rm", _) => records::named(word, facts, Kind::Sweep, false),
            _ => Vec::new(),
        },
    }
}

/// Behind `rerun`: a run, and then overrides of what it was.
fn of_rerun(before: &[String], word: &str, facts: &Facts, described: bool) -> Vec<Candidate> {
    let faces = runs::rerun_faces();
    if before.iter().any(|word| word == "--") {
        return files(word, facts, Wanted::Any, "");
    }
    match part(&faces, before, word) {
        Part::Name => names(&faces, word),
        Part::Value { holds, head, typed } => values(&holds, head, typed, None, facts),
        Part::Maybe { .. } | Part::Other => match records::typed(&faces, before).1.split_first() {
            None => records::named(word, facts, Kind::Run, described),
            Some((run, overrides)) => records::overrides(run, overrides, word, facts, described),
        },
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
