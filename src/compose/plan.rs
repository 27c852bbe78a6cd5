//! What overrides mean to a repository: choices of groups, or assignments to values.

use crate::compose::complaints;
use crate::compose::composer::Mode;
use crate::compose::element::{Choice, Pick, here, name_of};
use crate::compose::item::group_key;
use crate::compose::repository::Repository;
use crate::compose::request::Requests;
use crate::compose::runtime::Lines;
use crate::diag::{Error, ErrorKind, Origin, Result};
use crate::merge::{Action, Assignment};
use crate::value::{KeyPath, Kind, Node, Text};

/// An override as this floor sees it.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) operator: Operator,
    /// What stands before `@` or `=`.
    pub(crate) key: Text,
    pub(crate) package: Option<Text>,
    /// The key is written so that it can only be a path of values: `a[0]`, `a\.b`.
    pub(crate) only_value: bool,
    pub(crate) value: Value,
    /// The whole argument, and its key.
    pub(crate) origin: Origin,
    pub(crate) key_origin: Origin,
    /// The argument as it was written.
    pub(crate) line: Text,
}

/// What an override does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Change,
    Add,
    Force,
    Delete,
}

/// What stands on the right.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Nothing: `~key`.
    None,
    One(Node),
    /// `extend_list(…)`.
    Extend(Vec<Node>),
    /// `a,b`, where `simple`; `choice(…)`, `range(…)` and others.
    Sweep {
        simple: bool,
    },
}

/// All overrides, sorted by what they mean.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) requests: Requests,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) lines: Lines,
}

impl View {
    /// Whether it configures hydra itself.
    pub(crate) fn is_hydra(&self) -> bool {
        if self.only_value {
            return KeyPath::parse(&self.key).keys().first().is_some_and(|key| key.as_str() == Some("hydra"));
        }
        self.key.starts_with("hydra.") || self.key.starts_with("hydra/")
    }

    /// Whether it is `hydra.searchpath=…`.
    fn is_searchpath(&self) -> bool {
        matches!(self.operator, Operator::Change)
            && self.package.is_none()
            && self.key.starts_with("hydra")
            && KeyPath::parse(&self.key) == KeyPath::parse("hydra.searchpath")
    }
}

/// The first `hydra.searchpath=…` among the overrides.
pub(crate) fn searchpath(views: &[View]) -> Option<Node> {
    let view = views.iter().find(|view| view.is_searchpath())?;
    match &view.value {
        Value::One(node) => Some(node.clone()),
        Value::Extend(items) => Some(Node::from(items.clone()).from_origin(view.origin)),
        Value::None | Value::Sweep { .. } => None,
    }
}

/// Sorts overrides. Every mistake is reported; those overrides are left out.
pub(crate) fn plan(views: &[View], repository: &Repository, mode: Mode, errors: &mut Vec<Error>) -> Plan {
    let mut plan = Plan::default();
    for view in views {
        let line = Node::from(view.line.as_str()).from_origin(view.origin);
        if view.is_hydra() {
            plan.lines.hydra.push(line);
        } else {
            plan.lines.task.push(line);
        }
        if let Value::Sweep { simple } = view.value {
            errors.extend(sweep(view, simple, mode));
            continue;
        }
        if let Err(error) = sort(view, repository, &mut plan) {
            errors.push(error);
        }
    }
    plan
}

/// Sweeps belong to a multirun, and not to hydra's own configuration.
fn sweep(view: &View, simple: bool, mode: Mode) -> Option<Error> {
    let line = &view.line;
    if mode == Mode::Multirun {
        return view.is_hydra().then(|| {
            Error::new(ErrorKind::Sweep, format!("`{line}` sweeps over hydra's own configuration"))
                .at(view.origin, "a sweep cannot change how it is run")
                .help("give it one value")
        });
    }
    let error =
        Error::new(ErrorKind::Sweep, format!("`{line}` has several values, and this is a single run"))
            .at(view.origin, "expected one value")
            .help("to run once for each value, add `--multirun`");
    Some(if simple {
        let (key, values) = line.split_once('=').unwrap_or((line, ""));
        error
            .help(format!("for a list type `{key}=[{values}]`"))
            .help(format!("for a text type `\"{key}='{values}'\"`"))
    } else {
        error
    })
}

