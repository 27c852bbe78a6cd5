//! The record of the run that had a directory before, put aside for the next one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::diag::{Error, ErrorKind, Result};
use crate::run::files::{RUN, TOLD};
use crate::run::metrics::{METRICS, PARAMS};
use crate::run::rank::rank_in;

/// What a record that lies among the files of the job is put aside as.
const EARLIER: &str = "earlier";

/// Where its files are gathered meanwhile.
const GATHERED: &str = ".earlier~";

/// Puts away the record of the run that had the directory before: `.hydra` becomes `.hydra.1`, or the first name of
/// that kind that is free. Only for who alone has the directory.
pub(super) fn set_aside(directory: &Path, folder: &Path) -> Result<Option<PathBuf>> {
    let put = match folder.components().eq(directory.components()) {
        true => gather(folder, earlier_names(folder)),
        false => rename(folder),
    };
    put.map_err(|error| {
        let message = format!("cannot put aside the record in `{}`: {error}", folder.display());
        Error::new(ErrorKind::Io, message)
    })
}

fn rename(folder: &Path) -> io::Result<Option<PathBuf>> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
        Ok(mut entries) => {
            if entries.next().is_none() {
                return Ok(None);
            }
        }
    }
    let name = folder.file_name().unwrap_or_default();
    let names = (1_u32..).map(|number| {
        let mut name = name.to_owned();
        name.push(format!(".{number}"));
        folder.with_file_name(name)
    });
    rename_to_free(folder, names).map(Some)
}

/// Gives a folder the first of these names that is free.
fn rename_to_free(folder: &Path, names: impl Iterator<Item = PathBuf>) -> io::Result<PathBuf> {
    for target in names {
        if fs::symlink_metadata(&target).is_err() {
            return fs::rename(folder, &target).map(|()| target);
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The names for a record that lay among the files of the job.
fn earlier_names(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let others = (1_u32..).map(|number| format!("{EARLIER}_{number}"));
    std::iter::once(EARLIER.to_owned()).chain(others).map(|name| folder.join(name))
}

/// The record lies among the files of the job: its files are gathered in a hidden folder, which then gets one of the names.
/// Whatever keeps them from that, they come back; those of who was killed meanwhile do so the next time.
fn gather(folder: &Path, names: impl Iterator<Item = PathBuf>) -> io::Result<Option<PathBuf>> {
    let gathered = folder.join(GATHERED);
    match bring_back(&gathered, folder) {
        // Somebody has written others since.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            rename_to_free(&gathered, earlier_names(folder))?;
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut there = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if name.to_str().is_some_and(is_of_record) {
            there.push(name);
        }
    }
    if there.is_empty() {
        return Ok(None);
    }
    // Who looks meanwhile sees a run as long as its files are there.
    there.sort_by_key(|name| (*name == *RUN, name.clone()));
    fs::create_dir(&gathered)?;
    let put = || {
        for name in &there {
            fs::rename(folder.join(name), gathered.join(name))?;
        }
        rename_to_free(&gathered, names)
    };
    match put() {
        Ok(target) => Ok(Some(target)),
        Err(error) => {
            // What does not come back now does so the next time.
            let _ = bring_back(&gathered, folder);
            Err(error)
        }
    }
}

/// Whether a file among those of the job is one of the record, of whichever rank.
fn is_of_record(name: &str) -> bool {
    TOLD.into_iter().chain([RUN, METRICS, PARAMS]).any(|file| rank_in(name, file).is_some())
}

/// Undoes what [`set_aside`] did, if nothing has come in its place.
pub(super) fn bring_back(earlier: &Path, folder: &Path) -> io::Result<()> {
    if earlier.parent() != Some(folder) {
        return fs::rename(earlier, folder);
    }
    for entry in fs::read_dir(earlier)? {
        let entry = entry?;
        let place = folder.join(entry.file_name());
        if fs::symlink_metadata(&place).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(entry.path(), place)?;
    }
    fs::remove_dir(earlier)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;

    fn write(scratch: &Scratch, names: &[&str]) {
        names.iter().for_each(|name| fs::write(scratch.path().join(name), *name).unwrap());
    }

    #[test]
    fn all_files_of_a_record_are_put_aside_or_none() {
        let scratch = Scratch::new("aside");
        let record = ["config.yaml", "metrics.jsonl", "metrics.rank1.jsonl", "run.json", "run.rank1.json"];
        write(&scratch, &record);
        write(&scratch, &["model.bin"]);
        let place = scratch.path();
        let before = scratch.names();
        // Where there is no name for it all comes back.
        let error = gather(place, std::iter::empty()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(scratch.names(), before);
        let earlier = set_aside(place, place).unwrap().unwrap();
        assert_eq!(
            (earlier.as_path(), scratch.names()),
            (&*place.join("earlier"), vec!["earlier".to_owned(), "model.bin".to_owned()])
        );
        bring_back(&earlier, place).unwrap();
        assert_eq!(scratch.names(), before);
    }

    #[test]
    fn what_was_half_put_aside_by_who_was_killed_belongs_to_the_rest() {
        let scratch = Scratch::new("aside-killed");
        let place = scratch.path();
        fs::create_dir(place.join(GATHERED)).unwrap();
        write(&scratch, &[".earlier~/config.yaml", ".earlier~/metrics.jsonl", "run.json"]);
        let earlier = set_aside(place, place).unwrap().unwrap();
        assert_eq!(scratch.names(), ["earlier"]);
        let mut names: Vec<_> = fs::read_dir(earlier).unwrap().map(|one| one.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["config.yaml", "metrics.jsonl", "run.json"]);
        // What has been written since stays beside it.
        fs::create_dir(place.join(GATHERED)).unwrap();
        write(&scratch, &[".earlier~/config.yaml", "config.yaml", "run.json"]);
        assert_eq!(set_aside(place, place).unwrap(), Some(place.join("earlier_2")));
        assert_eq!(scratch.names(), ["earlier", "earlier_1", "earlier_2"]);
    }
}
