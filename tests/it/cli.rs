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
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("mainstem-cli-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a scratch directory");
        Self(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
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
pub(crate) fn words(line: &str) -> Vec<String> {
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

pub(crate) fn transcript(input: &str) -> String {
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

/// Trees may be as deep as they can be read again, whatever made them deep.
#[test]
fn what_composes_is_never_too_deep_to_be_read() {
    let scratch = Scratch::new();
    let nested = |levels: usize| format!("{}1{}", "{a: ".repeat(levels), "}".repeat(levels));
    let path = |keys: usize| vec!["k"; keys].join(".");
    scratch.write("conf/config.yaml", "a: 1\n");
    scratch.write("conf/deep.yaml", &nested(256));
    scratch.write("conf/deeper.yaml", &nested(257));
    scratch.write("conf/part.yaml", &format!("# @package {}\n{}\n", path(100), nested(156)));
    scratch.write("conf/parts.yaml", &format!("# @package {}\n{}\n", path(100), nested(157)));
    scratch.write("conf/half.yaml", &nested(130));
    scratch.write("conf/once.yaml", &format!("# @package {}\nx: ${{a}}\n", path(100)));
    scratch.write("conf/twice.yaml", &format!("# @package {}\nx: ${{a}}\n", path(130)));
    scratch.write("conf/into_once.yaml", &format!("# @package {}\nx: {{y: 1}}\n", path(100)));
    scratch.write("conf/into_twice.yaml", &format!("# @package {}\nx: {{y: 1}}\n", path(130)));
    scratch.write("conf/merge_once.yaml", "defaults: [half, once, into_once, _self_]\n");
    scratch.write("conf/merge_twice.yaml", "defaults: [half, twice, into_twice, _self_]\n");
    let cases = [
        (format!("config +{}=1", path(256)), true),
        (format!("config +{}=1", path(257)), false),
        (format!("config +{}={{b:1}}", path(255)), true),
        (format!("config +{}={{b:1}}", path(256)), false),
        (format!("config +{}=[1] {}=extend_list([])", path(254), path(254)), true),
        (format!("config +{}=[1] {}=extend_list([])", path(255), path(255)), false),
        ("deep".to_owned(), true),
        ("deeper".to_owned(), false),
        ("part".to_owned(), true),
        ("parts".to_owned(), false),
        ("merge_once".to_owned(), true),
        ("merge_twice".to_owned(), false),
    ];
    for (arguments, composes) in cases {
        let line = arguments.replace("extend_list([])", "'extend_list([])'");
        let output = mainstem(&scratch.0, &format!("mainstem compose -cd conf -cn {line}"), "");
        let shown = arguments.split('.').next().unwrap_or_default();
        let err = String::from_utf8_lossy(&output.stderr);
        if !composes {
            assert!(err.starts_with("error[limit]"), "{shown}: {err}");
            continue;
        }
        assert_eq!((output.status.code(), err.as_ref()), (Some(0), ""), "{shown}");
        scratch.write("again/config.yaml", &String::from_utf8_lossy(&output.stdout));
        let again = mainstem(&scratch.0, "mainstem compose -cd again -cn config", "");
        assert!(again.stdout == output.stdout, "{shown}: {}", String::from_utf8_lossy(&again.stderr));
    }
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

/// The commands that the console blocks of a document show, each with what stands below it.
fn shown(document: &str) -> impl Iterator<Item = (&str, String)> {
    let blocks = document.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let commands = blocks.flat_map(|block| block.strip_prefix("$ ").unwrap_or_default().split("\n$ "));
    commands.map(|command| {
        // The line break before the next command belongs to the output.
        let (line, below) = command.split_once('\n').unwrap_or((command, ""));
        let breaks = if below.is_empty() || below.ends_with('\n') { "" } else { "\n" };
        (line, format!("{below}{breaks}"))
    })
}

/// Every `$ mainstem` and `$ tiny` of the documents prints what they show, in the folder that their `mkdir` and `printf` make.
#[test]
fn the_documents_show_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = String::new();
    for (document, least) in [("README.md", 10), ("docs/COMPATIBILITY.md", 0)] {
        let scratch = Scratch::new();
        let text = fs::read_to_string(root.join(document)).expect("a document");
        let mut count = 0;
        for (line, below) in shown(&text) {
            let output = match line.split(' ').next() {
                Some("mainstem") => mainstem(&scratch.0, line, ""),
                Some("tiny") => {
                    let mut tiny = Command::new(crate::app::example("tiny"));
                    tiny.args(&words(line)[1..]).current_dir(&scratch.0).output().expect("it starts")
                }
                Some("mkdir" | "printf") => {
                    Command::new("sh").args(["-c", line]).current_dir(&scratch.0).output().expect("a shell")
                }
                _ => continue,
            };
            count += 1;
            let found = [output.stdout, output.stderr].concat();
            let found = String::from_utf8_lossy(&found);
            if found != below {
                let _ = write!(wrong, "{document}: $ {line}\n{found}\n");
            }
        }
        assert!(count >= least, "only {count} commands were found in {document}");
    }
    assert!(wrong.is_empty(), "these print something else:\n\n{wrong}");
}

/// A script with the line ends of Windows gives each last argument a carriage return, which nobody sees.
#[test]
fn a_carriage_return_at_the_end_is_told() {
    let scratch = Scratch::new();
    let output = mainstem(&scratch.0, "mainstem compose +seed=3\r", "");
    let expected = "\
error[override]: `\\r` cannot stand in unquoted text
  command line, argument 1
  | +seed=3
  |        ^
  help: the line of the script ends as in Windows: take the `\\r` away
";
    assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
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

/// Names of files, keys, values, arguments and variables are shown, and never obeyed by the terminal.
#[test]
fn no_message_carries_control_characters() {
    let scratch = Scratch::new();
    let nasty = "\u{1b}]0;x\u{7}\u{202e}\u{9b}2J\u{2066}\rz";
    scratch.write(
        "conf/config.yaml",
        "\"k\\e[31m\": 1\nt: \"${no\\e[2J}\"\nu: \"${oc.env:V\\u202e}\"\nv: \"${oc.decode:'[\\e'}\"\nw: {\"\\a\": 1}\n",
    );
    scratch.write(&format!("conf/db/{nasty}.yaml"), "a: 1\na: 2\n");
    scratch.write("conf/list.yaml", &format!("defaults: [db: \"{}\"]\n", nasty.escape_default()));
    for arguments in [
        "compose -cd conf -cn config --resolve".to_owned(),
        "compose -cd conf -cn list".to_owned(),
        "compose -cd conf -cn config -p t --resolve".to_owned(),
        "compose -cd conf -cn config -p u --resolve".to_owned(),
        "compose -cd conf -cn config -p v --resolve".to_owned(),
        format!("compose -cd conf -cn {nasty}"),
        format!("compose -cd {nasty}"),
        format!("compose -cd conf -cn config {nasty}"),
        format!("compose -cd conf -cn config {nasty}=1"),
        format!("compose -cd conf -cn config +a={nasty}"),
        format!("compose -cd conf -cn config db={nasty}"),
        format!("compose -cd conf -cn config '+db=\"{nasty}\"'"),
        "compose -cd conf -cn config '~k\u{1b}[31m=2'".to_owned(),
        format!("compose -cd conf -cn config -p {nasty}"),
        format!("compose --{nasty}"),
        nasty.to_owned(),
        format!("explain -cd conf -cn config {nasty}"),
        "check conf".to_owned(),
    ] {
        let output = mainstem(&scratch.0, &format!("mainstem {arguments}"), "");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("UTF-8");
        let obeyed = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{2066}".contains(c);
        assert!(!said.is_empty() && !said.contains(obeyed), "{arguments:?}\n{said:?}");
        assert_ne!(output.status.code(), Some(0), "{arguments:?}");
    }
}

/// What cannot be looked at is not said to be absent.
#[test]
#[cfg(unix)]
fn a_directory_that_cannot_be_opened_is_not_absent() {
    let scratch = Scratch::new();
    scratch.write("file", "");
    std::os::unix::fs::symlink("loop", scratch.0.join("loop")).expect("a link");
    for (dir, what) in [
        ("loop", "error[io]: the config directory `loop` cannot be opened: Too many levels"),
        ("file", "error[not-found]: the config directory `file` is no directory\n"),
        ("none", "error[not-found]: the config directory `none` does not exist\n"),
    ] {
        let output = mainstem(&scratch.0, &format!("mainstem compose -cd {dir} -cn config"), "");
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(err.starts_with(what), "{dir}: {err}");
    }
}
