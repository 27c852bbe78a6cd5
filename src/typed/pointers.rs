//! What may be missing, and what is held by a pointer.

use std::rc::Rc;
use std::sync::Arc;

use crate::schema::{Type, Types};
use crate::typed::config::{Config, Flatten};
use crate::typed::entries::Entries;
use crate::typed::reader::{Reader, Reported};
use crate::typed::slot::Slot;
use crate::value::{Kind, Map, Node};

/// `null`, or nothing at all, is `None`.
impl<T: Config> Config for Option<T> {
    fn describe(types: &mut Types) -> Type {
        T::describe(types).optional()
    }

    fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
        match at.node().map(|node| &node.kind) {
            None | Some(Kind::Null) => Ok(None),
            Some(_) => T::read(at, cx).map(Some),
        }
    }

    fn write(&self) -> Node {
        self.as_ref().map_or_else(Node::null, T::write)
    }
}

macro_rules! pointers {
    ($($pointer:ident)*) => {$(
        impl<T: Config> Config for $pointer<T> {
            fn describe(types: &mut Types) -> Type {
                T::describe(types)
            }

            fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
                T::read(at, cx).map(Self::new)
            }

            fn write(&self) -> Node {
                T::write(self)
            }
        }

        impl<T: Flatten> Flatten for $pointer<T> {
            fn read_entries(entries: &mut Entries<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
                T::read_entries(entries, cx).map(Self::new)
            }

            fn write_entries(&self, map: &mut Map) {
                T::write_entries(self, map);
            }
        }
    )*};
}

pointers! { Box Arc Rc }
