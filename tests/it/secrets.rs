//! Secrets: a text that exists nowhere else goes in by every way there is, and must come out nowhere.

use std::fs;
use std::process::{Command, Output, Stdio};

use mainstem::app::{App, Sandbox, Status};
use mainstem::compose::{Memory, Mode};
use mainstem::diag::Error;
use mainstem::facts::Facts;
use mainstem::resolve::{Hydra, Invocation, Resolvers, Scope};
use mainstem::run::Run;
use mainstem::settings;
use mainstem::value::{JsonStyle, Node, write_json, write_str};

use crate::app::example;
use crate::cli::Scratch;

/// What no file and no stream may hold.
const CANARY: &str = "c4n4ry";

/// One of them for each way in.
fn canary(way: &str) -> String {
    format!("{CANARY}-{way}-\"q\"")
}

/// The configs of a program with a secret for each way in that a file has.
fn project() -> Scratch {
    let scratch = Scratch::new();
    let yaml = [
        "hub: ${oc.env:HF_TOKEN}",
        "store: {password: '${oc.env:STORE}'}",
        "headers: {auth: 'Bearer ${hub}', plain: '${secret:PLAIN}', url: 'https://me:${store.password}@x'}",
        "mirrors: ['${hub}', '${oc.coerce:str,${hub}}', '${headers.auth}']",
        "keys: ['${secret:file:key.txt}', '${hub}']",
        "hydra: {job: {env_copy: [COPIED_KEY]}}",
        "mainstem: {run: {note: 'with ${hub}', tags: ['${hub}'], environment: [HF_TOKEN, LANG]}}",
    ];
    scratch.write("conf/config.yaml", &(yaml.join("\n") + "\n"));
    let written = format!("defaults: [config, _self_]\nstore: {{password: '{}'}}\n", canary("yaml"));
    scratch.write("conf/written.yaml", &written);
    scratch.write("key.txt", &format!("{}\n", canary("file")));
    scratch
}

fn run(scratch: &Scratch, arguments: &[&str]) -> Output {
    let mut command = Command::new(example("secret"));
    command.args(["-cd", "conf"]).args(arguments).current_dir(&scratch.0).env_clear().env("LANG", "C");
    for name in ["HF_TOKEN", "STORE", "PLAIN", "COPIED_KEY"] {
        command.env(name, canary(name));
    }
    command.stdin(Stdio::null()).output().expect("it starts")
}

/// Where the canary sings: streams and files that hold it, but for those that were given.
fn singing(scratch: &Scratch, output: &Output) -> Vec<String> {
    let sings = |bytes: &[u8]| bytes.windows(CANARY.len()).any(|piece| piece == CANARY.as_bytes());
    let streams = [("stdout", &output.stdout), ("stderr", &output.stderr)];
    let streams = streams.iter().filter(|(_, bytes)| sings(bytes));
    let mut found: Vec<String> =
        streams.map(|(name, bytes)| format!("{name}: {}", String::from_utf8_lossy(bytes))).collect();
    let mut open = vec![scratch.0.clone()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("an entry").path();
            let given = ["conf/written.yaml", "key.txt"].iter().any(|given| path == scratch.0.join(given));
            let name = path.file_name().expect("a name").to_string_lossy();
            if name.contains(CANARY) {
                found.push(path.display().to_string());
            }
            if path.is_dir() {
                open.push(path);
            } else if !given && sings(&fs::read(&path).expect("readable")) {
                found.push(format!("{}: {}", path.display(), fs::read_to_string(&path).unwrap_or_default()));
            }
        }
    }
    found
}

#[track_caller]
fn silent(arguments: &[&str], status: i32, said: &str) -> Scratch {
    let scratch = project();
    let output = run(&scratch, arguments);
    let err = String::from_utf8_lossy(&output.stderr);
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}\n{out}{err}");
    assert!(out.contains(said) || err.contains(said), "{arguments:?} says no `{said}`\n{out}{err}");
    assert_eq!(singing(&scratch, &output), Vec::<String>::new(), "{arguments:?}");
    scratch
}

