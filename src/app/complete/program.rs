//! Completion of a program with Hydra's flags.

use std::sync::Arc;

use crate::app::args::{Args, wrong};
use crate::app::complete::answer::Asked;
use crate::app::complete::face::{Face, Part, names, part, values};
use crate::app::complete::script;
use crate::app::complete::shell::Shell;
use crate::app::output::Output;
use crate::app::program::{App, Flags, OwnFlag, Session, Whose, World, faces, read};
use crate::app::{capture, project};
use crate::complete::{Candidate, Completer, Line};
use crate::compose::Composer;
use crate::diag::{Result, did_you_mean};
use crate::facts::Facts;

/// Makes the composer that the flags of a line ask for, with the name of the primary config; `None` if there is no
/// such thing.
pub(crate) type Open<'a> = &'a dyn Fn(&Flags) -> Option<(Arc<Composer>, Option<String>)>;

/// What the last word of a line can become. The line begins behind the program's name.
pub(crate) fn complete(
    line: &Line,
    faces: &[Face],
    own: &[OwnFlag],
    facts: &Facts,
    open: Open<'_>,
    described: bool,
) -> Vec<Candidate> {
    let word = line.word.text.as_str();
    let part = part(faces, &line.before, word);
    if part == Part::Name {
        return names(faces, word);
    }
    let (flags, _) = read(line.before.iter().cloned(), own, Whose::Commands);
    let opened = open(&flags).or_else(|| {
        // A directory that is half typed, or not there.
        open(&Flags { config_name: flags.config_name.clone(), ..Flags::default() })
    });
    let completer = opened.as_ref().map(|(composer, config_name)| {
        let completer = Completer::new(composer, config_name.as_deref());
        if described { completer.described() } else { completer }
    });
    match part {
        Part::Value { holds, head, typed } => values(&holds, head, typed, completer.as_ref(), facts),
        Part::Name | Part::Maybe { .. } | Part::Other => {
            let mut found = match &part {
                Part::Maybe { holds } => values(holds, "", word, None, facts),
                _ => Vec::new(),
            };
            found.extend(completer.map_or_else(Vec::new, |one| one.overrides(&flags.overrides, word)));
            found
        }
    }
}

/// What a line of a program with Hydra's flags can become, whose configs the flags of this command name.
pub(crate) fn of_hydra(
    args: &Args,
    flags: &[Face],
    facts: &Facts,
    line: &Line,
    described: bool,
) -> Vec<Candidate> {
    // Scripts name whole paths, of which people need not see more than they would type.
    let short = |path: &String| {
        let below = std::path::Path::new(path).strip_prefix(&facts.cwd).ok();
        below.and_then(std::path::Path::to_str).filter(|below| !below.is_empty()).unwrap_or(path).to_owned()
    };
    let args = &Args {
        config_path: args.config_path.as_ref().map(short),
        config_dirs: args.config_dirs.iter().map(short).collect(),
        ..args.clone()
    };
    let open = |flags: &Flags| {
        // A config path takes the place of the primary directory, which is the first one.
        let replaced = usize::from(flags.config_path.is_some() && args.config_path.is_none());
        let dirs = args.config_dirs.get(replaced..).unwrap_or_default();
        let args = Args {
            config_path: flags.config_path.clone().or_else(|| args.config_path.clone()),
            config_dirs: [dirs, &*flags.config_dirs].concat(),
            declared: [&*args.declared, &*flags.declared].concat(),
            ..args.clone()
        };
        let composer = Arc::new(project::open(&args, facts.clone()).ok()?);
        Some((composer, flags.config_name.clone().or(args.config_name)))
    };
    complete(line, flags, &[], facts, &open, described)
}

/// Answers `--shell-completion install=SHELL|uninstall=SHELL|query=SHELL`.
///
/// # Errors
/// Anything else behind it.
pub(crate) fn shell_completion(app: &App, world: &World, flags: &Flags) -> Result<Output> {
    const WHAT: [&str; 3] = ["install", "uninstall", "query"];
    let usage = || "type `-sc install=bash`; shells: bash, zsh, fish";
    let [asked] = &*flags.overrides else {
        return Err(wrong("`--shell-completion` needs to know what to do").help(usage()));
    };
    let (what, shell) = asked.split_once('=').unwrap_or((asked, ""));
    if !WHAT.contains(&what) {
        let error = wrong(format!("`--shell-completion` does not know `{what}`"));
        return Err(match did_you_mean(what, WHAT) {
            Some(near) => error.help(format!("did you mean `{near}={shell}`?")),
            None => error.help(usage()),
        });
    }
    if shell.is_empty() {
        return Err(wrong(format!("`{what}` needs a shell")).help(format!("type `-sc {what}=bash`")));
    }
    let shell = Shell::named(shell)?;
    let name = if world.owns_process { capture::program_name() } else { None };
    let name = name.unwrap_or_else(|| app.name.to_string());
    Ok(Output::success(match what {
        "install" => script::of_program(shell, &name, "-sc query="),
        "uninstall" => script::uninstall(shell, &name),
        _ => {
            let Some(asked) = Asked::of(&world.facts) else {
                return Err(wrong("`query` is what a shell asks, and there is no COMP_LINE").help(usage()));
            };
            query(app, world, flags, &asked.behind_program(), shell)
        }
    }))
}

fn query(app: &App, world: &World, called: &Flags, asked: &Asked, shell: Shell) -> String {
    let open = |typed: &Flags| {
        // The script may name configs, too.
        let flags = Flags {
            config_path: typed.config_path.clone().or_else(|| called.config_path.clone()),
            config_name: typed.config_name.clone().or_else(|| called.config_name.clone()),
            config_dirs: [&*called.config_dirs, &*typed.config_dirs].concat(),
            env_files: [&*called.env_files, &*typed.env_files].concat(),
            ..Flags::default()
        };
        let session = Session::open(app, world.clone(), flags, Vec::new(), None).ok()?;
        let config_name = session.config_name().map(str::to_owned);
        Some((session.composer, config_name))
    };
    // A program whose flags are wrong says so when it is called.
    let own = app.own.and_then(|make| make().ok()).map(|own| own.flags).unwrap_or_default();
    let faces: Vec<Face> =
        faces(Whose::Apps).into_iter().chain(own.iter().flat_map(OwnFlag::faces)).collect();
    let found = complete(&asked.line, &faces, &own, &world.facts, &open, shell.describes());
    shell.print(&asked.line.word, &found, &asked.breaks)
}
