//! `--template`: a config file from the types of a program.

use crate::app::output::Output;
use crate::app::program::groups::has_room;
use crate::app::program::help::group_paths;
use crate::app::program::session::Session;
use crate::declared::template::template;
use crate::declared::wrapped;
use crate::diag::{Error, ErrorKind, Result};
use crate::settings::is_reserved;

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
    let mut choices = Vec::new();
    for group in group_paths(&repository)?.into_iter().filter(|group| !is_reserved(group)) {
        let options = repository.options(&group)?;
        if let Some(first) = options.first().filter(|_| has_room(&repository, expected, &group, &options)) {
            let others =
                if options.len() > 1 { format!("  # {}", options.join(" | ")) } else { String::new() };
            choices.push(format!("#   - {group}: {first}{others}"));
        }
    }
    if !choices.is_empty() {
        choices.insert(0, "# defaults:".to_owned());
        choices.push("#   - _self_".to_owned());
        paragraph(choices);
    }
    paragraph(template(expected));
    let output = Output::success(out);
    Ok(match broken {
        Some(error) => output.and_note(&error, session.console.err),
        None => output,
    })
}
