//! What is true of a run, whatever its record says.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, FixedOffset};

use crate::diag::Result;
use crate::durable::{Holder, Life, Sync, Turn, holder_of, publish_left, remove_drafts, remove_leftovers};
use crate::facts::date_of;
use crate::run::files::RUN;
use crate::run::lease::{Lease, directory_of};
use crate::run::metrics::METRICS;
use crate::run::observer::Observer;
use crate::run::outcome::Status;
use crate::run::rank::{file_name, rank_in};
use crate::run::record::{Record, Saved, moment};
use crate::run::reserve::LOCK;
use crate::value::{Key, Map, Node};

/// Where one process of a run has its lock and its record. Nobody else writes them while it lives.
pub(super) struct Kept {
    pub(super) lock: PathBuf,
    pub(super) file: PathBuf,
    /// What the job logs beside its record.
    metrics: PathBuf,
    /// Whether others write into the same folder.
    shared: bool,
}

impl Kept {
    /// Those of a rank of a run; one of one process is its first.
    pub(super) fn of(directory: &Path, folder: &Path, rank: u32, record: &Record) -> Self {
        let shared = record.get("distributed").is_some_and(Node::is_container);
        let (lock, file) = (directory.join(file_name(rank, LOCK)), folder.join(file_name(rank, RUN)));
        let metrics = folder.join(file_name(rank, METRICS));
        Self { lock, file, metrics, shared }
    }

    /// What is true of a run that is on record as running; of the one that has come into its place meanwhile, if one has.
    /// `is_current`: whether the record is where its run put it.
    pub(super) fn judge(&self, record: Record, is_current: bool, observer: &Observer<'_>) -> Result<Record> {
        let mut record = record;
        loop {
            // Of whom nothing can be known, it is not known that they are dead.
            let Ok(holder) = holder_of(&self.lock) else { return Ok(record) };
            let id = |text: &str| Record::parse(LOCK, text).ok().and_then(|record| record.id());
            if let Some(holder) = &holder {
                let owner = if holder.about.is_empty() { record.id() } else { id(&holder.about) };
                if is_current
                    && owner == record.id()
                    && observer.life(holder, directory_of(&self.lock)) == Life::Lives
                {
                    return Ok(record);
                }
            }
            // It may have ended since its record was read: it writes that down before it lets go of the lock.
            let there = if self.file.is_file() { Some(Record::load(&self.file)?) } else { None };
            match there {
                Some(there) if there.status() != Status::Running => return Ok(there),
                // What is known of the lock is not known of this one.
                Some(there) if there.id() != record.id() => record = there,
                there => {
                    record = there.unwrap_or(record);
                    let own = holder.filter(|holder| id(&holder.about) == record.id());
                    // The clock of a file system is a little behind.
                    let seen = own.map(|holder| holder.seen.max(self.logged()));
                    let seen = seen.flatten().and_then(|seen| local(seen, &record));
                    record.close(Status::Killed, seen.map(|seen| seen.max(record.started())));
                    return Ok(self.repair(&mut record, observer).unwrap_or(record));
                }
            }
        }
    }

    /// When its job last logged something: of a run that shows every 15 seconds that it lives, that may be later.
    fn logged(&self) -> Option<SystemTime> {
        self.metrics.metadata().and_then(|file| file.modified()).ok()
    }

    /// Writes down that a run was killed, and clears away what it left. Whoever may not, or comes while another run has the
    /// directory, leaves it. What is on record by now, if the run has ended in another way.
    fn repair(&self, record: &mut Record, observer: &Observer<'_>) -> Option<Record> {
        // Who is only silent may go on. Who wants its directory may take it for dead, and no reader does.
        let life = |holder: &Holder| observer.life(holder, directory_of(&self.lock));
        let is_silent = |holder: Holder| life(&holder) == Life::Silent;
        if !holder_of(&self.lock).is_ok_and(|holder| !holder.is_some_and(is_silent)) {
            return None;
        }
        let lease = Lease::take_from(&self.lock, record.tree(), life).ok()?.ok()?;
        let _turn = Turn::take(&self.file).ok()?;
        // Now nobody else writes: what is there is the truth.
        if self.file.is_file() {
            let there = Record::load(&self.file).ok()?;
            if there.status() != Status::Running || there.id() != record.id() {
                return Some(there).filter(|there| there.status() != Status::Running);
            }
        }
        let _ = lease.lock().clear();
        record.keep_words_of(&self.file, &Saved::default());
        let folder = self.file.parent()?;
        if !self.shared {
            publish_left(folder, RUN);
            let _ = remove_drafts(folder);
        }
        let written = fs::create_dir_all(folder).is_ok() && record.save(&self.file, Sync::Now).is_ok();
        // What is half written there may be another rank's, which is at it.
        if written && !self.shared {
            let _ = remove_leftovers(folder);
        }
        None
    }
}

/// What is true of a job of several processes, by what each of them wrote of itself: a rank that failed or was killed takes
/// the job with it, and as long as none has, the job runs until its last rank has ended. The first rank waits for nobody, and
/// nothing of this is written down.
pub(super) fn with_ranks(
    record: Record,
    directory: &Path,
    folder: &Path,
    is_current: bool,
    observer: &Observer<'_>,
) -> Record {
    let Some(distributed) = record.get("distributed").and_then(Node::as_map).cloned() else { return record };
    let mut ranks = vec![(0, record.clone())];
    for number in others(folder) {
        let kept = Kept::of(directory, folder, number, &record);
        // Of one that cannot be read nothing is known; one of another identifier was there before.
        let Ok(rank) = Record::load(&kept.file) else { continue };
        if rank.id() != record.id() {
            continue;
        }
        let rank = match rank.status() {
            Status::Running => kept.judge(rank.clone(), is_current, observer).unwrap_or(rank),
            _ => rank,
        };
        ranks.push((number, rank));
    }
    together(record, distributed, &ranks)
}

