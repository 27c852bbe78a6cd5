//! The seeds of the fuzz targets, and what fuzzing found, as plain tests.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/bodies/compose.rs"]
mod compose;
#[path = "../../fuzz/bodies/override.rs"]
mod overrides;
#[path = "../../fuzz/bodies/template.rs"]
mod template;
#[path = "../../fuzz/bodies/yaml.rs"]
mod yaml;

#[expect(clippy::print_stdout, reason = "shown when the test fails, it names the input")]
fn each(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the corpus") {
        let path = entry.expect("a file").path();
        println!("{}", path.display());
        run(&fs::read(&path).expect("readable"));
        count += 1;
    }
    assert!(count >= 10, "only {count} inputs for {target}");
}

#[test]
fn yaml_corpus() {
    each("yaml", yaml::run);
}

#[test]
fn template_corpus() {
    each("template", template::run);
}

#[test]
fn override_corpus() {
    each("override", overrides::run);
}

#[test]
fn compose_corpus() {
    each("compose", compose::run);
}
