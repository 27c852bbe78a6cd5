//! What a process is told that runs one job: data that any process of the same program can carry out.

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;

use crate::diag::{Error, ErrorKind, Origin, Result, SourceId};
use crate::durable::read_regular;
use crate::facts::Facts;
use crate::run::{Mandate, Surroundings};
use crate::value::{JsonStyle, Key, Kind, Map, Node, Slot, read_json, write_json};

/// The hidden first argument of a worker; the path of its order follows, or [`INPUT`], then the arguments of the program.
pub(crate) const WORKER: &str = "__mainstem-worker";

/// In place of a path: the order is the first line of standard input.
pub(crate) const INPUT: &str = "-";

/// What a worker is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    /// When the program was started: the instant of every `${now:…}`.
    pub(crate) now: NaiveDateTime,
    /// Variables of the job, and what they were before.
    pub(crate) before: Vec<(String, Option<String>)>,
    /// The process that gave the order, and started the worker.
    pub(crate) parent: u32,
    /// Whether its standard input is a pipe that ends with the program that gave the order.
    pub(crate) watched: bool,
    /// What stands around the job, if who gave the order knows it.
    pub(crate) surroundings: Option<Surroundings>,
    /// The job of a sweep that it is; none for a job alone.
    pub(crate) of_sweep: Option<OfSweep>,
}

/// One job of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OfSweep {
    pub(crate) number: u64,
    /// The directory of the sweep, if it is another one than the config says.
    pub(crate) sweep: Option<PathBuf>,
    /// The identifier of the sweep.
    pub(crate) id: String,
    /// In whose name the order is given.
    pub(crate) mandate: Mandate,
    /// The directory of the job.
    pub(crate) directory: PathBuf,
    /// Whether that was made for the job.
    pub(crate) made: bool,
    pub(crate) overrides: Vec<String>,
}

/// The largest order, in bytes.
const LARGEST: u64 = 64 << 20;

const TIME: &str = "%Y-%m-%dT%H:%M:%S%.f";

