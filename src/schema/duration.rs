//! Spans of time as people write them.

use std::time::Duration;

use crate::value::Kind;

const UNITS: [(&str, u128); 11] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("min", MINUTE),
    ("m", MINUTE),
    ("h", HOUR),
    ("d", 24 * HOUR),
    ("day", 24 * HOUR),
    ("days", 24 * HOUR),
];

const SECOND: u128 = 1_000_000_000;
const MINUTE: u128 = 60 * SECOND;
const HOUR: u128 = 60 * MINUTE;

/// A span of time: text such as `10ms`, `1.5s`, `2h`, `1h30m`, or a number of seconds. `None`: it is none, or too
/// long. The units are `ns`, `us`, `ms`, `s`, `m` or `min`, `h`, `d`; parts below a nanosecond are cut off.
///
/// ```
/// use std::time::Duration;
/// use mainstem::schema::read_duration;
/// use mainstem::value::Kind;
/// assert_eq!(read_duration(&Kind::Str("1m30s".into())), Some(Duration::from_secs(90)));
/// assert_eq!(read_duration(&Kind::Float(0.5)), Some(Duration::from_millis(500)));
/// assert_eq!(read_duration(&Kind::Int(-1)), None);
/// ```
pub fn read_duration(kind: &Kind) -> Option<Duration> {
    match kind {
        Kind::Int(seconds) => u64::try_from(*seconds).ok().map(Duration::from_secs),
        Kind::Float(seconds) => Duration::try_from_secs_f64(*seconds).ok(),
        Kind::Str(text) => parse(text.trim()),
        _ => None,
    }
}

fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut nanos: u128 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let (digits, behind) = rest.split_at(number);
        let behind = behind.trim_start();
        let name = behind.len() - behind.trim_start_matches(char::is_alphabetic).len();
        let (name, behind) = behind.split_at(name);
        let (_, unit) = UNITS.iter().find(|(known, _)| *known == name)?;
        nanos = nanos.checked_add(times(digits, *unit)?)?;
        rest = behind.trim_start();
    }
    let seconds = u64::try_from(nanos / SECOND).ok()?;
    Some(Duration::new(seconds, u32::try_from(nanos % SECOND).ok()?))
}

/// A decimal number of units, in nanoseconds.
fn times(digits: &str, unit: u128) -> Option<u128> {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    // No unit needs more digits than these.
    let part = &part[..part.len().min(15)];
    if whole.is_empty() || part.contains('.') {
        return None;
    }
    let mut nanos = whole.parse::<u128>().ok()?.checked_mul(unit)?;
    if !part.is_empty() {
        let scale = 10_u128.pow(u32::try_from(part.len()).ok()?);
        nanos = nanos.checked_add(part.parse::<u128>().ok()? * unit / scale)?;
    }
    Some(nanos)
}

/// A span of time as the shortest text that [`read_duration`] reads back as the same.
///
/// ```
/// use std::time::Duration;
/// use mainstem::schema::write_duration;
/// assert_eq!(write_duration(Duration::from_millis(1500)), "1.5s");
/// assert_eq!(write_duration(Duration::from_secs(7200)), "2h");
/// ```
pub fn write_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    if nanos < SECOND {
        let (unit, size) = [("ms", 1_000_000), ("us", 1_000)]
            .into_iter()
            .find(|(_, size)| nanos.is_multiple_of(*size))
            .unwrap_or(("ns", 1));
        return format!("{}{unit}", nanos / size);
    }
    for (unit, size) in [("h", HOUR), ("m", MINUTE), ("s", SECOND)] {
        if nanos.is_multiple_of(size) {
            return format!("{}{unit}", nanos / size);
        }
    }
    let part = format!("{:09}", nanos % SECOND);
    format!("{}.{}s", nanos / SECOND, part.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<Duration> {
        read_duration(&Kind::Str(text.into()))
    }

    #[test]
    fn what_is_read_and_what_is_not() {
        for (text, nanos) in
            [("0s", 0), ("10ms", 10_000_000), ("1.5 s", 1_500_000_000), ("2h 30min", 9_000 * SECOND)]
        {
            assert_eq!(read(text).map(|d| d.as_nanos()), Some(nanos), "{text}");
        }
        for text in
            ["", "5", "s", "1x", "-1s", "1.2.3s", ".5s", "1e3s", "99999999999999999999h", "1s 2", "∞s"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seconds in any::<u64>(), nanos in 0..1_000_000_000_u32) {
            let duration = Duration::new(seconds, nanos);
            prop_assert_eq!(read(&write_duration(duration)), Some(duration));
            let small = Duration::new(0, nanos);
            prop_assert_eq!(read(&write_duration(small)), Some(small));
        }
    }
}
