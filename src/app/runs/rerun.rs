//! `mainstem rerun`: what ran, once more, with what is other now shown first.

use crate::app::args::wrong;
use crate::app::capture;
use crate::app::complete::{Face, Holds};
use crate::app::exec::exec;
use crate::app::help::about;
use crate::app::output::Output;
use crate::app::runs::again::{Again, Told};
use crate::app::runs::diff;
use crate::app::runs::find::Runs;
use crate::app::runs::view::View;
use crate::diag::{Error, ErrorKind, Result, SourceId, Style, did_you_mean, shell_word};
use crate::facts::Facts;
use crate::grammar::parse_override;

pub(crate) const HELP: &str = "\
mainstem rerun: starts a run again, and shows first what is other now.

  mainstem rerun last                   as it was
  mainstem rerun last lr=0.2 ~debug     with other overrides
  mainstem rerun last --dry-run         only shows what is other
  mainstem rerun last --exact           not unless all is as it was
  mainstem rerun outputs/2026-11-24/12-30-00 -- python train.py
                                        a run of Hydra itself, or by another
                                        program than the record says

The program starts in the directory where it was started, with the arguments
that it had. Options of config groups that were chosen by default then are
chosen now. The record of the new run says which one it is derived from.

RUN is a run's directory, a part of its ID that no other has, or `last`.

  --dry-run     show what is other and what would be typed; run nothing
  --exact       refuse where program, project or config are other than they were
  --root DIR    where runs are looked for; default: this directory
";

/// What was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Args {
    run: String,
    overrides: Vec<String>,
    roots: Vec<String>,
    dry: bool,
    exact: bool,
    /// What stands behind `--`.
    command: Vec<String>,
}

const FLAGS: [&str; 4] = ["--dry-run", "--exact", "--root", "--help"];

/// The flags as they are completed.
pub(crate) fn faces() -> [Face; 3] {
    let face = |long: &'static str, holds: Holds| Face {
        long: long.into(),
        short: "".into(),
        holds,
        about: about(HELP, long),
    };
    [face("--dry-run", Holds::Nothing), face("--exact", Holds::Nothing), face("--root", Holds::Directory)]
}

/// Runs `mainstem rerun`.
///
/// # Errors
/// Wrong usage; a run that there is not, or that cannot be started again.
pub(crate) fn run(arguments: &[String], out: Style, err: Style) -> Result<Output> {
    let Some(args) = parse(arguments)? else { return Ok(Output::success(HELP.to_owned())) };
    let runs = Runs::below(&args.roots)?;
    let run = View::new(runs.find(&args.run)?);
    let command = named_from_here(args.command, &runs.facts);
    let mut again = Again::of(&run, &args.run, &command)?;
    if args.exact && !again.is_exact(&run) {
        return Err(Error::new(ErrorKind::NotFound, "no record says which program and which project it was")
            .help("leave `--exact` out"));
    }
    let pins = again.pins(&args.run, &args.overrides)?;
    again.with(&pins);
    again.with(&args.overrides);
    let now = again.compose(&[], if args.dry { Told::All } else { Told::Mistakes })?;
    let found = again.differences(&run, &now, &runs.facts, &runs.process);
    let shown = |style: Style| {
        let mut text = String::new();
        if !pins.is_empty() {
            let pins: Vec<_> = pins.iter().map(|pin| shell_word(pin)).collect();
            text.push_str(&format!("chosen as it was then: {}\n\n", pins.join(" ")));
        }
        text + &diff::show(&found, style)
    };
    if args.exact && !found.is_empty() {
        let error =
            Error::new(ErrorKind::Constraint, "the run cannot be repeated exactly: not all is as it was");
        let error = error.help("leave `--exact` out to run it all the same");
        return Ok(Output::success(shown(out)).and_failure(&error, err));
    }
    if args.dry {
        let typed = format!("\ncd {} && {}\n", shell_word(&again.cwd().to_string_lossy()), again.typed(&now));
        return Ok(Output::success(shown(out) + &typed));
    }
    let told = Output { err: shown(err), ..Output::success(String::new()) }.warn(&run.broken(), err);
    let _ = told.write();
    exec(again.command()).map_err(|error| again.cannot_start(&error))
}

/// A program that was typed as a path counts from here, though it starts elsewhere.
fn named_from_here(mut command: Vec<String>, facts: &Facts) -> Vec<String> {
    if let Some(program) = command.first_mut().filter(|program| program.contains('/')) {
        *program = capture::absolute(facts, program).to_string_lossy().into_owned();
    }
    command
}

/// What the arguments ask for: `None` for help.
fn parse(arguments: &[String]) -> Result<Option<Args>> {
    let mut args = Args::default();
    let mut errors = Vec::new();
    let mut words = Vec::new();
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        let (name, attached) = match word.split_once('=').filter(|_| word.starts_with("--")) {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        match name {
            "--" => {
                args.command.extend(rest.by_ref().cloned());
                if args.command.is_empty() {
                    errors.push(wrong("no program stands behind `--`").help("type `-- python train.py`"));
                }
            }
            "--help" | "-h" => return Ok(None),
            "--dry-run" => args.dry = true,
            "--exact" => args.exact = true,
            "--root" => match attached.or_else(|| rest.next().cloned()) {
                Some(root) => args.roots.push(root),
                None => errors.push(wrong("`--root` needs a value").help("type `--root outputs`")),
            },
            _ if name.starts_with('-') && name != "-" => {
                let error = wrong(format!("there is no flag `{name}`"));
                errors.push(match did_you_mean(name, FLAGS) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help("`mainstem rerun --help` shows all"),
                });
            }
            _ => words.push(word.clone()),
        }
    }
    let mut words = words.into_iter();
    match words.next() {
        Some(run) => args.run = run,
        None => errors.push(wrong("`rerun` needs a run").help("type `mainstem rerun last`")),
    }
    args.overrides = words.collect();
    for word in &args.overrides {
        parse_override(word, SourceId::NONE, &mut errors);
    }
    if args.exact && !args.overrides.is_empty() {
        errors.push(
            wrong("a run with other overrides is another one").help("leave out `--exact`, or the overrides"),
        );
    }
    Error::all(errors).map_or(Ok(Some(args)), Err)
}
