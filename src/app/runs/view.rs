//! What can be asked of a run: its record, its config, its metrics.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::app::duration::duration;
use crate::app::runs::again::{at, places};
use crate::app::runs::diff::leaves;
use crate::diag::{Error, Result, Source, SourceKind, SourceMap, shell_word, visible};
use crate::run::{CONFIG, Found, HYDRA, Metric, OVERRIDES, RESOLVED, Status};
use crate::value::{Key, KeyPath, Kind, Map, Node, Slot};
use crate::yaml;

/// A run, of which more is read when it is asked for.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) found: Found,
    config: OnceCell<Node>,
    metrics: OnceCell<Vec<Metric>>,
    /// What could not be read.
    broken: RefCell<Vec<Error>>,
}

impl View {
    pub(crate) fn new(found: Found) -> Self {
        Self { found, config: OnceCell::new(), metrics: OnceCell::new(), broken: RefCell::default() }
    }

    /// What of it could not be read so far.
    pub(crate) fn broken(&self) -> Vec<Error> {
        self.broken.take()
    }

    /// The value of a key, wherever it is found first: in the record, in the config, among the metrics, among the results.
    pub(crate) fn get(&self, key: &str) -> Option<Node> {
        match key.split_once('.') {
            Some(("run", key)) => return self.of_record(key),
            Some(("config", key)) => return self.of_config(key),
            Some(("metrics", key)) => return self.of_metrics(key),
            _ => {}
        }
        let found = self.of_record(key).or_else(|| self.of_config(key)).or_else(|| self.of_metrics(key));
        found.or_else(|| self.of_record(&format!("result.{key}")))
    }

    /// The keys that it has values for, as they are asked for.
    pub(crate) fn keys(&self) -> Vec<String> {
        let record = Node::from(self.found.record.tree().clone());
        let own = ["took", "directory"].map(str::to_owned);
        let whole = self.found.record.tree().iter().map(|(key, _)| key.to_string());
        let values = [&record, self.config()].into_iter().flat_map(leaves).map(|(key, _)| key);
        let metrics = self.last_metrics().into_keys().map(str::to_owned).collect::<Vec<_>>();
        own.into_iter().chain(whole).chain(values).chain(metrics).collect()
    }

    fn of_record(&self, key: &str) -> Option<Node> {
        let record = &self.found.record;
        match key {
            "took" => self.took().map(Node::from),
            "directory" => Some(Node::from(self.found.directory.to_string_lossy().as_ref())),
            // What is known now, not what was written down.
            "status" => Some(Node::from(record.status().name())),
            // The objectives of a job, if there are several, have names, which may have dots.
            _ => record.get(key).cloned().or_else(|| {
                let name = key.strip_prefix("result.")?;
                record.result()?.as_map()?.get_str(name).cloned()
            }),
        }
    }

    fn of_config(&self, key: &str) -> Option<Node> {
        let path = KeyPath::parse(key);
        let find = |node: &Node, key: &Key| node.find(key.as_str()?)?.map(|(_, node)| node.clone());
        path.keys().iter().try_fold(self.config().clone(), |node, key| find(&node, key))
    }

    fn of_metrics(&self, name: &str) -> Option<Node> {
        self.last_metrics().get(name).copied().map(Node::from)
    }

    /// How long it ran, in seconds, if it has ended.
    pub(crate) fn took(&self) -> Option<f64> {
        let record = &self.found.record;
        let micros = record.ended()?.signed_duration_since(record.started()).num_microseconds()?;
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a run fit")]
        let micros = micros as f64;
        Some(micros / 1e6)
    }

    /// The same as it is shown. Of a run that was killed it is only known how long it was seen.
    pub(crate) fn took_shown(&self) -> String {
        let least = if self.found.record.status() == Status::Killed { "≥" } else { "" };
        self.took().map_or_else(String::new, |took| format!("{least}{}", duration(took)))
    }

    /// The config of the job, resolved if it was written so; a mapping without keys if there is none.
    pub(crate) fn config(&self) -> &Node {
        self.config.get_or_init(|| {
            let read = |name| self.read_yaml(name);
            read(RESOLVED).or_else(|| read(CONFIG)).unwrap_or_else(|| Node::from(Map::default()))
        })
    }

    /// Whether its config is there resolved.
    pub(crate) fn is_resolved(&self) -> bool {
        self.read(self.found.text(RESOLVED)).flatten().is_some()
    }

    /// What was logged.
    pub(crate) fn metrics(&self) -> &[Metric] {
        self.metrics.get_or_init(|| self.read_some(self.found.read_metrics()))
    }

    /// The last value of each metric.
    pub(crate) fn last_metrics(&self) -> IndexMap<&str, f64> {
        self.metrics().iter().map(|metric| (metric.name.as_str(), metric.value)).collect()
    }

    /// The parameters that were logged.
    pub(crate) fn params(&self) -> Map {
        self.read_some(self.found.read_params())
    }

    /// What could be read; else `None`, and the error is kept.
    fn read<T>(&self, read: Result<T>) -> Option<T> {
        read.map_err(|error| self.broken.borrow_mut().push(error)).ok()
    }

    /// What could be read, whatever is wrong with the rest.
    fn read_some<T: Default>(&self, read: Result<(T, Option<Error>)>) -> T {
        let (read, wrong) = self.read(read).unwrap_or_default();
        self.broken.borrow_mut().extend(wrong);
        read
    }

