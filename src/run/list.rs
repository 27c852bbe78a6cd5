//! Runs as they are on disk.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::diag::{Error, ErrorKind, Result};
use crate::durable::{Sync, Turn, any_file, folders, holder_of, read_regular, walk};
use crate::facts::Process;
use crate::run::checkpoints::CHECKPOINTS;
use crate::run::files::{HYDRA, RUN};
use crate::run::foreign::{date, directory_above, foreign, is_hydra, written_by_hydra};
use crate::run::lease::Lease;
use crate::run::metrics::{Logs, Metric, metrics_in, params_in, whole};
use crate::run::observer::Observer;
#[cfg(feature = "app")]
use crate::run::outcome::Failure;
use crate::run::outcome::Status;
use crate::run::packed::Packed;
use crate::run::place::is_inside;
use crate::run::rank::rank_in;
use crate::run::record::Record;
use crate::run::reserve::LOCK;
use crate::run::truth::{Kept, with_ranks};
use crate::value::{HashSet, Map, Node};

/// A run that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its directory.
    pub directory: PathBuf,
    /// The folder of its record.
    pub folder: PathBuf,
    /// What is known of it, as it is now.
    pub record: Record,
    /// Where its record is, if it is one of many in a file. Its folder is only a name then, and its directory may be gone.
    pub packed: Option<Packed>,
}

/// All runs below a directory, it included, the oldest first; and those whose records cannot be read, as errors. Links are
/// not followed. Hidden folders, installed code (`node_modules`, `site-packages`) and caches, which say by a `CACHEDIR.TAG`
/// that they are, are passed by, unless the directory itself is one or lies in one.
///
/// What is said of each is true now: a run that is on record as `running` and is not any more is `killed`, and so is
/// one that was killed before it was on record. That is written down, where it may be. Runs of Hydra itself are
/// [`Status::Unknown`].
///
/// ```
/// use mainstem::app::{App, Bound, Sandbox};
/// use mainstem::facts::Process;
/// use mainstem::run::{Run, Status, list};
/// let app = App::new("train", |_: &Bound, run: &Run| run.log_metric("loss", 0.25, 1));
/// let sandbox = Sandbox::new()?;
/// for directory in ["hydra.run.dir=runs/a", "hydra.run.dir=runs/b"] {
///     sandbox.run(&app, [directory]);
/// }
/// let (runs, unreadable) = list(sandbox.path(), &Process::default())?;
/// assert!(unreadable.is_empty());
/// for run in &runs {
///     assert_eq!((run.record.name(), run.record.status()), ("train", Status::Completed));
///     assert_eq!(run.metrics()?[0].value, 0.25);
/// }
/// assert_eq!(runs.len(), 2);
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
///
/// # Errors
/// The directory cannot be read.
pub fn list(root: &Path, process: &Process) -> Result<(Vec<Found>, Vec<Error>)> {
    list_without(root, process, &|_| false)
}

