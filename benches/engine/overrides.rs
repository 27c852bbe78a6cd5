//! Overrides to their parsed form.

use divan::Bencher;
use divan::counter::ItemsCount;
use mainstem::diag::SourceId;
use mainstem::grammar::parse_override;

#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    const LINES: [&str; 10] = [
        "lr=0.1",
        "model.encoder.layers=12",
        "+trainer.seed=42",
        "db=postgres",
        "~callbacks.early_stopping",
        "data.path=/data/${data.name}/v1",
        "optim.betas=[0.9,0.999]",
        "model.norm={kind:layer,eps:1e-5}",
        "tag='a quoted, text'",
        "batch_size=16,32,64",
    ];
    bencher.counter(ItemsCount::new(LINES.len())).bench(|| {
        LINES.map(|line| parse_override(divan::black_box(line), SourceId::NONE, &mut ()).is_some())
    });
}
