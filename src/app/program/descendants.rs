//! The processes that this one started, and those that they started.

use std::path::PathBuf;
use std::process;

use rustix::process::{Pid, Signal, getpgid, kill_process, kill_process_group};

/// A process that this one started, or that such a one did.
pub(crate) struct Descendant {
    id: u32,
    /// When it began, as the system counts: another process may come to have its number.
    began: Option<String>,
}

impl Descendant {
    /// Whether it still runs. One that has ended, and nobody has asked how, does not.
    pub(crate) fn lives(&self) -> bool {
        self.began.is_some() && began(self.id) == self.began
    }

    /// Ends it, unless it has ended.
    pub(crate) fn kill(&self) {
        let pid = i32::try_from(self.id).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| self.lives()) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// When a process began; none if it has ended. The system says it in one line, in which the name of the program stands in
/// parentheses and may hold anything: the state of the process follows, and 19 fields later that moment.
fn began(id: u32) -> Option<String> {
    let line = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = line.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then(|| fields.nth(18).map(str::to_owned))?
}

/// Sends a signal to all that this process started, and what those started: to those that are returned.
pub(crate) fn signal_children(signal: Signal) -> Vec<Descendant> {
    let mut open = vec![process::id()];
    let mut found = Vec::new();
    while let Some(parent) = open.pop() {
        for child in children(parent) {
            // Each once, should the numbers of processes change meanwhile.
            if !found.contains(&child) {
                found.push(child);
                open.push(child);
            }
        }
    }
    let told = found.iter().map(|&id| Descendant { id, began: began(id) }).collect();
    for pid in found.into_iter().filter_map(|id| Pid::from_raw(i32::try_from(id).ok()?)) {
        // With one that leads a group of its own, what it left in the background and lost sight of is killed too.
        if signal == Signal::KILL && getpgid(Some(pid)).is_ok_and(|group| group == pid) {
            let _ = kill_process_group(pid, signal);
        }
        let _ = kill_process(pid, signal);
        // One that was stopped takes it when it goes on.
        let _ = kill_process(pid, Signal::CONT);
    }
    told
}

/// The processes that a process started, as far as the system tells: Linux does.
fn children(parent: u32) -> Vec<u32> {
    let threads = PathBuf::from(format!("/proc/{parent}/task"));
    let Ok(threads) = std::fs::read_dir(threads) else { return Vec::new() };
    let lists =
        threads.flatten().filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>())
        .collect()
}
