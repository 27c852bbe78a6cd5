//! Identifiers of runs.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, FixedOffset};

use crate::facts::Process;

/// A ULID: 48 bits of time in milliseconds and 80 random ones, as 26 letters and digits that sort by time.
///
/// ```
/// use mainstem::facts::Process;
/// use mainstem::run::RunId;
/// let process = Process::default();
/// let (first, second) = (RunId::new(&process, process.clock.now()), RunId::new(&process, process.clock.now()));
/// assert!(first < second);
/// assert_eq!(first.to_string().len(), 26);
/// assert_eq!(RunId::parse(&first.to_string()), Some(first));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(u128);

/// Crockford's alphabet: no I, L, O and U.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Letters and digits of an identifier.
const LENGTH: usize = 26;

/// Tells apart the runs of one process.
static NEXT: AtomicU64 = AtomicU64::new(0);

impl RunId {
    /// A new identifier. Those of one process count up, so that runs of the same millisecond keep their order.
    pub fn new(process: &Process, started: DateTime<FixedOffset>) -> Self {
        let time = u128::try_from(started.timestamp_millis().max(0)).unwrap_or(0) & ((1 << 48) - 1);
        let random = process.random.iter().fold(0_u128, |sum, &byte| sum << 8 | u128::from(byte));
        let random = random.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed).into()) & ((1 << 80) - 1);
        Self(time << 80 | random)
    }

    /// The identifier that a text says, in capital letters.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != LENGTH || text.as_bytes()[0] > b'7' {
            return None;
        }
        let digit = |byte: u8| DIGITS.iter().position(|&digit| digit == byte);
        text.bytes().try_fold(0_u128, |sum, byte| Some(sum << 5 | digit(byte)? as u128)).map(Self)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits: String =
            (0..LENGTH).rev().map(|i| char::from(DIGITS[(self.0 >> (5 * i) & 31) as usize])).collect();
        f.pad(&digits)
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_laid_out_as_the_specification_says() {
        let time = DateTime::from_timestamp_millis(1_469_918_176_385).unwrap().fixed_offset();
        let process = Process { random: [0xff; 10], ..Process::default() };
        let id = RunId::new(&process, time).to_string();
        assert_eq!(&id[..10], "01ARYZ6S41");
        assert_eq!(RunId(u128::MAX).to_string(), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        for wrong in
            ["", "81ARYZ6S41TSV4RRFFQ69G5FAV", "01ARYZ6S41TSV4RRFFQ69G5FAU", "01ARYZ6S41TSV4RRFFQ69G5FAé"]
        {
            assert_eq!(RunId::parse(wrong), None, "{wrong}");
        }
    }
}
