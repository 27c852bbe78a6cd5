//! Where errors go: the caller chooses between the first and all.

use crate::diag::error::Error;

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
