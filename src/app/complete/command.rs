//! Completion of the command itself.

use crate::app::args::{self, Args, Command};
use crate::app::complete::face::{Face, Holds, Part, names, part, values};
use crate::app::complete::shell::Shell;
use crate::app::{help, project, runs, sweeps};
use crate::complete::{Candidate, Completer, Line, Wanted, files};
use crate::facts::Facts;

/// What the last word of a line can become. The line begins behind `mainstem`.
pub(crate) fn complete(line: &Line, facts: &Facts, described: bool) -> Vec<Candidate> {
    let word = line.word.text.as_str();
    let Some((first, before)) = line.before.split_first() else { return commands(word) };
    match (first.as_str(), Command::ALL.iter().find(|(name, _)| name == first)) {
        ("runs", _) => of_kind(&runs::COMMANDS, runs::faces, before, word, facts),
        ("sweeps", _) => of_kind(&sweeps::COMMANDS, sweeps::faces, before, word, facts),
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

/// What `runs` and `sweeps` have: commands of their own, each with flags and directories.
fn of_kind(
    commands: &[(&str, &str)],
    faces: fn(&str) -> Vec<Face>,
    before: &[String],
    word: &str,
    facts: &Facts,
) -> Vec<Candidate> {
    let Some((first, before)) = before.split_first() else {
        let fitting = commands.iter().filter(|(name, _)| name.starts_with(word));
        return fitting.map(|(name, about)| Candidate::whole(*name).about(about)).collect();
    };
    let faces = faces(first);
    match part(&faces, before, word) {
        Part::Name => names(&faces, word),
        Part::Value { holds, head, typed } => values(&holds, head, typed, None, facts),
        Part::Maybe { .. } | Part::Other
            if matches!(first.as_str(), "show" | "diff" | "tag" | "rm" | "cancel" | "resume") =>
        {
            let mut found = files(word, facts, Wanted::Directories, "");
            if "last".starts_with(word) {
                found.insert(0, Candidate::whole("last").about("the latest"));
            }
            found
        }
        Part::Maybe { .. } | Part::Other => Vec::new(),
    }
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
