//! Types that cannot be a config, and variants that have no keys.

use mainstem::Config;

#[derive(Config)]
struct Borrowed<'a> {
    name: &'a str,
}

#[derive(Config)]
union Either {
    a: u32,
    b: f32,
}

#[derive(Config)]
enum Never {}

#[derive(Config)]
enum Model {
    Pair(u32, u32),
    Nothing(),
}

#[derive(Config)]
enum Words {
    #[mainstem(options = ["small", "large"])]
    Net,
    #[mainstem(options = "small")]
    Forest,
}

#[derive(Config)]
struct Newtype(#[mainstem(default = 1, range = 0..)] u32);

#[derive(Config)]
struct Tuple(u32, #[mainstem(default = 1)] u32);

fn main() {}
