//! What a value takes from elsewhere when it is resolved, for people who ask why it is what it is.

use std::fmt;

use crate::diag::{Error, Origin};
use crate::resolve::builtin::Builtin;
use crate::resolve::place::Spot;
use crate::resolve::resolver::Entry;
use crate::resolve::scope::Scope;
use crate::value::{
    Call, Expression, Key, KeyPath, Kind, Name, Node, Part, Reference, Template, Text, write_repr,
};

/// Something that an interpolation takes from elsewhere.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// Another value of the tree.
    Value(KeyPath),
    /// A value of the tree that is not there, and what is taken instead, as it is written.
    Absent {
        /// Where it would be.
        path: KeyPath,
        /// What is taken instead; without it resolving fails, or gives null.
        default: Option<Text>,
    },
    /// An environment variable.
    Variable {
        /// Its name.
        name: Text,
        /// Whether it is set.
        is_set: bool,
        /// What is taken if it is not set, as it is written.
        default: Option<Text>,
        /// The file and the line that set it, `.env:3`, if a file did.
        place: Option<Text>,
    },
    /// The file of a secret.
    File {
        /// Its path, as it is written.
        path: Text,
    },
    /// The time at which the program was started.
    Clock,
    /// The version of the Python that will run.
    Python,
    /// The answer of a resolver that only the program knows.
    Resolver {
        /// Its name.
        name: Text,
        /// Who answers.
        answered: Answered,
    },
}

impl fmt::Display for Input {
    /// What people are told of it, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instead = |default: &Option<Text>, without: &str| match default {
            Some(default) => format!("so the default {default}"),
            None => without.to_owned(),
        };
        match self {
            Self::Value(path) => write!(f, "{path}"),
            Self::Variable { name, is_set: true, place: Some(place), .. } => {
                write!(f, "environment variable {name}: set by {place}")
            }
            Self::Variable { name, is_set: true, .. } => write!(f, "environment variable {name}: set"),
            Self::Variable { name, default, .. } => {
                let instead = instead(default, "and there is no default");
                write!(f, "environment variable {name}: not set, {instead}")
            }
            Self::Absent { path, default } => {
                write!(f, "{path}: not there, {}", instead(default, "and there is no default"))
            }
            Self::File { path } => write!(f, "file {path}"),
            Self::Clock => f.write_str("the clock: when the program was started"),
            Self::Python => f.write_str("the version of Python"),
            Self::Resolver { name, answered } => match answered {
                Answered::Here => write!(f, "resolver {name}: answered by the program"),
                Answered::Elsewhere => {
                    write!(f, "resolver {name}: answered by another program, so this stays text")
                }
                Answered::Nowhere => write!(f, "resolver {name}: nobody answers to this name here"),
            },
        }
    }
}

/// Who answers to the name of a resolver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answered {
    /// This program.
    Here,
    /// Another program: the value stays text here.
    Elsewhere,
    /// Nobody: the value cannot be resolved.
    Nowhere,
}

impl Scope<'_> {
    /// What the value at a path takes from elsewhere, in the order in which it is written, each thing once; nothing
    /// if it is no interpolation. What cannot be worked out is left out. The path is taken key by key.
    pub fn inputs(&self, path: &KeyPath) -> Vec<Input> {
        let Ok(Some(at)) = self.find_real(path) else { return Vec::new() };
        self.taken(&at, path)
    }

    fn taken(&self, at: &Spot, path: &KeyPath) -> Vec<Input> {
        let Kind::Template(template) = &at.node.kind else { return Vec::new() };
        let mut reader = Reader { scope: self, at, path, template, inputs: Vec::new() };
        reader.parts(&template.parts);
        reader.inputs
    }

    /// An error about what an interpolation made, which stands in no file: with the value, and where it is from.
    pub(super) fn told_of(&self, error: Error, link: &Spot, made: &Node) -> Error {
        let Kind::Template(template) = &link.node.kind else { return error };
        let mut value = String::new();
        write_repr(&Node::new(made.shown().clone(), Origin::NONE), &mut value);
        let error = error.note(format!("`{}` is `{value}`", template.text));
        let taken = self.taken(link, &self.places.path_of(link));
        let named = taken.iter().filter(|input| !matches!(input, Input::Value(_)));
        named.fold(error, |error, input| error.note(input.to_string()))
    }
}

struct Reader<'r> {
    scope: &'r Scope<'r>,
    at: &'r Spot,
    path: &'r KeyPath,
    template: &'r Template,
    inputs: Vec<Input>,
}

