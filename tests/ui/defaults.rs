//! Defaults that their own limits refuse, and text that is no value.

use std::time::Duration;

use mainstem::Config;

#[derive(Config)]
struct Train {
    #[mainstem(default = 3, range = 5..=9)]
    a: u32,
    #[mainstem(default = -0.5, range = 0.0..)]
    b: f64,
    #[mainstem(default = "abc", length = ..=2)]
    c: String,
    #[mainstem(default = "rmsprop", one_of = ["adam", "sgd"])]
    d: String,
    #[mainstem(default = "Forest", regex = "^[a-z]+$")]
    e: String,
    #[mainstem(default = "soon")]
    f: Duration,
    // These are right.
    #[mainstem(default = 5, range = 5..=9)]
    g: u32,
    #[mainstem(default = "90s")]
    h: Option<Duration>,
}

fn main() {}
