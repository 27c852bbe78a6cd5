//! A config file as read: its body, its defaults list, its package header.

use crate::compose::config_source::Content;
use crate::compose::element::{Element, elements};
use crate::diag::{Error, ErrorKind, Origin, Result, Source, SourceId, SourceKind, SourceMap, Span};
use crate::schema::Schema;
use crate::value::{DEEPEST, Key, Kind, Map, Node, Text};
use crate::yaml;

/// A parsed config, shared by everything that includes it.
#[derive(Clone, Debug)]
pub struct Document {
    /// The body, without its `defaults`. A mapping or a list.
    pub root: Node,
    /// How many levels of lists and mappings the body has, at most.
    pub(crate) height: usize,
    /// The defaults list; empty if there is none.
    pub defaults: Box<[Element]>,
    /// The package that the `# @package` header names, and where it stands.
    pub header: Option<(Text, Origin)>,
    /// A `# @package` comment that stands too low to count.
    pub ignored_header: Option<Origin>,
    /// The text it was read from.
    pub source: SourceId,
    /// Who put the source it comes from into the search path.
    pub provider: Text,
    /// What its content must be, from where it is merged on.
    pub schema: Option<Schema>,
}

impl Document {
    /// The place of the document as a whole.
    pub fn origin(&self) -> Origin {
        Origin::new(self.source, Span::default())
    }

    /// Where its content lands, if it is the config of that path and nothing that includes it says otherwise; empty for
    /// the root.
    pub(crate) fn package(&self, config_path: &str) -> Text {
        let mut item = crate::compose::item::Item::config(config_path.into(), self.origin());
        if let Some((header, _)) = &self.header {
            item.set_header(header);
        }
        item.final_package()
    }

    /// A tree that stands in no config, such as the defaults of a schema.
    pub(crate) fn of_tree(root: Node, source: SourceId) -> Self {
        Self {
            // Types nest as deep as they like: merging looks.
            height: DEEPEST,
            root,
            defaults: Box::default(),
            header: None,
            ignored_header: None,
            source,
            provider: Text::const_new("schema"),
            schema: None,
        }
    }

    /// Parses what a source holds.
    ///
    /// # Errors
    /// All mistakes in the text and in its defaults list, joined.
    pub(crate) fn read(content: Content, provider: Text, sources: &SourceMap) -> Result<Self> {
        let mut errors: Vec<Error> = Vec::new();
        let mut ignored_header = None;
        let (mut root, height, header, source) = match content {
            Content::Text { kind, label, text } => {
                let source = Source::new(kind, label, text);
                let text = std::sync::Arc::clone(source.text());
                let id = sources.add(source);
                match yaml::parse(&text, id, &yaml::Limits::default(), &mut errors) {
                    Some(parsed) => {
                        ignored_header = parsed.ignored_header;
                        (parsed.root, parsed.height, parsed.header.map(|h| (h.package, h.origin)), id)
                    }
                    None => (Node::null(), 0, None, id),
                }
            }
            Content::Tree { label, root, package } => {
                let id = sources.add(Source::new(SourceKind::Memory, label, ""));
                if root.is_deeper_than(DEEPEST) {
                    let message = format!("the tree is deeper than the limit of {DEEPEST} levels");
                    errors
                        .push(Error::new(ErrorKind::Limit, message).at(Origin::new(id, Span::default()), ""));
                }
                let origin = Origin::new(id, Span::default());
                (root, DEEPEST, package.map(|p| (p, origin)), id)
            }
        };
        if matches!(root.kind, Kind::Null) {
            root = Node::from(Map::default()).from_origin(root.origin);
        }
        // The body is edited in place: nothing else shares it yet.
        let list = match &root.kind {
            Kind::Map(map) if map.get_str("defaults").is_some() => {
                root.as_map_mut().and_then(|map| map.remove(&Key::from("defaults")))
            }
            _ => None,
        };
        let defaults = list.map(|list| elements(&list, &mut errors)).unwrap_or_default().into();
        match Error::all(errors) {
            Some(error) => Err(error),
            None => {
                Ok(Self { root, height, defaults, header, ignored_header, source, provider, schema: None })
            }
        }
    }
}
