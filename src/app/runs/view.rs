//! What can be asked of a run: its record, its config, its metrics.

use std::cell::OnceCell;
use std::fs;
use std::path::Path;

use indexmap::IndexMap;

use crate::diag::SourceId;
use crate::run::{CONFIG, Found, RESOLVED, metrics};
use crate::value::{Key, KeyPath, Kind, Map, Node};
use crate::yaml;

/// A run, of which more is read when it is asked for.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) found: Found,
    config: OnceCell<Node>,
    metrics: OnceCell<IndexMap<String, f64>>,
}

impl View {
    pub(crate) fn new(found: Found) -> Self {
        Self { found, config: OnceCell::new(), metrics: OnceCell::new() }
    }

    /// The value of a key, wherever it is found first: in the record, in the config, among the metrics.
    pub(crate) fn get(&self, key: &str) -> Option<Node> {
        match key.split_once('.') {
            Some(("run", key)) => return self.of_record(key),
            Some(("config", key)) => return self.of_config(key),
            Some(("metrics", key)) => return self.of_metrics(key),
            _ => {}
        }
        self.of_record(key).or_else(|| self.of_config(key)).or_else(|| self.of_metrics(key))
    }

    fn of_record(&self, key: &str) -> Option<Node> {
        let record = &self.found.record;
        match key {
            "took" => self.took().map(Node::from),
            "directory" => Some(Node::from(self.found.directory.to_string_lossy().as_ref())),
            // What is known now, not what was written down.
            "status" => Some(Node::from(record.status().name())),
            // The objectives of a job, if there are several, have names.
            _ => record.get(key).cloned(),
        }
    }

    fn of_config(&self, key: &str) -> Option<Node> {
        let path = KeyPath::parse(key);
        let find = |node: &Node, key: &Key| node.find(key.as_str()?)?.map(|(_, node)| node.clone());
        path.keys().iter().try_fold(self.config().clone(), |node, key| find(&node, key))
    }

    fn of_metrics(&self, name: &str) -> Option<Node> {
        self.metrics().get(name).copied().map(Node::from)
    }

    /// How long it ran, in seconds, if it has ended.
    pub(crate) fn took(&self) -> Option<f64> {
        let record = &self.found.record;
        let micros = record.ended()?.signed_duration_since(record.started()).num_microseconds()?;
        #[expect(clippy::cast_precision_loss, reason = "microseconds of a run fit")]
        let micros = micros as f64;
        Some(micros / 1e6)
    }

    /// The config of the job, resolved if it was written so; a mapping without keys if there is none.
    pub(crate) fn config(&self) -> &Node {
        self.config.get_or_init(|| {
            let read = |name| read_yaml(&self.found.folder.join(name));
            read(RESOLVED).or_else(|| read(CONFIG)).unwrap_or_else(|| Node::from(Map::default()))
        })
    }

    /// The last value of each metric.
    pub(crate) fn metrics(&self) -> &IndexMap<String, f64> {
        self.metrics.get_or_init(|| {
            let logged = metrics(&self.found.folder).unwrap_or_default();
            logged.into_iter().map(|metric| (metric.name, metric.value)).collect()
        })
    }

    /// The overrides of the job, as they were typed.
    pub(crate) fn overrides(&self) -> Vec<String> {
        let list = read_yaml(&self.found.folder.join("overrides.yaml"));
        let list = list.as_ref().and_then(Node::as_list).unwrap_or_default();
        list.iter().map(text).collect()
    }
}

/// A YAML file of a run; `None` if it is not there, or none.
fn read_yaml(path: &Path) -> Option<Node> {
    let text = fs::read_to_string(path).ok()?;
    yaml::parse(&text, SourceId::NONE, &yaml::Limits::default(), &mut ()).map(|parsed| parsed.root)
}

/// A value in a line.
pub(crate) fn text(node: &Node) -> String {
    let mut out = String::new();
    match &node.kind {
        Kind::Null => {}
        Kind::Float(number) => crate::value::write_float(*number, &mut out),
        Kind::Str(text) => out.push_str(text),
        Kind::Template(template) => out.push_str(&template.text),
        Kind::List(list) if list.iter().all(|node| !node.is_container()) => {
            out.push_str(&list.iter().map(text).collect::<Vec<_>>().join(","));
        }
        _ => crate::value::write_json(node, crate::value::JsonStyle::Compact, &mut out),
    }
    // What a job was told may hold anything, and must not steer a terminal.
    if out.chars().any(char::is_control) {
        out = out
            .chars()
            .map(|c| if c.is_control() { c.escape_debug().to_string() } else { c.to_string() })
            .collect();
    }
    out
}
