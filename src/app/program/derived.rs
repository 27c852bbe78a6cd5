//! The run that a program runs again: told by a hidden last argument, by `mainstem rerun`.

use std::ffi::{OsStr, OsString};

use crate::run::RunId;

/// What the hidden argument begins with; the identifier of the earlier run follows.
pub(crate) const DERIVED_FROM: &str = "__mainstem-derived-from=";

/// Whether an argument is the hidden one.
pub(crate) fn is_hidden(argument: &OsStr) -> bool {
    argument.as_encoded_bytes().starts_with(DERIVED_FROM.as_bytes())
}

/// The run that the arguments name.
pub(crate) fn from(arguments: &[OsString]) -> Option<RunId> {
    let texts = arguments.iter().filter_map(|argument| argument.to_str());
    texts.filter_map(|text| text.strip_prefix(DERIVED_FROM)).find_map(RunId::parse)
}
