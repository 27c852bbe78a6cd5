//! How a line looks: `logging.Formatter` and `colorlog.ColoredFormatter`.

use crate::app::program::logging::colour::{self, RESET};
use crate::app::program::logging::date::Date;
use crate::app::program::logging::entry::Entry;
use crate::app::program::logging::field::Field;
use crate::app::program::logging::level::Level;
use crate::app::program::logging::part::{Part, no_such};
use crate::app::program::logging::pattern::{self, Named, Names, Piece, Style};
use crate::app::program::logging::plan::Palette;
use crate::app::program::logging::spec::Spec;
use crate::diag::Error;

/// How a line looks.
#[derive(Clone, Debug)]
pub(super) struct Formatter {
    pieces: Vec<Piece>,
    /// How the moment is written, if not as Python does it by default.
    date: Option<Date>,
    /// The colours of the levels: that of the level itself, and more.
    tables: Vec<Table>,
    /// The line ends with what puts the colours back.
    resets: bool,
}

/// A name in format strings, and the escape code for each level.
#[derive(Clone, Debug)]
struct Table {
    name: String,
    codes: Vec<(String, String)>,
}

const PLAIN: &str = "logging.Formatter";
const COLOURED: &str = "colorlog.ColoredFormatter";
const CLASSES: [&str; 3] = [PLAIN, COLOURED, "colorlog.formatter.ColoredFormatter"];
const STYLES: [(&str, Style); 3] = [("%", Style::Percent), ("{", Style::Brace), ("$", Style::Dollar)];

/// The levels that `colorlog` colours unless it is told otherwise.
const COLOURS: [(&str, &str); 5] = [
    ("DEBUG", "white"),
    ("INFO", "green"),
    ("WARNING", "yellow"),
    ("ERROR", "red"),
    ("CRITICAL", "bold_red"),
];

impl Formatter {
    /// The message, and nothing else.
    pub(super) fn message() -> Self {
        let pieces = vec![Piece::Field(Field::Message, Spec::PLAIN)];
        Self { pieces, date: None, tables: Vec::new(), resets: false }
    }

    /// A formatter of that format string, which has nothing that could be wrong.
    pub(super) fn of(format: &str) -> Self {
        let pieces = pattern::parse(format, Style::Percent, &Plain).unwrap_or_default();
        Self { pieces, ..Self::message() }
    }

    /// The same with the moment written otherwise.
    pub(super) fn with_date(self, date: Option<Date>) -> Self {
        Self { date, ..self }
    }

    /// What a config says.
    pub(super) fn read(part: &Part<'_>, palette: &Palette, errors: &mut Vec<Error>) -> Self {
        let class = ["()", "class"].into_iter().find_map(|key| part.text(key, errors).zip(part.get(key)));
        let coloured = match &class {
            Some((class, node)) if !CLASSES.contains(&class.as_str()) => {
                errors.push(no_such("formatter", class, node, CLASSES.into_iter()));
                return Self::message();
            }
            Some((class, _)) => class != PLAIN,
            None => false,
        };
        let mut known = vec!["()", "class", "format", "fmt", "datefmt", "style", "validate"];
        // Named by `class`, Python hands no more to it.
        let told = coloured && part.get("()").is_some();
        if told {
            known.extend([
                "log_colors",
                "secondary_log_colors",
                "reset",
                "stream",
                "no_color",
                "force_color",
            ]);
        }
        part.knows(&known, errors);
        let style = part.text("style", errors).zip(part.get("style"));
        let style = style.map_or(Some(Style::Percent), |(text, node)| {
            let found = STYLES.iter().find(|(name, _)| *name == text).map(|(_, style)| *style);
            if found.is_none() {
                errors.push(no_such("style", &text, node, STYLES.iter().map(|(name, _)| *name)));
            }
            found
        });
        let mut formatter = Self { date: Date::read(part, "datefmt", errors), ..Self::message() };
        let visible = coloured && is_visible(part, palette, errors);
        if coloured {
            formatter.tables = tables(part, visible, errors);
            formatter.resets = visible && part.flag("reset", errors).unwrap_or(true);
        }
        let Some(style) = style else { return formatter };
        let key = if part.get("format").is_some() { "format" } else { "fmt" };
        let text = part.text(key, errors).unwrap_or_else(|| by_default(coloured, style).to_owned());
        let names = Coloured { tables: &formatter.tables, visible };
        let names: &dyn Names = if coloured { &names } else { &Plain };
        match pattern::parse(&text, style, names) {
            Ok(pieces) => formatter.pieces = pieces,
            Err(error) => {
                let origin = part.get(key).unwrap_or(part.node).origin;
                errors.push(error.at(origin, "in this format"));
            }
        }
        formatter
    }

