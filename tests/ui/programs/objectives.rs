//! Objectives.

use mainstem::app::{Maximize, Minimize};

#[derive(mainstem::Objectives)]
struct Scores {
    accuracy: Maximize,
    #[mainstem(rename = "accuracy")]
    loss: Minimize,
    #[mainstem(skip, rename = "x")]
    rounds: u32,
    #[mainstem(default)]
    other: Maximize,
}

#[derive(mainstem::Objectives)]
struct Wrong {
    accuracy: Maximize,
    model: String,
}

#[derive(mainstem::Objectives)]
struct Pair(Maximize, Minimize);

#[derive(mainstem::Objectives)]
struct Nothing {
    #[mainstem(skip)]
    rounds: u32,
}

#[derive(mainstem::Objectives)]
enum Either {
    Accuracy(Maximize),
}

fn main() {}
