//! `mainstem completion`: scripts for shells, and answers to what they ask.

use std::path::PathBuf;

use crate::app::args::{Args, Format, wrong};
use crate::app::capture::{absolute, executable, program_name};
use crate::app::complete::shell::Shell;
use crate::app::complete::{answer, command, program, script};
use crate::app::json::{line, object};
use crate::app::output::Output;
use crate::app::program::{Whose, faces};
use crate::app::{project, words};
use crate::complete::{Candidate, Line};
use crate::diag::{Error, ErrorKind, Result};
use crate::facts::Facts;
use crate::value::Node;

/// Prints a script, or answers.
///
/// # Errors
/// Wrong usage; a Python program or a folder that is not there.
#[inline(never)]
pub(crate) fn run(args: &Args, facts: &Facts) -> Result<Output> {
    match args.query.as_deref() {
        Some("lines") => lines(args, facts),
        Some(shell) => query(Shell::named(shell)?, args, facts),
        None => install(args, facts),
    }
}

fn install(args: &Args, facts: &Facts) -> Result<Output> {
    let named = match (&*args.words, facts.env.get("SHELL")) {
        ([one], _) => Shell::named(one),
        ([], Some(shell)) => Shell::named(shell),
        ([], None) => Err(wrong("`completion` needs a shell").help("type `mainstem completion bash`")),
        _ => Err(wrong("`completion` takes one shell").help("type `mainstem completion bash`")),
    };
    let shell = named?;
    let Some(file) = &args.script else {
        return Ok(Output::success(script::of_program(shell, "mainstem", "completion --query ")));
    };
    let place = absolute(facts, file);
    if !place.is_file() {
        return Err(Error::new(ErrorKind::NotFound, format!("there is no file `{file}`"))
            .help("`--for` names the Python file that is run"));
    }
    // What cannot be opened now cannot be opened when the shell asks.
    drop(project::open(args, facts.clone())?);
    let whole = |path: &str| match path.strip_prefix("pkg://") {
        Some(_) => path.to_owned(),
        None => clean(absolute(facts, path)),
    };
    let file = clean(place);
    let mut words = vec![match (program_name(), executable()) {
        // Another one may come first where the shell looks for programs.
        (Some(_), Some(file)) if !is_on_path(facts, &file) => file.display().to_string(),
        _ => "mainstem".to_owned(),
    }];
    let mut add = |flag: &str, value: &str| words.extend([flag.to_owned(), value.to_owned()]);
    add("completion", "--query");
    add(shell.name(), "--for");
    words.push(file.clone());
    let mut add = |flag: &str, value: &str| words.extend([flag.to_owned(), value.to_owned()]);
    args.config_path.iter().for_each(|path| add("-cp", &whole(path)));
    args.config_dirs.iter().for_each(|path| add("-cd", &whole(path)));
    args.config_name.iter().for_each(|name| add("-cn", name));
    args.schema.iter().for_each(|path| add("--schema", &whole(path)));
    for map in &args.maps {
        let (package, folder) = map.split_once('=').unwrap_or((map, ""));
        add("--map", &format!("{package}={}", whole(folder)));
    }
    args.declared.iter().for_each(|name| add("--declare", name));
    Ok(Output::success(script::of_python(shell, &file, &words)))
}

/// A path without `.` and `..`, as far as that can be said without asking links.
fn clean(path: PathBuf) -> String {
    path.canonicalize().unwrap_or(path).display().to_string()
}

fn is_on_path(facts: &Facts, file: &std::path::Path) -> bool {
    let path = facts.env.get("PATH").unwrap_or_default();
    let first =
        path.split(':').map(|folder| PathBuf::from(folder).join("mainstem")).find(|found| found.is_file());
    first.is_some_and(|found| found.canonicalize().is_ok_and(|found| found == file))
}

fn query(shell: Shell, args: &Args, facts: &Facts) -> Result<Output> {
    let Some(asked) = answer::Asked::of(facts) else {
        return Err(wrong("`--query` is what a shell asks, and there is no COMP_LINE")
            .help("`--query lines` completes lines of standard input"));
    };
    let described = shell.describes();
    let (asked, found) = match &args.script {
        None => {
            let asked = asked.behind_program();
            let found = command::complete(&asked.line, facts, described);
            (asked, found)
        }
        Some(script) => {
            let Some(asked) = asked.behind_script(script) else { return Ok(Output::success(String::new())) };
            let found = program::of_hydra(args, &faces(Whose::Hydras), facts, &asked.line, described);
            (asked, found)
        }
    };
    Ok(Output::success(shell.print(&asked.line.word, &found, &asked.breaks)))
}

/// Completes each of the words, or each line of standard input: what is typed behind a program's name.
fn lines(args: &Args, facts: &Facts) -> Result<Output> {
    let mut text = String::new();
    let lines = words::or_lines(&args.words, &mut text)?;
    drop(project::open(args, facts.clone())?);
    let mut out = String::new();
    for one in lines {
        let found = program::of_hydra(args, &faces(Whose::Hydras), facts, &Line::parse(one), true);
        if args.format == Format::Json {
            let candidates: Node = found.into_iter().map(node).collect();
            out.push_str(&line(&object([("line", Node::from(one)), ("candidates", candidates)])));
            continue;
        }
        out.push_str(&format!("{one}\n"));
        let width = found.iter().map(|one| one.text.chars().count()).max().unwrap_or(0);
        for Candidate { text, about, whole } in found {
            let end = if whole { "" } else { "…" };
            let row = format!(
                "  {text}{end}{:1$}  {about}",
                "",
                width - text.chars().count() + 1 - end.chars().count()
            );
            out.push_str(row.trim_end());
            out.push('\n');
        }
    }
    Ok(Output::success(out))
}

fn node(Candidate { text, about, whole }: Candidate) -> Node {
    object([
        ("text", Node::from(text.as_str())),
        ("about", Node::from(about.as_str())),
        ("whole", Node::from(whole)),
    ])
}
