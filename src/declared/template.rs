//! A config file with every field of a type: its default, and as comments what it is for and what else may stand there.

use crate::declared::wrap::wrapped;
use crate::schema::{Enum, Expected, Field, Signature, Struct, Type, Variant};
use crate::value::{Key, KeyPath, Kind, Map, Node, Text, write_yaml};

/// The widest line to which a comment is added at the end, in characters.
const WIDTH: usize = 80;

/// The lines of a config file that holds the defaults of a type. What must be given is `???`; as comments stand doc
/// comments, types, limits, and what else an enum, an option or a list may hold. As a config it is nothing but the
/// defaults.
pub(crate) fn template(expected: Expected<'_>) -> Vec<String> {
    let mut page = Page { path: KeyPath::ROOT, shown: Vec::new() };
    match (expected.required().ty(), &expected.defaults().kind) {
        (Type::Struct(fields), Kind::Map(values)) => page.fields(expected.required(), fields, values),
        _ => Vec::new(),
    }
}

struct Page {
    path: KeyPath,
    /// What was written down already, and where: structs and variants by their places.
    shown: Vec<(*const (), KeyPath)>,
}

impl Page {
    fn fields(&mut self, here: Expected<'_>, fields: &Struct, values: &Map) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut was_long = false;
        for (name, field) in &fields.fields {
            let default = here.default_of(field);
            let value = values.get_str(name).unwrap_or(&default);
            self.path.push(Key::Str(name.clone()));
            let entry = self.field(here.other(&field.ty), name, field, value);
            self.path.pop();
            let is_long = entry.len() > 1;
            if !lines.is_empty() && (is_long || was_long) {
                lines.push(String::new());
            }
            was_long = is_long;
            lines.extend(entry);
        }
        lines
    }

    fn field(&mut self, expected: Expected<'_>, name: &Text, field: &Field, value: &Node) -> Vec<String> {
        let here = expected.required();
        let doc = match (here.ty(), field.doc.as_str()) {
            (Type::Struct(fields), "") => &fields.doc,
            (Type::Enum(variants), "") => &variants.doc,
            _ => &field.doc,
        };
        let mut lines = self.said(doc);
        let others = self.others(here, name, value);
        if !lines.is_empty() && others.len() > 1 {
            lines.push(comment(""));
        }
        lines.extend(others);
        let entry = self.entry(expected, name, value);
        let given = !matches!(value.kind, Kind::Null | Kind::Missing);
        if let Some(why) = &field.deprecated {
            // It would be told as set.
            lines.push(comment(&format!("Deprecated: {why}")));
            lines.extend(entry.iter().map(|line| comment(line)));
        } else if field.secret && given {
            lines.push(comment(&format!("{name}: it has a default that is secret")));
        } else {
            lines.extend(entry);
        }
        lines
    }

    /// The field with its value; what it must be stands behind it, or above.
    fn entry(&mut self, expected: Expected<'_>, name: &Text, value: &Node) -> Vec<String> {
        let here = expected.required();
        let mut lines = match (here.ty(), &value.kind) {
            (Type::Struct(fields), Kind::Map(values)) if !fields.fields.is_empty() => {
                self.shown.push((std::ptr::from_ref::<Struct>(fields).cast(), self.path.clone()));
                let inside = self.fields(here, fields, values);
                block(name, inside)
            }
            (Type::Enum(of), Kind::Map(values)) => match (of.of(value), &of.tag) {
                (Some((word, variant)), Some(tag)) => {
                    let mut inside = yaml(tag, &Node::from(word.clone()));
                    inside.extend(self.fields(here, &variant.content, values));
                    block(name, inside)
                }
                _ => yaml(name, value),
            },
            _ => yaml(name, value),
        };
        let said = Signature(expected).to_string();
        match lines.first_mut() {
            Some(first)
                if first.chars().count() + said.chars().count() + 4 <= WIDTH && is_whole(first, value) =>
            {
                first.push_str("  # ");
                first.push_str(&said);
            }
            _ => lines.insert(0, comment(&said)),
        }
        lines
    }

    /// As comments, what else may stand there.
    fn others(&mut self, here: Expected<'_>, name: &Text, value: &Node) -> Vec<String> {
        match here.ty() {
            Type::Enum(of) if of.tag.is_none() => words(of),
            Type::Enum(of) => self.variants(here, of, value, &|inside| block(name, inside)),
            Type::Struct(_) if !matches!(value.kind, Kind::Map(_)) => {
                self.example(here, &|inside| block(name, inside))
            }
            Type::List(element) if value.as_list().is_none_or(<[Node]>::is_empty) => {
                let element = here.other(element).required();
                let wrap = |inside: Vec<String>| block(name, item(inside));
                self.element(element, &wrap)
            }
            Type::Dict(dict) if value.as_map().is_none_or(Map::is_empty) => {
                let element = here.other(&dict.value).required();
                let wrap = |inside: Vec<String>| block(name, block("KEY", inside));
                self.element(element, &wrap)
            }
            _ => Vec::new(),
        }
    }

