//! `--template`: a config file from the types of a program.

use crate::app::output::Output;
use crate::app::program::groups::has_room;
use crate::app::program::help::group_paths;
use crate::app::program::session::Session;
use crate::compose::{Mode, Repository};
use crate::declared::template::template;
use crate::declared::wrapped;
use crate::diag::{Error, ErrorKind, Result};
use crate::schema::Expected;
use crate::settings::is_reserved;
use crate::value::{KeyPath, Node, Text};

/// What the primary config chooses of groups, if it composes.
fn chosen(session: &Session<'_>) -> Vec<(String, String)> {
    let composed = session.arguments(&[]).and_then(|arguments| session.compose(&arguments, Mode::Multirun));
    let Ok(composed) = composed else { return Vec::new() };
    let choices = composed.selection().choices();
    choices.filter_map(|(key, option)| Some((key.to_owned(), option?.to_owned()))).collect()
}

/// The option of a group that goes with the defaults of the type: one that stands for the variant that the default is, if it
/// is one. Among several, that of the primary config. `None` if there is none: then the default would be in its way.
fn offered(
    repository: &Repository,
    expected: Expected<'_>,
    (group, options): (&str, &[Text]),
    primary: Option<&str>,
) -> Option<Text> {
    let path = KeyPath::parse(&group.replace('/', "."));
    let default = path.keys().iter().try_fold(&expected.defaults(), Node::child).cloned();
    let place = expected.at(&path);
    let variants = place.as_enum().filter(|variants| variants.tag.is_some());
    let fits = |option: &&Text| {
        let Some((variants, default)) = variants.zip(default.as_ref()) else { return true };
        let Some((wanted, _)) = variants.of(default) else { return true };
        let document = repository.load(&format!("{group}/{option}")).ok().flatten();
        let word = document
            .as_ref()
            .and_then(|one| one.root.as_map()?.get_str(variants.tag.as_ref()?)?.as_str().map(Text::from));
        let found = match word {
            Some(word) => variants.variant(&word),
            None => variants.option(option),
        };
        found.is_some_and(|(name, _)| name == wanted)
    };
    let mut fitting: Vec<&Text> = options.iter().filter(fits).collect();
    fitting.sort_by_key(|option| Some(option.as_str()) != primary);
    fitting.first().map(|option| (*option).clone())
}

/// Prints a config file that says all there is to say, and changes nothing: it holds the defaults of the type.
///
/// # Errors
/// The program has no type; a group that cannot be listed.
pub(crate) fn print(session: &Session<'_>) -> Result<Output> {
    let Some(schema) = &session.app.typed else {
        let error = Error::new(ErrorKind::Usage, "this program has no type to make a template of");
        return Err(error.help("`--cfg job` prints the config"));
    };
    let expected = schema.expected();
    let mut out = String::new();
    let mut paragraph = |lines: Vec<String>| {
        if !lines.is_empty() {
            out.push_str(if out.is_empty() { "" } else { "\n" });
            lines.iter().for_each(|line| {
                out.push_str(line);
                out.push('\n');
            });
        }
    };
    let doc = expected.as_struct().map_or("", |fields| fields.doc.as_str());
    paragraph(wrapped(doc, 78).iter().map(|line| format!("# {line}").trim_end().to_owned()).collect());
    let (repository, broken) = session.repository();
    let chosen = chosen(session);
    let mut choices = Vec::new();
    for group in group_paths(&repository)?.into_iter().filter(|group| !is_reserved(group)) {
        let options = repository.options(&group)?;
        if !has_room(&repository, expected, &group, &options) {
            continue;
        }
        let primary = chosen.iter().find(|(key, _)| *key == group).map(|(_, option)| option.as_str());
        if let Some(offered) = offered(&repository, expected, (&group, &options), primary) {
            let others =
                if options.len() > 1 { format!("  # {}", options.join(" | ")) } else { String::new() };
            choices.push(format!("#   - {group}: {offered}{others}"));
        }
    }
    if !choices.is_empty() {
        // Options say more than the defaults below, so they come behind them.
        choices.splice(0..0, ["# defaults:".to_owned(), "#   - _self_".to_owned()]);
        paragraph(choices);
    }
    paragraph(template(expected));
    let output = Output::success(out);
    Ok(match broken {
        Some(error) => output.and_note(&error, session.console.err),
        None => output,
    })
}
