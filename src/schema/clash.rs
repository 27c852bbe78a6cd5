//! Keys that two structs have which are put together: the derive sees only one of them.

use crate::diag::{Error, ErrorKind};
use crate::schema::definition::Field;
use crate::value::{HashMap, Text};

/// A key that two structs have in one mapping.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Clash {
    key: Text,
    one: Owner,
    other: Owner,
    /// The type that they are flattened into.
    within: Text,
}

/// Whose key it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Owner {
    /// A field of the struct of that name.
    Struct(Text),
    /// The enum of that name, whose variants it tells apart.
    Tag(Text),
}

impl Clash {
    pub(super) fn error(&self) -> Error {
        let Self { key, within, .. } = self;
        let message = match (&self.one, &self.other) {
            (Owner::Tag(of), Owner::Struct(other)) | (Owner::Struct(other), Owner::Tag(of)) => {
                format!("`{key}` is a key of `{other}`, and names the variant of `{of}`")
            }
            (Owner::Struct(one) | Owner::Tag(one), Owner::Struct(other) | Owner::Tag(other))
                if one == other =>
            {
                format!("`{key}` is a key of `{one}`, which is in `{within}` twice")
            }
            (Owner::Struct(one) | Owner::Tag(one), Owner::Struct(other) | Owner::Tag(other)) => {
                format!("`{key}` is a key of both `{one}` and `{other}`, which are one mapping in `{within}`")
            }
        };
        let error = Error::new(ErrorKind::DuplicateKey, message);
        error.help(match self.one {
            Owner::Tag(_) => "rename it by `#[mainstem(rename = \"…\")]`, or the other one by `tag = \"…\"`",
            Owner::Struct(_) => "rename one of them in the program: `#[mainstem(rename = \"…\")]`",
        })
    }
}

/// Whose the keys of one mapping are.
pub(super) struct Owners<'c> {
    within: Text,
    known: HashMap<Text, Owner>,
    clashes: &'c mut Vec<Clash>,
}

impl<'c> Owners<'c> {
    pub(super) fn new(within: &Text, clashes: &'c mut Vec<Clash>) -> Self {
        Self { within: within.clone(), known: HashMap::default(), clashes }
    }

    /// A key belongs to an owner.
    pub(super) fn take(&mut self, key: &Text, owner: Owner) {
        let Some(one) = self.known.insert(key.clone(), owner.clone()) else { return };
        let clash = Clash { key: key.clone(), one, other: owner, within: self.within.clone() };
        // What holds it in its turn has the same mistake, and comes first.
        let same = |known: &&mut Clash| {
            known.key == clash.key && known.one == clash.one && known.other == clash.other
        };
        match self.clashes.iter_mut().find(same) {
            Some(known) => *known = clash,
            None => self.clashes.push(clash),
        }
    }

    /// A field belongs to the struct of that name.
    pub(super) fn field(&mut self, name: &Text, field: &Field, of: &Text) {
        for key in std::iter::once(name).chain(&field.aliases) {
            self.take(key, Owner::Struct(of.clone()));
        }
    }
}
