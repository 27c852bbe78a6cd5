//! What is tried next.

use crate::random::Stream;
use crate::search::history::History;
use crate::search::space::{Point, Space};

/// Says what is tried next.
///
/// It is a pure function: the same history and the same number give the same point. So a search that goes on after a kill
/// needs nothing but what was asked and told.
pub trait Sampler {
    /// The point of the trial of that number, in the space.
    fn suggest(&self, space: &Space, history: &History, number: u64) -> Point;
}

/// Points at random, each place as likely as any other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RandomSearch {
    seed: u64,
}

impl RandomSearch {
    /// The search of that seed.
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }
}

impl Sampler for RandomSearch {
    fn suggest(&self, space: &Space, _: &History, number: u64) -> Point {
        let mut stream = Stream::new(self.seed, number);
        let units: Vec<f64> = (0..space.len()).map(|_| stream.unit()).collect();
        space.at(&units)
    }
}
