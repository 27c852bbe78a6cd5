//! Any lines: overrides that print in a form that means the same, or mistakes that draw themselves.

use std::sync::Arc;

use mainstem::diag::{Error, Source, SourceId, SourceKind, SourceMap, Style};
use mainstem::grammar::parse_override;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for (i, line) in text.lines().enumerate() {
        let sources = Arc::new(SourceMap::default());
        let source = sources.add(Source::new(SourceKind::Argument(i + 1), "", line));
        let mut errors: Vec<Error> = Vec::new();
        let Some(parsed) = parse_override(line, source, &mut errors) else {
            let error = Error::all(errors).expect("no override, so an error").located(&sources);
            assert!(!error.render(Style::Plain).is_empty());
            continue;
        };
        assert!(errors.is_empty(), "an override and errors: {errors:?}");
        // The law does not hold for what a function made: `str(1,2)` prints as the numbers that it is read back as.
        if line.contains('(') {
            continue;
        }
        let printed = parsed.to_string();
        let again = read_and_print(&printed);
        assert_eq!(again, printed, "printed in another way after reading");
    }
}

fn read_and_print(text: &str) -> String {
    let mut errors: Vec<Error> = Vec::new();
    let parsed = parse_override(text, SourceId::NONE, &mut errors);
    assert!(errors.is_empty(), "{errors:?} in {text:?}");
    parsed.expect("no error, so an override").to_string()
}
