//! `--help` and `--hydra-help`: texts from templates of the `hydra` node.

use crate::app::output::Output;
use crate::app::program::bound::Bound;
use crate::app::program::fields;
use crate::app::program::flags::described;
use crate::app::program::groups::Groups;
use crate::app::program::session::{Session, setting};
use crate::app::program::table::{Row, table};
use crate::compose::{Mode, Repository};
use crate::declared::wrapped;
use crate::diag::{Error, ErrorKind, Result, visible};
use crate::settings::is_reserved;
use crate::value::{Kind, Node, Text, write_yaml};

/// The program's help: `hydra.help.template`, filled in.
///
/// # Errors
/// What cannot be composed; a template that asks for what there is not.
pub(crate) fn app(session: &Session<'_>) -> Result<Output> {
    // Choices that are still to be made are no reason not to help.
    let composed = session.arguments(&[]).and_then(|arguments| session.bound(&arguments, Mode::Multirun));
    match composed {
        Ok(bound) => filled(session, &bound, "hydra.help.template"),
        // A config that is broken neither: the type alone says most of it.
        Err(error) => match bare(session) {
            Ok(bound) => {
                Ok(filled(session, &bound, "hydra.help.template")?.and_note(&error, session.console.err))
            }
            Err(_) => Err(error),
        },
    }
}

/// The composition without the primary config, by what the arguments say of the `hydra` node.
fn bare(session: &Session<'_>) -> Result<Bound> {
    let arguments = session.composer.arguments(None, &session.flags.overrides)?;
    let own = |one: &crate::grammar::Override| one.target.is_hydra();
    let arguments = crate::compose::Arguments {
        overrides: arguments.overrides.iter().filter(|one| own(one)).cloned().collect(),
        ..arguments
    };
    Ok(Bound::new(&session.composer, session.composer.compose(None, &arguments, Mode::Multirun)?))
}

/// The help on flags: `hydra.hydra_help.template`, filled in. The primary config has no say.
///
/// # Errors
/// As [`app`].
pub(crate) fn hydra(session: &Session<'_>) -> Result<Output> {
    let bound = bare(session)?;
    filled(session, &bound, "hydra.hydra_help.template")
}

fn filled(session: &Session<'_>, bound: &Bound, key: &str) -> Result<Output> {
    let template = setting(bound, key)?.unwrap_or_default();
    let repository = bound.composed().selection().repository();
    let answer = |name: &str| -> Result<Option<String>> {
        Ok(Some(match name {
            "FLAGS_HELP" => {
                let own = own_flags(session)?;
                described() + &if own.is_empty() { own } else { format!("\n\n{}", own.trim_end()) }
            }
            "ABOUT" => about(session),
            "USAGE" => usage(session, bound)?,
            "GROUPS" => choices(bound)?,
            "FIELDS" => fields(session, bound)?,
            "ARGS" => section("Flags of this program:", &own_flags(session)?),
            "APP_CONFIG_GROUPS" => groups(repository, false)?,
            "HYDRA_CONFIG_GROUPS" => groups(repository, true)?,
            "CONFIG" => {
                let config = if session.flags.resolve { bound.resolve()? } else { bound.job().clone() };
                let mut yaml = String::new();
                write_yaml(&config, &mut yaml);
                yaml
            }
            "OVERRIDE_ALIASES" => aliases(session)?,
            _ => return Ok(None),
        }))
    };
    let origin = bound.select(key)?.map(|node| node.origin);
    let mut text = substitute(&template, answer).map_err(|error| match origin {
        Some(origin) => error.at(origin, "in this template").located(bound.composed().sources()),
        None => error,
    })?;
    text.truncate(text.trim_end().len());
    text.push('\n');
    Ok(Output::success(text).warn(bound.composed().warnings(), session.console.err))
}

/// What `$NAME` can be.
const NAMES: &str = "$APP_CONFIG_GROUPS, $HYDRA_CONFIG_GROUPS, $CONFIG, $FLAGS_HELP, $OVERRIDE_ALIASES, $ABOUT, $USAGE, \
                     $GROUPS, $FIELDS, $ARGS";

/// Fills in `$NAME` and `${NAME}`, as Python's `string.Template` does; `$$` is a dollar.
fn substitute(template: &str, answer: impl Fn(&str) -> Result<Option<String>>) -> Result<String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(more) = rest.strip_prefix('$') {
            out.push('$');
            rest = more;
            continue;
        }
        let (braced, inner) = match rest.strip_prefix('{') {
            Some(inner) => (true, inner),
            None => (false, rest),
        };
        let length = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        let name = &inner[..length];
        let closed = !braced || inner[length..].starts_with('}');
        let found =
            if closed && !name.starts_with(|c: char| c.is_ascii_digit()) { answer(name)? } else { None };
        let Some(text) = found else {
            let shown: String = rest.chars().take(20).take_while(|c| !c.is_whitespace()).collect();
            return Err(Error::new(ErrorKind::Template, format!("a help text has no `${shown}`"))
                .help(format!("there are {NAMES}; a dollar is `$$`")));
        };
        out.push_str(&text);
        rest = &inner[length + usize::from(braced)..];
    }
    out.push_str(rest);
    Ok(out)
}

/// A heading, and what stands below it; nothing if there is nothing.
fn section(heading: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{heading}\n\n{}\n\n", text.trim_end()) }
}

