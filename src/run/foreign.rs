//! Records that Hydra itself wrote.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, FixedOffset};

use crate::diag::{Error, ErrorKind, Result, SourceId};
use crate::facts::date_of;
use crate::run::files::HYDRA;
use crate::run::list::unreadable;
use crate::run::place::is_inside;
use crate::run::record::Record;
use crate::value::Node;
use crate::yaml;

/// Whether a folder with a `hydra.yaml` was written by Hydra: a project has config folders too.
pub(super) fn is_hydra(folder: &Path) -> bool {
    folder.join("overrides.yaml").is_file() && folder.join("config.yaml").is_file()
}

/// The run of Hydra itself: when, and under which name.
pub(super) fn foreign(folder: &Path) -> Result<Record> {
    let path = folder.join(HYDRA);
    let written = path.metadata().and_then(|data| data.modified());
    let written = written.map_err(|error| unreadable(&path, &error))?;
    let name = setting_of(&path, &["job", "name"])?;
    let name = name.as_ref().and_then(Node::as_str).unwrap_or_default();
    Ok(Record::unknown(name, date(written)))
}

/// The directory of a run of Hydra itself whose record lies deeper in it than a folder, as `hydra.output_subdir` said.
pub(super) fn directory_above(folder: &Path) -> Option<PathBuf> {
    let hydra = setting_of(&folder.join(HYDRA), &[]).ok()??;
    let hydra = hydra.as_map()?;
    let subdirectory = hydra.get_str("output_subdir")?.as_str().map(Path::new);
    if let Some(within) = subdirectory.filter(|path| is_inside(path)) {
        let within: PathBuf = within.components().filter(|part| *part != Component::CurDir).collect();
        let depth = within.components().count();
        let is_deep = depth > 1 && folder.ends_with(&within);
        return folder.ancestors().nth(depth).filter(|_| is_deep).map(Path::to_owned);
    }
    // An interpolation or an absolute path: the directory is said, too. It may have been moved with all that is in it.
    let output = hydra.get_str("runtime")?.as_map()?.get_str("output_dir")?;
    let name = Path::new(output.as_str()?).file_name()?;
    folder.ancestors().skip(2).find(|path| path.file_name() == Some(name)).map(Path::to_owned)
}

/// Whether it is sure that Hydra wrote the record in a folder: it says there where it ran. Files of these names may be
/// the configs of a project.
pub(super) fn written_by_hydra(folder: &Path) -> Result<()> {
    match setting_of(&folder.join(HYDRA), &["runtime"])? {
        Some(node) if node.as_map().is_some() => Ok(()),
        _ => {
            let message = format!("`{}` may be no run", folder.display());
            Err(Error::new(ErrorKind::NotFound, message)
                .note(format!("its {HYDRA} says nothing of where Hydra ran (`hydra.runtime`)")))
        }
    }
}

/// What the `hydra.yaml` of a record says below `hydra`.
fn setting_of(path: &Path, keys: &[&str]) -> Result<Option<Node>> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let parsed = yaml::parse(&text, SourceId::NONE, &yaml::Limits::default(), &mut ());
    let found = parsed.as_ref().and_then(|parsed| {
        let mut keys = ["hydra"].iter().chain(keys);
        keys.try_fold(&parsed.root, |node, key| node.as_map()?.get_str(key)).cloned()
    });
    Ok(found)
}

/// When a file was written; one that says so of no year that a record can hold is very old.
pub(super) fn date(written: SystemTime) -> DateTime<FixedOffset> {
    date_of(written).unwrap_or(DateTime::UNIX_EPOCH).fixed_offset()
}
