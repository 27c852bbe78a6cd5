//! How what ran is printed: `runs` and `sweeps` say it alike.

/// How a list of what ran is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One line of JSON for each.
    Json,
    /// Comma-separated values, with a line of names.
    Csv,
}

impl Format {
    /// The words by which a format is chosen.
    pub(crate) const NAMES: [&str; 3] = ["text", "json", "csv"];

    /// The format of that name; `table` and `jsonl` say the same in other words.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "text" | "table" => Some(Self::Text),
            "json" | "jsonl" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}
