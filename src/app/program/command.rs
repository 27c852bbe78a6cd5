//! Any program as a job: `mainstem run OVERRIDES -- CMD ARGS…`.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::app::capture;
use crate::app::output::{Output, Status};
use crate::app::program::app::{App, Ready};
use crate::app::program::bound::Bound;
use crate::app::program::handover;
use crate::app::program::kept::{Kept, last_line, length};
use crate::app::program::lent::Lent;
use crate::app::program::lifetime::Lifetime;
use crate::app::program::outcome::{Failed, Objective};
use crate::app::program::own::OwnValues;
use crate::app::program::placeholders::{is_own, names};
use crate::app::program::python::uses_hydra;
use crate::app::program::reporting::Reported;
use crate::app::program::returned;
use crate::app::program::session::{Session, setting};
use crate::app::program::signals;
use crate::app::program::snapshot::Snapshot;
use crate::app::program::told_result::ToldResult;
use crate::app::program::words::{Handed, expand};
use crate::app::runs::another_name;
use crate::diag::{Error, ErrorKind, Result, shell_word};
use crate::launch::{Halt, OUTPUT};
use crate::run::Run;

/// What `mainstem run --help` prints.
pub(crate) const HELP: &str = include_str!("command.txt");

/// Runs `mainstem run` with the arguments behind it.
pub(crate) fn main(arguments: Vec<String>) -> Status {
    let mut own: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    let tail = match own.iter().position(|word| word == "--") {
        Some(at) => own.split_off(at),
        None => Vec::new(),
    };
    let asks = |names: &[&str]| own.iter().any(|word| names.iter().any(|name| word == name));
    if asks(&["--help", "-h"]) {
        return Output::success(HELP.to_owned()).write();
    }
    let resumes = own.iter().filter_map(|word| word.to_str()).any(|word| word.starts_with("--resume"));
    if tail.len() < 2 && !resumes {
        let error = Error::new(ErrorKind::Usage, "`mainstem run` needs a command");
        let of_runs = own.first().and_then(|word| another_name(word.to_str()?));
        let error = match of_runs {
            Some(name) => error.help(format!("did you mean `mainstem runs {name}`?")),
            None => error.help(match parted(&own) {
                Some(line) => format!("did you mean `{line}`?"),
                None => "put it behind `--`: `mainstem run -m lr=0.1,0.01 -- python train.py`".to_owned(),
            }),
        };
        return Output::failure(&error, capture::styles().1).write();
    }
    app(tail).run(own).status()
}

/// A line without `--`, with one where the command seems to begin.
fn parted(words: &[OsString]) -> Option<String> {
    const VALUED: [&str; 9] =
        ["-cd", "-cp", "-cn", "-j", "--config-dir", "--config-path", "--config-name", "--jobs", "--env-file"];
    let texts: Vec<&str> = words.iter().map(|word| word.to_str()).collect::<Option<_>>()?;
    let mut is_value = false;
    let at = texts.iter().position(|word| {
        let is_own = is_value || word.starts_with(['-', '+', '~']) || word.contains('=');
        is_value = VALUED.contains(word);
        !is_own
    })?;
    let typed =
        |words: &[&str]| words.iter().map(|word| format!(" {}", shell_word(word))).collect::<String>();
    Some(format!("mainstem run{} --{}", typed(&texts[..at]), typed(&texts[at..])))
}

/// A program whose job is that command. `tail` is `--` and the command.
pub(crate) fn app(tail: Vec<OsString>) -> App {
    let words: Arc<[OsString]> = tail.get(1..).unwrap_or_default().into();
    let name = name(&words);
    let ready = move |bound: &Bound, _: Option<&OwnValues>| -> Result<Ready> {
        let named = setting(bound, "hydra.job.config_name")?.is_some();
        let handed = Handed { bound: bound.clone(), named };
        handed.check(&words)?;
        let words = Arc::clone(&words);
        Ok(Box::new(move |run| start(&handed, &words, run)))
    };
    App::starting(name.into(), Arc::new(ready), tail)
}