impl Order {
    /// The order that the first arguments name, taken off them; none if this is no worker.
    ///
    /// # Errors
    /// An order that cannot be read.
    pub(crate) fn take(arguments: &mut Vec<OsString>) -> Result<Option<Self>> {
        if arguments.first().is_none_or(|first| first != WORKER) {
            return Ok(None);
        }
        let lost = |why: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Job, format!("`{WORKER}` is for the program itself: {why}"))
        };
        let rest = arguments.split_off(arguments.len().min(2));
        let taken = std::mem::replace(arguments, rest);
        let place = taken.get(1).ok_or_else(|| lost(&"there is no order"))?;
        let file = (place != INPUT).then(|| Path::new(place));
        let bytes = match file {
            Some(path) => read_regular(path, LARGEST),
            None => first_line(io::stdin().lock()),
        };
        let text = String::from_utf8(bytes.map_err(|error| lost(&error))?).map_err(|error| lost(&error))?;
        let node = read_json(&text, SourceId::NONE).map_err(|_| lost(&"what it is told is no order"))?;
        let order = Self::of(&node).ok_or_else(|| lost(&"the order is another version's"))?;
        // Only now is it known that nobody named another file.
        let _ = file.map(fs::remove_file);
        Ok(Some(order))
    }

    /// The world as it was for the program that gave the order.
    pub(crate) fn restore(&self, facts: Facts) -> Facts {
        let changed = |name: &str| self.before.iter().any(|(known, _)| known == name);
        let kept = facts.env.iter().filter(|(name, _)| !changed(name));
        let kept = kept.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let before = self.before.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
        Facts { env: kept.chain(before).collect(), now: self.now.into(), ..facts }
    }

    /// The order in one line.
    pub(crate) fn to_json(&self) -> String {
        let text = |text: &str| Node::from(text);
        let texts = |texts: &[String]| Node::from(texts.iter().map(|one| text(one)).collect::<Vec<_>>());
        let before: Map = (self.before.iter())
            .map(|(name, value)| {
                let node = value.as_deref().map_or_else(Node::null, text);
                (Key::from(name.as_str()), Slot { origin: Origin::NONE, node })
            })
            .collect();
        let of_sweep = self.of_sweep.as_ref().map(|job| {
            Node::from(Map::from([
                ("number", text(&job.number.to_string())),
                ("sweep", job.sweep.as_deref().map_or_else(Node::null, path)),
                ("id", text(&job.id)),
                ("lock", path(&job.mandate.lock)),
                ("driver", text(&job.mandate.id)),
                ("directory", path(&job.directory)),
                ("made", Node::from(job.made)),
                ("overrides", texts(&job.overrides)),
            ]))
        });
        let node = Node::from(Map::from([
            ("now", text(&self.now.format(TIME).to_string())),
            ("before", Node::from(before)),
            ("parent", Node::from(i64::from(self.parent))),
            ("watched", Node::from(self.watched)),
            ("surroundings", Node::from(self.surroundings.as_ref().map(around))),
            ("of_sweep", Node::from(of_sweep)),
        ]));
        let mut json = String::new();
        write_json(&node, JsonStyle::Compact, &mut json);
        json
    }

    fn of(node: &Node) -> Option<Self> {
        let map = node.as_map()?;
        let before = map.get_str("before")?.as_map()?;
        let before =
            before.iter().map(|(key, slot)| (key.to_string(), slot.node.as_str().map(str::to_owned)));
        let of_sweep = match map.get_str("of_sweep")?.as_map() {
            None => None,
            Some(job) => Some(OfSweep {
                number: job.get_str("number")?.as_str()?.parse().ok()?,
                sweep: job.get_str("sweep").and_then(path_of),
                id: job.get_str("id")?.as_str()?.to_owned(),
                mandate: Mandate {
                    lock: path_of(job.get_str("lock")?)?,
                    id: job.get_str("driver")?.as_str()?.to_owned(),
                },
                directory: path_of(job.get_str("directory")?)?,
                made: *job.get_str("made")? == Node::from(true),
                overrides: (job.get_str("overrides")?.as_list()?.iter())
                    .map(|one| one.as_str().map(str::to_owned))
                    .collect::<Option<_>>()?,
            }),
        };
        let now = NaiveDateTime::parse_from_str(map.get_str("now")?.as_str()?, TIME).ok()?;
        let Kind::Int(parent) = map.get_str("parent")?.kind else { return None };
        let parent = u32::try_from(parent).ok()?;
        let watched = *map.get_str("watched")? == Node::from(true);
        let surroundings = map.get_str("surroundings").and_then(around_of);
        Some(Self { now, before: before.collect(), parent, watched, surroundings, of_sweep })
    }
}

