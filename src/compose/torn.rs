//! Overrides that arrive in pieces: `model = forest` has blanks, and the shell splits `tags=[a, b]` at them.

use crate::diag::{Error, ErrorKind, Origin, SourceId, shell_word};
use crate::grammar::{Override, parse_override};

/// An argument as it was read.
pub(crate) struct Piece<'a> {
    pub(crate) text: &'a str,
    /// The whole argument.
    pub(crate) origin: Origin,
    /// The override, or what is wrong with it alone.
    pub(crate) read: Result<Override, Vec<Error>>,
}

/// What was read of all arguments.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) overrides: Vec<Override>,
    /// Those that cannot be read, as far as one knows what was meant.
    pub(crate) unread: Vec<String>,
    pub(crate) errors: Vec<Error>,
}

/// So many arguments are put together at most.
const PIECES: usize = 8;

/// Where arguments are one override only together, that is told once in place of what each lacks.
pub(crate) fn gather(pieces: Vec<Piece<'_>>) -> Gathered {
    let mut gathered = Gathered::default();
    let mut pieces = pieces.into_iter();
    let mut before = None;
    loop {
        if let Some((line, count)) = whole(pieces.as_slice()) {
            let own: Vec<_> = pieces.by_ref().take(count).collect();
            gathered.errors.push(torn(&own, &line));
            gathered.unread.push(line);
            before = None;
            continue;
        }
        let Some(Piece { text, read, .. }) = pieces.next() else { return gathered };
        match read {
            Ok(read) => {
                gathered.overrides.push(read);
                before = Some(text);
            }
            Err(mut errors) => {
                if let Some(line) = before.and_then(|before| tail(before, text)) {
                    let quoted = shell_word(&line);
                    let help = format!("if it belongs to the argument before, quote both: {quoted}");
                    errors = errors.into_iter().map(|error| error.help(help.as_str())).collect();
                }
                gathered.errors.append(&mut errors);
                gathered.unread.push(text.to_owned());
                before = None;
            }
        }
    }
}

/// The override that the first pieces are together, and how many they are.
fn whole(pieces: &[Piece<'_>]) -> Option<(String, usize)> {
    let first = pieces.first()?;
    let dangling = first.text.ends_with('=');
    if first.read.is_ok() && !dangling {
        return None;
    }
    for count in 2..=PIECES.min(pieces.len()) {
        let part = &pieces[..count];
        // What stands for itself is no piece of another.
        if part[1..].iter().all(|piece| piece.read.is_ok() && !piece.text.starts_with('=')) {
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
fn tail(before: &str, text: &str) -> Option<String> {
    let line = format!("{before} {text}");
    (before.contains('=') && !text.contains('=') && reads(&line)).then_some(line)
}

fn reads(line: &str) -> bool {
    parse_override(line, SourceId::NONE, &mut ()).is_some()
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
