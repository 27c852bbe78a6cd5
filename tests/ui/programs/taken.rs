//! Jobs that take their config or their run in the wrong way.

#[derive(mainstem::Config)]
struct Train {
    lr: f64,
}

#[mainstem::pipeline_main]
fn lent(cfg: &Train) {
    let _ = cfg;
}

#[mainstem::pipeline_main]
fn owned(cfg: Train, run: mainstem::run::Run) {
    let _ = (cfg, run);
}

fn main() {}
