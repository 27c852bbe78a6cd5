//! The words of a command, with what it is told of its config.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::app::program::as_flags::{flags, shows_secret};
use crate::app::program::bound::Bound;
use crate::app::program::command::{is_told_by_hydra, own_file};
use crate::app::program::handover;
use crate::app::program::placeholders::{PATHS, Piece, WHOLE, flags_of, is_own, names, pieces, whole};
use crate::app::program::told_result::ToldResult;
use crate::diag::{Error, ErrorKind, Result, did_you_mean};
use crate::durable::{Sync, write_whole, write_whole_with};
use crate::grammar::{Quote, quoted};
use crate::run::METRICS;
use crate::run::{CONFIG, RESOLVED, Run};
use crate::value::{
    JsonStyle, KeyPath, Kind, Map, Node, write_float, write_python_json, write_str, write_yaml,
};

/// What a command can be told.
pub(super) struct Handed {
    pub(super) bound: Bound,
    /// Whether there is a config of ours, and not overrides alone.
    pub(super) named: bool,
}

impl Handed {
    /// The variables that it runs with.
    pub(super) fn environment(&self, run: &Run) -> Result<Vec<(String, OsString)>> {
        let mut all: Vec<(String, OsString)> = vec![
            ("MAINSTEM_RUN_DIR".to_owned(), run.dir().into()),
            ("MAINSTEM_RESULT".to_owned(), ToldResult::of(&self.bound, run)?.path.into()),
        ];
        if let Some(folder) = run.record_dir() {
            all.push(("MAINSTEM_CONFIG".to_owned(), folder.join(RESOLVED).into()));
            all.push(("MAINSTEM_METRICS".to_owned(), folder.join(own_file(run, METRICS)).into()));
        }
        all.extend(run.report_name().map(|name| ("MAINSTEM_REPORT".to_owned(), name.into())));
        let number = self.bound.select("hydra.job.num")?.filter(|node| matches!(node.kind, Kind::Int(_)));
        // What `.env` and `--env-file` say, its config was composed with.
        all.extend(self.bound.variables_of_files().map(|(name, value)| (name.to_owned(), value.into())));
        all.extend(number.map(|node| {
            let mut text = String::new();
            write_str(&node, &mut text);
            ("MAINSTEM_JOB_NUM".to_owned(), text.into())
        }));
        Ok(all)
    }

