//! Spans of time as Slurm writes them.

use std::time::Duration;

/// `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`, `days-hours:minutes` or `days-hours:minutes:seconds`;
/// `UNLIMITED` is longer than anything. None for any other text.
///
/// ```
/// use std::time::Duration;
/// use mainstem::launch::slurm::span;
/// assert_eq!(span("90"), Some(Duration::from_secs(90 * 60)));
/// assert_eq!(span("1-02:00:30"), Some(Duration::from_secs(26 * 3600 + 30)));
/// assert_eq!(span("soon"), None);
/// ```
pub fn span(text: &str) -> Option<Duration> {
    let text = text.trim();
    if matches!(text.to_ascii_uppercase().as_str(), "UNLIMITED" | "INFINITE") {
        return Some(Duration::MAX);
    }
    let (days, rest) = text.split_once('-').map_or((None, text), |(days, rest)| (Some(days), rest));
    let parts: Vec<u64> = rest.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match (days.is_some(), parts.as_slice()) {
        (false, &[minutes]) => (0, minutes, 0),
        (false, &[minutes, seconds]) => (0, minutes, seconds),
        (true, &[hours]) => (hours, 0, 0),
        (true, &[hours, minutes]) => (hours, minutes, 0),
        (_, &[hours, minutes, seconds]) => (hours, minutes, seconds),
        _ => return None,
    };
    let hours = days.map_or(Some(0), |days| days.parse::<u64>().ok())?.checked_mul(24)?.checked_add(hours)?;
    let minutes = hours.checked_mul(60)?.checked_add(minutes)?;
    minutes.checked_mul(60)?.checked_add(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_limit_is_read() {
        for (text, seconds) in [
            ("5", Some(300)),
            ("0:59", Some(59)),
            ("61:00", Some(3660)),
            ("2:00:01", Some(7201)),
            ("1-1", Some(25 * 3600)),
            ("1-0:30", Some(86_400 + 1800)),
            ("2-00:00:05", Some(2 * 86_400 + 5)),
            ("", None),
            ("NOT_SET", None),
            ("1:2:3:4", None),
            ("-5", None),
            ("99999999999999999999", None),
            ("18446744073709551615-1", None),
        ] {
            assert_eq!(span(text), seconds.map(Duration::from_secs), "{text}");
        }
        assert_eq!(span(" unlimited\n"), Some(Duration::MAX));
    }
}
