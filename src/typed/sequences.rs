//! Lists, arrays, tuples and sets.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash};

use indexmap::IndexSet;

use crate::schema::{Constraint, Expected, Field, Type, Types};
use crate::typed::config::Config;
use crate::typed::reader::{Reader, Reported};
use crate::typed::slot::Slot;
use crate::value::{Key, Node, write_str};

fn index(i: usize) -> Key {
    Key::Int(i64::try_from(i).unwrap_or(i64::MAX))
}

/// All elements; mistakes in all of them are told.
fn elements<T: Config, C: Default + Extend<T>>(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<C, Reported> {
    let (mut all, mut reported) = (C::default(), None);
    for (i, node) in cx.list(at)?.iter().enumerate() {
        match cx.under(index(i), Slot::of(node), T::read) {
            Ok(value) => all.extend([value]),
            Err(mistake) => reported = Some(mistake),
        }
    }
    reported.map_or(Ok(all), Err)
}

fn list<'t, T: Config>(all: impl IntoIterator<Item = &'t T>) -> Node {
    Node::from(all.into_iter().map(T::write).collect::<Vec<_>>())
}

/// Sorted by their text, since a hashed set has no order of its own.
fn sorted(mut all: Vec<Node>) -> Node {
    all.sort_by_cached_key(|node| {
        let mut text = String::new();
        write_str(node, &mut text);
        text
    });
    Node::from(all)
}

macro_rules! lists {
    ($($ty:ident: $($bound:ident)*;)*) => {$(
        impl<T: Config $(+ $bound)*> Config for $ty<T> {
            fn describe(types: &mut Types) -> Type {
                T::describe(types).list()
            }

            fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
                elements(at, cx)
            }

            fn write(&self) -> Node {
                list(self)
            }
        }
    )*};
}

lists! {
    Vec: ;
    VecDeque: ;
    BTreeSet: Ord;
}

impl<T: Config + Eq + Hash, S: BuildHasher + Default + 'static> Config for HashSet<T, S> {
    fn describe(types: &mut Types) -> Type {
        T::describe(types).list()
    }

    fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
        elements(at, cx)
    }

    fn write(&self) -> Node {
        sorted(self.iter().map(T::write).collect())
    }
}

impl<T: Config + Eq + Hash, S: BuildHasher + Default + 'static> Config for IndexSet<T, S> {
    fn describe(types: &mut Types) -> Type {
        T::describe(types).list()
    }

    fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
        elements(at, cx)
    }

    fn write(&self) -> Node {
        list(self)
    }
}

/// A list of exactly so many elements.
impl<T: Config, const N: usize> Config for [T; N] {
    fn describe(types: &mut Types) -> Type {
        let length = Constraint::Length { min: N, max: Some(N) };
        Field::new(T::describe(types).list()).limit(length).ty
    }

    fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
        let all: Vec<T> = elements(at, cx)?;
        match Self::try_from(all) {
            Ok(all) => Ok(all),
            Err(all) => {
                let length = Constraint::Length { min: N, max: Some(N) };
                cx.check(at, &list(&all), &[length])?;
                Err(cx.refuse(at, "has another length"))
            }
        }
    }

    fn write(&self) -> Node {
        list(self)
    }
}

macro_rules! tuples {
    ($(($($ty:ident $at:tt)+) $length:literal;)*) => {$(
        /// A list of exactly these elements.
        impl<$($ty: Config),+> Config for ($($ty,)+) {
            fn describe(types: &mut Types) -> Type {
                Type::Tuple([$($ty::describe(types)),+].into())
            }

            fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
                let node = cx.given(at)?;
                let list = cx.list(at)?;
                if list.len() != $length {
                    let ty = Type::Tuple(vec![Type::Any; $length].into());
                    let error = Expected::new(&ty).misfit(node, cx.path());
                    return Err(cx.report(error));
                }
                let read = ($(cx.under(index($at), Slot::of(&list[$at]), $ty::read),)+);
                Ok(($(read.$at?,)+))
            }

            fn write(&self) -> Node {
                Node::from(vec![$(self.$at.write()),+])
            }
        }
    )*};
}

tuples! {
    (A 0) 1;
    (A 0 B 1) 2;
    (A 0 B 1 C 2) 3;
    (A 0 B 1 C 2 D 3) 4;
    (A 0 B 1 C 2 D 3 E 4) 5;
    (A 0 B 1 C 2 D 3 E 4 F 5) 6;
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6) 7;
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7) 8;
}
