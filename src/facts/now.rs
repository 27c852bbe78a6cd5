//! The one instant of a start.

use std::fmt;
use std::sync::{Arc, LazyLock};

use chrono::NaiveDateTime;

/// Local time at start, to the microsecond. Whoever captured it may have left open what the clocks on the wall show at
/// that instant, for reading the rules of a time zone takes longer than most programs need to know.
///
/// ```
/// use mainstem::facts::Now;
/// let noon = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).and_then(|day| day.and_hms_opt(12, 0, 0)).unwrap();
/// assert_eq!(Now::from(noon).get(), noon);
/// assert_eq!(Now::when_asked(move || noon), Now::from(noon));
/// ```
#[derive(Clone)]
pub struct Now(Arc<Lazy>);

type Lazy = LazyLock<NaiveDateTime, Box<dyn FnOnce() -> NaiveDateTime + Send + Sync>>;

impl Now {
    /// An instant that is known, and shown on the wall once somebody asks.
    pub fn when_asked(show: impl FnOnce() -> NaiveDateTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(show))))
    }

    /// What the clocks show.
    pub fn get(&self) -> NaiveDateTime {
        **self.0
    }
}

impl From<NaiveDateTime> for Now {
    fn from(time: NaiveDateTime) -> Self {
        Self::when_asked(move || time)
    }
}

/// The first second of 1970.
impl Default for Now {
    fn default() -> Self {
        Self::from(chrono::DateTime::UNIX_EPOCH.naive_utc())
    }
}

impl PartialEq for Now {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Now {}

impl fmt::Debug for Now {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Now({})", self.get())
    }
}
