//! An option that lands where an enum is expected chooses the variant.

use std::sync::Arc;

use crate::compose::selection::Included;
use crate::schema::Expected;
use crate::value::{Key, Kind, Map, Node};

/// The body of an option that stands for a variant, with the tag that says so: from where it was chosen. `None` if
/// nothing is to be added: it says itself which variant it is, or stands for none.
pub(crate) fn named(included: &Included, expected: Expected<'_>) -> Option<Node> {
    included.override_key.as_ref()?;
    let variants = expected.as_enum()?;
    let tag = variants.tag.as_ref()?;
    let body = &included.document.root;
    let map = body.as_map().filter(|map| map.get_str(tag).is_none())?;
    let (_, option) = included.config_path.rsplit_once('/')?;
    let (name, _) = variants.option(option)?;
    let mut named = Map::default();
    let word = Node::new(Kind::Str(name.clone()), included.why);
    named.insert(Key::Str(tag.clone()), included.why, word);
    for (key, slot) in map {
        named.insert(key.clone(), slot.origin, slot.node.clone());
    }
    Some(Node::new(Kind::Map(Arc::new(named)), body.origin))
}
