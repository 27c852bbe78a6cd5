//! Moments of a file system.

use std::time::SystemTime;

use chrono::{DateTime, Datelike as _, Utc};

/// A moment of the system as a date; `None` outside of the years 1 to 9999, which no date that is written down can be. A
/// file may say that it was changed at any moment.
///
/// ```
/// use mainstem::facts::date_of;
/// use std::time::{Duration, SystemTime};
/// let at = |seconds| date_of(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
/// assert_eq!(at(60).map(|date| date.to_rfc3339()).as_deref(), Some("1970-01-01T00:01:00+00:00"));
/// assert_eq!(at(1 << 50), None);
/// ```
pub fn date_of(at: SystemTime) -> Option<DateTime<Utc>> {
    let since = |later: SystemTime, sooner| later.duration_since(sooner).ok();
    let date = match since(at, SystemTime::UNIX_EPOCH) {
        Some(age) => DateTime::from_timestamp(i64::try_from(age.as_secs()).ok()?, age.subsec_nanos())?,
        None => {
            let before = chrono::TimeDelta::from_std(since(SystemTime::UNIX_EPOCH, at)?).ok()?;
            DateTime::UNIX_EPOCH.checked_sub_signed(before)?
        }
    };
    (1..=9999).contains(&date.year()).then_some(date)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_moment_is_a_date_or_none() {
        let year = |seconds: i64| {
            let length = Duration::from_secs(seconds.unsigned_abs());
            let epoch = SystemTime::UNIX_EPOCH;
            let at = if seconds < 0 { epoch.checked_sub(length) } else { epoch.checked_add(length) };
            at.and_then(date_of).map(|date| date.year())
        };
        for (seconds, expected) in [
            (0, Some(1970)),
            (-1, Some(1969)),
            (-62_135_596_800, Some(1)),
            (-62_135_596_801, None),
            (253_402_300_799, Some(9999)),
            (253_402_300_800, None),
            (9_000_000_000_000, None),
            (-9_000_000_000_000, None),
            (i64::MAX, None),
            (i64::MIN + 1, None),
        ] {
            assert_eq!(year(seconds), expected, "{seconds}");
        }
    }
}
