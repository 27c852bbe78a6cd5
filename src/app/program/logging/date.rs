//! How the moment of a record is written: `datefmt`, a pattern of Python's `time.strftime`.

use chrono::{DateTime, FixedOffset};

use crate::app::program::logging::part::Part;
use crate::app::zone::Zone;
use crate::diag::{Error, Result};
use crate::resolve::strftime;

/// A pattern that was tried.
#[derive(Clone, Debug)]
pub(super) struct Date {
    pattern: String,
    /// How the zone is called, if the pattern asks for it.
    zone: Zone,
}

impl Date {
    /// A pattern.
    ///
    /// # Errors
    /// A directive that there is not.
    pub(super) fn new(pattern: String) -> Result<Self> {
        let zone = if pattern.contains('Z') { Zone::local() } else { Zone::default() };
        Self::within(pattern, zone)
    }

    fn within(pattern: String, zone: Zone) -> Result<Self> {
        let date = Self { pattern, zone };
        date.format(DateTime::default()).map(|_| date)
    }

    /// What a config says; told if there is no such directive.
    pub(super) fn read(part: &Part<'_>, key: &str, errors: &mut Vec<Error>) -> Option<Self> {
        let (text, node) = part.text(key, errors).zip(part.get(key))?;
        let wrong = |error: Error| {
            errors.push(error.at(node.origin, "in this format").help("`%%` is a percent sign"));
        };
        Self::new(text).map_err(wrong).ok()
    }

    /// A moment as the pattern says.
    pub(super) fn write(&self, at: DateTime<FixedOffset>) -> String {
        // It was tried when it was read.
        self.format(at).unwrap_or_default()
    }

    fn format(&self, at: DateTime<FixedOffset>) -> Result<String> {
        strftime(at.naive_local(), &self.filled(at))
    }

    /// The pattern with what a time alone does not know filled in: its offset and its zone, and how many seconds have passed
    /// since 1970. `%f` stays as it is, as in Python, whose struct of a time has no microseconds.
    fn filled(&self, at: DateTime<FixedOffset>) -> String {
        let mut out = String::with_capacity(self.pattern.len() + 8);
        let mut rest = self.pattern.chars();
        while let Some(c) = rest.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let mut flags = String::new();
            let mut letter = rest.next();
            // `%Ey` and `%Od` are `%y` and `%d` wherever there is no other calendar.
            while let Some(flag @ ('-' | '_' | '0' | '^' | '#' | 'E' | 'O')) = letter {
                if !matches!(flag, 'E' | 'O') {
                    flags.push(flag);
                }
                letter = rest.next();
            }
            match letter {
                Some('z') => out.push_str(&at.format("%z").to_string()),
                Some('Z') => {
                    // It may be called anything, and is part of a pattern now.
                    let name = self.zone.name(at.offset().local_minus_utc()).replace('%', "%%");
                    out.push_str(&if flags.ends_with('#') { name.to_lowercase() } else { name });
                }
                Some('s') => out.push_str(&at.timestamp().to_string()),
                Some('f') => out.push_str("%%f"),
                Some(letter) => out.extend(['%'].into_iter().chain(flags.chars()).chain([letter])),
                // The end of the pattern stays as it is.
                None => out.push_str(&format!("%%{flags}")),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_directive_that_python_documents_is_written_as_python_writes_it() {
        let at = DateTime::parse_from_rfc3339("2024-07-03T11:46:40.25+02:00").unwrap();
        // `TZ=CET-1CEST python -c "import time; print(time.strftime(…, time.localtime(1720000000.25)))"`
        for (pattern, expected) in [
            ("%a %A %b %B", "Wed Wednesday Jul July"),
            ("%c|%x|%X", "Wed Jul  3 11:46:40 2024|07/03/24|11:46:40"),
            ("%d %f %H %I %j %m %M %p %S", "03 %f 11 11 185 07 46 AM 40"),
            ("%U %w %W %y %Y %z %Z %%", "26 3 27 24 2024 +0200 CEST %"),
            ("%G %u %V", "2024 3 27"),
            (
                "%C %D %e %F %g %h %k %l %n %P %r %R %s %t %T",
                "20 07/03/24  3 2024-07-03 24 Jul 11 11 \n am 11:46:40 AM 11:46 1720000000 \t 11:46:40",
            ),
            ("%-d %_d %^a %#Z %Ey %Od %", "3  3 WED cest 24 03 %"),
            ("[%H:%M]", "[11:46]"),
        ] {
            let date = Date::within(pattern.to_owned(), Zone::of(Some("CET-1CEST"))).unwrap();
            assert_eq!(date.write(at), expected, "{pattern}");
        }
        let zone = Zone::of(Some("<X%Q>-2"));
        assert_eq!(Date::within("%H %Z".to_owned(), zone).unwrap().write(at), "11 X%Q");
        let error = Date::new("%Q".to_owned()).unwrap_err();
        assert_eq!(error.message(), "`%Q` is no directive of a time format");
    }
}
