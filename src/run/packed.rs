//! Records of many runs in one file: a huge sweep in few files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::diag::{Error, ErrorKind, Result, SourceId};
use crate::run::files::RUN;
use crate::run::list::Found;
use crate::run::outcome::Status;
use crate::run::rank::rank_in;
use crate::run::record::Record;
use crate::run::truth::with_written_ranks;
use crate::value::{HashMap, JsonStyle, Key, Map, Node, Slot, read_json, write_json};

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
    /// Which line it is, counted from 1.
    line: usize,
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
    /// The record of a run that has ended, and some files of its directory that belong to it; `None` if there is none, if
    /// one of its ranks still runs, or if more is in it than texts: it stays as it is.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Io`]: a file cannot be read.
    pub fn of(sweep: &Path, found: &Found, beside: &[&str]) -> Result<Option<Self>> {
        let is_own = found.packed.is_none() && found.folder != found.directory;
        if !is_own || found.record.status() == Status::Running || !found.folder.join(RUN).is_file() {
            return Ok(None);
        }
        let failed = |path: &Path, error: &io::Error| {
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
        let mut number = 0;
        let read = each_line(file, &mut 0, |at, text| {
            number += 1;
            match parsed(text, &format!("line {number} of `{}`", file.display())) {
                Ok((directory, _, record)) => {
                    let directory = sweep.join(directory);
                    if let Some(earlier) = last.insert(directory.clone(), found.len())
                        && let Some(packed) = &mut found[earlier].packed
                    {
                        packed.latest = false;
                    }
                    let packed = Self { file: file.to_owned(), at, line: number, latest: true };
                    found.push(packed.found(directory, record));
                }
                Err(error) => errors.push(error),
            }
        });
        // One that is not there has just been removed.
        if let Err(error) = read
            && error.kind() != io::ErrorKind::NotFound
        {
            errors.push(unreadable(file, &error));
        }
    }

    fn found(self, directory: PathBuf, record: Record) -> Found {
        // A name of its own, since a directory may have had several records.
        let folder = self.file.join(self.line.to_string());
        Found { directory, folder, record, packed: Some(self) }
    }

    /// The last packed run of a directory; `None` if no sweep around it has one.
    pub(super) fn of(directory: &Path) -> Option<Found> {
        let sweep =
            directory.ancestors().skip(1).take(DEEPEST).find(|above| !Self::files_of(above).is_empty())?;
        PackedRuns::new(sweep).of(directory)
    }

    /// What its line says.
    fn read_line(&self) -> Result<(PathBuf, Map, Record)> {
        let read = || -> io::Result<Vec<u8>> {
            let mut file = File::open(&self.file)?;
            file.seek(SeekFrom::Start(self.at))?;
            let mut line = Vec::new();
            // A line is as long as the texts and what marks their ends.
            BufReader::new(file.take(LARGEST * 8)).read_until(b'\n', &mut line)?;
            Ok(line)
        };
        let line = read().map_err(|error| unreadable(&self.file, &error))?;
        parsed(line.trim_ascii_end(), &format!("line {} of `{}`", self.line, self.file.display()))
    }

    /// The texts of the files, by their names.
    pub(super) fn files(&self) -> Result<BTreeMap<String, String>> {
        let (_, files, _) = self.read_line()?;
        let text = |(name, slot): (&Key, &Slot)| Some((name.to_string(), slot.node.as_str()?.to_owned()));
        Ok(files.iter().filter_map(text).collect())
    }

    /// The error of whoever wants to change a packed record.
    pub(super) fn is_fixed(&self) -> Error {
        let message = format!("the record of the run is one of many in `{}`", self.file.display());
        Error::new(ErrorKind::Io, message).note("`mainstem.sweep.record` was `compact`")
    }
}

/// The packed runs of a sweep by their directories, of each the last one. Its file is read once; what is added to it later
/// is read when somebody asks.
#[derive(Debug)]
pub(crate) struct PackedRuns {
    sweep: PathBuf,
    /// How far each file was read: how many bytes, and how many lines these are.
    read: BTreeMap<PathBuf, (u64, usize)>,
    last: HashMap<PathBuf, Packed>,
}

impl PackedRuns {
    /// Those of the sweep in a directory.
    pub(crate) fn new(sweep: &Path) -> Self {
        Self { sweep: sweep.to_owned(), read: BTreeMap::new(), last: HashMap::default() }
    }

    /// The last packed run of a directory.
    pub(crate) fn of(&mut self, directory: &Path) -> Option<Found> {
        self.read_on();
        let packed = self.last.get(directory)?;
        let (_, _, record) = packed.read_line().ok()?;
        Some(packed.clone().found(directory.to_owned(), record))
    }

    fn read_on(&mut self) {
        let Self { sweep, read, last } = self;
        for file in Packed::files_of(sweep) {
            let (mut end, mut line) = read.get(&file).copied().unwrap_or_default();
            if file.metadata().is_ok_and(|about| about.len() == end) {
                continue;
            }
            // Of what cannot be read now the rest is read when somebody asks again.
            let _ = each_line(&file, &mut end, |at, text| {
                line += 1;
                // Who lists runs tells what is broken.
                if let Ok((directory, _, _)) = parsed(text, "") {
                    last.insert(sweep.join(directory), Packed { file: file.clone(), at, line, latest: true });
                }
            });
            read.insert(file, (end, line));
        }
    }
}

