//! What overrides mean to a repository: choices of groups, or assignments to values.

use crate::compose::composed::RESERVED;
use crate::compose::composer::Mode;
use crate::compose::element::{Choice, Pick, here, name_of};
use crate::compose::item::group_key;
use crate::compose::repository::Repository;
use crate::compose::request::Requests;
use crate::compose::runtime::Lines;
use crate::compose::slips::{bare, near_group};
use crate::diag::{Error, ErrorKind, Result, listed};
use crate::grammar::{Action, Operand, Override, SweepKind};
use crate::merge::{Action as Assign, Assignment};
use crate::value::{Key, KeyPath, Kind, Node, Text};

/// All overrides, sorted by what they mean.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) requests: Requests,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) lines: Lines,
}

/// The first `hydra.searchpath=…` among the overrides.
pub(crate) fn searchpath(overrides: &[Override]) -> Option<Node> {
    let found = overrides.iter().find(|over| {
        matches!(over.action, Action::Change(_) | Action::Extend(_))
            && over.target.package().is_none()
            && over.target.is_hydra()
            && over.target.path() == KeyPath::parse("hydra.searchpath")
    })?;
    // What is wrong with the value is told when it is assigned.
    found.assignment(0).ok()?.action.value().cloned()
}

/// Sorts overrides. Every mistake is reported; those overrides are left out.
pub(crate) fn plan(
    overrides: &[Override],
    repository: &Repository,
    mode: Mode,
    errors: &mut Vec<Error>,
) -> Plan {
    let mut plan = Plan::default();
    for over in overrides {
        let line = Node::from(over.line.as_str()).from_origin(over.origin);
        if over.target.is_hydra() {
            plan.lines.hydra.push(line);
        } else {
            plan.lines.task.push(line);
        }
        if mode == Mode::Multirun && over.is_sweep() {
            errors.extend(hydra_sweep(over));
            continue;
        }
        let assignment = over.assignment(0).map_err(|error| of_options(error, over, repository));
        let sorted = assignment.and_then(|over| sort(&over, repository, &mut plan));
        errors.extend(sorted.err());
    }
    plan
}

/// Sweeps do not reach hydra's own configuration: it says how to sweep.
fn hydra_sweep(over: &Override) -> Option<Error> {
    over.target.is_hydra().then(|| {
        Error::new(ErrorKind::Sweep, format!("`{}` sweeps over hydra's own configuration", over.line))
            .at(over.origin, "a sweep cannot change how it is run")
            .help("give it one value")
    })
}

/// A sweep over the options of a group, in a run: they are no text to be quoted.
fn of_options(error: Error, over: &Override, repository: &Repository) -> Error {
    let group = !over.target.is_explicit_path() && repository.has_group(over.target.key()).unwrap_or(false);
    match (over.value_text(), over.action.value()) {
        (Some(text), Some(Operand::Sweep(sweep)))
            if group && matches!(&sweep.kind, SweepKind::Choice(choice) if choice.simple) =>
        {
            let key = over.key_element();
            bare(&error)
                .help(format!("several options at once are a list: `{key}=[{text}]`"))
                .help("one job for each is a sweep: add `--multirun`")
        }
        _ => error,
    }
}

type One = Override<Node>;

fn sort(over: &One, repository: &Repository, plan: &mut Plan) -> Result<()> {
    let key = over.target.key();
    if key.is_empty() && over.target.package().is_none() {
        return Err(nameless(over));
    }
    if over.target.is_explicit_path() || !repository.has_group(key)? {
        let deletes = matches!(over.action, Action::Delete(_)) && !over.target.is_explicit_path();
        if deletes && repository.has_config(key)? {
            return delete_config(over, plan);
        }
        plan.assignments.push(assignment(over, repository)?);
        return Ok(());
    }
    match &over.action {
        Action::Delete(value) => {
            let name = match value {
                None => None,
                Some(node) if matches!(node.kind, Kind::Null) => None,
                Some(node) => Some(name_of(node).ok_or_else(|| not_a_choice(over, repository))?),
            };
            plan.requests.remove(key_of(over, true), name, over.origin);
        }
        Action::Change(node) | Action::Add(node) | Action::ForceAdd(node) if node.as_map().is_some() => {
            plan.assignments.push(assignment(over, repository)?);
        }
        Action::ForceAdd(_) => {
            return Err(Error::new(
                ErrorKind::Override,
                format!("`++` cannot choose an option of the group `{key}`"),
            )
            .at(over.origin, "expected `=` or `+…=`")
            .help(format!("to change the choice type `{key}=…`, to add one `+{key}=…`")));
        }
        Action::Change(node) | Action::Extend(node) => {
            let choice = choice(node).ok_or_else(|| not_a_choice(over, repository))?;
            plan.requests.choose(key_of(over, true), choice, over.origin);
        }
        Action::Add(node) => {
            let choice = choice(node).filter(|choice| *choice != Choice::Null);
            let choice = choice.ok_or_else(|| not_a_choice(over, repository))?;
            let package = over.target.package().map(here);
            plan.requests.append(key.into(), package, choice, over.origin);
        }
    }
    Ok(())
}

