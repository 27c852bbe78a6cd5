//! What was typed behind `mainstem sweeps`.

use crate::app::args::wrong;
use crate::app::complete::{Face, Holds};
use crate::app::format::Format;
use crate::app::help::about;
use crate::app::sweeps::help::TEXT as HELP;
use crate::app::sweeps::study::Wanted;
use crate::diag::{Error, Result, did_you_mean};
use crate::search::Direction;

/// What to do with sweeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Ls,
    Show,
    Best,
    Plot,
    Export,
    Cancel,
    Resume,
    Watch,
    Rm,
}

impl What {
    const ALL: [(&'static str, Self); 9] = [
        ("ls", Self::Ls),
        ("show", Self::Show),
        ("best", Self::Best),
        ("plot", Self::Plot),
        ("export", Self::Export),
        ("cancel", Self::Cancel),
        ("resume", Self::Resume),
        ("watch", Self::Watch),
        ("rm", Self::Rm),
    ];

    /// Its flags, each with an example of its value; none, of one that takes none.
    fn flags(self) -> &'static [(&'static str, &'static str)] {
        const FORMAT: (&str, &str) = ("--format", "csv");
        match self {
            Self::Ls | Self::Show => &[FORMAT],
            Self::Best => &[("--minimize", ""), ("--maximize", ""), ("--metric", "accuracy"), FORMAT],
            Self::Plot => &[("-o", "FILE")],
            Self::Export => &[("--format", "optuna"), ("-o", "FILE")],
            Self::Rm => &[("--yes", "")],
            Self::Cancel | Self::Resume | Self::Watch => &[],
        }
    }
}

/// The commands.
pub(crate) const COMMANDS: [(&str, &str); 9] = [
    ("best", "the best job, and how to run it"),
    ("cancel", "end a sweep that runs"),
    ("export", "a search for optuna-dashboard"),
    ("ls", "all sweeps"),
    ("plot", "pictures of a search"),
    ("resume", "go on with what was killed"),
    ("rm", "remove sweeps with all their jobs"),
    ("show", "the jobs of a sweep"),
    ("watch", "wait for the jobs that Slurm has"),
];

/// The flags of a command as they are completed.
pub(crate) fn faces(command: &str) -> Vec<Face> {
    let flags = What::ALL.iter().find(|(name, _)| *name == command).map_or(&[][..], |(_, what)| what.flags());
    let face = |&(flag, _): &(&'static str, &'static str)| {
        let (long, short) = if flag == "-o" { ("", flag) } else { (flag, "") };
        let holds = match flag {
            "-o" => Holds::File,
            "--format" if command == "export" => Holds::Words(vec!["optuna"]),
            "--format" => Holds::Words(Format::NAMES.into()),
            "--metric" => Holds::Text,
            _ => Holds::Nothing,
        };
        Face { long: long.into(), short: short.into(), holds, about: about(HELP, flag) }
    };
    flags.iter().map(face).collect()
}

/// A command with its flags and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Args {
    pub(super) what: What,
    /// The directory, or what stands for it; of `rm` several.
    pub(super) directories: Vec<String>,
    pub(super) format: Format,
    /// Where what is made goes.
    pub(super) out: Option<String>,
    /// What makes a job the best.
    pub(super) wanted: Wanted,
    /// Whether nobody is to be asked.
    pub(super) yes: bool,
    /// What the program that goes on is told beside.
    pub(super) rest: Vec<String>,
}

/// What the arguments ask for: `None` for help. `is_there` says whether a word is a directory.
///
/// # Errors
/// Wrong usage: everything that is wrong, at once.
pub(super) fn parse(arguments: &[String], is_there: impl Fn(&str) -> bool) -> Result<Option<Args>> {
    let Some((first, rest)) = arguments.split_first() else { return Ok(None) };
    let asks = |word: &String| matches!(word.as_str(), "--help" | "-h");
    if asks(first) || first == "help" || rest.first().is_some_and(asks) {
        return Ok(None);
    }
    let Some((_, what)) = What::ALL.iter().find(|(name, _)| name == first) else {
        let names = What::ALL.map(|(name, _)| name);
        let error = wrong(format!("there is no command `sweeps {first}`"));
        return Err(match did_you_mean(first, names) {
            Some(near) => error.help(format!("did you mean `mainstem sweeps {near}`?")),
            None => {
                error.help(format!("commands: {}", names.map(|name| format!("sweeps {name}")).join(", ")))
            }
        });
    };
    let mut args = Args {
        what: *what,
        directories: Vec::new(),
        format: Format::Text,
        out: None,
        wanted: Wanted::default(),
        yes: false,
        rest: Vec::new(),
    };
    if *what == What::Resume {
        args.take_words(rest, is_there);
        return Ok(Some(args));
    }
    let mut errors = Vec::new();
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        if !word.starts_with('-') {
            args.directories.push(word.clone());
            continue;
        }
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.as_str(), None),
        };
        let Some((_, example)) = what.flags().iter().find(|(flag, _)| *flag == name) else {
            errors.push(args.unknown(first, name));
            continue;
        };
        let value = match (attached, example.is_empty()) {
            (Some(value), true) => {
                let error = wrong(format!("`{name}` takes no value, found `{value}`"));
                errors.push(error.help(format!("type `{name}`")));
                continue;
            }
            (None, true) => "",
            (attached, false) => match attached.or_else(|| rest.next().map(String::as_str)) {
                Some(value) => value,
                None => {
                    let error = wrong(format!("`{name}` needs a value"));
                    errors.push(error.help(format!("type `{name} {example}`")));
                    continue;
                }
            },
        };
        errors.extend(args.set(first, name, value).err());
    }
    errors.extend(args.check(first).err());
    Error::all(errors).map_or(Ok(Some(args)), Err)
}

