//! Sweeps that search: from what is typed to what is found.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use mainstem::app::{App, Bound, Configs, IntoObjective, Maximize, Minimize, Sandbox};
use mainstem::drive::{Entry, Progress};
use mainstem::run::{Run, Status};

use crate::sweeps::{app, kill, mainstem, run, wait};

static CONF: &[(&str, &str)] =
    &[("config", "lr: 0.5\ndepth: 1\nmodel: knn\nhydra: {sweep: {dir: sw, subdir: '${hydra.job.num}'}}")];

#[derive(mainstem::Config)]
struct Train {
    #[mainstem(range = 0.0..=1.0)]
    lr: f64,
    depth: i64,
    model: String,
}

/// The larger, the nearer to `lr=0.3 depth=4 model=forest`.
fn score(train: &Train) -> f64 {
    let model = if train.model == "forest" { 0.0 } else { 1.0 };
    #[expect(clippy::cast_precision_loss, reason = "it is small")]
    let depth = (train.depth - 4) as f64;
    -(train.lr - 0.3).powi(2) - depth.abs() / 10.0 - model
}

fn program() -> App {
    App::typed("train", |train: Train, _: &Run| Maximize(score(&train)))
        .with_configs(Configs::embedded(CONF))
        .with_config_name("config")
}

/// The overrides of each job, in order, and what came of it.
fn tried(directory: &Path) -> Vec<(String, Option<f64>)> {
    let mut tried: BTreeMap<u64, (String, Option<f64>)> = BTreeMap::new();
    Progress::each(directory, |entry| match entry {
        Entry::Started { job, overrides, .. } => drop(tried.insert(*job, (overrides.join(" "), None))),
        Entry::Ended { job, result, status: Status::Completed, .. } => {
            if let (Some(known), Some(mainstem::value::Kind::Float(value))) =
                (tried.get_mut(job), result.as_ref().map(|node| &node.kind))
            {
                known.1 = Some(*value);
            }
        }
        _ => {}
    })
    .expect("a journal");
    tried.into_values().collect()
}

const SPACE: [&str; 4] = ["-m", "lr=interval(0,1)", "depth=int(interval(1,8))", "model=knn,forest"];

#[test]
fn a_search_finds_what_is_good_and_writes_it_down() {
    let sandbox = Sandbox::new().expect("a directory");
    let words = SPACE.into_iter().chain(["mainstem.search.trials=25"]);
    let trial = sandbox.run(&program(), words);
    assert_eq!(trial.jobs().len(), 25, "{}", trial.err());
    let tried = tried(&sandbox.path().join("sw"));
    assert!(tried.iter().all(|(line, _)| {
        let keys: Vec<&str> =
            line.split(' ').filter_map(|word| word.split_once('=')).map(|(key, _)| key).collect();
        keys == ["lr", "depth", "model"]
    }));
    let best = tried.iter().filter_map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max);
    assert!(best > -0.3, "{tried:?}");
    let results = sandbox.read("sw/optimization_results.yaml").expect("a file");
    assert!(results.starts_with("name: mainstem\nbest_params:\n  lr: "), "{results}");
    let told = results.lines().last().and_then(|line| line.strip_prefix("best_value: ")?.parse::<f64>().ok());
    assert_eq!(told, Some(best), "{results}");
    // The same again is the same, whatever the seed makes of it.
    let again = Sandbox::new().expect("a directory");
    again.run(&program(), SPACE.into_iter().chain(["mainstem.search.trials=25"]));
    assert_eq!(self::tried(&again.path().join("sw")), tried);
}

