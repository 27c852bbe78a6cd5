//! A folder and arguments, in one text: after a line `== PATH.yaml` the text of that config, after a line `== args`
//! an override a line. Either a tree, which prints, or errors that draw themselves.

use mainstem::compose::{Composer, Memory, Mode, Provided, Repository};
use mainstem::diag::Style;
use mainstem::facts::Facts;
use mainstem::value::write_yaml;

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
    let composer = Composer::new(Repository::new(vec![Provided::new("main", memory)]), Facts::default());
    for mode in [Mode::Run, Mode::Multirun] {
        let composed = composer
            .arguments(Some("config"), &arguments)
            .and_then(|arguments| composer.compose(Some("config"), &arguments, mode));
        match composed {
            Ok(composed) => {
                let mut out = String::new();
                write_yaml(&composed.job(), &mut out);
                assert!(out.ends_with('\n'));
            }
            Err(error) => assert!(!error.render(Style::Plain).is_empty()),
        }
    }
}
