//! The last lines of a log.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::diag::visible;

/// So many lines say what went wrong.
const LINES: usize = 5;

/// How a job says that it was there before.
const AGAIN: &str = "note: the record of the run before is now ";

/// No more than that is read for them, in bytes.
const MOST: u64 = 16 << 10;

/// The last lines of a file that say something, as a terminal may show them; none if it cannot be read. Of a line that was
/// written over and over the last state is left, as on a terminal. What stands from our own line about an error on is known
/// already.
pub(super) fn tail(path: &Path, error: &str) -> Vec<String> {
    let text = read(path).unwrap_or_default();
    let said = |line: &str| {
        let line = line.trim_end();
        let last = line.rsplit('\r').next().unwrap_or_default();
        visible(&last.replace('\t', "    ")).trim_end().to_owned()
    };
    let mut lines: Vec<String> = text.lines().map(said).filter(|line| !line.is_empty()).collect();
    // What a job said before it began again stands before that.
    if let Some(again) = lines.iter().rposition(|line| line.starts_with(AGAIN)) {
        lines.drain(..=again);
    }
    let error = visible(error);
    let is_ours = |line: &String| line.starts_with("error[") && line.ends_with(&*error);
    if let Some(ours) = lines.iter().rposition(is_ours) {
        lines.truncate(ours);
    }
    lines.drain(..lines.len().saturating_sub(LINES));
    lines
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let begin = file.seek(SeekFrom::Start(size.saturating_sub(MOST)))?;
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // The first line may have been cut.
    let whole = text.split_once('\n').filter(|_| begin > 0).map(|(_, rest)| rest.to_owned());
    Ok(whole.unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::testing::Scratch;

    #[test]
    fn the_end_of_a_log_is_shown_and_not_obeyed() {
        let scratch = Scratch::new("tail");
        let path = scratch.path().join("stderr.log");
        assert!(tail(&path, "x").is_empty());
        let long = "x\n".repeat(1 << 15);
        let said =
            format!("{long}Traceback:\n\n  10%\r  20%\r\n\tat 3\n\u{1b}[31mValueError: \u{1b}[0mno\n \n");
        std::fs::write(&path, said).unwrap();
        let expected = ["x", "Traceback:", "  20%", "    at 3", r"\x1b[31mValueError: \x1b[0mno"];
        assert_eq!(tail(&path, "status 3"), expected);
        let both =
            std::fs::read_to_string(&path).unwrap() + "error[job]: status 3\n  note: the run is in 0\n";
        std::fs::write(&path, both).unwrap();
        assert_eq!(tail(&path, "status 3"), expected);
        assert_eq!(tail(&path, "status 4")[3..], ["error[job]: status 3", "  note: the run is in 0"]);
        let again =
            std::fs::read_to_string(&path).unwrap() + AGAIN + "0/.hydra.1\nno\nerror[job]: status 3\n";
        std::fs::write(&path, again).unwrap();
        assert_eq!(tail(&path, "status 3"), ["no"]);
    }
}
