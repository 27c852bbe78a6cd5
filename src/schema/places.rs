//! The fields of a schema by their paths.

use crate::schema::definition::{Enum, Field, Struct};
use crate::schema::expected::Expected;
use crate::schema::ty::Type;
use crate::value::{Key, KeyPath, Text};

/// A field, where it is.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) path: KeyPath,
    pub(crate) field: &'a Field,
    /// What its value must be.
    pub(crate) expected: Expected<'a>,
}

impl Place<'_> {
    /// The config group whose options it takes, if there is such a group.
    pub(crate) fn group(&self) -> Text {
        let own = || self.path.keys().iter().map(Key::to_string).collect::<Vec<_>>().join("/").into();
        self.field.group.clone().unwrap_or_else(own)
    }
}

/// So many places are looked at: structs that share structs have more of them than a program has fields.
const MOST: usize = 20_000;

/// All fields that a path of names leads to, in order: those of structs in structs, and of the variants of enums. A
/// struct inside of itself ends it.
pub(crate) fn places(root: Expected<'_>) -> Vec<Place<'_>> {
    let mut walk = Walk { path: KeyPath::ROOT, found: Vec::new(), open: Vec::new() };
    walk.value(root);
    walk.found
}

struct Walk<'a> {
    path: KeyPath,
    found: Vec<Place<'a>>,
    /// The structs and enums on the way to here, by their places.
    open: Vec<*const ()>,
}

impl<'a> Walk<'a> {
    fn value(&mut self, expected: Expected<'a>) {
        let here = expected.required();
        match here.ty() {
            Type::Struct(fields) => {
                let fields: &'a Struct = fields;
                self.inside(std::ptr::from_ref(fields).cast(), |walk| walk.fields(here, fields));
            }
            Type::Enum(variants) => {
                let variants: &'a Enum = variants;
                self.inside(std::ptr::from_ref(variants).cast(), |walk| {
                    for variant in variants.variants.values() {
                        walk.fields(here, &variant.content);
                    }
                });
            }
            _ => {}
        }
    }

    fn inside(&mut self, place: *const (), walk: impl FnOnce(&mut Self)) {
        if self.open.contains(&place) || self.found.len() > MOST {
            return;
        }
        self.open.push(place);
        walk(self);
        self.open.pop();
    }

    fn fields(&mut self, here: Expected<'a>, fields: &'a Struct) {
        for (name, field) in &fields.fields {
            let expected = here.other(&field.ty);
            self.path.push(Key::Str(name.clone()));
            self.found.push(Place { path: self.path.clone(), field, expected });
            self.value(expected);
            self.path.pop();
        }
    }
}
