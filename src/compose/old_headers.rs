//! Headers `# @package _group_`: of old they stood for the group, now they name a key.

use std::collections::BTreeSet;

use crate::compose::dangling::Dangle;
use crate::compose::repository::Repository;
use crate::diag::{Error, ErrorKind, Origin};
use crate::value::Text;

/// What such a header begins with.
const GROUP: &str = "_group_";

const REMOVE: &str = "remove the comment: a config of a group goes below the key of the group";

/// So many more places are shown.
const PLACES: usize = 3;

/// The configs that have one.
#[derive(Default)]
pub(crate) struct OldHeaders {
    places: Vec<Origin>,
    /// The keys of the root that the configs were to fill.
    meant: BTreeSet<Text>,
}

impl OldHeaders {
    /// Takes the header of a config; the package that it meant of old, if it is such a header.
    pub(crate) fn take(&mut self, path: &str, header: &str, place: Origin) -> Option<Text> {
        let rest = is_old(header)?;
        let group = path.rsplit_once('/').map_or("", |(group, _)| group);
        self.places.push(place);
        self.meant.insert(group.split('/').next().unwrap_or(group).into());
        Some(format!("{}{rest}", group.replace('/', ".")).into())
    }

    /// What to do about a header that stands too low to count.
    pub(crate) fn late(&self, repository: &Repository, place: Origin) -> &'static str {
        let source = repository.sources().get(place.source);
        let rest = source.as_ref().and_then(|source| source.text().get(place.span.range().end..));
        match rest.and_then(|rest| rest.split_whitespace().next()) {
            // At the top it would name a key.
            Some(package) if is_old(package).is_some() => REMOVE,
            _ => "move it to the first line",
        }
    }

    /// Whether an interpolation dangles because such a config does not fill its key.
    pub(crate) fn explains(&self, dangle: &Dangle) -> bool {
        dangle.roots.iter().any(|root| self.meant.contains(root))
    }

    /// One warning for all of them.
    pub(crate) fn warning(&self) -> Option<Error> {
        let (first, more) = self.places.split_first()?;
        let error = Error::new(ErrorKind::Defaults, format!("`{GROUP}` in a `@package` comment is a key"))
            .at(*first, format!("puts the config below the key `{GROUP}`"));
        let error = more.iter().take(PLACES).fold(error, |error, place| error.at(*place, "and here"));
        let error = match more.len().saturating_sub(PLACES) {
            0 => error,
            left => error.note(format!("and in {left} more configs")),
        };
        let error = error.note("Hydra 1.0 put it below the key of its group");
        Some(error.help(REMOVE))
    }
}

/// What follows `_group_` in such a header.
fn is_old(header: &str) -> Option<&str> {
    header.strip_prefix(GROUP).filter(|rest| rest.is_empty() || rest.starts_with('.'))
}
