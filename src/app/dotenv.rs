//! Environment variables from files: `.env` at the root of the project, and those that `--env-file` names.

use std::fs;
use std::path::{Path, PathBuf};

use crate::app::capture::absolute;
use crate::diag::{Error, ErrorKind, Origin, Result, Source, SourceKind, SourceMap, Span};
use crate::facts::{Environment, Facts, names_secret};
use std::sync::Arc;

/// The environment with what files add: first those that are named, the last one winning, then `.env`. What is set
/// already stays.
///
/// # Errors
/// A named file that is not there; lines that are no assignments.
pub(crate) fn extend(facts: &Facts, project: &Path, named: &[String]) -> Result<Environment> {
    let mut env = facts.env.clone();
    let mut files: Vec<(PathBuf, String)> =
        named.iter().rev().map(|path| (absolute(facts, path), path.clone())).collect();
    if let Some(found) = find(project) {
        let shown = found.strip_prefix(&facts.cwd).unwrap_or(&found).display().to_string();
        files.push((found, shown));
    }
    let mut errors = Vec::new();
    for (path, shown) in files {
        match fs::read_to_string(&path) {
            Ok(text) => match read(&shown, &text) {
                Ok(pairs) => {
                    for (name, value, line) in pairs {
                        env = env.or_from_file(name, value, &shown, line);
                    }
                }
                Err(error) => errors.push(error),
            },
            Err(error) => {
                errors.push(Error::new(
                    ErrorKind::Io,
                    format!("cannot read the environment file `{shown}`: {error}"),
                ));
            }
        }
    }
    Error::all(errors).map_or(Ok(env), Err)
}

/// The `.env` of a project: in its folder, or above it up to the root of the repository.
fn find(project: &Path) -> Option<PathBuf> {
    for dir in project.ancestors() {
        let file = dir.join(".env");
        if file.is_file() {
            return Some(file);
        }
        if dir.join(".git").exists() {
            return None;
        }
    }
    None
}

/// Assignments with the numbers of their lines: `NAME=value`, `export NAME="a\nb"`, `NAME='as it is'`, `# comments`.
fn read(label: &str, text: &str) -> Result<Vec<(String, String, usize)>> {
    let sources = Arc::new(SourceMap::default());
    let source = sources.add(Source::new(SourceKind::File, label, text));
    let mut pairs: Vec<(String, String, usize)> = Vec::new();
    let mut errors = Vec::new();
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let origin = Origin::new(source, Span::new(start, start + line.trim_end().len()));
        start += line.len();
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").map_or(line, str::trim_start);
        let assigned = line.split_once('=').filter(|(name, _)| is_name(name.trim_end()));
        match assigned.and_then(|(name, value)| Some((name.trim_end(), unquoted(value.trim_start())?))) {
            Some((name, value)) => {
                // Within a file the last one wins.
                pairs.retain(|(known, ..)| known != name);
                pairs.push((name.to_owned(), value, number + 1));
            }
            None => {
                let word = line.split(char::is_whitespace).next().unwrap_or_default();
                // A name with a blank in it is a mistake, and what stands behind it may be a secret all the same.
                let name = line.split_once('=').map_or(word, |(name, _)| name);
                if names_secret(name) {
                    let end = origin.span.end as usize;
                    sources.hide(origin.at(Span::new(end - line.len() + name.len() + 1, end)));
                }
                errors.push(
                    Error::new(ErrorKind::Usage, "a line of an environment file is no assignment")
                        .at(origin, "expected NAME=value")
                        .help("quotes must end on the line they begin on; comments begin with `#`"),
                );
            }
        }
    }
    Error::all(errors).map_or(Ok(pairs), |error| Err(error.located(&sources)))
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
}

/// A value without its quotes and the comment behind it; none if quotes stay open.
fn unquoted(value: &str) -> Option<String> {
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        let end = value.find(" #").unwrap_or(value.len());
        return Some(value[..end].trim_end().to_owned());
    };
    let mut out = String::new();
    let mut chars = value[1..].chars();
    loop {
        match chars.next()? {
            c if c == quote => break,
            '\\' if quote == '"' => match chars.next()? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                c @ ('"' | '\\' | '$') => out.push(c),
                c => out.extend(['\\', c]),
            },
            c => out.push(c),
        }
    }
    let rest = chars.as_str().trim();
    (rest.is_empty() || rest.starts_with('#')).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_such_files_hold() {
        let text =
            "# c\n\nA=1\nexport B = \"x\\n\\\"y\\\" #\" # c\nC='a\\n $A' \nD=\nE=a b # c\nA=2\nF=a#b\n";
        let pairs = read(".env", text).unwrap();
        let pairs: Vec<(&str, &str, usize)> =
            pairs.iter().map(|(n, v, l)| (n.as_str(), v.as_str(), *l)).collect();
        let expected = [
            ("B", "x\n\"y\" #", 4),
            ("C", "a\\n $A", 5),
            ("D", "", 6),
            ("E", "a b", 7),
            ("A", "2", 8),
            ("F", "a#b", 9),
        ];
        assert_eq!(pairs, expected);
    }

    #[test]
    fn every_line_that_is_none_is_told() {
        let error = read(".env", "A\nB=1\nC='x\n1=2\nD='x' y\n").unwrap_err();
        let places: Vec<String> =
            error.iter().map(|e| format!("{e:#}").lines().nth(1).unwrap_or("").to_owned()).collect();
        assert_eq!(places, ["  .env:1:1", "  .env:3:1", "  .env:4:1", "  .env:5:1"]);
        let error = read(".env", "API KEY=hunter2\n").unwrap_err();
        assert!(format!("{error:#}").contains("1 | API KEY=***\n"), "{error:#}");
        let error = read(".env", "export HF_TOKEN='hunter2\nAPI_KEY hunter2\n").unwrap_err();
        let shown = format!("{error:#}");
        assert!(
            shown.contains("1 | export HF_TOKEN=***\n") && shown.contains("2 | API_KEY ***\n"),
            "{shown}"
        );
    }
}
