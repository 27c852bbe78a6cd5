//! Limits on what they cannot limit, and defaults that break them.

use mainstem::Config;

#[derive(Config)]
struct Kinds {
    #[mainstem(length = 3)]
    a: u32,
    #[mainstem(range = 1..)]
    b: Option<String>,
    #[mainstem(regex = "^a$")]
    c: u8,
    #[mainstem(one_of = [1, 2])]
    d: String,
    #[mainstem(length = 1..)]
    e: Rate,
}

#[derive(Config)]
struct Rate(f64);

fn main() {}
