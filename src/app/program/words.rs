//! The words of a command, with what it is told of its config.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use crate::app::program::bound::Bound;
use crate::app::program::command::{RESULT, is_told_by_hydra, own_file, write};
use crate::app::program::handover;
use crate::app::program::session::setting;
use crate::diag::{Error, ErrorKind, Result};
use crate::durable::write_whole;
use crate::grammar::{Quote, quoted};
use crate::run::METRICS;
use crate::run::{CONFIG, RESOLVED, Run};
use crate::value::{JsonStyle, Kind, Map, Node, write_json, write_str, write_yaml};

/// What a command can be told.
pub(super) struct Handed {
    pub(super) bound: Bound,
    /// Whether there is a config of ours, and not overrides alone.
    pub(super) named: bool,
    /// Keys that were typed with `++`.
    pub(super) explicit: Vec<String>,
}

impl Handed {
    /// The variables that it runs with.
    pub(super) fn environment(&self, run: &Run) -> Result<Vec<(String, OsString)>> {
        let mut all: Vec<(String, OsString)> = vec![
            ("MAINSTEM_RUN_DIR".to_owned(), run.dir().into()),
            ("MAINSTEM_RESULT".to_owned(), run.dir().join(own_file(run, RESULT)).into()),
        ];
        if let Some(folder) = run.record_dir() {
            all.push(("MAINSTEM_CONFIG".to_owned(), folder.join(RESOLVED).into()));
            all.push(("MAINSTEM_METRICS".to_owned(), folder.join(own_file(run, METRICS)).into()));
        }
        all.extend(run.report_name().map(|name| ("MAINSTEM_REPORT".to_owned(), name.into())));
        let number = self.bound.select("hydra.job.num")?.filter(|node| matches!(node.kind, Kind::Int(_)));
        all.extend(number.map(|node| {
            let mut text = String::new();
            write_str(&node, &mut text);
            ("MAINSTEM_JOB_NUM".to_owned(), text.into())
        }));
        Ok(all)
    }

    fn record(&self, run: &Run) -> Result<PathBuf> {
        if let Some(folder) = run.record_dir() {
            return Ok(folder.to_owned());
        }
        let Some(name) = setting(&self.bound, "hydra.output_subdir")? else {
            let error =
                Error::new(ErrorKind::Job, "the command asks for its config, and nothing is recorded");
            return Err(error.help("leave `hydra.output_subdir` as it is"));
        };
        // Of a run that keeps no record the config is gone with its directory.
        let folder = run.dir().join(name);
        fs::create_dir_all(&folder).map_err(|error| {
            Error::new(ErrorKind::Io, format!("cannot make `{}`: {error}", folder.display()))
        })?;
        write(&folder.join(CONFIG), &self.bound.to_yaml())?;
        if let Ok(resolved) = self.bound.resolve() {
            let mut text = String::new();
            write_yaml(&resolved, &mut text);
            write(&folder.join(RESOLVED), &text)?;
        }
        Ok(folder)
    }

    /// An unchanged Hydra program is pointed at the composed config, and keeps its own records apart from ours.
    fn handed_over(&self, run: &Run) -> Result<Vec<OsString>> {
        let mut words = if self.named {
            let folder = self.record(run)?;
            write_whole(&folder.join(format!("{}.yaml", handover::NAME)), handover::yaml(&self.bound)?)?;
            let mut path = OsString::from("--config-path=");
            path.push(folder);
            vec![path, format!("--config-name={}", handover::NAME).into(), "hydra.output_subdir=null".into()]
        } else {
            let mut words = self.overrides()?;
            words.extend(handover::settings(&self.bound)?.into_iter().map(OsString::from));
            words.push("hydra.output_subdir=.hydra/program".into());
            words
        };
        // Hydra would read commas and brackets in a path.
        let directory = quoted(&run.dir().to_string_lossy(), Quote::Single);
        words.push(format!("hydra.run.dir={directory}").into());
        Ok(words)
    }