#[test]
fn what_is_wrong_is_told_before_the_first_job() {
    let unsaid = App::new("train", |_: &Bound, _: &Run| 1.0)
        .with_configs(Configs::embedded(CONF))
        .with_config_name("config");
    let nothing = App::new("train", |_: &Bound, _: &Run| ())
        .with_configs(Configs::embedded(CONF))
        .with_config_name("config");
    for (program, words, told) in [
        (program(), &["lr=interval(0,2)", "mainstem.search.trials=3"][..], "`lr` is out of range"),
        (program(), &["lr=interval(0,1)"], "an interval has no single values"),
        (program(), &["lr=0.1", "mainstem.search.trials=3"], "there is nothing to search"),
        (
            program(),
            &["lr=interval(0,1)", "mainstem.search.trials=3", "mainstem.search.direction=minimize"],
            "the search is to minimize the result, and the job returns what is to be maximized",
        ),
        (
            program(),
            &["lr=interval(0,1)", "mainstem.search.trials=3", "mainstem.search.sampler=tpr"],
            "did you mean `tpe`?",
        ),
        (
            program(),
            &["lr=interval(0,1)", "mainstem.search.trials=3", "mainstem.search.metric=x"],
            "the job returns no `x`",
        ),
        (
            program(),
            &["lr=interval(0,1)", "mainstem.search.trials=1", "mainstem.search.first=[{lr: 0.1}, {lr: 0.2}]"],
            "`mainstem.search.first` has 2 points, and the search 1 jobs",
        ),
        (
            unsaid,
            &["lr=interval(0,1)", "mainstem.search.trials=3"],
            "nobody says which way the result is better",
        ),
        (
            nothing,
            &["lr=interval(0,1)", "mainstem.search.trials=3"],
            "the job returns nothing that a search could look at",
        ),
    ] {
        let sandbox = Sandbox::new().expect("a directory");
        let trial = sandbox.run(&program, ["-m"].iter().chain(words));
        assert!(trial.err().contains(told), "{words:?}: {}", trial.err());
        assert!(trial.jobs().is_empty() && !sandbox.path().join("sw").exists(), "{words:?}");
    }
}

#[test]
fn the_config_of_an_existing_project_is_understood() {
    let sandbox = Sandbox::new().expect("a directory");
    let program = App::typed("train", |train: Train, _: &Run| score(&train))
        .with_configs(Configs::embedded(CONF))
        .with_config_name("config");
    let words = ["hydra/sweeper=optuna", "hydra.sweeper.n_trials=6", "hydra.sweeper.direction=maximize"];
    let more =
        ["hydra/sweeper/sampler=random", "hydra.sweeper.sampler.seed=3", "hydra.sweeper.study_name=wine"];
    let trial = sandbox.run(&program, SPACE.iter().chain(&words).chain(&more));
    assert_eq!(trial.jobs().len(), 6, "{}", trial.err());
    let results = sandbox.read("sw/optimization_results.yaml").expect("a file");
    assert!(results.starts_with("name: optuna\nbest_params:\n"), "{results}");
    for (more, told) in [
        ("hydra.sweeper.storage='sqlite:///x.db'", "`hydra.sweeper.storage` has no counterpart here"),
        (
            "hydra.sweeper.custom_search_space=a.b",
            "`hydra.sweeper.custom_search_space` has no counterpart here",
        ),
        ("hydra/sweeper/sampler=nsgaiii", "`hydra/sweeper/sampler=nsgaii` looks at several numbers, too"),
        ("hydra/sweeper/sampler=motpe", "the sampler `motpe` has no counterpart here"),
        ("hydra/sweeper/sampler=grid", "`lr` has no single values, and `grid` tries each one"),
        (
            "hydra.sweeper.max_failure_rate=1.5",
            "`hydra.sweeper.max_failure_rate` must be a number from 0 to 1",
        ),
        ("hydra.sweeper.n_jobs=0", "`hydra.sweeper.n_jobs` must be a number of jobs from 1 on"),
        ("+hydra.sweeper.search_space={lr: {type: normal}}", "the space of `lr` has no counterpart here"),
    ] {
        let trial =
            Sandbox::new().expect("a directory").run(&program, SPACE.iter().chain(&words).chain(&[more]));
        assert!(trial.err().contains(told), "{more}: {}", trial.err());
    }
}

#[test]
fn a_search_by_grid_tries_every_point_once() {
    let program = App::typed("train", |train: Train, _: &Run| score(&train))
        .with_configs(Configs::embedded(CONF))
        .with_config_name("config");
    let words = ["-m", "lr=range(0,0.3,0.1)", "depth=int(interval(1,2))", "model=knn,forest"];
    let more = ["hydra/sweeper=optuna", "hydra/sweeper/sampler=grid", "hydra.sweeper.n_trials=100"];
    let sandbox = Sandbox::new().expect("a directory");
    let trial = sandbox.run(&program, words.iter().chain(&more));
    assert_eq!(trial.jobs().len(), 12, "{}", trial.err());
    let mut lines: Vec<String> =
        tried(&sandbox.path().join("sw")).into_iter().map(|(line, _)| line).collect();
    lines.sort();
    lines.dedup();
    assert_eq!((lines.len(), lines[0].as_str()), (12, "lr=0.0 depth=1 model=forest"));
    let trial = sandbox.run(&program, words.iter().chain(&more[..2]).chain(&["hydra.sweeper.n_trials=5"]));
    assert_eq!(trial.jobs().len(), 5, "{}", trial.err());
}

