//! An error that cannot be told by another thread, and a run that is not lent to be changed.

#[derive(mainstem::Config)]
struct Train {
    #[mainstem(default = 0.1)]
    lr: f64,
}

#[mainstem::pipeline_main]
fn stays(cfg: Train) -> Result<(), Box<dyn std::error::Error>> {
    Ok(())
}

#[mainstem::pipeline_main]
fn changes(cfg: Train, run: &mut mainstem::run::Run) {}

fn main() {}