    /// The overrides of the job as they were typed.
    fn overrides(&self) -> Result<Vec<OsString>> {
        let task = self.bound.select("hydra.overrides.task")?;
        let lines = task.as_ref().and_then(Node::as_list).unwrap_or_default().iter().filter_map(Node::as_str);
        let typed = lines.map(|line| match line.strip_prefix("++") {
            Some(rest) if !self.named && !self.explicit.iter().any(|key| is_of(rest, key)) => rest.into(),
            _ => line.into(),
        });
        Ok(typed.collect())
    }

    /// Every value as a flag: `--optimizer.lr=0.1`. All processes of a machine see the arguments of each other: a secret
    /// must not stand there, and without it the command would be told something wrong.
    fn flags(&self) -> Result<Vec<OsString>> {
        let (mut flags, mut errors) = (Vec::new(), Vec::new());
        if let Some(map) = self.bound.resolve()?.as_map() {
            flatten(map, "", &mut flags, &mut errors);
        }
        match Error::all(errors) {
            None => Ok(flags),
            Some(error) => Err(self.bound.located(error)),
        }
    }

    fn json(&self, run: &Run) -> Result<PathBuf> {
        let path = self.record(run)?.join("config.resolved.json");
        let mut text = String::new();
        write_json(&self.bound.resolve()?, JsonStyle::Pretty, &mut text);
        text.push('\n');
        write(&path, &text)?;
        Ok(path)
    }
}

fn is_of(line: &str, key: &str) -> bool {
    line.strip_prefix(key).is_some_and(|rest| rest.starts_with('='))
}

fn flatten(map: &Map, above: &str, flags: &mut Vec<OsString>, errors: &mut Vec<Error>) {
    for (key, slot) in map.iter() {
        let name = format!("{above}{key}");
        match (&slot.node.kind, slot.node.as_map()) {
            (_, Some(inner)) => flatten(inner, &format!("{name}."), flags, errors),
            (Kind::Missing, _) => {}
            _ if holds_secret(&slot.node) => errors.push(
                Error::new(ErrorKind::Job, format!("`{{flags}}` would show the secret `{name}`"))
                    .at(slot.node.origin, "whoever lists processes sees the arguments of a command")
                    .help("let the command read it from the environment, and hand over the rest by `{overrides}`"),
            ),
            _ => {
                let mut text = String::new();
                match slot.node.as_str() {
                    Some(plain) => text.push_str(plain),
                    None => write_json(&slot.node, JsonStyle::Compact, &mut text),
                }
                flags.push(format!("--{name}={text}").into());
            }
        }
    }
}

/// Whether anything in a value must not be shown.
fn holds_secret(node: &Node) -> bool {
    match &node.kind {
        Kind::List(list) => list.iter().any(holds_secret),
        Kind::Map(map) => map.iter().any(|(_, slot)| holds_secret(&slot.node)),
        kind => node.shown() != kind,
    }
}

/// Fills in what the words ask for. A Hydra program that asks for nothing is told in its own words.
///
/// A command that is told in Hydra's words changes its directory itself; for any other it is done here, and then the
/// files that it names are still found.
///
/// # Errors
/// A config that cannot be resolved; one that is not recorded.
pub(super) fn expand(handed: &Handed, words: &[OsString], run: &Run) -> Result<Vec<OsString>> {
    let mut out = Vec::new();
    let mut asks = false;
    for word in words {
        let Some(text) = word.to_str().filter(|text| text.contains('{')) else {
            out.push(word.clone());
            continue;
        };
        match text {
            "{overrides}" => out.extend(handed.overrides()?),
            "{flags}" => out.extend(handed.flags()?),
            "{hydra}" => out.extend(handed.handed_over(run)?),
            _ => {
                let mut text = text.to_owned();
                for (name, path) in [
                    ("{config}", handed.record(run).map(|folder| folder.join(RESOLVED))),
                    ("{config.json}", Ok(PathBuf::new())),
                    ("{run}", Ok(run.dir().to_owned())),
                ] {
                    if !text.contains(name) {
                        continue;
                    }
                    asks = true;
                    let path = if name == "{config.json}" { handed.json(run)? } else { path? };
                    text = text.replace(name, &path.to_string_lossy());
                }
                out.push(text.into());
                continue;
            }
        }
        asks = true;
    }
    if !asks && is_told_by_hydra(words, handed.bound.cwd()) {
        out.extend(handed.handed_over(run)?);
    }
    Ok(out)
}
