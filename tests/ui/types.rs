//! Values of another type than their field. (What the compiler says of traits lists what implements them, which
//! changes with the compiler: it is no case.)

use mainstem::Config;

#[derive(Config)]
struct Train {
    #[mainstem(default = 1)]
    lr: f64,
    #[mainstem(default = "a".len() as u8)]
    epochs: u32,
}

fn main() {}