/// As [`list`], without the runs in directories of which a function says so: nothing of their records is read.
pub(crate) fn list_without(
    root: &Path,
    process: &Process,
    is_left_out: &dyn Fn(&Path) -> bool,
) -> Result<(Vec<Found>, Vec<Error>)> {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    let observer = Observer::new(process);
    let mut packed = Vec::new();
    let looked = walk(root, |directory, folders| {
        let (runs, broken) = Packed::all(directory);
        packed.extend(runs.into_iter().filter(|run| !is_left_out(&run.directory)));
        errors.extend(broken);
        let mut records = 0_usize;
        folders.retain(|folder| {
            if !has_record(folder) {
                return true;
            }
            let home = directory_of(folder).unwrap_or_else(|| directory.to_owned());
            if home == *folder {
                return true;
            }
            records += 1;
            if is_left_out(&home) {
                return false;
            }
            match look(&home, folder, &observer) {
                Ok(record) => {
                    found.push(Found { directory: home, folder: folder.clone(), record, packed: None });
                }
                Err(error) => errors.push(error),
            }
            false
        });
        // What a run saves to go on from are its own files.
        if records > 0 {
            folders.retain(|folder| !folder.ends_with(CHECKPOINTS));
        }
        if is_left_out(directory) {
            return;
        }
        // A folder of a record that was asked for by its own name is no run.
        let is_own = has_record(directory)
            && match directory_of(directory) {
                Some(home) => home == directory,
                None => records == 0 && !is_hidden(directory),
            };
        let own = if is_own { look(directory, directory, &observer).ok() } else { None };
        if let Some(record) = own {
            found.push(Found {
                folder: directory.to_owned(),
                directory: directory.to_owned(),
                record,
                packed: None,
            });
        } else {
            let left = never_begun(directory, &observer);
            // Where it could not be written down it was found by what lies there.
            found.extend(
                left.filter(|left| !found.iter().rev().take(records).any(|run| run.folder == left.folder)),
            );
        }
    });
    looked
        .map_err(|error| Error::new(ErrorKind::Io, format!("cannot read `{}`: {error}", root.display())))?;
    // Whoever packed one may have been killed before it removed what it had packed.
    let whole: HashSet<_> = found.iter().filter_map(|found| found.record.id()).collect();
    found.extend(packed.into_iter().filter(|one| one.record.id().is_none_or(|id| !whole.contains(&id))));
    found.sort_by(|a, b| {
        (a.record.started(), a.record.id(), &a.folder).cmp(&(b.record.started(), b.record.id(), &b.folder))
    });
    Ok((found, errors))
}

impl Record {
    /// The record of the run in a directory (or of the folder that holds a record), as it is now. See [`list`].
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn read(directory: &Path, process: &Process) -> Result<Self> {
        Found::read(directory, process).map(|found| found.record)
    }
}

impl Found {
    /// The run in a directory, by the directory or by the folder of the record.
    ///
    /// # Errors
    /// There is none, or its record cannot be read.
    pub fn read(directory: &Path, process: &Process) -> Result<Self> {
        Self::read_or(directory, process, &mut Packed::of)
    }