#[test]
fn a_run_writes_and_says_no_secret_however_it_ends() {
    for (end, status, said) in [
        ("well", 0, ""),
        ("fails", 1, "error[job]: refused: Upload { hub: \"***\""),
        ("panics", 1, "refused: Upload { hub: \"***\""),
        ("panics_beside", 1, "refused: Upload { hub: \"***\""),
    ] {
        let callbacks = [("info", "PickleJobInfoCallback"), ("log", "LogJobReturnCallback")];
        let callbacks = callbacks.map(|(name, path)| {
            format!("+hydra.callbacks.{name}._target_=hydra.experimental.callbacks.{path}")
        });
        let end = format!("end={end}");
        let scratch = silent(&[&end, "hydra.run.dir=out", &callbacks[0], &callbacks[1]], status, said);
        let read = |path: &str| fs::read_to_string(scratch.0.join("out").join(path)).expect(path);
        assert!(
            read("secret.log").contains("uploading with Upload { hub: \"***\""),
            "{}",
            read("secret.log")
        );
        assert!(read(".hydra/params.jsonl").contains(r#"{"name":"hub","value":"***"}"#));
        assert!(read(".hydra/config.yaml").starts_with("hub: ${oc.env:HF_TOKEN}\n"));
        let resolved = read(".hydra/config.resolved.yaml");
        assert!(
            resolved.starts_with("hub: '***'\nstore:\n  url: https://store.example\n  password: '***'\n"),
            "{resolved}"
        );
        assert!(read(".hydra/run.json").contains("\"HF_TOKEN\": \"***\""));
        assert!(read(".hydra/run.json").contains("\"LANG\": \"C\""));
        assert!(read(".hydra/job_return.json").contains("\"return_value\": null"));
    }
}

#[test]
fn a_secret_that_is_a_number_is_no_metric() {
    #[derive(mainstem::Config)]
    struct Safe {
        #[mainstem(secret)]
        pin: u32,
        #[mainstem(default = 0.5)]
        loss: f64,
    }
    let app = App::typed("train", |config: Safe, run: &Run| -> Result<(), Error> {
        run.log_metric("pin", config.pin, 0)?;
        run.log_metric("loss", config.loss, 1)
    });
    let sandbox = Sandbox::new().expect("a sandbox");
    let trial = sandbox.run(&app, ["pin=99887766", "hydra.run.dir=r"]);
    assert_eq!(trial.status(), Status::Success, "{}", trial.err());
    let lines = sandbox.read("r/.hydra/metrics.jsonl").expect("metrics");
    assert!(!lines.contains("99887766") && lines.contains(r#""value":"***""#), "{lines}");
    assert!(lines.contains(r#""value":0.5"#), "{lines}");
}

#[test]
fn the_job_gets_the_true_value_and_names_of_directories_do_not() {
    let said = String::from_utf8(run(&project(), &["say=true", "hydra.run.dir=out"]).stdout).expect("text");
    for way in ["HF_TOKEN", "STORE", "PLAIN", "file"] {
        assert!(said.contains(&format!("{CANARY}-{way}-")), "{said}");
    }
    let set = [
        "say=true",
        "hub=${oc.env:API_KEY}",
        "mainstem.run={note: x, tags: []}",
        &format!("+hydra.job.env_set.API_KEY={CANARY}-set"),
    ];
    let output = run(&project(), &set);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with(&format!("Upload {{ hub: \"{CANARY}-set\"")), "{output:?}");
    let scratch = silent(&["hydra.run.dir=out/${hub}/${headers.auth}", "hydra.job.name=${hub}"], 0, "");
    assert!(scratch.0.join("out/***/Bearer ***/***.log").is_file());
}

#[test]
fn a_literal_on_the_command_line_is_told_and_not_kept() {
    let password = format!("store.password='{}'", canary("argument"));
    let scratch = silent(
        &[&password, "hydra.run.dir=out/${hydra.job.override_dirname}", "end=fails"],
        1,
        "type `store.password='${secret:STORE_PASSWORD}'`",
    );
    let overrides =
        fs::read_to_string(scratch.0.join("out/end=fails,store.password=***/.hydra/overrides.yaml"));
    assert_eq!(overrides.expect("a record"), "- store.password=***\n- end=fails\n");
    silent(&[&format!("store={{password: {CANARY}-map}}"), "hydra.run.dir=out"], 0, "warning[secret]");
    silent(&[&format!("keys=[{CANARY}-a,{CANARY}-b]"), "hydra.run.dir=out"], 0, "warning[secret]");
    silent(&[&format!("keys=extend_list({CANARY}-a)"), "hydra.run.dir=out"], 0, "");
}

#[test]
fn a_literal_in_a_file_is_told_and_not_kept() {
    silent(&["-cn", "written", "hydra.run.dir=out", "end=fails"], 1, "write `${secret:STORE_PASSWORD}`");
    silent(&["-cn", "written", "--cfg", "all"], 0, "password: '***'");
    silent(&["-cn", "written", "--cfg", "job", "-p", "store.password"], 0, "***\n");
    silent(&["-cn", "written", "--explain", "store.password"], 0, "store.password = ***");
    silent(&["-cn", "written", "--explain", "store"], 0, "");
}

#[test]
fn what_is_shown_in_place_of_a_run_holds_no_secret() {
    let password = format!("store.password={CANARY}-argument");
    for arguments in [
        &["--cfg", "all", "--resolve"][..],
        &["--cfg", "hydra", "--resolve"],
        &["--cfg", "job", "-p", "headers.auth", "--resolve"],
        &[
            "--explain",
            "hub",
            "--explain",
            "headers.auth",
            "--explain",
            "store.password",
            "--explain",
            "keys",
        ],
        &["--explain", "hydra.overrides.task", "--explain", "hydra.job.env_set"],
        &["--info", "all"],
        &["--help"],
    ] {
        silent(arguments, 0, "");
        silent(&[arguments, &[&password]].concat(), 0, "");
    }
}

#[test]
fn no_error_holds_a_secret() {
    for (argument, said) in [
        (format!("store.password={CANARY}:7,8"), "error[sweep]"),
        (format!("store.password='{CANARY}"), "error[override]"),
        (format!("store={{password: {CANARY}, urll: 1}}"), "error[unknown-key]"),
        (format!("store.password=[{CANARY}]"), "error[type]"),
        (format!("keys={CANARY}"), "error[type]"),
        (format!("store.pasword={CANARY}"), "error[unknown-key]"),
        (format!("stroe.password={CANARY}"), "error[unknown-key]"),
        (format!("store.password={CANARY} +nope=1"), "error"),
        (format!("+hydra.job.env_set.API_KEY={CANARY}}}"), "error[override]"),
        (format!("hydra.job.env_set.API_KEY={CANARY}"), "hydra.job.env_set.API_KEY=***"),
        (format!("hydra.job.env_set={{API_KEY: {CANARY}}}"), "error"),
        (format!("~hydra.job.env_set.API_KEY={CANARY}"), "error"),
        (format!("hydra.job.env_sett.API_KEY={CANARY}"), "error"),
        (format!("++hydra.job.env_set.API_KEY={CANARY}8x,{CANARY}9x"), "error[sweep]"),
        (format!("+hydra.job.env_set.API_KEY=[{CANARY}]"), "error"),
        (format!("+hydra.job.env_set={{API_KEY: {CANARY}"), "error[override]"),
        (format!("store.password:{CANARY}"), "error[override]"),
        (format!("store/password={CANARY}"), "error"),
        (format!("keys@x={CANARY}"), "error"),
        (format!("store@x.password={CANARY}"), "error"),
        (format!("store={{password: {CANARY}"), "error[override]"),
        (format!("store={{passwort: {CANARY}, url: 1}}"), "error[unknown-key]"),
    ] {
        silent(&[&argument], 1, said);
    }
    silent(&[&format!("--store.password={CANARY}")], 2, "there is no flag `--store.password`");
    for (yaml, said) in [
        (format!("hydra: {{job: {{env_set: {{API_KEY: [{CANARY}]}}}}}}\n"), "error"),
        (format!("store: {{passwort: {CANARY}}}\n"), "error[unknown-key]"),
        (format!("password: {CANARY}\n"), "error[unknown-key]"),
    ] {
        let scratch = project();
        scratch.write("conf/slip.yaml", &format!("defaults: [config, _self_]\n{yaml}"));
        let output = run(&scratch, &["-cn", "slip", "hydra.run.dir=out"]);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && err.contains(said), "{yaml}{err}");
        assert!(!err.contains(CANARY), "{yaml}{err}");
    }
    silent(&["store.password", "=", &format!("{CANARY}-torn")], 1, "in 3 arguments");
    silent(&["store.password=", &format!("{CANARY}-torn")], 1, "error");
    silent(
        &["-m", &format!("store.password={CANARY}-one,{CANARY}-two"), "end=fails,nope"],
        1,
        "in the job `store.password=***",
    );
    silent(&["store.password=a"], 1, "store.password=***");
    silent(&["store.password=***"], 1, "which records show in place of a secret");
}

#[test]
fn a_sweep_and_a_worker_keep_secrets_too() {
    let sweep = format!("store.password={CANARY}-one,{CANARY}-two");
    let scratch = silent(
        &["-m", &sweep, "hydra.sweep.dir=sw", "hydra.sweep.subdir=${hydra.job.num}"],
        0,
        "#1 : store.password=***",
    );
    let read = |path: &str| fs::read_to_string(scratch.0.join("sw").join(path)).expect(path);
    assert_eq!(read("1/.hydra/overrides.yaml"), "- store.password=***\n");
    assert!(read("multirun.yaml").contains("    - store.password=***\n"), "{}", read("multirun.yaml"));
    let scratch =
        silent(&["+hydra.job.env_set.PLAIN_NAME='x ${hub}'", "hydra.run.dir=out", "end=fails"], 1, "refused");
    let hydra = fs::read_to_string(scratch.0.join("out/.hydra/hydra.yaml")).expect("a record");
    assert!(
        hydra.contains("      PLAIN_NAME: '***'\n") && hydra.contains("PLAIN_NAME='x ${hub}'"),
        "{hydra}"
    );
    let set = format!("+hydra.job.env_set.API_KEY={CANARY}-set");
    for arguments in [&["end=fails"][..], &["-m", "end=well,fails"], &["-m", &sweep, "end=panics"]] {
        silent(
            &[&[set.as_str()], arguments].concat(),
            1,
            "type `++hydra.job.env_set.API_KEY='${secret:API_KEY}'`",
        );
    }
}

#[test]
fn what_a_config_says_of_a_sweep_keeps_secrets_too() {
    let (one, two) = (format!("{CANARY}-one"), format!("{CANARY}-two"));
    for arguments in [
        vec![format!("+mainstem.sweep.grids=[{{store.password: '{one},{two}'}}]")],
        vec![format!("+mainstem.sweep.grids=[{{store: '{{password: {one}}},{{password: {two}}}'}}]")],
        vec![format!("+mainstem.sweep.grids=[{{store: {{password: {one}, url: 'a,b'}}}}]")],
        vec![format!("hydra.sweeper.params={{store.password: '{one},{two}'}}")],
        vec![
            format!("+mainstem.sweep.when={{store.url: {{store.password: {one}}}}}"),
            format!("store.password={one},{two}"),
            "store.url=a,b".to_owned(),
        ],
        vec![format!("store={{password: {one}}},{{password: {two}}}")],
    ] {
        let flags = ["-m", "hydra.sweep.dir=sw"].into_iter();
        let arguments: Vec<_> = flags.chain(arguments.iter().map(String::as_str)).collect();
        for more in [&[][..], &["-j", "2"]] {
            let scratch = silent(&[&arguments, more].concat(), 0, "is a secret");
            let recorded = fs::read_to_string(scratch.0.join("sw/multirun.yaml")).expect("a record");
            assert!(recorded.contains("***"), "{arguments:?}\n{recorded}");
        }
    }
    let first = format!("+mainstem.search={{trials: 2, first: [{{store.password: {one}}}]}}");
    silent(&["-m", &first, "store.url=a,b"], 1, "store.password: ***");
    silent(&[&first, "--cfg", "all"], 0, "store.password: '***'");
}

/// A tree without types, resolved, as JSON.
fn resolved(yaml: &str, resolvers: &dyn Fn(Resolvers) -> Resolvers) -> (Node, String) {
    let env = [("HF_TOKEN", "hf-123456"), ("PLAIN", "plain")].into_iter().collect();
    let composer =
        settings::project(Memory::new().text("config", yaml), Facts { env, ..Facts::default() }, "app");
    let composer = composer.with_resolvers(resolvers(Resolvers::default()));
    let arguments = composer.arguments::<&str>(Some("config"), &[]).expect("no arguments");
    let composed = composer.compose(Some("config"), &arguments, Mode::Run).expect("it composes");
    let context = composer.context(&|_| {}).with_hydra(Hydra::Of(composed.root()));
    let tree = Scope::new(&composed.job(), context).resolve().expect("it resolves");
    let mut json = String::new();
    write_json(&tree, JsonStyle::Compact, &mut json);
    (tree, json)
}

#[test]
fn the_taint_follows_values_and_leaves_others_alone() {
    let same = |resolvers: Resolvers| resolvers;
    for (yaml, expected) in [
        ("a: ${oc.env:HF_TOKEN}\nb: ${oc.env:PLAIN}", r#"{"a":"***","b":"plain"}"#),
        (
            "a: {b: '${secret:PLAIN}', c: 1}\nd: ${a}\ne: ${a.b}\nf: ${a.c}",
            r#"{"a":{"b":"***","c":1},"d":{"b":"***","c":1},"e":"***","f":1}"#,
        ),
        ("a: ['${secret:PLAIN}', x]\nb: ${a.0}-${a.1}\nc: ${a.1}", r#"{"a":["***","x"],"b":"***","c":"x"}"#),
        ("a: ${b}\nb: ${c}\nc: ${secret:PLAIN}", r#"{"a":"***","b":"***","c":"***"}"#),
        (
            "a: ${secret:PLAIN}\nb: ${oc.select:a}\nc: ${oc.select:none,${a}}\nd: ${oc.decode:${a}}",
            r#"{"a":"***","b":"***","c":"***","d":"***"}"#,
        ),
        (
            r#"{a: '${secret:PLAIN}', b: '${oc.decode:"{${a}: 1}"}', c: '${oc.dict.keys:b}', d: '${oc.decode:"{k${a}: {x: 1}}"}'}"#,
            r#"{"a":"***","b":"***","c":["***"],"d":"***"}"#,
        ),
        (r#"a: '${oc.create:{x:"${secret:PLAIN}",y:1}}'"#, r#"{"a":{"x":"***","y":"***"}}"#),
        (
            "a: {x: '${secret:PLAIN}'}\nb: ${oc.dict.values:a}\nc: ${oc.dict.keys:a}",
            r#"{"a":{"x":"***"},"b":["***"],"c":["x"]}"#,
        ),
        (
            "a: ${oc.env:API_KEY,none}\nb: ${oc.env:API_KEY,null}\nc: ${oc.env:none,${secret:PLAIN}}",
            r#"{"a":"none","b":null,"c":"***"}"#,
        ),
        ("a: ${hydra:job.name}\nhydra: {job: {name: '${oc.env:HF_TOKEN}'}}", r#"{"a":"***"}"#),
        ("a: ${${b}}\nb: c\nc: 1", r#"{"a":1,"b":"c","c":1}"#),
    ] {
        assert_eq!(resolved(yaml, &same).1, expected, "{yaml}");
    }
    let (tree, _) = resolved("a: x${secret:PLAIN}\nb: ${oc.decode:'[1, ${secret:PLAIN}]'}", &same);
    let mut text = String::new();
    write_str(&tree, &mut text);
    assert_eq!(text, "{'a': 'xplain', 'b': [1, 'plain']}");
    assert!(!format!("{tree:?}").contains("plain"));
}

#[test]
fn answers_of_own_resolvers_are_secrets_if_their_arguments_are() {
    let own = |resolvers: Resolvers| {
        let same = |call: &Invocation<'_>| {
            call.argument(0).cloned().map(|node| Node::from(node.as_str().unwrap_or("?")))
        };
        resolvers.with("same", same).cached("once", same)
    };
    let yaml = "a: ${once:${secret:PLAIN}}\nb: ${once:${secret:HF_TOKEN}}\nc: ${same:${a}}\nd: ${same:x}\ne: ${once:plain}";
    let (tree, json) = resolved(yaml, &own);
    assert_eq!(json, r#"{"a":"***","b":"***","c":"***","d":"x","e":"plain"}"#);
    assert_eq!(tree.as_map().and_then(|map| map.get_str("b")), Some(&Node::from("hf-123456")));
    let secret = |_: &Invocation<'_>| Ok(Node::from("from a vault"));
    assert_eq!(resolved("a: ${secret:x}", &|resolvers| resolvers.with("secret", secret)).1, r#"{"a":"***"}"#);
}
