//! Where the folder of a Python package is, found by looking and never by importing: `pkg://x.conf` is the folder
//! `x/conf` below a place that Python would look in.

use std::fs;
use std::path::{Path, PathBuf};

use crate::app::args::wrong;
use crate::compose::Packages;
use crate::diag::Result;
use crate::facts::Facts;

/// Finds folders of packages. What was mapped by hand comes first, then what Python's own path would give: the
/// project (the working directory and its `src`), `PYTHONPATH`, the active virtual environment.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    mapped: Vec<(String, PathBuf)>,
    cwd: PathBuf,
    python_path: Option<String>,
    environments: Vec<PathBuf>,
}

impl Folders {
    /// From `pkg://x.conf=DIR` entries and the world.
    ///
    /// # Errors
    /// Entries that are no such thing.
    pub(crate) fn new(maps: &[String], facts: &Facts) -> Result<Self> {
        let mut mapped = Vec::with_capacity(maps.len());
        for map in maps {
            let entry = map.strip_prefix("pkg://").unwrap_or(map).split_once('=');
            let Some((package, dir)) = entry.filter(|(package, dir)| !package.is_empty() && !dir.is_empty())
            else {
                return Err(wrong(format!("`--map` needs a package and a directory, found `{map}`"))
                    .help("type `--map pkg://x.conf=DIR`"));
            };
            mapped.push((package.trim_end_matches('/').to_owned(), facts.cwd.join(dir)));
        }
        let named = ["VIRTUAL_ENV", "CONDA_PREFIX"].iter().filter_map(|name| facts.env.get(name));
        let mut environments: Vec<PathBuf> = named.filter(|dir| !dir.is_empty()).map(PathBuf::from).collect();
        environments.push(facts.cwd.join(".venv"));
        Ok(Self {
            mapped,
            cwd: facts.cwd.clone(),
            python_path: facts.env.get("PYTHONPATH").map(str::to_owned),
            environments,
        })
    }

    /// The folder that was mapped for the package, or for one that holds it.
    fn mapped(&self, package: &str) -> Option<PathBuf> {
        let below = |known: &str| {
            let rest = package.strip_prefix(known)?;
            (rest.is_empty() || rest.starts_with(['.', '/'])).then(|| relative(rest))
        };
        let best =
            self.mapped.iter().filter_map(|(known, dir)| below(known).map(|rest| (known.len(), dir, rest)));
        best.max_by_key(|(length, ..)| *length).map(|(_, dir, rest)| dir.join(rest))
    }
}

impl Packages for Folders {
    fn find(&self, package: &str) -> Option<PathBuf> {
        if let Some(dir) = self.mapped(package) {
            return Some(dir);
        }
        // `..` and a leading slash would lead out of the folders that are searched.
        if package.split(['.', '/']).any(str::is_empty) {
            return None;
        }
        let path = relative(package);
        let python_path =
            self.python_path.iter().flat_map(std::env::split_paths).filter(|dir| !dir.as_os_str().is_empty());
        let project = [self.cwd.clone(), self.cwd.join("src")];
        let roots = project.into_iter().chain(python_path.map(|dir| self.cwd.join(dir)));
        let mut candidates = roots.chain(self.environments.iter().flat_map(|dir| site_packages(dir)));
        candidates.find_map(|root| Some(root.join(&path)).filter(|dir| dir.is_dir()))
    }
}

/// `a.b/c` as a relative path.
fn relative(package: &str) -> PathBuf {
    package.split(['.', '/']).filter(|part| !part.is_empty()).collect()
}

/// Where a virtual environment keeps its packages, on Unix and on Windows.
fn site_packages(environment: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for lib in ["lib", "lib64"] {
        let Ok(members) = fs::read_dir(environment.join(lib)) else { continue };
        let names = members.flatten().map(|member| member.file_name());
        let pythons = names.filter(|name| name.to_string_lossy().starts_with("python"));
        found.extend(pythons.map(|name| environment.join(lib).join(name).join("site-packages")));
    }
    found.push(environment.join("Lib").join("site-packages"));
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_serves_the_package_and_what_is_below() {
        let facts = Facts { cwd: "/p".into(), ..Facts::default() };
        let maps = ["pkg://x.conf=c".to_owned(), "x=/x".to_owned()];
        let folders = Folders::new(&maps, &facts).unwrap();
        assert_eq!(folders.find("x.conf"), Some("/p/c".into()));
        assert_eq!(folders.find("x.conf.db"), Some("/p/c/db".into()));
        assert_eq!(folders.find("x.configs"), Some("/x/configs".into()));
        assert_eq!(folders.find("nowhere.at_all"), None);
        let error = Folders::new(&["pkg://x".to_owned()], &facts).expect_err("no directory");
        assert_eq!(error.message(), "`--map` needs a package and a directory, found `pkg://x`");
    }

    #[test]
    fn the_virtual_environment_is_searched() {
        let dir = std::env::temp_dir().join(format!("mainstem-packages-{}", std::process::id()));
        let conf = dir.join("venv/lib/python3.12/site-packages/pkg/conf");
        fs::create_dir_all(&conf).unwrap();
        let env = [("VIRTUAL_ENV", dir.join("venv").display().to_string())].into_iter().collect();
        let facts = Facts { env, cwd: dir.clone(), ..Facts::default() };
        let folders = Folders::new(&[], &facts).unwrap();
        assert_eq!(folders.find("pkg.conf"), Some(conf));
        assert_eq!(folders.find("../venv"), None);
        fs::remove_dir_all(dir).unwrap();
    }
}
