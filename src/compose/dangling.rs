//! Interpolations that refer to what is not there.

use std::collections::{BTreeSet, HashSet};

use crate::compose::old_headers::OldHeaders;
use crate::compose::report::Tally;
use crate::diag::{Error, Origin};
use crate::value::{Expression, Name, Part, Template, Text};

/// So deep may expressions nest.
const DEPTH: usize = 300;

/// An interpolation that cannot be resolved, since something is not there.
pub(crate) struct Dangle {
    /// The value.
    pub(crate) origin: Origin,
    pub(crate) error: Error,
    /// The keys of the root that it names.
    pub(crate) roots: Vec<Text>,
}

/// What was met in all compositions: what is there in one of them is no mistake.
#[derive(Default)]
pub(crate) struct Dangling {
    met: Vec<Dangle>,
    fine: HashSet<Origin>,
}

impl Dangling {
    /// Takes what one composition shows.
    pub(crate) fn add(&mut self, met: Vec<Dangle>, fine: Vec<Origin>) {
        self.met.extend(met);
        self.fine.extend(fine);
    }

    /// Leaves out what has another reason, which is told.
    pub(crate) fn forgive(&mut self, old: &OldHeaders) {
        self.met.retain(|dangle| !old.explains(dangle));
    }

    /// Tells what dangles in every composition: an error if no config has the key that it names, and a warning if one
    /// has it that was not selected; no warnings are wanted where choices are open. `keys` are all keys that may stand at the root; `None` if nobody knows them all.
    pub(crate) fn finish(
        self,
        keys: Option<&BTreeSet<Text>>,
        errors: &mut Tally,
        mut warnings: Option<&mut Tally>,
    ) {
        for Dangle { origin, error, roots } in self.met {
            if self.fine.contains(&origin) {
                continue;
            }
            match keys.and_then(|keys| roots.iter().find(|root| !keys.contains(*root))) {
                Some(root) => errors.add(error.note(format!("no config has a key `{root}`")), None),
                None => {
                    if let Some(warnings) = &mut warnings {
                        warnings.add(error.note("in every composition that was tried"), None);
                    }
                }
            }
        }
    }
}

/// The keys of the root that an interpolation names.
pub(crate) fn roots(template: &Template) -> Vec<Text> {
    let mut found = Vec::new();
    parts(&template.parts, &mut found, 0);
    found
}

fn parts(all: &[Part], found: &mut Vec<Text>, depth: usize) {
    for part in all {
        if let Part::Interpolation(inner, _) = part {
            expression(inner, found, depth + 1);
        }
    }
}

fn expression(one: &Expression, found: &mut Vec<Text>, depth: usize) {
    if depth > DEPTH {
        return;
    }
    match one {
        Expression::Reference(reference) => match reference.path.first() {
            Some(Name::Literal(name)) if reference.up == 0 => found.push(name.as_str().into()),
            Some(Name::Parts(inner)) => parts(inner, found, depth),
            _ => {}
        },
        Expression::Concat(inner) => parts(inner, found, depth),
        // What a resolver does with a path is its own affair.
        Expression::Call(_) | Expression::List(_) | Expression::Map(_) | Expression::Literal(_) => {}
    }
}
