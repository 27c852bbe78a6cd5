//! What was typed behind `mainstem runs`.

use crate::app::args::wrong;
use crate::app::complete::{Face, Holds};
use crate::app::format::Format;
use crate::app::help::about;
use crate::app::runs::help::TEXT as HELP;
use crate::diag::{Error, Result, did_you_mean};

/// What to do with runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Ls,
    Show,
    Diff,
    Tag,
    Rm,
}

impl What {
    const ALL: [(&'static str, Self); 5] =
        [("ls", Self::Ls), ("show", Self::Show), ("diff", Self::Diff), ("tag", Self::Tag), ("rm", Self::Rm)];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, what)| *what == self).map_or("", |(name, _)| name)
    }
}

/// A command with its flags and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Args {
    pub(crate) what: What,
    pub(crate) roots: Vec<String>,
    /// The key to sort by, and whether the largest comes first.
    pub(crate) sort: Option<(String, bool)>,
    pub(crate) columns: Vec<String>,
    pub(crate) limit: Option<usize>,
    pub(crate) format: Format,
    pub(crate) remove: Vec<String>,
    /// The metrics whose series is asked for.
    pub(crate) metrics: Vec<String>,
    /// Whether attempts that another one came after count, too.
    pub(crate) all: bool,
    /// Whether nobody is to be asked.
    pub(crate) yes: bool,
    pub(crate) words: Vec<String>,
}

/// The command that other programs call by another name.
pub(crate) fn another_name(word: &str) -> Option<&'static str> {
    Some(match word {
        "ls" | "list" => "ls",
        "show" | "info" => "show",
        "diff" | "compare" => "diff",
        "tag" => "tag",
        "rm" | "remove" | "delete" => "rm",
        _ => return None,
    })
}

/// What the arguments ask for: `None` for help.
///
/// # Errors
/// Wrong usage: everything that is wrong, at once.
pub(crate) fn parse(arguments: &[String]) -> Result<Option<Args>> {
    let Some((first, rest)) = arguments.split_first() else { return Ok(None) };
    if matches!(first.as_str(), "--help" | "-h" | "help") {
        return Ok(None);
    }
    let Some((_, what)) = What::ALL.iter().find(|(name, _)| name == first) else {
        let names = What::ALL.map(|(name, _)| name);
        let error = wrong(format!("there is no command `runs {first}`"));
        let meant = another_name(first).or_else(|| did_you_mean(first, names));
        return Err(match meant {
            Some(near) => error.help(format!("did you mean `mainstem runs {near}`?")),
            None => error.help(format!("commands: {}", names.map(|name| format!("runs {name}")).join(", "))),
        });
    };
    let mut args = Args {
        what: *what,
        roots: Vec::new(),
        sort: None,
        columns: Vec::new(),
        limit: None,
        format: Format::Text,
        remove: Vec::new(),
        metrics: Vec::new(),
        all: false,
        yes: false,
        words: Vec::new(),
    };
    let mut errors = Vec::new();
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        if matches!(word.as_str(), "--help" | "-h") {
            return Ok(None);
        }
        if word == "--" {
            args.words.extend(rest.cloned());
            break;
        }
        if !word.starts_with('-') {
            args.words.push(word.clone());
            continue;
        }
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        let Some((flag, of, example)) = FLAGS.iter().find(|(flag, ..)| *flag == name) else {
            let known = FLAGS.iter().filter(|(_, of, _)| of.contains(what)).map(|(flag, ..)| *flag);
            let error = wrong(format!("there is no flag `{name}`"));
            errors.push(match did_you_mean(name, known) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help("`mainstem runs --help` shows all"),
            });
            continue;
        };
        if !of.contains(what) {
            let names: Vec<_> = of.iter().map(|what| format!("runs {}", what.name())).collect();
            errors.push(
                wrong(format!("`runs {}` has no flag `{flag}`", what.name()))
                    .help(format!("`{flag}` belongs to {}", names.join(", "))),
            );
        }
        if example.is_empty() {
            errors.extend(args.switch(flag, attached.as_deref()).err());
            continue;
        }
        let Some(value) = attached.or_else(|| rest.next().cloned()) else {
            errors.push(wrong(format!("`{flag}` needs a value")).help(format!("type `{flag} {example}`")));
            continue;
        };
        errors.extend(args.set(flag, value).err());
    }
    // Of `ls`, which words are directories is known later.
    errors.extend(args.check().err().filter(|_| *what != What::Ls));
    Error::all(errors).map_or(Ok(Some(args)), Err)
}

