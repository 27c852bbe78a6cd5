//! Word for a driver that no signal reaches: it is to end.

use std::path::Path;

use crate::diag::{Result, SourceId};
use crate::drive::journal::FOLDER;
use crate::durable::{read_regular, write_whole};
use crate::run::Mandate;
use crate::value::{JsonStyle, Map, Node, read_json, write_json};

/// The file of the word, beside the journal.
const WORD: &str = "cancel.json";
const LONGEST: u64 = 1 << 16;

/// Leaves word for the driver that has the lease of that id: it is to end, and to hand on nothing more. `who` asks for that.
///
/// # Errors
/// Of kind [`ErrorKind::Io`](crate::diag::ErrorKind::Io).
///
/// ```
/// use mainstem::drive::{asked_to_end, ask_to_end};
/// use mainstem::run::Mandate;
/// # let dir = std::env::temp_dir().join(format!("mainstem-doc-{}-word", std::process::id()));
/// # std::fs::create_dir_all(dir.join(".sweep")).unwrap();
/// let driver = Mandate { lock: dir.join(".sweep.lock"), id: "7".to_owned() };
/// assert_eq!(asked_to_end(&driver), None);
/// ask_to_end(&dir, "7", "process 12 on login-2")?;
/// assert_eq!(asked_to_end(&driver).as_deref(), Some("process 12 on login-2"));
/// // Whoever drives it later is not meant.
/// assert_eq!(asked_to_end(&Mandate { id: "8".to_owned(), ..driver }), None);
/// # std::fs::remove_dir_all(&dir).unwrap();
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
pub fn ask_to_end(directory: &Path, id: &str, who: &str) -> Result<()> {
    let mut text = String::new();
    let word = Map::from([("id", Node::from(id)), ("who", Node::from(who))]);
    write_json(&Node::from(word), JsonStyle::Compact, &mut text);
    write_whole(&directory.join(FOLDER).join(WORD), text.as_bytes())
}

/// Who has asked the driver of a sweep to end, if somebody has left word. What cannot be read says nothing.
pub fn asked_to_end(driver: &Mandate) -> Option<String> {
    let path = driver.lock.parent()?.join(FOLDER).join(WORD);
    let text = String::from_utf8(read_regular(&path, LONGEST).ok()?).ok()?;
    let word = read_json(&text, SourceId::NONE).ok()?;
    let said = |key: &str| word.as_map()?.get_str(key)?.as_str();
    (said("id")? == driver.id).then(|| said("who").unwrap_or("somebody").to_owned())
}
