//! A composer for a program of the user's own.

use crate::compose::{Composer, ConfigSource, Provided, Repository, Runtime};
use crate::facts::Facts;
use crate::settings::source::{PRELUDES, RESERVED, search_path};
use crate::value::{Key, Node, Text};

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
/// let composed = composer.compose(Some("config"), &["seed=2"], Mode::Run)?;
/// let seed = composed.root().as_map().and_then(|root| root.get_str("seed"));
/// assert_eq!(seed, Some(&mainstem::value::Node::from(2)));
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
pub fn project(configs: impl ConfigSource + 'static, facts: Facts, job_name: &str) -> Composer {
    let runtime = Runtime {
        version: HYDRA_VERSION.into(),
        version_base: Some(HYDRA_VERSION_BASE.into()),
        job_name: Some(job_name.into()),
    };
    Composer::new(Repository::new(search_path([Provided::new("main", configs)], [])), facts)
        .with_preludes(PRELUDES.map(Text::const_new))
        .with_runtime(runtime)
}

/// A composed tree without the nodes that the program itself owns: what the job gets.
pub fn job(root: &Node) -> Node {
    let mut job = root.clone();
    for name in RESERVED {
        let holds = |node: &Node| node.as_map().is_some_and(|map| map.get_str(name).is_some());
        // Looked at first: a shared mapping is copied when it is asked for to be changed.
        if holds(&job)
            && let Some(map) = job.as_map_mut()
        {
            map.remove(&Key::from(name));
        }
    }
    job
}