#[test]
fn the_spaces_of_older_projects_are_understood() {
    static OLD: &[(&str, &str)] = &[(
        "config",
        "defaults: [{override hydra/sweeper: optuna}]\nlr: 0.5\ndepth: 1\nmodel: knn\nhydra:\n  sweep: {dir: sw, subdir: '${hydra.job.num}'}\n  \
         sweeper:\n    n_trials: 3\n    direction: maximize\n    study_name: wine\n    search_space:\n      \
         lr: {type: float, low: 0, high: 1, step: 0.25}\n      depth: {type: int, low: 1, high: 9, step: 4}\n      \
         model: {type: categorical, choices: [knn, forest]}\n",
    )];
    let program = App::typed("train", |train: Train, _: &Run| score(&train))
        .with_configs(Configs::embedded(OLD))
        .with_config_name("config");
    let sandbox = Sandbox::new().expect("a directory");
    let trial = sandbox.run(&program, ["-m", "--dry-run"]);
    let shown = "3 jobs, chosen by `tpe` to maximize the result, of\n  lr=range(0,1.125,0.25)\n  depth=range(1,10,4)\n  \
                 model=choice('knn','forest')\n";
    assert_eq!(trial.out(), shown, "{}", trial.err());
    let told =
        "  help: in `params`: `lr: range(0,1.125,0.25)`\n  help: in `params`: `depth: range(1,10,4)`\n";
    assert!(trial.err().contains(told), "{}", trial.err());
    let trial = sandbox.run(&program, ["-m"]);
    assert_eq!(trial.jobs().len(), 3, "{}", trial.err());
    let (_, out, _) = run(mainstem(&sandbox, &["sweeps", "show", "sw"]));
    assert!(out.contains("\nstudy wine\n"), "{out}");
    let (_, out, _) = run(mainstem(&sandbox, &["sweeps", "export", "sw"]));
    assert!(out.contains("\"study_name\":\"wine\""), "{out}");
    // What is typed or stands in `params` wins.
    let trial = sandbox.run(&program, ["-m", "--dry-run", "+hydra.sweeper.params={lr: 'interval(0,1)'}"]);
    assert!(trial.out().ends_with(", of\n  lr=interval(0,1)\n"), "{}{}", trial.out(), trial.err());
    assert!(
        trial.err().contains("is not looked at where there is `hydra.sweeper.params`"),
        "{}",
        trial.err()
    );
}

#[test]
fn a_sampler_of_one_number_is_refused_for_several() {
    let two = App::new("train", |_: &Bound, _: &Run| vec![1.0.into_objective("a"), 2.0.into_objective("b")])
        .with_configs(Configs::embedded(CONF))
        .with_config_name("config");
    let words = [
        "-m",
        "lr=interval(0,1)",
        "mainstem.search.trials=2",
        "mainstem.search.direction=[minimize,maximize]",
    ];
    let sandbox = Sandbox::new().expect("a directory");
    let trial = sandbox.run(&two, words.iter().chain(&["mainstem.search.sampler=cmaes"]));
    assert!(trial.err().contains("`cmaes` looks at one number, and there are several"), "{}", trial.err());
    let trial = sandbox.run(&two, words.iter().chain(&["mainstem.search.sampler=tpe"]));
    assert_eq!(trial.jobs().len(), 2, "{}", trial.err());
}

#[test]
fn another_algorithm_runs_under_a_name_only_where_it_is_allowed_to() {
    let sandbox = Sandbox::new().expect("a directory");
    let words =
        ["hydra/sweeper=nevergrad", "hydra.sweeper.optim.budget=3", "hydra.sweeper.optim.maximize=true"];
    let trial = sandbox.run(&program(), SPACE.iter().chain(&words));
    assert!(trial.err().contains("the algorithms of `NevergradSweeper` are not here"), "{}", trial.err());
    let trial =
        sandbox.run(&program(), SPACE.iter().chain(&words).chain(&["mainstem.sweep.substitute=true"]));
    assert_eq!(trial.jobs().len(), 3, "{}", trial.err());
}

#[test]
fn a_field_is_searched_in_the_space_of_its_type() {
    let sandbox = Sandbox::new().expect("a directory");
    let trial = sandbox.run(&program(), ["-m", "mainstem.search.trials=3", "mainstem.search.fields=[lr]"]);
    assert_eq!(trial.jobs().len(), 3, "{}", trial.err());
    let trial = sandbox.run(&program(), ["-m", "mainstem.search.trials=3", "mainstem.search.fields=[depth]"]);
    let told = "the type of `depth` does not say in which space it is to be searched";
    assert!(trial.err().contains(told), "{}", trial.err());
}

