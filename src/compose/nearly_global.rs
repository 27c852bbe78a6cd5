//! Packages with a name that holds `_global_` and more: it cuts as `_global_` does.

use crate::compose::document::Document;
use crate::compose::item::GLOBAL;
use crate::diag::{Error, ErrorKind, Origin};

/// Those of a config: of its header and of the items of its defaults list.
pub(crate) fn nearly_global(document: &Document) -> Vec<Error> {
    let header = document.header.iter().map(|(package, place)| (package.as_str(), *place));
    let items = document.defaults.iter();
    let items = items.filter_map(|item| Some((item.package.as_deref()?, item.origin)));
    header.chain(items).filter_map(|(package, place)| suspect(package, place)).collect()
}

fn suspect(package: &str, place: Origin) -> Option<Error> {
    let name = package.split('.').find(|name| name.contains(GLOBAL) && *name != GLOBAL)?;
    let error = Error::new(ErrorKind::Defaults, format!("`{name}` in a package counts as `{GLOBAL}`"))
        .at(place, "everything up to it is cut off")
        .note(format!("`{GLOBAL}` and the character behind it may stand anywhere in a name"));
    Some(error.help(format!("if the root is meant, write `{}`", package.replace(name, GLOBAL))))
}
