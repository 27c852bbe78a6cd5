//! What is wrong with a `${…}`.

use crate::diag::Span;

/// A mistake in a template, with its place in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateError {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes of the text.
    pub span: Span,
    /// What to write instead, if that is known.
    pub help: Option<&'static str>,
    /// Whether the text is right but nested too deeply.
    pub limit: bool,
}