impl Args {
    /// The first word is a sweep if it can be one; everything else is the program's to understand.
    fn take_words(&mut self, words: &[String], is_there: impl Fn(&str) -> bool) {
        let names = |word: &&String| {
            !word.starts_with('-') && (is_there(word) || !word.contains('=') && !word.starts_with(['+', '~']))
        };
        self.directories = words.first().filter(names).cloned().into_iter().collect();
        self.rest = words[self.directories.len()..].to_vec();
    }

    fn set(&mut self, command: &str, name: &str, value: &str) -> Result<()> {
        match (name, Format::parse(value)) {
            ("-o", _) => self.out = Some(value.to_owned()),
            ("--yes", _) => self.yes = true,
            ("--metric", _) => self.wanted.metric = Some(value.to_owned()),
            ("--minimize" | "--maximize", _) => {
                let direction = Direction::parse(name.trim_start_matches('-'));
                if self.wanted.direction.is_some_and(|known| Some(known) != direction) {
                    return Err(wrong("`--minimize` and `--maximize` exclude each other"));
                }
                self.wanted.direction = direction;
            }
            _ if self.what == What::Export => {
                if value != "optuna" {
                    let error = wrong(format!("`sweeps export` cannot write `{value}`"));
                    return Err(error.help("formats: optuna"));
                }
            }
            (_, Some(format)) => self.format = format,
            (_, None) => {
                let message = format!("`sweeps {command}` cannot print `{value}`");
                return Err(wrong(message).help(format!("formats: {}", Format::NAMES.join(", "))));
            }
        }
        Ok(())
    }

    /// Whether there are as many directories as there must be.
    fn check(&self, command: &str) -> Result<()> {
        match (self.what, self.directories.len()) {
            (What::Rm, 0) => Err(wrong("`sweeps rm` needs a sweep").help("type `mainstem sweeps rm DIR`")),
            (What::Rm, _) | (_, 0 | 1) => Ok(()),
            _ => Err(wrong(format!("`sweeps {command}` takes one directory"))),
        }
    }

    fn unknown(&self, command: &str, flag: &str) -> Error {
        let error = wrong(format!("`sweeps {command}` has no flag `{flag}`"));
        match flag {
            _ if self.what.flags().is_empty() => error,
            "--json" | "--csv" if self.what != What::Rm => {
                error.help(format!("type `--format {}`", &flag[2..]))
            }
            _ => {
                let names: Vec<_> = self.what.flags().iter().map(|(name, _)| *name).collect();
                error.help(format!("it has `{}`", names.join("`, `")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Args {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        parse(&words, |word| word == "lr=1").unwrap().unwrap()
    }

    #[test]
    fn the_sweep_that_goes_on_is_told_from_what_its_program_is_told() {
        for (words, directory, rest) in [
            (&["resume"][..], None, &[][..]),
            (&["resume", "last"], Some("last"), &[]),
            (&["resume", "sw", "-j", "4"], Some("sw"), &["-j", "4"]),
            (&["resume", "-j", "4"], None, &["-j", "4"]),
            (&["resume", "mainstem.sweep.retries=1"], None, &["mainstem.sweep.retries=1"]),
            (&["resume", "+mainstem.x"], None, &["+mainstem.x"]),
            // A directory may have such a name.
            (&["resume", "lr=1", "--force"], Some("lr=1"), &["--force"]),
        ] {
            let args = read(words);
            assert_eq!(
                (args.directories.first().map(String::as_str), args.rest),
                (directory, rest.iter().map(|&w| w.to_owned()).collect())
            );
        }
    }

    #[test]
    fn formats_are_said_as_for_runs() {
        assert_eq!(read(&["show", "--format=csv", "sw"]).format, Format::Csv);
        assert_eq!(read(&["ls", "--format", "jsonl"]).format, Format::Json);
        let words = ["show", "--json", "--format", "xml", "a", "b"].map(str::to_owned);
        let told = parse(&words, |_| false).unwrap_err().render(crate::diag::Style::Plain);
        for line in ["no flag `--json`", "type `--format json`", "cannot print `xml`", "takes one directory"]
        {
            assert!(told.contains(line), "{told}");
        }
    }
}