/// A line that came whole, without its end.
fn first_line(input: impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    input.take(LARGEST).read_until(b'\n', &mut line)?;
    match line.pop() {
        Some(b'\n') => Ok(line),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// What stands around a job.
fn around(surroundings: &Surroundings) -> Node {
    let file = |(name, bytes): &(String, Vec<u8>)| {
        Node::from(Map::from([("name", Node::from(name.as_str())), ("bytes", content(bytes))]))
    };
    Node::from(Map::from([
        ("keys", Node::from(surroundings.keys.clone())),
        ("files", surroundings.files.iter().map(file).collect()),
    ]))
}

fn around_of(node: &Node) -> Option<Surroundings> {
    let map = node.as_map()?;
    let file = |node: &Node| {
        let file = node.as_map()?;
        Some((file.get_str("name")?.as_str()?.to_owned(), content_of(file.get_str("bytes")?)?))
    };
    let files = map.get_str("files")?.as_list()?.iter().map(file).collect::<Option<_>>()?;
    Some(Surroundings { keys: map.get_str("keys")?.as_map()?.clone(), files })
}

/// A text as it is, and other bytes as such.
fn content(bytes: &[u8]) -> Node {
    match std::str::from_utf8(bytes) {
        Ok(text) => Node::from(text),
        Err(_) => Node::new(Kind::Bytes(bytes.into()), Origin::NONE),
    }
}

fn content_of(node: &Node) -> Option<Vec<u8>> {
    match &node.kind {
        Kind::Bytes(bytes) => Some(bytes.to_vec()),
        _ => node.as_str().map(|text| text.as_bytes().to_vec()),
    }
}

/// A path, whatever bytes it has.
#[cfg(unix)]
fn path(path: &Path) -> Node {
    content(std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()))
}

#[cfg(unix)]
fn path_of(node: &Node) -> Option<PathBuf> {
    Some(<OsString as std::os::unix::ffi::OsStringExt>::from_vec(content_of(node)?).into())
}

/// A path. Elsewhere it is no row of bytes.
#[cfg(not(unix))]
fn path(path: &Path) -> Node {
    Node::from(path.to_string_lossy().as_ref())
}

#[cfg(not(unix))]
fn path_of(node: &Node) -> Option<PathBuf> {
    node.as_str().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;

    fn order() -> Order {
        Order {
            now: NaiveDateTime::parse_from_str("2026-01-02T03:04:05.000006", TIME).unwrap(),
            before: vec![("A".to_owned(), None), ("B".to_owned(), Some("\"x\n".to_owned()))],
            parent: 7,
            watched: true,
            surroundings: Some(Surroundings {
                keys: Map::from([("git", Node::from(Map::from([("dirty", Node::from(true))])))]),
                files: vec![
                    ("git.diff".to_owned(), b"+a\xff\n".to_vec()),
                    ("text".to_owned(), b"x\n".to_vec()),
                ],
            }),
            of_sweep: Some(OfSweep {
                number: 3,
                sweep: Some("/s".into()),
                id: "01".to_owned(),
                mandate: Mandate { lock: "/s/.sweep.lock".into(), id: "02".to_owned() },
                directory: "/s/3".into(),
                made: true,
                overrides: vec!["a=${b}".to_owned(), "~c".to_owned()],
            }),
        }
    }

    #[test]
    fn an_order_reads_back_and_its_file_is_gone() {
        let (order, scratch) = (order(), Scratch::new("order-file"));
        let file = scratch.path().join("order.json");
        fs::write(&file, order.to_json()).unwrap();
        let mut arguments: Vec<OsString> = vec![WORKER.into(), file.clone().into(), "x=1".into()];
        assert_eq!(Order::take(&mut arguments).unwrap(), Some(order.clone()));
        assert_eq!(arguments, ["x=1"]);
        assert!(!file.exists());
        assert_eq!(Order::take(&mut arguments).unwrap(), None);
        let env = [("A", "1"), ("B", "2"), ("C", "3")].into_iter().collect();
        let facts = order.restore(Facts { env, ..Facts::default() });
        let restored: Vec<_> = facts.env.iter().collect();
        assert_eq!((restored, facts.now), (vec![("B", "\"x\n"), ("C", "3")], order.now.into()));
    }

    #[test]
    fn an_order_is_one_line_that_comes_whole() {
        let line = order().to_json() + "\n";
        let read = first_line((line.clone() + "more").as_bytes()).unwrap();
        let node = read_json(std::str::from_utf8(&read).unwrap(), SourceId::NONE).unwrap();
        assert_eq!(Order::of(&node), Some(order()));
        let cut = first_line(&line.as_bytes()[..line.len() - 1]).unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    #[cfg(unix)]
    fn a_path_survives_whatever_bytes_it_has() {
        let odd = || -> PathBuf {
            <OsString as std::os::unix::ffi::OsStringExt>::from_vec(b"/s\xff/3".into()).into()
        };
        let mut order = order();
        if let Some(job) = &mut order.of_sweep {
            (job.sweep, job.directory, job.mandate.lock) = (Some(odd()), odd(), odd());
        }
        let node = read_json(&order.to_json(), SourceId::NONE).unwrap();
        assert_eq!(Order::of(&node), Some(order));
    }

    #[test]
    fn what_is_no_order_is_an_error() {
        for arguments in [vec![WORKER], vec![WORKER, "/nowhere/at/all"]] {
            let mut arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
            assert_eq!(Order::take(&mut arguments).unwrap_err().kind(), ErrorKind::Job);
        }
        let scratch = Scratch::new("order");
        let path = scratch.path().join("notes.json");
        for text in ["{}", "no JSON"] {
            fs::write(&path, text).unwrap();
            let mut arguments: Vec<OsString> = vec![WORKER.into(), path.clone().into()];
            assert_eq!(Order::take(&mut arguments).unwrap_err().kind(), ErrorKind::Job);
            assert!(path.exists(), "a file that is no order is left alone");
        }
    }
}
