//! What is true of a run, whatever its record says.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, FixedOffset};

use crate::diag::Result;
use crate::durable::{Holder, Life, Sync, Turn, holder_of, remove_drafts, remove_leftovers};
use crate::facts::Process;
use crate::run::files::RUN;
use crate::run::lease::{Lease, directory_of, life};
use crate::run::outcome::Status;
use crate::run::rank::{file_name, rank_in};
use crate::run::record::{Record, Saved, moment};
use crate::run::reserve::LOCK;
use crate::value::{Key, Map, Node};

/// Where one process of a run has its lock and its record. Nobody else writes them while it lives.
pub(super) struct Kept {
    pub(super) lock: PathBuf,
    pub(super) file: PathBuf,
    /// Whether others write into the same folder.
    shared: bool,
}

impl Kept {
    /// Those of a rank; a run of one process is its first.
    pub(super) fn of(directory: &Path, folder: &Path, rank: u32, shared: bool) -> Self {
        let (lock, file) = (directory.join(file_name(rank, LOCK)), folder.join(file_name(rank, RUN)));
        Self { lock, file, shared }
    }

    /// What is true of a run that is on record as running. `is_current`: whether the record is where its run put it.
    pub(super) fn judge(&self, record: Record, is_current: bool, process: &Process) -> Result<Record> {
        // Of whom nothing can be known, it is not known that they are dead.
        let Ok(holder) = holder_of(&self.lock) else { return Ok(record) };
        let id = |text: &str| Record::parse(LOCK, text).ok().and_then(|record| record.id());
        if let Some(holder) = &holder {
            let owner = if holder.about.is_empty() { record.id() } else { id(&holder.about) };
            if is_current
                && owner == record.id()
                && life(holder, directory_of(&self.lock), process) == Life::Lives
            {
                return Ok(record);
            }
        }
        // It may have ended since its record was read: it writes that down before it lets go of the lock.
        let mut record = if self.file.is_file() { Record::load(&self.file)? } else { record };
        if record.status() != Status::Running {
            return Ok(record);
        }
        let own = holder.filter(|holder| id(&holder.about) == record.id());
        // The clock of a file system is a little behind.
        let seen = own.and_then(|holder| holder.seen).map(|seen| local(seen, &record).max(record.started()));
        record.close(Status::Killed, seen);
        self.repair(&mut record, process);
        Ok(record)
    }

    /// Writes down that a run was killed, and clears away what it left. Whoever may not, or comes while another run has the
    /// directory, leaves it.
    fn repair(&self, record: &mut Record, process: &Process) {
        // Who is only silent may go on. Who wants its directory may take it for dead, and no reader does.
        let is_silent = |holder: Holder| life(&holder, directory_of(&self.lock), process) == Life::Silent;
        if !holder_of(&self.lock).is_ok_and(|holder| !holder.is_some_and(is_silent)) {
            return;
        }
        let Ok(Ok(_lease)) = Lease::take(&self.lock, record.tree(), process) else { return };
        let Ok(_turn) = Turn::take(&self.file) else { return };
        // Now nobody else writes: what is there is the truth.
        let is_running = |there: Record| there.status() == Status::Running;
        if self.file.is_file() && !Record::load(&self.file).is_ok_and(is_running) {
            return;
        }
        record.keep_words_of(&self.file, &Saved::default());
        let Some(folder) = self.file.parent() else { return };
        if !self.shared {
            let _ = remove_drafts(folder);
        }
        let written = fs::create_dir_all(folder).is_ok() && record.save(&self.file, Sync::Now).is_ok();
        // What is half written there may be another rank's, which is at it.
        if written && !self.shared {
            let _ = remove_leftovers(folder);
        }
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
    process: &Process,
) -> Record {
    let Some(distributed) = record.get("distributed").and_then(Node::as_map).cloned() else { return record };
    let mut ranks = vec![(0, record.clone())];
    for number in others(folder) {
        let kept = Kept::of(directory, folder, number, true);
        // Of one that cannot be read nothing is known; one of another identifier was there before.
        let Ok(rank) = Record::load(&kept.file) else { continue };
        if rank.id() != record.id() {
            continue;
        }
        let rank = match rank.status() {
            Status::Running => kept.judge(rank.clone(), is_current, process).unwrap_or(rank),
            _ => rank,
        };
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
    if gravest != record.status() {
        let lives = statuses().any(|status| status == Status::Running);
        let ended = ranks.iter().filter_map(|(_, rank)| rank.ended()).max().filter(|_| !lives);
        record.close(gravest, ended);
    }
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
fn local(at: SystemTime, record: &Record) -> DateTime<FixedOffset> {
    DateTime::<chrono::Utc>::from(at).with_timezone(record.started().offset())
}