    /// Where the config lies as files. Of a run without a record it is in the folder only while the command runs.
    fn record<'f>(&self, run: &Run, folder: &'f Path) -> Result<&'f Path> {
        if run.record_dir().is_none() {
            write_later(&folder.join(CONFIG), &self.bound.to_yaml())?;
            if let Ok(resolved) = self.bound.resolve() {
                let mut text = String::new();
                write_yaml(&resolved, &mut text);
                write_later(&folder.join(RESOLVED), &text)?;
            }
        }
        Ok(folder)
    }

    /// An unchanged Hydra program is pointed at the composed config, and keeps its own records apart from ours.
    fn handed_over(&self, run: &Run, folder: &Path) -> Result<Vec<OsString>> {
        let mut words = if self.named {
            let folder = self.record(run, folder)?;
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
        Ok(lines.map(OsString::from).collect())
    }

    /// Every value as a flag: `--optimizer.lr=0.1`; of a part, each by its name in it: `--lr=0.1`.
    fn flags(&self, part: Option<&str>) -> Result<Vec<OsString>> {
        let root = match part {
            Some(part) => self.part(part)?,
            None => self.bound.resolve()?,
        };
        root.as_map().map_or_else(|| Ok(Vec::new()), |map| flags(&self.bound, map))
    }

    /// A part of the config, resolved.
    fn part(&self, key: &str) -> Result<Node> {
        let node = self.bound.require(key)?;
        if node.as_map().is_some() {
            return Ok(node);
        }
        let message =
            format!("`{{flags:{key}}}` is about a part of the config, and `{key}` is {}", node.describe());
        let error = Error::new(ErrorKind::Type, message).at(node.origin, "no mapping");
        Err(self.bound.located(error.help(format!("`{{{key}}}` is its value"))))
    }

    /// The value of a key as a word; `None` if there is no such key.
    fn value(&self, key: &str) -> Result<Option<String>> {
        // What stands for a key may be none: a name that leads into a number, say.
        if self.find(key).is_none() {
            return Ok(None);
        }
        let node = self.bound.require(key)?;
        if holds_secret(&node) {
            return Err(self.bound.located(shows_secret(&format!("{{{key}}}"), key, &node)));
        }
        Ok(Some(word_of(&node)))
    }

    /// The node at a key, as it is written.
    fn find(&self, key: &str) -> Option<&Node> {
        let path = KeyPath::parse(key);
        path.keys().iter().try_fold(self.bound.root(), |node, key| match &node.kind {
            // What an interpolation leads to is known when it is resolved.
            Kind::Template(_) => Some(node),
            _ => node.find(key.as_str()?)?.map(|(_, node)| node),
        })
    }

    /// What is wrong with the placeholders of a command, as far as that is known before its run begins.
    ///
    /// # Errors
    /// Every one that means nothing, and is near to one that does; a value that cannot be resolved, or is a secret.
    pub(super) fn check(&self, words: &[OsString]) -> Result<()> {
        let mut errors = Vec::new();
        for word in words.iter().filter_map(|word| word.to_str()).filter(|word| word.contains('{')) {
            for name in names(&[word.into()]) {
                errors.extend(self.check_name(word, name).err());
            }
        }
        Error::all(errors).map_or(Ok(()), Err)
    }

    fn check_name(&self, word: &str, name: &str) -> Result<()> {
        let several = WHOLE.contains(&name) || flags_of(name).is_some();
        if several && whole(word).is_none() {
            let error = Error::new(ErrorKind::Usage, format!("`{{{name}}}` stands for several words"));
            return Err(error.note(format!("it stands in `{word}`")).help("make it a word of its own"));
        }
        if let Some(part) = flags_of(name) {
            return self.part(part).map(drop);
        }
        // What a run adds to the node `hydra` is known when it has begun.
        if is_own(name) || name.starts_with("hydra.") || self.value(name)?.is_some() {
            return Ok(());
        }
        let mut known: Vec<String> = WHOLE.iter().chain(&PATHS).map(|&name| name.to_owned()).collect();
        if let Some(map) = self.bound.root().as_map() {
            collect_keys(map, "", &mut known);
        }
        match did_you_mean(name, known.iter().map(String::as_str)) {
            None => Ok(()),
            Some(near) => {
                let error =
                    Error::new(ErrorKind::UnknownKey, format!("`{{{name}}}` in the command is no key"));
                Err(error
                    .help(format!("did you mean `{{{near}}}`?"))
                    .help(format!("for the text itself, type `{{{{{name}}}}}`")))
            }
        }
    }

    /// A word with what its placeholders stand for.
    fn filled(&self, word: &str, run: &Run, folder: &Path) -> Result<OsString> {
        let mut text = String::new();
        for piece in pieces(word) {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Name("config") => {
                    text.push_str(&self.record(run, folder)?.join(RESOLVED).to_string_lossy());
                }
                Piece::Name("config.json") => text.push_str(&self.json(run, folder)?.to_string_lossy()),
                Piece::Name("run") => text.push_str(&run.dir().to_string_lossy()),
                Piece::Name(name) => match self.value(name)? {
                    Some(value) => text.push_str(&value),
                    None => text.push_str(&format!("{{{name}}}")),
                },
                // Only what would be filled in needs to be written so.
                Piece::Doubled(name) if is_own(name) || self.is_near(name) => {
                    text.push_str(&format!("{{{name}}}"));
                }
                Piece::Doubled(name) => text.push_str(&format!("{{{{{name}}}}}")),
            }
        }
        Ok(text.into())
    }

    /// Whether a name in braces is a key, or would be taken for one.
    fn is_near(&self, name: &str) -> bool {
        self.find(name).is_some() || self.check_name(name, name).is_err()
    }

    fn json(&self, run: &Run, folder: &Path) -> Result<PathBuf> {
        let path = self.record(run, folder)?.join("config.resolved.json");
        let mut text = String::new();
        write_python_json(&self.bound.resolve()?, JsonStyle::Pretty, &mut text);
        text.push('\n');
        write_later(&path, &text)?;
        Ok(path)
    }
}

/// The text of a file for the command. The command of another rank may be reading it.
fn write_later(path: &Path, text: &str) -> Result<()> {
    write_whole_with(path, Sync::Later, |file| file.write_all(text.as_bytes()))
}

/// A value as a word: text as it is, else JSON.
pub(super) fn word_of(node: &Node) -> String {
    let mut text = String::new();
    match (&node.kind, node.as_str()) {
        (_, Some(plain)) => text.push_str(plain),
        (Kind::Float(number), _) => write_float(*number, &mut text),
        _ => write_python_json(node, JsonStyle::Compact, &mut text),
    }
    text
}

/// The paths of all keys.
fn collect_keys(map: &Map, above: &str, known: &mut Vec<String>) {
    for (key, slot) in map.iter() {
        let path = format!("{above}{key}");
        if let Some(inner) = slot.node.as_map().filter(|_| path != "hydra" && path != "mainstem") {
            collect_keys(inner, &format!("{path}."), known);
        }
        known.push(path);
    }
}

/// Whether anything in a value must not be shown.
pub(super) fn holds_secret(node: &Node) -> bool {
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
/// The folder is that of the record, or one for the time that the command runs.
///
/// # Errors
/// A config that cannot be resolved, or written.
pub(super) fn expand(handed: &Handed, words: &[OsString], run: &Run, folder: &Path) -> Result<Vec<OsString>> {
    let mut out = Vec::new();
    let mut asks = false;
    for word in words {
        let Some(text) = word.to_str().filter(|text| text.contains('{')) else {
            out.push(word.clone());
            continue;
        };
        asks |= names(std::slice::from_ref(word)).any(is_own);
        match whole(text) {
            Some("overrides") => out.extend(handed.overrides()?),
            Some("flags") => out.extend(handed.flags(None)?),
            Some("hydra") => out.extend(handed.handed_over(run, folder)?),
            Some(name) if flags_of(name).is_some() => out.extend(handed.flags(flags_of(name))?),
            _ => out.push(handed.filled(text, run, folder)?),
        }
    }
    if !asks && is_told_by_hydra(words, handed.bound.cwd()) {
        out.extend(handed.handed_over(run, folder)?);
    }
    Ok(out)
}