/// Whether the job of a program is a command that Hydra runs.
pub(super) fn runs_hydra(session: &Session<'_>) -> bool {
    let app = session.app;
    app.starts_command
        && is_told_by_hydra(app.tail.get(1..).unwrap_or_default(), &session.composer.facts().cwd)
}

/// What a command is called: by its script or its module, if it has one.
fn name(words: &[OsString]) -> String {
    // Behind `-c` (and `-lc`, and `-e`) stands the text of a program, not its name.
    let is_inline =
        |word: &str| word.starts_with('-') && !word.starts_with("--") && word.ends_with(['c', 'e']);
    let texts = words.iter().filter_map(|word| word.to_str()).take_while(|word| !is_inline(word));
    let texts: Vec<&str> = texts.collect();
    let is_file = |word: &str| {
        !word.starts_with('-')
            && word.parse::<f64>().is_err()
            && !word.contains(|c: char| c.is_whitespace() || "=;|&<>$`'\"".contains(c))
            && Path::new(word).extension().is_some()
    };
    let module = texts.iter().position(|word| *word == "-m").and_then(|at| texts.get(at + 1));
    let script = texts.iter().find(|word| is_file(word));
    let named = module.and_then(|module| module.rsplit('.').next());
    let stem = |word: &&str| Path::new(word).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let found = named.map(str::to_owned).or_else(|| script.or(texts.first()).and_then(stem));
    found.unwrap_or_else(|| "command".to_owned())
}

/// The files of the project that a command names, and their paths.
pub(crate) fn files(tail: &[OsString], cwd: &Path) -> Vec<(String, PathBuf)> {
    let words = tail.iter().skip(1).filter_map(|word| word.to_str());
    let named = words.map(|word| (word.to_owned(), cwd.join(word)));
    named.filter(|(_, path)| path.starts_with(cwd) && path.is_file()).collect()
}

/// Starts the command, and waits for it.
fn start(handed: &Handed, words: &[OsString], run: &Run) -> std::result::Result<Vec<Objective>, Failed> {
    let by_itself = is_told_by_hydra(words, handed.bound.cwd());
    let may_return = by_itself || uses_hydra(words, handed.bound.cwd());
    let chdir = setting(&handed.bound, "hydra.job.chdir")?.is_some_and(|chdir| chdir == "True") && !by_itself;
    let lent = (may_return || run.record_dir().is_none()).then(|| Lent::to(run)).transpose()?;
    let folder = run.record_dir().or(lent.as_ref().map(Lent::path)).unwrap_or(run.dir());
    let mut words = expand(handed, words, run, folder)?;
    let worktree = handed.bound.snapshot().and_then(|snapshot| snapshot.worktree.clone());
    let place = worktree.as_deref().unwrap_or(handed.bound.cwd());
    if chdir {
        words.iter_mut().for_each(|word| find(word, place));
    }
    let mut environment = handed.environment(run)?;
    if let Some(snapshot) = handed.bound.snapshot() {
        environment.extend(as_it_was(snapshot, &handed.bound, &mut words));
    }
    if let Some(lent) = lent.as_ref().filter(|_| may_return) {
        let told = handover::told(&handed.bound, handed.named)?;
        let _ = returned::listen(lent, &told, &handed.bound, &mut environment);
    }
    let Some((program, arguments)) = words.split_first() else {
        return Err(Error::new(ErrorKind::Usage, "there is no command").into());
    };
    let mut command = shielded(program, run);
    command.args(arguments).envs(environment.clone());
    if chdir || worktree.is_some() {
        command.current_dir(if chdir { run.dir() } else { place });
    }
    // From here on a signal lets the command end, and does not end this process.
    let _ = run.is_interrupted();
    let told = ToldResult::of(&handed.bound, run)?;
    let paths = OUTPUT.map(|name| run.dir().join(own_file(run, name)));
    let errors = paths[1].clone();
    let said_before = length(&errors);
    let mut kept = match run.record_dir().is_some() {
        true => Some(Kept::of(paths, &mut command)?),
        false => None,
    };
    let mut child = command.spawn().map_err(|error| unstarted(program, &error))?;
    // It holds the files that the command writes into.
    drop(command);
    let lifetime = Lifetime::default();
    let hook = setting(&handed.bound, "mainstem.run.checkpoint")?.map(|line| Hook {
        line,
        environment,
        command: child.id(),
        cwd: handed.bound.cwd().to_owned(),
    });
    let hook = hook.filter(|_| run.expects_notice());
    let saves = hook.is_some();
    let status = thread::scope(|threads| {
        threads.spawn(|| watch(run, &lifetime));
        if let Some(kept) = &mut kept {
            threads.spawn(|| kept.show(&lifetime));
        }
        if let Some(hook) = &hook {
            threads.spawn(|| save(hook, run, &lifetime));
        }
        let status = child.wait();
        lifetime.end();
        status
    })?;
    if let Some(kept) = &kept {
        kept.tidy();
    }
    if run.stopped().is_some() {
        // It may have been ended while it wrote.
        return Ok(told.read(run).unwrap_or_default());
    }
    if status.success() {
        return told.read(run);
    }
    if saves && run.is_noticed() {
        // It was stopped so that it goes on later, and has not failed.
        run.tell();
    }
    hear_of_signal(run);
    Err(failure(status, last_line(&errors, said_before)).into())
}

