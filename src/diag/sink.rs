//! Where errors go: the caller chooses between the first and all.

use crate::diag::error::{Error, ErrorKind};
use crate::diag::source::Origin;

/// So many mistakes of one text are gathered at most: then whatever reads it gives up.
pub(crate) const MISTAKES: usize = 100_000;

/// What stands for all mistakes behind the last that was gathered.
pub(crate) fn too_many_mistakes(origin: Origin) -> Error {
    let message = format!("{MISTAKES} mistakes are enough: the rest of this text was not read");
    Error::new(ErrorKind::Limit, message).at(origin, "reading ended here")
}

/// Takes errors one by one. Code that can go on after a mistake pushes it here and goes on.
///
/// `Vec<Error>` keeps all, `Option<Error>` the first, `()` none, a closure does as it likes.
pub trait Sink {
    /// Takes one error.
    fn push(&mut self, error: Error);
}

impl Sink for Vec<Error> {
    fn push(&mut self, error: Error) {
        Vec::push(self, error);
    }
}

impl Sink for Option<Error> {
    fn push(&mut self, error: Error) {
        self.get_or_insert(error);
    }
}

impl Sink for () {
    fn push(&mut self, _: Error) {}
}

impl<F: FnMut(Error)> Sink for F {
    fn push(&mut self, error: Error) {
        self(error);
    }
}
