//! Lines of a log beside those of Python's own `logging`, for the same configs.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use log::{Level, Record};
use mainstem::app::{App, Bound, Sandbox, Status};
use mainstem::run::Run;
use mainstem::value::{JsonStyle, Map, Node, write_json};

const PEER: &str = include_str!("logging/peer.py");
const FILE: &str = "src/data/load.rs";
const LINE: u32 = 47;

/// What the job says, in order.
const RECORDS: [(&str, Level, &str); 9] = [
    ("app", Level::Info, "starts"),
    ("app::data", Level::Debug, "100 % read"),
    ("app::data", Level::Warn, "two\nlines"),
    ("app::data::load", Level::Info, "näh"),
    ("app.model", Level::Error, "lost $x {y} %(z)s"),
    ("appendix", Level::Info, ""),
    ("noisy.http", Level::Debug, "GET /"),
    ("noisy.http", Level::Warn, "slow"),
    ("root", Level::Error, "from the root"),
];

/// Name, `hydra.job_logging` as an option of its group, and more arguments.
const CASES: [(&str, &str, &[&str]); 20] = [
    (
        "wide",
        "formatters: {f: {format: '%(asctime)s %(levelname)-8s|%(name)20s|%(message)s %(filename)s:%(lineno)d %(process)08d %(threadName)s %(module)s %(pathname)s %(levelno)03d %(name).3s %(processName)s %(funcName)s 5%%'}}\nhandlers: {c: {class: logging.StreamHandler, formatter: f, stream: 'ext://sys.stdout'}}\nroot: {level: DEBUG, handlers: [c]}\ndisable_existing_loggers: false",
        &[],
    ),
    (
        "date",
        "formatters: {f: {format: '%(asctime)s %(message)r', datefmt: '%Y|%%|'}}\nhandlers: {c: {class: logging.StreamHandler, formatter: f}}\nroot: {level: 20, handlers: [c]}\ndisable_existing_loggers: false",
        &[],
    ),
    (
        "all of date",
        "formatters: {f: {format: '%(asctime)s %(message)s', datefmt: '%a %A %b %B %d %f %j %m %p %U %w %W %x %y %Y %z %Z %G %u %V %C %D %e %F %g %h %^a %#Z %Ey %Od %-d %'}}\nhandlers: {c: {class: logging.StreamHandler, formatter: f}}\nroot: {level: 20, handlers: [c]}\ndisable_existing_loggers: false",
        &[],
    ),
    (
        "dollars",
        "formatters: {f: {format: '$levelname ($name): $message $$', style: $}}\nhandlers: {c: {class: logging.StreamHandler, formatter: f, stream: 'ext://sys.stderr'}}\nroot: {handlers: [c]}\ndisable_existing_loggers: false",
        &[],
    ),
    (
        "braces",
        "formatters: {f: {format: '{levelname:<8}{{{name:*^12}}} {message!r} {lineno:04d}{levelno:>+5}{levelname:.2}', style: '{'}}\nhandlers: {c: {class: logging.StreamHandler, formatter: f, stream: 'ext://sys.stdout'}}\nroot: {level: NOTSET, handlers: [c]}\ndisable_existing_loggers: false",
        &[],
    ),
    (
        "loggers",
        "formatters: {f: {format: '%(name)s:%(message)s'}}\nhandlers:\n  out: {class: logging.StreamHandler, formatter: f, stream: 'ext://sys.stdout'}\n  grave: {class: logging.StreamHandler, level: ERROR, stream: 'ext://sys.stderr'}\n  file: {class: logging.FileHandler, formatter: f, filename: 'sub.log', mode: w}\n  unused: {class: logging.FileHandler, filename: 'unused.log'}\nloggers:\n  app.data: {level: DEBUG, handlers: [file]}\n  app.model: {handlers: [file], propagate: false}\n  noisy: {level: WARN}\nroot: {level: INFO, handlers: [out, grave]}\ndisable_existing_loggers: false",
        &[],
    ),
    (
        "only named",
        "handlers: {c: {class: logging.StreamHandler, stream: 'ext://sys.stdout'}}\nloggers: {app: {level: DEBUG}}\nroot: {level: WARNING, handlers: [c]}",
        &[],
    ),
    (
        "filters",
        "formatters: {f: {format: '%(name)s'}}\nfilters: {data: {name: app.data}, all: {}}\nhandlers: {c: {class: logging.StreamHandler, formatter: f, filters: [data, all]}, d: {class: logging.StreamHandler, formatter: f, stream: 'ext://sys.stdout'}}\nloggers: {app.model: {filters: [data]}}\nroot: {level: INFO, handlers: [c, d]}\ndisable_existing_loggers: false",
        &[],
    ),
    (
        "rotating",
        "handlers: {c: {class: logging.handlers.RotatingFileHandler, filename: r.log, maxBytes: 24, backupCount: 2}}\nroot: {level: DEBUG, handlers: [c]}\ndisable_existing_loggers: false",
        &[],
    ),
    (
        "nothing",
        "handlers: {c: {class: logging.NullHandler}}\nroot: {level: INFO, handlers: [c]}\ndisable_existing_loggers: false",
        &[],
    ),
    ("no handlers", "root: {level: INFO}\ndisable_existing_loggers: false", &[]),
    (
        "verbose",
        "handlers: {c: {class: logging.StreamHandler}}\nroot: {level: INFO, handlers: [c]}\ndisable_existing_loggers: false",
        &["hydra.verbose=true"],
    ),
    (
        "verbose names",
        "handlers: {c: {class: logging.StreamHandler}}\nroot: {level: INFO, handlers: [c]}\ndisable_existing_loggers: false",
        &["hydra.verbose=[app,noisy.http]"],
    ),
    ("default", "", &["hydra/job_logging=default"]),
    ("disabled", "", &["hydra/job_logging=disabled"]),
    ("none", "", &["hydra/job_logging=none"]),
    ("none at all", "", &["hydra/job_logging=none", "hydra/hydra_logging=none"]),
    ("stdout", "", &["hydra/job_logging=stdout", "hydra/hydra_logging=disabled"]),
    (
        "stays",
        "handlers: {c: {class: logging.StreamHandler}}\nloggers: {logging_example: {propagate: true}}\nroot: {handlers: [c]}\ndisable_existing_loggers: false",
        &["++hydra.hydra_logging.loggers.app={level: DEBUG, handlers: [console]}"],
    ),
    ("debug", "", &["hydra/hydra_logging=hydra_debug", "hydra/job_logging=none"]),
];

