//! A value of a kind that only the config knows.

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::diag::{Error, ErrorKind};
use crate::schema::{Type, Types};
use crate::typed::config::Config;
use crate::typed::reader::{Parts, Reader, Reported};
use crate::typed::registry::short_name;
use crate::typed::slot::Slot;
use crate::value::Node;

/// A trait object that the config chooses: `Component<dyn Optimizer>` is one of the components that are registered
/// for `dyn Optimizer`, built from its arguments in the config. What is not registered cannot be chosen.
///
/// In a config it is what an enum is: a mapping whose `type` names the component, beside its arguments; an option of a
/// config group chooses it by its own name; text alone names one all of whose arguments have defaults. Names and
/// arguments are checked when the config is composed, and again when it is read. Reading it builds it: components
/// inside of its arguments first, and whatever a constructor says is told with the place in the config.
///
/// ```
/// use mainstem::typed::{Component, Components, Registry};
/// use mainstem::value::{Key, Map, Node};
///
/// trait Schedule {
///     fn rate(&self, step: u32) -> f64;
/// }
///
/// /// Halves the rate again and again.
/// #[derive(mainstem::Config)]
/// struct Halving {
///     #[mainstem(default = 0.1)]
///     start: f64,
///     every: u32,
/// }
///
/// impl Schedule for Halving {
///     fn rate(&self, step: u32) -> f64 {
///         self.start / f64::from(1 << (step / self.every))
///     }
/// }
///
/// impl Halving {
///     fn check(self) -> Result<Box<dyn Schedule>, String> {
///         if self.every == 0 { Err("every 0 steps is never".to_owned()) } else { Ok(Box::new(self)) }
///     }
/// }
///
/// #[derive(mainstem::Config)]
/// struct Train {
///     schedule: Component<dyn Schedule>,
/// }
///
/// let components = Components::new().with(Registry::<dyn Schedule>::new().try_with("halving", Halving::check));
/// let tree = |every: i64| {
///     let schedule = Map::from([("type", Node::from("halving")), ("every", Node::from(every))]);
///     Node::from(Map::from([("schedule", Node::from(schedule))]))
/// };
///
/// let train: Train = components.read(&tree(10))?;
/// assert_eq!(train.schedule.rate(20), 0.025);
/// let error = components.read::<Train>(&tree(0)).err().unwrap();
/// assert_eq!(error.to_string(), "`schedule`: `halving` cannot be built: every 0 steps is never");
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
pub struct Component<T: ?Sized> {
    pub(super) value: Box<T>,
    pub(super) name: &'static str,
    /// What it was read from.
    pub(super) node: Node,
}

impl<T: ?Sized> Component<T> {
    /// The name that it is registered under. Not a method, so that `T` may have one of this name:
    /// `Component::name(&train.schedule)`.
    pub fn name(this: &Self) -> &'static str {
        this.name
    }

    /// The trait object itself: `Component::into_inner(train.schedule)`.
    pub fn into_inner(this: Self) -> Box<T> {
        this.value
    }
}

impl<T: ?Sized> Deref for Component<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ?Sized> DerefMut for Component<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// Its name and what it was read from, without secrets: trait objects seldom say more.
impl<T: ?Sized> fmt::Debug for Component<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        crate::value::write_json(&self.node, crate::value::JsonStyle::Compact, &mut text);
        write!(f, "Component({}: {text})", self.name)
    }
}

/// Without a registry of `T` nothing is known of it, and it cannot be read.
impl<T: ?Sized + 'static> Config for Component<T> {
    fn describe(types: &mut Types) -> Type {
        types.define::<Self>(short_name::<T>(), |_| Type::Any.into())
    }

    fn read(at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Self, Reported> {
        let registry = match cx.parts() {
            Parts::Checked(components) | Parts::Built(components) => components.get::<T>(),
            Parts::None => None,
        };
        if let Some(registry) = registry {
            return registry.read(at, cx);
        }
        let name = short_name::<T>();
        let message = match cx.path() {
            path if path.is_empty() => format!("the value is a component ({name}), and none is registered"),
            path => format!("`{path}` is a component ({name}), and none is registered"),
        };
        let error = Error::new(ErrorKind::Component, message).at(at.origin(), "cannot be built");
        Err(cx.report(error.help(format!(
            "hand over a `Registry<dyn {name}>`: `#[pipeline_main(components = …)]`, or `App::with_components`"
        ))))
    }

    fn write(&self) -> Node {
        self.node.clone()
    }
}
