//! The jobs of a sweep: the one place where all commands and programs find them.

use std::sync::Arc;

use crate::app::sweep::asked::Asked;
use crate::app::sweep::defined::{Defined, Whole};
use crate::app::sweep::fields::fields;
use crate::app::sweep::listed::{conditions, listed, of_map, text};
use crate::compose::{Arguments, Composed, Composer, Mode, RESERVED, Repository};
use crate::diag::{Error, ErrorKind, Result, SourceMap};
use crate::grammar::{Action, Override};
use crate::sweep::{Branch, Job, Jobs, SearchSpace, Wishes};
use crate::value::{HashSet, Kind, Node};

/// The seed of `shuffle`: the same sweep has the same order every time.
pub(super) const SEED: u64 = 0;

/// Choices are looked at in so many combinations; of more, each choice once.
pub(super) const LOOKED: u64 = 256;

/// A sweep, and what its jobs have in common.
#[derive(Clone, Debug)]
pub(crate) struct Sweep {
    pub(crate) jobs: Jobs,
    /// Whether choices that jobs make say themselves what is swept.
    pub(crate) is_nested: bool,
    /// The left sides of what chooses configs.
    choices: HashSet<String>,
    /// What the command line says of the `hydra` node, which every job has.
    own: Vec<Override>,
    sources: Arc<SourceMap>,
    /// What of it can never apply, if it is no search.
    warnings: Vec<Error>,
    /// What it searches, if it does: its `jobs` are then those that are tried before it begins.
    pub(crate) search: Option<Searched>,
}

/// A sweep that searches.
#[derive(Clone, Debug)]
pub(crate) struct Searched {
    pub(crate) space: SearchSpace,
    pub(crate) asked: Asked,
    sources: Arc<SourceMap>,
}

impl Searched {
    /// The texts that what it searches points into.
    pub(crate) fn sources(&self) -> &SourceMap {
        &self.sources
    }
}

impl Sweep {
    /// How many jobs it has, or has at most.
    pub(crate) fn count(&self) -> u64 {
        self.search.as_ref().map_or_else(|| self.jobs.len(), |search| search.asked.trials)
    }

    /// What is understood, and hardly meant.
    pub(crate) fn warnings(&self) -> &[Error] {
        self.search.as_ref().map_or(&self.warnings, |search| &search.asked.warnings)
    }

    /// The arguments of a job.
    pub(crate) fn arguments(&self, job: &Job) -> Arguments {
        let overrides = self.own.iter().chain(&job.overrides).cloned().collect();
        Arguments { overrides, sources: Arc::clone(&self.sources) }
    }

    /// The numbers of all jobs; those that choose the same follow each other, so that they share what was merged.
    pub(crate) fn grouped(&self) -> impl Iterator<Item = u64> + use<> {
        self.jobs.grouped(&|one| self.choices.contains(&one.key_element()))
    }

    /// The texts that the overrides of its jobs point into.
    pub(crate) fn sources(&self) -> &Arc<SourceMap> {
        &self.sources
    }
}

/// Where the sweep of some arguments is looked for.
#[derive(Clone, Copy)]
pub(crate) struct Space<'a> {
    composer: &'a Composer,
    config_name: Option<&'a str>,
    arguments: &'a Arguments,
}

impl<'a> Space<'a> {
    pub(crate) fn new(
        composer: &'a Composer,
        config_name: Option<&'a str>,
        arguments: &'a Arguments,
    ) -> Self {
        Self { composer, config_name, arguments }
    }

    /// The sweep that the arguments, `hydra.sweeper.params` and `mainstem.sweep` span. `whole` is the config composed
    /// with the same arguments in [`Mode::Multirun`].
    ///
    /// Where a job chooses configs, these may say themselves what is swept: then each combination of choices is a sweep of
    /// its own, one after the other, worked out from the config that is composed with these choices.
    ///
    /// # Errors
    /// What makes no sweep; what cannot be resolved; options that cannot be listed.
    pub(crate) fn sweep(&self, whole: &Composed) -> Result<Sweep> {
        let located = |error: Error| error.located(&self.arguments.sources);
        let own = self.arguments.overrides.iter().filter(|one| one.target.is_hydra()).cloned().collect();
        let sources = Arc::clone(&self.arguments.sources);
        if let Some(asked) = Asked::of(self.whole(whole)).map_err(located)? {
            let (jobs, space, is_nested) = self.searched(&asked, whole).map_err(located)?;
            let mut asked = asked.over(&space).map_err(located)?;
            asked.warnings.extend(space.unmet().map(located));
            let search = Some(Searched { space, asked, sources: Arc::clone(&sources) });
            let (choices, warnings) = (HashSet::default(), Vec::new());
            return Ok(Sweep { jobs, is_nested, choices, own, sources, warnings, search });
        }
        let mut wishes = Wishes::default();
        let (jobs, choices, is_nested) = self.nested(whole, &mut wishes).map_err(located)?;
        let warnings = wishes.unmet().map(located).collect();
        Ok(Sweep { jobs, is_nested, choices, own, sources, warnings, search: None })
    }

