//! Spans and points in time.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, Utc};

use crate::schema::{Moment, Type, Types, read_duration, write_duration};
use crate::typed::config::Config;
use crate::typed::reader::{Reader, Reported};
use crate::typed::slot::Slot;
use crate::value::{Node, Text};

/// Text such as `10ms`, `1.5s`, `2h`, `1h30m`, or a number of seconds.
///
/// ```
/// use std::time::Duration;
/// use mainstem::typed::{self, Config as _};
/// use mainstem::value::Node;
/// assert_eq!(typed::read::<Duration>(&Node::from("1m30s"))?, Duration::from_secs(90));
/// assert_eq!(typed::read::<Duration>(&Node::from(0.5))?, Duration::from_millis(500));
/// assert_eq!(Duration::from_secs(5400).write(), Node::from("90m"));
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
impl Config for Duration {
    fn describe(_: &mut Types) -> Type {
        Type::Duration
    }

    fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
        let node = cx.fit(at, &Type::Duration)?;
        read_duration(&node.kind).ok_or_else(|| cx.refuse(at, "is no duration"))
    }

    fn write(&self) -> Node {
        Node::from(Text::from(write_duration(*self)))
    }
}

/// As [`Duration`] is: it cannot be negative in a config.
///
/// ```
/// use chrono::TimeDelta;
/// use mainstem::typed::{self, Config as _};
/// use mainstem::value::Node;
/// assert_eq!(typed::read::<TimeDelta>(&Node::from("1m30s"))?, TimeDelta::seconds(90));
/// assert_eq!(TimeDelta::minutes(90).write(), Node::from("90m"));
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
impl Config for TimeDelta {
    fn describe(types: &mut Types) -> Type {
        Duration::describe(types)
    }

    fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
        let span = Duration::read(at, cx)?;
        Self::from_std(span).map_err(|_| cx.refuse(at, "is too long a duration"))
    }

    /// What is negative is no duration: as a number of seconds, which composing refuses.
    fn write(&self) -> Node {
        self.to_std().map_or_else(|_| Node::from(self.as_seconds_f64()), |span| span.write())
    }
}

macro_rules! moments {
    ($($ty:ty, $moment:ident, $text:expr;)*) => {$(
        /// Text in ISO 8601.
        impl Config for $ty {
            fn describe(_: &mut Types) -> Type {
                Type::Time(Moment::$moment)
            }

            fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
                let node = cx.fit(at, &Type::Time(Moment::$moment))?;
                let read = node.as_str().and_then(|text| text.parse().ok());
                read.ok_or_else(|| cx.refuse(at, "is no such point in time"))
            }

            fn write(&self) -> Node {
                let text: fn(&Self) -> String = $text;
                Node::from(Text::from(text(self)))
            }
        }
    )*};
}

moments! {
    DateTime<Utc>, Instant, |time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    DateTime<FixedOffset>, Instant, |time| time.to_rfc3339_opts(SecondsFormat::AutoSi, false);
    NaiveDateTime, DateTime, |time| format!("{time:?}");
    NaiveDate, Date, |date| format!("{date:?}");
    NaiveTime, Time, |time| format!("{time:?}");
}
