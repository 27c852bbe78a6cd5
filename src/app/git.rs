//! What version control says of the project: the one thing about a run for which another program is started.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::facts::{Facts, Process};
use crate::run::{Surroundings, surroundings as read};
use crate::value::{Key, Map, Node};

/// Longer differences are cut off there, in bytes.
const LONGEST_DIFF: usize = 1 << 20;

/// The file of the difference, beside the record.
const DIFF: &str = "git.diff";

/// Finds out all that the record of a run says of what stands around it: to be called beside the job, for
/// [`Reserved::begin`](crate::run::Reserved::begin). Reads files, and asks `git` for the commit and for what was changed
/// since.
pub fn surroundings(facts: &Facts, process: &Process) -> Surroundings {
    let mut found = read(facts, process);
    if let Some((mut git, diff)) = may_have(facts).then(|| status(&facts.cwd)).flatten() {
        if let Some(diff) = diff {
            git.set(Key::from("diff"), Node::from(DIFF));
            git.set(Key::from("diff_cut"), Node::from(diff.len() > LONGEST_DIFF));
            let diff = diff.get(..LONGEST_DIFF).map(<[u8]>::to_vec).unwrap_or(diff);
            found.files.push((DIFF.to_owned(), diff));
        }
        found.keys.set(Key::from("git"), Node::from(git));
    }
    found
}

/// Whether `git` may find a repository with files: else it is not asked.
pub(crate) fn may_have(facts: &Facts) -> bool {
    facts.env.get("GIT_DIR").is_some() || facts.cwd.ancestors().any(|path| path.join(".git").exists())
}

/// Commit, branch, whether a file under version control was changed, and how. `None` outside of a repository, or
/// without `git`.
fn status(cwd: &Path) -> Option<(Map, Option<Vec<u8>>)> {
    let text = git(cwd, &["status", "--porcelain=v2", "--branch", "--untracked-files=no"], LONGEST_DIFF)?;
    let text = String::from_utf8_lossy(&text);
    let head = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix("# branch.")?.strip_prefix(name));
        line.map(str::trim).filter(|value| !value.starts_with('('))
    };
    let dirty = text.lines().any(|line| !line.starts_with('#'));
    let map = Map::from([
        ("commit", Node::from(head("oid"))),
        ("branch", Node::from(head("head"))),
        ("dirty", Node::from(dirty)),
    ]);
    let diff = ["diff", "HEAD", "--no-ext-diff", "--no-textconv", "--no-color"];
    let diff = if dirty { git(cwd, &diff, LONGEST_DIFF + 1).filter(|diff| !diff.is_empty()) } else { None };
    Some((map, diff))
}

/// What `git` prints, up to a limit; `None` if it fails. Takes no locks and starts no helpers.
fn git(cwd: &Path, arguments: &[&str], limit: usize) -> Option<Vec<u8>> {
    // Not by a directory of the process that is started: then this one is copied, and each page that it writes meanwhile.
    let mut child = Command::new("git")
        .arg("-C")
        .arg(cwd)
        .args(["--no-optional-locks", "-c", "core.fsmonitor=false"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut out = Vec::new();
    let read = child.stdout.take().map(|stdout| stdout.take(limit as u64).read_to_end(&mut out));
    if out.len() >= limit {
        let _ = child.kill();
        let _ = child.wait();
        return Some(out);
    }
    let status = child.wait().ok()?;
    (status.success() && matches!(read, Some(Ok(_)))).then_some(out)
}
