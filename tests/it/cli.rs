//! Tests of the command as a process. Case files hold files (`=== PATH`, then their text; `=== stdin` is standard
//! input; `=== PATH -> TARGET` is a symbolic link) and commands (`$ [NAME=VALUE] mainstem …`); then `---`, and for each command what it prints and its status.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::cases;

const PROGRAM: &str = env!("CARGO_BIN_EXE_mainstem");

/// A directory that is gone when the test is.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("mainstem-cli-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a scratch directory");
        Self(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn link(&self, path: &str, target: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
        #[cfg(unix)]
        std::os::unix::fs::symlink(target, path).expect("a link");
        #[cfg(not(unix))]
        panic!("{} cannot link to {target} here", path.display());
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Splits as a shell does: spaces separate, quotes hold together.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut open) = (None, false);
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                if !open {
                    words.push(String::new());
                }
                open = true;
            }
            (None, ' ') => open = false,
            (_, c) => {
                if !open {
                    words.push(String::new());
                }
                open = true;
                words.last_mut().expect("just pushed").push(c);
            }
        }
    }
    words
}

fn mainstem(dir: &Path, line: &str, stdin: &str) -> Output {
    let mut words = words(line);
    let program = words.iter().position(|word| word == "mainstem").expect("a call of mainstem");
    let arguments = words.split_off(program + 1);
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(dir).env_clear();
    command.envs(words.iter().filter_map(|word| word.split_once('=')));
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // Who reads no input may have ended before it is written.
    let _ = child.stdin.take().expect("piped").write_all(stdin.as_bytes());
    child.wait_with_output().expect("it ends")
}

fn transcript(input: &str) -> String {
    let scratch = Scratch::new();
    let (mut stdin, mut commands) = (String::new(), Vec::new());
    let mut file: Option<(String, String)> = None;
    let mut finish = |file: &mut Option<(String, String)>| match file.take() {
        Some((path, text)) if path == "stdin" => stdin = text,
        Some((path, text)) => scratch.write(&path, &text),
        None => {}
    };
    for line in input.lines() {
        if let Some((path, target)) = line.strip_prefix("=== ").and_then(|link| link.split_once(" -> ")) {
            finish(&mut file);
            scratch.link(path, target);
        } else if let Some(path) = line.strip_prefix("=== ") {
            finish(&mut file);
            file = Some((path.to_owned(), String::new()));
        } else if let Some(command) = line.strip_prefix("$ ") {
            finish(&mut file);
            commands.push(command);
        } else if let Some((_, text)) = &mut file {
            text.push_str(line);
            text.push('\n');
        }
    }
    let mut shown = String::new();
    for command in commands {
        let output = mainstem(&scratch.0, command, &stdin);
        let text =
            |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&scratch.0.display().to_string(), "<DIR>");
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(!err.contains("panicked"), "{command}\n{err}");
        let _ = writeln!(shown, "$ {command}\n{out}{err}[{}]\n", output.status.code().expect("no signal"));
    }
    shown
}

#[test]
fn case_files() {
    cases::run("cli", transcript);
}

#[test]
fn a_full_disk_is_an_error() {
    let Ok(full) = File::options().write(true).open("/dev/full") else { return };
    let output = Command::new(PROGRAM).arg("--help").stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error[io]: cannot write the result"));
}

#[test]
fn a_reader_that_goes_away_is_none() {
    let mut command = Command::new(PROGRAM);
    let mut child =
        command.args(["compose", "--hydra"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn what_compose_prints_composes_to_itself() {
    let scratch = Scratch::new();
    scratch.write("conf/config.yaml", "a: 1\nt: 'yes'\nl: [1.0, null, '???', '${a}']\nm: |\n  x\n\n  y\n");
    scratch.write("conf/more.yaml", "defaults: [config, _self_]\nb: {c: 'x ${a} y'}\n");
    let first = mainstem(&scratch.0, "mainstem compose -cd conf -cn more", "").stdout;
    assert!(!first.is_empty());
    scratch.write("again/config.yaml", &String::from_utf8(first.clone()).unwrap());
    let second = mainstem(&scratch.0, "mainstem compose -cd again -cn config", "").stdout;
    assert_eq!(String::from_utf8(first), String::from_utf8(second));
}

/// Every option of every built-in group composes, alone.
#[test]
fn every_builtin_option_composes() {
    let scratch = Scratch::new();
    let groups = [
        ("hydra/env", "default"),
        ("hydra/help", "default"),
        ("hydra/hydra_help", "default"),
        ("hydra/hydra_logging", "colorlog default disabled hydra_debug none"),
        ("hydra/job_logging", "colorlog default disabled none stdout"),
        ("hydra/launcher", "basic joblib submitit_local submitit_slurm"),
        ("hydra/output", "default"),
        ("hydra/sweeper", "ax basic nevergrad optuna"),
    ];
    let samplers = "cmaes gp grid motpe nsgaii nsgaiii qmc random tpe";
    let plain = groups
        .iter()
        .flat_map(|(group, options)| options.split(' ').map(move |option| format!("{group}={option}")));
    let optuna =
        samplers.split(' ').map(|sampler| format!("hydra/sweeper=optuna hydra/sweeper/sampler={sampler}"));
    for overrides in plain.chain(optuna) {
        let output = mainstem(&scratch.0, &format!("mainstem compose --hydra {overrides}"), "");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), err.as_ref()), (Some(0), ""), "{overrides}");
    }
}

