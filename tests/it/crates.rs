//! How many crates a program gets with the library.

use std::collections::BTreeSet;
use std::process::Command;

/// Other crates that are built for the library with these features on this machine, by name and version.
fn crates(features: &[&str]) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--offline", "--locked", "--package", "mainstem", "--edges", "normal,build"]);
    cargo.args(["--prefix", "none", "--format", "{p}"]).args(features);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let names = text.lines().filter_map(|line| {
        let (name, version) = line.split_once(' ')?;
        Some(format!("{name} {}", version.split(' ').next().unwrap_or_default()))
    });
    names.filter(|name| !name.starts_with("mainstem v")).collect()
}

#[test]
fn the_library_brings_few_crates() {
    let (bare, usual, all) = (crates(&["--no-default-features"]), crates(&[]), crates(&["--all-features"]));
    eprintln!("{} without default features, {} with them, {} with all", bare.len(), usual.len(), all.len());
    assert!(bare.len() <= 30, "{}: {bare:#?}", bare.len());
    assert!(usual.len() <= 90, "{}: {usual:#?}", usual.len());
    // Else they were not counted.
    assert!(bare.iter().any(|name| name.starts_with("chrono v")) && bare.is_subset(&usual));
    assert!(usual.len() > bare.len() && all.len() > usual.len());
    // What reads YAML without places, and was given up by its authors, does not come by another way.
    for archived in ["serde_yaml v0.9", "unsafe-libyaml v"] {
        assert!(!all.iter().any(|name| name.starts_with(archived)), "{archived}: {all:#?}");
    }
}
