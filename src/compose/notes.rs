//! Notes on the values of a config: what must be given, and what cannot be known without running the program.

use crate::compose::composer::Composer;
use crate::compose::report::{Note, Topic};
use crate::diag::{Error, ErrorKind, Origin};
use crate::value::{Call, Expression, Key, KeyPath, Kind, Name, Node, Part, Text};

/// So deep may values and expressions nest.
const DEPTH: usize = 300;

/// Walks through a config that lands at a path.
pub(crate) fn notes(composer: &Composer, root: &Node, at: KeyPath, notes: &mut Vec<Note>) {
    Walk { composer, path: at, notes }.value(root);
}

struct Walk<'a> {
    composer: &'a Composer,
    path: KeyPath,
    notes: &'a mut Vec<Note>,
}

impl Walk<'_> {
    fn note(&mut self, topic: Topic, kind: ErrorKind, name: &str, message: String, origin: Origin) {
        let error = Error::new(kind, message).at(origin, "");
        self.notes.push(Note { topic, name: Text::from(name), error });
    }

    fn value(&mut self, node: &Node) {
        if self.path.len() > DEPTH {
            return;
        }
        match &node.kind {
            Kind::Missing => {
                let path = self.path.to_string();
                let message = format!("`{path}` must be given");
                self.note(Topic::Missing, ErrorKind::MissingValue, &path, message, node.origin);
            }
            Kind::Template(template) => self.parts(&template.parts, node.origin, 0),
            Kind::List(items) => {
                for (index, item) in (0_i64..).zip(items.iter()) {
                    self.below(Key::Int(index), item);
                }
            }
            Kind::Map(map) => {
                if let Some(target) = map.get_str("_target_") {
                    let shown = target.as_str().unwrap_or("…");
                    let message = format!("`_target_` names Python code: `{shown}`");
                    self.note(Topic::Target, ErrorKind::Resolver, shown, message, target.origin);
                }
                for (key, slot) in map.iter() {
                    self.below(key.clone(), &slot.node);
                }
            }
            _ => {}
        }
    }

    fn below(&mut self, key: Key, node: &Node) {
        if node.is_container() || matches!(node.kind, Kind::Missing | Kind::Template(_)) {
            self.path.push(key);
            self.value(node);
            self.path.pop();
        }
    }

    fn parts(&mut self, parts: &[Part], origin: Origin, depth: usize) {
        for part in parts {
            if let Part::Interpolation(expression, _) = part {
                self.expression(expression, origin, depth);
            }
        }
    }

    fn expression(&mut self, expression: &Expression, origin: Origin, depth: usize) {
        if depth > DEPTH {
            return;
        }
        match expression {
            Expression::Call(call) => {
                self.call(call, origin);
                call.arguments.iter().for_each(|one| self.expression(&one.value, origin, depth + 1));
            }
            Expression::Concat(parts) => self.parts(parts, origin, depth + 1),
            Expression::List(items) => {
                items.iter().for_each(|item| self.expression(&item.value, origin, depth + 1));
            }
            Expression::Map(entries) => {
                entries.iter().for_each(|(_, item)| self.expression(&item.value, origin, depth + 1));
            }
            Expression::Reference(_) | Expression::Literal(_) => {}
        }
    }

    fn call(&mut self, call: &Call, origin: Origin) {
        let Name::Literal(name) = &call.name else { return };
        if !self.composer.resolvers.knows(name) && !self.composer.resolvers.is_declared(name) {
            let message = format!("the resolver `{name}` is not known: its values stay as they are written");
            self.note(Topic::Resolver, ErrorKind::Resolver, name, message, origin);
        }
        if let ("oc.env", [argument]) = (name.as_str(), &*call.arguments)
            && let Expression::Literal(Kind::Str(variable)) = &argument.value
            && self.composer.facts.env.get(variable).is_none()
        {
            let message =
                format!("the environment variable `{variable}` is not set, and has no default here");
            self.note(Topic::Environment, ErrorKind::Resolver, variable, message, origin);
        }
    }
}
