//! What a config says of its run.

use std::path::PathBuf;
use std::sync::Arc;

use crate::compose::Composer;
use crate::diag::{HIDDEN, Result, Secrets};
use crate::facts::names_secret;
use crate::resolve::Scope;
use crate::value::{KeyPath, Kind, Node};

/// What the record of a run is to say beside what is found out by looking.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The name of the job: `hydra.job.name`.
    pub name: String,
    /// The project: `mainstem.run.project`, else found from the working directory.
    pub project: Option<PathBuf>,
    /// `mainstem.run.tags`.
    pub tags: Vec<String>,
    /// `mainstem.run.note`.
    pub note: Option<String>,
    /// The run that started this one, by its identifier.
    pub parent: Option<String>,
    /// Which job of a sweep it is: `hydra.job.num`, if it is an integer.
    pub job: Option<Node>,
    /// The run that this one repeats or varies, by its identifier.
    pub derived_from: Option<String>,
    /// The words of the command line that are for flags of the program's own.
    pub own_flags: Vec<String>,
    /// `seed` of the job's config, if it is an integer.
    pub seed: Option<Node>,
    /// The variables that `mainstem.run.environment` names, with their values; `None`: not set. What is a secret by its
    /// name is `***`.
    pub environment: Vec<(String, Option<String>)>,
    /// What nothing that is written down of the run may hold.
    pub secrets: Arc<Secrets>,
}

impl About {
    /// What a whole tree says.
    ///
    /// # Errors
    /// One of the values cannot be resolved.
    pub fn of(composer: &Composer, root: &Node) -> Result<Self> {
        let scope = Scope::new(root, composer.context(&|_| {})).masked();
        let value = |path: &str| {
            Ok(scope.select(&KeyPath::parse(path))?.map(|node| Node::new(node.shown().clone(), node.origin)))
        };
        let text = |path: &str| Ok(value(path)?.as_ref().and_then(Node::as_str).map(str::to_owned));
        let texts = |path: &str| {
            let list = value(path)?;
            let list = list.as_ref().and_then(Node::as_list).unwrap_or_default();
            Ok(list.iter().filter_map(Node::as_str).map(str::to_owned).collect::<Vec<_>>())
        };
        let variable = |name: String| {
            let shown = |value: &str| if names_secret(&name) { HIDDEN } else { value }.to_owned();
            let value = composer.facts().env.get(&name).map(shown);
            (name, value)
        };
        // Other values than integers are seeds of something else.
        let seed = value("seed").ok().flatten();
        // Alone a run has no number.
        let job = value("hydra.job.num").ok().flatten();
        Ok(Self {
            name: text("hydra.job.name")?.unwrap_or_default(),
            project: text("mainstem.run.project")?.map(|path| composer.facts().cwd.join(path)),
            tags: texts("mainstem.run.tags")?,
            note: text("mainstem.run.note")?,
            parent: None,
            job: job.filter(|number| matches!(number.kind, Kind::Int(_))),
            derived_from: None,
            own_flags: Vec::new(),
            seed: seed.filter(|seed| matches!(seed.kind, Kind::Int(_) | Kind::BigInt(_))),
            environment: texts("mainstem.run.environment")?.into_iter().map(variable).collect(),
            secrets: Arc::clone(composer.secrets()),
        })
    }
}
