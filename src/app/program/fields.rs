//! Every field of a typed program, for its help.

use crate::app::program::groups::Groups;
use crate::app::program::table::Row;
use crate::schema::{Enum, Expected, Field, Signature, Struct, Type};
use crate::value::{Key, KeyPath, Kind, Map, Node, Text, write_str};

/// The longest value that is shown whole, in characters.
const LONGEST: usize = 24;

/// A line for each field of a type, with its value in a config: what to type, what it is for, what it may be.
pub(crate) fn rows(expected: Expected<'_>, config: &Node, groups: &Groups<'_>) -> Vec<Row> {
    let mut page = Page { groups, path: KeyPath::ROOT, rows: Vec::new(), shown: Vec::new() };
    let here = expected.required();
    match (here.ty(), config.as_map()) {
        (Type::Struct(fields), Some(values)) => page.fields(here, fields, values),
        (Type::Enum(of), Some(_)) => page.variants(here, of, config, Holder::Nothing),
        (_, Some(values)) => page.others(&Struct::default(), values),
        _ => {}
    }
    page.rows
}

struct Page<'g> {
    groups: &'g Groups<'g>,
    path: KeyPath,
    rows: Vec<Row>,
    /// The structs and enums whose fields are there already, and where.
    shown: Vec<(*const (), KeyPath)>,
}