    /// As [`Found::read`], where a function knows what is packed.
    pub(crate) fn read_or(
        directory: &Path,
        process: &Process,
        packed: &mut dyn FnMut(&Path) -> Option<Self>,
    ) -> Result<Self> {
        let observer = Observer::new(process);
        let found = |run: &Path, folder: PathBuf| {
            let record = look(run, &folder, &observer)?;
            Ok(Self { directory: run.to_owned(), folder, record, packed: None })
        };
        let entries = match folders(directory) {
            Ok(entries) => Ok(entries),
            Err(error) => match packed(directory) {
                Some(found) => return Ok(found),
                None => Err(error),
            },
        };
        let entries = entries.map_err(|error| {
            let kind =
                if error.kind() == io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Io };
            Error::new(kind, format!("cannot read `{}`: {error}", directory.display()))
        })?;
        // A record that was put aside ends in a number.
        let is_aside = |name: &str| name.rsplit_once('.').is_some_and(|(_, n)| n.parse::<u32>().is_ok());
        let is_here = |folder: &PathBuf| directory_of(folder).is_none_or(|home| home == directory);
        let mut folders: Vec<_> =
            entries.into_iter().filter(|path| has_record(path) && is_here(path)).collect();
        folders.sort_by_key(|path| path.file_name().is_some_and(|name| is_aside(&name.to_string_lossy())));
        if has_record(directory) {
            let above = directory.parent().filter(|_| is_hidden(directory)).unwrap_or(directory);
            let home = directory_of(directory).unwrap_or_else(|| above.to_owned());
            return found(&home, directory.to_owned());
        }
        if let Some(folder) = folders.into_iter().next() {
            return found(directory, folder);
        }
        // A record may lie deeper.
        let (runs, _) = list(directory, process)?;
        let mut here: Vec<_> = runs.into_iter().filter(|run| run.directory == directory).collect();
        here.sort_by_key(Found::is_latest);
        if let Some(found) = here.pop().filter(|found| found.packed.is_none() && has_record(&found.folder)) {
            return Ok(found);
        }
        never_begun(directory, &observer).or_else(|| packed(directory)).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no run in `{}`", directory.display()))
                .help("`mainstem runs ls` shows those that are there")
        })
    }

    /// Whether it is the latest run in its directory, and not one whose record was put aside.
    pub fn is_latest(&self) -> bool {
        if let Some(packed) = &self.packed {
            return packed.latest;
        }
        let named = self.record.get("directory.record").and_then(Node::as_str);
        named.is_none_or(|name| self.directory.join(name).components().eq(self.folder.components()))
    }

    /// The text of a file of the record; `None` if there is none of that name.
    ///
    /// # Errors
    /// It cannot be read, or is no text.
    pub fn text(&self, name: &str) -> Result<Option<String>> {
        if let Some(packed) = &self.packed {
            return Ok(packed.files()?.remove(name));
        }
        let path = self.folder.join(name);
        let text = read_regular(&path, u64::MAX)
            .and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
        match text {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(&path, &error)),
        }
    }

    /// What the job has logged: see [`metrics`](crate::run::metrics).
    ///
    /// # Errors
    /// As [`metrics`](crate::run::metrics).
    pub fn metrics(&self) -> Result<Vec<Metric>> {
        whole(self.read_metrics()?)
    }

    /// The same as far as the lines can be read, and what is wrong with the others.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn read_metrics(&self) -> Result<(Vec<Metric>, Option<Error>)> {
        metrics_in(&self.logs()?)
    }

    /// The parameters that the job has logged: see [`params`](crate::run::params).
    ///
    /// # Errors
    /// As [`params`](crate::run::params).
    pub fn params(&self) -> Result<Map> {
        whole(self.read_params()?)
    }

    /// The same as far as the lines can be read, and what is wrong with the others.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn read_params(&self) -> Result<(Map, Option<Error>)> {
        params_in(&self.logs()?)
    }

    fn logs(&self) -> Result<Logs<'_>> {
        let Some(packed) = &self.packed else { return Logs::of(&self.folder) };
        let files = packed.files()?;
        let names = files.keys().cloned().collect();
        let read = move |name: &str| Ok(files.get(name).cloned().unwrap_or_default());
        Ok(Logs { folder: &self.folder, names, read: Box::new(read) })
    }

    /// Adds tags to the record, and takes others off it. Whoever else writes the record meanwhile loses nothing by it.
    ///
    /// # Errors
    /// The record cannot be written, or the run has none of its own.
    pub fn tag(&mut self, add: &[String], remove: &[String]) -> Result<()> {
        if let Some(packed) = &self.packed {
            return Err(packed.is_fixed());
        }
        self.rewrite(|record| {
            let mut tags: Vec<&str> = record.tags();
            tags.retain(|tag| !remove.iter().any(|gone| gone == tag));
            for tag in add {
                if !tags.contains(&tag.as_str()) {
                    tags.push(tag);
                }
            }
            let tags: Vec<String> = tags.into_iter().map(str::to_owned).collect();
            record.set_tags(&tags);
        })
    }

    /// Says of a run that was asked to end, and has, that it has failed and why: only who asked it knows that. A run that
    /// ended otherwise stays as it is.
    ///
    /// # Errors
    /// The record cannot be written.
    #[cfg(feature = "app")]
    pub(crate) fn fail(&mut self, why: &str) -> Result<()> {
        let ended = self.record.ended();
        if self.packed.is_some() || !matches!(self.record.status(), Status::Interrupted | Status::Killed) {
            return Ok(());
        }
        self.rewrite(|record| {
            record.close(Status::Failed, ended);
            record.set("error", Failure { message: why.to_owned(), ..Failure::default() }.to_node());
        })
    }

    /// Changes the record. A run that goes on writes it too, and so does whoever tags it: each waits for its turn.
    fn rewrite(&mut self, change: impl FnOnce(&mut Record)) -> Result<()> {
        let file = self.folder.join(RUN);
        let _turn = Turn::take(&file).map_err(|error| {
            Error::new(ErrorKind::Io, format!("cannot write `{}`: {error}", file.display()))
        })?;
        let mut record = Record::load(&file)?;
        change(&mut record);
        record.save(&file, Sync::Now)?;
        self.record = record;
        Ok(())
    }

    /// Whether the record lies where the run put it. One that was copied or moved says nothing about what is around it.
    fn is_at_home(&self) -> bool {
        let told = |key: &str| self.record.get(key).and_then(Node::as_str);
        let name = self.directory.file_name().map(|name| name.to_string_lossy());
        let is_named = name.is_some_and(|name| told("directory.name") == Some(&*name));
        is_named && told("directory.record").is_none_or(|record| is_inside(Path::new(record)))
    }

    /// The leases of the directory: that of the first rank, and those of all others that left a lock.
    fn leases(&self, process: &Process) -> Result<Vec<Lease>> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let of_rank = |name: &str| rank_in(name, LOCK).is_some_and(|number| number > 0);
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let locks = std::iter::once(LOCK.to_owned()).chain(names.filter(|name| of_rank(name)));
        let running = |_| {
            let message = format!("the run in `{}` is running", self.directory.display());
            Error::new(ErrorKind::Io, message).help("end it first")
        };
        locks
            .map(|lock| {
                Lease::take(&self.directory.join(lock), self.record.tree(), process)?.map_err(running)
            })
            .collect()
    }

    /// The run of a directory whose record cannot be read, so that it can be removed: nothing of it is known but when its
    /// record was written. `None` if there is no record.
    pub fn unread(directory: &Path) -> Option<Self> {
        let mut folders = folders(directory).ok()?;
        folders.push(directory.to_owned());
        // Other programs, too, have files of that name.
        let is_record = |folder: &PathBuf| {
            let is_hydras = folder.join(HYDRA).is_file() && is_hydra(folder);
            let is_here =
                || *folder == *directory || directory_of(folder).is_none_or(|home| home == directory);
            folder.join(RUN).is_file() && is_hydras && is_here()
        };
        let folder = folders.into_iter().find(is_record)?;
        let own = folder.as_path() != directory;
        let above = folder.parent().filter(|_| own || is_hidden(&folder)).unwrap_or(directory).to_owned();
        let written = folder.join(RUN).metadata().and_then(|data| data.modified()).ok()?;
        let name = above.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let record = Record::unknown(&name, date(written));
        Some(Self { directory: above, folder, record, packed: None })
    }

    /// Whether nothing in the directory is of another run, also where no runs are looked for. What cannot be read may be.
    fn is_alone(&self) -> bool {
        let is_of_another = |file: &Path| {
            let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return false };
            let name = name.to_string_lossy();
            // The lock that lies in the directory itself is taken.
            rank_in(&name, LOCK).is_some() && folder != self.directory
                || folder != self.folder
                    && (rank_in(&name, RUN).is_some() || name == HYDRA && is_hydra(folder))
                || Packed::is_file_of(file)
        };
        any_file(&self.directory, is_of_another).is_ok_and(|found| !found)
    }

    /// Removes the run: its directory, if the run made it and nobody else's run is in it; otherwise its record.
    /// Returns what was removed.
    ///
    /// # Errors
    /// It runs, something cannot be removed, or it may be no run at all.
    pub fn remove(&self, process: &Process) -> Result<PathBuf> {
        if let Some(packed) = &self.packed {
            return Err(packed.is_fixed().help("remove the sweep as a whole"));
        }
        let failed = |path: &Path, error: &io::Error| {
            Error::new(ErrorKind::Io, format!("cannot remove `{}`: {error}", path.display()))
        };
        let leases = self.leases(process)?;
        if self.record.status() == Status::Unknown {
            written_by_hydra(&self.folder)?;
        }
        let made = self.record.get("directory.made") == Some(&Node::from(true)) && self.is_at_home();
        if made && self.folder != self.directory && self.is_alone() {
            fs::remove_dir_all(&self.directory).map_err(|error| failed(&self.directory, &error))?;
            return Ok(self.directory.clone());
        }
        if self.folder == self.directory {
            let file = self.folder.join(RUN);
            fs::remove_file(&file).map_err(|error| failed(&file, &error))?;
            return Ok(file);
        }
        fs::remove_dir_all(&self.folder).map_err(|error| failed(&self.folder, &error))?;
        drop(leases);
        Ok(self.folder.clone())
    }
}

