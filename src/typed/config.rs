//! The trait of types that stand in configs.

use crate::schema::{Type, Types};
use crate::typed::entries::Entries;
use crate::typed::reader::{Reader, Reported};
use crate::typed::slot::Slot;
use crate::value::{Map, Node};

/// A type that can stand in a config.
///
/// `#[derive(mainstem::Config)]` implements it for structs and enums. It is implemented for booleans, all numbers,
/// text, paths, spans and points in time, options, lists, tuples, mappings, boxes, and [`Node`], which is anything.
///
/// Its three methods belong together: what [`Config::write`] writes fits the type that [`Config::describe`]
/// describes, and [`Config::read`] reads it back as the same.
///
/// A type of your own is often another type with a rule. Describe and write it as that type, and read it through it:
///
/// ```
/// use mainstem::schema::{Type, Types};
/// use mainstem::typed::{self, Config, Reader, Reported, Slot};
/// use mainstem::value::Node;
///
/// /// A number without a remainder by 2.
/// #[derive(Debug, PartialEq)]
/// struct Even(i64);
///
/// impl Config for Even {
///     fn describe(types: &mut Types) -> Type {
///         i64::describe(types)
///     }
///
///     fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
///         match i64::read(at, cx)? {
///             number if number % 2 == 0 => Ok(Self(number)),
///             number => Err(cx.refuse(at, format!("{number} is odd"))),
///         }
///     }
///
///     fn write(&self) -> Node {
///         self.0.write()
///     }
/// }
///
/// assert_eq!(typed::read::<Even>(&Node::from(4))?, Even(4));
/// let odd = typed::read::<Vec<Even>>(&Node::from(vec![Node::from(2), Node::from(3)])).unwrap_err();
/// assert_eq!(odd.to_string(), "`1`: 3 is odd");
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a config",
    label = "is no `mainstem::Config`",
    note = "add `#[derive(mainstem::Config)]` to a type of your own",
    note = "for a trait object that the config chooses by name, write `mainstem::typed::Component<dyn Trait>`",
    note = "for a type that serde knows, write `#[mainstem(with = serde)]` on the field (feature `serde`)"
)]
pub trait Config: Sized + 'static {
    /// What its values look like. Structs and enums define themselves in `types` and return their name, so that a
    /// type may hold itself.
    fn describe(types: &mut Types) -> Type;

    /// Reads a value. Where nothing stands, an `Option` is `None` and a struct takes the defaults of its fields; all
    /// else reports that it must be given.
    ///
    /// # Errors
    /// The value is no such value. What is wrong has been told to the reader, of which [`Reported`] is the proof. An
    /// implementation that reads several values reads all of them before it gives up.
    fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported>;

    /// Writes the value as a config has it.
    fn write(&self) -> Node;
}

/// A type that is a mapping, and whose keys can stand among those of another: `#[mainstem(flatten)]`.
///
/// `#[derive(mainstem::Config)]` implements it for structs with named fields. Mappings take all keys that are left.
#[diagnostic::on_unimplemented(
    message = "the keys of `{Self}` cannot stand among those of another type",
    label = "is neither a struct with named fields nor a mapping",
    note = "`#[mainstem(flatten)]` and variants such as `Forest(Forest)` need a struct that derives `mainstem::Config`, \
            or a mapping from `String`"
)]
pub trait Flatten: Config {
    /// Reads the value from the entries of a mapping, and leaves those that are not its own.
    ///
    /// # Errors
    /// As [`Config::read`].
    fn read_entries(entries: &mut Entries<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported>;

    /// Writes the value as entries of a mapping.
    fn write_entries(&self, map: &mut Map);
}
