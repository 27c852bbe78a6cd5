//! `mainstem run`: what a command is told, what it says, and what is said of it.

use std::fs;
use std::process::{Command, Stdio};

use mainstem::app::Sandbox;

use crate::sweeps::{app, mainstem, run, sandbox, wait_until};

/// `mainstem run` with these words.
fn run_command(sandbox: &Sandbox, words: &[&str]) -> (Option<i32>, String, String) {
    run(mainstem(sandbox, &[&["run"][..], words].concat()))
}

fn record(sandbox: &Sandbox, directory: &str) -> String {
    sandbox.read(format!("{directory}/.hydra/run.json")).expect("a record")
}

fn with_parts() -> Sandbox {
    sandbox()
        .with_file(
            "conf/parts.yaml",
            "opt: {lr: 0.1, name: adam}\nseed: 3\nlayers: [1, 2]\nboth: ${seed}-${opt.lr}\n",
        )
        .expect("a directory")
}

#[test]
fn a_word_of_a_command_holds_values_and_the_flags_of_a_part() {
    let sandbox = with_parts();
    let told = |words: &[&str]| {
        let own = ["-cd", "conf", "-cn", "parts", "hydra.run.dir=a", "--", "printf", "%s\\n"];
        run_command(&sandbox, &[&own[..], words].concat())
    };
    let words = [
        "--lr={opt.lr}",
        "{both}:{layers}",
        "{flags:opt}",
        "{\"lr\": {opt.lr}}",
        "{{seed}}",
        "{}",
        "${seed}",
    ];
    let (code, out, err) = told(&words);
    let expected = "--lr=0.1\n3-0.1:[1,2]\n--lr=0.1\n--name=adam\n{\"lr\": 0.1}\n{seed}\n{}\n${seed}\n";
    assert_eq!((code, out.as_str()), (Some(0), expected), "{err}");
    // What is near to nothing is the command's own business.
    assert_eq!(told(&["{print}", "{{print}}", "{a b}"]).1, "{print}\n{{print}}\n{a b}\n");
    for (word, told_of) in [
        ("{confg}", "did you mean `{config}`?"),
        ("x{op.lr}", "did you mean `{opt.lr}`?"),
        ("--all={flags}", "`{flags}` stands for several words"),
        ("{flags:seed}", "`seed` is an integer"),
        ("{flags:opts}", "did you mean `opt`?"),
    ] {
        fs::remove_dir_all(sandbox.path().join("a")).ok();
        let (code, out, err) = told(&[word]);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{word}: {err}");
        assert!(err.contains(told_of), "{word}: {err}");
        assert!(!sandbox.path().join("a").exists(), "nothing is made for `{word}`");
    }
}

#[test]
fn a_secret_stands_in_no_word_of_a_command() {
    let sandbox = sandbox().with_file("conf/s.yaml", "token: ${secret:T}\nlr: 1\n").expect("a file");
    let mut command =
        mainstem(&sandbox, &["run", "-cd", "conf", "-cn", "s", "--", "echo", "{lr}", "x={token}"]);
    let (code, out, err) = run({
        command.env("T", "hush");
        command
    });
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.contains("`{token}` would show the secret `token`") && !err.contains("hush"), "{err}");
}