#[test]
fn a_field_that_is_one_of_some_words_is_searched_among_them() {
    #[derive(mainstem::Config)]
    enum Device {
        Cpu,
        Gpu,
    }
    #[derive(mainstem::Config)]
    struct Placed {
        #[mainstem(default = Device::Cpu)]
        device: Device,
    }
    let app = App::typed("train", |config: Placed, _: &Run| match config.device {
        Device::Cpu => Minimize(2.0),
        Device::Gpu => Minimize(1.0),
    });
    let sandbox = Sandbox::new().expect("a directory");
    let words = ["-m", "mainstem.search.trials=2", "mainstem.search.fields=[device]", "hydra.sweep.dir=sw"];
    let trial = sandbox.run(&app, words);
    assert_eq!(trial.jobs().len(), 2, "{}", trial.err());
}

#[test]
fn a_search_begins_with_what_is_known() {
    let sandbox = Sandbox::new().expect("a directory");
    let words = SPACE
        .into_iter()
        .chain(["mainstem.search.trials=2", "mainstem.search.first=[{lr: 0.25, depth: 3, model: forest}]"]);
    sandbox.run(&program(), words);
    assert_eq!(tried(&sandbox.path().join("sw"))[0].0, "lr=0.25 depth=3 model=forest");
    let table = "params.lr,params.depth,params.model,result\n0.3,4,forest,0.0\n0.3,99,forest,0.0\n";
    fs::write(sandbox.path().join("earlier.csv"), table).expect("a file");
    let from = "mainstem.search.from=[sw,earlier.csv]";
    let words = SPACE.into_iter().chain(["mainstem.search.trials=1", "hydra.sweep.dir=next", from]);
    let trial = sandbox.run(&program(), words);
    assert!(trial.err().contains("3 of 4 earlier trials are in the space of the search"), "{}", trial.err());
    assert!(trial.err().contains("1 left out: `depth` lies outside of its space"), "{}", trial.err());
}

#[test]
fn what_is_known_is_of_this_search_or_left_out() {
    let sandbox = Sandbox::new().expect("a directory");
    let words = |more: &[&'static str]| {
        ["-m", "lr=interval(0,1)", "mainstem.search.trials=8"].iter().chain(more).copied().collect::<Vec<_>>()
    };
    // Whoever goes through everything knows something, too.
    sandbox.run(&program(), ["-m", "lr=0.1,0.2,0.3", "depth=1,3", "hydra.sweep.dir=grid"]);
    let from = words(&["hydra.sweep.dir=a", "mainstem.search.from=grid"]);
    let told = sandbox.run(&program(), from).err().to_owned();
    assert!(told.contains("3 of 6 earlier trials are in the space of the search"), "{told}");
    assert!(told.contains("3 left out: changed `depth`, which is 1 here"), "{told}");
    // What was the same in all of them is said.
    let from =
        words(&["depth=int(interval(1,4))", "model=forest", "hydra.sweep.dir=b", "mainstem.search.from=a"]);
    let told = sandbox.run(&program(), from).err().to_owned();
    assert!(told.contains("none of 8 earlier trials is in the space of the search"), "{told}");
    assert!(told.contains("8 left out: says no `depth`"), "{told}");
    // A table says what it has.
    for (table, told) in [
        ("rate,result\n0.3,0.0\n", "`t.csv` has no column for `lr`"),
        ("rl,result\n0.3,0.0\n", "call `rl` `lr` or `params.lr`"),
        ("lr,score\n0.3,0.0\n", "`t.csv` has no column for `result`"),
        ("lr,note,result\n0.3,x,0.0\n", "`t.csv` has columns of what is not searched: `note`"),
        (
            "job,status,params.lr,result\n0,completed,0.3,0.0\n1,stopped,0.4,0.5\n",
            "1 of 1 earlier trials are in",
        ),
    ] {
        fs::write(sandbox.path().join("t.csv"), table).expect("a file");
        let trial = sandbox.run(&program(), words(&["--dry-run", "mainstem.search.from=t.csv"]));
        assert!(trial.err().contains(told), "{table}{}", trial.err());
    }
    fs::write(
        sandbox.path().join("t.jsonl"),
        "{\"job\":0,\"params\":{\"lr\":0.3},\"result\":0.5}\n{\"job\":1,\"params\":{\"lr\":0.4},\"result\":null}\n",
    )
    .expect("a file");
    let trial = sandbox.run(&program(), words(&["--dry-run", "mainstem.search.from=t.jsonl"]));
    assert!(trial.err().contains("1 of 2 earlier trials are in"), "{}", trial.err());
    assert!(trial.err().contains("1 left out: the job returned nothing"), "{}", trial.err());
}

