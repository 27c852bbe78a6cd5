//! A type without a default of its own.

use mainstem::Config;

#[derive(Config)]
struct Without {
    #[mainstem(default)]
    device: Device,
}

#[derive(Config)]
enum Device {
    Cpu,
    Gpu,
}

fn main() {}
