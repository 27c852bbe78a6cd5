//! The names of the local time zone, such as `CET` and `CEST`: what `TZ` says, or the system.

use std::path::{Path, PathBuf};

use crate::app::capture;
use crate::durable::read_regular;

/// The names of a zone by their offsets, those first that were in use last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Zone(Vec<(i32, String)>);

/// Where the system keeps its own zone, and all of them.
const OWN: &str = "/etc/localtime";
const ALL: &str = "/usr/share/zoneinfo";

/// So large may the file of a zone be, in bytes.
const LARGEST: u64 = 1 << 20;

impl Zone {
    /// The zone that this process counts its local time by.
    pub(crate) fn local() -> Self {
        Self::of(capture::time_zone().as_deref())
    }

    /// The zone that the variable `TZ` names; without it, that of the system.
    pub(crate) fn of(tz: Option<&str>) -> Self {
        let read = |path: &Path| {
            let bytes = read_regular(path, LARGEST).ok()?;
            Self::parse(&bytes)
        };
        let Some(tz) = tz else { return read(Path::new(OWN)).unwrap_or_default() };
        let name = tz.strip_prefix(':').unwrap_or(tz);
        // A name with dots could lead anywhere.
        let path = if name.starts_with('/') { PathBuf::from(name) } else { Path::new(ALL).join(name) };
        let file = if name.is_empty() || name.contains("..") { None } else { read(&path) };
        file.or_else(|| Self::rule(name)).unwrap_or_default()
    }

    /// What a moment with this offset, in seconds, calls its zone.
    pub(crate) fn name(&self, offset: i32) -> String {
        let known = self.0.iter().find(|(of, _)| *of == offset).map(|(_, name)| name.clone());
        known.unwrap_or_else(|| {
            let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
            match (offset, minutes % 60) {
                (0, _) => "UTC".to_owned(),
                // As zones without a name are called.
                (_, 0) => format!("{sign}{:02}", minutes / 60),
                (_, rest) => format!("{sign}{:02}{rest:02}", minutes / 60),
            }
        })
    }

    /// Reads a file of the format TZif (RFC 9636).
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (header, rest) = bytes.split_at_checked(HEADER)?;
        let first = Counts::of(header)?;
        // The second part of a newer file says the same for more years.
        let Some(body) = rest.get(first.length(4)?..).filter(|_| header.get(4) != Some(&0)) else {
            return Self::body(rest, &first, 4);
        };
        let (header, body) = body.split_at_checked(HEADER)?;
        Self::body(body, &Counts::of(header)?, 8)
    }

    /// Reads a part of such a file, whose moments have `wide` bytes.
    fn body(bytes: &[u8], counts: &Counts, wide: usize) -> Option<Self> {
        let (_, rest) = bytes.split_at_checked(counts.moments.checked_mul(wide)?)?;
        let (order, rest) = rest.split_at_checked(counts.moments)?;
        let (types, rest) = rest.split_at_checked(counts.types.checked_mul(6)?)?;
        let names = rest.get(..counts.names)?;
        let one = |number: usize| {
            let one = types.get(number * 6..number * 6 + 6)?;
            let offset = i32::from_be_bytes(one.get(..4)?.try_into().ok()?);
            let name = names.get(usize::from(*one.get(5)?)..)?.split(|byte| *byte == 0).next()?;
            Some((offset, std::str::from_utf8(name).ok()?.to_owned()))
        };
        let mut found: Vec<(i32, String)> = Vec::new();
        let numbers = order.iter().rev().map(|number| usize::from(*number)).chain(0..counts.types);
        for (offset, name) in numbers.filter_map(one) {
            if found.iter().all(|(known, _)| *known != offset) {
                found.push((offset, name));
            }
        }
        Some(Self(found))
    }

    /// Reads a zone that is written out, as `CET-1CEST,M3.5.0,M10.5.0/3`.
    fn rule(text: &str) -> Option<Self> {
        let (name, rest) = named(text)?;
        let (offset, rest) = west(rest)?;
        let mut found = vec![(-offset, name)];
        if let Some((summer, rest)) = named(rest) {
            // An hour later, unless it says otherwise.
            found.push((west(rest).map_or(3600 - offset, |(offset, _)| -offset), summer));
        }
        Some(Self(found))
    }
}

/// A name at the beginning of a rule: letters, or anything in angle brackets.
fn named(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('<') {
        return rest.split_once('>').map(|(name, rest)| (name.to_owned(), rest));
    }
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    (end >= 3).then(|| (text[..end].to_owned(), &text[end..]))
}

