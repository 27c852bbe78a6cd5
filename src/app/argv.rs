//! Arguments by a table of flags, under the rules of Python's argparse: a flag may be cut short as long as it stays
//! one of a kind, takes its value behind `=`, behind a space or (with one dash) attached, and may stand before,
//! between and after the words. Own code, since usual parsers read `-cn foo` as `-c n`.

use std::iter::Peekable;

use crate::app::args::wrong;
use crate::app::program::own::OwnFlag;
use crate::diag::{Error, did_you_mean, shell_word};
use crate::facts::names_secret;

/// A flag of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flag<F> {
    pub(crate) long: &'static str,
    /// With one dash; empty if there is none.
    pub(crate) short: &'static str,
    pub(crate) id: F,
    pub(crate) takes: Takes,
    /// Hydra has no such flag: it must not take an abbreviation away from one that Hydra has.
    pub(crate) ours: bool,
}

/// What stands behind a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// Nothing.
    Nothing,
    /// A value, such as this one.
    Value(&'static str),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these words, or nothing, which is the first one.
    Perhaps(&'static [&'static str]),
    /// A value, such as this one, or nothing, which is the empty one. A word that looks like an override is none.
    Maybe(&'static str),
}

/// A flag that was found, with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found<F> {
    Switch(F),
    Value(F, String),
    Word(String),
    /// A flag that the program brings along, or a value of one.
    Own(String),
}

/// Reads arguments by a table, and those of the program's own flags. Gives what was found in order, and everything that is wrong.
pub(crate) fn scan<F: Copy>(
    table: &[Flag<F>],
    own: &[OwnFlag],
    arguments: impl IntoIterator<Item = String>,
) -> (Vec<Found<F>>, Vec<Error>) {
    let mut scan = Scan { table, own, found: Vec::new(), errors: Vec::new() };
    let mut arguments = arguments.into_iter().peekable();
    while let Some(word) = arguments.next() {
        if word == "--" {
            for word in arguments {
                if !word.is_empty() && table.iter().any(|flag| flag.long == word || flag.short == word) {
                    scan.errors.push(
                        wrong(format!("the flag `{word}` stands behind `--`")).help("put it before `--`"),
                    );
                }
                scan.found.push(Found::Word(word));
            }
            break;
        }
        if is_flag(&word) {
            scan.flag(&word, &mut arguments);
        } else {
            scan.found.push(Found::Word(word));
        }
    }
    (scan.found, scan.errors)
}

/// Whether an argument is meant as a flag: it begins with a dash, and is neither a lone dash nor a number, nor holds a
/// space outside of its value.
fn is_flag(word: &str) -> bool {
    let Some(rest) = word.strip_prefix('-') else { return false };
    let number = !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit() || c == '.');
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    !rest.is_empty() && !number && !name.contains(' ')
}

struct Scan<'t, F> {
    table: &'t [Flag<F>],
    own: &'t [OwnFlag],
    found: Vec<Found<F>>,
    errors: Vec<Error>,
}