/// `~path/config`: one config of a defaults list.
fn delete_config(over: &One, plan: &mut Plan) -> Result<()> {
    let key = over.target.key();
    if over.action.value().is_some_and(|node| !matches!(node.kind, Kind::Null)) {
        return Err(Error::new(ErrorKind::Override, format!("`{key}` is one config and has no options"))
            .at(over.origin, "expected no value")
            .help(format!("type `~{key}`")));
    }
    plan.requests.remove(key_of(over, false), None, over.origin);
    Ok(())
}

/// In a tree that is open what is to be changed may be added, too: but for what no user's config makes.
pub(crate) fn may_add(assignment: &mut Assignment) {
    let first = assignment.path.keys().first().and_then(Key::as_str);
    if let (Assign::Change(value), false) =
        (&assignment.action, first.is_some_and(|key| RESERVED.contains(&key)))
    {
        assignment.action = Assign::Force(value.clone());
    }
}

/// The key by which the defaults lists know the choice.
fn key_of(over: &One, is_group: bool) -> Text {
    let key = over.target.key();
    match over.target.package() {
        None => key.into(),
        Some(package) if is_group && package.split('.').next() == Some("_group_") => group_key(key, package),
        Some(package) => Text::from(format!("{key}@{package}")),
    }
}

fn choice(node: &Node) -> Option<Choice> {
    let pick = |node: &Node| name_of(node).map(|name| Pick { name, origin: node.origin });
    match &node.kind {
        Kind::Null => Some(Choice::Null),
        Kind::List(items) => items.iter().map(pick).collect::<Option<_>>().map(Choice::Many),
        _ => pick(node).map(Choice::One),
    }
}

fn not_a_choice(over: &One, repository: &Repository) -> Error {
    let key = over.target.key();
    let what = match &over.action {
        Action::Extend(_) => "`extend_list(…)`",
        action => action.value().map_or("nothing", Node::describe),
    };
    let error = Error::new(ErrorKind::Override, format!("an option of the group `{key}` cannot be {what}"))
        .at(over.origin, "expected the name of an option");
    let error = match repository.options(key) {
        Ok(options) if !options.is_empty() => error.note(format!("options: {}", listed(&options))),
        _ => error,
    };
    match over.action.value() {
        Some(node) if !node.is_container() && !matches!(node.kind, Kind::Null) => {
            error.help("quote the name")
        }
        _ => error,
    }
}

/// `=3`.
fn nameless(over: &One) -> Error {
    let prefix = over.action.prefix();
    let value = over.value_text().map_or_else(String::new, |value| match value {
        "" => "=value".to_owned(),
        value => format!("={value}"),
    });
    Error::new(ErrorKind::Override, "a key is missing")
        .at(over.origin, "expected a key or a config group")
        .help(format!("write `{prefix}key{value}`"))
}

/// The override as an assignment to a value.
fn assignment(over: &One, repository: &Repository) -> Result<Assignment> {
    if let Some(package) = over.target.package() {
        let key = over.target.key();
        let error = Error::new(ErrorKind::NotFound, format!("there is no config group `{key}`"))
            .at(over.key_origin(), "no such group");
        if let Some(near) = near_group(repository, key) {
            return Err(error.help(format!("did you mean `{near}@{package}`?")));
        }
        return Err(match package {
            "" => error.help(format!("`@` goes with groups only; for a value type `{key}=…`")),
            _ => error.help(format!("`@` goes with groups only; for a value type `{package}.{key}=…`")),
        });
    }
    let action = match &over.action {
        Action::Change(node) => Assign::Change(node.clone()),
        Action::Add(node) => Assign::Add(node.clone()),
        Action::ForceAdd(node) => Assign::Force(node.clone()),
        Action::Delete(node) => Assign::Delete(node.clone()),
        Action::Extend(node) => Assign::Extend(node.as_list().map(<[Node]>::to_vec).unwrap_or_default()),
    };
    Ok(Assignment { path: over.target.path(), action, origin: over.key_origin() })
}