/// What is sent to both at once ends the command before this process has heard of it: waits until it has, for a moment.
fn hear_of_signal(run: &Run) {
    let since = capture::stopwatch();
    while !run.is_interrupted() && since() < LATEST {
        thread::sleep(LATEST / 20);
    }
}

/// That a command cannot be started.
fn unstarted(program: &OsStr, error: &std::io::Error) -> Error {
    let message = format!("cannot start `{}`: {error}", program.display());
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => ErrorKind::NotFound,
        _ => ErrorKind::Io,
    };
    Error::new(kind, message)
}

/// How a command ended that has failed, with what it said last.
fn failure(status: ExitStatus, last: Option<String>) -> Error {
    let how = match status.code() {
        Some(code) => format!("the command ended with status {code}"),
        None => format!("the command was ended: {status}"),
    };
    let error = Error::new(ErrorKind::Job, how);
    match last {
        Some(line) => error.note(format!("the last it said: {line}")),
        None => error,
    }
}

/// The process of a command. The notice of a scheduler goes to all processes of a task, and would end those that do not know
/// it: a command begins with the signal ignored.
fn shielded(program: &OsString, run: &Run) -> Command {
    if !(cfg!(unix) && run.expects_notice()) {
        return Command::new(program);
    }
    let mut command = Command::new("/bin/sh");
    command.args(["-c", r#"trap "" USR2; exec "$@""#, "sh"]).arg(program);
    command
}

/// What saves the state of a command whose time comes to an end.
struct Hook {
    /// A line of the shell.
    line: String,
    environment: Vec<(String, OsString)>,
    /// The process of the command.
    command: u32,
    cwd: PathBuf,
}

/// Waits for the notice, runs the hook, and asks the command to end.
fn save(hook: &Hook, run: &Run, lifetime: &Lifetime) {
    while !lifetime.has_ended() {
        if !run.is_noticed() {
            lifetime.step();
            continue;
        }
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &hook.line]).current_dir(&hook.cwd).envs(hook.environment.clone());
        let saved = shell.env("MAINSTEM_COMMAND_PID", hook.command.to_string()).status();
        // Whether it saved anything or not, the time is over.
        log::info!("{}: {}", hook.line, saved.map_or_else(|error| error.to_string(), |s| s.to_string()));
        return signals::pass_on();
    }
}

/// How much later than its command a process hears of a signal to both.
const LATEST: Duration = Duration::from_millis(100);

