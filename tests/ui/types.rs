//! Values of another type than their field, and fields of types that are no config.

use mainstem::Config;

struct Own;

#[derive(Config)]
struct Train {
    #[mainstem(default = "many")]
    epochs: u32,
    #[mainstem(default = 1)]
    lr: f64,
    own: Own,
    #[mainstem(flatten)]
    flat: u32,
    #[mainstem(default)]
    none: std::num::NonZeroU8,
}

#[derive(Config)]
enum Model {
    Net(u32),
}

fn main() {}
