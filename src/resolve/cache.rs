//! What resolvers answered, from the first composition to the last job.

use std::sync::{Arc, Mutex, PoisonError};

use crate::diag::Secrets;
use crate::value::{HashMap, Node};

/// Answers of resolvers that are asked once for each list of arguments (see [`Resolvers::cached`]), shared by all
/// compositions of a program: what a sweep's first job was told, the last one is told too.
///
/// [`Resolvers::cached`]: crate::resolve::Resolvers::cached
#[derive(Debug, Default)]
pub struct Cache {
    answers: Mutex<HashMap<(String, String), Node>>,
    secrets: Arc<Secrets>,
}

impl Cache {
    /// An empty cache of resolving that tells which answers must not be shown.
    pub fn telling(secrets: Arc<Secrets>) -> Self {
        Self { secrets, ..Self::default() }
    }

    /// The texts that interpolations got and that must not be shown.
    pub fn secrets(&self) -> &Arc<Secrets> {
        &self.secrets
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