/// Puts copies in the places of files that the words name. What a Python program imports from beside its file it still finds
/// there: the variable that says so.
fn as_it_was(snapshot: &Snapshot, bound: &Bound, words: &mut [OsString]) -> Option<(String, OsString)> {
    let mut beside = Vec::new();
    for word in words {
        let path = bound.cwd().join(&*word);
        if let Some(copy) = snapshot.copy_of(&path) {
            *word = copy.into();
            let is_python = path.extension().is_some_and(|ending| ending == "py");
            beside.extend(
                path.parent().filter(|_| is_python).map(|folder| folder.to_string_lossy().into_owned()),
            );
        }
    }
    if beside.is_empty() {
        return None;
    }
    beside.extend(bound.variable("PYTHONPATH").map(str::to_owned));
    Some(("PYTHONPATH".to_owned(), beside.join(":").into()))
}

/// A file of the project that a word names, by its whole path: the command runs in another directory.
fn find(word: &mut OsString, cwd: &Path) {
    let path = cwd.join(&*word);
    let is_path = word.to_str().is_none_or(|text| text.contains(['/', '.']));
    if is_path && path.is_file() {
        *word = path.into_os_string();
    }
}

/// Passes on to the command that it is to end: since this process is, or since a search has seen enough of it. Whoever types
/// Ctrl-C tells it himself.
fn watch(run: &Run, lifetime: &Lifetime) {
    let terminal = std::io::stdin().is_terminal();
    let mut reported = Reported::of(run);
    let (since, mut kill) = (capture::stopwatch(), None);
    while !lifetime.has_ended() {
        if run.is_interrupted() {
            if !terminal {
                signals::pass_on();
            }
            return;
        }
        match kill {
            None => {
                let stop = reported.as_mut().and_then(|reported| reported.stop(run));
                if let Some(stop) = stop {
                    run.stop_early(stop);
                    signals::end_children(Halt::Terminate);
                    kill = Some(since() + GRACE);
                }
            }
            Some(at) if since() >= at => {
                signals::end_children(Halt::Kill);
                kill = Some(since() + GRACE);
            }
            Some(_) => {}
        }
        lifetime.step();
    }
    // What it said last counts for the others.
    if let Some(reported) = &mut reported {
        let _ = reported.stop(run);
    }
}

/// A command that was asked to end has so long until it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// The name of a file that each rank of a distributed job has for itself.
pub(super) fn own_file(run: &Run, name: &str) -> String {
    run.rank().map_or_else(|| name.to_owned(), |rank| rank.file_name(name))
}

/// Whether a command is told of its run in Hydra's words: it logs, calls back and changes its directory by itself.
pub(super) fn is_told_by_hydra(words: &[OsString], cwd: &Path) -> bool {
    let asked: Vec<&str> = names(words).filter(|name| is_own(name)).collect();
    asked.contains(&"hydra") || asked.is_empty() && uses_hydra(words, cwd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_dashes_is_parted_where_the_command_begins() {
        for (line, expected) in [
            ("lr=0.2 python train.py", Some("lr=0.2 -- python train.py")),
            ("-m -j 4 -cd conf +a=1 ./fit x=1", Some("-m -j 4 -cd conf +a=1 -- ./fit x=1")),
            ("-m lr=1,2", None),
            ("-cn config", None),
        ] {
            let words: Vec<OsString> = line.split(' ').map(Into::into).collect();
            assert_eq!(parted(&words), expected.map(|line| format!("mainstem run {line}")), "{line}");
        }
    }

    #[test]
    fn a_command_is_called_by_its_script() {
        for (line, expected) in [
            ("python train.py", "train"),
            ("python -u src/fit.py --x", "fit"),
            ("python -m pkg.train", "train"),
            ("/usr/bin/sort", "sort"),
            ("sh -c echo /x/token=hush.txt", "sh"),
            ("bash -lc hush.txt", "bash"),
            ("python -c hush.txt", "python"),
            ("env TOKEN=hush.txt python train.py", "train"),
            ("sleep 0.1", "sleep"),
            ("", "command"),
        ] {
            let words: Vec<OsString> = line.split_whitespace().map(Into::into).collect();
            assert_eq!(name(&words), expected, "{line}");
        }
    }
}
