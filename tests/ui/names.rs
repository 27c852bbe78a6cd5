//! Attributes and names that are not there, stand elsewhere, or stand twice.

use mainstem::Config;

#[derive(Config)]
#[mainstem(rename_all = "Kebab-case", tag = "kind", flatten)]
struct Train {
    #[mainstem(rnage = 0.0..=1.0, colour = "red")]
    lr: f64,
    #[mainstem(default = 1, default = 2)]
    epochs: u32,
    #[mainstem(alias = "lr", alias = "rounds", options = ["x"])]
    steps: u32,
    #[mainstem(rename = "steps")]
    more: u32,
    #[mainstem]
    bare: u32,
    #[mainstem(alias = 3, secret = true, rename)]
    wrong: u32,
}

#[derive(Config)]
enum Model {
    Forest {
        #[mainstem(rename = "type")]
        kind: u32,
    },
    #[mainstem(alias = "forest", secret)]
    Net,
}

fn main() {}