    /// A YAML file of the run; `None` if it is not there, or broken.
    pub(super) fn read_yaml(&self, name: &str) -> Option<Node> {
        let path = self.found.folder.join(name);
        let text = self.read(self.found.text(name))??;
        let sources = Arc::new(SourceMap::default());
        let source = sources.add(Source::new(SourceKind::File, path.display().to_string(), text.as_str()));
        let mut errors = Vec::new();
        let parsed = yaml::parse(&text, source, &yaml::Limits::default(), &mut errors);
        self.broken.borrow_mut().extend(errors.into_iter().map(|error| error.located(&sources)));
        parsed.map(|parsed| parsed.root)
    }

    /// The config of the job as it was composed, with its interpolations.
    pub(crate) fn written(&self) -> Node {
        self.read_yaml(CONFIG).unwrap_or_else(|| self.config().clone())
    }

    /// The primary config, and the folders that configs were read from, as the run has them on record.
    pub(crate) fn sources(&self) -> Option<(String, Vec<String>)> {
        let hydra = self.read_yaml(HYDRA)?;
        let hydra = hydra.as_map()?.get_str("hydra")?;
        let name = at(hydra, &["job", "config_name"])?.as_str()?.to_owned();
        let places = places(hydra)
            .into_iter()
            .filter(|(provider, _)| provider == "main" || provider == "command-line");
        let folders = places.map(|(_, path)| plain(&path)).filter(|path| std::path::Path::new(path).is_dir());
        let folders: Vec<String> = folders.collect();
        (!folders.is_empty()).then_some((name, folders))
    }

    /// The options of config groups that were chosen, without those of Hydra's own groups.
    pub(crate) fn choices(&self) -> Map {
        let hydra = self.read_yaml(HYDRA);
        let mut keys = ["hydra", "runtime", "choices"].iter();
        let chosen =
            hydra.as_ref().and_then(|root| keys.try_fold(root, |node, key| node.as_map()?.get_str(key)));
        let is_own = |key: &Key| key.as_str().is_none_or(|key| !key.starts_with("hydra/"));
        let mut choices = Map::default();
        for (key, slot) in chosen.and_then(Node::as_map).into_iter().flatten() {
            if is_own(key) && !matches!(slot.node.kind, Kind::Null) {
                choices.insert(key.clone(), slot.origin, slot.node.clone());
            }
        }
        choices
    }

    /// What `mainstem run` ran, as it is typed; `None` of any other program.
    pub(crate) fn command(&self) -> Option<String> {
        let words = self.found.record.get("arguments").and_then(Node::as_list).unwrap_or_default();
        let mut words: Vec<String> = words.iter().map(plain).collect();
        typed(tail(&mut words).get(1..)?)
    }

    /// The overrides of the job, as they were typed.
    pub(crate) fn overrides(&self) -> Vec<String> {
        let list = self.read_yaml(OVERRIDES);
        let list = list.as_ref().and_then(Node::as_list).unwrap_or_default();
        list.iter().map(plain).collect()
    }
}

/// Cuts off the command that `mainstem run` ran, with the `--` before it. Of any other program what stands there are
/// overrides.
pub(super) fn tail(recorded: &mut Vec<String>) -> Vec<String> {
    let runs_a_command = recorded.get(1).is_some_and(|word| word == "run");
    match recorded.iter().position(|word| word == "--").filter(|_| runs_a_command) {
        Some(at) => recorded.split_off(at),
        None => Vec::new(),
    }
}

/// A command as it is typed; `None` if there is none.
pub(super) fn typed(words: &[String]) -> Option<String> {
    let shown = words.iter().map(|word| shell_word(word));
    (!words.is_empty()).then(|| shown.collect::<Vec<_>>().join(" "))
}

/// A value in a table: of a float six digits, which is more than a person compares.
pub(crate) fn brief(node: &Node) -> String {
    let rounded = match &node.kind {
        Kind::Float(number) => format!("{number:.5e}").parse().ok().map(|rounded: f64| Node::from(rounded)),
        _ => None,
    };
    text(rounded.as_ref().unwrap_or(node))
}

/// What a job returned, in a table: `0.9`, or `accuracy=0.9 loss=0.1`.
pub(crate) fn results(node: &Node) -> String {
    named(node, brief)
}

/// The values of a mapping by their names, or the one value that there is, each as `show` shows it.
pub(crate) fn named(node: &Node, show: fn(&Node) -> String) -> String {
    let Some(map) = node.as_map() else { return show(node) };
    let one = |(key, slot): (&Key, &Slot)| format!("{}={}", visible(&key.to_string()), show(&slot.node));
    map.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// A value in a line, for people: what a job was told may hold anything, and must not steer a terminal.
pub(crate) fn text(node: &Node) -> String {
    visible(&plain(node)).into_owned()
}

/// A value as text, as it is.
pub(crate) fn plain(node: &Node) -> String {
    let mut out = String::new();
    match &node.kind {
        Kind::Null => {}
        Kind::Float(number) => crate::value::write_float(*number, &mut out),
        Kind::Str(text) => out.push_str(text),
        Kind::Template(template) => out.push_str(&template.text),
        Kind::List(list) if list.iter().all(|node| !node.is_container()) => {
            out.push_str(&list.iter().map(plain).collect::<Vec<_>>().join(","));
        }
        _ => crate::value::write_python_json(node, crate::value::JsonStyle::Compact, &mut out),
    }
    out
}
