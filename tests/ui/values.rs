//! Defaults and limits that make no sense.

use mainstem::Config;

#[derive(Config)]
struct Limits {
    #[mainstem(range = 3)]
    a: u32,
    #[mainstem(range = ..)]
    b: u32,
    #[mainstem(range = "a".."b")]
    c: u32,
    #[mainstem(regex = "(")]
    d: String,
    #[mainstem(one_of = "x")]
    e: String,
    #[mainstem(one_of = [])]
    f: String,
    #[mainstem(length = "long")]
    g: String,
}

fn main() {}
