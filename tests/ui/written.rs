//! Attributes written as in other languages, or in other crates.

use mainstem::Config;

#[derive(Config)]
struct Train {
    #[mainstem(default: 3, range = 1..)]
    a: u32,
    #[mainstem(default(3))]
    b: u32,
    #[mainstem(secret())]
    c: String,
}

fn main() {}