impl<F: Copy> Scan<'_, F> {
    fn flag(&mut self, word: &str, more: &mut Peekable<impl Iterator<Item = String>>) {
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        if let Some(flag) = self.table.iter().find(|flag| flag.long == name || flag.short == name) {
            return self.take(*flag, name, attached.map(str::to_owned), more);
        }
        if let Some(flag) = self.own.iter().find(|flag| flag.names.iter().any(|own| own == name)) {
            return self.take_own(flag, word.to_owned(), attached.is_some(), more);
        }
        if word.starts_with("--") {
            return match self.abbreviated(name) {
                Ok(Some(flag)) => self.take(flag, name, attached.map(str::to_owned), more),
                Ok(None) => self.unknown(name, word, more.peek()),
                Err(error) => self.errors.push(error),
            };
        }
        self.short(word, more);
    }

    /// The one flag that a name is the beginning of.
    fn abbreviated(&self, name: &str) -> Result<Option<Flag<F>>, Error> {
        let fits = |flag: &&Flag<F>| flag.long.starts_with(name) && name.len() > 2;
        let all: Vec<&Flag<F>> = self.table.iter().filter(fits).collect();
        let hydras: Vec<&Flag<F>> = all.iter().copied().filter(|flag| !flag.ours).collect();
        match (&*hydras, &*all) {
            ([one], _) | ([], [one]) => Ok(Some(**one)),
            ([], []) => Ok(None),
            _ => {
                let names: Vec<&str> = all.iter().map(|flag| flag.long).collect();
                Err(wrong(format!("`{name}` could be any of {}", names.join(", "))))
            }
        }
    }

    /// `-mr` is `-m -r`, and `-cjob` is `-c job`.
    fn short(&mut self, word: &str, more: &mut Peekable<impl Iterator<Item = String>>) {
        // `-s` is the beginning of `-sc` alone.
        let begun: Vec<&Flag<F>> =
            self.table.iter().filter(|flag| flag.short.len() > 2 && flag.short.starts_with(word)).collect();
        if let [one] = &*begun {
            let flag = **one;
            return self.take(flag, word, None, more);
        }
        let mut rest = &word[1..];
        while let Some(letter) = rest.chars().next() {
            let short = &rest[..letter.len_utf8()];
            let own = |flag: &&OwnFlag| flag.names.iter().any(|own| own.strip_prefix('-') == Some(short));
            if let Some(flag) = self.own.iter().find(own) {
                let behind = &rest[letter.len_utf8()..];
                if flag.most > 0 || behind.is_empty() {
                    return self.take_own(flag, format!("-{rest}"), !behind.is_empty(), more);
                }
                self.found.push(Found::Own(format!("-{short}")));
                rest = behind;
                continue;
            }
            let Some(flag) = self.table.iter().find(|flag| flag.short.strip_prefix('-') == Some(short))
            else {
                return self.unknown(&format!("-{rest}"), word, more.peek());
            };
            let flag = *flag;
            rest = &rest[letter.len_utf8()..];
            if flag.takes == Takes::Nothing {
                self.found.push(Found::Switch(flag.id));
                continue;
            }
            let attached = (!rest.is_empty()).then(|| rest.strip_prefix('=').unwrap_or(rest).to_owned());
            return self.take(flag, &format!("-{short}"), attached, more);
        }
    }

    /// A flag of the program's own with its values, which it reads itself.
    fn take_own(
        &mut self,
        flag: &OwnFlag,
        word: String,
        is_attached: bool,
        more: &mut Peekable<impl Iterator<Item = String>>,
    ) {
        self.found.push(Found::Own(word));
        let mut values = usize::from(is_attached);
        while values < flag.most {
            let least = flag.least;
            let fits = |next: &String| !is_flag(next) && (values < least || !looks_like_an_override(next));
            let Some(value) = more.next_if(fits) else { break };
            self.found.push(Found::Own(value));
            values += 1;
        }
    }

    fn take(
        &mut self,
        flag: Flag<F>,
        name: &str,
        attached: Option<String>,
        more: &mut Peekable<impl Iterator<Item = String>>,
    ) {
        let given = match flag.takes {
            Takes::Nothing => {
                if let Some(value) = attached {
                    let error = wrong(format!("`{}` takes no value, found `{value}`", flag.long));
                    self.errors.push(error.help(format!("type `{}`", flag.long)));
                }
                return self.found.push(Found::Switch(flag.id));
            }
            // What looks like an override is none of the words, but a slip is.
            Takes::Perhaps(_) | Takes::Maybe(_) => {
                attached.or_else(|| more.next_if(|next| !is_flag(next) && !looks_like_an_override(next)))
            }
            Takes::Value(_) | Takes::OneOf(_) => attached.or_else(|| more.next_if(|next| !is_flag(next))),
        };
        match (flag.takes, given) {
            (Takes::Perhaps(words), None) => {
                let first = words.first().copied().unwrap_or_default();
                self.found.push(Found::Value(flag.id, first.to_owned()));
            }
            (Takes::Maybe(_), None) => self.found.push(Found::Value(flag.id, String::new())),
            (Takes::Value(example), None) => self.needs(name, example),
            (Takes::OneOf(words), None) => self.needs(name, &words.join("|")),
            (Takes::OneOf(words) | Takes::Perhaps(words), Some(value))
                if !words.contains(&value.as_str()) =>
            {
                let error = wrong(format!("`{name}` does not know `{value}`"));
                self.errors.push(match did_you_mean(&value, words.iter().copied()) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help(format!("it knows {}", words.join(", "))),
                });
            }
            (_, Some(value)) => self.found.push(Found::Value(flag.id, value)),
            (Takes::Nothing, None) => {}
        }
    }

    fn needs(&mut self, name: &str, example: &str) {
        self.errors.push(wrong(format!("`{name}` needs a value")).help(format!("type `{name} {example}`")));
    }

    fn unknown(&mut self, name: &str, word: &str, next: Option<&String>) {
        let names =
            self.table.iter().flat_map(|flag| [flag.long, flag.short]).filter(|name| !name.is_empty());
        let names = names.chain(self.own.iter().flat_map(|flag| flag.names.iter().map(String::as_str)));
        let error = wrong(format!("there is no flag `{name}`"));
        // Two dashes are common to all.
        let dashes = if name.starts_with("--") { "--" } else { "" };
        let near = did_you_mean(&name[dashes.len()..], names.filter_map(|name| name.strip_prefix(dashes)));
        if let Some(near) = near {
            self.errors.push(error.help(format!("did you mean `{dashes}{near}`?")));
            return;
        }
        // `-epochs=5` is read as short flags, whose name is the whole word.
        let (name, attached) = match word.split_once('=') {
            Some((before, value)) => (before, Some(value)),
            None => (name, None),
        };
        let value = attached.or(next.map(String::as_str).filter(|next| is_value(next)));
        self.errors.push(match (name.trim_start_matches('-'), value) {
            (key, Some(value)) if !key.is_empty() => {
                // Who typed it knows it; whoever looks at the screen does not.
                let value = if names_secret(key) { "…" } else { value };
                let line = format!("{}={value}", key.replace('-', "_"));
                error.help(format!("an override has no dashes: {}", shell_word(&line)))
            }
            _ => error.help("`--hydra-help` shows all"),
        });
    }
}

