//! What resolvers answered, from the first composition to the last job.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::value::{HashMap, Node};

/// Answers of resolvers that are asked once for each list of arguments (see [`Resolvers::cached`]), shared by all
/// compositions of a program: what a sweep's first job was told, the last one is told too.
///
/// [`Resolvers::cached`]: crate::resolve::Resolvers::cached
#[derive(Debug, Default)]
pub struct Cache {
    answers: Mutex<HashMap<(String, String), Node>>,
    impure: AtomicBool,
}

impl Cache {
    /// Whether a resolver was called whose answer may differ the next time. What was composed before then must not
    /// be used again.
    pub fn is_impure(&self) -> bool {
        self.impure.load(Ordering::Relaxed)
    }

    pub(super) fn mark_impure(&self) {
        self.impure.store(true, Ordering::Relaxed);
    }

    pub(super) fn get(&self, name: &str, arguments: &str) -> Option<Node> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(&(name.to_owned(), arguments.to_owned())).cloned()
    }

    /// Keeps an answer; the first one stays.
    pub(super) fn keep(&self, name: &str, arguments: &str, answer: Node) -> Node {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.entry((name.to_owned(), arguments.to_owned())).or_insert(answer).clone()
    }
}
