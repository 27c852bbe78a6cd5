//! The components that a config may choose from, where one trait is wanted.

use std::any::type_name;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::diag::{Error, ErrorKind};
use crate::schema::{Fields, Shape, Type, Types, Variant, Variants};
use crate::typed::choice::{Choice, Choices};
use crate::typed::component::Component;
use crate::typed::config::Flatten;
use crate::typed::entries::Entries;
use crate::typed::reader::{Parts, Reader, Reported};
use crate::typed::slot::Slot;
use crate::value::Text;

/// The components that a config may choose from where a `Component<T>` is wanted: names, each with the type of its
/// arguments and a constructor. Hand it to [`Components`](crate::typed::Components).
///
/// ```
/// use mainstem::typed::Registry;
///
/// trait Optimizer {
///     fn step(&mut self, weights: &mut [f64], gradient: &[f64]);
/// }
///
/// /// Stochastic gradient descent.
/// #[derive(mainstem::Config)]
/// struct Sgd {
///     #[mainstem(default = 0.01, range = 0.0..)]
///     lr: f64,
/// }
///
/// impl Optimizer for Sgd {
///     fn step(&mut self, weights: &mut [f64], gradient: &[f64]) {
///         for (weight, slope) in weights.iter_mut().zip(gradient) {
///             *weight -= self.lr * slope;
///         }
///     }
/// }
///
/// let optimizers = Registry::<dyn Optimizer>::new().with("sgd", |sgd: Sgd| Box::new(sgd));
/// assert_eq!(optimizers.names().collect::<Vec<_>>(), ["sgd"]);
/// ```
pub struct Registry<T: ?Sized> {
    doc: Text,
    tag: &'static str,
    entries: Vec<Entry<T>>,
}

/// One component that may be chosen.
struct Entry<T: ?Sized> {
    name: &'static str,
    aliases: Vec<&'static str>,
    options: Vec<&'static str>,
    arguments: fn(&mut Types) -> Type,
    make: Arc<Make<T>>,
}

/// Reads the arguments, and says how to go on.
type Make<T> = dyn Fn(&mut Entries<'_>, &mut Reader<'_>) -> Result<Ready<T>, Reported> + Send + Sync;

/// Builds a component whose arguments were read.
type Ready<T> = Box<dyn FnOnce() -> Result<Box<T>, Failed>>;

type Failed = Box<dyn StdError + Send + Sync>;

impl<T: ?Sized> Default for Registry<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ?Sized> Registry<T> {
    /// Nothing to choose from yet.
    pub fn new() -> Self {
        Self { doc: Text::default(), tag: "type", entries: Vec::new() }
    }

    /// With words about what the components are for, in help and schemas.
    #[must_use]
    pub fn doc(self, doc: impl Into<Text>) -> Self {
        Self { doc: doc.into(), ..self }
    }

    /// With another key that names the component than `type`: `_target_` is Hydra's.
    ///
    /// ```
    /// use mainstem::typed::{Component, Components, Registry};
    /// use mainstem::value::{Map, Node};
    ///
    /// #[derive(mainstem::Config)]
    /// struct Adam {
    ///     lr: f64,
    /// }
    ///
    /// // As a config of a Python project has it.
    /// let adam = Map::from([("_target_", Node::from("torch.optim.Adam")), ("lr", Node::from(0.001))]);
    /// let optimizers = Registry::<dyn std::any::Any>::new()
    ///     .tag("_target_")
    ///     .with("adam", |adam: Adam| Box::new(adam))
    ///     .alias("torch.optim.Adam");
    /// let adam: Component<dyn std::any::Any> = Components::new().with(optimizers).read(&Node::from(adam))?;
    /// assert_eq!(Component::name(&adam), "adam");
    /// # Ok::<(), mainstem::diag::Error>(())
    /// ```
    #[must_use]
    pub fn tag(self, tag: &'static str) -> Self {
        Self { tag, ..self }
    }

    /// With a component of that name, which takes arguments of type `A` and cannot fail. The arguments are a struct
    /// that derives [`Config`](trait@crate::Config), a mapping, or `()`. A component registered later under the same
    /// name takes its place.
    #[must_use]
    pub fn with<A: Flatten>(
        self,
        name: &'static str,
        constructor: impl Fn(A) -> Box<T> + Send + Sync + 'static,
    ) -> Self {
        self.try_with(name, move |arguments: A| Ok::<_, Failed>(constructor(arguments)))
    }

