//! What a program says of itself.

use std::ffi::OsString;

use crate::app::output::Output;
use crate::app::program::app::App;
use crate::app::program::flags::{Ask, Flags, Help};
use crate::app::program::order::Order;
use crate::app::program::session::Session;
use crate::app::program::world::World;
use crate::app::program::{help, schema, template};
use crate::diag::Result;

/// What the program says of itself. What its type alone can say is wanted most where the configs are not there yet.
///
/// # Errors
/// What it cannot say, and what is wrong with its configs then.
pub(super) fn describe(
    app: &App,
    world: World,
    flags: Flags,
    arguments: Vec<OsString>,
    order: Option<Order>,
    ask: Ask,
) -> Result<Output> {
    let help = flags.help;
    let (session, missing) = Session::open_what_is_there(app, world, flags, arguments, order)?;
    let said = match (help, ask) {
        (Some(Help::Hydra), _) => help::hydra(&session),
        (None, Ask::Schema(of)) => schema::json(&session, of.as_deref()),
        (None, Ask::SchemaFile) => schema::file(&session),
        (None, Ask::Template) => template::print(&session),
        _ if missing.is_some() => help::of_type(&session),
        _ => help::app(&session),
    };
    match (said, missing) {
        (Ok(output), Some(error)) => Ok(output.and_note(&error, session.console.err)),
        (Err(_), Some(error)) => Err(error),
        (said, None) => said,
    }
}
