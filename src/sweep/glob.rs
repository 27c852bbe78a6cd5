//! `glob(…)`: the options of a config group that patterns take.

use crate::diag::{Error, ErrorKind, Origin, Result, listed};
use crate::grammar::{Operand, Override, Value};
use crate::sweep::pattern::matches;
use crate::value::Text;

/// Lists what is in a config group, in order: its options, and the groups in it with a `/` behind their names.
pub(crate) type Options<'a> = &'a dyn Fn(&str) -> Result<Vec<String>>;

/// Groups in groups are looked into so deep.
const DEEPEST: usize = 32;

/// The options of the group that the patterns take. A pattern without a `/` takes options of the group itself, as in
/// Hydra; one with a `/` takes those of the groups in it.
pub(super) fn globbed(
    one: &Override,
    include: &[Value],
    exclude: &[Value],
    options: Options<'_>,
) -> Result<Vec<String>> {
    for pattern in include.iter().chain(exclude) {
        if pattern.as_text().is_none() {
            let message = format!("a pattern must be text, not {}", pattern.describe());
            return Err(Error::new(ErrorKind::Sweep, message).at(one.origin.at(pattern.span), ""));
        }
    }
    let group = one.target.key();
    let origin = one.action.value().map_or(one.origin, |operand| match operand {
        Operand::Sweep(sweep) => one.origin.at(sweep.span),
        Operand::Value(value) => one.origin.at(value.span),
    });
    let (include, exclude) = (texts(include), texts(exclude));
    let depth = if include.iter().any(|pattern| pattern.contains('/')) { DEEPEST } else { 0 };
    let mut all = Vec::new();
    below(group, "", depth, options, &mut all).map_err(|error| {
        error.at(origin, format!("a glob takes the options of the config group `{group}`"))
    })?;
    let is_taken = |name: &str| {
        include.iter().any(|pattern| takes(pattern, name))
            && !exclude.iter().any(|pattern| leaves_out(pattern, name))
    };
    let taken: Vec<String> = all.iter().filter(|name| is_taken(name)).cloned().collect();
    if taken.is_empty() { Err(nothing(group, origin, &all)) } else { Ok(taken) }
}

fn texts(patterns: &[Value]) -> Vec<&str> {
    patterns.iter().filter_map(Value::as_text).map(Text::as_str).collect()
}

/// The options of a group, then those of each group in it.
fn below(group: &str, path: &str, depth: usize, options: Options<'_>, all: &mut Vec<String>) -> Result<()> {
    let mut groups = Vec::new();
    for name in options(group)? {
        match name.strip_suffix('/') {
            Some(inner) => groups.push(inner.to_owned()),
            None => all.push(format!("{path}{name}")),
        }
    }
    if depth > 0 {
        for inner in groups {
            below(&format!("{group}/{inner}"), &format!("{path}{inner}/"), depth - 1, options, all)?;
        }
    }
    Ok(())
}

fn nothing(group: &str, origin: Origin, all: &[String]) -> Error {
    if all.is_empty() {
        let message = format!("there is no config group `{group}` to take options from");
        let error = Error::new(ErrorKind::NotFound, message);
        return error.at(origin, "a glob takes options of a config group");
    }
    let error = Error::new(ErrorKind::Sweep, format!("no option of `{group}` matches"));
    error.at(origin, "").help(format!("its options are {}", listed(all)))
}

/// Whether a pattern takes an option, which may be one of a group in the group: then both have as many parts, but for
/// `**`, which stands for any number of groups.
fn takes(pattern: &str, name: &str) -> bool {
    if !pattern.contains('/') {
        return !name.contains('/') && matches(pattern, name);
    }
    let (pattern, name): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), name.split('/').collect());
    parts_match(&pattern, &name)
}

/// As [`takes`]; a pattern without a `/` leaves out what is called so, in whatever group.
fn leaves_out(pattern: &str, name: &str) -> bool {
    match name.rsplit_once('/') {
        Some((_, last)) if !pattern.contains('/') => matches(pattern, last),
        _ => takes(pattern, name),
    }
}

/// Takes time in proportion to the product of both lengths at most.
fn parts_match(pattern: &[&str], name: &[&str]) -> bool {
    // Which rests of the name the pattern so far leads to, by where they begin.
    let mut reached = vec![false; name.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for (at, part) in pattern.iter().enumerate() {
        let is_last = at + 1 == pattern.len();
        let mut next = vec![false; name.len() + 1];
        let mut open = false;
        for (index, was) in reached.iter().enumerate() {
            open |= *was;
            if *part == "**" && is_last {
                set(&mut next, name.len(), open && index < name.len());
            } else if *part == "**" {
                set(&mut next, index, open);
            } else if *was && name.get(index).is_some_and(|name| matches(part, name)) {
                set(&mut next, index + 1, true);
            }
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

fn set(reached: &mut [bool], index: usize, value: bool) {
    if let Some(slot) = reached.get_mut(index) {
        *slot |= value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_with_slashes_look_into_groups() {
        for (pattern, name, expected) in [
            ("*", "a", true),
            ("**", "a", true),
            // As in Hydra, whose options have no slashes.
            ("**", "v/a", false),
            ("v/*", "v/a", true),
            ("v/*", "v/w/a", false),
            ("*/*", "v/a", true),
            ("**/*", "a", true),
            ("**/*", "v/w/a", true),
            ("**/w/*", "v/w/a", true),
            ("v/**/a", "v/a", true),
            ("v/**/a", "v/x/y/a", true),
            ("v/**/a", "v/x/y/b", false),
            ("v/**", "v/x", true),
            ("v/**", "v/x/y", true),
            ("v/**", "v", false),
            ("**/**/*", "a", true),
            ("**/r*[0-9]", "v/resnet50", true),
        ] {
            assert_eq!(takes(pattern, name), expected, "{pattern} {name}");
        }
        assert!(leaves_out("a*", "v/ab") && leaves_out("a*", "ab") && !leaves_out("v*", "v/ab"));
        assert!(leaves_out("v/*", "v/ab") && !leaves_out("v/*", "w/ab"));
    }

    #[test]
    fn many_stars_do_not_hang() {
        let pattern = "**/".repeat(200) + "b";
        assert!(!takes(&pattern, &"a/".repeat(199)));
    }
}
