//! Config folders as projects have them, made up: groups of options, nested options, defaults lists, and values of
//! all kinds. The same size always gives the same folder.

use std::fmt::{self, Write as _};

use mainstem::diag::{Error, SourceId};
use mainstem::value::{Key, Map, Node};
use mainstem::yaml::{Limits, parse};

/// How large a folder is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Size {
    /// 25 files; about 200 values are composed.
    S,
    /// 199 files; about 5,000 values are composed.
    M,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Both sizes, for `#[divan::bench(args = SIZES)]`.
pub(crate) const SIZES: [Size; 2] = [Size::S, Size::M];

/// Options of each group and of the group nested in each.
const OPTIONS: usize = 3;

impl Size {
    fn groups(self) -> usize {
        match self {
            Self::S => 4,
            Self::M => 33,
        }
    }

    fn values_in_a_file(self) -> usize {
        match self {
            Self::S => 22,
            Self::M => 74,
        }
    }
}

/// A folder: paths below it and texts, `config.yaml` first.
pub(crate) fn files(size: Size) -> Vec<(String, String)> {
    let mut random = Random(0x5eed);
    let mut primary = String::from("defaults:\n");
    for group in 0..size.groups() {
        let _ = writeln!(primary, "  - group{group}: option{}", random.below(OPTIONS));
    }
    primary.push_str("  - _self_\n");
    write_values(&mut primary, size.values_in_a_file(), &mut random);
    let mut files = vec![("config.yaml".to_owned(), primary)];
    for group in 0..size.groups() {
        for option in 0..OPTIONS {
            let mut text = format!("defaults:\n  - nested: option{}\n  - _self_\n", random.below(OPTIONS));
            write_values(&mut text, size.values_in_a_file(), &mut random);
            files.push((format!("group{group}/option{option}.yaml"), text));
            let mut text = String::from("# An option of an option.\n");
            write_values(&mut text, size.values_in_a_file(), &mut random);
            files.push((format!("group{group}/nested/option{option}.yaml"), text));
        }
    }
    files
}

/// All texts of a folder, read, under their paths: a tree as large as the folder.
pub(crate) fn tree(size: Size) -> Node {
    let mut root = Map::default();
    for (path, text) in files(size) {
        let mut errors: Vec<Error> = Vec::new();
        let parsed = parse(&text, SourceId::NONE, &Limits::default(), &mut errors);
        let parsed = parsed.unwrap_or_else(|| unreachable!("{path}: {errors:?}"));
        root.set(Key::from(path.as_str()), parsed.root);
    }
    Node::from(root)
}

/// Appends `count` values, some of them in mappings and lists.
fn write_values(out: &mut String, count: usize, random: &mut Random) {
    let mut depth = 0;
    for i in 0..count {
        depth = match random.below(8) {
            0 if depth < 3 => {
                let _ = writeln!(out, "{:width$}{}{i}:", "", random.word(), width = 2 * depth);
                depth + 1
            }
            1 => 0,
            _ => depth,
        };
        let _ = write!(out, "{:width$}{}_{i}: ", "", random.word(), width = 2 * depth);
        write_value(out, random);
        if random.below(10) == 0 {
            out.push_str("  # why it is so");
        }
        out.push('\n');
    }
}

fn write_value(out: &mut String, random: &mut Random) {
    let (word, other) = (random.word(), random.word());
    let number = random.below(100_000);
    let _ = match random.below(14) {
        0..3 => write!(out, "{number}"),
        3..5 => write!(out, "{}.{}", number % 50, number / 50),
        5 => write!(out, "{}e-{}", number % 9 + 1, number % 7 + 1),
        6 => write!(out, "{}", if number.is_multiple_of(2) { "true" } else { "false" }),
        7 => write!(out, "null"),
        8..10 => write!(out, "{word}/{other}"),
        10 => write!(out, "\"{word}: {other}, {number}\""),
        11 => write!(out, "'{word} #{number}'"),
        12 => write!(out, "${{oc.env:{word},{other}-{number}}}"),
        _ => write!(out, "[{word}, {number}, {other}]"),
    };
}

/// Random numbers that are the same everywhere: SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap_or(0)
    }

    fn word(&mut self) -> &'static str {
        const WORDS: [&str; 16] = [
            "batch", "beta", "depth", "dropout", "encoder", "epochs", "hidden", "kernel", "layers",
            "momentum", "norm", "path", "rate", "seed", "warmup", "width",
        ];
        WORDS[self.below(WORDS.len())]
    }
}
