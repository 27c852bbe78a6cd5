//! Trees to text: all files of a folder at once.

use divan::Bencher;
use divan::counter::BytesCount;
use mainstem::value::{JsonStyle, Node, write_json, write_repr, write_yaml};

use crate::workload::{SIZES, Size, tree};

fn print(bencher: Bencher<'_, '_>, size: Size, write: impl Fn(&Node, &mut String) + Sync) {
    let tree = tree(size);
    let mut once = String::new();
    write(&tree, &mut once);
    bencher.counter(BytesCount::of_str(&once)).bench(|| {
        let mut out = String::new();
        write(&tree, &mut out);
        out
    });
}

#[divan::bench(args = SIZES)]
fn yaml(bencher: Bencher<'_, '_>, size: Size) {
    print(bencher, size, write_yaml);
}

#[divan::bench(args = SIZES)]
fn json(bencher: Bencher<'_, '_>, size: Size) {
    print(bencher, size, |node, out| write_json(node, JsonStyle::Compact, out));
}

#[divan::bench(args = SIZES)]
fn python(bencher: Bencher<'_, '_>, size: Size) {
    print(bencher, size, write_repr);
}
