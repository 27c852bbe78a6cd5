//! figment, both ways: any provider as a config, and a config as a provider.

use std::sync::Arc;

use figment::value::{Dict, Map as ByProfile};
use figment::{Figment, Metadata, Profile, Provider, Source};

use crate::compose::{ConfigSource, Content, Entry, members};
use crate::diag::{Error, ErrorKind, Result, SourceKind, SourceMap};
use crate::typed::{from_node, to_node};
use crate::value::{IndexMap, KeyPath, Node, Text, write_yaml};

/// Configs that providers of figment hold: TOML, JSON, environment variables, anything that is a [`Provider`].
///
/// Each is a config like any other: a defaults list names it, arguments go over it, `explain` says that a value comes
/// from it. Text with `${…}` is an interpolation, as in YAML.
///
/// ```
/// use figment::providers::{Format as _, Toml};
/// use mainstem::compose::{Composer, Memory, Mode, Provided, Repository};
/// use mainstem::facts::Facts;
/// use mainstem::typed::figment::Providers;
/// use mainstem::value::KeyPath;
///
/// let local = Providers::default().config("local", Toml::string("lr = 0.5\n[db]\nport = 5432"))?;
/// let conf = Memory::new().text("config", "defaults: [_self_, local]\nlr: 0.1\nurl: pg:${db.port}");
/// let path = vec![Provided::new("main", conf), Provided::new("figment", local)];
/// let composer = Composer::new(Repository::new(path), Facts::default());
/// let arguments = composer.arguments(Some("config"), &["db.port=1"])?;
/// let composed = composer.compose(Some("config"), &arguments, Mode::Run)?;
/// let lr = composer.explain(&composed, &KeyPath::parse("lr"))?;
/// assert_eq!(composed.sources().describe(lr.steps[1].origin), "TOML source string");
/// # Ok::<(), mainstem::diag::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Providers {
    configs: IndexMap<Text, Provides>,
}

/// What a provider holds, and how people know it.
#[derive(Clone, Debug)]
struct Provides {
    label: String,
    yaml: String,
}

impl Providers {
    /// With a config of that path, which is what the provider holds now, in the profile that it selects.
    ///
    /// # Errors
    /// The provider cannot be read; its own words say why.
    pub fn config(mut self, config_path: &str, provider: impl Provider) -> Result<Self> {
        let figment = Figment::from(provider);
        let mut names: Vec<String> = Vec::new();
        for name in figment.metadata().map(label) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let label = names.join(", ");
        let dict = figment.extract::<Dict>().map_err(|error| {
            let all: Vec<_> = error
                .into_iter()
                .map(|error| Error::new(ErrorKind::Io, format!("cannot read {label}: {error}")))
                .collect();
            Error::all(all).unwrap_or_else(|| Error::new(ErrorKind::Io, format!("cannot read {label}")))
        })?;
        let mut yaml = String::new();
        write_yaml(&to_node(&dict)?, &mut yaml);
        let path = config_path.strip_suffix(".yaml").unwrap_or(config_path);
        self.configs.insert(path.into(), Provides { label, yaml });
        Ok(self)
    }

    fn get(&self, config_path: &str) -> Option<&Provides> {
        self.configs.get(config_path.strip_suffix(".yaml").unwrap_or(config_path))
    }
}

/// How a provider names itself.
fn label(metadata: &Metadata) -> String {
    match &metadata.source {
        Some(Source::File(path)) => format!("{} {}", metadata.name, path.display()),
        Some(source) => format!("{} {source}", metadata.name),
        None => metadata.name.to_string(),
    }
}

impl ConfigSource for Providers {
    fn location(&self) -> String {
        "figment://".to_owned()
    }

    fn read(&self, config_path: &str) -> Result<Option<Content>> {
        Ok(self.get(config_path).map(|provides| Content::Text {
            // Its text is no one's: only the provider has a name.
            kind: SourceKind::Code,
            label: provides.label.clone(),
            text: provides.yaml.clone(),
        }))
    }

    fn list(&self, group: &str) -> Result<Option<Vec<Entry>>> {
        Ok(members(group, self.configs.keys().map(Text::as_str)))
    }

    fn has_config(&self, config_path: &str) -> Result<bool> {
        Ok(self.get(config_path).is_some())
    }
}

/// A resolved config as a provider: in figment's default profile, with the place of each value in figment's errors.
///
/// A [`Bound`](crate::app::Bound) of a program is a provider by itself.
///
/// ```
/// use std::sync::Arc;
///
/// use figment::Figment;
/// use mainstem::diag::{Source, SourceKind, SourceMap};
/// use mainstem::typed::figment::ConfigProvider;
/// use mainstem::yaml::{Limits, parse};
///
/// let sources = Arc::new(SourceMap::default());
/// let text = "lr: 0.1\nseed: many\n";
/// let id = sources.add(Source::new(SourceKind::File, "conf/config.yaml", text));
/// let root = parse(text, id, &Limits::default(), &mut ()).unwrap().root;
/// let figment = Figment::from(ConfigProvider::new(root, &sources));
/// assert_eq!(figment.extract_inner::<f64>("lr").unwrap(), 0.1);
/// let error = figment.extract_inner::<u32>("seed").unwrap_err();
/// assert!(error.to_string().ends_with("for key \"seed (conf/config.yaml:2:7)\" in the composed config"), "{error}");
/// ```
#[derive(Clone, Debug)]
pub struct ConfigProvider {
    root: Node,
    sources: Arc<SourceMap>,
}

impl ConfigProvider {
    /// A config in which nothing is left to be resolved, and the texts that its places point into.
    pub fn new(root: Node, sources: &Arc<SourceMap>) -> Self {
        Self { root, sources: Arc::clone(sources) }
    }

    /// A key with the place of its value.
    fn named(&self, keys: &[&str]) -> String {
        let path = keys.iter().fold(KeyPath::ROOT, |path, key| path.child((*key).into()));
        let find = |node: &Node, key: &str| match node.as_list() {
            Some(list) => list.get(key.parse::<usize>().ok()?).cloned(),
            None => node.as_map()?.get_str(key).cloned(),
        };
        let place = keys.iter().try_fold(self.root.clone(), |node, key| find(&node, key));
        match place.map(|node| self.sources.describe(node.origin)).filter(|place| !place.is_empty()) {
            Some(place) => format!("{path} ({place})"),
            None => path.to_string(),
        }
    }
}

impl Provider for ConfigProvider {
    fn metadata(&self) -> Metadata {
        let own = self.clone();
        Metadata::named("the composed config").interpolater(move |_, keys| own.named(keys))
    }

    fn data(&self) -> Result<ByProfile<Profile, Dict>, figment::Error> {
        let dict = from_node::<Dict>(&self.root);
        let dict = dict.map_err(|error| figment::Error::from(error.located(&self.sources).to_string()))?;
        Ok([(Profile::Default, dict)].into_iter().collect())
    }
}
