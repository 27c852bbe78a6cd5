//! Booleans, numbers, text, paths, and anything.

use std::path::PathBuf;
use std::sync::Arc;

use crate::diag::Origin;
use crate::schema::{Bound, Constraint, Field, Type, Types, Width, shortest};
use crate::typed::config::{Config, Flatten};
use crate::typed::entries::Entries;
use crate::typed::reader::{Reader, Reported};
use crate::typed::slot::Slot;
use crate::value::{Kind, Map, Node, Text};

impl Config for bool {
    fn describe(_: &mut Types) -> Type {
        Type::Bool
    }

    fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
        match cx.fit(at, &Type::Bool)?.kind {
            Kind::Bool(b) => Ok(b),
            _ => Err(cx.refuse(at, "is no boolean")),
        }
    }

    fn write(&self) -> Node {
        Node::from(*self)
    }
}

/// The integer in the smallest kind that holds it.
fn integer(small: Option<i64>, digits: &impl ToString) -> Node {
    let kind = small.map_or_else(|| Kind::BigInt(digits.to_string().into()), Kind::Int);
    Node::new(kind, Origin::NONE)
}

macro_rules! integers {
    ($($ty:ty, $width:expr;)*) => {$(
        impl Config for $ty {
            fn describe(_: &mut Types) -> Type {
                Type::Int($width)
            }

            fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
                let number = match cx.fit(at, &Type::Int($width))?.kind {
                    Kind::Int(i) => Self::try_from(i).ok(),
                    Kind::BigInt(digits) => digits.parse().ok(),
                    _ => None,
                };
                number.ok_or_else(|| cx.refuse(at, "is no such integer"))
            }

            fn write(&self) -> Node {
                integer(i64::try_from(*self).ok(), self)
            }
        }
    )*};
}

/// As wide as a pointer.
const fn pointer(narrow: Width, wide: Width) -> Width {
    if usize::BITS > 32 { wide } else { narrow }
}

integers! {
    i8, Width::I8; i16, Width::I16; i32, Width::I32; i64, Width::I64; i128, Width::I128;
    u8, Width::U8; u16, Width::U16; u32, Width::U32; u64, Width::U64; u128, Width::U128;
    isize, pointer(Width::I32, Width::I64); usize, pointer(Width::U32, Width::U64);
}

macro_rules! nonzero {
    ($($ty:ident $inner:ty;)*) => {$(
        /// From 1 on.
        impl Config for std::num::$ty {
            fn describe(types: &mut Types) -> Type {
                let one = Constraint::Range { min: Some(Bound::inclusive(Node::from(1))), max: None };
                Field::new(<$inner>::describe(types)).limit(one).ty
            }

            fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
                let number = <$inner>::read(at, cx)?;
                let one = Constraint::Range { min: Some(Bound::inclusive(Node::from(1))), max: None };
                cx.check(at, &number.write(), &[one])?;
                Self::new(number).ok_or_else(|| cx.refuse(at, "must not be 0"))
            }

            fn write(&self) -> Node {
                self.get().write()
            }
        }
    )*};
}

nonzero! { NonZeroU8 u8; NonZeroU16 u16; NonZeroU32 u32; NonZeroU64 u64; NonZeroU128 u128; NonZeroUsize usize; }

impl Config for f64 {
    fn describe(_: &mut Types) -> Type {
        Type::Float
    }

    fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
        match cx.fit(at, &Type::Float)?.kind {
            Kind::Float(x) => Ok(x),
            _ => Err(cx.refuse(at, "is no float")),
        }
    }

    fn write(&self) -> Node {
        Node::from(*self)
    }
}

/// Rounded to the nearest; a number that is too large is a mistake.
impl Config for f32 {
    fn describe(_: &mut Types) -> Type {
        Type::Float32
    }

    #[expect(clippy::cast_possible_truncation, reason = "rounding is what is wanted")]
    fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
        match cx.fit(at, &Type::Float32)?.kind {
            Kind::Float(x) => Ok(x as Self),
            _ => Err(cx.refuse(at, "is no float")),
        }
    }

    fn write(&self) -> Node {
        Node::from(shortest(*self))
    }
}

macro_rules! texts {
    ($($ty:ty, $kind:expr, $as_str:expr;)*) => {$(
        impl Config for $ty {
            fn describe(_: &mut Types) -> Type {
                $kind
            }

            fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
                match cx.fit(at, &$kind)?.kind {
                    Kind::Str(text) => Ok(text.as_str().into()),
                    _ => Err(cx.refuse(at, "is no text")),
                }
            }

            fn write(&self) -> Node {
                let text: fn(&Self) -> Text = $as_str;
                Node::from(text(self))
            }
        }
    )*};
}

texts! {
    String, Type::Str, |text| text.as_str().into();
    Box<str>, Type::Str, |text| (&**text).into();
    Arc<str>, Type::Str, |text| (&**text).into();
    std::rc::Rc<str>, Type::Str, |text| (&**text).into();
    Text, Type::Str, Clone::clone;
    PathBuf, Type::Path, |path| path.to_string_lossy().into();
}

/// Text of one character.
impl Config for char {
    fn describe(_: &mut Types) -> Type {
        Field::new(Type::Str).limit(Constraint::Length { min: 1, max: Some(1) }).ty
    }

    fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
        let text = Text::read(at, cx)?;
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) => Ok(c),
            _ => {
                cx.check(at, &text.write(), &[Constraint::Length { min: 1, max: Some(1) }])?;
                Err(cx.refuse(at, "is no character"))
            }
        }
    }

    fn write(&self) -> Node {
        Node::from(Text::from(self.encode_utf8(&mut [0; 4]) as &str))
    }
}

/// Anything, with the places that it came from.
impl Config for Node {
    fn describe(_: &mut Types) -> Type {
        Type::Any
    }

    fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
        cx.whole(at)
    }

    fn write(&self) -> Node {
        self.clone()
    }
}

/// Any mapping.
impl Config for Map {
    fn describe(_: &mut Types) -> Type {
        Type::dict(Type::Any, Type::Any)
    }

    fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
        let node = cx.whole(at)?;
        match node.kind {
            Kind::Map(map) => Ok(Arc::unwrap_or_clone(map)),
            _ => Err(cx.misfit("a mapping", &node)),
        }
    }

    fn write(&self) -> Node {
        Node::from(self.clone())
    }
}

/// `null`, or nothing at all.
impl Config for () {
    fn describe(_: &mut Types) -> Type {
        Type::Struct(Arc::default()).optional()
    }

    fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
        match at.node() {
            None => Ok(()),
            Some(_) => {
                let node = cx.given(at)?;
                match &node.kind {
                    Kind::Null => Ok(()),
                    Kind::Map(map) if map.is_empty() => Ok(()),
                    _ => Err(cx.misfit("null", node)),
                }
            }
        }
    }

    fn write(&self) -> Node {
        Node::null()
    }
}

/// No keys: what a component without arguments takes.
impl Flatten for () {
    fn read_entries(_: &mut Entries<'_>, _: &mut Reader<'_>) -> Result<Self, Reported> {
        Ok(())
    }

    fn write_entries(&self, _: &mut Map) {}
}
