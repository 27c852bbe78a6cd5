//! All components that configs may choose, trait by trait.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

use crate::schema::{Schema, Type, Types};
use crate::typed::component::Component;
use crate::typed::registry::{Registry, short_name};

/// Everything that configs may choose: a [`Registry`] for each trait. A value, cheap to clone; nothing is registered
/// behind its back. A program gets it by `App::with_components`, or by `components = …` of `#[pipeline_main]`; without a
/// program it reads trees itself.
///
/// ```
/// use mainstem::typed::{Component, Components, Registry};
/// use mainstem::value::Node;
/// use std::fmt::Display;
///
/// let components = Components::new().with(
///     Registry::<dyn Display>::new()
///         .with("greeting", |(): ()| Box::new("hello"))
///         .with("number", |(): ()| Box::new(5)),
/// );
/// let shown: Component<dyn Display> = components.read(&Node::from("greeting"))?;
/// assert_eq!(shown.to_string(), "hello");
///
/// let error = components.read::<Component<dyn Display>>(&Node::from("greting")).err().unwrap();
/// assert_eq!(error.message(), "the value must be one of greeting, number, but is `greting`");
/// assert_eq!(error.helps(), ["did you mean `greeting`?"]);
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Components(Vec<Arc<dyn Family>>);

/// The registry of some trait.
trait Family: Send + Sync {
    fn id(&self) -> TypeId;
    fn any(&self) -> &dyn Any;
    fn name(&self) -> &'static str;
    fn list(&self) -> Vec<&'static str>;
    fn provide(&self, types: &mut Types);
}

impl<T: ?Sized + 'static> Family for Registry<T> {
    fn id(&self) -> TypeId {
        TypeId::of::<Self>()
    }

    fn any(&self) -> &dyn Any {
        self
    }

    fn name(&self) -> &'static str {
        short_name::<T>()
    }

    fn list(&self) -> Vec<&'static str> {
        self.names().collect()
    }

    fn provide(&self, types: &mut Types) {
        let registry = self.clone();
        types.provide::<Component<T>>(short_name::<T>(), move |types| registry.shape(types));
    }
}

impl Components {
    /// Nothing can be chosen.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the components for one trait. A registry of the same trait that was there goes.
    #[must_use]
    pub fn with<T: ?Sized + 'static>(mut self, registry: Registry<T>) -> Self {
        self.0.retain(|family| family.id() != registry.id());
        self.0.push(Arc::new(registry));
        self
    }

    /// The components for a trait.
    pub fn get<T: ?Sized + 'static>(&self) -> Option<&Registry<T>> {
        let family = self.0.iter().find(|family| family.id() == TypeId::of::<Registry<T>>())?;
        family.any().downcast_ref()
    }

    /// The schema of what describes itself, where components are these.
    pub(crate) fn describe(&self, describe: impl FnOnce(&mut Types) -> Type) -> Schema {
        let mut types = Types::default();
        for family in &self.0 {
            family.provide(&mut types);
        }
        let root = describe(&mut types);
        types.schema(root)
    }
}

impl fmt::Debug for Components {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|family| (family.name(), family.list()))).finish()
    }
}
