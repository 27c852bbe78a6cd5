//! What stands behind the name of a secret: hidden in errors, whatever is wrong with what was written.

use crate::compose::secrets::{Leaf, Secrecy, all, pieces, value_of};
use crate::diag::{SourceMap, Span, did_you_mean};
use crate::facts::names_secret;
use crate::grammar::{Operand, Override, Value, ValueKind};
use crate::value::{KeyPath, Node};

impl Secrecy<'_> {
    /// Whether a word names a secret, wherever it stands and however it is torn or mistyped: a field that is one or nearly
    /// is called so, or a variable. `hydras` says whether it stands below Hydra's own keys, where variables are.
    fn names_one(self, word: &str, hydras: bool) -> bool {
        let names = self.schema.secret_names();
        word.split(|c: char| ".@/+~".contains(c) || c.is_whitespace()).filter(|part| !part.is_empty()).any(
            |part| {
                hydras && names_secret(part)
                    || names.contains(&part)
                    || did_you_mean(part, names.iter().copied()).is_some()
            },
        )
    }

    /// Hides what overrides say behind the name of a secret, whatever is wrong with them.
    pub(crate) fn hide_named(self, overrides: &[Override], sources: &SourceMap) {
        for one in overrides {
            let mut found = Vec::new();
            match one.action.value() {
                Some(_) if self.names_one(&one.target.to_string(), one.target.is_hydra()) => {
                    found.push(value_of(one).span);
                }
                Some(Operand::Value(value)) => self.behind_names(value, one.target.is_hydra(), &mut found),
                Some(Operand::Sweep(_)) => {
                    let end = one.origin.span.end;
                    let start = self.value_at(&one.line).and_then(|at| u32::try_from(at).ok());
                    found.extend(start.map(|start| Span { start, end: end.max(start) }));
                }
                None => {}
            }
            for span in found {
                sources.hide(one.origin.at(span));
                let text = one.line.get(span.range()).unwrap_or_default();
                sources.secrets().add(text);
                pieces(text, sources);
            }
        }
    }

    fn behind_names(self, value: &Value, hydras: bool, found: &mut Vec<Span>) {
        match &value.kind {
            ValueKind::Map(pairs) => {
                for (key, value) in pairs {
                    match key.identity().is_some_and(|key| self.names_one(&key.to_string(), hydras)) {
                        true => found.push(value.span),
                        false => self.behind_names(value, hydras, found),
                    }
                }
            }
            ValueKind::List(list) => {
                list.items.iter().for_each(|item| self.behind_names(item, hydras, found));
            }
            _ => {}
        }
    }

    /// Where in an argument that cannot be read the value of the first secret begins; its end, if the argument is but the
    /// key of one.
    fn value_at(self, text: &str) -> Option<usize> {
        let hydras = text.trim_start_matches(['+', '~']).starts_with("hydra");
        let mut start = 0;
        for (at, c) in text.char_indices() {
            if c == '=' || c == ':' {
                if self.names_one(&text[start..at], hydras) {
                    return Some(at + 1);
                }
                start = at + 1;
            } else if ",{}[]()'\"".contains(c) {
                start = at + 1;
            }
        }
        (start == 0 && self.names_one(text, hydras)).then_some(text.len())
    }

    /// Hides secrets in arguments that cannot be read, counted from 1: what stands behind the name of one, be it with
    /// blanks between.
    pub(crate) fn hide_unread(self, texts: &[&str], sources: &SourceMap) {
        let whole = |index: usize| {
            if let Some(text) = texts.get(index) {
                pieces(text, sources);
                sources.hide_argument(index + 1, 0);
            }
        };
        for (index, text) in texts.iter().enumerate() {
            let Some(at) = self.value_at(text) else { continue };
            let value = &text[at..];
            if value.trim().is_empty() {
                whole(index + 1);
                if texts.get(index + 1).is_some_and(|next| next.trim() == "=") {
                    whole(index + 2);
                }
                continue;
            }
            pieces(value, sources);
            sources.secrets().add(value);
            sources.hide_argument(index + 1, at);
        }
    }

    /// What stands below keys that name a secret, though no secret may be meant to be there.
    pub(super) fn named_leaves(self, node: &Node, path: &mut KeyPath, found: &mut Vec<Leaf>) {
        for (key, slot) in node.as_map().into_iter().flatten() {
            let hydras = path.keys().first().is_some_and(|first| first.as_str() == Some("hydra"));
            path.push(key.clone());
            match self.names_one(&key.to_string(), hydras) {
                true => all(&slot.node, path, found),
                false => self.named_leaves(&slot.node, path, found),
            }
            path.pop();
        }
    }
}