#[test]
fn what_can_never_apply_is_told_before_the_first_job() {
    let sandbox = Sandbox::new().expect("a directory");
    let words = ["lr=interval(0,1)", "model=knn,forest", "mainstem.search.trials=2"];
    let never = ["-m", "--dry-run", "+mainstem.sweep.when={lr: {model: forst}}"];
    let trial = sandbox.run(&program(), words.iter().chain(&never));
    let told = "`lr` is never searched: it applies where `model` is forst, and `model` can be knn, forest";
    assert!(trial.err().contains(told) && trial.err().contains("did you mean `forest`?"), "{}", trial.err());
}

#[test]
fn what_does_not_promise_enough_is_stopped_early() {
    let sandbox = Sandbox::new().expect("a directory");
    let program = App::typed("train", |train: Train, run: &Run| -> mainstem::diag::Result<Minimize> {
        let mut loss = 1.0;
        for epoch in 1_u32..=20 {
            loss = train.lr + 1.0 / f64::from(epoch);
            if run.report(epoch, loss)? {
                break;
            }
        }
        Ok(Minimize(loss))
    });
    let program = program.with_configs(Configs::embedded(CONF)).with_config_name("config");
    let words = ["-m", "lr=interval(0,1)", "mainstem.search.trials=30", "mainstem.search.pruner=median"];
    let trial = sandbox.run(&program, words.into_iter().chain(["mainstem.search.sampler=random"]));
    let stopped = trial.jobs().iter().filter(|job| job.stopped().is_some()).count();
    assert!(stopped > 5 && stopped < 30, "{stopped} {}", trial.err());
    let best = tried(&sandbox.path().join("sw"));
    let results = sandbox.read("sw/optimization_results.yaml").expect("a file");
    assert!(!best.is_empty() && results.contains("best_value: "), "{results}");
    let (_, out, _) = run(mainstem(&sandbox, &["sweeps", "show", "sw", "--format", "json"]));
    assert_eq!(out.matches("\"stopped\":{\"step\":").count(), stopped, "{out}");
    assert_eq!(out.matches("\"status\":\"stopped\"").count(), stopped, "{out}");
    let (_, out, _) = run(mainstem(&sandbox, &["sweeps", "show", "sw"]));
    let early = format!("30 of 30 jobs completed, {stopped} of them stopped early\n");
    assert!(out.contains(&early) && out.matches("  stopped  ").count() == stopped, "{out}");
    let (_, out, _) = run(mainstem(&sandbox, &["sweeps", "show", "sw", "--format", "csv"]));
    assert_eq!(out.matches(",stopped,").count(), stopped, "{out}");
    assert!(out.contains(",result,stopped.step,stopped.value,error,"), "{out}");
    let (code, out, err) = run(mainstem(&sandbox, &["sweeps", "best", "sw"]));
    assert!(code == Some(0) && out.contains("lr="), "{out}{err}");
    let (code, out, err) = run(mainstem(&sandbox, &["sweeps", "plot", "sw"]));
    assert_eq!((code, out.lines().count()), (Some(0), 4), "{out}{err}");
    let (_, out, _) = run(mainstem(&sandbox, &["sweeps", "export", "sw"]));
    assert_eq!(out.matches("\"state\":2").count(), stopped, "{out}");
}

#[test]
fn a_command_is_stopped_early_and_has_not_failed() {
    let sandbox = Sandbox::new()
        .and_then(|sandbox| sandbox.with_file("conf/config.yaml", "x: 0\n"))
        .expect("a directory");
    // Each reports its own number at two steps, and the worse ones would go on for ever, with half a result.
    let script = "printf '{' > $MAINSTEM_RESULT; for s in 1 2; do echo \"{\\\"name\\\": \\\"$MAINSTEM_REPORT\\\", \
                  \\\"value\\\": $MAINSTEM_JOB_NUM, \\\"step\\\": $s}\" >> $MAINSTEM_METRICS; done; \
                  [ $MAINSTEM_JOB_NUM -lt 2 ] || sleep 1000; echo $MAINSTEM_JOB_NUM > $MAINSTEM_RESULT";
    let words = [
        "run",
        "-m",
        "-cd",
        "conf",
        "-cn",
        "config",
        "x=interval(0,1)",
        "hydra.sweep.dir=sw",
        "mainstem.search.trials=4",
        "mainstem.search.direction=minimize",
        "mainstem.search.pruner={name: median, startup: 2}",
        "--",
        "sh",
        "-c",
        script,
    ];
    let (code, _, err) = run(mainstem(&sandbox, &words));
    assert_eq!(code, Some(0), "{err}");
    let mut ends = Vec::new();
    Progress::each(&sandbox.path().join("sw"), |entry| {
        if let Entry::Ended { job, status, stopped, .. } = entry {
            ends.push((*job, *status, stopped.is_some()));
        }
    })
    .expect("a journal");
    let done = Status::Completed;
    assert_eq!(ends, [(0, done, false), (1, done, false), (2, done, true), (3, done, true)], "{err}");
}

