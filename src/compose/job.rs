//! The job's part of a tree, without the parts that only the program needs.

use std::cell::Cell;
use std::sync::Arc;

use crate::compose::arguments::{Arguments, Selected};
use crate::compose::base::{Base, Merged, find};
use crate::compose::composed::Composed;
use crate::compose::composer::{Composer, Mode, Others, Preludes};
use crate::compose::deprecated::deprecated;
use crate::compose::secrets::Secrecy;
use crate::diag::Result;
use crate::resolve::Hydra;
use crate::value::Text;

impl Composer {
    /// As [`Composer::compose`], for those who want the job's tree alone, as it is written: what the preludes bring,
    /// such as the `hydra` node, may be missing in it. It is left out where nothing asks for it, which saves a third
    /// of the work in a small project.
    ///
    /// # Errors
    /// As [`Composer::compose`].
    pub fn compose_job(
        &self,
        config_name: Option<&str>,
        arguments: &Arguments,
        mode: Mode,
    ) -> Result<Composed> {
        match self.without_preludes(config_name, arguments, mode) {
            Some(composed) => Ok(composed),
            None => self.compose(config_name, arguments, mode),
        }
    }

    /// The tree without what the preludes bring; `None` where that might make a difference, or where there is anything
    /// to tell.
    fn without_preludes(
        &self,
        config_name: Option<&str>,
        arguments: &Arguments,
        mode: Mode,
    ) -> Option<Composed> {
        // `hydra` of `hydra/config`: the group that the preludes choose from, and the node that they fill.
        let node = |path: &Text| Text::from(path.split('/').next().unwrap_or_default());
        let nodes: Vec<Text> = self.preludes.iter().map(node).collect();
        let overrides = &arguments.overrides;
        let written = |node: &Text| overrides.iter().any(|over| over.target.key().starts_with(node.as_str()));
        if mode != Mode::Run || nodes.is_empty() || nodes.iter().any(written) {
            return None;
        }
        if let Some(primary) = config_name.and_then(|name| self.repository.load(name).ok()?)
            && nodes.iter().any(|node| find(&primary.root, &[node]).is_some())
        {
            return None;
        }
        let selected =
            self.select_beside(config_name, overrides, mode, Others::None, Preludes::LeftOut).ok()?;
        let Selected { selection, assignments, warnings, lines: _ } = selected;
        let own = || selection.repository().search_path().iter().filter(|one| !one.source().is_builtin());
        let shadowed = |node: &Text| own().any(|one| !matches!(one.source().has_group(node), Ok(false)));
        if !warnings.is_empty() || nodes.iter().any(shadowed) {
            return None;
        }
        let (followed, warned) = (Cell::new(false), Cell::new(false));
        let warn = |_| warned.set(true);
        let context = self.context(&warn).with_hydra(Hydra::LeftOut(&followed));
        let none = Merged::first(&[], self.own.as_deref(), context);
        let (base, _) = Base::merge(&selection, &none, context).ok()?;
        let mut root = base.apply(&assignments, context).ok()?;
        deprecated(&root, base.schema().expected(), &arguments.sources, &warn);
        let written = root.clone();
        let secrecy = Secrecy { root: &written, schema: base.schema(), typed: base.has_secrets };
        secrecy.mark(&mut root, &arguments.sources, &warn).ok()?;
        let told = followed.get()
            || warned.get()
            || !base.warnings.is_empty()
            || nodes.iter().any(|node| find(&root, &[node]).is_some());
        let sources = Arc::clone(&arguments.sources);
        let composed = Composed { root, base: Arc::new(base), assignments, sources, warnings };
        (!told).then_some(composed)
    }
}
