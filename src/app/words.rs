use std::io::{self, Read as _};

use crate::diag::{Error, ErrorKind, Result};

/// The words that were typed, else the lines of standard input, which `text` is to hold.
///
/// # Errors
/// Standard input that cannot be read.
pub(super) fn or_lines<'a>(words: &'a [String], text: &'a mut String) -> Result<Vec<&'a str>> {
    if !words.is_empty() {
        return Ok(words.iter().map(String::as_str).collect());
    }
    io::stdin()
        .lock()
        .read_to_string(text)
        .map_err(|error| Error::new(ErrorKind::Io, format!("cannot read standard input: {error}")))?;
    Ok(text.lines().collect())
}