/// Shows the lines of a file from a place on, each with where it begins. The place is then behind the last of them that was
/// seen, whatever came after it.
fn each_line(file: &Path, at: &mut u64, mut see: impl FnMut(u64, &[u8])) -> io::Result<()> {
    let mut open = File::open(file)?;
    open.seek(SeekFrom::Start(*at))?;
    let (mut lines, mut line) = (BufReader::new(open), Vec::new());
    loop {
        line.clear();
        let length = lines.read_until(b'\n', &mut line)? as u64;
        // Who wrote the last line was killed in the middle of it.
        let Some(text) = line.strip_suffix(b"\n") else { return Ok(()) };
        see(*at, text);
        *at += length;
    }
}

fn unreadable(file: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot read `{}`: {error}", file.display()))
}

/// What a line says: the directory, the files, and the record among them, with what its ranks say of themselves.
fn parsed(line: &[u8], name: &str) -> Result<(PathBuf, Map, Record)> {
    let broken = || Error::new(ErrorKind::Json, format!("{name} is no packed record"));
    let line = str::from_utf8(line).map_err(|_| broken())?;
    let node = read_json(line, SourceId::NONE).map_err(|_| broken())?;
    let map = node.as_map().ok_or_else(broken)?;
    let directory = map.get_str("directory").and_then(Node::as_str).ok_or_else(broken)?;
    let files = map.get_str("files").and_then(Node::as_map).ok_or_else(broken)?;
    let text = files.get_str(RUN).and_then(Node::as_str).ok_or_else(broken)?;
    let rank = |(file, slot): (&Key, &Slot)| {
        let number = rank_in(file.as_str()?, RUN).filter(|number| *number > 0)?;
        Some((number, Record::parse(name, slot.node.as_str()?).ok()?))
    };
    let mut ranks: Vec<(u32, Record)> = files.iter().filter_map(rank).collect();
    ranks.sort_by_key(|(number, _)| *number);
    let record = with_written_ranks(Record::parse(name, text)?, ranks);
    Ok((directory.into(), files.clone(), record))
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
    fn what_is_packed_later_is_found_by_who_has_looked_before() {
        let scratch = Scratch::new("packed-later");
        write(&scratch, "0/.hydra/run.json", RECORD.as_bytes());
        let line = pack(&scratch, "0").unwrap().line;
        write(&scratch, RECORDS, format!("nonsense\n{line}\n").as_bytes());
        let mut packed = PackedRuns::new(scratch.path());
        let id = |found: Option<Found>| found.and_then(|found| found.record.id()).map(|id| id.to_string());
        let (first, second) = (scratch.path().join("0"), scratch.path().join("1"));
        assert_eq!(id(packed.of(&first)).as_deref(), Some("01ARZ3NDEKTSV4RRFFQ69G5FAA"));
        assert_eq!(id(packed.of(&second)), None);
        let log = Log::open(&scratch.path().join(RECORDS)).unwrap();
        log.append(&line.replace("5FAA", "5FAB").replace(":\"0\"", ":\"1\"")).unwrap();
        log.append(&line.replace("5FAA", "5FAC")).unwrap();
        assert_eq!(id(packed.of(&second)).as_deref(), Some("01ARZ3NDEKTSV4RRFFQ69G5FAB"));
        assert_eq!(id(packed.of(&first)).as_deref(), Some("01ARZ3NDEKTSV4RRFFQ69G5FAC"));
        assert_eq!(packed.of(&first).unwrap().folder, scratch.path().join(RECORDS).join("4"));
    }

    #[test]
    fn a_damaged_line_hides_no_other() {
        let scratch = Scratch::new("packed-damaged");
        write(&scratch, "0/.hydra/run.json", RECORD.as_bytes());
        let line = pack(&scratch, "0").unwrap().line;
        fs::remove_dir_all(scratch.path().join("0")).unwrap();
        let damaged = [&b"{\"directory\":\"\xff\"}\n\0\n"[..], line.as_bytes(), b"\n"].concat();
        write(&scratch, RECORDS, &damaged);
        let (found, errors) = list(scratch.path(), &Process::default()).unwrap();
        assert_eq!((found.len(), errors.len()), (1, 2));
        assert!(errors[0].message().starts_with("line 1 of "), "{}", errors[0]);
        let mut packed = PackedRuns::new(scratch.path());
        let found = packed.of(&scratch.path().join("0")).unwrap();
        assert_eq!(found.folder, scratch.path().join(RECORDS).join("3"));
        // All of it was read, and is not read once more.
        assert_eq!(packed.read[&scratch.path().join(RECORDS)], (damaged.len() as u64, 3));
    }

    #[test]
    fn what_a_rank_says_is_in_the_packed_record() {
        let scratch = Scratch::new("packed-ranks");
        let of = |more: &str| {
            RECORD.replace("\"name\"", &format!("\"distributed\":{{\"world\":2}},{more}\"name\""))
        };
        let failed = of("\"error\":{\"message\":\"no memory\"},").replace("\"completed\"", "\"failed\"");
        for (status, own) in [("failed", failed), ("killed", of("").replace("\"completed\"", "\"running\""))]
        {
            write(&scratch, "0/.hydra/run.json", of("").as_bytes());
            write(&scratch, "0/.hydra/run.rank1.json", own.as_bytes());
            let packed = pack(&scratch, "0").unwrap();
            // One that was taken for dead may be on record as running.
            let line = packed.line.replace("killed", "running");
            write(&scratch, RECORDS, format!("{line}\n").as_bytes());
            fs::remove_dir_all(scratch.path().join("0")).unwrap();
            let found = Found::read(&scratch.path().join("0"), &Process::default()).unwrap();
            assert_eq!(found.record.status().name(), status);
            assert_eq!(list(scratch.path(), &Process::default()).unwrap().0[0].record, found.record);
            let said = found.record.error_line().unwrap_or_default();
            assert_eq!(said, if status == "failed" { "rank 1: no memory" } else { "" });
        }
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
