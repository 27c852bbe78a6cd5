//! What the derive says of mistakes: `tests/ui/<topic>.rs` beside what the compiler prints of it.
//! `TRYBUILD=overwrite cargo test --test it ui` rewrites: read the diff.

#[test]
fn mistakes_are_told_where_they_are_made() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

#[cfg(feature = "clap")]
#[test]
fn mistakes_of_programs_are_told_where_they_are_made() {
    trybuild::TestCases::new().compile_fail("tests/ui/programs/*.rs");
}