/// A flag, the commands that know it, and a value; none, of one that takes none.
const FLAGS: [(&str, &[What], &str); 9] = [
    ("--root", &[What::Ls, What::Show, What::Diff, What::Tag, What::Rm], "outputs"),
    ("--metric", &[What::Show], "loss"),
    ("--all", &[What::Ls, What::Rm], ""),
    ("--yes", &[What::Rm], ""),
    ("--format", &[What::Ls, What::Show, What::Diff], "json"),
    ("--sort", &[What::Ls], "accuracy"),
    ("--columns", &[What::Ls], "model.name,accuracy"),
    ("--limit", &[What::Ls], "10"),
    ("--remove", &[What::Tag], "bad"),
];

/// The commands.
pub(crate) const COMMANDS: [(&str, &str); 5] = [
    ("diff", "what differs between two runs"),
    ("ls", "all runs, or those of a kind"),
    ("rm", "remove runs"),
    ("show", "all that is known of a run"),
    ("tag", "tags of a run"),
];

/// The flags of a command as they are completed.
pub(crate) fn faces(command: &str) -> Vec<Face> {
    let known = FLAGS.iter().filter(|(_, of, _)| of.iter().any(|what| what.name() == command));
    let face = |&(long, _, _): &(&'static str, &[What], &'static str)| {
        let holds = match long {
            "--root" => Holds::Directory,
            "--format" if command == "ls" => Holds::Words(Format::NAMES.into()),
            "--format" => Holds::Words(Format::NAMES[..2].into()),
            "--all" | "--yes" => Holds::Nothing,
            "--sort" => Holds::Sort,
            "--columns" => Holds::Columns,
            "--metric" => Holds::Metric,
            _ => Holds::Text,
        };
        Face { long: long.into(), short: "".into(), holds, about: about(HELP, long) }
    };
    known.map(face).collect()
}

impl Args {
    fn switch(&mut self, flag: &str, value: Option<&str>) -> Result<()> {
        if let Some(value) = value {
            return Err(
                wrong(format!("`{flag}` takes no value, found `{value}`")).help(format!("type `{flag}`"))
            );
        }
        match flag {
            "--all" => self.all = true,
            _ => self.yes = true,
        }
        Ok(())
    }

    fn set(&mut self, flag: &str, value: String) -> Result<()> {
        match flag {
            "--root" => self.roots.push(value),
            "--columns" => self.columns.extend(value.split(',').map(str::to_owned)),
            "--metric" => self.metrics.push(value),
            "--remove" => self.remove.extend(value.split(',').map(str::to_owned)),
            "--sort" => {
                self.sort = Some(match value.strip_prefix('-') {
                    Some(key) => (key.to_owned(), true),
                    None => (value, false),
                });
            }
            "--limit" => match value.parse() {
                Ok(limit) => self.limit = Some(limit),
                Err(_) => {
                    return Err(wrong(format!("`--limit` must be an integer from 0 on, found `{value}`")));
                }
            },
            _ => match Format::parse(&value) {
                Some(format) if format != Format::Csv || self.what == What::Ls => self.format = format,
                _ => {
                    let message = format!("`runs {}` cannot print `{value}`", self.what.name());
                    let known = if self.what == What::Ls { &Format::NAMES[..] } else { &Format::NAMES[..2] };
                    return Err(wrong(message).help(format!("formats: {}", known.join(", "))));
                }
            },
        }
        Ok(())
    }

    /// Whether there are as many words as there must be.
    pub(super) fn check(&self) -> Result<()> {
        let name = self.what.name();
        let (right, example) = match self.what {
            What::Ls => (self.words.len() <= 1, "'lr<0.1 and status=failed'"),
            What::Show => (self.words.len() == 1, "RUN"),
            What::Diff => (self.words.len() == 2, "RUN OTHER"),
            What::Tag => {
                (!self.words.is_empty() && (self.words.len() > 1 || !self.remove.is_empty()), "RUN good")
            }
            What::Rm => (!self.words.is_empty(), "RUN"),
        };
        if right {
            return Ok(());
        }
        let message = match (self.what, self.words.len()) {
            (What::Ls, _) => "`runs ls` takes one filter".to_owned(),
            (_, 0) => format!("`runs {name}` needs a run"),
            (What::Diff, 1) => "`runs diff` needs two runs".to_owned(),
            (What::Diff, found) => format!("`runs diff` compares two runs, and {found} are named"),
            (What::Tag, _) => "`runs tag` needs a tag".to_owned(),
            (_, found) => format!("`runs {name}` is about one run, and {found} are named"),
        };
        Err(wrong(message).help(format!("type `mainstem runs {name} {example}`")))
    }
}