/// Whether a word may be the value of the flag before it.
fn is_value(word: &str) -> bool {
    !is_flag(word) && !looks_like_an_override(word)
}

fn looks_like_an_override(word: &str) -> bool {
    word.contains('=') || word.starts_with(['~', '+'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn flag(long: &'static str, short: &'static str, takes: Takes) -> Flag<&'static str> {
        Flag { long, short, id: long, takes, ours: false }
    }

    const TABLE: &[Flag<&str>] = &[
        flag("--cfg", "-c", Takes::OneOf(&["job", "all"])),
        flag("--config-name", "-cn", Takes::Value("config")),
        flag("--config-dir", "-cd", Takes::Value("conf")),
        flag("--info", "-i", Takes::Perhaps(&["all", "defaults"])),
        flag("--multirun", "-m", Takes::Nothing),
        flag("--run", "-r", Takes::Nothing),
        flag("--shell-completion", "-sc", Takes::Nothing),
        Flag { ours: true, ..flag("--scratch", "", Takes::Nothing) },
    ];

    fn own() -> [OwnFlag; 3] {
        let flag = |field: &str, names: &[&str], least, most| OwnFlag {
            field: field.to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            least,
            most,
            holds: crate::app::complete::Holds::Text,
        };
        [
            flag("verbose", &["--verbose", "-v"], 0, 0),
            flag("number", &["--number", "-n"], 1, 1),
            flag("point", &["--point"], 2, 3),
        ]
    }

    /// What is found, one text each: `--long`, `--long=value`, `word`.
    fn found(line: &str) -> Vec<String> {
        let (found, errors) =
            scan(TABLE, &own(), line.split('_').filter(|s| !s.is_empty()).map(str::to_owned));
        let shown = found.into_iter().map(|found| match found {
            Found::Switch(long) => long.to_owned(),
            Found::Value(long, value) => format!("{long}={value}"),
            Found::Word(word) => word,
            Found::Own(word) => format!("own {word}"),
        });
        shown.chain(errors.iter().map(|error| format!("error: {error}"))).collect()
    }

    #[test]
    fn reads_as_argparse_does() {
        let cases: &[(&str, &[&str])] = &[
            ("a=1_-cn_x_b=2_-m", &["a=1", "--config-name=x", "b=2", "--multirun"]),
            (
                "-cn=x_--config-n=y_--config-name_z",
                &["--config-name=x", "--config-name=y", "--config-name=z"],
            ),
            (
                "-cjob_-c=all_-mr_-mcjob",
                &["--cfg=job", "--cfg=all", "--multirun", "--run", "--multirun", "--cfg=job"],
            ),
            (
                "-i_-i_defaults_-i_a=1_--inf",
                &["--info=all", "--info=defaults", "--info=all", "a=1", "--info=all"],
            ),
            ("-s_--s_--sc", &["--shell-completion", "--shell-completion", "--scratch"]),
            ("-1_-_~a_-.5", &["-1", "-", "~a", "-.5"]),
            ("-m_--_-x=1_--", &["--multirun", "-x=1", "--"]),
            ("--conf_x", &["x", "error: `--conf` could be any of --config-name, --config-dir"]),
            ("-cn_-m", &["--multirun", "error: `-cn` needs a value"]),
            ("--cfg_jbo", &["error: `--cfg` does not know `jbo`"]),
            ("-mx", &["--multirun", "error: there is no flag `-x`"]),
            ("--multirun=2", &["--multirun", "error: `--multirun` takes no value, found `2`"]),
            ("--_-m", &["-m", "error: the flag `-m` stands behind `--`"]),
            (
                "-v_a=1_--number_5_b=2_--number=6",
                &["own -v", "a=1", "own --number", "own 5", "b=2", "own --number=6"],
            ),
            ("-mvn5_-nx=1", &["--multirun", "own -v", "own -n5", "own -nx=1"]),
            ("--point_1_x=2_3_y=4", &["own --point", "own 1", "own x=2", "own 3", "y=4"]),
            ("--number_-m", &["own --number", "--multirun"]),
            ("--verbos", &["error: there is no flag `--verbos`"]),
            ("-é_--é", &["error: there is no flag `-é`", "error: there is no flag `--é`"]),
        ];
        for (line, expected) in cases {
            assert_eq!(&found(line), expected, "{line}");
        }
    }
}
