//! Floor 1: pictures of a search, as SVG.

mod history;
mod importance;
mod panel;
mod parallel;
mod scale;
mod slices;
mod svg;
mod trials;

pub(crate) use history::history;
pub(crate) use importance::importance;
pub(crate) use parallel::parallel;
pub(crate) use scale::Scale;
pub(crate) use slices::slices;
pub(crate) use trials::{End, Parameter, Trial, Trials};
