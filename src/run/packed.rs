//! Records of many runs in one file: a huge sweep in few files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::diag::{Error, ErrorKind, Result, SourceId};
use crate::run::files::RUN;
use crate::run::list::Found;
use crate::run::record::Record;
use crate::value::{JsonStyle, Key, Map, Node, Slot, read_json, write_json};

/// The file of packed records, in the directory of a sweep: a JSON object a line. `directory` is that of the run, seen from
/// that of the sweep; `files` are those that lay in the folder of its record, by their names.
pub const RECORDS: &str = ".sweep/records.jsonl";

/// Its folder: when another sweep begins in the same directory, `.1` is added to its name, or the next free number.
const FOLDER: &str = ".sweep";
const FILE: &str = "records.jsonl";

/// The largest record that is packed, in bytes. One with more in it stays as it is.
const LARGEST: u64 = 1 << 20;

/// How deep below its sweep the directory of a run is looked for.
const DEEPEST: usize = 8;

/// Where a packed record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    file: PathBuf,
    /// Where its line begins.
    at: u64,
    /// Whether the same directory has no later one.
    pub(super) latest: bool,
}

/// A record that can be packed.
#[derive(Debug)]
pub struct Pack {
    /// The line that holds it.
    pub line: String,
    folder: PathBuf,
    files: Vec<PathBuf>,
}

impl Pack {
    /// The record of a run that has ended, and some files of its directory that belong to it; `None` if there is none, or if
    /// more is in it than texts: it stays as it is.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`]: a file cannot be read.
    pub fn of(sweep: &Path, found: &Found, beside: &[&str]) -> Result<Option<Self>> {
        if found.packed.is_some() || found.folder == found.directory || !found.folder.join(RUN).is_file() {
            return Ok(None);
        }
        let failed = |path: &Path, error: &std::io::Error| {
            Error::new(ErrorKind::Io, format!("cannot read `{}`: {error}", path.display()))
        };
        let entries = fs::read_dir(&found.folder).map_err(|error| failed(&found.folder, &error))?;
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.extend(beside.iter().map(|name| found.directory.join(name)).filter(|path| path.is_file()));
        paths.sort();
        let (mut files, mut size) = (Map::default(), 0);
        for path in &paths {
            let about = path.symlink_metadata().map_err(|error| failed(path, &error))?;
            size += about.len();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Ok(None) };
            if !about.is_file() || size > LARGEST {
                return Ok(None);
            }
            let bytes = fs::read(path).map_err(|error| failed(path, &error))?;
            let Ok(text) = String::from_utf8(bytes) else { return Ok(None) };
            files.set(Key::from(name), Node::from(text.as_str()));
        }
        let directory = found.directory.strip_prefix(sweep).unwrap_or(&found.directory);
        let map = Map::from([
            ("directory", Node::from(directory.to_string_lossy().as_ref())),
            ("files", Node::from(files)),
        ]);
        let mut line = String::new();
        write_json(&Node::from(map), JsonStyle::Compact, &mut line);
        Ok(Some(Self { line, folder: found.folder.clone(), files: paths }))
    }

    /// Removes the files whose texts are packed, once the line has reached the disk.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`]. What is left is the record of the same run once more, which readers see.
    pub fn remove(&self) -> Result<()> {
        let failed = |error| {
            Error::new(
                ErrorKind::Io,
                format!("cannot remove the record in `{}`: {error}", self.folder.display()),
            )
        };
        self.files
            .iter()
            .try_for_each(fs::remove_file)
            .and_then(|()| fs::remove_dir(&self.folder))
            .map_err(failed)
    }
}

impl Packed {
    /// The files of packed records of a sweep, those of the sweeps before it in the same directory first.
    pub(super) fn files_of(sweep: &Path) -> Vec<PathBuf> {
        let aside = (1_u32..).map(|number| sweep.join(format!("{FOLDER}.{number}")));
        let folders = aside.take_while(|folder| folder.is_dir()).chain([sweep.join(FOLDER)]);
        folders.map(|folder| folder.join(FILE)).filter(|file| file.is_file()).collect()
    }

    /// Whether a file holds packed records, of whichever sweep.
    pub(super) fn is_file_of(file: &Path) -> bool {
        let folder = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let number = folder.strip_prefix(FOLDER);
        let is_folder = number.is_some_and(|number| number.is_empty() || number.starts_with('.'));
        is_folder && file.file_name().is_some_and(|name| name == FILE)
    }

    /// The packed runs of a sweep, and of those before it in the same directory, in the order in which they were packed; and
    /// those that cannot be read, as errors.
    pub(super) fn all(sweep: &Path) -> (Vec<Found>, Vec<Error>) {
        let (mut found, mut errors, mut last) = (Vec::new(), Vec::new(), BTreeMap::new());
        for file in Self::files_of(sweep) {
            Self::read(sweep, &file, (&mut found, &mut errors), &mut last);
        }
        (found, errors)
    }

