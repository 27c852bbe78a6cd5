//! Ranges that no value is in.

use mainstem::Config;

#[derive(Config)]
struct Ranges {
    #[mainstem(range = 5..=1)]
    a: u32,
    #[mainstem(range = 0.5..0.5)]
    b: f64,
    #[mainstem(range = 0..=300)]
    c: u8,
    #[mainstem(range = -1..)]
    d: Option<u16>,
    #[mainstem(range = 0..256)]
    e: u8,
}

fn main() {}
