//! The grammar of `${…}`.

use crate::diag::Span;
use crate::value::{Part, Template};

/// A mistake in a template, with its place in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateError {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes of the text.
    pub span: Span,
}

/// Parses text that holds `${`. `None` if it does not: then it is plain text.
///
/// # Errors
/// The first place where the text does not follow the grammar.
pub fn parse_template(text: &str) -> Result<Option<Template>, TemplateError> {
    if !text.contains("${") {
        return Ok(None);
    }
    Ok(Some(Template { text: text.into(), parts: Box::new([Part::Text(text.into())]) }))
}

/// Parses one element.
///
/// # Errors
/// The first place where the text does not follow the grammar.
pub fn parse_element(text: &str) -> Result<crate::value::Expression, TemplateError> {
    Err(TemplateError { message: "not yet".to_owned(), span: Span::new(0, text.len()) })
}