/// Those that need the package `colorlog`.
const COLOURED: [(&str, &str, &[&str]); 3] = [
    ("colorlog", "", &["hydra/job_logging=colorlog", "hydra/hydra_logging=colorlog"]),
    (
        "colours",
        "formatters: {f: {'()': colorlog.ColoredFormatter, fmt: '%(bold)s%(log_color)-12s%(levelname)s%(fg_208)s %(bg_bold_blue)s%(message_log_color)s%(message)s%(reset)s', log_colors: {DEBUG: 'thin,cyan', ERROR: 'bold_red,bg_white'}, secondary_log_colors: {message: {ERROR: light_red}}}}\nhandlers: {c: {class: logging.StreamHandler, formatter: f}}\nroot: {level: DEBUG, handlers: [c]}\ndisable_existing_loggers: false",
        &[],
    ),
    (
        "no colours",
        "formatters: {f: {'()': colorlog.ColoredFormatter, no_color: true}, g: {'()': colorlog.ColoredFormatter, reset: false}, h: {class: colorlog.ColoredFormatter}}\nhandlers: {c: {class: logging.StreamHandler, formatter: f}, d: {class: logging.StreamHandler, formatter: g}, e: {class: logging.StreamHandler, formatter: h}}\nroot: {level: DEBUG, handlers: [c, d, e]}\ndisable_existing_loggers: false",
        &[],
    ),
];

/// What was written: standard output, standard error, and files.
type Written = BTreeMap<String, String>;

fn app() -> App {
    App::new("train", |config: &Bound, _: &Run| {
        for (name, level, message) in RECORDS {
            let arguments = format_args!("{message}");
            let record = Record::builder()
                .target(name)
                .level(level)
                .args(arguments)
                .file(Some(FILE))
                .line(Some(LINE))
                .build();
            if level <= log::max_level() {
                log::logger().log(&record);
            }
        }
        case(config)
    })
    .with_config_name("config")
}

