//! Configs that code or a schema file registers: Hydra's config store.

use crate::compose::config_source::{ConfigSource, Content, Entry, bare};
use crate::compose::sources::members;
use crate::declared::Registered;
use crate::diag::{Origin, Result};
use crate::schema::Schema;
use crate::value::{IndexMap, Text};

/// Configs that stand in no file, each with the type that its content must have from where it is merged on.
///
/// ```
/// use mainstem::compose::{Composer, Memory, Mode, Provided, Repository, SCHEMA, Store};
/// use mainstem::facts::Facts;
/// use mainstem::schema::{Field, Fields, Type, Types};
/// use mainstem::value::Node;
///
/// let mut types = Types::default();
/// let name = types.declare("MySql");
/// let fields = Fields::default().field("port", Field::new(Type::INT).default(Node::from(3306)));
/// types.complete(name, "MySql", fields);
/// let store = Store::default().schema("db/mysql", types.schema(Type::Named(name)));
///
/// let conf = Memory::new().text("config", "defaults: [db: mysql]");
/// let path = vec![Provided::new("main", conf), Provided::new(SCHEMA, store)];
/// let composer = Composer::new(Repository::new(path), Facts::default());
/// let arguments = composer.arguments(Some("config"), &["db.port=many"])?;
/// let error = composer.compose(Some("config"), &arguments, Mode::Run).unwrap_err();
/// assert_eq!(error.message(), "`db.port` must be an integer, but is a string");
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Store {
    label: Text,
    configs: IndexMap<Text, Registered>,
}

impl Store {
    /// A store of configs that a file registers, which people know by that name.
    pub fn of_file(label: impl Into<Text>, configs: impl IntoIterator<Item = Registered>) -> Self {
        let configs = configs.into_iter().map(|config| (config.path.clone(), config)).collect();
        Self { label: label.into(), configs }
    }

    /// With a config that consists of the defaults of a type.
    #[must_use]
    pub fn schema(self, config_path: &str, schema: Schema) -> Self {
        let root = schema.expected().defaults();
        let path = Text::from(bare(config_path));
        self.config(Registered { path, package: None, schema: Some(schema), root, origin: Origin::NONE })
    }

    /// With a config. It takes the place of one of the same path.
    #[must_use]
    pub fn config(mut self, config: Registered) -> Self {
        self.configs.insert(config.path.clone(), config);
        self
    }

    /// Whether nothing is registered.
    pub fn is_empty(&self) -> bool {
        self.configs.is_empty()
    }

    fn get(&self, config_path: &str) -> Option<&Registered> {
        self.configs.get(bare(config_path))
    }
}

impl ConfigSource for Store {
    fn location(&self) -> String {
        format!("structured://{}", self.label)
    }

    fn read(&self, config_path: &str) -> Result<Option<Content>> {
        Ok(self.get(config_path).map(|config| {
            let label = match self.label.as_str() {
                "" => config.path.to_string(),
                file => format!("{file}: {}", config.path),
            };
            Content::Tree { label, root: config.root.clone(), package: config.package.clone() }
        }))
    }

    fn schema(&self, config_path: &str) -> Option<Schema> {
        self.get(config_path)?.schema.clone()
    }

    fn list(&self, group: &str) -> Result<Option<Vec<Entry>>> {
        Ok(members(group, self.configs.keys().map(Text::as_str)))
    }

    fn has_config(&self, config_path: &str) -> Result<bool> {
        Ok(self.get(config_path).is_some())
    }
}
