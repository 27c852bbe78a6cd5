//! What else is wrong with a config that cannot be composed: the values that have nothing to do with the mistakes.

use std::sync::Arc;

use crate::app::program::job::call_of;
use crate::app::program::session::Session;
use crate::compose::{Arguments, Mode};
use crate::diag::{Error, ErrorKind, SourceId, SourceKind};
use crate::grammar::Override;
use crate::schema::Expected;
use crate::value::{Key, KeyPath, Text};

/// The error of composing with what is wrong with all other values: it is looked for without the arguments that the error is
/// about. What they say is not known, so nothing is said of the places that they name.
pub(crate) fn with_values(session: &Session<'_>, arguments: &Arguments, error: Error) -> Error {
    let Some(schema) = &session.app.typed else { return error };
    let error = with_variants(session, schema.expected(), arguments, error);
    let blamed: Vec<usize> = error.iter().filter_map(|one| argument_of(one, &error)).collect();
    let is_wrong = |source: SourceId| {
        matches!(arguments.sources.get(source).map(|one| one.kind().clone()), Some(SourceKind::Argument(number))
            if blamed.contains(&number))
    };
    let all = arguments.overrides.iter();
    let unknown: Arc<[KeyPath]> =
        all.filter(|one| is_wrong(one.origin.source)).map(|one| one.target.path()).collect();
    let words = session.flags.overrides.iter().zip(1..);
    let right: Vec<&str> =
        words.filter(|(_, number)| !blamed.contains(number)).map(|(word, _)| word.as_str()).collect();
    // What a config says wrong, or which configs there are, cannot be left out.
    let told = error.iter().all(|one| argument_of(one, &error).is_some());
    let composed = told.then(|| {
        let arguments = session.composer.arguments(session.config_name(), &right)?;
        session.compose(&arguments, Mode::Run)
    });
    let Some(Ok(composed)) = composed else {
        return match error.leaves_unchecked() {
            true => error,
            false => error.unchecked("whether all that must be given is given, and can be read"),
        };
    };
    let bound = session.bind(composed).with_unknown(unknown);
    let others = call_of(session, &bound).err().map(Error::each).unwrap_or_default();
    Error::all(error.clone().each().into_iter().chain(others)).unwrap_or(error)
}

/// The same with advice for who chooses a variant that no option stands for.
fn with_variants(
    session: &Session<'_>,
    expected: Expected<'_>,
    arguments: &Arguments,
    error: Error,
) -> Error {
    let advice = |argument: &Override| {
        let path = argument.target.path();
        let variants = expected.at(&path).as_enum()?;
        let value = argument.assignment(0).ok()?.action.value()?.clone();
        let (name, variant) = variants.variant(value.as_str()?)?;
        let group: Vec<String> = path.keys().iter().map(Key::to_string).collect();
        let known = session.repository().0.options(&group.join("/")).ok()?;
        let stands = |option: &Text| known.contains(option);
        let is_option = stands(name) || variant.options.iter().any(stands);
        let tag = variants.tag.as_ref().filter(|_| !is_option)?;
        Some(format!("type `{path}.{tag}={name}`: no option stands for it"))
    };
    let advised = |one: Error| {
        let number = argument_of(&one, &one).filter(|_| one.kind() == ErrorKind::NotFound);
        let by = |argument: &&Override| is_argument(arguments, argument.origin.source, number);
        match arguments.overrides.iter().find(by).and_then(advice) {
            Some(advice) => one.help(advice),
            None => one,
        }
    };
    Error::all(error.clone().each().into_iter().map(advised)).unwrap_or(error)
}

fn is_argument(arguments: &Arguments, source: SourceId, number: Option<usize>) -> bool {
    let kind = arguments.sources.get(source).map(|one| one.kind().clone());
    number.is_some() && matches!(kind, Some(SourceKind::Argument(found)) if Some(found) == number)
}

/// The argument, counted from 1, that a mistake is about.
fn argument_of(one: &Error, whole: &Error) -> Option<usize> {
    let sources = one.sources().or_else(|| whole.sources())?;
    one.labels().iter().find_map(|label| match sources.get(label.origin.source)?.kind() {
        SourceKind::Argument(number) => Some(*number),
        _ => None,
    })
}
