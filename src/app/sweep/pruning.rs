//! `mainstem.search.pruner`: which jobs of a search are stopped early.

use crate::diag::{Error, ErrorKind, Result, did_you_mean};
use crate::search::{Asha, Hyperband, Percentile, Pruner};
use crate::value::{Key, Kind, Map, Node};

/// The folder beside the journal of a sweep in which the jobs of a search report.
pub(crate) const REPORTS: &str = "reports";

/// Which jobs are stopped early.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pruning {
    /// Those that are not among so many percent of the best.
    Percentile { percentile: f64, startup: usize, warmup: u64 },
    /// Successive halving.
    Asha { first: u64, factor: u64 },
    /// Several of these, which begin later and later.
    Hyperband { first: u64, last: u64, factor: u64 },
}

/// The settings of a pruner, and their usual values.
type Known = &'static [(&'static str, Option<i64>)];

/// The names, and the settings that each has, with what they are if nobody says otherwise; none must be said.
const KNOWN: [(&str, Known); 4] = [
    ("median", &[("startup", Some(5)), ("warmup", Some(0))]),
    ("percentile", &[("percentile", Some(25)), ("startup", Some(5)), ("warmup", Some(0))]),
    ("asha", &[("first", Some(1)), ("factor", Some(3))]),
    ("hyperband", &[("first", Some(1)), ("last", None), ("factor", Some(3))]),
];

