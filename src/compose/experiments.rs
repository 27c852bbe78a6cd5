//! Options that change the whole config: each is composed with a primary config that it may belong to.

use crate::compose::composed::Composed;
use crate::compose::composer::{Composer, Mode};
use crate::diag::{Error, ErrorKind, Result};
use crate::value::Text;

/// So many compositions are tried.
pub(crate) const TRIED: usize = 2000;

/// Says that there are more of them.
pub(crate) fn untried(options: usize) -> Option<Error> {
    let message = format!(
        "{} options that change the whole config were not composed",
        options.checked_sub(TRIED + 1)? + 1
    );
    Some(Error::new(ErrorKind::Limit, message).note(format!("{TRIED} of {options} were")))
}

/// The option of a group composed with the first of the primary configs that it can be composed with.
///
/// # Errors
/// What is wrong with the first of them, if there is none.
pub(crate) fn compose_with(
    composer: &Composer,
    primaries: &[Text],
    overrides: &[String],
    (group, option): (&str, &str),
) -> Result<Option<Composed>> {
    let mut first: Option<Error> = None;
    for name in primaries {
        match compose(composer, name, overrides, (group, option)) {
            Ok(composed) => return Ok(Some(composed)),
            Err(error) => {
                first.get_or_insert(error.note(format!("composing `{name}` with `{group}={option}`")));
            }
        }
    }
    first.map_or(Ok(None), Err)
}

fn compose(
    composer: &Composer,
    name: &Text,
    overrides: &[String],
    (group, option): (&str, &str),
) -> Result<Composed> {
    let with = |line: String| {
        let lines: Vec<String> = overrides.iter().cloned().chain([line]).collect();
        let arguments = composer.arguments(Some(name), &lines)?;
        composer.compose(Some(name), &arguments, Mode::Multirun)
    };
    // Where the primary config chooses one, this one is chosen in its place; else it is added.
    let chosen = composer
        .arguments(Some(name), overrides)
        .and_then(|arguments| composer.select(Some(name), &arguments, Mode::Multirun))
        .is_ok_and(|selected| selected.selection.choices().any(|(key, _)| key == group));
    with(format!("{}{group}={option}", if chosen { "" } else { "+" }))
}
