//! What a rule over several fields says of a value.

use std::fmt::Display;

use crate::diag::{Error, ErrorKind, Origin};
use crate::typed::reader::{Reader, Reported};
use crate::value::{Key, KeyPath, Node, Slot};

/// A rule of a whole struct is broken: what is wrong, and in which field. What a function of
/// `#[mainstem(check = …)]` returns as its error; text, or whatever can be displayed, is one about the whole struct.
///
/// ```
/// use mainstem::typed::Violation;
///
/// struct Train {
///     epochs: u32,
///     warmup: u32,
/// }
///
/// fn check(train: &Train) -> Result<(), Violation> {
///     if train.warmup > train.epochs {
///         return Err(Violation::at("warmup", format!("must not be more than epochs, which is {}", train.epochs)));
///     }
///     Ok(())
/// }
/// # assert!(check(&Train { epochs: 1, warmup: 1 }).is_ok());
/// ```
#[derive(Debug)]
pub struct Violation(Vec<(KeyPath, String)>);

impl Violation {
    /// What is wrong in the value at a path of keys below the struct, such as `warmup` or `optimizer.lr`.
    pub fn at(path: &str, why: impl Into<String>) -> Self {
        Self(vec![(KeyPath::parse(path), why.into())])
    }

    /// And another one.
    #[must_use]
    pub fn and(mut self, other: impl Into<Self>) -> Self {
        self.0.extend(other.into().0);
        self
    }

    /// Tells them to the reader; `places` says where the value at a path stands, or what it is made of.
    pub(super) fn report(
        self,
        places: impl Fn(&KeyPath) -> Vec<(Origin, String)>,
        cx: &mut Reader<'_>,
    ) -> Option<Reported> {
        let mut reported = None;
        for (below, why) in self.0 {
            let path: KeyPath = cx.path().keys().iter().chain(below.keys()).cloned().collect();
            let prefix = if path.is_empty() { String::new() } else { format!("`{path}`: ") };
            let error = Error::new(ErrorKind::Constraint, format!("{prefix}{why}"));
            let at = |error: Error, (origin, what)| error.at(origin, what);
            reported = Some(cx.report(places(&below).into_iter().fold(error, at)));
        }
        reported
    }
}

/// So many of the values are shown that a rule is about.
const SHOWN: usize = 8;

/// Where those of several values stand that somebody has set: a rule that names no field may be about any of them. What only the
/// defaults of types say is left out.
pub(super) fn set<'n>(
    given: impl Iterator<Item = (String, &'n Slot)>,
    cx: &Reader<'_>,
) -> Vec<(Origin, String)> {
    let place = |(name, slot): (String, &Slot)| {
        // A mapping has no place of its own, once something was merged into it.
        let origin = if slot.node.is_container() { slot.origin } else { slot.node.origin };
        (origin.is_known() && !cx.is_default(origin)).then(|| (origin, format!("`{name}` is set here")))
    };
    given.filter_map(place).take(SHOWN).collect()
}

/// The value at a path of keys as text says them.
pub(super) fn below<'n>(node: &'n Node, keys: &[Key]) -> Option<&'n Node> {
    keys.iter().try_fold(node, |node, key| node.find(key.as_str()?)?.map(|(_, node)| node))
}

impl<T: Display> From<T> for Violation {
    fn from(why: T) -> Self {
        Self(vec![(KeyPath::ROOT, why.to_string())])
    }
}
