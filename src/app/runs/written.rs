//! Which files of a command have been written since its run began.

use std::fs::Metadata;
use std::path::Path;

use chrono::{DateTime, FixedOffset, SecondsFormat};

use crate::app::runs::diff::{Difference, compare};
use crate::facts::date_of;
use crate::value::Node;

/// The words of a command that name a file that was written after that moment: `python train.py` may be another program since.
pub(super) fn written_since<'w>(
    words: impl Iterator<Item = &'w String>,
    cwd: &Path,
    started: DateTime<FixedOffset>,
) -> Vec<Difference> {
    let told = |what: &str, at: DateTime<FixedOffset>| {
        Node::from(format!("{what} {}", at.to_rfc3339_opts(SecondsFormat::Secs, false)).as_str())
    };
    let changed = |word: &String| {
        let file = cwd.join(word).metadata().ok().filter(Metadata::is_file)?;
        let written = date_of(file.modified().ok()?)?;
        let now = told("written", written.with_timezone(started.offset()));
        (written > started).then(|| (word.clone(), now))
    };
    let now: Vec<_> = words.filter_map(changed).collect();
    let then = now.iter().map(|(word, _)| (word.clone(), told("before", started))).collect();
    compare("files", then, now)
}
