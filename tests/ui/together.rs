//! Attributes that have no meaning together.

use mainstem::Config;

#[derive(Config)]
#[mainstem(default = 1)]
struct Outer {
    #[mainstem(flatten, default, rename = "x")]
    inner: Inner,
    #[mainstem(skip, range = 0..)]
    cache: u32,
}

#[derive(Config)]
#[mainstem(default)]
struct Inner(u32);

#[derive(Config)]
#[mainstem(check = positive)]
struct Checked {
    number: i32,
}

fn positive(number: &i32) -> Result<(), String> {
    Err(number.to_string())
}

fn main() {}