impl Reader<'_> {
    fn add(&mut self, input: Input) {
        if !self.inputs.contains(&input) {
            self.inputs.push(input);
        }
    }

    fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            if let Part::Interpolation(expression, _) = part {
                self.expression(expression);
            }
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Reference(reference) => self.reference(reference),
            Expression::Call(call) => self.call(call),
            Expression::Literal(_) => {}
            Expression::Concat(parts) => self.parts(parts),
            Expression::List(items) => items.iter().for_each(|item| self.expression(&item.value)),
            Expression::Map(entries) => entries.iter().for_each(|(_, item)| self.expression(&item.value)),
        }
    }

    fn reference(&mut self, reference: &Reference) {
        let mut keys = Vec::new();
        for name in &reference.path {
            match name {
                Name::Literal(text) => keys.push(Key::Str(text.clone())),
                Name::Parts(parts) => {
                    // What names the value is an input, too.
                    self.parts(parts);
                    if let Ok(found) = self.scope.refer(self.at, reference) {
                        self.add(Input::Value(self.scope.places.path_of(&found)));
                    }
                    return;
                }
            }
        }
        if let Some(path) = self.counted(reference.up as usize, keys) {
            self.value(path, None);
        }
    }

    /// A path that counts from the root, or from one of the containers around the value.
    fn counted(&self, up: usize, keys: impl IntoIterator<Item = Key>) -> Option<KeyPath> {
        let kept = if up == 0 { 0 } else { self.path.len().checked_sub(up)? };
        Some(self.path.keys().iter().take(kept).cloned().chain(keys).collect())
    }

    /// Returns whether something is there.
    fn value(&mut self, path: KeyPath, default: Option<Text>) -> bool {
        let found = self.scope.find(&path);
        let there = match &found {
            Ok(found) => found.as_ref().is_some_and(|spot| default.is_none() || !spot.is_missing()),
            // It is there, or would be if what leads to it could be resolved.
            Err(_) => true,
        };
        self.add(if there { Input::Value(path) } else { Input::Absent { path, default } });
        there
    }

    fn call(&mut self, call: &Call) {
        let name = match &call.name {
            Name::Literal(name) => name.clone(),
            Name::Parts(parts) => {
                self.parts(parts);
                match self.scope.key_text(self.at, parts) {
                    Ok(name) => name.into(),
                    Err(_) => return,
                }
            }
        };
        match self.scope.context.resolvers.get(&name) {
            Some(Entry::Builtin(builtin)) => self.builtin(*builtin, call),
            entry => {
                let answered = match entry {
                    None => Answered::Nowhere,
                    Some(Entry::Declared) => Answered::Elsewhere,
                    Some(_) => Answered::Here,
                };
                self.add(Input::Resolver { name, answered });
                self.arguments(call);
            }
        }
    }

    fn arguments(&mut self, call: &Call) {
        call.arguments.iter().for_each(|argument| self.expression(&argument.value));
    }

    fn builtin(&mut self, builtin: Builtin, call: &Call) {
        match builtin {
            Builtin::Env => self.variable(call),
            Builtin::Select | Builtin::Deprecated | Builtin::Keys | Builtin::Values => {
                self.selected(builtin, call);
            }
            Builtin::Hydra => {
                self.arguments(call);
                if let Some(key) = self.text(call, 0) {
                    self.value(KeyPath::parse(&format!("hydra.{key}")), None);
                }
            }
            Builtin::Now => self.add(Input::Clock),
            Builtin::PythonVersion => self.add(Input::Python),
            Builtin::Dirname => {
                self.value(KeyPath::parse("hydra.overrides.task"), None);
            }
            Builtin::Secret => self.secret(call),
            Builtin::Decode | Builtin::Create | Builtin::Coerce => self.arguments(call),
        }
    }

    fn variable(&mut self, call: &Call) {
        let (first, default) = (call.arguments.first(), call.arguments.get(1));
        if let Some(first) = first {
            self.expression(&first.value);
        }
        let Some(name) = self.text(call, 0) else { return };
        let is_set = self.scope.context.facts.env.get(&name).is_some();
        let written = default.map(|default| self.written(default.span));
        let place =
            self.scope.context.facts.env.place(&name).map(|(file, line)| format!("{file}:{line}").into());
        self.add(Input::Variable { name: name.into(), is_set, default: written, place });
        if let (false, Some(default)) = (is_set, default) {
            self.expression(&default.value);
        }
    }

    fn secret(&mut self, call: &Call) {
        self.arguments(call);
        let Some(name) = self.text(call, 0) else { return };
        match name.strip_prefix("file:") {
            Some(path) => self.add(Input::File { path: path.into() }),
            None => {
                let env = &self.scope.context.facts.env;
                let is_set = env.get(&name).is_some();
                let place = env.place(&name).map(|(file, line)| format!("{file}:{line}").into());
                self.add(Input::Variable { name: name.into(), is_set, default: None, place });
            }
        }
    }

    fn selected(&mut self, builtin: Builtin, call: &Call) {
        if let Some(first) = call.arguments.first() {
            self.expression(&first.value);
        }
        let Some(key) = self.text(call, 0) else { return };
        let up = key.bytes().take_while(|&b| b == b'.').count();
        let below = KeyPath::parse(&key[up..]);
        let Some(path) = self.counted(up, below.keys().iter().cloned()) else { return };
        let default = call.arguments.get(1).filter(|_| builtin == Builtin::Select);
        let written = default.map(|default| self.written(default.span));
        if let (false, Some(default)) = (self.value(path, written), default) {
            self.expression(&default.value);
        }
    }

    /// An argument that must be text.
    fn text(&self, call: &Call, index: usize) -> Option<String> {
        let argument = call.arguments.get(index)?;
        let node = self.scope.value(self.at, &argument.value, false).ok()?;
        node.as_str().map(str::to_owned)
    }

    /// How it is written.
    fn written(&self, span: crate::diag::Span) -> Text {
        self.template.text.get(span.range()).unwrap_or_default().into()
    }
}

impl Spot {
    fn is_missing(&self) -> bool {
        matches!(self.node, Node { kind: Kind::Missing, .. })
    }
}
