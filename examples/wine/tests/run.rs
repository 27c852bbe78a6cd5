//! Whole runs of the program.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test, and what fails here fails it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An empty working directory that is removed when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wine-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path.canonicalize().unwrap())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wine"));
        command.current_dir(&self.0).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// All files below a directory, as paths from there, sorted.
    fn files(&self, below: &str) -> Vec<String> {
        let top = self.0.join(below);
        let (mut found, mut open) = (Vec::new(), vec![top.clone()]);
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    found.push(path.strip_prefix(&top).unwrap().display().to_string());
                }
            }
        }
        found.sort();
        found
    }

    fn read(&self, path: impl AsRef<Path>) -> String {
        let path = self.0.join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn out(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    out.into_owned()
}

/// What a failed run says. It leaves nothing behind.
fn refusal(scratch: &Scratch, arguments: &[&str]) -> String {
    let output = scratch.run(arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(scratch.files(""), [""; 0]);
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const FILES: [&str; 9] = [
    ".hydra/config.resolved.yaml",
    ".hydra/config.yaml",
    ".hydra/hydra.yaml",
    ".hydra/metrics.jsonl",
    ".hydra/overrides.yaml",
    ".hydra/run.json",
    "confusion.svg",
    "metrics.json",
    "wine.log",
];

#[test]
fn a_run_leaves_everything_in_a_directory_of_its_own() {
    let scratch = Scratch::new("leaves");
    let printed = out(&scratch.run(&["model=tree", "seed=7", "hydra.job.name=cellar"]));
    let directory = PathBuf::from(printed.lines().last().unwrap());
    let from_here = directory.strip_prefix(&scratch.0).unwrap().to_str().unwrap();
    let parts: Vec<&str> = from_here.split('/').collect();
    let shape =
        |text: &str| text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>();
    assert_eq!(
        (parts[0], shape(parts[1]).as_str(), shape(parts[2]).as_str()),
        ("outputs", "0000-00-00", "00-00-00")
    );
    let files = FILES.map(|file| file.replace("wine.log", "cellar.log"));
    let mut found = scratch.files(from_here);
    found.sort_by_key(|file| files.iter().position(|known| known == file));
    assert_eq!(found, files);

    let expected = "\
seed: 7
data:
  drop_duplicates: true
split:
  test: 0.25
  stratify: true
target:
  thresholds:
  - 7
  classes:
  - ordinary
  - good
preprocessing:
  type: none
model:
  type: tree
  max_depth: 6
  min_samples_leaf: 5
  seed: ${seed}
";
    assert_eq!(scratch.read(directory.join(".hydra/config.yaml")), expected);
    assert_eq!(scratch.read(directory.join(".hydra/overrides.yaml")), "- model=tree\n- seed=7\n");
    let hydra = scratch.read(directory.join(".hydra/hydra.yaml"));
    for line in [
        "hydra:\n",
        "  run:\n    dir: outputs/${now:%Y-%m-%d}/${now:%H-%M-%S}\n",
        "  overrides:\n    hydra:\n    - hydra.job.name=cellar\n    task:\n    - model=tree\n    - seed=7\n",
        "  mode: RUN\n",
        "  job:\n    name: cellar\n",
        &format!("    cwd: {}\n", scratch.0.display()),
        &format!("    output_dir: {}\n", directory.display()),
        "      model: tree\n",
    ] {
        assert!(hydra.contains(line), "no `{line}` in\n{hydra}");
    }

    let metrics: serde_json::Value =
        serde_json::from_str(&scratch.read(directory.join("metrics.json"))).unwrap();
    let accuracy = metrics["accuracy"].as_f64().unwrap();
    assert!(accuracy > 0.8 && printed.contains(&format!("accuracy           {accuracy:.3}")), "{printed}");
    let counted: u64 = metrics["confusion"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row.as_array().unwrap())
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(counted, 340);
    assert!(scratch.read(directory.join("confusion.svg")).contains("tree"));
}

#[test]
fn without_arguments_the_list_of_overrides_is_empty() {
    let scratch = Scratch::new("empty");
    out(&scratch.run(&["hydra.run.dir=one", "hydra.output_subdir=told"]));
    assert_eq!(scratch.read("one/told/overrides.yaml"), "[]\n");
}

#[test]
fn runs_at_once_never_share_a_directory() {
    let scratch = Scratch::new("at-once");
    let arguments = ["model=tree", "hydra.run.dir=runs/${now:%Y}"];
    let runs: Vec<_> = (0..4)
        .map(|_| scratch.command(&arguments).stdout(std::process::Stdio::piped()).spawn().unwrap())
        .collect();
    let mut directories: Vec<String> = runs
        .into_iter()
        .map(|run| out(&run.wait_with_output().unwrap()).lines().last().unwrap().to_owned())
        .collect();
    for directory in &mut directories {
        *directory = directory.strip_prefix(&format!("{}/", scratch.0.display())).unwrap().to_owned();
    }
    directories.sort();
    let first = directories[0].clone();
    let expected = ["", "_1", "_2", "_3"].map(|ending| format!("{first}{ending}"));
    assert_eq!(directories, expected);
    for directory in directories {
        assert_eq!(scratch.files(&directory), FILES);
        let hydra = scratch.read(format!("{directory}/.hydra/hydra.yaml"));
        assert!(hydra.contains(&format!("    output_dir: {}/{directory}\n", scratch.0.display())), "{hydra}");
        let record: serde_json::Value =
            serde_json::from_str(&scratch.read(format!("{directory}/.hydra/run.json"))).unwrap();
        assert_eq!((&record["status"], &record["name"]), (&"completed".into(), &"wine".into()));
        assert!(record["result"].as_f64().unwrap() > 0.8);
    }
}

#[test]
fn the_seed_decides() {
    let scratch = Scratch::new("seed");
    let metrics = |name: &str, seed: &str| {
        out(&scratch.run(&["model=tree", &format!("seed={seed}"), &format!("hydra.run.dir={name}")]));
        scratch.read(format!("{name}/metrics.json"))
    };
    let first = metrics("a", "1");
    assert_eq!(metrics("b", "1"), first);
    assert_ne!(metrics("c", "2"), first);
}

#[test]
fn an_experiment_changes_groups_and_values() {
    let scratch = Scratch::new("experiment");
    out(&scratch.run(&["experiment=linear", "hydra.run.dir=run"]));
    let config = scratch.read("run/.hydra/config.yaml");
    let groups = "preprocessing:\n  type: standard\nmodel:\n  type: logistic\n  l2: 0.1\n";
    assert!(config.ends_with(groups), "{config}");
}

#[test]
fn a_mistake_shows_its_place_and_leaves_no_directory() {
    let scratch = Scratch::new("mistake");
    let typed = refusal(&scratch, &["seed=1", "model.trees=many"]);
    assert_eq!(
        typed,
        "\
error[type]: `model.trees` must be an integer in 1..=65535, but is a string
  command line, argument 2
  | model.trees=many
  |             ^^^^ expected an integer in 1..=65535
"
    );
    let option = refusal(&scratch, &["model=forrest"]);
    assert!(
        option.contains("model=forrest") && option.contains("did you mean") && option.contains("logistic"),
        "{option}"
    );
    let penalty = refusal(&scratch, &["model=logistic", "model.l2=-1"]);
    assert!(
        penalty.starts_with(
            "error[range]: `model.l2` is out of range: expected 0.0.., found -1.0\n  command line, argument 2\n"
        ),
        "{penalty}"
    );
    let nowhere = refusal(&scratch, &["hydra.run.dir="]);
    assert!(
        nowhere.contains("`hydra.run.dir` must be the path of a directory")
            && nowhere.contains("command line, argument 1"),
        "{nowhere}"
    );
    for (argument, words) in [
        ("split.test=2", "error[range]: `split.test` is out of range: expected 0.01..=0.99, found 2.0\n"),
        (
            "target.classes=[a]",
            "error[constraint]: `target.classes`: must be 2, one more than thresholds, but are 1\n",
        ),
        (
            "preprocessing={type: minmax, low: 2}",
            "error[constraint]: `preprocessing.low`: must be less than high, which is 1\n",
        ),
        ("+model.depth=3", "error[unknown-key]: there is no key `model.depth`\n"),
    ] {
        let refused = refusal(&scratch, &[argument]);
        assert!(refused.starts_with(words), "{refused}");
    }
}

#[test]
fn a_sweep_runs_its_jobs_and_is_told_of_mistakes_in_any_of_them_first() {
    let scratch = Scratch::new("sweep");
    let refused = refusal(&scratch, &["-m", "model=tree,forest", "model.trees=3"]);
    assert!(refused.starts_with("error[unknown-key]: there is no key `model.trees`\n"), "{refused}");
    let printed =
        out(&scratch.run(&["-m", "model=tree,logistic", "preprocessing=standard", "hydra.sweep.dir=s"]));
    assert_eq!(printed.matches("learned from 1019 wines, asked about 340\n").count(), 2, "{printed}");
    assert_eq!(scratch.files("s/1"), FILES);
    assert_eq!(scratch.read("s/1/.hydra/overrides.yaml"), "- model=logistic\n- preprocessing=standard\n");
    assert!(scratch.read("s/0/confusion.svg").contains("tree: 340 wines"));
}
