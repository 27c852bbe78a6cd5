use crate::app::args::Args;
use crate::app::output::Output;
use crate::diag::{Result, Style};
use crate::facts::Facts;
pub(crate) fn run(_: &Args, _: Facts, _: Style) -> Result<Output> {
    Err(crate::app::args::wrong("later"))
}
