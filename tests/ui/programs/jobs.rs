//! What a job takes.

use mainstem::run::Run;

#[derive(mainstem::Config)]
struct Train {
    #[mainstem(default = 0.1)]
    lr: f64,
}

#[derive(clap::Args)]
struct Extra {
    #[arg(long)]
    dry_run: bool,
}

#[mainstem::pipeline_main(args = Extra, config_nam = "x")]
fn not_taken(cfg: Train, run: &Run) {}

#[mainstem::pipeline_main(args = Extra)]
fn twice(cfg: Train, args: Extra, more: Extra, run: &Run, other: u8) {}

#[mainstem::pipeline_main]
fn not_named(cfg: Train, args: Extra, run: &Run) {}

#[mainstem::pipeline_main]
fn without_config(run: &Run) {}

fn main() {}
