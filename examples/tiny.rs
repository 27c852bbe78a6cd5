//! A whole program: try `lr=0.5`, `-m lr=0.1,0.2`, `--help`.

#[derive(mainstem::Config)]
struct Tiny {
    /// Step size.
    #[mainstem(default = 0.1, range = 0.0..=1.0)]
    lr: f64,
}

#[mainstem::pipeline_main]
fn main(cfg: Tiny) -> mainstem::app::Minimize {
    mainstem::app::Minimize((cfg.lr - 0.3).powi(2))
}