/// What was true of a job of several processes when nobody of it ran any more, by what the ranks beside the first wrote.
pub(super) fn with_written_ranks(record: Record, others: Vec<(u32, Record)>) -> Record {
    let Some(distributed) = record.get("distributed").and_then(Node::as_map).cloned() else { return record };
    let mut ranks = vec![(0, record.clone())];
    for (number, mut rank) in others.into_iter().filter(|(_, rank)| rank.id() == record.id()) {
        if rank.status() == Status::Running {
            rank.close(Status::Killed, None);
        }
        ranks.push((number, rank));
    }
    together(record, distributed, &ranks)
}

/// The ranks beside the first that have a record in a folder, in order.
fn others(folder: &Path) -> Vec<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut numbers: Vec<u32> =
        entries.filter_map(|entry| rank_in(entry.file_name().to_str()?, RUN)).filter(|n| *n > 0).collect();
    numbers.sort_unstable();
    numbers
}

/// The record of the first rank with what all of them say.
fn together(mut record: Record, mut distributed: Map, ranks: &[(u32, Record)]) -> Record {
    let statuses = || ranks.iter().map(|(_, rank)| rank.status());
    let gravest = statuses().max_by_key(|status| gravity(*status)).unwrap_or(record.status());
    // Whatever is known of it, the job has not ended as long as one of them lives.
    let lives = statuses().any(|status| status == Status::Running);
    record.close(gravest, ranks.iter().filter_map(|(_, rank)| rank.ended()).max().filter(|_| !lives));
    // What came first caused the others, as a rule.
    let failed = ranks.iter().filter(|(_, rank)| rank.status() == Status::Failed);
    if let Some((number @ 1.., first)) = failed.min_by_key(|(_, rank)| rank.ended())
        && let Some(error) = first.get("error").and_then(Node::as_map)
    {
        let mut error = error.clone();
        for key in ["message", "headline"] {
            if let Some(said) = error.get_str(key).and_then(Node::as_str) {
                let said = format!("rank {number}: {said}");
                error.set(Key::from(key), Node::from(said.as_str()));
            }
        }
        record.set("error", Node::from(error));
    }
    let mut said = Map::default();
    for (number, rank) in ranks {
        let one = Map::from([
            ("status", Node::from(rank.status().name())),
            ("ended", Node::from(rank.ended().map(moment))),
            ("error", Node::from(rank.error_line())),
        ]);
        said.set(Key::from(number.to_string().as_str()), Node::from(one));
    }
    distributed.set(Key::from("ranks"), Node::from(said));
    record.set("distributed", Node::from(distributed));
    record
}

/// How much a status of one rank says of the whole job.
fn gravity(status: Status) -> u8 {
    match status {
        Status::Unknown => 0,
        Status::Completed => 1,
        // It was asked to stop, as the others are, and some may be at it still.
        Status::Interrupted => 2,
        Status::Running => 3,
        Status::Killed => 4,
        Status::Failed => 5,
    }
}

/// A moment of the file system with the offset that the record has.
fn local(at: SystemTime, record: &Record) -> Option<DateTime<FixedOffset>> {
    date_of(at).map(|date| date.with_timezone(record.started().offset()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;
    use crate::facts::Process;

    #[test]
    fn a_run_that_came_into_the_place_of_one_that_was_read_is_judged_by_what_is_known_of_it() {
        let scratch = Scratch::new("truth-other");
        let record = |id: char, status: &str| {
            let id = id.to_string().repeat(26);
            let started = "2026-11-24T12:00:00.000000+01:00";
            let text = format!(
                r#"{{"schema": 1, "id": "{id}", "name": "x", "status": "{status}", "started": "{started}"}}"#
            );
            Record::parse("run.json", &text).unwrap()
        };
        let process = Process::default();
        let (before, next) = (record('1', "running"), record('2', "running"));
        let kept = Kept::of(scratch.path(), scratch.path(), 0, &before);
        let judge = || kept.judge(before.clone(), true, &Observer::new(&process)).unwrap();
        let lease = Lease::take(&kept.lock, next.tree(), &process).unwrap().unwrap();
        next.save(&kept.file, Sync::Later).unwrap();
        assert_eq!((judge().id(), judge().status()), (next.id(), Status::Running));
        drop(lease);
        assert_eq!((judge().id(), judge().status()), (next.id(), Status::Killed));
        record('2', "completed").save(&kept.file, Sync::Later).unwrap();
        assert_eq!((judge().id(), judge().status()), (next.id(), Status::Completed));
    }

    #[test]
    fn what_another_rank_is_writing_is_left_there() {
        let scratch = Scratch::new("truth-ranks");
        let text = r#"{"schema": 1, "id": "11111111111111111111111111", "name": "x", "status": "running",
            "started": "2026-11-24T12:00:00.000000+01:00", "distributed": {"rank": 0}}"#;
        let record = Record::parse("run.json", text).unwrap();
        let process = Process::default();
        let written = scratch.path().join(".run.rank1.json.7-0.whole~");
        fs::write(&written, "half of").unwrap();
        let kept = Kept::of(scratch.path(), scratch.path(), 0, &record);
        let judged = kept.judge(record, true, &Observer::new(&process)).unwrap();
        assert_eq!((judged.status(), kept.file.is_file(), written.exists()), (Status::Killed, true, true));
    }
}