pub(crate) fn has_record(folder: &Path) -> bool {
    folder.join(RUN).is_file() || folder.join(HYDRA).is_file() && is_hydra(folder)
}

fn is_hidden(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// The directory of the run whose record lies in a folder, as the record says; `None` if it does not say it.
fn directory_of(folder: &Path) -> Option<PathBuf> {
    let above = folder.parent()?;
    // So it is called as a rule: nothing is to be read.
    if folder.ends_with(".hydra") {
        return Some(above.to_owned());
    }
    let file = folder.join(RUN);
    if !file.is_file() {
        return directory_above(folder);
    }
    let record = Record::load(&file).ok()?;
    let told = |key: &str| record.get(key).and_then(Node::as_str);
    let name: PathBuf =
        Path::new(told("directory.record")?).components().filter(|part| *part != Component::CurDir).collect();
    let Some(within) = name.parent() else {
        // Among the files of the job, unless it was put aside there.
        let is_run =
            |path: &Path| path.file_name().is_some_and(|name| told("directory.name") == name.to_str());
        let is_aside = is_run(above) && !is_run(folder);
        return Some(if is_aside { above } else { folder }.to_owned());
    };
    // What was put aside has another last name.
    let depth = if above.ends_with(within) { name.components().count() } else { 1 };
    folder.ancestors().nth(depth).map(Path::to_owned)
}

/// The record in a folder, made true.
fn look(directory: &Path, folder: &Path, observer: &Observer<'_>) -> Result<Record> {
    let file = folder.join(RUN);
    if !file.is_file() {
        return match never_begun(directory, observer) {
            Some(found) if found.folder == folder => Ok(found.record),
            _ => foreign(folder),
        };
    }
    let record = Record::load(&file)?;
    // A record that was put aside belongs to nobody who runs.
    let is_current = record
        .get("directory.record")
        .and_then(Node::as_str)
        .is_none_or(|name| directory.join(name).components().eq(folder.components()));
    let record = match record.status() {
        Status::Running => Kept::of(directory, folder, 0, &record).judge(record, is_current, observer)?,
        _ => record,
    };
    Ok(with_ranks(record, directory, folder, is_current, observer))
}

/// A run that left nothing but its lock: it was killed before it was on record, or is just about to be.
fn never_begun(directory: &Path, observer: &Observer<'_>) -> Option<Found> {
    let holder = holder_of(&directory.join(LOCK)).ok()??;
    let record = Record::parse(LOCK, &holder.about).ok()?;
    let folder = directory.join(record.get("directory.record")?.as_str()?);
    // It is on record, or the record of the run before is still there.
    if folder.join(RUN).is_file() {
        return None;
    }
    let record = Kept::of(directory, &folder, 0, &record).judge(record, true, observer).ok()?;
    Some(Found { directory: directory.to_owned(), folder, record, packed: None })
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot read `{}`: {error}", path.display()))
}