/// What the peer is told of the case, as the file `case.json`.
fn case(config: &Bound) -> Result<(), mainstem::diag::Error> {
    let number = |level| match level {
        Level::Error => 40,
        Level::Warn => 30,
        Level::Info => 20,
        Level::Debug => 10,
        Level::Trace => 5,
    };
    let records: Node = RECORDS
        .iter()
        .map(|(name, level, message)| {
            Map::from([
                ("name", Node::from(name.replace("::", ".").as_str())),
                ("level", Node::from(number(*level))),
                ("message", Node::from(*message)),
            ])
        })
        .collect();
    let case = Map::from([
        ("hydra_logging", config.require("hydra.hydra_logging")?),
        ("job_logging", config.require("hydra.job_logging")?),
        ("verbose", config.require("hydra.verbose")?),
        ("records", records),
        ("file", Node::from(FILE)),
        ("line", Node::from(i64::from(LINE))),
        ("process", Node::from(i64::from(std::process::id()))),
        ("thread", Node::from(std::thread::current().name().unwrap_or_default())),
    ]);
    let mut json = String::new();
    write_json(&Node::from(case), JsonStyle::Compact, &mut json);
    let path = config.require("hydra.runtime.cwd")?;
    fs::write(Path::new(path.as_str().unwrap_or_default()).join("case.json"), json).expect("writable");
    Ok(())
}

/// Moments differ.
fn masked(text: &str) -> String {
    let shape = b"0000-00-00 00:00:00,000";
    let mut bytes = text.as_bytes().to_vec();
    for at in 0..bytes.len().saturating_sub(shape.len() - 1) {
        let fits = |(c, s): (&u8, &u8)| if *s == b'0' { c.is_ascii_digit() } else { c == s };
        if bytes[at..].iter().zip(shape).all(fits) {
            bytes[at..at + shape.len()].copy_from_slice(shape);
        }
    }
    String::from_utf8(bytes).expect("digits are replaced by digits")
}

fn logs(folder: &Path, written: &mut Written) {
    for entry in fs::read_dir(folder).expect("a directory") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if name.contains(".log") {
            written.insert(name, masked(&fs::read_to_string(&path).expect("text")));
        }
    }
}

fn ours(sandbox: &Sandbox, arguments: &[&str]) -> Written {
    let trial = sandbox.run(&app(), ["-cd", "conf", "hydra.run.dir=."].iter().chain(arguments).copied());
    assert_eq!(trial.status(), Status::Success, "{}", trial.err());
    let mut written =
        Written::from([("out".to_owned(), masked(trial.out())), ("err".to_owned(), masked(trial.err()))]);
    logs(sandbox.path(), &mut written);
    written
}

fn sandbox(config: &str) -> Sandbox {
    let primary = "defaults: [{override hydra/job_logging: mine}]";
    Sandbox::new()
        .and_then(|sandbox| sandbox.with_file("conf/config.yaml", primary))
        .and_then(|sandbox| {
            sandbox.with_file("conf/hydra/job_logging/mine.yaml", format!("version: 1\n{config}\n"))
        })
        .expect("writable")
}

