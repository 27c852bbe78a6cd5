//! Case files: an input, a line `---`, and what must come of it.

use std::fs;
use std::path::Path;

/// Runs all cases of an area and shows every one that gives something else. With `MAINSTEM_BLESS` set at build time
/// what they give is written into them instead; then read the difference.
pub(crate) fn run(area: &str, outcome: impl Fn(&str) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(area);
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .expect("a folder of cases")
        .map(|entry| entry.expect("readable").path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "case"));
    paths.sort();
    assert!(!paths.is_empty(), "no cases in {}", folder.display());
    let mut wrong = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a text");
        let (input, expected) = text.split_once("---\n").expect("a line of three dashes");
        let found = outcome(input);
        if found == expected {
            continue;
        }
        if option_env!("MAINSTEM_BLESS").is_some() {
            fs::write(&path, format!("{input}---\n{found}")).expect("writable");
        } else {
            wrong.push(format!("{}\n{input}--- expected\n{expected}--- found\n{found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n\n{}", wrong.len(), wrong.join("\n\n"));
}
