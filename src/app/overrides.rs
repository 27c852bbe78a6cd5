use crate::app::args::Args;
use crate::app::output::Output;
use crate::diag::{Result, Style};
pub(crate) fn run(_: &Args, _: Style) -> Result<Output> { Err(crate::app::args::wrong("later")) }
