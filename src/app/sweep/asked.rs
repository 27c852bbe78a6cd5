//! What a config asks of a search.

use crate::app::sweep::algorithm::Algorithm;
use crate::app::sweep::defined::Whole;
use crate::app::sweep::optuna;
use crate::app::sweep::pruning::Pruning;
use crate::diag::{Error, ErrorKind, Origin, Result, SourceKind, did_you_mean};
use crate::search::Direction;
use crate::sweep::{Goal, Goals, SearchSpace};
use crate::value::{Kind, Node};

/// What a config asks of a search.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) algorithm: Algorithm,
    /// How many jobs there are at most.
    pub(crate) trials: u64,
    pub(crate) seed: u64,
    /// The numbers that are looked at; empty: all that jobs return.
    pub(crate) metrics: Vec<String>,
    /// Which way each is better, and where that stands; empty: as the job says.
    pub(crate) directions: Vec<(Direction, Origin)>,
    /// Which jobs are stopped early.
    pub(crate) pruning: Option<Pruning>,
    /// What is tried first: a mapping each.
    pub(crate) first: Vec<Node>,
    /// Where earlier trials are: names of directories and files.
    pub(crate) from: Vec<Node>,
    /// Fields that are searched in the space that their types say.
    pub(crate) fields: Vec<Node>,
    /// What is searched beside `hydra.sweeper.params`: spaces as they would be typed.
    pub(crate) params: Option<Node>,
    /// Of which share of the jobs it is no reason to stop that they fail.
    pub(crate) may_fail: Option<f64>,
    /// How many jobs run at a time at most, unless the command line says it.
    pub(crate) at_a_time: Option<usize>,
    /// What the file of its results calls it.
    pub(crate) name: &'static str,
    /// What the search itself is called, if it has a name.
    pub(crate) study: Option<String>,
    /// What is understood, and better said otherwise.
    pub(crate) warnings: Vec<Error>,
    /// Where the search is asked for.
    pub(crate) origin: Origin,
}

impl Asked {
    /// What the config of a sweep asks for; none if it is no search. What stands in `mainstem.search` wins over what the
    /// config of a sweeper says.
    ///
    /// # Errors
    /// What cannot be understood, or has no counterpart here.
    pub(super) fn of(whole: Whole<'_>) -> Result<Option<Self>> {
        let plugin = optuna::asked(whole)?;
        let own = |key: &str| -> Result<Option<Node>> {
            let found = whole.select(&format!("mainstem.search.{key}"))?;
            Ok(found.filter(|node| !matches!(node.kind, Kind::Null | Kind::Missing)))
        };
        let trials = own("trials")?;
        let is_native = plugin.is_none();
        let Some(mut asked) = plugin.or_else(|| trials.as_ref().map(|node| Self::new(node.origin))) else {
            return Ok(None);
        };
        if let Some(node) = &trials {
            asked.trials = count(node, "mainstem.search.trials")?;
            asked.origin = node.origin;
        }
        match own("sampler")? {
            Some(node) if is_native || node.as_str() != Some("auto") => {
                asked.algorithm = Algorithm::named(&node)?;
            }
            _ => {}
        }
        if let Some(node) = own("seed")? {
            asked.seed = seed(&node);
        }
        if let Some(node) = own("metric")? {
            let names = node.as_list().map_or_else(|| vec![node.clone()], <[Node]>::to_vec);
            let name = |one: &Node| {
                let error = || {
                    Error::new(ErrorKind::Type, format!("a metric must be a name, and is {}", one.describe()))
                };
                one.as_str().map(str::to_owned).ok_or_else(|| error().at(one.origin, ""))
            };
            asked.metrics = names.iter().map(name).collect::<Result<_>>()?;
        }
        if let Some(node) = own("direction")? {
            let own = directions(&node)?;
            contradiction(whole, &asked.directions, &own, node.origin)?;
            asked.directions = own;
        }
        if let Some(node) = own("fields")? {
            asked.fields = node.as_list().unwrap_or_default().to_vec();
        }
        if let Some(node) = own("first")? {
            asked.first = node.as_list().unwrap_or_default().to_vec();
        }
        if let Some(node) = own("from")? {
            asked.from = node.as_list().map_or_else(|| vec![node.clone()], <[Node]>::to_vec);
        }
        if let Some(node) = own("pruner")? {
            asked.pruning = Some(Pruning::of(&node)?);
        }
        Ok(Some(asked))
    }