#[test]
fn a_command_that_is_told_nothing_of_its_config_is_warned_of_once() {
    let sandbox = with_parts()
        .with_file("plain.sh", "exit 0\n")
        .and_then(|sandbox| sandbox.with_file("reads.sh", "cat $MAINSTEM_CONFIG > /dev/null\n"))
        .and_then(|sandbox| sandbox.with_file("own.py", "import hydra\n"))
        .expect("files");
    let warned = |words: &[&str]| {
        let (_, _, err) = run_command(&sandbox, words);
        err.matches("warning[usage]: nothing tells the command").count()
    };
    let (code, _, err) = run_command(&sandbox, &["lr=0.2", "hydra.run.dir=a", "--", "sh", "plain.sh"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.starts_with("warning[usage]: nothing tells the command `lr=0.2`\n"), "{err}");
    assert!(err.contains("type `-- sh plain.sh {flags}`"), "{err}");
    assert!(err.contains("a program that uses Hydra") && err.contains("takes `{hydra}`"), "{err}");
    assert_eq!(warned(&["-cd", "conf", "-cn", "parts", "--", "sh", "plain.sh"]), 1);
    for silent in [
        &["hydra.run.dir=b", "--", "sh", "plain.sh"][..],
        &["lr=1", "--", "sh", "plain.sh", "{flags}"],
        &["lr=1", "--", "sh", "plain.sh", "--lr={lr}"],
        &["lr=1", "--", "sh", "reads.sh"],
        &["lr=1", "--", "sh", "-c", "echo $MAINSTEM_CONFIG"],
        &["lr=1", "mainstem.run.reads_config=true", "--", "sh", "plain.sh"],
        &["lr=1", "--", "true", "own.py"],
    ] {
        assert_eq!(warned(silent), 0, "{silent:?}");
    }
}

#[test]
fn a_command_that_is_not_there_is_told_before_anything_is_made() {
    for words in [&["--"][..], &["-m", "x=1,2,3", "--"], &["-m", "-j", "2", "x=1,2,3", "--"]] {
        let sandbox = sandbox();
        let (code, _, err) = run_command(&sandbox, &[words, &["ehco", "{x}"]].concat());
        assert_eq!(code, Some(1), "{err}");
        let told = "error[not-found]: cannot start `ehco`: there is no such command\n";
        assert!(err.starts_with(told) && err.contains("did you mean `echo`?"), "{err}");
        assert_eq!(err.matches("ehco").count(), 1, "{err}");
        assert_eq!(fs::read_dir(sandbox.path()).expect("a directory").count(), 1, "nothing is made");
    }
    let sandbox = sandbox().with_file("x.sh", "").expect("a file");
    let (_, _, err) = run_command(&sandbox, &["--", "x.sh"]);
    assert!(err.contains("a file beside you is typed `./x.sh`"), "{err}");
    let (_, _, err) = run_command(&sandbox, &["--", "bin/x"]);
    assert!(err.contains("cannot start `bin/x`: there is no such command"), "{err}");
}

#[test]
fn numbers_of_python_are_read_and_a_bad_line_loses_no_other() {
    let sandbox = sandbox();
    let script = r#"printf '%s\n' '{"name": "loss", "value": NaN, "step": 0}' \
        '{"name": "loss", "value": -Infinity, "step": 1}' 'epoch 2' '{"name": "acc"}' \
        '{"name": "loss", "value": 0.5, "step": 2}' >> $MAINSTEM_METRICS
        echo '{"val": {"acc": 0.5, "loss": NaN}, "model": "resnet", "steps": 7}' > $MAINSTEM_RESULT"#;
    let (code, _, err) = run_command(&sandbox, &["hydra.run.dir=a", "--", "sh", "-c", script]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("left out, since they are no numbers: `model`"), "{err}");
    let (code, out, err) = run(mainstem(&sandbox, &["runs", "show", "a"]));
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("result      val.acc=0.5 val.loss=nan steps=7.0\n"), "{out}");
    assert!(out.contains("loss  0.5  (3 values, least -inf at step 1, largest 0.5 at step 2)"), "{out}");
    assert!(err.contains("2 lines hold no name with a value, the first is line 3 of `"), "{err}");
    let (_, out, _) = run(mainstem(&sandbox, &["runs", "ls", "val.acc=0.5", "--format", "csv"]));
    assert_eq!(out.lines().count(), 2, "{out}");
    let (code, out, _) = run(mainstem(&sandbox, &["runs", "show", "a", "--metric", "loss"]));
    assert_eq!(code, Some(0));
    assert_eq!(out, "STEP  VALUE  AT\n0     nan\n1     -inf\n2     0.5\n");
    let json = ["runs", "show", "a", "--metric", "loss", "--format", "json"];
    let (_, out, _) = run(mainstem(&sandbox, &json));
    assert_eq!(out.lines().nth(2), Some(r#"{"name":"loss","step":2,"value":0.5,"time":0.0}"#));
    let (code, _, err) = run(mainstem(&sandbox, &["runs", "show", "a", "--metric", "los"]));
    assert!(code == Some(1) && err.contains("did you mean `loss`?"), "{err}");
    // What is no JSON at all is still a mistake.
    let words = ["hydra.run.dir=b", "--", "sh", "-c", "echo best > $MAINSTEM_RESULT"];
    let (code, _, err) = run_command(&sandbox, &words);
    assert!(code == Some(1) && err.contains("must hold a number, or numbers by names"), "{err}");
}

#[test]
fn what_a_command_says_is_shown_and_kept() {
    let sandbox = sandbox();
    let script = "echo one; echo two >&2; printf three; exit 3";
    let (code, out, err) = run_command(&sandbox, &["hydra.run.dir=a", "--", "sh", "-c", script]);
    assert_eq!((code, out.as_str()), (Some(1), "one\nthree"));
    assert!(err.starts_with("two\n") && err.contains("note: the last it said: two\n"), "{err}");
    let kept = |name: &str| sandbox.read(format!("a/{name}")).unwrap_or_default();
    assert_eq!((kept("stdout.log"), kept("stderr.log")), ("one\nthree".to_owned(), "two\n".to_owned()));
    let (_, out, _) = run(mainstem(&sandbox, &["runs", "show", "a"]));
    let told = "error       the command ended with status 3\n              note: the last it said: two\n";
    assert!(out.contains(told), "{out}");
    // Who says nothing leaves nothing, and what was said before is not said again.
    let (_, out, err) = run_command(&sandbox, &["hydra.run.dir=b", "--", "true"]);
    assert_eq!((out.as_str(), err.as_str()), ("", ""));
    assert!(!sandbox.path().join("b/stdout.log").exists() && !sandbox.path().join("b/stderr.log").exists());
    let (_, out, err) = run_command(&sandbox, &["hydra.run.dir=a", "--", "sh", "-c", "echo four; exit 4"]);
    assert_eq!(out, "four\n");
    assert!(!err.contains("the last it said"), "{err}");
}

#[cfg(unix)]
#[test]
fn what_a_command_says_may_go_where_it_is_kept_and_where_nobody_reads() {
    let sandbox = sandbox();
    let own = fs::File::create(sandbox.path().join("stdout.log")).expect("a file");
    let mut command =
        mainstem(&sandbox, &["run", "hydra.run.dir=.", "--", "sh", "-c", "echo one; sleep 0.2"]);
    let status = command.stdout(own).status().expect("it starts");
    assert!(status.success());
    assert_eq!(sandbox.read("stdout.log").expect("a file"), "one\n");
    // What is left in the background holds up nobody; what writes where nobody reads goes on, and is kept.
    let mut command = mainstem(&sandbox, &["run", "--", "sh", "-c", "sleep 100 & echo done"]);
    let output = command.output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "done\n");
    let script = "for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.05; done; exit 3";
    let mut command = mainstem(&sandbox, &["run", "hydra.run.dir=c", "--", "sh", "-c", script]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
    assert!(sandbox.read("c/stdout.log").expect("a file").ends_with("8\n9\n"));
    assert!(record(&sandbox, "c").contains("the command ended with status 3"));
}

#[cfg(unix)]
#[test]
fn what_is_left_in_the_background_and_what_is_no_file_hold_up_nobody() {
    let sandbox = sandbox();
    // It writes a few times as fast as somebody reads, for a minute at least: what has come by the end of the command is shown
    // in a moment, however slow the machine is, and what comes after it in no time.
    let script = "line=$(printf '%08000d' 0); i=0; \
         while [ $i -lt 30000 ]; do i=$((i+1)); echo $line; sleep 0.002; done & echo $! >&2";
    let mut command = mainstem(&sandbox, &["run", "hydra.run.dir=a", "--", "sh", "-c", script]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let (mut out, mut said) = (child.stdout.take().expect("a pipe"), [0; 4096]);
    let reader = std::thread::spawn(move || {
        while std::io::Read::read(&mut out, &mut said).is_ok_and(|read| read > 0) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    });
    wait_until("it ends", || child.try_wait().expect("its status").is_some());
    let left = sandbox.read("a/stderr.log").expect("a file");
    assert!(Command::new("kill").arg(left.trim()).status().expect("it starts").success());
    reader.join().expect("it reads");
    fs::create_dir(sandbox.path().join("b")).expect("a directory");
    let fifo = sandbox.path().join("b/stdout.log");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("it starts").success());
    let (code, _, err) = run_command(&sandbox, &["hydra.run.dir=b", "--", "echo", "x"]);
    assert!(code == Some(1) && err.contains("it is no regular file"), "{err}");
}

#[cfg(unix)]
#[test]
fn what_is_said_in_the_background_later_is_kept() {
    let sandbox = sandbox();
    let late = "(while [ ! -e go ]; do sleep 0.1; done; echo late; touch said) &";
    assert_eq!(run_command(&sandbox, &["hydra.run.dir=a", "--", "sh", "-c", late]).0, Some(0));
    // What is left of the group of a job is killed with it, but not who leads one of its own.
    let jobs = [
        "-m",
        "x=1,2",
        "mainstem.run.reads_config=true",
        "hydra.sweep.dir=b",
        "-j",
        "2",
        "--",
        "setsid",
        "sh",
        "-c",
    ];
    assert_eq!(run_command(&sandbox, &[&jobs[..], &[late]].concat()).0, Some(0));
    fs::write(sandbox.path().join("go"), "").expect("a file");
    for said in ["a", "b/0", "b/1"] {
        let file = format!("{said}/stdout.log");
        wait_until("it is said", || sandbox.read(&file).is_ok_and(|text| text == "late\n"));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_shown_follows_the_file_and_what_cannot_be_shown_is_told() {
    let sandbox = sandbox();
    let script = "echo long before; sleep 0.2; : > a/stdout.log; echo b";
    let (code, out, _) = run_command(&sandbox, &["hydra.run.dir=a", "--", "sh", "-c", script]);
    assert!(code == Some(0) && out.ends_with("b\n"), "{out}");
    let mut command = mainstem(&sandbox, &["run", "hydra.run.dir=c", "--", "echo", "hi"]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
    let output = command.stdout(full).stderr(Stdio::piped()).output().expect("it starts");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(err.contains("cannot show what the command says: No space left"), "{err}");
    assert_eq!(sandbox.read("c/stdout.log").expect("a file"), "hi\n");
}

#[cfg(unix)]
#[test]
fn a_config_for_a_command_is_written_whole_or_not_at_all() {
    let sandbox = with_parts();
    let words = ["-cd", "conf", "-cn", "parts", "hydra.run.dir=a", "hydra.output_subdir=."];
    let begin = |words: &[&str]| assert_eq!(run_command(&sandbox, words).0, Some(0));
    begin(&[&words[..], &["--", "true", "{config.json}"]].concat());
    // Whoever has opened the file still reads what was in it.
    let (file, reader) = ("a/config.resolved.json", sandbox.path().join("reader"));
    fs::hard_link(sandbox.path().join(file), &reader).expect("a link");
    begin(&[&words[..], &["seed=4", "--", "true", "{config.json}"]].concat());
    assert!(sandbox.read(file).expect("a file").contains("\"seed\": 4"));
    assert!(fs::read_to_string(reader).expect("a file").contains("\"seed\": 3"));
}

/// On a terminal, as `script` makes one.
#[cfg(target_os = "linux")]
fn on_a_terminal(sandbox: &Sandbox, line: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_mainstem");
    let mut command = Command::new("script");
    command.args(["-qec", &format!("{program} {line}"), "/dev/null"]).current_dir(sandbox.path());
    let output = command.env("NO_COLOR", "1").stdin(Stdio::null()).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).replace('\r', ""))
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_a_run_says_where_it_went_and_its_command_sees_the_terminal() {
    let sandbox = sandbox();
    let script = "[ -t 1 ] && [ -t 2 ] && echo terminal; echo 0.9 > $MAINSTEM_RESULT";
    let line = format!("run hydra.run.dir=a -- sh -c '{script}'");
    // Not every system has it.
    let Some(said) = on_a_terminal(&sandbox, &line) else { return };
    let (first, last) = said.split_once('\n').expect("two lines");
    assert_eq!(first, "terminal", "{said}");
    assert!(last.starts_with("a  completed in ") && last.ends_with("s, 0.9\n"), "{said}");
    let said = on_a_terminal(&sandbox, "run --scratch -- echo hi").expect("it starts");
    assert_eq!(said, "hi\n");
    let (_, out, err) = run_command(&sandbox, &["hydra.run.dir=b", "--", "echo", "hi"]);
    assert_eq!((out.as_str(), err.as_str()), ("hi\n", ""));
}

#[test]
fn a_bare_resume_goes_on_with_what_this_program_has_left_wherever_it_lies() {
    let sandbox = sandbox();
    let fails_once = "[ -e once ] || { touch once; exit 3; }";
    let begun = ["-m", "x=1", "hydra.sweep.dir=deep/sw", "mainstem.sweep.max_failures=0", "--", "sh", "-c"];
    let (code, _, err) = run_command(&sandbox, &[&begun[..], &[fails_once]].concat());
    assert_eq!(code, Some(1), "{err}");
    // Later ones: one that is complete, and one of another program.
    let done = ["-m", "x=1", "hydra.sweep.dir=done", "--", "true", "{x}"];
    assert_eq!(run_command(&sandbox, &done).0, Some(0));
    let mut other = app(&sandbox, &["-cd", "conf", "-m", "x=1,2", "hydra.sweep.dir=other"]);
    other.env("HC_RAISE", "1");
    assert_eq!(run(other).0, Some(1));
    let (code, _, err) = run_command(&sandbox, &["--resume"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.starts_with("note: goes on with the sweep in deep/sw\n"), "{err}");
    let (code, _, err) = run(app(&sandbox, &["-cd", "conf", "--resume"]));
    assert_eq!(code, Some(0), "{err}");
    assert!(err.starts_with("note: goes on with the sweep in other\n"), "{err}");
    // One that nobody can read may be the one that was meant.
    let journal = sandbox.path().join("deep/sw/.sweep/journal.jsonl");
    let whole = fs::read_to_string(&journal).expect("a journal");
    fs::write(&journal, format!("nonsense\n{whole}")).expect("a file");
    let (code, _, err) = run_command(&sandbox, &["--resume"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("deep/sw/.sweep/journal.jsonl") && err.contains("is passed by"), "{err}");
    assert!(err.contains("note: goes on with the sweep in done\n"), "{err}");
    fs::write(&journal, whole).expect("a file");
    // Each says who goes on with the sweep of the other.
    let (code, _, err) = run(app(&sandbox, &["--resume", "done"]));
    assert_eq!(code, Some(1));
    assert!(
        err.contains("was begun by `mainstem run`") && err.contains("`mainstem run --resume done`"),
        "{err}"
    );
    let (code, _, err) = run_command(&sandbox, &["--resume", "other"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("was begun by `app`") && err.contains("examples/app --resume other`"), "{err}");
}

#[test]
fn a_sweep_is_called_by_its_program_and_counts_as_people_do() {
    let sandbox = sandbox();
    let words = ["-m", "-j", "1", "x=1", "hydra.sweep.dir=sw", "--", "sleep", "0.01"];
    let (code, out, err) = run_command(&sandbox, &words);
    assert_eq!(code, Some(0), "{err}");
    assert!(format!("{out}{err}").contains("Launching 1 job in 1 process\n"), "{out}{err}");
    let (_, out, _) = run(mainstem(&sandbox, &["sweeps", "ls"]));
    assert!(out.lines().nth(1).is_some_and(|line| line.contains("  sleep ")), "{out}");
    assert!(record(&sandbox, "sw/0").contains("\"name\": \"sleep\""));
}

#[test]
fn overrides_alone_are_swept_as_with_a_config() {
    let sandbox = sandbox().with_file("jobs.csv", "lr,epochs\n1,5\n2,6\n").expect("a file");
    for (words, expected) in [
        (
            &["lr=1,2", "decay=3,4", "mainstem.sweep.zip=[[lr,decay]]"][..],
            "#0 : lr=1 decay=3\n#1 : lr=2 decay=4\n",
        ),
        (
            &["mainstem.sweep.grids=[{opt:sgd,momentum:'0,0.9'},{opt:adam}]"],
            "#0 : opt=sgd momentum=0\n#1 : opt=sgd momentum=0.9\n#2 : opt=adam\n",
        ),
        (&["mainstem.sweep.jobs=jobs.csv"], "#0 : lr=1 epochs=5\n#1 : lr=2 epochs=6\n"),
    ] {
        let all = [&["-m", "--dry-run"], words, &["--", "echo", "{flags}"]].concat();
        let (code, out, err) = run_command(&sandbox, &all);
        assert_eq!((code, out.as_str()), (Some(0), expected), "{err}");
    }
    // What is no user's stays closed.
    let (code, _, err) = run_command(&sandbox, &["hydra.rnu.dir=a", "--", "true"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("there is no key `hydra.rnu`") || err.contains("`hydra.rnu"), "{err}");
    // On record is what was typed.
    let (code, _, err) = run_command(&sandbox, &["lr=1", "+a.b=2", "hydra.run.dir=a", "--", "true"]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(sandbox.read("a/.hydra/overrides.yaml").expect("a record"), "- lr=1\n- +a.b=2\n");
}

#[test]
fn flags_are_written_as_parsers_read_them() {
    let text = "verbose: true\nquiet: false\nname: null\nlayers: [64, 32]\nopt: {lr: 0.1}\n";
    let sandbox = sandbox().with_file("conf/flags.yaml", text).expect("a file");
    for (more, expected) in [
        (&[][..], "--verbose --layers 64 32 --opt.lr=0.1\n"),
        (&["mainstem.run.booleans=no"], "--verbose --no-quiet --layers 64 32 --opt.lr=0.1\n"),
        (&["mainstem.run.booleans=value"], "--verbose=true --quiet=false --layers 64 32 --opt.lr=0.1\n"),
    ] {
        let own = ["-cd", "conf", "-cn", "flags", "hydra.run.dir=a", "--scratch"];
        let (code, out, err) = run_command(&sandbox, &[&own[..], more, &["--", "echo", "{flags}"]].concat());
        assert_eq!((code, out.as_str()), (Some(0), expected), "{err}");
    }
}

#[test]
fn a_program_of_hydras_has_no_overrides_of_its_own() {
    let sandbox = with_parts().with_file("own.py", "import hydra\n").expect("a file");
    for (own, words) in [(&["-cd", "conf", "-cn", "parts"][..], "seed=4"), (&[], "-m")] {
        let (code, _, err) = run_command(&sandbox, &[own, &["--", "true", "own.py", words]].concat());
        assert_eq!(code, Some(1), "{err}");
        let message = format!(
            "error[usage]: `{words}` behind the command would change its config, and no record would say so\n"
        );
        assert!(err.contains(&message), "{err}");
        assert!(err.contains(&format!("type `mainstem run {words} … -- true own.py`")), "{err}");
        assert!(!sandbox.path().join("outputs").exists());
    }
}

#[test]
fn a_command_has_the_variables_of_files() {
    let sandbox = sandbox()
        .with_file(".env", "FROM_DOT=a\nFROM_BOTH=dot\n")
        .and_then(|sandbox| sandbox.with_file("e.env", "FROM_BOTH=named\nPATH=/nowhere\n"))
        .expect("files");
    let script = "echo $FROM_DOT $FROM_BOTH; test $PATH != /nowhere";
    let words = ["--env-file", "e.env", "hydra.run.dir=a", "--", "sh", "-c", script];
    let (code, out, err) = run_command(&sandbox, &words);
    assert_eq!((code, out.as_str()), (Some(0), "a named\n"), "{err}");
}

#[test]
fn a_file_of_the_programs_own_is_no_result() {
    let sandbox = sandbox();
    for text in ["[]", "\"all well\"", "{\"name\": \"x\"}"] {
        let script = format!("echo '{text}' > $MAINSTEM_RUN_DIR/result.json");
        let (code, _, err) = run_command(&sandbox, &["hydra.run.dir=a", "--", "sh", "-c", &script]);
        assert_eq!(code, Some(0), "{err}");
        assert!(err.contains("warning[json]: ") && err.contains("note: the job has no result\n"), "{err}");
        assert!(!record(&sandbox, "a").contains("\"result\": {"), "{text}");
    }
    let script = "echo '{\"loss\": ' > $MAINSTEM_RESULT";
    let (code, _, err) = run_command(&sandbox, &["hydra.run.dir=a", "--", "sh", "-c", script]);
    assert_eq!(code, Some(1), "{err}");
}

#[test]
fn a_sweep_cannot_keep_nothing() {
    let (code, _, err) = run_command(&sandbox(), &["-m", "--scratch", "lr=1,2", "--", "true"]);
    assert_eq!(code, Some(1));
    assert!(
        err.starts_with("error[usage]: `--scratch` keeps nothing, and a sweep needs its journal"),
        "{err}"
    );
}

#[test]
fn the_result_of_a_command_is_where_it_says_or_in_its_metrics() {
    let sandbox = sandbox();
    let metric = |name: &str, value: f64| {
        format!("echo '{{\"name\": \"{name}\", \"value\": {value}}}' >> $MAINSTEM_METRICS")
    };
    let logs = format!(
        "{}; {}; {}; echo no metric >> $MAINSTEM_METRICS",
        metric("loss", 0.5),
        metric("acc", 0.25),
        metric("loss", 0.75)
    );
    let scores = r#"echo '{"val": {"acc": 0.5, "f1": 1}}' > $MAINSTEM_RUN_DIR/scores.json"#;
    for (own, script, expected) in [
        (&[][..], logs.as_str(), Some(r#"{"loss":0.75,"acc":0.25}"#)),
        (&["mainstem.run.result=scores.json"], scores, Some(r#"{"val.acc":0.5,"val.f1":1.0}"#)),
        (&["mainstem.run.result='scores.json:val.acc'"], scores, Some("0.5")),
        (&["mainstem.run.result='scores.json:val'"], scores, Some(r#"{"acc":0.5,"f1":1.0}"#)),
        (&["mainstem.run.result='scores.json:val.auc'"], scores, None),
    ] {
        let words = [own, &["hydra.run.dir=a", "--", "sh", "-c", script]].concat();
        let (code, _, err) = run_command(&sandbox, &words);
        let Some(expected) = expected else {
            assert_eq!(code, Some(1));
            assert!(err.contains("at `val.auc`, and has no such key"), "{err}");
            continue;
        };
        assert_eq!(code, Some(0), "{err}");
        let (_, out, _) = run(mainstem(&sandbox, &["runs", "show", "a", "--format", "json"]));
        let flat: String = out.chars().filter(|c| !c.is_whitespace()).collect();
        assert!(flat.contains(&format!("\"result\":{expected}")), "{expected}: {out}");
    }
}

#[test]
fn the_order_of_a_shuffle_is_that_of_its_seed() {
    let sandbox = sandbox();
    let order = |seed: &str| {
        let seed = format!("mainstem.sweep.seed={seed}");
        run_command(&sandbox, &["-m", "--dry-run", "a=shuffle(range(20))", &seed, "--", "echo", "{a}"]).1
    };
    let [first, second, again] = ["0", "1", "0"].map(order);
    assert!(first.lines().count() == 20 && first != second && first == again, "{first}{second}");
}

#[cfg(target_os = "linux")]
#[test]
fn who_ran_it_is_known_without_a_variable() {
    let sandbox = sandbox();
    let mut command = mainstem(&sandbox, &["run", "hydra.run.dir=a", "--", "true"]);
    for name in ["USER", "LOGNAME", "USERNAME"] {
        command.env_remove(name);
    }
    assert_eq!(run(command).0, Some(0));
    let out = Command::new("id").arg("-un").output().expect("who");
    let name = String::from_utf8(out.stdout).expect("text");
    let said = record(&sandbox, "a");
    assert!(said.contains(&format!("\"user\": \"{}\"", name.trim())), "{said}");
}

#[test]
fn a_result_may_be_numbers_in_their_order() {
    let sandbox = sandbox();
    let script = "echo '[0.5, 2]' > $MAINSTEM_RESULT";
    let (code, _, err) = run_command(&sandbox, &["hydra.run.dir=a", "--", "sh", "-c", script]);
    assert_eq!(code, Some(0), "{err}");
    let record = record(&sandbox, "a");
    assert!(record.contains(r#""0": 0.5"#) && record.contains(r#""1": 2.0"#), "{record}");
}

#[test]
fn a_program_of_hydra_finds_what_hears_its_result_and_nothing_is_left_of_it() {
    let sandbox = sandbox()
        .with_file("own.py", "import hydra\n")
        .and_then(|sandbox| {
            sandbox.with_file("show.sh", "echo $PYTHONPATH; ls ${PYTHONPATH##*:}/hydra_plugins\n")
        })
        .expect("files");
    let shown = |known: &str, words: &[&str]| {
        let mut command = mainstem(&sandbox, &[&["run", "hydra.run.dir=a", "--"][..], words].concat());
        command.env("PYTHONPATH", known);
        run(command)
    };
    let place = sandbox.path().join("a/.hydra/python");
    for (known, before) in [("", ""), ("lib", "lib:"), ("lib:", "lib::")] {
        let (code, out, err) = shown(known, &["sh", "show.sh", "own.py"]);
        assert_eq!(code, Some(0), "{err}");
        let modules = "mainstem_returned.py\nmainstem_told.py\n";
        assert_eq!(out, format!("{before}{}\n{modules}", place.display()));
        assert!(!place.exists());
    }
    let (_, out, _) = shown("lib", &["sh", "-c", "echo $PYTHONPATH"]);
    assert_eq!(out, "lib\n", "what is no program of Hydra is told nothing");
}

/// A project whose base config is registered in Python, and the file that says what it is.
fn registered() -> Sandbox {
    let schema = r#"{"mainstem_schema": 1, "configs": {"base_config": {"type": "Base"}},
        "types": {"Base": {"struct": {"fields": {"lr": {"type": "float", "default": 0.1}, "seed": "int"}}}}}"#;
    sandbox()
        .with_file("typed/config.yaml", "defaults: [base_config, _self_]\nseed: 1\n")
        .and_then(|sandbox| sandbox.with_file("schema.json", schema))
        .and_then(|sandbox| {
            sandbox.with_file("own.py", "import hydra\nConfigStore.instance().store(name='base_config')\n")
        })
        .expect("files")
}

const TYPED: [&str; 6] = ["-cd", "typed", "-cn", "config", "--schema", "schema.json"];

#[test]
fn a_command_has_the_types_of_a_schema_file_again_and_again() {
    let sandbox = registered();
    let words = [&TYPED[..], &["lr=2", "hydra.run.dir=a", "--", "echo", "{lr}"]].concat();
    let (code, out, err) = run_command(&sandbox, &words);
    assert_eq!((code, out.as_str()), (Some(0), "2.0\n"), "{err}");
    let (code, out, err) = run(mainstem(&sandbox, &["rerun", "a", "lr=3", "hydra.run.dir=b"]));
    assert!(code == Some(0) && out.ends_with("3.0\n"), "{out}{err}");
    let (code, _, err) = run_command(&sandbox, &[&TYPED[..], &["lr=x", "--", "true", "{lr}"]].concat());
    assert!(code == Some(1) && err.contains("`lr` must be a float, but is a string"), "{err}");

    let begun = ["-m", "-j", "2", "lr=1,2", "hydra.sweep.dir=sw", "--", "test", "{lr}", "=", "1.0"];
    let (code, _, err) = run_command(&sandbox, &[&TYPED[..], &begun].concat());
    assert_eq!(code, Some(1), "{err}");
    let journal = || sandbox.read("sw/.sweep/journal.jsonl").expect("a journal");
    assert_eq!(journal().matches(r#""status":"completed""#).count(), 1, "{}", journal());
    let (code, _, err) = run_command(&sandbox, &["--resume", "sw"]);
    assert!(code == Some(1) && err.contains("the command ended with status 1"), "{err}");
    let changed = sandbox.read("schema.json").expect("a file").replace("0.1", "0.2");
    fs::write(sandbox.path().join("schema.json"), changed).expect("a file");
    let (_, _, err) = run_command(&sandbox, &["--resume", "sw"]);
    assert!(err.contains("`schema.json` has changed"), "{err}");
}

#[test]
fn who_misses_a_config_is_told_what_to_type() {
    let sandbox = registered();
    let file = "then type `--schema schema.json`";
    let leave = "or leave `-cn` away";
    let named = ["-cd", "typed", "-cn", "config"];
    for (command, more) in [(&["compose"][..], &[][..]), (&["explain", "lr"], &[]), (&["defaults"], &[])] {
        let (_, _, err) = run(mainstem(&sandbox, &[command, &named[..], more].concat()));
        assert!(err.contains("there is no config `base_config`") && err.contains(file), "{err}");
        assert!(!err.contains(leave), "{err}");
    }
    let (_, _, err) = run_command(&sandbox, &[&named[..], &["--", "true", "own.py"]].concat());
    assert!(err.contains(file) && err.contains(leave), "{err}");
    let (_, _, err) = run_command(&sandbox, &[&named[..], &["--", "true", "{lr}"]].concat());
    assert!(err.contains(file) && !err.contains(leave), "{err}");
    // A slip is none of that.
    let (_, _, err) = run_command(&sandbox, &["-cd", "typed", "-cn", "confg", "--", "true", "own.py"]);
    assert!(err.contains("did you mean `config`?") && !err.contains("--schema"), "{err}");

    let sandbox = with_parts();
    let (code, _, err) = run_command(&sandbox, &["-cn", "parts", "--", "true", "{seed}"]);
    assert!(code == Some(1) && err.contains("help: type `-cd conf`"), "{err}");
}

#[test]
fn directories_that_nothing_is_read_from_are_told() {
    let sandbox = with_parts().with_file("conf/db/pg.yaml", "port: 1\n").expect("a file");
    let told = |words: &[&str]| {
        let words = [words, &["--", "true", "{run}"]].concat();
        run_command(&sandbox, &words).2
    };
    for words in [&["-cd", "conf", "seed=1", "hydra.run.dir=a"][..], &["-m", "-cd", "conf", "seed=1,2"]] {
        let err = told(words);
        assert_eq!(err.matches("nothing is read from `-cd conf`").count(), 1, "{err}");
        assert!(err.contains("primary configs: config, parts") && err.contains("type `-cn config`"), "{err}");
    }
    for words in [
        &["-cd", "conf", "-cn", "parts", "hydra.run.dir=b"][..],
        &["-cd", "conf", "+db=pg", "hydra.run.dir=c"],
        &["-m", "-cd", "conf", "+db=pg,pg"],
        &["seed=1", "hydra.run.dir=d"],
    ] {
        let err = told(words);
        assert!(!err.contains("nothing is read"), "{words:?}: {err}");
    }
}

#[test]
fn a_failure_has_a_log_also_where_jobs_come_one_after_the_other() {
    let sandbox = sandbox();
    let script = "echo said; echo wrong >&2; test {x} != 1";
    let (code, out, err) =
        run_command(&sandbox, &["-m", "x=1,2", "hydra.sweep.dir=sw", "--", "sh", "-c", script]);
    assert_eq!((code, out.matches("said\n").count()), (Some(1), 2), "{err}");
    assert!(err.contains("#0 x=1 (sw/0/stderr.log)"), "{err}");
    assert_eq!(err.matches("the command ended with status 1").count(), 1, "{err}");
    for job in ["0", "1"] {
        let logs =
            ["stdout.log", "stderr.log"].map(|name| sandbox.read(format!("sw/{job}/{name}")).expect("a log"));
        assert_eq!(logs, ["said\n", "wrong\n"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_best_of_a_plain_sweep_is_told_if_its_config_says_which_way() {
    let sandbox = sandbox();
    let script = r#"echo "{\"acc\": {x}, \"b\": 1}" > $MAINSTEM_RESULT"#;
    for (direction, best) in [("maximize", "best acc=3.0  #2 x=3"), ("minimize", "best acc=1.0  #0 x=1")] {
        let program = env!("CARGO_BIN_EXE_mainstem");
        let after = format!("mainstem.search.direction={direction} mainstem.search.metric=acc");
        let line =
            format!("{program} run -m -j 2 x=1,2,3 hydra.sweep.dir={direction} {after} -- sh -c '{script}'");
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).current_dir(sandbox.path()).env_remove("NO_COLOR");
        // Not every system has it.
        let Ok(output) = command.env("TERM", "xterm").stdin(Stdio::null()).output() else { return };
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(&format!("3 of 3 jobs are completed; {best}")), "{said}");
    }
}

#[test]
fn a_file_that_was_there_before_stays_and_is_no_result() {
    let sandbox = sandbox()
        .with_file("d/precious.json", "{\"acc\": 1, \"confusion\": [[1, 2]]}")
        .and_then(|sandbox| sandbox.with_file("result.json", "{\"mine\": 1}"))
        .expect("files");
    let (code, _, err) =
        run_command(&sandbox, &["hydra.run.dir=d", "mainstem.run.result=precious.json", "--", "true"]);
    assert!(code == Some(0) && err.contains("is as it was before the command"), "{err}");
    assert_eq!(run_command(&sandbox, &["hydra.run.dir=.", "--", "true"]).2, "");
    assert_eq!(sandbox.read("d/precious.json").unwrap(), "{\"acc\": 1, \"confusion\": [[1, 2]]}");
    assert_eq!(sandbox.read("result.json").unwrap(), "{\"mine\": 1}");
    assert!(record(&sandbox, "d").contains("\"result\": null"), "{}", record(&sandbox, "d"));
    // Written again, even the same is a result.
    let again = "printf '{\"acc\": 1, \"confusion\": [[1, 2]]}' > $MAINSTEM_RUN_DIR/precious.json";
    run_command(&sandbox, &["hydra.run.dir=d", "mainstem.run.result=precious.json", "--", "sh", "-c", again]);
    assert!(record(&sandbox, "d").contains("\"acc\": 1.0"), "{}", record(&sandbox, "d"));
}

#[test]
fn large_integers_are_digits_and_the_last_line_of_a_log_needs_no_end() {
    let sandbox = sandbox();
    let script = "echo $0 $1; printf '{\"name\":\"acc\",\"value\":1}\\n{\"name\":\"acc\",\"value\":18446744073709551616}' >> $MAINSTEM_METRICS";
    let seed = "18446744073709551615";
    let words = [&format!("seed={seed}"), "hydra.run.dir=d", "--", "sh", "-c", script, "{seed}", "{flags}"];
    let (code, out, err) = run_command(&sandbox, &words);
    assert_eq!((code, out), (Some(0), format!("{seed} --seed={seed}\n")), "{err}");
    assert!(record(&sandbox, "d").contains("\"acc\": 1.8446744073709552e+19"), "{}", record(&sandbox, "d"));
}

#[test]
fn a_program_that_was_written_since_is_not_repeated_exactly() {
    let sandbox = sandbox().with_file("p.sh", "echo hi\n").expect("a file");
    let (code, out, err) = run_command(&sandbox, &["y=1", "hydra.run.dir=d", "--", "sh", "p.sh", "{y}"]);
    assert_eq!((code, out.as_str()), (Some(0), "hi\n"), "{err}");
    let exactly = || run(mainstem(&sandbox, &["rerun", "d", "--exact"]));
    let (code, out, err) = exactly();
    assert!(code == Some(0) && out.contains("hi"), "{out}{err}");
    fs::write(sandbox.path().join("p.sh"), "echo changed\n").expect("a file");
    let (code, out, err) = exactly();
    assert!(code == Some(1) && out.contains("p.sh") && !out.contains("changed\n"), "{out}{err}");
    assert!(err.contains("not all is as it was"), "{err}");
}