/// The folder that the README's commands compose.
const TOUR: &[(&str, &str)] = &[
    (
        "config",
        "defaults:\n  - model: forest\n  - db: sqlite\n  - _self_\n\nseed: 42\nout: runs/${model.name}-${seed}\n",
    ),
    ("model/forest", "name: forest\ntrees: 50\n"),
    ("model/logistic", "name: logistic\nl2: 0.1\n"),
    ("db/sqlite", "driver: sqlite\nfile: wine.db\n"),
    ("db/pg", "driver: pg\nport: 5432\n"),
];

/// Every `$ mainstem` of the README prints what the README says.
#[test]
fn the_readme_shows_what_is_printed() {
    let scratch = Scratch::new();
    for (path, text) in TOUR {
        scratch.write(&format!("conf/{path}.yaml"), text);
    }
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("a README");
    let blocks = readme.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut wrong = String::new();
    let mut count = 0;
    for command in blocks.flat_map(|block| block.split("$ ").skip(1)) {
        let (line, expected) = command.split_once('\n').unwrap_or((command, ""));
        if !line.starts_with("mainstem") {
            continue;
        }
        count += 1;
        let output = mainstem(&scratch.0, line, "");
        let found = [output.stdout, output.stderr].concat();
        if String::from_utf8_lossy(&found) != expected {
            let _ = write!(wrong, "$ {line}\n{}\n", String::from_utf8_lossy(&found));
        }
    }
    assert!(wrong.is_empty(), "these print something else:\n\n{wrong}");
    assert!(count >= 5, "only {count} commands were found");
}

/// Arguments as long as the system allows are answered with an error that says which limit they break.
#[test]
fn no_argument_overflows_or_hangs() {
    let scratch = Scratch::new();
    scratch.write("conf/config.yaml", "a: 1\nr: ${.r}\n");
    scratch.write("conf/deep.yaml", &format!("# @package {}b\nx: 1\n", "a.".repeat(40_000)));
    let long = |text: &str| text.repeat(60_000 / text.len());
    let cases = [
        (format!("+{}=1", long("a.") + "b"), "error[limit]: a path of 30001 keys is too long"),
        (format!("~{}", long("a.") + "b"), "error[limit]: a path of 30001 keys is too long"),
        (format!("+b={}", long("[")), "error[limit]: nested more than 128 levels deep"),
        (format!("+b={}", long("{a:")), "error[limit]: nested more than 128 levels deep"),
        (format!("'+b=\"{}\"'", long("${")), "error[limit]: nested more than 128 levels deep"),
        (format!("-p {}", long(".") + "x"), "error[unknown-key]: there is no"),
        (format!("-p {}b --resolve", long("a.")), "error[unknown-key]: there is no"),
        ("-p r --resolve".to_owned(), "error[cycle]: interpolations refer to each other"),
        ("-cn deep".to_owned(), "error[limit]: a path of 40001 keys is too long"),
    ];
    for (arguments, expected) in cases {
        let output = mainstem(&scratch.0, &format!("mainstem compose -cd conf -cn config {arguments}"), "");
        let err = String::from_utf8_lossy(&output.stderr);
        let shown = arguments.get(..20).unwrap_or(&arguments);
        assert!(err.starts_with(expected), "{shown}: {}", err.lines().next().unwrap_or("nothing"));
        assert_eq!(output.status.code(), Some(1), "{shown}");
    }
}
