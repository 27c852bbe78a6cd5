//! A snapshot of environment variables.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::facts::secret_name::names_secret;

/// Environment variables as they were captured, or as a test wants them. Cheap to clone.
///
/// ```
/// use mainstem::facts::Environment;
/// let env: Environment = [("USER", "ada")].into_iter().collect();
/// assert_eq!(env.get("USER"), Some("ada"));
/// assert_eq!(env.get("HOME"), None);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    values: Arc<BTreeMap<String, String>>,
    /// The file and the line that set a variable, of those that a file set.
    places: Arc<BTreeMap<String, (String, usize)>>,
}

impl Environment {
    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// All names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// With a variable that a file sets at a line, counted from 1, unless it is set already.
    ///
    /// ```
    /// use mainstem::facts::Environment;
    /// let env: Environment = [("A", "real")].into_iter().collect();
    /// let env = env.or_from_file("A", "1", ".env", 1).or_from_file("B", "2", ".env", 2);
    /// assert_eq!((env.get("A"), env.place("A")), (Some("real"), None));
    /// assert_eq!((env.get("B"), env.place("B")), (Some("2"), Some((".env", 2))));
    /// ```
    #[must_use]
    pub fn or_from_file(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
        file: &str,
        line: usize,
    ) -> Self {
        let name = name.into();
        if !self.values.contains_key(&name) {
            Arc::make_mut(&mut self.places).insert(name.clone(), (file.to_owned(), line));
            Arc::make_mut(&mut self.values).insert(name, value.into());
        }
        self
    }

    /// The file and the line that set a variable, if a file did.
    pub fn place(&self, name: &str) -> Option<(&str, usize)> {
        self.places.get(name).map(|(file, line)| (file.as_str(), *line))
    }
}

/// Without the values of those that are secrets by their names.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(name, value)| (name, if names_secret(name) { "***" } else { value });
        f.debug_map().entries(self.iter().map(shown)).finish()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let values: BTreeMap<_, _> = pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        Self { values: Arc::new(values), places: Arc::default() }
    }
}
