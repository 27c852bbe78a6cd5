//! Text to trees: all files of a folder, one by one.

use divan::Bencher;
use divan::counter::BytesCount;
use mainstem::diag::SourceId;
use mainstem::yaml::{Limits, parse};

use crate::workload::{SIZES, Size, files};

#[divan::bench(args = SIZES)]
fn read(bencher: Bencher<'_, '_>, size: Size) {
    let files = files(size);
    let limits = Limits::default();
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        files.iter().filter_map(|(_, text)| parse(text, SourceId::NONE, &limits, &mut ())).collect::<Vec<_>>()
    });
}