    /// Reads a file of packed runs. `last` is where the last one of each directory is among those that were found.
    fn read(
        sweep: &Path,
        file: &Path,
        (found, errors): (&mut Vec<Found>, &mut Vec<Error>),
        last: &mut BTreeMap<PathBuf, usize>,
    ) {
        // It has just been removed.
        let Ok(open) = File::open(file) else { return };
        let mut lines = BufReader::new(open);
        let (mut at, mut number, mut line) = (0, 0_usize, String::new());
        loop {
            line.clear();
            let length = match lines.read_line(&mut line) {
                Ok(length) => length as u64,
                Err(error) => {
                    errors.push(Error::new(
                        ErrorKind::Io,
                        format!("cannot read `{}`: {error}", file.display()),
                    ));
                    break;
                }
            };
            // Who wrote the last line was killed in the middle of it.
            let Some(text) = line.strip_suffix('\n') else { break };
            number += 1;
            let name = format!("line {number} of `{}`", file.display());
            match parsed(text, &name) {
                Ok((directory, _, record)) => {
                    let directory = sweep.join(directory);
                    if let Some(earlier) = last.insert(directory.clone(), found.len())
                        && let Some(packed) = &mut found[earlier].packed
                    {
                        packed.latest = false;
                    }
                    // A name of its own, since a directory may have had several records.
                    let folder = file.join(number.to_string());
                    let packed = Some(Self { file: file.to_owned(), at, latest: true });
                    found.push(Found { directory, folder, record, packed });
                }
                Err(error) => errors.push(error),
            }
            at += length;
        }
    }

    /// The last packed run of a directory; `None` if no sweep around it has one.
    pub(super) fn of(directory: &Path) -> Option<Found> {
        let sweep =
            directory.ancestors().skip(1).take(DEEPEST).find(|above| !Self::files_of(above).is_empty())?;
        let (found, _) = Self::all(sweep);
        found.into_iter().rev().find(|found| found.directory == directory)
    }

    /// The texts of the files, by their names.
    pub(super) fn files(&self) -> Result<BTreeMap<String, String>> {
        let read = || -> std::io::Result<String> {
            let mut file = File::open(&self.file)?;
            file.seek(SeekFrom::Start(self.at))?;
            let mut line = String::new();
            // A line is as long as the texts and what marks their ends.
            BufReader::new(file.take(LARGEST * 8)).read_line(&mut line)?;
            Ok(line)
        };
        let failed =
            |error| Error::new(ErrorKind::Io, format!("cannot read `{}`: {error}", self.file.display()));
        let (_, files, _) = parsed(read().map_err(failed)?.trim_end(), &self.file.display().to_string())?;
        let text = |(name, slot): (&Key, &Slot)| Some((name.to_string(), slot.node.as_str()?.to_owned()));
        Ok(files.iter().filter_map(text).collect())
    }

    /// The error of whoever wants to change a packed record.
    pub(super) fn is_fixed(&self) -> Error {
        let message = format!("the record of the run is one of many in `{}`", self.file.display());
        Error::new(ErrorKind::Io, message).note("`mainstem.sweep.record` was `compact`")
    }
}