    /// The jobs that are tried before, what is searched, and whether choices say a part of it themselves.
    fn searched(&self, asked: &Asked, whole: &Composed) -> Result<(Jobs, SearchSpace, bool)> {
        let defined = Defined::of(self.whole(whole))?;
        let listed = [("zip", &defined.zip), ("grids", &defined.grids), ("jobs", &defined.jobs)];
        let listed = listed.into_iter().filter(|(_, node)| !matches!(node.kind, Kind::Null));
        let errors = listed.map(|(name, node)| {
            let error = Error::new(ErrorKind::Sweep, format!("a search takes no `mainstem.sweep.{name}`"));
            error.at(node.origin, "this lists the jobs").at(asked.origin, "and this searches")
        });
        if let Some(error) = Error::all(errors.collect::<Vec<_>>()) {
            return Err(error);
        }
        let repository = whole.selection().repository();
        let options = |group: &str| members(repository, group);
        let sources = &self.arguments.sources;
        let mut overrides = fields(&asked.fields, self.whole(whole), sources)?;
        if let Some(params) = &asked.params {
            overrides.extend(of_map(params, sources, "hydra.sweeper", &text)?);
        }
        let own = self.overrides(&defined)?;
        let brought = self.brought(&defined, &own, whole)?;
        overrides.extend(own);
        let is_nested = brought.is_any;
        overrides.extend(brought.overrides);
        let space = SearchSpace::new(&overrides, &options, defined.seed)?;
        let mut conditions = conditions(&defined.when, &self.arguments.sources, &options)?;
        conditions.extend(brought.conditions);
        let whole = self.whole(whole);
        let space = space.when(&conditions, &|key| -> Option<Node> { whole.settled(key) })?;
        if space.space().is_empty() {
            let error = Error::new(ErrorKind::Sweep, "there is nothing to search");
            let error = space.unmet().fold(error, |error, unmet| error.note(unmet.message().to_owned()));
            return Err(error
                .at(asked.origin, "a search is asked for")
                .help("say between which values: `lr=interval(0,1)`, `model=knn,forest`"));
        }
        Ok((space.corners()?, space, is_nested))
    }

    /// The sweep that the arguments span where no config is known: those of the `hydra` node are like others.
    ///
    /// # Errors
    /// As of [`Space::sweep`].
    pub(crate) fn of_arguments(&self) -> Result<Sweep> {
        let overrides = &self.arguments.overrides;
        let jobs = self
            .composer
            .repository_of(self.config_name, overrides)
            .and_then(|repository| Jobs::new(overrides, &|group: &str| members(&repository, group), SEED));
        let jobs = jobs.map_err(|error| error.located(&self.arguments.sources))?;
        let sources = Arc::clone(&self.arguments.sources);
        let (choices, own, warnings) = (HashSet::default(), Vec::new(), Vec::new());
        Ok(Sweep { jobs, is_nested: false, choices, own, sources, warnings, search: None })
    }

    /// The jobs, what of them chooses configs, and whether choices say themselves what is swept.
    fn nested(&self, whole: &Composed, wishes: &mut Wishes) -> Result<(Jobs, HashSet<String>, bool)> {
        let defined = Defined::of(self.whole(whole))?;
        let jobs = self.spanned(&defined, whole)?;
        let repository = whole.selection().repository();
        let chooses = |one: &Override| self.is_choice(one, repository);
        let choices = jobs.only(&chooses)?;
        let looked = choices.covering(LOOKED).into_iter().filter_map(|number| choices.get(number));
        // What cannot be composed is told of the jobs that have it.
        let is_nested = looked.filter(|job| !job.overrides.is_empty()).any(|job| {
            let composed = self.choosing(&job.overrides);
            composed.and_then(|composed| Defined::of(self.whole(&composed))).is_ok_and(|own| own != defined)
        });
        if !is_nested {
            return Ok((self.conditional(jobs, &defined, whole, wishes)?, choices.keys(), false));
        }
        let branches = jobs.branches(&chooses)?.into_iter();
        let parts = branches.map(|branch| self.of_branch(branch, (&defined, whole), wishes));
        let parts: Vec<Jobs> = parts.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        // Its branches choose the same already.
        Ok((Jobs::union(parts)?, HashSet::default(), true))
    }

