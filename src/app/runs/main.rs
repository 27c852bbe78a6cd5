//! From the arguments behind `runs` to what is printed.

use std::path::PathBuf;

use crate::app::args::wrong;
use crate::app::capture;
use crate::app::output::Output;
use crate::app::runs::args::{Args, What, parse};
use crate::app::runs::view::View;
use crate::app::runs::{diff, help, ls, show};
use crate::diag::{Error, ErrorKind, Result, Style};
use crate::facts::{Facts, Process};
use crate::run::{Found, list};

/// Runs `mainstem runs`.
///
/// # Errors
/// Wrong usage; a run that there is not; a file that cannot be read or written.
pub(crate) fn run(arguments: &[String], out: Style, err: Style) -> Result<Output> {
    let Some(args) = parse(arguments)? else { return Ok(Output::success(help::TEXT.to_owned())) };
    let facts = capture::facts()?;
    let runs = Runs { process: capture::process(&facts), args: &args, facts };
    match args.what {
        What::Ls => {
            let (all, mut broken) = runs.all()?;
            let chosen = ls::choose(&args, all, &mut broken)?;
            let text = if args.json {
                ls::json(&args, &chosen)
            } else if chosen.is_empty() {
                String::new()
            } else {
                ls::table(&args, &chosen, &runs.facts.cwd, out)
            };
            broken.extend(chosen.iter().flat_map(View::broken));
            Ok(Output::success(text).warn(&broken, err))
        }
        What::Show => {
            let run = View::new(runs.find(&args.words[0])?);
            let text = if args.json { show::json(&run) } else { show::show(&run, out) };
            Ok(Output::success(text).warn(&run.broken(), err))
        }
        What::Diff => {
            let (left, right) =
                (View::new(runs.find(&args.words[0])?), View::new(runs.find(&args.words[1])?));
            let found = diff::differences(&left, &right);
            let text = if args.json { diff::json(&found) } else { diff::show(&found, out) };
            let broken: Vec<_> = [left, right].iter().flat_map(View::broken).collect();
            Ok(Output::success(text).warn(&broken, err))
        }
        What::Tag => {
            let mut run = runs.find(&args.words[0])?;
            let kept =
                run.record.tags().into_iter().filter(|tag| !args.remove.iter().any(|gone| gone == tag));
            let mut tags: Vec<String> = kept.map(str::to_owned).collect();
            for tag in &args.words[1..] {
                if !tags.contains(tag) {
                    tags.push(tag.clone());
                }
            }
            run.tag(&tags)?;
            Ok(Output::success(format!("{}\n", tags.join(" "))))
        }
        What::Rm => {
            // All are found before one goes, so that `last` is one run and a slip removes nothing.
            let found = args.words.iter().map(|word| runs.find(word)).collect::<Result<Vec<_>>>()?;
            let mut text = String::new();
            let mut errors = Vec::new();
            for run in found {
                match run.remove(&runs.process) {
                    Ok(removed) => {
                        let removed = removed.strip_prefix(&runs.facts.cwd).unwrap_or(&removed);
                        text.push_str(&format!("removed {}\n", removed.display()));
                    }
                    Err(error) => errors.push(error),
                }
            }
            let output = Output::success(text);
            Ok(match Error::all(errors) {
                None => output,
                Some(error) => output.and_failure(&error, err),
            })
        }
    }
}

struct Runs<'a> {
    args: &'a Args,
    facts: Facts,
    process: Process,
}

impl Runs<'_> {
    fn roots(&self) -> Vec<PathBuf> {
        if self.args.roots.is_empty() {
            return vec![self.facts.cwd.clone()];
        }
        self.args.roots.iter().map(|root| capture::absolute(&self.facts, root)).collect()
    }

    /// All runs, each once, and what cannot be read.
    fn all(&self) -> Result<(Vec<View>, Vec<Error>)> {
        let (mut all, mut broken) = (Vec::<Found>::new(), Vec::new());
        for root in self.roots() {
            let (found, errors) = list(&root, &self.process)?;
            all.extend(found);
            broken.extend(errors);
        }
        // A root may lie in another one.
        all.sort_by(|a, b| (a.record.started(), &a.folder).cmp(&(b.record.started(), &b.folder)));
        all.dedup_by(|a, b| a.folder == b.folder);
        Ok((all.into_iter().map(View::new).collect(), broken))
    }

    /// The run that a word means: a directory, a part of an identifier, or `last`.
    fn find(&self, word: &str) -> Result<Found> {
        let path = capture::absolute(&self.facts, word);
        if path.is_dir() {
            return Found::read(&path, &self.process);
        }
        let (mut all, _) = self.all()?;
        if word == "last" {
            let last = all.pop().map(|view| view.found);
            return last.ok_or_else(|| self.none("there is no run"));
        }
        let asked = word.to_uppercase();
        let mut meant: Vec<Found> = all
            .into_iter()
            .map(|view| view.found)
            .filter(|found| {
                let id = found.record.id().map(|id| id.to_string()).unwrap_or_default();
                !asked.is_empty() && (id.starts_with(&asked) || id.ends_with(&asked))
            })
            .collect();
        match (meant.pop(), meant.is_empty()) {
            (Some(found), true) => Ok(found),
            (None, _) => Err(self.none(&format!("there is no run `{word}`"))),
            (Some(last), false) => {
                let ids = meant.iter().chain([&last]).take(10).filter_map(|found| found.record.id());
                let ids: Vec<_> = ids.map(|id| id.to_string()).collect();
                let message = format!("`{word}` means {} runs", meant.len() + 1);
                Err(wrong(message).help(format!("say more of the ID: {}", ids.join(", "))))
            }
        }
    }

    fn none(&self, message: &str) -> Error {
        let roots: Vec<_> = self.roots().iter().map(|root| format!("`{}`", root.display())).collect();
        Error::new(ErrorKind::NotFound, message)
            .note(format!("looked in {}", roots.join(", ")))
            .help("`mainstem runs ls --root DIR` shows those that are there")
    }
}
