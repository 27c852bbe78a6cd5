//! A check that answers by yes or no.

use mainstem::Config;

#[derive(Config)]
#[mainstem(check = Train::ok)]
struct Train {
    lr: f64,
}

impl Train {
    fn ok(&self) -> bool {
        self.lr > 0.0
    }
}

fn main() {}
