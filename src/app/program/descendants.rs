//! The processes that this one started, and those that they started.

use std::path::PathBuf;
use std::process;

use rustix::process::{Pid, Signal, getpgid, kill_process, kill_process_group};

/// Sends a signal to all that this process started, and what those started.
pub(crate) fn signal_children(signal: Signal) {
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
    for pid in found.into_iter().filter_map(|id| Pid::from_raw(i32::try_from(id).ok()?)) {
        // With one that leads a group of its own, what it left in the background and lost sight of is killed too.
        if signal == Signal::KILL && getpgid(Some(pid)).is_ok_and(|group| group == pid) {
            let _ = kill_process_group(pid, signal);
        }
        let _ = kill_process(pid, signal);
        // One that was stopped takes it when it goes on.
        let _ = kill_process(pid, Signal::CONT);
    }
}

/// The processes that a process started, as far as the system tells: Linux does.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let threads = PathBuf::from(format!("/proc/{parent}/task"));
    let Ok(threads) = std::fs::read_dir(threads) else { return Vec::new() };
    let lists =
        threads.flatten().filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>())
        .collect()
}
