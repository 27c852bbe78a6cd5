//! Floor 2: the grammar of overrides and of `${…}`; one table of functions.

mod scan;
mod template;

pub use template::{TemplateError, parse_element, parse_template};
