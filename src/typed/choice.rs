//! Reads which variant of an enum a value is.

use crate::schema::{unknown_variant, unnamed_variant};
use crate::typed::config::Config as _;
use crate::typed::entries::Entries;
use crate::typed::reader::{Reader, Reported};
use crate::typed::slot::Slot;
use crate::value::{Key, Map, Text};

/// The variants of an enum, to choose from.
#[derive(Clone, Copy, Debug)]
pub struct Choices<'c> {
    /// The key that names the variant; `None`: the value is the name itself.
    pub tag: Option<&'static str>,
    /// The variants, in order.
    pub variants: &'c [Choice<'c>],
}

/// A variant to choose.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'c> {
    /// Its name.
    pub name: &'static str,
    /// Other names that it goes by.
    pub aliases: &'c [&'static str],
    /// Its fields, as far as they are known: only to say what could have been meant.
    pub fields: &'c [&'static str],
}

impl Choices<'_> {
    /// Reads which variant a value is, as its index, with the entries that are its fields. Text names a variant all
    /// of whose fields have defaults.
    ///
    /// # Errors
    /// The value names no variant.
    pub fn read<'n>(&self, at: Slot<'n>, cx: &mut Reader<'_>) -> Result<(usize, Entries<'n>), Reported> {
        let node = cx.given_of(at, self.names())?;
        match (node.as_str(), node.as_map(), self.tag) {
            (Some(word), _, _) => {
                let index = self.find(word, at, cx)?;
                Ok((index, Entries::new(None, node.origin, self.variants[index].name)))
            }
            (None, Some(map), Some(tag)) => {
                let key = Key::from(tag);
                let Some(slot) = map.slot(&key) else { return Err(self.unnamed(tag, map, at, cx)) };
                let index = cx.under(key, Slot::of(&slot.node), |at, cx| {
                    let word = Text::read(at, cx)?;
                    self.find(&word, at, cx)
                })?;
                let mut entries = Entries::new(Some(map), node.origin, self.variants[index].name);
                entries.taken(tag);
                Ok((index, entries))
            }
            (None, _, Some(tag)) => {
                let listed = self.listed();
                Err(cx.misfit(format_args!("a mapping whose `{tag}` is one of {listed}"), node))
            }
            (None, _, None) => Err(cx.misfit(format_args!("one of {}", self.listed()), node)),
        }
    }

    fn names(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.variants.iter().map(|variant| variant.name)
    }

    fn listed(&self) -> String {
        self.names().collect::<Vec<_>>().join(", ")
    }

    fn find(&self, word: &str, at: Slot<'_>, cx: &mut Reader<'_>) -> Result<usize, Reported> {
        let named = |variant: &Choice<'_>| variant.name == word || variant.aliases.contains(&word);
        match self.variants.iter().position(named) {
            Some(index) => Ok(index),
            None => {
                let error = unknown_variant(self.names(), word, cx.path(), at.origin());
                Err(cx.report(error))
            }
        }
    }

    /// Nothing says which variant it is. If its keys are those of one variant alone, that was meant.
    fn unnamed(&self, tag: &str, map: &Map, at: Slot<'_>, cx: &mut Reader<'_>) -> Reported {
        let error = unnamed_variant(tag, self.names(), cx.path(), at.origin());
        let has_all = |variant: &&Choice<'_>| {
            map.iter().all(|(key, _)| key.as_str().is_some_and(|key| variant.fields.contains(&key)))
        };
        let mut fitting = self.variants.iter().filter(has_all);
        let error = match (fitting.next(), fitting.next()) {
            (Some(only), None) if !map.is_empty() => {
                error.help(format!("its keys are those of `{0}`: did you mean `{tag}: {0}`?", only.name))
            }
            _ => error,
        };
        cx.report(error)
    }
}