/// What a line says: the directory, the files, and the record among them.
fn parsed(line: &str, name: &str) -> Result<(PathBuf, Map, Record)> {
    let broken = || Error::new(ErrorKind::Json, format!("{name} is no packed record"));
    let node = read_json(line, SourceId::NONE).map_err(|_| broken())?;
    let map = node.as_map().ok_or_else(broken)?;
    let directory = map.get_str("directory").and_then(Node::as_str).ok_or_else(broken)?;
    let files = map.get_str("files").and_then(Node::as_map).ok_or_else(broken)?;
    let text = files.get_str(RUN).and_then(Node::as_str).ok_or_else(broken)?;
    Ok((directory.into(), files.clone(), Record::parse(name, text)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::{Log, testing::Scratch};
    use crate::facts::Process;
    use crate::run::list;

    const RECORD: &str = r#"{"schema":1,"id":"01ARZ3NDEKTSV4RRFFQ69G5FAA","name":"a","status":"completed","started":"2026-01-02T03:04:05.000006+01:00"}"#;

    fn write(scratch: &Scratch, name: &str, text: &[u8]) {
        let path = scratch.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn pack(scratch: &Scratch, directory: &str) -> Option<Pack> {
        let found = Found::read(&scratch.path().join(directory), &Process::default()).unwrap();
        Pack::of(scratch.path(), &found, &["result.json"]).unwrap()
    }

    #[test]
    fn a_packed_record_reads_as_it_did() {
        let scratch = Scratch::new("packed");
        write(&scratch, "0/.hydra/run.json", RECORD.as_bytes());
        write(&scratch, "0/.hydra/metrics.jsonl", b"{\"name\":\"loss\",\"value\":0.5}\n");
        write(&scratch, "0/.hydra/overrides.yaml", "- a='\u{e9}\n\u{1b}'\n".as_bytes());
        write(&scratch, "0/result.json", b"1");
        write(&scratch, "0/model.bin", b"\xff");
        let before = Found::read(&scratch.path().join("0"), &Process::default()).unwrap();
        let read = |found: &Found| {
            (
                found.record.clone(),
                found.metrics().unwrap(),
                found.text("overrides.yaml").unwrap(),
                found.text("no").unwrap(),
            )
        };
        let expected = read(&before);
        let packed = pack(&scratch, "0").unwrap();
        fs::create_dir(scratch.path().join(".sweep")).unwrap();
        let log = Log::open(&scratch.path().join(RECORDS)).unwrap();
        log.append(&packed.line).unwrap();
        // Between the line and the removal it is there twice, and is one run.
        assert_eq!(list(scratch.path(), &Process::default()).unwrap().0.len(), 1);
        packed.remove().unwrap();
        let names: Vec<_> =
            fs::read_dir(scratch.path().join("0")).unwrap().map(|one| one.unwrap().file_name()).collect();
        assert_eq!(names, ["model.bin"]);
        fs::remove_dir_all(scratch.path().join("0")).unwrap();
        for found in [
            Found::read(&scratch.path().join("0"), &Process::default()).unwrap(),
            list(scratch.path(), &Process::default()).unwrap().0.remove(0),
        ] {
            assert_eq!(read(&found), expected);
            assert!(found.is_latest());
            assert_eq!(found.text("result.json").unwrap().as_deref(), Some("1"));
            let error = found.remove(&Process::default()).unwrap_err();
            assert!(error.message().starts_with("the record of the run is one of many in"), "{error:#}");
        }
        // Of a directory that had several, the last one is meant.
        log.append(&packed.line.replace("5FAA", "5FAB")).unwrap();
        let (found, errors) = list(scratch.path(), &Process::default()).unwrap();
        assert_eq!(found.iter().map(Found::is_latest).collect::<Vec<_>>(), [false, true]);
        assert!(errors.is_empty());
        log.append("nonsense").unwrap();
        let (found, errors) = list(scratch.path(), &Process::default()).unwrap();
        assert_eq!((found.len(), errors.len()), (2, 1));
        assert!(errors[0].message().starts_with("line 3 of "), "{}", errors[0]);
        let none = Found::read(&scratch.path().join("1"), &Process::default()).unwrap_err();
        assert_eq!(none.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn records_of_a_sweep_that_was_put_aside_are_listed() {
        let scratch = Scratch::new("packed-aside");
        write(&scratch, "0/.hydra/run.json", RECORD.as_bytes());
        let line = format!("{}\n", pack(&scratch, "0").unwrap().line);
        fs::remove_dir_all(scratch.path().join("0")).unwrap();
        write(&scratch, ".sweep.1/records.jsonl", line.as_bytes());
        write(&scratch, ".sweep.2/records.jsonl", line.replace("5FAA", "5FAB").as_bytes());
        let listed = || {
            let (found, errors) = list(scratch.path(), &Process::default()).unwrap();
            assert!(errors.is_empty(), "{errors:?}");
            found
                .iter()
                .map(|found| (found.text("run.json").unwrap().is_some(), found.is_latest()))
                .collect::<Vec<_>>()
        };
        assert_eq!(listed(), [(true, false), (true, true)]);
        write(
            &scratch,
            ".sweep/records.jsonl",
            line.replace("5FAA", "5FAC").replace(":\"0\"", ":\"1\"").as_bytes(),
        );
        assert_eq!(listed(), [(true, false), (true, true), (true, true)]);
        let latest = Found::read(&scratch.path().join("0"), &Process::default()).unwrap();
        assert!(latest.record.id().unwrap().to_string().ends_with("5FAB"));
    }

    #[test]
    fn what_is_no_text_or_too_large_stays_as_it_is() {
        let scratch = Scratch::new("packed-not");
        for (directory, name, bytes) in [
            ("0", "git.diff", b"\xff".to_vec()),
            ("1", "folder/x", b"x".to_vec()),
            ("2", "git.diff", vec![b'x'; 2 << 20]),
        ] {
            write(&scratch, &format!("{directory}/.hydra/run.json"), RECORD.as_bytes());
            write(&scratch, &format!("{directory}/.hydra/{name}"), &bytes);
            assert!(pack(&scratch, directory).is_none(), "{directory}");
        }
    }
}
