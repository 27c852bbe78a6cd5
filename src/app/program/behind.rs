//! What stands behind a Hydra program in the words of a command: it would change the config that the record tells.

use std::ffi::OsString;
use std::path::Path;

use crate::app::program::placeholders::{Piece, pieces};
use crate::app::program::python;
use crate::diag::{Error, ErrorKind, shell_word};

/// Flags of Hydra that change its config, or make it sweep by itself.
const FLAGS: [&str; 12] = [
    "-m",
    "--multirun",
    "-r",
    "--run",
    "-cn",
    "--config-name",
    "-cp",
    "--config-path",
    "-cd",
    "--config-dir",
    "--experimental-rerun",
    "--hydra-help",
];

/// An error for the words behind a program of Hydra's that it would read as overrides or as flags of Hydra's.
pub(super) fn check(words: &[OsString], cwd: &Path) -> Option<Error> {
    let texts: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let behind = words.get(python::place(words, cwd)? + 1..)?;
    let read: Vec<&str> =
        behind.iter().filter_map(|word| word.to_str()).filter(|word| is_hydras(word)).collect();
    if read.is_empty() {
        return None;
    }
    let typed: Vec<_> = read.iter().map(|word| shell_word(word)).collect();
    let rest: Vec<_> =
        texts.iter().filter(|word| !read.contains(word)).map(|word| shell_word(word)).collect();
    let error = Error::new(
        ErrorKind::Usage,
        format!(
            "`{}` behind the command would change its config, and no record would say so",
            typed.join(" ")
        ),
    );
    Some(error.help(format!("type `mainstem run {} … -- {}`", typed.join(" "), rest.join(" "))))
}

/// Whether Hydra reads a word as an override, or as a flag that matters to the config.
fn is_hydras(word: &str) -> bool {
    let is_flag = FLAGS.contains(&word.split_once('=').map_or(word, |(flag, _)| flag));
    let is_override = !word.starts_with('-') && (word.contains('=') || word.starts_with('~'));
    // What is filled in here is what the record says.
    let is_plain = !pieces(word).iter().any(|piece| matches!(piece, Piece::Name(_)));
    is_flag || is_override && is_plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_hydra_would_read_is_refused() {
        for (line, expected) in [
            ("python train.py seed=3", Some("seed=3")),
            ("python -m pkg.train seed=3 -m", Some("seed=3 -m")),
            ("python train.py --config-name=x ~db", Some("--config-name=x '~db'")),
            ("python -u train.py", None),
            ("python train.py {hydra} out={run}", None),
            ("env A=1 python train.py --verbose", None),
            ("./run.sh seed=3", None),
        ] {
            let words: Vec<OsString> = line.split(' ').map(Into::into).collect();
            let message = check(&words, Path::new("")).map(|error| error.message().to_owned());
            let expected = expected.map(|words| {
                format!("`{words}` behind the command would change its config, and no record would say so")
            });
            assert_eq!(message, expected, "{line}");
        }
    }
}
