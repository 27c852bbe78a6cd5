//! What a job returns that nobody looks at, and takes that is no config.

struct Plain;

#[derive(mainstem::Config)]
struct Train {
    #[mainstem(default)]
    lr: f64,
}

#[mainstem::pipeline_main]
fn returns(cfg: Train) -> String {
    String::new()
}

#[mainstem::pipeline_main]
fn takes(cfg: Plain) {}

fn main() {}
