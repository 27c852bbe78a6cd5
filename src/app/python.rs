//! What Python code registers as configs, seen by reading the code and never by running it.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// So many files are read at most.
const FILES: usize = 5_000;
/// Larger files are no code.
const BYTES: u64 = 1 << 20;
/// So deep may folders nest.
const DEPTH: usize = 16;
/// Files that stand at the root of a project.
const MARKS: [&str; 5] = ["pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", ".git"];
/// Folders that hold the code of others, or none.
const FOREIGN: [&str; 6] = ["__pycache__", "node_modules", "site-packages", "target", "venv", "outputs"];

/// The texts in the code around some directories, read when they are asked for.
pub(crate) struct Python {
    roots: Vec<PathBuf>,
    texts: OnceCell<HashSet<String>>,
}

impl Python {
    /// The code of the projects that hold the directories.
    pub(crate) fn around<'d>(dirs: impl IntoIterator<Item = &'d Path>) -> Self {
        let mut roots: Vec<PathBuf> = dirs.into_iter().filter_map(project).collect();
        roots.sort();
        roots.dedup();
        Self { roots, texts: OnceCell::new() }
    }

    /// Whether some file that registers configs holds the config's name, and that of its group, as texts.
    pub(crate) fn registers(&self, config_path: &str) -> bool {
        let texts = self.texts.get_or_init(|| {
            let (mut texts, mut files) = (Texts::default(), 0);
            self.roots.iter().for_each(|root| read(root, 0, &mut files, &mut texts));
            texts.of_configs()
        });
        match config_path.rsplit_once('/') {
            Some((group, name)) => texts.contains(name) && texts.contains(group),
            None => texts.contains(config_path),
        }
    }
}

/// The nearest folder above that is marked as the root of a project, or the one that holds the directory.
fn project(dir: &Path) -> Option<PathBuf> {
    let above = || dir.ancestors().take(5);
    let marked = above().find(|dir| MARKS.iter().any(|mark| dir.join(mark).exists()));
    marked.or(dir.parent()).map(Path::to_path_buf)
}

fn read(dir: &Path, depth: usize, files: &mut usize, texts: &mut Texts) {
    // What cannot be read registers nothing that anyone could see.
    let Ok(members) = fs::read_dir(dir) else { return };
    for member in members.flatten() {
        let (path, name) = (member.path(), member.file_name());
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.') && !FOREIGN.contains(name))
        else {
            continue;
        };
        // Links are not followed: what they lead to is found where it is, or belongs to others.
        let Ok(kind) = member.file_type() else { continue };
        if kind.is_dir() && depth < DEPTH {
            read(&path, depth + 1, files, texts);
        } else if kind.is_file() && name.ends_with(".py") && *files < FILES {
            *files += 1;
            let small = member.metadata().is_ok_and(|meta| meta.len() <= BYTES);
            if let (true, Ok(code)) = (small, fs::read_to_string(&path)) {
                texts.take(&code);
            }
        }
    }
}

/// Texts of code that may be names of configs and groups.
#[derive(Default)]
struct Texts {
    /// Of files that register configs.
    stored: HashSet<String>,
    /// Of decorators: `@register_criterion("cross_entropy")` says `criterion` and `cross_entropy`. What such a one registers, another
    /// file may make a config of.
    decorated: HashSet<String>,
}

impl Texts {
    fn take(&mut self, code: &str) {
        let stores = ["ConfigStore", "hydra_zen"].iter().any(|mark| code.contains(mark));
        for line in code.lines() {
            let decorator = line.trim_start().strip_prefix('@').and_then(|line| line.split_once('('));
            let registers = decorator.and_then(|(name, _)| name.rsplit('.').next()?.strip_prefix("register"));
            if let Some(group) = registers {
                self.decorated.insert(group.trim_start_matches('_').to_owned());
                self.decorated.extend(quoted(line));
            }
            if stores {
                self.stored.extend(quoted(line));
            }
        }
    }

    /// All of them, if some file makes configs at all.
    fn of_configs(mut self) -> HashSet<String> {
        if !self.stored.is_empty() {
            self.stored.extend(self.decorated);
        }
        self.stored
    }
}

/// The texts in quotes in a line.
fn quoted(line: &str) -> Vec<String> {
    let (mut texts, mut rest) = (Vec::new(), line);
    while let Some(start) = rest.find(['"', '\'']) {
        let quote = &rest[start..=start];
        let Some((text, after)) = rest[start + 1..].split_once(quote) else { break };
        texts.push(text.to_owned());
        rest = after;
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_files_that_register_are_taken() {
        let mut texts = Texts::default();
        texts.take("x = 'nothing'\n@registry.register_model('net', dataclass=Net)\nclass Net: pass");
        assert!(texts.stored.is_empty());
        texts
            .take("ConfigStore.instance().store(group=\"db\", name='base', node=\"it's\")\n# don't\ny = 'z'");
        let texts = texts.of_configs();
        for text in ["db", "base", "it's", "z", "model", "net"] {
            assert!(texts.contains(text), "{text}");
        }
        assert!(!texts.contains("nothing"));
    }

    #[test]
    fn decorators_alone_register_no_configs() {
        let mut texts = Texts::default();
        texts.take("@register('net')\ndef f(): pass");
        assert!(texts.of_configs().is_empty());
    }
}
