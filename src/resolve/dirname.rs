//! `${hydra_override_dirname:}`: the job's overrides as the name of a directory.

use crate::diag::{Error, ErrorKind, Result};
use crate::resolve::resolver::Invocation;
use crate::value::{Key, Kind, Node, write_str};

/// What separates keys from values, and overrides from each other; what is left out.
struct Options {
    kv_sep: String,
    item_sep: String,
    exclude: Vec<String>,
}

/// The overrides of the job, sorted and joined. Separators of paths become `_`: the name is one directory.
pub(super) fn answer(call: &Invocation<'_>) -> Result<Node> {
    let mut options = Options { kv_sep: "=".to_owned(), item_sep: ",".to_owned(), exclude: Vec::new() };
    if let Some(defaults) = call.select("hydra.job.config.override_dirname")? {
        options.read(&defaults);
    }
    if let Some(given) = call.arguments().first().filter(|node| !matches!(node.kind, Kind::Null)) {
        let Some(map) = given.as_map() else {
            return Err(call.error(format!(
                "`{}` takes a mapping of options, but got {}",
                call.name(),
                given.describe()
            )));
        };
        for (key, slot) in map {
            if !matches!(key.as_str(), Some("kv_sep" | "item_sep" | "exclude_keys")) {
                let error =
                    Error::new(ErrorKind::UnknownKey, format!("`{key}` is no option of `{}`", call.name()));
                let error = error.at(call.origin(), "").at(slot.origin, "");
                return Err(error.help("the options are kv_sep, item_sep, exclude_keys"));
            }
        }
        options.read(given);
    }
    let Some(task) = call.select("hydra.overrides.task")? else {
        return Err(call.error("there is no `hydra.overrides.task` here to name a directory after"));
    };
    let overrides = task.as_list().unwrap_or_default().iter().filter_map(Node::as_str);
    let mut items: Vec<&str> =
        overrides.filter(|line| !options.exclude.iter().any(|excluded| excluded == key(line))).collect();
    items.sort_unstable();
    let items: Vec<String> = items.iter().map(|item| item.replace('=', &options.kv_sep)).collect();
    let name = items.join(&options.item_sep).replace(['/', '\0'], "_");
    Ok(Node::new(Kind::Str(name.into()), call.origin()))
}

impl Options {
    fn read(&mut self, node: &Node) {
        let text = |key: &str| {
            let node = node.as_map()?.get(&Key::from(key))?;
            let mut text = String::new();
            write_str(node, &mut text);
            Some(text)
        };
        if let Some(kv_sep) = text("kv_sep") {
            self.kv_sep = kv_sep;
        }
        if let Some(item_sep) = text("item_sep") {
            self.item_sep = item_sep;
        }
        if let Some(list) = node.as_map().and_then(|map| map.get_str("exclude_keys")).and_then(Node::as_list)
        {
            self.exclude = list.iter().filter_map(Node::as_str).map(str::to_owned).collect();
        }
    }
}

/// The key of an override, without operator, package and value.
fn key(line: &str) -> &str {
    let key = line.trim_start_matches(['+', '~']);
    let key = key.split_once('=').map_or(key, |(key, _)| key);
    key.split_once('@').map_or(key, |(key, _)| key).trim_end()
}
