//! Whether the options of config groups and the variants of enums stand for each other.

use std::sync::Arc;

use crate::compose::document::Document;
use crate::compose::element::What;
use crate::compose::repository::Repository;
use crate::diag::{Error, ErrorKind, did_you_mean};
use crate::schema::{Enum, Expected, Place, places};
use crate::value::{Key, Kind, Map, Node, Text};

/// What does not agree.
#[derive(Debug, Default)]
pub(crate) struct Disagreement {
    /// Options that cannot be chosen.
    pub(crate) errors: Vec<Error>,
    /// Variants that no option stands for.
    pub(crate) warnings: Vec<Error>,
}

/// Looks at every enum of a schema whose variants are mappings, where a config group is of its name: each option must
/// stand for a variant and fit it, and each variant should have an option.
pub(crate) fn agreement(repository: &Repository, schema: Expected<'_>) -> Disagreement {
    let mut found = Disagreement::default();
    let mut seen: Vec<Text> = Vec::new();
    for place in places(schema) {
        let Some(variants) = place.expected.as_enum().filter(|variants| variants.tag.is_some()) else {
            continue;
        };
        let group = place.group();
        // What cannot be listed is told where it is read.
        let options = repository.options(&group).unwrap_or_default();
        if options.is_empty() || seen.contains(&group) {
            continue;
        }
        seen.push(group.clone());
        let mut chosen: Vec<Text> = Vec::new();
        for option in &options {
            let path = format!("{group}/{option}");
            let Ok(Some(document)) = repository.load(&path) else { continue };
            // What lands elsewhere is another matter.
            if document.package(&path) == group.replace('/', ".") {
                chosen.extend(found.option(&place, variants, (&group, option), &document));
            }
        }
        found.variants(&place, variants, &group, (&options, &chosen));
    }
    found
}

impl Disagreement {
    /// The variant that an option stands for, if that can be known.
    fn option(
        &mut self,
        place: &Place<'_>,
        variants: &Enum,
        (group, option): (&Text, &Text),
        document: &Document,
    ) -> Option<Text> {
        let map = document.root.as_map()?;
        let tag = variants.tag.as_ref()?;
        let (name, body) = match map.get_str(tag) {
            Some(word) => (variants.variant(word.as_str()?).map(|(name, _)| name), document.root.clone()),
            None => {
                // Another config that it is made of may say which variant it is.
                let is_whole = document.defaults.iter().all(|element| element.what == What::Itself);
                let Some((name, _)) = variants.option(option) else {
                    if is_whole {
                        self.errors.push(stands_for_none(variants, tag, group, option, document));
                    }
                    return None;
                };
                (Some(name), tagged(tag, name, &document.root, map))
            }
        };
        let before = self.errors.len();
        let _ = place.expected.fit(body, &place.path, &mut self.errors);
        for error in &mut self.errors[before..] {
            let note = format!("`{group}/{option}` is an option for {}", variants.name);
            *error = error.clone().note(note);
        }
        name.cloned()
    }

    /// Variants that cannot be chosen by an option, and options that a variant names in vain.
    fn variants(
        &mut self,
        place: &Place<'_>,
        variants: &Enum,
        group: &Text,
        (all, chosen): (&[Text], &[Text]),
    ) {
        let tag = variants.tag.as_deref().unwrap_or_default();
        for (name, variant) in &variants.variants {
            let absent: Vec<&Text> = variant.options.iter().filter(|option| !all.contains(option)).collect();
            for option in &absent {
                let message =
                    format!("the variant `{name}` of {} names an option that is not there", variants.name);
                let error = Error::new(ErrorKind::NotFound, message);
                self.warnings.push(error.help(format!("add `{group}/{option}.yaml`, or do not name it")));
            }
            if chosen.contains(name) || !absent.is_empty() {
                continue;
            }
            let message = format!("no option of the config group `{group}` stands for the variant `{name}`");
            let error = Error::new(ErrorKind::NotFound, message)
                .note(format!("it is a variant of {}", variants.name));
            let error = error.help(format!("add `{group}/{name}.yaml`; it may be empty"));
            self.warnings.push(error.help(format!("until then, type `{}.{tag}={name}`", place.path)));
        }
    }
}

fn stands_for_none(variants: &Enum, tag: &Text, group: &Text, option: &Text, document: &Document) -> Error {
    let message = format!("`{group}/{option}` stands for no variant of {}", variants.name);
    let known = variants.variants.keys().map(Text::as_str);
    let origin = if document.root.origin.is_known() { document.root.origin } else { document.origin() };
    let error = Error::new(ErrorKind::Type, message)
        .at(origin, format!("there is no `{tag}` here, and no variant is called `{option}`"));
    let error = match did_you_mean(option, known.clone()) {
        Some(near) => error.help(format!("did you mean to call the file `{near}.yaml`?")),
        None => error,
    };
    error.help(format!("say which it is by `{tag}: …`: {}", known.collect::<Vec<_>>().join(", ")))
}

/// The body of an option, with the tag of the variant that it stands for.
fn tagged(tag: &Text, name: &Text, body: &Node, map: &Map) -> Node {
    let mut tagged = Map::default();
    tagged.insert(Key::Str(tag.clone()), body.origin, Node::new(Kind::Str(name.clone()), body.origin));
    for (key, slot) in map {
        tagged.insert(key.clone(), slot.origin, slot.node.clone());
    }
    Node::new(Kind::Map(Arc::new(tagged)), body.origin)
}