fn sort(view: &View, repository: &Repository, plan: &mut Plan) -> Result<()> {
    if view.only_value {
        plan.assignments.push(assignment(view)?);
        return Ok(());
    }
    let is_group = repository.has_group(&view.key)?;
    if !is_group {
        if view.operator == Operator::Delete && repository.has_config(&view.key)? {
            if !matches!(view.value, Value::None) && !is_null(&view.value) {
                return Err(Error::new(
                    ErrorKind::Override,
                    format!("`{}` is one config and has no options", view.key),
                )
                .at(view.origin, "expected no value")
                .help(format!("type `~{}`", view.key)));
            }
            let key = key_of(view, false);
            plan.requests.remove(key, None, view.origin);
            return Ok(());
        }
        plan.assignments.push(assignment(view)?);
        return Ok(());
    }
    let node = match &view.value {
        Value::One(node) => Some(node),
        Value::None => None,
        Value::Extend(_) | Value::Sweep { .. } => {
            return Err(not_a_choice(view, repository));
        }
    };
    if view.operator == Operator::Delete {
        let name = match node {
            None => None,
            Some(node) if matches!(node.kind, Kind::Null) => None,
            Some(node) => Some(name_of(node).ok_or_else(|| not_a_choice(view, repository))?),
        };
        plan.requests.remove(key_of(view, true), name, view.origin);
        return Ok(());
    }
    let node = node.ok_or_else(|| not_a_choice(view, repository))?;
    if node.as_map().is_some() {
        plan.assignments.push(assignment(view)?);
        return Ok(());
    }
    if view.operator == Operator::Force {
        return Err(Error::new(
            ErrorKind::Override,
            format!("`++` cannot choose an option of the group `{}`", view.key),
        )
        .at(view.origin, "expected `=` or `+…=`")
        .help(format!("to change the choice type `{0}=…`, to add one `+{0}=…`", view.key)));
    }
    let choice = choice(node).ok_or_else(|| not_a_choice(view, repository))?;
    match view.operator {
        Operator::Add if choice == Choice::Null => Err(not_a_choice(view, repository)),
        Operator::Add => {
            plan.requests.append(view.key.clone(), view.package.as_deref().map(here), choice, view.origin);
            Ok(())
        }
        _ => {
            plan.requests.choose(key_of(view, true), choice, view.origin);
            Ok(())
        }
    }
}

fn is_null(value: &Value) -> bool {
    matches!(value, Value::One(node) if matches!(node.kind, Kind::Null))
}

/// The key by which the defaults lists know the choice.
fn key_of(view: &View, is_group: bool) -> Text {
    match &view.package {
        None => view.key.clone(),
        Some(package) if is_group && package.split('.').next() == Some("_group_") => {
            group_key(&view.key, package)
        }
        Some(package) => Text::from(format!("{}@{package}", view.key)),
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

fn not_a_choice(view: &View, repository: &Repository) -> Error {
    let what = match &view.value {
        Value::One(node) => node.describe(),
        _ => "nothing",
    };
    let error =
        Error::new(ErrorKind::Override, format!("an option of the group `{}` cannot be {what}", view.key))
            .at(view.origin, "expected the name of an option");
    let error = match repository.options(&view.key) {
        Ok(options) if !options.is_empty() => {
            error.note(format!("options: {}", complaints::listed(&options)))
        }
        _ => error,
    };
    match &view.value {
        Value::One(node) if !node.is_container() && !matches!(node.kind, Kind::Null) => {
            error.help("quote the name")
        }
        _ => error,
    }
}

/// The override as an assignment to a value.
fn assignment(view: &View) -> Result<Assignment> {
    if let Some(package) = &view.package {
        return Err(Error::new(ErrorKind::NotFound, format!("there is no config group `{}`", view.key))
            .at(view.key_origin, "no such group")
            .help(format!("`@` goes with groups only; for a value type `{package}.{}=…`", view.key)));
    }
    let action = match (view.operator, &view.value) {
        (Operator::Change, Value::One(node)) => Action::Change(node.clone()),
        (Operator::Add, Value::One(node)) => Action::Add(node.clone()),
        (Operator::Force, Value::One(node)) => Action::Force(node.clone()),
        (Operator::Delete, Value::One(node)) => Action::Delete(Some(node.clone())),
        (Operator::Delete, Value::None) => Action::Delete(None),
        (_, Value::Extend(items)) => Action::Extend(items.clone()),
        (_, Value::None | Value::Sweep { .. }) => {
            return Err(Error::new(ErrorKind::Override, format!("`{}` needs a value", view.key))
                .at(view.origin, "expected `=` and a value"));
        }
    };
    Ok(Assignment { path: KeyPath::parse(&view.key), action, origin: view.key_origin })
}
