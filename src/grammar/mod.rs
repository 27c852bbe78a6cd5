//! Floor 2: the grammar of overrides and of `${…}`; one table of functions.

mod bad_key;
mod decimal;
mod draw;
mod expand;
mod function;
mod json;
mod node;
mod overrides;
mod parse;
mod parse_key;
mod parse_value;
mod print;
mod scan;
mod target;
mod template;
mod template_error;
mod template_piece;
mod token;
mod value;

pub use decimal::Decimal;
pub use draw::Permutation;
pub use expand::Values;
pub use json::{to_json, value_to_json};
pub use overrides::{Action, Assignment, Override, assignments};
pub use parse::{parse_override, parse_overrides};
#[cfg(feature = "app")]
pub(crate) use print::quoted;
pub use target::Target;
pub(crate) use template::{interpolates, parse_interpolations};
pub use template::{parse_element, parse_template};
pub use template_error::TemplateError;
pub use value::{
    Choice, List, Number, NumberCast, Operand, Quote, Range, Sweep, SweepKind, Value, ValueKind,
};
