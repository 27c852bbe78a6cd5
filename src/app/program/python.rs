//! Which Python program a command starts, and whether it uses Hydra.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::durable::read_regular;

/// A word of a command that names a Python program.
struct Program {
    /// Which word it is.
    at: usize,
    /// Where its text may be.
    files: Vec<PathBuf>,
}

/// Where among the words of a command the first Python program is named.
pub(super) fn place(words: &[OsString], cwd: &Path) -> Option<usize> {
    programs(words, cwd).first().map(|program| program.at)
}

/// Whether one of the words is a Python program that uses Hydra.
pub(super) fn uses_hydra(words: &[OsString], cwd: &Path) -> bool {
    const LARGEST: u64 = 4 << 20;
    let imports = |file: &PathBuf| {
        read_regular(file, LARGEST).is_ok_and(|bytes| imports_hydra(&String::from_utf8_lossy(&bytes)))
    };
    programs(words, cwd).iter().any(|program| program.files.iter().any(imports))
}

/// The Python programs that the words name: a script by its ending, by its first line, or behind a Python; a folder that
/// Python can run; a module behind `-m`.
fn programs(words: &[OsString], cwd: &Path) -> Vec<Program> {
    let texts: Vec<&str> = words.iter().map(|word| word.to_str().unwrap_or_default()).collect();
    let module = texts.iter().position(|word| *word == "-m").map(|at| at + 1);
    let named = texts.iter().enumerate().filter(|(_, word)| !word.is_empty() && !word.starts_with('-'));
    let found = named.filter_map(|(at, word)| {
        let files = if Some(at) == module {
            let path = word.replace('.', "/");
            vec![cwd.join(format!("{path}.py")), cwd.join(path).join(MAIN)]
        } else {
            let path = cwd.join(word);
            let is_behind = at.checked_sub(1).is_some_and(|before| is_python(texts[before]));
            if path.join(MAIN).is_file() {
                vec![path.join(MAIN)]
            } else if word.ends_with(".py") || path.is_file() && (is_behind || begins_with_python(&path)) {
                vec![path]
            } else {
                return None;
            }
        };
        Some(Program { at, files })
    });
    found.collect()
}

/// What Python runs of a folder.
const MAIN: &str = "__main__.py";

/// Whether a word is a Python itself.
fn is_python(word: &str) -> bool {
    Path::new(word).file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"python"))
}

/// Whether the first line of a file says that Python runs it.
fn begins_with_python(file: &Path) -> bool {
    const LONGEST: u64 = 256;
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    read.is_ok() && line.starts_with(b"#!") && line.windows(6).any(|part| part == b"python")
}

/// Whether a statement of a Python program imports Hydra, or what stands on it (`hydra_zen`).
fn imports_hydra(text: &str) -> bool {
    let is_hydras = |name: &str| name.trim_start().starts_with("hydra");
    let text = text.replace("\\\n", " ");
    let mut statements = text.lines().flat_map(|line| line.split([';', ':'])).map(str::trim_start);
    statements.any(|statement| {
        let names = statement.strip_prefix("import ").map(|names| names.split(','));
        names.is_some_and(|mut names| names.any(is_hydras))
            || statement.strip_prefix("from ").is_some_and(is_hydras)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hydra_is_imported_in_many_ways() {
        for text in [
            "import hydra",
            "import os, hydra",
            "import os,hydra as h",
            "import os; import hydra",
            "from os import path; from hydra import main",
            "from hydra.core.hydra_config import HydraConfig",
            "def main():\n    import hydra.utils\n",
            "try: import hydra\nexcept ImportError: pass",
            "import os, \\\n    hydra",
            "from hydra_zen import zen",
        ] {
            assert!(imports_hydra(text), "{text}");
        }
        for text in
            ["", "import os", "# import hydra", "from os import hydra", "x = 'import hydra'", "importhydra"]
        {
            assert!(!imports_hydra(text), "{text}");
        }
    }
}