/// An offset at the beginning of a rule, in seconds to the west: `-1`, `+5:30`.
fn west(text: &str) -> Option<(i32, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || "+-:".contains(c))).unwrap_or(text.len());
    let (said, rest) = text.split_at(end);
    let digits = said.strip_prefix(['+', '-']).unwrap_or(said);
    let mut seconds = 0_i32;
    for (part, unit) in digits.split(':').zip([3600, 60, 1]) {
        // `parse` would take a sign as well.
        let part = part.bytes().all(|byte| byte.is_ascii_digit()).then_some(part)?;
        seconds = part.parse::<i32>().ok()?.checked_mul(unit)?.checked_add(seconds)?;
    }
    // A day at most; and the sum of parts without signs is none below zero.
    let offset = if said.starts_with('-') { -seconds } else { seconds };
    (seconds <= 24 * 3600).then_some((offset, rest))
}

/// The bytes of a header.
const HEADER: usize = 44;

/// How many there are of each thing in a part of a file.
struct Counts {
    utc: usize,
    standard: usize,
    leaps: usize,
    moments: usize,
    types: usize,
    names: usize,
}

impl Counts {
    fn of(header: &[u8]) -> Option<Self> {
        if !header.starts_with(b"TZif") {
            return None;
        }
        let number = |at: usize| {
            let bytes = header.get(20 + at * 4..24 + at * 4)?;
            usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()
        };
        let [utc, standard, leaps] = [number(0)?, number(1)?, number(2)?];
        Some(Self { utc, standard, leaps, moments: number(3)?, types: number(4)?, names: number(5)? })
    }

    /// How many bytes the part has.
    fn length(&self, wide: usize) -> Option<usize> {
        let parts = [
            self.moments.checked_mul(wide + 1)?,
            self.types.checked_mul(6)?,
            self.names,
            self.leaps.checked_mul(wide + 4)?,
            self.standard,
            self.utc,
        ];
        parts.into_iter().try_fold(0_usize, usize::checked_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part of a file with two types, and a moment for each number in `order`.
    fn part(version: u8, wide: usize, order: &[u8], names: &[u8]) -> Vec<u8> {
        let mut bytes = b"TZif".to_vec();
        bytes.push(version);
        bytes.extend([0; 15]);
        for count in [0, 0, 0, order.len(), 2, names.len()] {
            bytes.extend(u32::try_from(count).unwrap().to_be_bytes());
        }
        bytes.extend(vec![0; order.len() * wide]);
        bytes.extend(order);
        for (offset, at) in [(3600_i32, 0_u8), (7200, 4)] {
            bytes.extend(offset.to_be_bytes());
            bytes.extend([0, at]);
        }
        bytes.extend(names);
        bytes
    }

    #[test]
    fn a_file_says_how_an_offset_is_called() {
        let old = part(0, 4, &[0, 1], b"CET\0CEST\0");
        let new = [part(b'2', 4, &[], b"OLD\0OLDS\0"), part(b'2', 8, &[1, 0], b"CET\0CEST\0")].concat();
        for bytes in [&old, &new] {
            let zone = Zone::parse(bytes).unwrap();
            assert_eq!([3600, 7200].map(|offset| zone.name(offset)), ["CET", "CEST"]);
            // Nothing that is cut off is read, and nothing panics.
            for length in 0..bytes.len() - 9 {
                let _ = Zone::parse(&bytes[..length]);
            }
        }
        assert_eq!(Zone::parse(b"something else"), None);
    }

    #[test]
    fn a_rule_says_it_too_and_what_is_not_known_is_its_offset() {
        let zone = Zone::of(Some("CET-1CEST,M3.5.0,M10.5.0/3"));
        assert_eq!([3600, 7200].map(|offset| zone.name(offset)), ["CET", "CEST"]);
        let zone = Zone::of(Some("<+0530>-5:30"));
        assert_eq!(zone.name(19_800), "+0530");
        // What is no offset is none.
        for rule in ["ABC0:0:-2147483648", "ABC0:-1", "ABC-+1", "ABC2147483647:2147483647", "ABC25", "ABC"] {
            assert_eq!(Zone::rule(rule), None, "{rule}");
        }
        let unknown = Zone::of(Some("no/such"));
        let said = [0, 3600, -12_600, 20_700].map(|offset| unknown.name(offset));
        assert_eq!(said, ["UTC", "+01", "-0330", "+0545"]);
    }
}