    /// As [`Registry::with`], of a component that may refuse its arguments. What its constructor says is told with
    /// the place of the component in the config.
    #[must_use]
    pub fn try_with<A: Flatten, E: Into<Failed>>(
        mut self,
        name: &'static str,
        constructor: impl Fn(A) -> Result<Box<T>, E> + Send + Sync + 'static,
    ) -> Self {
        let constructor = Arc::new(constructor);
        let make = move |entries: &mut Entries<'_>, cx: &mut Reader<'_>| -> Result<Ready<T>, Reported> {
            let (arguments, constructor) = (A::read_entries(entries, cx)?, Arc::clone(&constructor));
            Ok(Box::new(move || constructor(arguments).map_err(Into::into)))
        };
        self.entries.retain(|entry| entry.name != name);
        self.entries.push(Entry {
            name,
            aliases: Vec::new(),
            options: Vec::new(),
            arguments: A::describe,
            make: Arc::new(make),
        });
        self
    }

    /// With another name for the component that was registered last, such as the path that Python finds it under.
    #[must_use]
    pub fn alias(mut self, name: &'static str) -> Self {
        if let Some(last) = self.entries.last_mut() {
            last.aliases.push(name);
        }
        self
    }

    /// With options of a config group that stand for the component that was registered last, where that is not the
    /// one of its own name. A file that names its component itself needs none.
    #[must_use]
    pub fn options(mut self, options: impl IntoIterator<Item = &'static str>) -> Self {
        if let Some(last) = self.entries.last_mut() {
            last.options.extend(options);
        }
        self
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.entries.iter().map(|entry| entry.name)
    }

    /// What a config may say.
    pub(super) fn shape(&self, types: &mut Types) -> Shape {
        let all = Variants::tagged(self.tag).doc(self.doc.clone());
        let all = self.entries.iter().fold(all, |all, entry| {
            let arguments = (entry.arguments)(types);
            let variant = Variant::default().doc(types.doc_of(&arguments));
            let variant = entry.aliases.iter().copied().fold(variant, Variant::alias);
            let variant = entry.options.iter().copied().fold(variant, Variant::option);
            all.variant(entry.name, variant, Fields::default().flatten(arguments))
        });
        all.into()
    }

    /// Reads which component it is, and its arguments, and builds it if it is wanted.
    pub(super) fn read(&self, at: Slot<'_>, cx: &mut Reader<'_>) -> Result<Component<T>, Reported> {
        let choices = self.entries.iter().map(|entry| Choice {
            name: entry.name,
            aliases: &entry.aliases,
            fields: &[],
        });
        let variants: Vec<Choice<'_>> = choices.collect();
        let (index, mut entries) = Choices { tag: Some(self.tag), variants: &variants }.read(at, cx)?;
        let entry = &self.entries[index];
        let ready = (entry.make)(&mut entries, cx);
        let rest = entries.finish(cx);
        let ready = ready?;
        rest?;
        if !matches!(cx.parts(), Parts::Built(_)) {
            return Err(cx.unwanted());
        }
        let node = cx.whole(at)?;
        match ready() {
            Ok(value) => Ok(Component { value, name: entry.name, node }),
            Err(failed) => {
                let error = self.refused(entry.name, failed.as_ref(), at, cx);
                Err(cx.report(error))
            }
        }
    }

    /// The error that a constructor refuses its arguments.
    fn refused(&self, name: &str, failed: &(dyn StdError + 'static), at: Slot<'_>, cx: &Reader<'_>) -> Error {
        let prefix = if cx.path().is_empty() { String::new() } else { format!("`{}`: ", cx.path()) };
        let message = format!("{prefix}`{name}` cannot be built: {failed}");
        let mut error = Error::new(ErrorKind::Component, message).at(at.origin(), "from this");
        // One that is named beside its arguments has been shown.
        let tag = at.node().and_then(|node| node.as_map()?.get_str(self.tag));
        if let Some(tag) = tag.filter(|tag| tag.origin.source != at.origin().source) {
            error = error.at(tag.origin, "chosen here");
        }
        let mut cause = failed.source();
        while let Some(next) = cause {
            error = error.note(format!("caused by: {next}"));
            cause = next.source();
        }
        error
    }
}

impl<T: ?Sized> Clone for Registry<T> {
    fn clone(&self) -> Self {
        Self { doc: self.doc.clone(), tag: self.tag, entries: self.entries.clone() }
    }
}

impl<T: ?Sized> Clone for Entry<T> {
    fn clone(&self) -> Self {
        Self {
            name: self.name,
            aliases: self.aliases.clone(),
            options: self.options.clone(),
            arguments: self.arguments,
            make: Arc::clone(&self.make),
        }
    }
}

impl<T: ?Sized> fmt::Debug for Registry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// How messages call a trait: `Optimizer` for `dyn my_crate::Optimizer + Send`.
pub(super) fn short_name<T: ?Sized>() -> &'static str {
    let whole = type_name::<T>().trim_start_matches("dyn ");
    let end = whole.find(['<', ' ']).unwrap_or(whole.len());
    whole[..end].rsplit("::").next().unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traits_have_short_names() {
        assert_eq!(short_name::<dyn fmt::Debug + Send>(), "Debug");
        assert_eq!(short_name::<dyn Iterator<Item = String>>(), "Iterator");
        assert_eq!(short_name::<u8>(), "u8");
    }
}