impl Pruning {
    /// What a config says: a name, or a mapping with the `name` and settings.
    ///
    /// # Errors
    /// A name or a setting that there is not; a setting that is missing or no number.
    pub(crate) fn of(node: &Node) -> Result<Self> {
        let empty = Map::default();
        let map = node.as_map().unwrap_or(&empty);
        let named = if node.as_map().is_some() { map.get_str("name").unwrap_or(node) } else { node };
        let name = named.as_str().unwrap_or_default();
        let Some((name, settings)) = KNOWN.iter().find(|(known, _)| *known == name) else {
            let names = KNOWN.map(|(name, _)| name);
            let error =
                Error::new(ErrorKind::Sweep, format!("there is no pruner `{name}`")).at(named.origin, "");
            let error = error.note(format!("pruners: {}", names.join(", ")));
            return Err(match did_you_mean(name, names) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help("write a name, or `{name: asha, first: 1, factor: 3}`"),
            });
        };
        let mut errors = Vec::new();
        for (key, slot) in map {
            let key = key.to_string();
            if key != "name" && !settings.iter().any(|(known, _)| *known == key) {
                let known: Vec<&str> = settings.iter().map(|(known, _)| *known).collect();
                let error = Error::new(ErrorKind::Sweep, format!("the pruner `{name}` has no `{key}`"));
                errors.push(error.at(slot.node.origin, "").note(format!("it has {}", known.join(", "))));
            }
        }
        let mut get = |key: &str| -> f64 {
            let usual = settings.iter().find(|(known, _)| *known == key).and_then(|(_, usual)| *usual);
            match map.get_str(key).map(|node| (&node.kind, node.origin)) {
                #[expect(clippy::cast_precision_loss, reason = "steps and counts are small")]
                Some((Kind::Int(number), _)) if *number >= 0 => *number as f64,
                Some((Kind::Float(number), _)) if *number >= 0.0 => *number,
                Some((_, origin)) => {
                    let error = Error::new(
                        ErrorKind::Type,
                        format!("`{key}` of a pruner must be a number from 0 on"),
                    );
                    errors.push(error.at(origin, ""));
                    0.0
                }
                #[expect(clippy::cast_precision_loss, reason = "the usual values are small")]
                None => usual.map_or_else(
                    || {
                        let message = format!("the pruner `{name}` needs `{key}`");
                        let help = format!("write `{{name: {name}, {key}: 100}}`");
                        errors.push(Error::new(ErrorKind::Sweep, message).at(node.origin, "").help(help));
                        0.0
                    },
                    |usual| usual as f64,
                ),
            }
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "what is too large is as large as can be"
        )]
        let pruning = match *name {
            "asha" => Self::Asha { first: get("first") as u64, factor: get("factor") as u64 },
            "hyperband" => Self::Hyperband {
                first: get("first") as u64,
                last: get("last") as u64,
                factor: get("factor") as u64,
            },
            name => Self::Percentile {
                percentile: if name == "median" { 50.0 } else { get("percentile") },
                startup: get("startup") as usize,
                warmup: get("warmup") as u64,
            },
        };
        if errors.is_empty()
            && let Some(message) = pruning.senseless()
        {
            errors.push(Error::new(ErrorKind::Range, message).at(node.origin, ""));
        }
        Error::all(errors).map_or(Ok(pruning), Err)
    }

    /// What is wrong with its numbers, if they stop nothing, or everything.
    fn senseless(&self) -> Option<&'static str> {
        match *self {
            Self::Percentile { percentile, .. } if percentile > 100.0 => {
                Some("`percentile` of a pruner must be 100 or less")
            }
            Self::Asha { factor: 0 | 1, .. } | Self::Hyperband { factor: 0 | 1, .. } => {
                Some("`factor` of a pruner must be 2 or more")
            }
            Self::Asha { first: 0, .. } | Self::Hyperband { first: 0, .. } => {
                Some("`first` of a pruner must be 1 or more")
            }
            Self::Hyperband { first, last, .. } if last < first => {
                Some("`last` of a pruner must not come before its `first`")
            }
            _ => None,
        }
    }

    /// As a journal holds it: what [`Pruning::of`] reads as the same.
    pub(crate) fn to_node(self) -> Node {
        let number = |number: u64| Node::from(i64::try_from(number).unwrap_or(i64::MAX));
        let (name, settings) = match self {
            Self::Percentile { percentile, startup, warmup } => (
                "percentile",
                vec![
                    ("percentile", Node::from(percentile)),
                    ("startup", number(startup as u64)),
                    ("warmup", number(warmup)),
                ],
            ),
            Self::Asha { first, factor } => {
                ("asha", vec![("first", number(first)), ("factor", number(factor))])
            }
            Self::Hyperband { first, last, factor } => (
                "hyperband",
                vec![("first", number(first)), ("last", number(last)), ("factor", number(factor))],
            ),
        };
        let mut map = Map::from([("name", Node::from(name))]);
        settings.into_iter().for_each(|(key, node)| drop(map.set(Key::from(key), node)));
        Node::from(map)
    }

    /// What decides.
    pub(crate) fn pruner(self) -> Box<dyn Pruner + Send> {
        match self {
            Self::Percentile { percentile, startup, warmup } => {
                Box::new(Percentile::new(percentile).with_startup(startup).with_warmup(warmup))
            }
            Self::Asha { first, factor } => Box::new(Asha::new(first, factor)),
            Self::Hyperband { first, last, factor } => Box::new(Hyperband::new(first, last, factor)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::SourceId;
    use crate::value::read_json;

    #[test]
    fn all_pruners_complete() {
        assert_eq!(KNOWN.map(|(name, _)| name), crate::settings::PRUNERS);
    }

    fn read(json: &str) -> Result<Pruning> {
        Pruning::of(&read_json(json, SourceId::NONE).unwrap())
    }

    #[test]
    fn a_name_is_enough_and_what_is_written_down_reads_as_the_same() {
        let median = Pruning::Percentile { percentile: 50.0, startup: 5, warmup: 0 };
        for (json, pruning) in [
            ("\"median\"", median),
            (
                r#"{"name": "percentile", "warmup": 3}"#,
                Pruning::Percentile { percentile: 25.0, startup: 5, warmup: 3 },
            ),
            ("\"asha\"", Pruning::Asha { first: 1, factor: 3 }),
            (r#"{"name": "hyperband", "last": 81}"#, Pruning::Hyperband { first: 1, last: 81, factor: 3 }),
        ] {
            assert_eq!(read(json).unwrap(), pruning, "{json}");
            assert_eq!(Pruning::of(&pruning.to_node()).unwrap(), pruning, "{json}");
        }
    }

    #[test]
    fn mistakes_are_told() {
        for (json, told) in [
            ("\"meridian\"", "there is no pruner `meridian`"),
            (r#"{"name": "asha", "last": 3}"#, "the pruner `asha` has no `last`"),
            ("\"hyperband\"", "the pruner `hyperband` needs `last`"),
            (r#"{"name": "asha", "first": -1}"#, "`first` of a pruner must be a number from 0 on"),
            (r#"{"name": "asha", "factor": 1}"#, "`factor` of a pruner must be 2 or more"),
            (r#"{"name": "asha", "first": 0}"#, "`first` of a pruner must be 1 or more"),
            (
                r#"{"name": "hyperband", "first": 9, "last": 3}"#,
                "`last` of a pruner must not come before its `first`",
            ),
            (r#"{"name": "percentile", "percentile": 200}"#, "`percentile` of a pruner must be 100 or less"),
        ] {
            assert_eq!(read(json).unwrap_err().message(), told, "{json}");
        }
    }
}
