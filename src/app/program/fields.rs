//! Every field of a typed program, for its help.

use crate::app::program::table::Row;
use crate::schema::{Enum, Expected, Field, Signature, Struct, Type};
use crate::value::{Key, KeyPath, Kind, Map, Node, Text, write_str};

/// The longest value that is shown whole, in characters.
const LONGEST: usize = 24;

/// A line for each field of a type, with its value in a config: what to type, what it is for, what it may be.
/// `is_group` tells config groups, whose options are chosen by name.
pub(crate) fn rows(expected: Expected<'_>, config: &Node, is_group: &dyn Fn(&str) -> bool) -> Vec<Row> {
    let mut page = Page { is_group, path: KeyPath::ROOT, rows: Vec::new(), shown: Vec::new() };
    let here = expected.required();
    match (here.ty(), config.as_map()) {
        (Type::Struct(fields), Some(values)) => page.fields(here, fields, values),
        (Type::Enum(of), Some(_)) => page.variants(here, of, config),
        (_, Some(values)) => page.others(&Struct::default(), values),
        _ => {}
    }
    page.rows
}

struct Page<'g> {
    is_group: &'g dyn Fn(&str) -> bool,
    path: KeyPath,
    rows: Vec<Row>,
    /// The structs and enums whose fields are there already, and where.
    shown: Vec<(*const (), KeyPath)>,
}

impl Page<'_> {
    fn fields(&mut self, here: Expected<'_>, fields: &Struct, values: &Map) {
        for (name, field) in &fields.fields {
            let default = here.default_of(field);
            let value = values.get_str(name).unwrap_or(&default);
            self.below(Key::Str(name.clone()), |page| page.field(here.other(&field.ty), field, value));
        }
        self.others(fields, values);
    }

    fn below(&mut self, key: Key, inside: impl FnOnce(&mut Self)) {
        self.path.push(key);
        inside(self);
        self.path.pop();
    }

    /// Keys that are no fields, and no nodes of the program itself.
    fn others(&mut self, fields: &Struct, values: &Map) {
        for (key, slot) in values {
            if key.as_str().is_some_and(|name| fields.fields.contains_key(name)) {
                continue;
            }
            let path = self.path.child(key.clone());
            self.rows.push(Row::Entry(format!("{path}={}", shown(&slot.node)), String::new()));
        }
    }

    fn field(&mut self, expected: Expected<'_>, field: &Field, value: &Node) {
        let here = expected.required();
        let mut about = About { doc: field.doc.clone(), what: vec![Signature(expected).to_string()] };
        if let Some(why) = &field.deprecated {
            about.what.push(format!("deprecated: {why}"));
        }
        let (path, secret) = (self.path.to_string(), field.secret);
        let given = !matches!(value.kind, Kind::Null | Kind::Missing);
        let text = if secret && given { "***".to_owned() } else { shown(value) };
        match (here.ty(), value.as_map()) {
            (Type::Struct(fields), Some(values)) => {
                if about.doc.is_empty() {
                    about.doc.clone_from(&fields.doc);
                }
                self.rows.push(Row::Entry(path, about.text()));
                // What is written out there is known from then on; here it is written out in any case.
                let _ = self.reference(std::ptr::from_ref::<Struct>(fields).cast());
                self.fields(here, fields, values);
            }
            (Type::Enum(of), _) if of.tag.is_some() => self.choice(here, of, about, value),
            _ => {
                if matches!(value.kind, Kind::Missing) {
                    about.what.push("must be given".to_owned());
                }
                let (element, key) = match (here.ty(), value.is_container()) {
                    (Type::List(element), false) => (here.other(element), Some(Key::Int(0))),
                    (Type::List(element), true) if value.as_list().is_some_and(<[Node]>::is_empty) => {
                        (here.other(element), Some(Key::Int(0)))
                    }
                    (Type::Dict(dict), _) if value.as_map().is_none_or(Map::is_empty) => {
                        (here.other(&dict.value), Some(Key::from("KEY")))
                    }
                    _ => (here, None),
                };
                self.rows.push(Row::Entry(format!("{path}={text}"), String::new()));
                let at = self.rows.len() - 1;
                let inside = element.required();
                match key {
                    Some(key) => self.below(key, |page| page.example(inside, &mut about)),
                    None => self.example(inside, &mut about),
                }
                self.rows[at] = Row::Entry(format!("{path}={text}"), about.text());
            }
        }
    }

    /// The fields of what does not stand there, but could.
    fn example(&mut self, here: Expected<'_>, about: &mut About) {
        match here.ty() {
            Type::Struct(fields) => {
                if about.doc.is_empty() {
                    about.doc.clone_from(&fields.doc);
                }
                match self.reference(std::ptr::from_ref::<Struct>(fields).cast()) {
                    Some(at) => about.what.push(format!("its keys are those of `{at}`")),
                    None => self.fields(here, fields, &Map::default()),
                }
            }
            Type::Enum(of) if of.tag.is_some() => {
                match self.reference(std::ptr::from_ref::<Enum>(of).cast()) {
                    Some(at) => about.what.push(format!("its keys are those of `{at}`")),
                    None => self.variants(here, of, &Node::null()),
                }
            }
            _ => {}
        }
    }

    /// A field whose value is one of several variants.
    fn choice(&mut self, here: Expected<'_>, of: &Enum, mut about: About, value: &Node) {
        if about.doc.is_empty() {
            about.doc.clone_from(&of.doc);
        }
        let path = self.path.to_string();
        let word = match (of.of(value), &value.kind) {
            (Some((name, _)), _) => name.to_string(),
            (None, Kind::Null) => "null".to_owned(),
            (None, Kind::Template(template)) => template.text.to_string(),
            (None, _) => {
                about.what.push("must be given".to_owned());
                "???".to_owned()
            }
        };
        let key = self.chosen_by(of);
        let known = self.reference(std::ptr::from_ref::<Enum>(of).cast());
        if let Some(at) = &known {
            about.what.push(format!("its keys are those of `{at}`"));
        }
        let key = if word == "null" { path } else { key };
        self.rows.push(Row::Entry(format!("{key}={word}"), about.text()));
        if known.is_none() {
            self.variants(here, of, value);
        }
    }

    /// What is typed to choose a variant: the config group, or the key that names it.
    fn chosen_by(&self, of: &Enum) -> String {
        let group: Vec<String> = self.path.keys().iter().map(Key::to_string).collect();
        let group = group.join("/");
        match &of.tag {
            Some(tag) if !(self.is_group)(&group) => self.path.child(Key::Str(tag.clone())).to_string(),
            _ => group,
        }
    }

    fn variants(&mut self, here: Expected<'_>, of: &Enum, value: &Node) {
        let by = self.chosen_by(of);
        let chosen = of.of(value).map(|(name, _)| name);
        let nothing = Map::default();
        for (name, variant) in &of.variants {
            let fields = &variant.content;
            let options =
                if variant.options.is_empty() { name.to_string() } else { variant.options.join(" | ") };
            let name_here = if by.contains('/') || (self.is_group)(&by) { options } else { name.to_string() };
            let doc = if variant.doc.is_empty() { &fields.doc } else { &variant.doc };
            let deprecated = variant.deprecated.as_ref().map(|why| format!(" (deprecated: {why})"));
            let heading = format!("with {by}={name_here}: {doc}{}", deprecated.unwrap_or_default());
            self.rows.push(Row::Heading(heading.trim_end().to_owned()));
            let values = value.as_map().filter(|_| Some(name) == chosen).unwrap_or(&nothing);
            for (name, field) in &fields.fields {
                let default = here.default_of(field);
                let value = values.get_str(name).unwrap_or(&default);
                self.below(Key::Str(name.clone()), |page| page.field(here.other(&field.ty), field, value));
            }
        }
        self.rows.push(Row::Heading(String::new()));
    }

    /// Where it was shown before, if it was. From now on it was here.
    fn reference(&mut self, place: *const ()) -> Option<KeyPath> {
        if let Some((_, at)) = self.shown.iter().find(|(known, _)| *known == place) {
            return Some(at.clone());
        }
        self.shown.push((place, self.path.clone()));
        None
    }
}

