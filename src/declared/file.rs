//! What a schema file holds.

use crate::diag::{Error, Origin, Result, Source, SourceMap};
use crate::schema::Schema;
use crate::value::{JsonStyle, Node, Text, read_json, write_json};

/// Types, the type of the whole config, and configs that are registered under a path.
///
/// ```
/// use mainstem::declared::SchemaFile;
/// use mainstem::diag::{Source, SourceKind, SourceMap};
/// use mainstem::value::KeyPath;
///
/// let text = r#"{
///     "mainstem_schema": 1,
///     "types": {"Train": {"struct": {"fields": {"lr": {"type": "float", "default": 0.1}}}}},
///     "root": "Train"
/// }"#;
/// let sources = SourceMap::default();
/// let file = SchemaFile::read(Source::new(SourceKind::File, "schema.json", text), &sources)?;
/// assert_eq!(file.schema.at(&KeyPath::parse("lr")).to_string(), "a float");
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaFile {
    /// What the whole config must be.
    pub schema: Schema,
    /// The configs that it registers, in order.
    pub configs: Vec<Registered>,
}

/// A config that stands in no YAML file.
#[derive(Clone, Debug)]
pub struct Registered {
    /// Its path: `db/mysql`.
    pub path: Text,
    /// Where its content lands; `None`: where that of a file of this path does.
    pub package: Option<Text>,
    /// What its content must be, from where it is merged on; `None`: anything.
    pub schema: Option<Schema>,
    /// Its content. A `defaults` key is its defaults list.
    pub root: Node,
    /// Where it is registered.
    pub origin: Origin,
}

/// Wherever they are registered.
impl PartialEq for Registered {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
            && self.package == other.package
            && self.schema == other.schema
            && self.root == other.root
    }
}

/// A schema without registered configs.
impl From<Schema> for SchemaFile {
    fn from(schema: Schema) -> Self {
        Self { schema, configs: Vec::new() }
    }
}

impl SchemaFile {
    /// Reads a schema file. The text is added to `sources`.
    ///
    /// # Errors
    /// Text that is not JSON, or every mistake in it: each with its place. They are not located.
    pub fn read(source: Source, sources: &SourceMap) -> Result<Self> {
        let text = std::sync::Arc::clone(source.text());
        let id = sources.add(source);
        let mut errors = Vec::new();
        let file = super::read::file(&read_json(&text, id)?, &mut errors);
        Error::all(errors).map_or(Ok(file), Err)
    }

    /// The text of the file, which reads as the same.
    pub fn write(&self) -> String {
        let mut text = String::new();
        write_json(&super::write::file(self), JsonStyle::Pretty, &mut text);
        text.push('\n');
        text
    }
}
