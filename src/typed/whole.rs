//! Whole trees and whole types.

use crate::compose::Store;
use crate::declared::Registered;
use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::resolve::Scope;
use crate::schema::{Schema, Types};
use crate::typed::components::Components;
use crate::typed::config::Config;
use crate::typed::reader::{OpenGroup, Parts, Reader, Reported};
use crate::typed::slot::Slot;
use crate::value::{KeyPath, Node, Text};

/// Reads a tree without interpolations as a type.
///
/// # Errors
/// Every mistake in the tree, each with the path of the value and its place; attach the texts by
/// [`Error::located`](crate::diag::Error::located).
///
/// ```
/// use mainstem::typed;
/// use mainstem::value::Node;
/// let sizes: Vec<u8> = typed::read(&Node::from(vec![Node::from(1), Node::from("2")]))?;
/// assert_eq!(sizes, [1, 2]);
/// let wrong = Node::from(vec![Node::from(300), Node::from("many"), Node::from(3)]);
/// let errors: Vec<String> =
///     typed::read::<Vec<u8>>(&wrong).unwrap_err().iter().map(|error| error.message().to_owned()).collect();
/// assert_eq!(errors, [
///     "`0` must be an integer from 0 to 255, but is 300",
///     "`1` must be an integer from 0 to 255, but is a string",
/// ]);
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
pub fn read<T: Config>(node: &Node) -> Result<T> {
    run(Reader::new(None, KeyPath::ROOT), Slot::of(node))
}

impl Components {
    /// As [`read`], with these components.
    ///
    /// # Errors
    /// As [`read`]; a component that is not registered, or that cannot be built.
    pub fn read<T: Config>(&self, node: &Node) -> Result<T> {
        run(Reader::new(None, KeyPath::ROOT).with_parts(Parts::Built(self)), Slot::of(node))
    }

    /// As [`read_at`], with these components.
    ///
    /// # Errors
    /// As [`read_at`]; a component that is not registered, or that cannot be built.
    pub fn read_at<T: Config>(&self, scope: &Scope<'_>, path: &KeyPath) -> Result<T> {
        at(scope, path, Parts::Built(self), run)
    }

    /// Reads the value at a path but for its components: their arguments are read, and nothing is built. `None`: all
    /// is well, and the value holds components.
    ///
    /// # Errors
    /// As [`Components::read_at`], but for what building them would say.
    pub fn check_at<T: Config>(&self, scope: &Scope<'_>, path: &KeyPath) -> Result<Option<T>> {
        self.check_beside(scope, path, &[], &[])
    }

    /// As [`Components::check_at`], knowing of config groups of which nothing is chosen, and where nothing is known.
    pub(crate) fn check_beside<T: Config>(
        &self,
        scope: &Scope<'_>,
        path: &KeyPath,
        open: &[OpenGroup],
        unknown: &[KeyPath],
    ) -> Result<Option<T>> {
        at(scope, path, Parts::Checked(self), |reader, at| {
            let (read, error) = ended(reader.with_open(open).with_unknown(unknown), at);
            error.map_or_else(|| Ok(read.ok()), Err)
        })
    }

    /// As [`schema`], with these components.
    pub fn schema<T: Config>(&self) -> Schema {
        self.describe(T::describe)
    }
}

impl Store {
    /// With the defaults of a type as the option of a config group: `db/mysql`. They are merged where the option lands, as
    /// those of a file are; what must be given stays `???`.
    ///
    /// ```
    /// use mainstem::Config;
    /// use mainstem::compose::{ConfigSource as _, Store};
    /// #[derive(Config)]
    /// struct MySql {
    ///     #[mainstem(default = 3306)]
    ///     port: u16,
    /// }
    /// let store = Store::default().option::<MySql>("db/mysql");
    /// assert!(store.has_config("db/mysql")?);
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    #[must_use]
    pub fn option<T: Config>(self, config_path: &str) -> Self {
        let path = Text::from(config_path.strip_suffix(".yaml").unwrap_or(config_path));
        let root = defaults::<T>();
        self.config(Registered { path, package: None, schema: None, root, origin: Origin::NONE })
    }
}

/// Reads the value at a path of a tree as a type. Interpolations are resolved as they are met; what is not read is
/// not resolved.
///
/// # Errors
/// As [`read`], and every interpolation that cannot be resolved. A value that came through interpolations is shown
/// with them.
///
/// ```
/// use mainstem::compose::{Memory, Mode};
/// use mainstem::facts::Facts;
/// use mainstem::resolve::Scope;
/// use mainstem::typed;
/// use mainstem::value::KeyPath;
/// let configs = Memory::new().text("config", "size: 3\nsizes: [1, '${size}', '${size}']\nunused: ${nope}");
/// let composer = mainstem::settings::project(configs, Facts::default(), "train");
/// let composed = composer.compose(Some("config"), &composer.arguments(Some("config"), &[] as &[&str])?, Mode::Run)?;
/// let scope = Scope::new(composed.root(), composer.context(&|_| {}));
/// let sizes: [u8; 3] = typed::read_at(&scope, &KeyPath::parse("sizes"))?;
/// assert_eq!(sizes, [1, 3, 3]);
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
pub fn read_at<T: Config>(scope: &Scope<'_>, path: &KeyPath) -> Result<T> {
    at(scope, path, Parts::None, run)
}

fn at<T>(
    scope: &Scope<'_>,
    path: &KeyPath,
    parts: Parts<'_>,
    read: impl FnOnce(Reader<'_>, Slot<'_>) -> Result<T>,
) -> Result<T> {
    let node = scope.get(path)?;
    let reader = Reader::new(Some(scope), path.clone()).with_parts(parts);
    let at = node.as_ref().map_or(Slot::absent(Origin::NONE), Slot::of);
    read(reader, at)
}

/// What was read, and all that was wrong with it.
fn ended<T: Config>(mut reader: Reader<'_>, at: Slot<'_>) -> (Result<T, Reported>, Option<Error>) {
    let read = reader.enter(at, T::read);
    (read, Error::all(reader.finish()))
}

fn run<T: Config>(reader: Reader<'_>, at: Slot<'_>) -> Result<T> {
    match ended(reader, at) {
        (Ok(value), None) => Ok(value),
        (_, Some(error)) => Err(error),
        // Only a `Reported` of another reader comes here.
        (Err(_), None) => Err(Error::new(ErrorKind::Type, "the value cannot be read")),
    }
}

/// What a type's values must be, as data: what composing enforces, and what can be written as a file.
///
/// ```
/// use mainstem::typed;
/// let schema = typed::schema::<Vec<Option<u8>>>();
/// let element = schema.at(&mainstem::value::KeyPath::parse("0"));
/// assert_eq!(element.to_string(), "an integer from 0 to 255 or null");
/// ```
pub fn schema<T: Config>() -> Schema {
    let mut types = Types::default();
    let root = T::describe(&mut types);
    types.schema(root)
}

/// The config that a type is on its own: its defaults, and `???` where a value must be given.
pub fn defaults<T: Config>() -> Node {
    schema::<T>().expected().defaults()
}