/// Runs Python for all cases, each in a folder below that of its sandbox.
fn run_peer(sandboxes: &[Sandbox]) {
    let mut folders = String::new();
    for sandbox in sandboxes {
        fs::create_dir_all(sandbox.path().join("peer")).expect("a directory");
        folders.push_str(&format!("{}\n", sandbox.path().display()));
    }
    let mut peer = Command::new("python3")
        .args(["-X", "utf8", "-c", PEER])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 starts");
    peer.stdin.take().expect("a pipe").write_all(folders.as_bytes()).expect("it reads");
    let output = peer.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn pythons(sandbox: &Sandbox) -> Written {
    let read = |name: &str| masked(&sandbox.read(format!("peer/{name}")).expect("it was written"));
    let mut written = Written::from(["out", "err"].map(|name| (name.to_owned(), read(name))));
    logs(&sandbox.path().join("peer"), &mut written);
    written
}

fn python_has(module: &str) -> bool {
    let tried = Command::new("python3").args(["-c", &format!("import {module}")]).output();
    tried.is_ok_and(|output| output.status.success())
}

/// Not a test by itself: there is one log for a process, and other tests log too.
#[test]
#[ignore = "started by the test below, in a process of its own"]
fn compare() {
    let coloured: &[_] = if python_has("colorlog") { &COLOURED } else { &[] };
    let cases: Vec<_> = CASES.iter().chain(coloured).collect();
    let sandboxes: Vec<_> = cases.iter().map(|(_, config, _)| sandbox(config)).collect();
    let written: Vec<_> =
        cases.iter().zip(&sandboxes).map(|((_, _, arguments), sandbox)| ours(sandbox, arguments)).collect();
    run_peer(&sandboxes);
    let mut wrong = Vec::new();
    for (((name, ..), sandbox), ours) in cases.iter().zip(&sandboxes).zip(written) {
        let pythons = pythons(sandbox);
        if ours != pythons {
            wrong.push(format!("{name}:\n  ours    {ours:#?}\n  Python's {pythons:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Runs one of the tests of this module in a process of its own.
fn alone(test: &str) {
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args([&format!("logging::{test}"), "--exact", "--ignored"])
        .env_remove("NO_COLOR")
        .env("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn lines_are_those_of_python() {
    if !python_has("logging") {
        eprintln!("SKIPPED: lines of a log beside Python's, since there is no python3");
        return;
    }
    if !python_has("colorlog") {
        eprintln!("SKIPPED: coloured lines of a log beside Python's, since there is no package `colorlog`");
    }
    alone("compare");
}

#[test]
#[ignore = "started by the test below, in a process of its own"]
fn rich() {
    let config = "handlers:
  r: {class: rich.logging.RichHandler, log_time_format: '(%Z)', rich_tracebacks: true, markup: true}
  s: {class: rich.logging.RichHandler, show_time: false, show_path: false, show_level: false, level: ERROR}
root: {level: WARNING, handlers: [r, s]}
disable_existing_loggers: false";
    let trial = sandbox(config).run(&app(), ["-cd", "conf", "hydra.run.dir=."]);
    let out = trial.out().replace("(CEST)", "(CET)");
    let expected = "(CET) WARNING  two load.rs:47\nlines
(CET) ERROR    lost $x {y} %(z)s load.rs:47
lost $x {y} %(z)s
(CET) WARNING  slow load.rs:47
(CET) ERROR    from the root load.rs:47
from the root\n";
    assert_eq!((out.as_str(), trial.status()), (expected, Status::Success));
    let note = "note: `hydra.job_logging.handlers.r` is without rich_tracebacks, markup: lines are plain text here\n";
    assert_eq!(trial.err().matches(note).count(), 1, "{}", trial.err());
    let wrong =
        sandbox("handlers: {r: {class: rich.logging.RichHandler, markdown: true}}\nroot: {handlers: [r]}");
    let trial = wrong.run(&app(), ["-cd", "conf", "hydra.run.dir=."]);
    assert!(
        trial.err().contains("there is no key `hydra.job_logging.handlers.r.markdown`"),
        "{}",
        trial.err()
    );
}

#[test]
fn what_rich_would_show_is_shown_as_plain_text() {
    alone("rich");
}

#[cfg(feature = "tracing")]
#[test]
#[ignore = "started by the test below, in a process of its own"]
fn trace() {
    let app = App::new("train", |_: &Bound, _: &Run| {
        let never = || -> u32 { unreachable!("nobody listens") };
        let text = String::from("a b");
        tracing::info!(target: "app::data", lr = 0.1, ?text, %text, rows = 7_u64, "read {}", "it");
        tracing::warn!(target: "noisy", reason = "slow");
        tracing::info_span!("epoch", number = never())
            .in_scope(|| tracing::error!(target: "app", "in a span"));
        tracing::debug!(target: "app", cost = never(), "unheard");
        log::debug!(target: "app", "{}", never());
        log::info!(target: "app", "from log");
    })
    .with_config_name("config");
    let config = "formatters: {f: {format: '%(levelname)s %(name)s %(message)s'}}
handlers: {c: {class: logging.StreamHandler, formatter: f}}
loggers: {noisy: {level: ERROR}}
root: {level: INFO, handlers: [c]}
disable_existing_loggers: false";
    let sandbox = sandbox(config);
    let run = |more: &[&str]| {
        let trial = sandbox.run(&app, ["-cd", "conf", "hydra.run.dir=."].iter().chain(more).copied());
        trial.err().lines().filter(|line| !line.starts_with("note: ")).collect::<Vec<_>>().join("\n")
    };
    let expected = "INFO app.data read it lr=0.1 text=\"a b\" text=a b rows=7
ERROR app in a span
INFO app from log";
    assert_eq!(run(&[]), expected);
    // Levels are asked for anew in each run.
    let expected = "ERROR app in a span";
    assert_eq!(run(&["hydra.job_logging.root.level=ERROR"]), expected);
    assert_eq!(run(&["hydra/job_logging=disabled", "hydra/hydra_logging=disabled"]), "");
    assert!(
        run(&["hydra.job_logging.loggers.noisy.level=NOTSET"]).contains("WARNING noisy reason=\"slow\"\n")
    );
}

#[cfg(feature = "tracing")]
#[test]
fn events_of_tracing_are_records_and_what_nobody_hears_costs_nothing() {
    alone("trace");
}
