//! Overrides that arrive in pieces: `model = forest` has blanks, and the shell splits `tags=[a, b]` at them.

use crate::diag::{Error, ErrorKind, Origin, shell_word};
use crate::grammar::parse_override;

/// An argument as it was read.
pub(crate) struct Piece<'a> {
    pub(crate) text: &'a str,
    /// The whole argument.
    pub(crate) origin: Origin,
    /// What is wrong with it alone.
    pub(crate) errors: Vec<Error>,
}

/// So many arguments are put together at most.
const PIECES: usize = 8;

/// All that is wrong: where arguments are one override only together, that is told once in place of what each lacks.
pub(crate) fn complaints(mut pieces: Vec<Piece<'_>>) -> Vec<Error> {
    let mut errors = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        match whole(&pieces[at..]) {
            Some((line, count)) => {
                errors.push(torn(&pieces[at..at + count], &line));
                at += count;
            }
            None => {
                let mut own = std::mem::take(&mut pieces[at].errors);
                if let (Some(last), Some(line)) =
                    (own.last_mut(), at.checked_sub(1).and_then(|before| tail(&pieces[before..])))
                {
                    *last = last.clone().help(format!(
                        "if it belongs to the argument before, quote both: {}",
                        shell_word(&line)
                    ));
                }
                errors.append(&mut own);
                at += 1;
            }
        }
    }
    errors
}

/// The override that the first pieces are together, and how many they are.
fn whole(pieces: &[Piece<'_>]) -> Option<(String, usize)> {
    let first = pieces.first()?;
    let dangling = first.text.ends_with('=');
    if first.errors.is_empty() && !dangling {
        return None;
    }
    for count in 2..=PIECES.min(pieces.len()) {
        let part = &pieces[..count];
        // What stands for itself is no piece of another.
        if part[1..].iter().all(|piece| piece.errors.is_empty() && !piece.text.starts_with('=')) {
            return None;
        }
        let line = match part {
            // `seed 3`: two words of which the second cannot be a key.
            [key, value]
                if !key.text.contains('=')
                    && !value.text.contains('=')
                    && !value.text.starts_with(['+', '~'])
                    && !reads(&format!("~{}", value.text)) =>
            {
                format!("{}={}", key.text, value.text)
            }
            _ => {
                let line = part.iter().map(|piece| piece.text).collect::<Vec<_>>().join(" ");
                match line.split_once('=') {
                    Some((key, value)) => format!("{}={}", key.trim_end(), value.trim_start()),
                    None => continue,
                }
            }
        };
        // `model =` goes on.
        if reads(&line) && !line.ends_with('=') {
            return Some((line, count));
        }
    }
    None
}

/// `name=my` and `run`: the second may well be the end of the first.
fn tail(pieces: &[Piece<'_>]) -> Option<String> {
    let [before, piece, ..] = pieces else { return None };
    let line = format!("{} {}", before.text, piece.text);
    let fits =
        before.errors.is_empty() && before.text.contains('=') && !piece.text.contains('=') && reads(&line);
    fits.then_some(line)
}

fn reads(line: &str) -> bool {
    parse_override(line, crate::diag::SourceId::NONE, &mut ()).is_some()
}

fn torn(pieces: &[Piece<'_>], line: &str) -> Error {
    let text = pieces.iter().map(|piece| piece.text).collect::<Vec<_>>().join(" ");
    let count = pieces.len();
    let error = Error::new(ErrorKind::Override, format!("`{text}` is one override in {count} arguments"));
    let error = error.at(pieces.first().map_or(Origin::NONE, |piece| piece.origin), "starts here");
    match line.contains(' ') {
        true => error.help(format!("quote it for the shell: {}", shell_word(line))),
        false => error.help(format!("take the blanks away: {}", shell_word(line))),
    }
}
