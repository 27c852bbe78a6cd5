//! Text as it is typed in a shell.

use std::borrow::Cow;

use crate::diag::visible::visible;

/// One word of a command line: as it is, or in single quotes if a shell would read anything into it. What a terminal
/// would obey is written as escapes, which shells know as `$'…'`.
///
/// ```
/// use mainstem::diag::shell_word;
/// assert_eq!(shell_word("db.port=1"), "db.port=1");
/// assert_eq!(shell_word("tags=[a, b]"), "'tags=[a, b]'");
/// assert_eq!(shell_word("it's"), r"'it'\''s'");
/// assert_eq!(shell_word("bell\u{7}"), r"$'bell\x07'");
/// ```
pub fn shell_word(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=+,:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    if let Cow::Owned(escaped) = visible(&text.replace('\\', r"\\").replace('\'', r"\'")) {
        return Cow::Owned(format!("$'{escaped}'"));
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}
