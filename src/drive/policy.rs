//! When a sweep goes on, and when it does not.

use std::num::NonZeroU64;
use std::time::Duration;

/// What a sweep does about failures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// No job begins any more after so many have failed; `None`: all run whatever comes of them.
    pub max_failures: Option<NonZeroU64>,
    /// If the first so many jobs to end have all failed, no other one begins.
    pub first_failures: Option<NonZeroU64>,
    /// How often a job that failed begins again.
    pub retries: u32,
    /// How long a job waits before it begins again; twice as long each further time.
    pub backoff: Duration,
    /// How long a job may take.
    pub time_limit: Option<Duration>,
    /// Whether jobs that had failed begin again when the sweep is resumed.
    pub retry_failed: bool,
    /// After a failure only the jobs of the same batch begin, whose size this is.
    pub batch: Option<NonZeroU64>,
}

/// All jobs run once, for as long as they take; the sweep stops if the first three have failed.
impl Default for Policy {
    fn default() -> Self {
        Self {
            max_failures: None,
            first_failures: NonZeroU64::new(3),
            retries: 0,
            backoff: Duration::from_secs(1),
            time_limit: None,
            retry_failed: true,
            batch: None,
        }
    }
}

/// The longest that a job waits before it begins again.
const LONGEST: Duration = Duration::from_secs(3600);

impl Policy {
    /// How long a job waits that has begun so many times.
    pub(crate) fn pause(&self, attempts: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        self.backoff.checked_mul(doubled).map_or(LONGEST, |pause| pause.min(LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pause_is_twice_the_one_before_up_to_an_hour() {
        let policy = Policy::default();
        let pauses: Vec<u64> = [1, 2, 3, 13, 100].map(|attempts| policy.pause(attempts).as_secs()).into();
        assert_eq!(pauses, [1, 2, 4, 3600, 3600]);
    }
}
