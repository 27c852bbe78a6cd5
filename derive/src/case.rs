//! How names of Rust become names of configs: `rename_all`.

/// A way to write names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

/// The ways, by the names that serde has made known.
pub(crate) const CASES: [(&str, Case); 8] = [
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
    ("PascalCase", Case::Pascal),
    ("camelCase", Case::Camel),
    ("snake_case", Case::Snake),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("kebab-case", Case::Kebab),
    ("SCREAMING-KEBAB-CASE", Case::ScreamingKebab),
];

impl Case {
    /// The name of a field (`batch_size`) or a variant (`BatchSize`) written so.
    pub(crate) fn write(self, name: &str) -> String {
        let words = words(name);
        let capitalised = |word: &String| {
            let mut chars = word.chars();
            chars
                .next()
                .map(|first| first.to_uppercase().chain(chars).collect::<String>())
                .unwrap_or_default()
        };
        match self {
            // As serde has it: the underscores of a field stay.
            Self::Lower => name.to_lowercase(),
            Self::Upper => name.to_uppercase(),
            Self::Pascal => words.iter().map(capitalised).collect(),
            Self::Camel => words
                .iter()
                .enumerate()
                .map(|(i, word)| if i == 0 { word.clone() } else { capitalised(word) })
                .collect(),
            Self::Snake => words.join("_"),
            Self::ScreamingSnake => words.join("_").to_uppercase(),
            Self::Kebab => words.join("-"),
            Self::ScreamingKebab => words.join("-").to_uppercase(),
        }
    }
}

/// The words of a name, in lower case. A capital begins a word, unless the one before is a capital too and none that
/// is small follows: `HttpURL` is `http`, `url`; `L2` is one word.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in name.split('_').filter(|part| !part.is_empty()) {
        let chars: Vec<char> = part.chars().collect();
        let mut word = String::new();
        for (i, c) in chars.iter().enumerate() {
            let before = i.checked_sub(1).and_then(|i| chars.get(i));
            let next_is_small = chars.get(i + 1).is_some_and(|next| next.is_lowercase());
            let begins = c.is_uppercase() && before.is_some_and(|b| !b.is_uppercase() || next_is_small);
            if begins && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            word.extend(c.to_lowercase());
        }
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_every_case() {
        let all = |name: &str| CASES.map(|(_, case)| case.write(name));
        assert_eq!(
            all("batch_size"),
            [
                "batch_size",
                "BATCH_SIZE",
                "BatchSize",
                "batchSize",
                "batch_size",
                "BATCH_SIZE",
                "batch-size",
                "BATCH-SIZE"
            ]
        );
        for (name, snake) in
            [("Forest", "forest"), ("RandomForest", "random_forest"), ("HTTPServer", "http_server")]
        {
            assert_eq!(Case::Snake.write(name), snake);
        }
        assert_eq!(Case::Lower.write("RandomForest"), "randomforest");
        assert_eq!(Case::Upper.write("RandomForest"), "RANDOMFOREST");
        assert_eq!(Case::Snake.write("AdamW"), "adam_w");
        assert_eq!(Case::Snake.write("L2"), "l2");
        assert_eq!(Case::Snake.write("ResNet50"), "res_net50");
    }
}
