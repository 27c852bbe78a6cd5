//! A clock as a value.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset};

/// Says what time it is. Below `app/` nobody else does, so that a test can say it too.
///
/// ```
/// use mainstem::facts::Clock;
/// let noon = chrono::DateTime::parse_from_rfc3339("2026-01-02T12:00:00+01:00").unwrap();
/// assert_eq!(Clock::new(move || noon).now(), noon);
/// ```
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<FixedOffset> + Send + Sync>);

impl Clock {
    /// A clock that asks a function.
    pub fn new(now: impl Fn() -> DateTime<FixedOffset> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time, with the offset that holds here.
    pub fn now(&self) -> DateTime<FixedOffset> {
        (self.0)()
    }
}

/// A clock that stands still at the first second of 1970.
impl Default for Clock {
    fn default() -> Self {
        Self::new(|| DateTime::UNIX_EPOCH.fixed_offset())
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}
