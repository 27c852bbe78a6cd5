//! What was typed behind `mainstem sweeps`.

use crate::app::args::wrong;
use crate::app::complete::{Face, Holds};
use crate::app::format::Format;
use crate::app::help::about;
use crate::app::sweeps::help::TEXT as HELP;
use crate::diag::{Error, Result, did_you_mean};

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
}

impl What {
    const ALL: [(&'static str, Self); 8] = [
        ("ls", Self::Ls),
        ("show", Self::Show),
        ("best", Self::Best),
        ("plot", Self::Plot),
        ("export", Self::Export),
        ("cancel", Self::Cancel),
        ("resume", Self::Resume),
        ("watch", Self::Watch),
    ];

    /// Its flags: each takes a value.
    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Ls | Self::Show | Self::Best => &["--format"],
            Self::Plot => &["-o"],
            Self::Export => &["--format", "-o"],
            Self::Cancel | Self::Resume | Self::Watch => &[],
        }
    }
}

/// The commands.
pub(crate) const COMMANDS: [(&str, &str); 8] = [
    ("best", "what a search has found"),
    ("cancel", "end a sweep that runs"),
    ("export", "a search for optuna-dashboard"),
    ("ls", "all sweeps"),
    ("plot", "pictures of a search"),
    ("resume", "go on with what was killed"),
    ("show", "the jobs of a sweep"),
    ("watch", "wait for the jobs that Slurm has"),
];

/// The flags of a command as they are completed.
pub(crate) fn faces(command: &str) -> Vec<Face> {
    let flags = What::ALL.iter().find(|(name, _)| *name == command).map_or(&[][..], |(_, what)| what.flags());
    let face = |flag: &&str| match *flag {
        "-o" => Face { long: "".into(), short: "-o".into(), holds: Holds::File, about: about(HELP, "-o") },
        _ => {
            let names: &[&str] = if command == "export" { &["optuna"] } else { &Format::NAMES };
            let holds = Holds::Words(names.into());
            Face { long: "--format".into(), short: "".into(), holds, about: about(HELP, "--format") }
        }
    };
    flags.iter().map(face).collect()
}

/// A command with its flags and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Args {
    pub(super) what: What,
    /// The directory, or what stands for it.
    pub(super) directory: Option<String>,
    pub(super) format: Format,
    /// Where what is made goes.
    pub(super) out: Option<String>,
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
            Some(near) => error.help(format!("did you mean `sweeps {near}`?")),
            None => {
                error.help(format!("commands: {}", names.map(|name| format!("sweeps {name}")).join(", ")))
            }
        });
    };
    let (directory, format, out, rest_of_line) = (None, Format::Text, None, Vec::new());
    let mut args = Args { what: *what, directory, format, out, rest: rest_of_line };
    if *what == What::Resume {
        args.take_words(rest, is_there);
        return Ok(Some(args));
    }
    let mut errors = Vec::new();
    let mut rest = rest.iter();
    while let Some(word) = rest.next() {
        if !word.starts_with('-') {
            if args.directory.replace(word.clone()).is_some() {
                errors.push(wrong(format!("`sweeps {first}` takes one directory")));
            }
            continue;
        }
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.as_str(), None),
        };
        if !what.flags().contains(&name) {
            errors.push(args.unknown(first, name));
            continue;
        }
        let Some(value) = attached.or_else(|| rest.next().map(String::as_str)) else {
            let example = if name == "-o" { "-o FILE" } else { "--format csv" };
            errors.push(wrong(format!("`{name}` needs a value")).help(format!("type `{example}`")));
            continue;
        };
        if name == "-o" {
            args.out = Some(value.to_owned());
            continue;
        }
        if *what == What::Export {
            if value != "optuna" {
                errors.push(wrong(format!("`sweeps export` cannot write `{value}`")).help("formats: optuna"));
            }
            continue;
        }
        match Format::parse(value) {
            Some(format) => args.format = format,
            None => {
                let names = Format::NAMES.join(", ");
                let message = format!("`sweeps {first}` cannot print `{value}`");
                errors.push(wrong(message).help(format!("formats: {names}")));
            }
        }
    }
    Error::all(errors).map_or(Ok(Some(args)), Err)
}

impl Args {
    /// The first word is a sweep if it can be one; everything else is the program's to understand.
    fn take_words(&mut self, words: &[String], is_there: impl Fn(&str) -> bool) {
        let names = |word: &&String| {
            !word.starts_with('-') && (is_there(word) || !word.contains('=') && !word.starts_with(['+', '~']))
        };
        self.directory = words.first().filter(names).cloned();
        self.rest = words[usize::from(self.directory.is_some())..].to_vec();
    }

    fn unknown(&self, command: &str, flag: &str) -> Error {
        let error = wrong(format!("`sweeps {command}` has no flag `{flag}`"));
        match flag {
            _ if self.what.flags().is_empty() => error,
            "--json" | "--csv" => error.help(format!("type `--format {}`", &flag[2..])),
            _ => error.help(format!("it has `{}`", self.what.flags().join("`, `"))),
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
                (args.directory.as_deref(), args.rest),
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
