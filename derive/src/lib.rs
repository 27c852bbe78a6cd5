//! `#[derive(mainstem::Config)]`. Use it from the crate `mainstem`, which documents it.

mod agree;
mod attributes;
mod bounds;
mod case;
mod describe;
mod expand;
mod expression;
mod input;
mod mistakes;
mod objectives;
mod program;
mod read;
mod texts;
mod write;

use proc_macro::TokenStream;

/// Implements the trait `mainstem::typed::Config` for a struct or an enum. It is documented where it is re-exported:
/// `mainstem::Config`.
#[proc_macro_derive(Config, attributes(mainstem))]
pub fn config(input: TokenStream) -> TokenStream {
    expand::expand(input.into()).into()
}

/// Makes a function the job of a program. It is documented where it is re-exported: `mainstem::pipeline_main`.
#[proc_macro_attribute]
pub fn pipeline_main(arguments: TokenStream, function: TokenStream) -> TokenStream {
    program::expand(arguments.into(), function.into()).into()
}

/// Makes a struct of objectives what a job may return. It is documented where it is re-exported: `mainstem::Objectives`.
#[proc_macro_derive(Objectives, attributes(mainstem))]
pub fn objectives(input: TokenStream) -> TokenStream {
    objectives::expand(input.into()).into()
}