/// What holds a value that does not stand there, and is typed with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    Nothing,
    List,
    Dict,
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
        let mut about = About { doc: field.doc.clone(), what: Vec::new() };
        if let Some(why) = &field.deprecated {
            about.what.push(format!("deprecated: {why}"));
        }
        let given = !matches!(value.kind, Kind::Null | Kind::Missing);
        if field.secret {
            let name =
                self.path.split_last().map(|(_, key)| key.to_string().to_uppercase()).unwrap_or_default();
            about.what.push(format!("secret, such as ${{secret:{name}}}"));
        }
        about.what.push(Signature(expected).to_string());
        let path = self.path.to_string();
        let text = if field.secret && given { "***".to_owned() } else { shown(value) };
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
                let is_empty = value.as_list().is_none_or(<[Node]>::is_empty);
                let (element, holder) = match here.ty() {
                    Type::List(element) if is_empty => (here.other(element), Holder::List),
                    Type::Dict(dict) if value.as_map().is_none_or(Map::is_empty) => {
                        (here.other(&dict.value), Holder::Dict)
                    }
                    _ => (here, Holder::Nothing),
                };
                self.rows.push(Row::Entry(format!("{path}={text}"), String::new()));
                let at = self.rows.len() - 1;
                let inside = element.required();
                match holder {
                    Holder::Nothing => self.example(inside, &mut about, holder),
                    Holder::List => self.below(Key::Int(0), |page| page.example(inside, &mut about, holder)),
                    Holder::Dict => {
                        self.below(Key::from("KEY"), |page| page.example(inside, &mut about, holder));
                    }
                }
                self.rows[at] = Row::Entry(format!("{path}={text}"), about.text());
            }
        }
    }

    /// The fields of what does not stand there, but could.
    fn example(&mut self, here: Expected<'_>, about: &mut About, holder: Holder) {
        match here.ty() {
            Type::Struct(fields) => {
                if about.doc.is_empty() {
                    about.doc.clone_from(&fields.doc);
                }
                match self.reference(std::ptr::from_ref::<Struct>(fields).cast()) {
                    Some(at) => about.what.push(format!("its keys are those of `{at}`")),
                    None => {
                        let opened = self.opened(holder, &braced(here, fields, None));
                        self.rows.push(Row::Heading(format!("with {opened}:")));
                        self.fields(here, fields, &Map::default());
                        self.rows.push(Row::Heading(String::new()));
                    }
                }
            }
            Type::Enum(of) if of.tag.is_some() => {
                match self.reference(std::ptr::from_ref::<Enum>(of).cast()) {
                    Some(at) => about.what.push(format!("its keys are those of `{at}`")),
                    None => self.variants(here, of, &Node::null(), holder),
                }
            }
            _ => {}
        }
    }

    /// The argument that puts a value where none stands.
    fn opened(&self, holder: Holder, value: &str) -> String {
        match (holder, self.path.keys().split_last()) {
            (Holder::List, Some((_, above))) => {
                format!("{}=[{value}]", above.iter().cloned().collect::<KeyPath>())
            }
            (Holder::Dict, _) => format!("+{}={value}", self.path),
            _ => format!("{}={value}", self.path),
        }
    }

    /// A field whose value is one of several variants.
    fn choice(&mut self, here: Expected<'_>, of: &Enum, mut about: About, value: &Node) {
        if about.doc.is_empty() {
            about.doc.clone_from(&of.doc);
        }
        let group = self.group();
        let chosen = of.of(value).map(|(name, _)| name.to_string());
        let word = match (&chosen, &value.kind) {
            (Some(name), _) => self.groups.chosen(&group).map_or_else(|| name.clone(), str::to_owned),
            (None, Kind::Null) => "null".to_owned(),
            (None, Kind::Template(template)) => template.text.to_string(),
            (None, _) => {
                about.what.push("must be given".to_owned());
                let options = self.groups.options(&group);
                let names = if options.is_empty() { of.variants.keys().cloned().collect() } else { options };
                cut(&names.join("|"))
            }
        };
        let key = match (&of.tag, self.groups.key(&group)) {
            (_, Some(key)) if word != "null" => key,
            (Some(tag), None) if chosen.is_some() => self.path.child(Key::Str(tag.clone())).to_string(),
            _ => self.path.to_string(),
        };
        let known = self.reference(std::ptr::from_ref::<Enum>(of).cast());
        if let Some(at) = &known {
            about.what.push(format!("its keys are those of `{at}`"));
        }
        self.rows.push(Row::Entry(format!("{key}={word}"), about.text()));
        if known.is_none() {
            self.variants(here, of, value, Holder::Nothing);
        }
    }

    /// The config group whose options land here, if there is one of that name.
    fn group(&self) -> String {
        let group: Vec<String> = self.path.keys().iter().map(Key::to_string).collect();
        group.join("/")
    }

    fn variants(&mut self, here: Expected<'_>, of: &Enum, value: &Node, holder: Holder) {
        let group = self.group();
        let chosen = of.of(value).map(|(name, _)| name);
        let nothing = Map::default();
        for (name, variant) in &of.variants {
            let fields = &variant.content;
            let options = self.groups.of_variant(&group, of, name);
            let by = match (self.groups.key(&group), &of.tag) {
                // The values are those of the first one.
                (Some(key), _) if options.len() > 1 => {
                    let others: Vec<&str> = options[1..].iter().map(|one| one.name.as_str()).collect();
                    format!("{key}={} (or {})", options[0].name, others.join(", "))
                }
                (Some(key), _) if !options.is_empty() => format!("{key}={}", options[0].name),
                (_, Some(tag)) if chosen.is_some() || self.path.is_empty() => {
                    format!("{}={name}", self.path.child(Key::Str(tag.clone())))
                }
                (_, Some(tag)) => self.opened(holder, &braced(here, fields, Some((tag, name)))),
                (_, None) => self.opened(holder, name),
            };
            let doc = if variant.doc.is_empty() { &fields.doc } else { &variant.doc };
            let deprecated = variant.deprecated.as_ref().map(|why| format!(" (deprecated: {why})"));
            let heading = format!("with {by}: {doc}{}", deprecated.unwrap_or_default());
            self.rows.push(Row::Heading(heading.trim_end().to_owned()));
            let body = options.first().map(|option| option.body.clone());
            let body = body.as_ref().and_then(Node::as_map);
            let values = value.as_map().filter(|_| Some(name) == chosen).or(body).unwrap_or(&nothing);
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

/// The fields of a struct that must be given, as an argument has them, behind the tag of the variant that it is; a
/// variant that needs none is its name.
fn braced(here: Expected<'_>, fields: &Struct, variant: Option<(&Text, &Text)>) -> String {
    let missing = |field: &Field| is_open(&here.default_of(field));
    let needed = fields.fields.iter().filter(|(_, field)| missing(field));
    let mut parts: Vec<String> = needed.map(|(name, _)| format!("{name}:…")).collect();
    match variant {
        Some((_, name)) if parts.is_empty() => return name.to_string(),
        Some((tag, name)) => parts.insert(0, format!("{tag}:{name}")),
        None if parts.is_empty() => {
            let first = fields.fields.iter().next();
            parts.extend(first.map(|(name, field)| format!("{name}:{}", shown(&here.default_of(field)))));
        }
        None => {}
    }
    format!("{{{}}}", parts.join(","))
}

/// Whether something in it must be given.
fn is_open(node: &Node) -> bool {
    match &node.kind {
        Kind::Missing => true,
        Kind::Map(map) => map.iter().any(|(_, slot)| is_open(&slot.node)),
        _ => false,
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
    cut(&text.replace('\n', "\\n"))
}

/// The beginning of a text.
fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
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
