//! Explanations for programs.

use crate::app::explain::item;
use crate::app::json::{count, object, optional, place, texts};
use crate::compose::{Absent, By, Change, Composed, Explanation, GroupChoice, Step, Told};
use crate::resolve::{Answered, Input};
use crate::value::Node;

/// What is known of one key: as a value, and as the name of a config group.
pub(crate) fn told(
    key: &str,
    value: Option<&Explanation>,
    groups: &[GroupChoice],
    composed: &Composed,
) -> Node {
    let groups = Node::from(groups.iter().map(|one| group(one, composed)).collect::<Vec<_>>());
    let mut node = value.map_or_else(
        || object([("key", Node::from(key)), ("value", Node::null()), ("exists", Node::from(false))]),
        |value| explanation(value, composed),
    );
    if let Some(map) = node.as_map_mut() {
        map.set("groups".into(), groups);
    }
    node
}

fn group(group: &GroupChoice, composed: &Composed) -> Node {
    let sources = composed.sources();
    let chosen = group.chosen.iter().map(|chosen| {
        object([
            ("option", optional(chosen.option.as_deref())),
            ("place", place(chosen.origin, sources)),
            ("item", Node::from(item(chosen.origin, sources).as_str())),
        ])
    });
    let absent = group.absent.map(|absent| match absent {
        Absent::Null => "null",
        Absent::Open => "open",
        Absent::Deleted => "deleted",
        Absent::Optional => "optional",
        #[expect(unreachable_patterns, reason = "more reasons may come")]
        _ => "absent",
    });
    object([
        ("group", Node::from(group.group.as_str())),
        ("key", Node::from(group.key.as_str())),
        ("package", Node::from(group.package.as_str())),
        ("option", optional(group.chosen.last().and_then(|last| last.option.as_deref()))),
        ("absent", optional(absent)),
        ("chosen", Node::from(chosen.collect::<Vec<_>>())),
        ("options", texts(&group.options)),
    ])
}

fn explanation(found: &Explanation, composed: &Composed) -> Node {
    let steps = found.steps.iter().map(|one| step(one, composed)).collect::<Vec<_>>();
    let targets = found.targets.iter().map(|target| explanation(target, composed)).collect::<Vec<_>>();
    let told = match found.told {
        Told::Here => "here",
        Told::Above => "above",
        #[expect(unreachable_patterns, reason = "more may come")]
        Told::Not | _ => "not",
    };
    object([
        ("key", Node::from(found.path.to_string().as_str())),
        ("value", found.value.clone().unwrap_or_else(Node::null)),
        ("exists", Node::from(found.value.is_some())),
        ("told", Node::from(told)),
        ("steps", Node::from(steps)),
        ("inputs", Node::from(found.inputs.iter().map(input).collect::<Vec<_>>())),
        ("refers_to", Node::from(targets)),
    ])
}

fn step(step: &Step, composed: &Composed) -> Node {
    let sources = composed.sources();
    let change = match step.change {
        Change::Set => "set",
        Change::Merged => "merged",
        Change::Removed => "removed",
        #[expect(unreachable_patterns, reason = "more changes may come")]
        _ => "changed",
    };
    let by = match &step.by {
        By::Config { config_path, package, why } => object([
            ("config", Node::from(config_path.as_str())),
            ("package", Node::from(package.as_str())),
            ("selected_at", place(*why, sources)),
            ("selected_by", optional(Some(item(*why, sources).as_str()).filter(|text| !text.is_empty()))),
        ]),
        By::Override(index) => object([("override", count(*index))]),
        By::Program => object([("program", Node::from(true))]),
    };
    let inside = step.inside.iter().map(|inside| {
        object([
            ("key", Node::from(inside.path.to_string().as_str())),
            ("value", inside.value.clone().unwrap_or_else(Node::null)),
            ("exists", Node::from(inside.value.is_some())),
        ])
    });
    object([
        ("change", Node::from(change)),
        ("place", place(step.origin, sources)),
        ("value", step.value.clone().unwrap_or_else(Node::null)),
        ("inside", Node::from(inside.collect::<Vec<_>>())),
        ("by", by),
    ])
}

fn input(input: &Input) -> Node {
    match input {
        Input::Variable { name, is_set, default, place } => object([
            ("variable", Node::from(name.as_str())),
            ("is_set", Node::from(*is_set)),
            ("set_by", optional(place.as_deref())),
            ("default", optional(default.as_deref())),
        ]),
        Input::Absent { path, default } => object([
            ("absent", Node::from(path.to_string().as_str())),
            ("default", optional(default.as_deref())),
        ]),
        Input::File { path } => object([("file", Node::from(path.as_str()))]),
        Input::Clock => object([("clock", Node::from(true))]),
        Input::Python => object([("python", Node::from(true))]),
        Input::Resolver { name, answered } => {
            let answered = match answered {
                Answered::Here => "here",
                Answered::Elsewhere => "elsewhere",
                #[expect(unreachable_patterns, reason = "more may come")]
                Answered::Nowhere | _ => "nowhere",
            };
            object([("resolver", Node::from(name.as_str())), ("answered", Node::from(answered))])
        }
        Input::Value(path) => object([("value", Node::from(path.to_string().as_str()))]),
        #[expect(unreachable_patterns, reason = "more inputs may come")]
        _ => Node::null(),
    }
}
