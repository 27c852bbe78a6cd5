//! A composer for a program of the user's own.

use crate::compose::{Composer, ConfigSource, Provided, Repository, Runtime};
use crate::diag::{Error, Result, SourceId};
use crate::facts::Facts;
use crate::resolve::Resolvers;
use crate::settings::source::{PRELUDES, search_path};
use crate::value::{Key, Map, Node, Text};
use crate::yaml;

/// What `hydra.runtime.version` says: whose behaviour this is.
pub const HYDRA_VERSION: &str = "1.4.0rc3";
/// What `hydra.runtime.version_base` says.
pub const HYDRA_VERSION_BASE: &str = "1.4";

/// A composer over a program's configs, with the built-in groups around them. `job_name` is what
/// `${hydra:job.name}` gives unless a config or an override says otherwise.
///
/// ```
/// use mainstem::compose::{Memory, Mode};
/// use mainstem::facts::Facts;
///
/// let configs = Memory::new().text("config", "defaults: [model: forest]\nseed: 1").text("model/forest", "trees: 50");
/// let composer = mainstem::settings::project(configs, Facts::default(), "train");
/// let arguments = composer.arguments(Some("config"), &["seed=2"])?;
/// let composed = composer.compose(Some("config"), &arguments, Mode::Run)?;
/// let seed = composed.root().as_map().and_then(|root| root.get_str("seed"));
/// assert_eq!(seed, Some(&mainstem::value::Node::from(2)));
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
pub fn project(configs: impl ConfigSource + 'static, facts: Facts, job_name: &str) -> Composer {
    composer([Provided::new("main", configs)], [], facts, job_name)
}

/// As [`project`], over the sources of the primary config and more behind them: the one place where the built-in
/// configs, resolvers and facts of the program come together.
pub fn composer(
    main: impl IntoIterator<Item = Provided>,
    more: impl IntoIterator<Item = Provided>,
    facts: Facts,
    job_name: &str,
) -> Composer {
    let runtime = Runtime {
        version: HYDRA_VERSION.into(),
        version_base: Some(HYDRA_VERSION_BASE.into()),
        job_name: Some(job_name.into()),
    };
    Composer::new(Repository::new(search_path(main, more)), facts)
        .with_preludes(PRELUDES.map(Text::const_new))
        .with_resolvers(resolvers())
        .with_runtime(runtime)
}

/// The resolvers that every program has, with YAML for `oc.create`.
pub fn resolvers() -> Resolvers {
    Resolvers::default().yaml(read_yaml)
}

/// Reads YAML for `${oc.create:'a: 1'}`, as OmegaConf does: lone text is a key.
fn read_yaml(text: &str) -> Result<Node> {
    let mut errors = Vec::new();
    let parsed = yaml::parse(text, SourceId::NONE, &yaml::Limits::default(), &mut errors);
    match (parsed, Error::all(errors)) {
        (_, Some(error)) => Err(error),
        (None, None) => Ok(Node::null()),
        (Some(parsed), None) => Ok(match parsed.root.as_str() {
            Some(key) => {
                let mut map = Map::default();
                map.set(Key::from(key), Node::null());
                Node::from(map)
            }
            None => parsed.root,
        }),
    }
}
