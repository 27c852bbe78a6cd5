//! Conditions that no job meets.

use crate::diag::{Error, ErrorKind, Origin, did_you_mean, listed};
use crate::sweep::condition::{Condition, Required};
use crate::value::{Node, write_str};

/// A condition that no job meets.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unmet {
    key: String,
    origin: Origin,
    /// What it asks for.
    other: String,
    wanted: Vec<Node>,
    /// What that can be.
    can: Vec<Node>,
}

impl Unmet {
    /// A condition that asks for what cannot be: the other parameter has one of these values.
    pub(super) fn new(condition: &Condition, required: &Required, can: Vec<Node>) -> Self {
        let (key, origin) = (condition.key.clone(), condition.origin);
        Self { key, origin, other: required.key.clone(), wanted: required.values.clone(), can }
    }

    /// That what is `searched`, or `swept`, never is.
    pub(super) fn told(&self, how: &str) -> Error {
        let Self { key, other, .. } = self;
        let (wanted, can) = (texts(&self.wanted), texts(&self.can));
        let is = if can.len() == 1 { "is" } else { "can be" };
        let message = format!(
            "`{key}` is never {how}: it applies where `{other}` is {}, and `{other}` {is} {}",
            wanted.join(" or "),
            if can.is_empty() { "nothing".to_owned() } else { listed(&can) }
        );
        let error = Error::new(ErrorKind::Sweep, message).at(self.origin, "");
        match wanted.iter().find_map(|word| did_you_mean(word, can.iter().map(String::as_str))) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        }
    }
}

fn texts(nodes: &[Node]) -> Vec<String> {
    let text = |node: &Node| {
        let mut text = String::new();
        write_str(node, &mut text);
        text
    };
    nodes.iter().map(text).collect()
}

/// What conditions ask for, and whether any job has it. A sweep in parts asks in each of them, and what holds in one is met.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wishes(Vec<Wish>);

#[derive(Clone, Debug)]
struct Wish {
    unless: Unmet,
    is_met: bool,
}

/// So many values are kept to be named.
const NAMED: usize = 64;

impl Wishes {
    /// Some jobs have this value of what a condition asks for.
    pub(super) fn look(&mut self, condition: &Condition, required: &Required, value: Option<&Node>) {
        let is_same = |wish: &&mut Wish| {
            let known = &wish.unless;
            known.key == condition.key && known.origin == condition.origin && known.other == required.key
        };
        let wish = match self.0.iter_mut().find(is_same) {
            Some(known) => known,
            None => {
                let unless = Unmet::new(condition, required, Vec::new());
                self.0.push(Wish { unless, is_met: false });
                let Some(new) = self.0.last_mut() else { return };
                new
            }
        };
        let Some(value) = value.filter(|_| !wish.is_met) else { return };
        wish.is_met = required.values.contains(value);
        if wish.unless.can.len() < NAMED && !wish.unless.can.contains(value) {
            wish.unless.can.push(value.clone());
        }
    }

    /// What is swept and never applies, since no job meets its condition.
    #[cfg(feature = "app")]
    pub(crate) fn unmet(&self) -> impl Iterator<Item = Error> {
        self.0.iter().filter(|wish| !wish.is_met).map(|wish| wish.unless.told("swept"))
    }
}
