//! A folder and arguments, in one text: after a line `== PATH.yaml` the text of that config, after a line `== args`
//! an override a line. Either a tree, which prints and reads back, as it is and resolved, or errors that draw
//! themselves.

use mainstem::compose::{Composed, Composer, Memory, Mode};
use mainstem::diag::{Error, SourceId, Style};
use mainstem::facts::Facts;
use mainstem::resolve::{Hydra, Scope};
use mainstem::settings::project;
use mainstem::value::{JsonStyle, Key, Kind, Node, write_json, write_yaml};
use mainstem::yaml::{Limits, parse};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (mut memory, mut arguments) = (Memory::new(), Vec::new());
    for part in text.split("== ").skip(1) {
        match part.split_once('\n') {
            Some(("args", lines)) => arguments.extend(lines.lines()),
            Some((path, config)) => memory = memory.text(path.trim_end_matches(".yaml"), config),
            None => {}
        }
    }
    let composer = project(memory, Facts::default(), "app");
    let arguments = match composer.arguments(Some("config"), &arguments) {
        Ok(arguments) => arguments,
        Err(error) => return assert!(!error.render(Style::Plain).is_empty()),
    };
    for mode in [Mode::Run, Mode::Multirun] {
        let composed = composer.compose(Some("config"), &arguments, mode);
        let alone = composer.compose_job(Some("config"), &arguments, mode);
        match (composed, alone) {
            (Ok(composed), Ok(alone)) => {
                assert!(alone.job() == composed.job(), "another tree without the preludes");
                whole(&composer, &composed);
            }
            (Err(error), Err(same)) => assert_eq!(error.render(Style::Plain), same.render(Style::Plain)),
            (composed, alone) => {
                assert_eq!(
                    composed.is_ok(),
                    alone.is_ok(),
                    "{composed:?}, and without the preludes {alone:?}"
                );
            }
        }
    }
}

fn whole(composer: &Composer, composed: &Composed) {
    let job = composed.job();
    prints(&job);
    let warn = |warning: Error| assert!(!warning.located(composed.sources()).render(Style::Plain).is_empty());
    let context =
        composer.context(&warn).with_schema(composed.schema()).with_hydra(Hydra::Of(composed.root()));
    match Scope::new(&job, context).resolve() {
        Ok(resolved) => prints(&resolved),
        Err(error) => assert!(!error.located(composed.sources()).render(Style::Plain).is_empty()),
    }
}

/// Prints, reads the print, and prints again: nothing may be lost on the way.
fn prints(tree: &Node) {
    let (mut yaml, mut json) = (String::new(), String::new());
    write_yaml(tree, &mut yaml);
    write_json(tree, JsonStyle::Pretty, &mut json);
    assert!(yaml.ends_with('\n') && !json.is_empty());
    // Two characters break lines in YAML 1.1, which is printed, and are letters in YAML 1.2, which is read.
    if means_more(tree) || yaml.contains(['\u{2028}', '\u{2029}']) {
        return;
    }
    let mut errors: Vec<Error> = Vec::new();
    let back = parse(&yaml, SourceId::NONE, &Limits::default(), &mut errors);
    assert!(errors.is_empty(), "{errors:?} in\n{yaml}");
    let back = back.expect("no error, so a tree").root;
    assert!(back == *tree, "another tree after printing\n{yaml}");
    let mut again = String::new();
    write_yaml(&back, &mut again);
    assert_eq!(again, yaml, "printed in another way after reading");
}

/// Whether something in a tree means more when it is read than it did: text that a resolver made, keys that are null.
fn means_more(tree: &Node) -> bool {
    match &tree.kind {
        Kind::Str(text) => text == "???" || text.contains("${"),
        Kind::List(items) => items.iter().any(means_more),
        Kind::Map(map) => map.iter().any(|(key, slot)| *key == Key::Null || means_more(&slot.node)),
        _ => false,
    }
}