/// How many kills there are: few, or as many as somebody asks for who has the time.
#[expect(clippy::disallowed_methods, reason = "a test reads its own environment")]
fn kills() -> u32 {
    std::env::var("MAINSTEM_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(4)
}

#[test]
fn a_search_killed_at_any_moment_is_the_same_search() {
    const TRIALS: usize = 12;
    let sandbox = || {
        Sandbox::new()
            .and_then(|sandbox| sandbox.with_file("conf/config.yaml", "x: 0\ny: 0\n"))
            .expect("a directory")
    };
    let begin = [
        "-cd",
        "conf",
        "-m",
        "x=interval(0,1)",
        "y=interval(0,1)",
        "hydra.sweep.dir=sw",
        "mainstem.search.trials=12",
        "mainstem.search.direction=minimize",
    ];
    let driver = |sandbox: &Sandbox, words: &[&str]| {
        let mut command = app(sandbox, words);
        command.env("HC_RESULT", "x").env("HC_SLEEP", "0.02").stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let whole = sandbox();
    assert!(driver(&whole, &begin).status().expect("it starts").success());
    let expected = tried(&whole.path().join("sw"));
    assert_eq!(expected.len(), TRIALS);
    let (mut left, mut seed) = (kills(), 3_u64);
    while left > 0 {
        let sandbox = sandbox();
        let directory = sandbox.path().join("sw");
        for _ in 0..3.min(left) {
            let words: &[&str] =
                if Progress::read(&directory).is_ok() { &["--resume", "sw"] } else { &begin };
            let child = driver(&sandbox, words).spawn().expect("it starts");
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sleep(Duration::from_millis((seed >> 33) % 400));
            kill(child.id(), "KILL");
            wait(child);
            left -= 1;
        }
        let words: &[&str] = if Progress::read(&directory).is_ok() { &["--resume", "sw"] } else { &begin };
        assert!(driver(&sandbox, words).status().expect("it starts").success());
        // One slot runs: what it tries, and what comes of it, is as if nobody had killed it.
        assert_eq!(tried(&directory), expected);
        let completions = crate::sweeps::completions(&directory);
        assert!(
            completions.len() == TRIALS && completions.values().all(|count| *count == 1),
            "{completions:?}"
        );
    }
}

#[test]
fn a_search_goes_on_to_more_jobs_as_if_it_had_been_asked_for_so_many() {
    let searched = |sandbox: &Sandbox, words: &[&str]| {
        let trial = sandbox.run(&program(), words);
        (trial.jobs().len(), trial.err().to_owned())
    };
    let words = |trials: &'static str| SPACE.into_iter().chain([trials]).collect::<Vec<_>>();
    let whole = Sandbox::new().expect("a directory");
    assert_eq!(searched(&whole, &words("mainstem.search.trials=14")).0, 14);
    let sandbox = Sandbox::new().expect("a directory");
    assert_eq!(searched(&sandbox, &words("mainstem.search.trials=8")).0, 8);
    let (jobs, err) = searched(&sandbox, &["--resume", "sw", "mainstem.search.trials=12"]);
    assert_eq!(jobs, 4, "{err}");
    // What was said last stands.
    let (jobs, err) = searched(&sandbox, &["--resume", "sw"]);
    assert!(jobs == 0 && err.contains("12 of 12 jobs are completed"), "{err}");
    let (_, err) = searched(&sandbox, &["--resume", "sw", "mainstem.search.trials=9"]);
    assert!(err.contains("it had 12 jobs, and has 9 now"), "{err}");
    assert_eq!(searched(&sandbox, &["--resume", "sw", "mainstem.search.trials=14"]).0, 2);
    assert_eq!(tried(&sandbox.path().join("sw")), tried(&whole.path().join("sw")));
    let (_, out, _) = run(mainstem(&sandbox, &["sweeps", "show", "sw"]));
    assert!(out.contains("14 of 14 jobs completed\nbest #"), "{out}");
}

#[test]
fn a_search_that_has_found_nothing_may_look_for_something_else() {
    let sandbox = Sandbox::new()
        .and_then(|sandbox| sandbox.with_file("conf/config.yaml", "x: 0\n"))
        .expect("a directory");
    let script =
        "echo \"{\\\"loss\\\": $MAINSTEM_JOB_NUM, \\\"acc\\\": 0.$MAINSTEM_JOB_NUM}\" > $MAINSTEM_RESULT";
    let begin = ["run", "-m", "-cd", "conf", "-cn", "config", "x=interval(0,1)", "hydra.sweep.dir=sw"];
    let words =
        ["mainstem.search.trials=3", "mainstem.search.direction=minimize", "mainstem.search.metric=los"];
    let search = |words: &[&str]| {
        let (_, out, err) = run(mainstem(&sandbox, words));
        format!("{out}{err}")
    };
    let begin: Vec<&str> = begin.iter().chain(&words).chain(&["--", "sh", "-c", script]).copied().collect();
    let said = search(&begin);
    assert!(said.contains("the search looks for `los`"), "{said}");
    assert!(said.contains("`mainstem run --resume sw mainstem.search.metric=NAME` goes on"), "{said}");
    let anew = ["run", "--resume", "sw", "mainstem.search.metric=acc", "mainstem.search.direction=maximize"];
    let said = search(&anew);
    assert!(said.contains("1 of 3 jobs are completed") && said.contains("best: #2"), "{said}");
    // What was said last stands, also for who reads it.
    let said = search(&["run", "--resume", "sw", "mainstem.search.trials=4"]);
    assert!(said.contains("3 of 4 jobs are completed") && said.contains("best: #3"), "{said}");
    assert!(search(&["sweeps", "best", "sw"]).starts_with("#3  acc 0.3"));
    let said = search(&["run", "--resume", "sw", "mainstem.search.metric=loss"]);
    assert!(said.contains("job 0 has returned what it looked for"), "{said}");
    let said = search(&["run", "--resume", "sw"]);
    assert!(said.contains("4 of 4 jobs are completed"), "{said}");
}

#[test]
fn a_pruner_that_hears_nothing_says_so() {
    let sandbox = Sandbox::new().expect("a directory");
    let words = ["-m", "lr=interval(0,1)", "mainstem.search.trials=5", "mainstem.search.pruner=median"];
    let trial = sandbox.run(&program(), words);
    let told = "the first 3 jobs have reported nothing, so the pruner stops none";
    assert_eq!(trial.err().matches(told).count(), 1, "{}", trial.err());
    let trial = sandbox.run(&program(), ["-m", "lr=interval(0,1)", "mainstem.search.trials=5"]);
    assert!(!trial.err().contains("reported nothing"), "{}", trial.err());
}

static NESTED: &[(&str, &str)] = &[
    (
        "config",
        "defaults: [model: knn, opt: sgd]\nlr: 0.5\nhydra: {sweep: {dir: sw, subdir: '${hydra.job.num}'}, sweeper: {params: {}}}",
    ),
    ("model/knn", "k: 3"),
    (
        "model/forest",
        "# @package _global_\nmodel: {trees: 1, depth: 2, limit: false}\nhydra: {sweeper: {params: {model.trees: 'int(interval(1,99))', model.limit: 'true,false', model.depth: '1,2'}}}\nmainstem: {sweep: {when: {model.depth: {model.limit: true}}}}",
    ),
    (
        "model/net",
        "# @package _global_\nmodel: {layers: 1}\nhydra: {sweeper: {params: {model.layers: 'int(interval(1,4))', opt: 'sgd,adam'}}}",
    ),
    ("opt/sgd", "rate: 0.1"),
    (
        "opt/adam",
        "# @package _global_\nopt: {beta: 0.9}\nhydra: {sweeper: {params: {opt.beta: 'interval(0.5,0.99)'}}}",
    ),
    (
        "model/far",
        "# @package _global_\nmodel: {trees: 1}\nhydra: {sweeper: {params: {model.trees: 'int(interval(1,9))'}}}",
    ),
];

#[test]
fn options_bring_their_own_parameters_into_a_search() {
    let program = App::new("train", |_: &Bound, _: &Run| Minimize(1.0))
        .with_configs(Configs::embedded(NESTED))
        .with_config_name("config");
    let words = ["-m", "model=knn,forest,net", "mainstem.search.trials=60", "mainstem.search.sampler=random"];
    let sandbox = Sandbox::new().expect("a directory");
    let trial = sandbox.run(&program, words);
    assert_eq!(trial.jobs().len(), 60, "{}", trial.err());
    let mut seen = std::collections::BTreeSet::new();
    for (line, _) in tried(&sandbox.path().join("sw")) {
        let keys: Vec<&str> =
            line.split(' ').map(|word| word.split_once('=').map_or(word, |(key, _)| key)).collect();
        let chosen = |what: &str| line.split(' ').any(|word| word == what);
        let expected: &[&str] = match () {
            () if chosen("model=forest") && chosen("model.limit=True") => {
                &["model", "model.trees", "model.limit", "model.depth"]
            }
            () if chosen("model=forest") => &["model", "model.trees", "model.limit"],
            () if chosen("opt=adam") => &["model", "model.layers", "opt", "opt.beta"],
            () if chosen("model=net") => &["model", "model.layers", "opt"],
            () => &["model"],
        };
        assert_eq!(keys, expected, "{line}");
        seen.insert(keys.len() * 10 + usize::from(chosen("model=forest")));
    }
    assert_eq!(seen.len(), 5, "{seen:?}");
    // What is typed holds whatever is chosen.
    let fixed = ["-m", "model=forest,far", "++model.trees=5", "mainstem.search.trials=6"];
    let trial = Sandbox::new().expect("a directory").run(&program, fixed);
    assert_eq!(trial.jobs().len(), 6, "{}", trial.err());
    // So does what an option says where it applies.
    let fixed = ["-m", "model=forest,knn", "++model.depth=1,2", "mainstem.search.trials=6"];
    let trial = Sandbox::new().expect("a directory").run(&program, fixed);
    assert_eq!(trial.jobs().len(), 6, "{}", trial.err());
    let trial = Sandbox::new()
        .expect("a directory")
        .run(&program, ["-m", "model=forest,far", "mainstem.search.trials=6"]);
    assert!(trial.err().contains("`model.trees` is searched in different spaces"), "{}", trial.err());
}

#[test]
fn a_search_whose_jobs_returned_nothing_goes_on_once_they_do() {
    let sandbox =
        Sandbox::new().and_then(|sandbox| sandbox.with_file("job.sh", "true\n")).expect("a directory");
    let words =
        ["run", "-m", "lr=interval(0,1)", "mainstem.search.trials=3", "mainstem.search.direction=minimize"];
    let words = [&words[..], &["hydra.sweep.dir=sw", "--", "sh", "job.sh", "{flags}"]].concat();
    let (code, _, err) = run(mainstem(&sandbox, &words));
    assert_eq!(code, Some(1));
    assert!(err.contains("error[job]: the job returned nothing, and the search looks for a number"), "{err}");
    let (_, out, _) = run(mainstem(&sandbox, &["sweeps", "show", "sw"]));
    assert!(out.contains("stopped: the job returned nothing"), "{out}");
    fs::write(sandbox.path().join("job.sh"), "echo 0.5 > $MAINSTEM_RESULT\n").expect("a file");
    let (code, _, err) = run(mainstem(&sandbox, &["run", "--resume", "sw", "--force"]));
    assert_eq!(code, Some(0), "{err}");
    let all = tried(&sandbox.path().join("sw"));
    assert!(all.len() == 3 && all.iter().all(|(_, result)| *result == Some(0.5)), "{all:?}");
}

#[test]
fn two_directions_that_contradict_each_other_are_told_before_the_first_job() {
    let sandbox = Sandbox::new().expect("a directory");
    let tried = |more: &[&str]| {
        let own = [
            "run",
            "-m",
            "--dry-run",
            "lr=interval(0,1)",
            "hydra/sweeper=optuna",
            "hydra.sweeper.n_trials=3",
        ];
        let all = [&own[..], more, &["--", "true", "{flags}"]].concat();
        let (code, _, err) = run(mainstem(&sandbox, &all));
        (code, err)
    };
    let own = "mainstem.search.direction=maximize";
    let (code, err) = tried(&["hydra.sweeper.direction=minimize", own]);
    assert_eq!(code, Some(1));
    assert!(err.starts_with("error[sweep]: two directions contradict each other\n"), "{err}");
    assert!(err.contains("this is for the sweeper") && err.contains("this is for the search"), "{err}");
    for more in
        [&["hydra.sweeper.direction=maximize", own][..], &[own], &["hydra.sweeper.direction=maximize"]]
    {
        let (code, err) = tried(more);
        assert_eq!(code, Some(0), "{more:?}: {err}");
    }
    // Older projects write down what was usual, and Optuna has no more.
    let (code, err) = tried(&["hydra/sweeper/sampler=tpe", "+hydra.sweeper.sampler.consider_prior=true"]);
    assert_eq!(code, Some(0), "{err}");
    let (code, err) = tried(&["hydra/sweeper/sampler=tpe", "+hydra.sweeper.sampler.consider_prior=false"]);
    assert!(code == Some(1) && err.contains("`hydra.sweeper.sampler.consider_prior`"), "{err}");
}