    /// The line of a record, without its end.
    pub(super) fn line(&self, entry: &Entry<'_>) -> String {
        let mut out = String::with_capacity(entry.message.len() + 64);
        let time = || match &self.date {
            None => entry.at.naive_local().format("%Y-%m-%d %H:%M:%S,%3f").to_string(),
            Some(date) => date.write(entry.at),
        };
        let colour = |table: usize| self.tables[table].of(entry.level).to_owned();
        pattern::fill(&self.pieces, entry, time, colour, &mut out);
        if self.resets && !out.ends_with(RESET) {
            out.push_str(RESET);
        }
        out
    }
}

fn by_default(coloured: bool, style: Style) -> &'static str {
    match (coloured, style) {
        (false, Style::Percent) => "%(message)s",
        (false, Style::Brace) => "{message}",
        (false, Style::Dollar) => "$message",
        (true, Style::Percent) => "%(log_color)s%(levelname)s:%(name)s:%(message)s",
        (true, Style::Brace) => "{log_color}{levelname}:{name}:{message}",
        (true, Style::Dollar) => "$log_color$levelname:$name:$message",
    }
}

/// Whether colours are written, as `colorlog` decides it.
fn is_visible(part: &Part<'_>, palette: &Palette, errors: &mut Vec<Error>) -> bool {
    let stream = part.text("stream", errors);
    if part.flag("force_color", errors).unwrap_or(false) || palette.forced {
        return true;
    }
    if part.flag("no_color", errors).unwrap_or(false) || palette.forbidden {
        return false;
    }
    match stream.as_deref() {
        Some("ext://sys.stdout") => palette.out,
        Some("ext://sys.stderr") => palette.err,
        _ => true,
    }
}

fn tables(part: &Part<'_>, visible: bool, errors: &mut Vec<Error>) -> Vec<Table> {
    let own = match part.part("log_colors", errors) {
        Some(colours) => Table::read("log_color".to_owned(), &colours, errors),
        None => {
            let code =
                |(level, name): (&str, &str)| (level.to_owned(), colour::escape(name).unwrap_or_default());
            Table { name: "log_color".to_owned(), codes: COLOURS.map(code).to_vec() }
        }
    };
    let more = part.parts("secondary_log_colors", errors);
    let more: Vec<_> = more
        .into_iter()
        .map(|(name, colours)| Table::read(format!("{name}_log_color"), &colours, errors))
        .collect();
    let mut all: Vec<_> = [own].into_iter().chain(more).collect();
    if !visible {
        all.iter_mut().for_each(|table| table.codes.clear());
    }
    all
}

impl Table {
    fn read(name: String, part: &Part<'_>, errors: &mut Vec<Error>) -> Self {
        let mut codes = Vec::new();
        for (level, node) in part.keys() {
            if !Level::is_name(&level) {
                errors.push(no_such("level", &level, node, COLOURS.iter().map(|(name, _)| *name)));
                continue;
            }
            let Some(text) = part.text(&level, errors) else { continue };
            match colour::sequence(&text) {
                Ok(code) => codes.push((level, code)),
                Err(unknown) => errors.push(no_such(
                    "colour",
                    unknown,
                    node,
                    ["black", "red", "green", "yellow", "blue", "purple", "cyan", "white", "bold_red"]
                        .into_iter(),
                )),
            }
        }
        Self { name, codes }
    }

    fn of(&self, level: Level) -> &str {
        self.codes.iter().find(|(name, _)| name == level.name()).map_or("", |(_, code)| code)
    }
}

/// What a plain formatter knows.
struct Plain;

impl Names for Plain {
    fn named(&self, name: &str) -> Option<Named> {
        Field::named(name).map(|(field, of)| Named::Field(field, of))
    }

    fn all(&self) -> Vec<String> {
        Field::names().map(str::to_owned).collect()
    }
}

/// What a coloured formatter knows.
struct Coloured<'a> {
    tables: &'a [Table],
    visible: bool,
}

impl Names for Coloured<'_> {
    fn named(&self, name: &str) -> Option<Named> {
        if let Some(table) = self.tables.iter().position(|table| table.name == name) {
            return Some(Named::Colour(table));
        }
        match colour::escape(name) {
            Some(code) => Some(Named::Text(if self.visible { code } else { String::new() })),
            None => Plain.named(name),
        }
    }

    fn all(&self) -> Vec<String> {
        let colours = ["reset", "bold", "red", "green", "yellow", "blue", "purple", "cyan", "white"];
        let own = self.tables.iter().map(|table| table.name.clone());
        Plain.all().into_iter().chain(own).chain(colours.map(str::to_owned)).collect()
    }
}
