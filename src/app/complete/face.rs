//! Flags as they are completed.

use std::borrow::Cow;

use crate::complete::{Candidate, Completer, Wanted, files};
use crate::facts::Facts;

/// A flag as it is completed.
#[derive(Clone, Debug)]
pub(crate) struct Face {
    pub(crate) long: Cow<'static, str>,
    /// Empty if there is none.
    pub(crate) short: Cow<'static, str>,
    pub(crate) holds: Holds,
    pub(crate) about: String,
}

/// What the value of a flag is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Nothing,
    Words(Vec<&'static str>),
    /// One of these words, or nothing.
    Perhaps(Vec<&'static str>),
    ConfigName,
    Key,
    /// A config group, or a config in one.
    Group,
    Directory,
    File,
    /// A key of runs; a minus may stand before it.
    Sort,
    /// Keys of runs, with commas between them.
    Columns,
    /// The name of a metric of runs.
    Metric,
    /// What nobody can guess.
    Text,
}

/// What a flag asks of the word at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part<'w> {
    /// It is the name of a flag.
    Name,
    /// It is the value of a flag: what stands before it in the word, and what is typed of it.
    Value { holds: Holds, head: &'w str, typed: &'w str },
    /// It may be such a value, or none.
    Maybe { holds: Holds },
    /// It is no business of flags.
    Other,
}

/// What flags have to do with the word at the cursor.
pub(crate) fn part<'w>(faces: &[Face], before: &[String], word: &'w str) -> Part<'w> {
    if before.iter().any(|word| word == "--") {
        return Part::Other;
    }
    let named = |name: &str| {
        let exact = faces.iter().find(|face| face.long == name || face.short == name);
        let begun = || {
            let mut fitting = faces.iter().filter(|face| name.len() > 2 && face.long.starts_with(name));
            fitting.next().filter(|_| fitting.next().is_none())
        };
        exact.or_else(begun)
    };
    let last = before.last().filter(|last| last.starts_with('-') && !last.contains('='));
    let holds = last.and_then(|last| named(last)).map(|face| &face.holds);
    if word.starts_with('-') && holds != Some(&Holds::Sort) {
        let at = word.find('=').map(|at| at + 1);
        let Some((name, at)) = at.map(|at| (&word[..at - 1], at)) else { return Part::Name };
        let holds = named(name).map_or(Holds::Text, |face| match &face.holds {
            Holds::Perhaps(words) => Holds::Words(words.clone()),
            other => other.clone(),
        });
        return Part::Value { holds, head: &word[..at], typed: &word[at..] };
    }
    match holds {
        None | Some(Holds::Nothing) => Part::Other,
        Some(Holds::Perhaps(words)) => Part::Maybe { holds: Holds::Words(words.clone()) },
        Some(holds) => Part::Value { holds: holds.clone(), head: "", typed: word },
    }
}

/// The names of flags that a word can become: long ones, or short ones if one dash and a letter are typed.
pub(crate) fn names(faces: &[Face], word: &str) -> Vec<Candidate> {
    let short = word.len() > 1 && !word.starts_with("--");
    let name = |face: &Face| if short { face.short.clone() } else { face.long.clone() };
    let named = faces.iter().map(|face| (name(face), &face.about));
    let fitting = named.filter(|(name, _)| !name.is_empty() && name.starts_with(word));
    fitting.map(|(name, about)| Candidate::whole(name).about(about)).collect()
}

/// What the value of a flag can become.
pub(crate) fn values(
    holds: &Holds,
    head: &str,
    typed: &str,
    completer: Option<&Completer<'_>>,
    facts: &Facts,
) -> Vec<Candidate> {
    let of_config = |found: Vec<Candidate>| {
        let headed = |one: Candidate| Candidate { text: format!("{head}{}", one.text), ..one };
        found.into_iter().map(headed).collect()
    };
    match holds {
        Holds::Nothing | Holds::Text | Holds::Sort | Holds::Columns | Holds::Metric => Vec::new(),
        Holds::Words(words) | Holds::Perhaps(words) => {
            let fitting = words.iter().filter(|word| word.starts_with(typed));
            fitting.map(|word| Candidate::whole(format!("{head}{word}"))).collect()
        }
        Holds::Directory => files(typed, facts, Wanted::Directories, head),
        Holds::File => files(typed, facts, Wanted::Any, head),
        Holds::ConfigName => of_config(completer.map_or_else(Vec::new, |one| one.config_names(typed))),
        Holds::Group => of_config(completer.map_or_else(Vec::new, |one| one.groups(typed))),
        Holds::Key => of_config(completer.map_or_else(Vec::new, |one| one.keys::<&str>(&[], typed))),
    }
}
