//! From the arguments behind `runs` to what is printed.

use crate::app::capture;
use crate::app::format::Format;
use crate::app::output::Output;
use crate::app::runs::args::{What, parse};
use crate::app::runs::find::Runs;
use crate::app::runs::view::View;
use crate::app::runs::{diff, help, ls, rm, series, show};
use crate::diag::{Error, ErrorKind, Result, Style, visible};

/// Whether a word is where runs are looked for: a filter of one word asks for a key, which is seldom a directory too.
fn is_directory(word: &str) -> bool {
    capture::facts().is_ok_and(|facts| capture::absolute(&facts, word).is_dir())
}

fn is_tag(tag: &str) -> bool {
    !tag.trim().is_empty() && !tag.contains(|c: char| c == ',' || c.is_control())
}

/// What is said where there is nothing to list.
pub(crate) fn nothing(what: &str, places: &str, elsewhere: &str) -> String {
    format!("no {what} below {places}; `{elsewhere}` looks elsewhere\n")
}

/// Runs `mainstem runs`.
///
/// # Errors
/// Wrong usage; a run that there is not; a file that cannot be read or written.
pub(crate) fn run(arguments: &[String], out: Style, err: Style) -> Result<Output> {
    let Some(mut args) = parse(arguments)? else { return Ok(Output::success(help::TEXT.to_owned())) };
    if args.what == What::Ls {
        // No filter looks like a path that is there.
        let (roots, words) = std::mem::take(&mut args.words).into_iter().partition(|word| is_directory(word));
        args.words = words;
        args.roots.extend::<Vec<String>>(roots);
        args.check()?;
    }
    let runs = Runs::below(&args.roots)?;
    match args.what {
        What::Ls => {
            let (all, mut broken) = runs.all()?;
            let all = if args.all { all } else { ls::without_attempts(all) };
            let none = all.is_empty() && broken.is_empty();
            let chosen = ls::choose(&args, all, &mut broken)?;
            let text = match args.format {
                Format::Json => ls::json(&args, &chosen),
                Format::Csv => ls::csv(&args, &chosen),
                Format::Text if chosen.is_empty() => String::new(),
                Format::Text => ls::text(&args, &chosen, &runs.facts.cwd, out),
            };
            broken.extend(chosen.iter().flat_map(View::broken));
            let mut output = Output::success(text).warn(&broken, err);
            if none {
                output.err.push_str(&nothing("runs", &runs.places(), "--root DIR"));
            }
            Ok(output)
        }
        What::Show => {
            let run = View::new(runs.find(&args.words[0])?);
            let json = args.format == Format::Json;
            let text = match (args.metrics.as_slice(), json) {
                ([], true) => show::json(&run),
                ([], false) => show::show(&run, out),
                (names, json) => series::of(&run, names, json, out)?,
            };
            Ok(Output::success(text).warn(&run.broken(), err))
        }
        What::Diff => {
            let (left, right) =
                (View::new(runs.find(&args.words[0])?), View::new(runs.find(&args.words[1])?));
            let found = diff::differences(&left, &right);
            let json = args.format == Format::Json;
            let text = if json {
                diff::json(&found)
            } else {
                diff::show(&found, out) + &diff::hidden(&left, &right)
            };
            let broken: Vec<_> = [left, right].iter().flat_map(View::broken).collect();
            Ok(Output::success(text).warn(&broken, err))
        }
        What::Tag => {
            let mut run = runs.find(&args.words[0])?;
            // They are shown in one line, and written with commas between them.
            if let Some(tag) = args.words[1..].iter().find(|tag| !is_tag(tag)) {
                let message = format!("a tag is a word without commas, and this is `{}`", visible(tag));
                return Err(Error::new(ErrorKind::Usage, message));
            }
            run.tag(&args.words[1..], &args.remove)?;
            let tags = run.record.tags().join(" ");
            Ok(Output::success(if tags.is_empty() { tags } else { format!("{}\n", visible(&tags)) }))
        }
        What::Rm => rm::remove(&args, &runs, err),
    }
}