/// What the type of the config says of the program.
fn about(session: &Session<'_>) -> String {
    let doc = session.app.typed.as_ref().and_then(|schema| schema.expected().as_struct()).map(|one| &one.doc);
    let lines = wrapped(doc.map_or("", |doc| doc.as_str()), 80);
    if lines.is_empty() { String::new() } else { lines.join("\n") + "\n\n" }
}

/// Config groups: what is chosen now, and what may be.
fn choices(bound: &Bound) -> Result<String> {
    let groups = Groups::of(bound.composed())?;
    let rows: Vec<Row> = groups.keys().map(|(key, options)| Row::Entry(key, options.join(" | "))).collect();
    Ok(section("Config groups, chosen by GROUP=OPTION:", &table(&rows)))
}

/// Every field of a typed program; of any other the config.
fn fields(session: &Session<'_>, bound: &Bound) -> Result<String> {
    let config = if session.flags.resolve { bound.resolve()? } else { bound.job().clone() };
    let Some(schema) = &session.app.typed else {
        let mut yaml = String::new();
        if config.as_map().is_some_and(|map| !map.is_empty()) {
            write_yaml(&config, &mut yaml);
        }
        return Ok(section("The config; change any of it by KEY=VALUE:", &yaml));
    };
    let rows = fields::rows(schema.expected(), &config, &Groups::of(bound.composed())?);
    Ok(section("The config; change any of it by KEY=VALUE:", &table(&rows)))
}

/// What to type first: real keys, so that each line works as it stands.
fn usage(session: &Session<'_>, bound: &Bound) -> Result<String> {
    let name = &session.app.name;
    let first = |node: &Node| {
        let map = node.as_map()?;
        let plain = |node: &Node| matches!(node.kind, Kind::Int(_) | Kind::Float(_) | Kind::Bool(_));
        let found = map.iter().find(|(_, slot)| plain(&slot.node) && !slot.node.origin.is_secret())?;
        Some((found.0.to_string(), fields::shown(&found.1.node)))
    };
    let several = |(key, options): (String, &[Text])| {
        let key = key.split('=').next().unwrap_or_default();
        (options.len() > 1).then(|| format!("{key}={},{}", options[0], options[1]))
    };
    let groups = Groups::of(bound.composed())?;
    let (key, value) = first(bound.job()).unwrap_or_else(|| ("KEY".to_owned(), "VALUE".to_owned()));
    let swept = groups.keys().find_map(several).unwrap_or_else(|| "KEY=A,B".to_owned());
    let row = |what: String, why: &str| Row::Entry(format!("{name} {what}"), why.to_owned());
    let typed = session.app.typed.is_some();
    let rows = [
        row(format!("{key}={value}"), "a run, with its directory and its record"),
        row(format!("-m {swept}"), "a run for each; `--resume` goes on after a kill"),
        row(format!("--explain {key}"), "who set it; `--cfg job` prints the whole config"),
        row("--template".to_owned(), "a config file to begin with; `--schema` is for editors"),
    ];
    let rows = if typed { &rows[..] } else { &rows[..3] };
    Ok(table(rows) + "\n")
}

/// What clap says of the program's own flags.
fn own_flags(session: &Session<'_>) -> Result<String> {
    Ok(session.app.own.map(|make| make()).transpose()?.map(|own| own.help).unwrap_or_default())
}

/// All config groups, sorted.
///
/// # Errors
/// A source that cannot be listed.
pub(crate) fn group_paths(repository: &Repository) -> Result<Vec<String>> {
    let mut open = vec![String::new()];
    let mut found = Vec::new();
    while let Some(above) = open.pop() {
        for name in repository.groups(&above)? {
            let group = if above.is_empty() { name.to_string() } else { format!("{above}/{name}") };
            found.push(group.clone());
            open.push(group);
        }
    }
    found.sort();
    Ok(found)
}

/// Groups with their options, a line each: those of the `hydra` node, or all others.
pub(crate) fn groups(repository: &Repository, reserved: bool) -> Result<String> {
    let mut out = String::new();
    for group in group_paths(repository)?.iter().filter(|group| is_reserved(group) == reserved) {
        let options = repository.options(group)?;
        if !options.is_empty() {
            let line = format!("{}: {}", visible(group), visible(&options.join(", ")));
            for (nth, line) in wrapped(&line, 76).iter().enumerate() {
                out.push_str(if nth == 0 { "" } else { "    " });
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    Ok(out)
}

/// Aliases under a heading; nothing if there are none.
fn aliases(session: &Session<'_>) -> Result<String> {
    let aliases = session.composer.aliases(session.config_name())?;
    if aliases.is_empty() {
        return Ok(String::new());
    }
    let rows: String = aliases.iter().map(|(alias, target)| format!("{alias}: {target}\n")).collect();
    Ok(section("Short names of keys:", &rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_as_python_fills_them() {
        let fill = |template: &str| {
            substitute(template, |name| Ok((name == "CONFIG").then(|| "a: 1".to_owned())))
                .map_err(|error| error.message().to_owned())
        };
        assert_eq!(fill("x $CONFIG, ${CONFIG}s $$5"), Ok("x a: 1, a: 1s $5".to_owned()));
        for broken in ["$NOPE", "$", "${CONFIG", "$5", "${}"] {
            assert_eq!(fill(broken), Err(format!("a help text has no `{broken}`")), "{broken}");
        }
    }
}