    /// The same for a space of that many points, if they can be counted: who tries each of them once has no more jobs.
    ///
    /// # Errors
    /// Each of them is to be tried, and they cannot be counted.
    pub(super) fn over(mut self, space: &SearchSpace) -> Result<Self> {
        if self.algorithm != Algorithm::Grid {
            return Ok(self);
        }
        let fault =
            |message: String| Error::new(ErrorKind::Sweep, message).at(self.origin, "a search by `grid`");
        if let Some(interval) = space.intervals().next() {
            let message =
                format!("`{}` has no single values, and `grid` tries each one", interval.key_element());
            let error = fault(message).at(interval.origin, "an interval");
            return Err(error.help("list the values: `lr=0.1,0.01`, `x=range(0,1,0.1)`"));
        }
        let points = space.space().points();
        let points = points.ok_or_else(|| match space.space().conditional() {
            true => fault("`grid` takes no `mainstem.sweep.when`".to_owned())
                .help("a sweep that is no search tries everything: leave `hydra/sweeper` and `mainstem.search` away"),
            false => fault("`grid` tries each point, and there are more than can be counted".to_owned()),
        })?;
        self.trials = self.trials.min(points);
        Ok(self)
    }

    pub(super) fn new(origin: Origin) -> Self {
        let (metrics, directions) = (Vec::new(), Vec::new());
        Self {
            algorithm: Algorithm::Auto { startup: None },
            trials: 1,
            seed: 0,
            metrics,
            directions,
            pruning: None,
            first: Vec::new(),
            from: Vec::new(),
            fields: Vec::new(),
            params: None,
            may_fail: None,
            at_a_time: None,
            name: "mainstem",
            study: None,
            warnings: Vec::new(),
            origin,
        }
    }
}

/// A number of jobs.
pub(super) fn count(node: &Node, key: &str) -> Result<u64> {
    match node.kind {
        Kind::Int(count) if count > 0 => Ok(count.unsigned_abs()),
        _ => {
            let error = Error::new(ErrorKind::Range, format!("`{key}` must be a number of jobs from 1 on"));
            Err(error.at(node.origin, "how many jobs the search has"))
        }
    }
}

/// Any integer is a seed.
pub(super) fn seed(node: &Node) -> u64 {
    match node.kind {
        Kind::Int(seed) => u64::from_ne_bytes(seed.to_ne_bytes()),
        _ => 0,
    }
}

/// What a sweep that is no search is after, if its config says which way one number is better.
///
/// # Errors
/// A direction that there is not.
pub(crate) fn goal(direction: Option<&Node>, metric: Option<&Node>) -> Result<Option<Goals>> {
    let Some(node) = direction.filter(|node| !matches!(node.kind, Kind::Null)) else { return Ok(None) };
    let metric = metric.and_then(Node::as_str).map(str::to_owned);
    Ok(match directions(node)?[..] {
        [(direction, _)] => Some(Goals::new(Goal { metric, direction }, [])),
        _ => None,
    })
}

/// An error if both a sweeper and `mainstem.search` are told which way is better, and not the same one.
fn contradiction(
    whole: Whole<'_>,
    theirs: &[(Direction, Origin)],
    own: &[(Direction, Origin)],
    origin: Origin,
) -> Result<()> {
    let sources = whole.composed.sources();
    // What a built-in config says nobody has asked for.
    let is_said = |place: &Origin| {
        sources.get(place.source).is_some_and(|source| !matches!(source.kind(), SourceKind::Embedded))
    };
    let Some((_, place)) = theirs.first().filter(|(_, place)| is_said(place)) else { return Ok(()) };
    let same = theirs.iter().map(|(direction, _)| direction).eq(own.iter().map(|(direction, _)| direction));
    match same {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::Sweep, "two directions contradict each other")
            .at(*place, "this is for the sweeper")
            .at(origin, "this is for the search")
            .help("leave one of them away")),
    }
}

/// A direction, or a list of them.
pub(super) fn directions(node: &Node) -> Result<Vec<(Direction, Origin)>> {
    let all = node.as_list().map_or_else(|| vec![node.clone()], <[Node]>::to_vec);
    let one = |node: &Node| {
        let word = node.as_str().unwrap_or_default();
        let direction = Direction::parse(word).ok_or_else(|| {
            let found = if word.is_empty() { node.describe().to_owned() } else { format!("`{word}`") };
            let message = format!("a direction must be `minimize` or `maximize`, but is {found}");
            let error = Error::new(ErrorKind::Sweep, message).at(node.origin, "");
            let all = ["minimize", "maximize"];
            let begun = all.into_iter().find(|one| word.len() > 1 && one.starts_with(word));
            match begun.or_else(|| did_you_mean(word, all)) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            }
        })?;
        Ok((direction, node.origin))
    };
    all.iter().map(one).collect()
}