/// What is said of a field.
struct About {
    doc: Text,
    /// In brackets: its type, and what else is to be known.
    what: Vec<String>,
}

impl About {
    /// The first paragraph, what is to be known, the rest.
    fn text(&self) -> String {
        let what = format!("[{}]", self.what.join("; "));
        match self.doc.split_once("\n\n") {
            _ if self.doc.is_empty() => what,
            Some((first, rest)) => format!("{first} {what}\n\n{rest}"),
            None => format!("{} {what}", self.doc),
        }
    }
}

/// A value as an argument has it, cut short.
pub(crate) fn shown(node: &Node) -> String {
    let mut text = String::new();
    flow(node, &mut text);
    let text = text.replace('\n', "\\n");
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

fn flow(node: &Node, out: &mut String) {
    if out.len() > 4 * LONGEST {
        return;
    }
    match &node.kind {
        Kind::Null => out.push_str("null"),
        Kind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Kind::List(items) => {
            out.push('[');
            for (nth, item) in items.iter().enumerate() {
                out.push_str(if nth > 0 { "," } else { "" });
                flow(item, out);
            }
            out.push(']');
        }
        Kind::Map(map) => {
            out.push('{');
            for (nth, (key, slot)) in map.iter().enumerate() {
                out.push_str(if nth > 0 { "," } else { "" });
                out.push_str(&key.to_string());
                out.push(':');
                flow(&slot.node, out);
            }
            out.push('}');
        }
        _ => write_str(node, out),
    }
}
