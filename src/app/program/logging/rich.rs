//! `rich.logging.RichHandler`: what of it has a meaning in lines of plain text.

use crate::app::program::logging::date::Date;
use crate::app::program::logging::entry::Entry;
use crate::app::program::logging::formatter::Formatter;
use crate::app::program::logging::part::Part;
use crate::diag::Error;

pub(super) const RICH: &str = "rich.logging.RichHandler";

/// All that Rich knows, those first that count here.
pub(super) const FIELDS: [&str; 21] = [
    "show_time",
    "show_level",
    "show_path",
    "log_time_format",
    "omit_repeated_times",
    "console",
    "enable_link_path",
    "highlighter",
    "markup",
    "rich_tracebacks",
    "tracebacks_width",
    "tracebacks_code_width",
    "tracebacks_extra_lines",
    "tracebacks_theme",
    "tracebacks_word_wrap",
    "tracebacks_show_locals",
    "tracebacks_suppress",
    "tracebacks_max_frames",
    "locals_max_length",
    "locals_max_string",
    "keywords",
];

/// So many of them count.
const COUNTED: usize = 4;

/// What stands before and behind the message: the columns of Rich.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    before: Formatter,
    behind: Formatter,
}

impl Frame {
    /// What a config says. What has no meaning here is left out, with a note.
    pub(super) fn read(part: &Part<'_>, notes: &mut Vec<String>, errors: &mut Vec<Error>) -> Self {
        let mut shows = |key: &str| part.flag(key, errors).unwrap_or(true);
        let [time, level, path] = ["show_time", "show_level", "show_path"].map(&mut shows);
        let left: Vec<_> = part.keys().map(|(key, _)| key).filter(|key| is_left_out(key)).collect();
        if !left.is_empty() {
            notes.push(format!("`{}` is without {}: lines are plain text here", part.path, left.join(", ")));
        }
        let date = match part.get("log_time_format") {
            Some(_) => Date::read(part, "log_time_format", errors),
            None => Date::new("[%x %X]".to_owned()).ok(),
        };
        let mut before = String::new();
        before.push_str(if time { "%(asctime)s " } else { "" });
        before.push_str(if level { "%(levelname)-8s " } else { "" });
        let behind = if path { " %(filename)s:%(lineno)d" } else { "" };
        Self { before: Formatter::of(&before).with_date(date), behind: Formatter::of(behind) }
    }

    /// A message with what stands around it. Of several lines the first one has it behind it.
    pub(super) fn around(&self, message: &str, entry: &Entry<'_>) -> String {
        let (before, behind) = (self.before.line(entry), self.behind.line(entry));
        match message.split_once('\n') {
            Some((first, rest)) => format!("{before}{first}{behind}\n{rest}"),
            None => format!("{before}{message}{behind}"),
        }
    }
}

fn is_left_out(key: &str) -> bool {
    FIELDS[COUNTED..].contains(&key)
}