    fn element(&mut self, element: Expected<'_>, wrap: &dyn Fn(Vec<String>) -> Vec<String>) -> Vec<String> {
        match element.ty() {
            Type::Struct(_) => self.example(element, wrap),
            Type::Enum(of) if of.tag.is_some() => self.variants(element, of, &Node::null(), wrap),
            _ => Vec::new(),
        }
    }

    /// A struct that does not stand there, as comments. Each is written down once.
    fn example(&mut self, here: Expected<'_>, wrap: &dyn Fn(Vec<String>) -> Vec<String>) -> Vec<String> {
        let Type::Struct(fields) = here.ty() else { return Vec::new() };
        if let Some(reference) = self.reference(std::ptr::from_ref::<Struct>(fields).cast(), "Its keys") {
            return reference;
        }
        let values = here.defaults();
        let inside = values.as_map().map(|values| self.fields(here, fields, values)).unwrap_or_default();
        commented(&wrap(inside))
    }

    /// The variants that do not stand there, as comments.
    fn variants(
        &mut self,
        here: Expected<'_>,
        of: &Enum,
        value: &Node,
        wrap: &dyn Fn(Vec<String>) -> Vec<String>,
    ) -> Vec<String> {
        let Some(tag) = &of.tag else { return Vec::new() };
        if let Some(reference) = self.reference(std::ptr::from_ref::<Enum>(of).cast(), "Its variants") {
            return reference;
        }
        let chosen = of.of(value).map(|(name, _)| name);
        let mut lines = Vec::new();
        for (name, variant) in of.variants.iter().filter(|(name, _)| Some(*name) != chosen) {
            let mut inside = self.variant(here, tag, name, variant);
            if let Some(why) = &variant.deprecated {
                inside.insert(0, comment(&format!("Deprecated: {why}")));
            }
            if !lines.is_empty() {
                lines.push(comment(""));
            }
            lines.extend(commented(&wrap(inside)));
        }
        lines
    }

    fn variant(&mut self, here: Expected<'_>, tag: &Text, name: &Text, variant: &Variant) -> Vec<String> {
        let doc = if variant.doc.is_empty() { &variant.content.doc } else { &variant.doc };
        let mut lines = self.said(doc);
        lines.extend(yaml(tag, &Node::from(name.clone())));
        lines.extend(self.fields(here, &variant.content, &Map::default()));
        lines
    }

    /// Words as comments. What stands deeper, or behind a `#`, has less room.
    fn said(&self, words: &str) -> Vec<String> {
        let room = WIDTH.saturating_sub(2 * self.path.len() + 2).max(40);
        wrapped(words, room).iter().map(|line| comment(line)).collect()
    }

    /// Where it was written down before, if it was. From now on it was here.
    fn reference(&mut self, place: *const (), what: &str) -> Option<Vec<String>> {
        if let Some((_, at)) = self.shown.iter().find(|(known, _)| *known == place) {
            return Some(vec![comment(&format!("{what} are those of `{at}`."))]);
        }
        self.shown.push((place, self.path.clone()));
        None
    }
}

/// Whether a comment may stand behind the line: it ends with the line, unlike a text of several lines.
fn is_whole(first: &str, value: &Node) -> bool {
    value.is_container()
        || !first.ends_with(['|', '-', '+']) && value.as_str().is_none_or(|text| !text.contains('\n'))
}

/// The words of an enum with what they are for, if anyone said.
fn words(of: &Enum) -> Vec<String> {
    if of.variants.values().all(|variant| variant.doc.is_empty()) {
        return Vec::new();
    }
    let row = |(name, variant): (&Text, &Variant)| {
        let doc = variant.doc.lines().next().unwrap_or_default();
        comment(format!("- {name}: {doc}").trim_end_matches([' ', ':']))
    };
    of.variants.iter().map(row).collect()
}

fn comment(text: &str) -> String {
    if text.trim().is_empty() { "#".to_owned() } else { format!("# {}", text.trim_end()) }
}

fn commented(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| comment(line)).collect()
}

/// An entry of a mapping as YAML.
fn yaml(name: &str, value: &Node) -> Vec<String> {
    let mut map = Map::default();
    map.set(Key::from(name), value.clone());
    let mut text = String::new();
    write_yaml(&Node::from(map), &mut text);
    text.lines().map(str::to_owned).collect()
}

/// A mapping under a key.
fn block(name: &str, inside: Vec<String>) -> Vec<String> {
    let key = yaml(name, &Node::from("x")).remove(0);
    let mut lines = vec![key.strip_suffix(" x").unwrap_or(&key).to_owned()];
    lines.extend(inside.into_iter().map(|line| if line.is_empty() { line } else { format!("  {line}") }));
    lines
}

/// The only element of a list.
fn item(inside: Vec<String>) -> Vec<String> {
    let mut first = true;
    let line = |line: String| {
        if line.is_empty() || line.starts_with('#') && first {
            return format!("  {line}").trim_end().to_owned();
        }
        let dash = if std::mem::take(&mut first) { "- " } else { "  " };
        format!("{dash}{line}")
    };
    inside.into_iter().map(line).collect()
}