    /// The jobs of a combination of choices. `known` is what was defined, and where, before these choices were made.
    fn of_branch(
        &self,
        branch: Branch,
        known: (&Defined, &Composed),
        wishes: &mut Wishes,
    ) -> Result<Vec<Jobs>> {
        let Ok(composed) = self.choosing(&branch.decided) else {
            return Ok(vec![self.conditional(branch.jobs, known.0, known.1, wishes)?]);
        };
        let defined = Defined::of(self.whole(&composed))?;
        if defined == *known.0 {
            return Ok(vec![self.conditional(branch.jobs, &defined, &composed, wishes)?]);
        }
        let repository = composed.selection().repository();
        let chooses = |one: &Override| self.is_choice(one, repository);
        let mut parts = Vec::new();
        for own in self.spanned(&defined, &composed)?.branches(&chooses)? {
            // Of the sweep of these choices, the jobs that make them.
            let made = |one: &Override| own.decided.iter().any(|other| other.line == one.line);
            if !branch.decided.iter().all(made) {
                continue;
            }
            if own.decided.len() > branch.decided.len() {
                parts.extend(self.of_branch(own, (&defined, &composed), wishes)?);
            } else {
                parts.push(self.conditional(own.jobs, &defined, &composed, wishes)?);
            }
        }
        if parts.is_empty() {
            let line = branch.decided.iter().map(|one| one.line.as_str()).collect::<Vec<_>>().join(" ");
            let message = format!("what `{line}` brings in sweeps over other choices than these");
            let error = Error::new(ErrorKind::Sweep, message).at(defined.grids.origin, "in place of these");
            return Err(error.help("choose them on the command line, or in `hydra.sweeper.params`"));
        }
        Ok(parts)
    }

    pub(super) fn arguments(&self) -> &Arguments {
        self.arguments
    }

    pub(super) fn whole<'b>(&'b self, composed: &'b Composed) -> Whole<'b> {
        Whole { composer: self.composer, composed }
    }

    /// The jobs that a config and the arguments span.
    fn spanned(&self, defined: &Defined, whole: &Composed) -> Result<Jobs> {
        let sources = &self.arguments.sources;
        let repository = whole.selection().repository();
        let grid = |overrides: &[Override]| {
            Jobs::new(overrides, &|group: &str| members(repository, group), defined.seed)
        };
        let overrides = self.overrides(defined)?;
        listed(&self.composer.facts().cwd, defined, sources, grid(&overrides)?, &grid)
    }

    /// The overrides that a config and the arguments give to all jobs, or sweep over.
    fn overrides(&self, defined: &Defined) -> Result<Vec<Override>> {
        let sources = &self.arguments.sources;
        let mut overrides = of_map(&defined.params, sources, "hydra.sweeper.params", &text)?;
        let own = |one: &&Override| !one.target.is_hydra() && !is_about_sweep(one);
        overrides.extend(self.arguments.overrides.iter().filter(own).cloned());
        Ok(overrides)
    }

    /// The jobs without what does not apply in them.
    fn conditional(
        &self,
        jobs: Jobs,
        defined: &Defined,
        whole: &Composed,
        wishes: &mut Wishes,
    ) -> Result<Jobs> {
        if matches!(defined.when.kind, Kind::Null) {
            return Ok(jobs);
        }
        let repository = whole.selection().repository();
        let options = |group: &str| members(repository, group);
        let conditions = conditions(&defined.when, &self.arguments.sources, &options)?;
        let whole = self.whole(whole);
        jobs.when_wished(&conditions, &|key| -> Option<Node> { whole.settled(key) }, wishes)
    }

    /// Whether an override of a job chooses a config that the sweep as a whole does not choose.
    pub(super) fn is_choice(&self, one: &Override, repository: &Repository) -> bool {
        let group = one.target.key();
        let is_reserved = group.split(['.', '/']).next().is_some_and(|first| RESERVED.contains(&first));
        let is_given = |given: &&Override| given.key_element() == one.key_element() && !given.is_sweep();
        !one.target.is_explicit_path()
            && !is_reserved
            && !matches!(one.action, Action::Delete(_) | Action::Extend(_))
            && repository.has_group(group).unwrap_or(false)
            && !self.arguments.overrides.iter().any(|given| is_given(&given))
    }

    /// The config of the sweep as a whole with choices of a job.
    pub(super) fn choosing(&self, choices: &[Override]) -> Result<Composed> {
        let replaced = |given: &Override| {
            choices.iter().find(|one| one.key_element() == given.key_element()).unwrap_or(given).clone()
        };
        let given: Vec<Override> = self.arguments.overrides.iter().map(replaced).collect();
        let added = choices.iter().filter(|one| given.iter().all(|other| other.line != one.line));
        let overrides = added.cloned().chain(given.iter().cloned()).collect();
        let arguments = Arguments { overrides, sources: Arc::clone(&self.arguments.sources) };
        self.composer.compose(self.config_name, &arguments, Mode::Multirun)
    }
}

/// What is in a config group: its options, and the groups in it with a `/`.
pub(super) fn members(repository: &Repository, group: &str) -> Result<Vec<String>> {
    let options = repository.options(group)?.iter().map(ToString::to_string).collect::<Vec<_>>();
    let groups = repository.groups(group)?;
    Ok(options.into_iter().chain(groups.iter().map(|name| format!("{name}/"))).collect())
}

/// Whether an override says how the sweep runs, which is no business of its jobs.
fn is_about_sweep(one: &Override) -> bool {
    let key = one.target.key();
    ["mainstem.sweep", "mainstem.search", "mainstem.slurm"]
        .iter()
        .any(|node| key.strip_prefix(node).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}
