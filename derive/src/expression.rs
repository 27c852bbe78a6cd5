//! Expressions in attributes: ranges, lengths, values.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, ExprLit, ExprRange, Lit, LitInt, RangeLimits, UnOp};

use crate::mistakes::Mistakes;

/// An expression as a value of a config.
pub(crate) fn value(expression: &Expr, krate: &TokenStream) -> TokenStream {
    let span = expression.span();
    if let Some(text) = text(expression) {
        return quote_spanned!(span=> #krate::value::Node::from(#text));
    }
    let widened = widen(expression);
    quote_spanned!(span=> #krate::typed::Config::write(&(#widened)))
}

/// The text, if it is a literal of it.
pub(crate) fn text(expression: &Expr) -> Option<&syn::LitStr> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        _ => None,
    }
}

/// An integer without a type would be an `i32`: nobody means that here.
fn widen(expression: &Expr) -> TokenStream {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) if number.suffix().is_empty() => {
            let wide = LitInt::new(&format!("{}i128", number.base10_digits()), number.span());
            wide.into_token_stream()
        }
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
            let inner = widen(&unary.expr);
            quote!(-#inner)
        }
        other => other.into_token_stream(),
    }
}

/// A limit on numbers: `0.0..=1.0`.
pub(crate) fn range(expression: &Expr, krate: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
    let Expr::Range(ExprRange { start, end, limits, .. }) = expression else {
        mistakes.at(expression, "expected a range, such as `0.0..=1.0` or `1..`");
        return None;
    };
    if start.is_none() && end.is_none() {
        mistakes.at(expression, "a range without ends is no limit");
        return None;
    }
    for end in [start, end].into_iter().flatten() {
        if text(end).is_some() {
            mistakes.at(end, "expected a number or a `Duration`");
        }
    }
    let bound = |end: &Expr, how: TokenStream| {
        let value = value(end, krate);
        quote!(::core::option::Option::Some(#krate::schema::Bound::#how(#value)))
    };
    let none = quote!(::core::option::Option::None);
    let min = start.as_ref().map_or_else(|| none.clone(), |start| bound(start, quote!(inclusive)));
    let max = end.as_ref().map_or(none, |end| match limits {
        RangeLimits::Closed(_) => bound(end, quote!(inclusive)),
        _ => bound(end, quote!(exclusive)),
    });
    Some(quote!(#krate::schema::Constraint::Range { min: #min, max: #max }))
}

/// A limit on lengths: `3`, `1..`, `1..=5`.
pub(crate) fn length(expression: &Expr, krate: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
    if text(expression).is_some() {
        mistakes.at(expression, "expected a number or a range, such as `3` or `1..=5`");
        return None;
    }
    let (min, max) = match expression {
        Expr::Range(ExprRange { start, end, limits, .. }) => {
            let min = start.as_ref().map_or_else(|| quote!(0), |start| quote!(#start));
            let max = end.as_ref().map(|end| match limits {
                RangeLimits::Closed(_) => quote!(#end),
                _ => quote!((#end) - 1),
            });
            (min, max)
        }
        exact => (quote!(#exact), Some(quote!(#exact))),
    };
    let max = max.map_or_else(
        || quote!(::core::option::Option::None),
        |max| quote!(::core::option::Option::Some(#max)),
    );
    Some(quote!(#krate::schema::Constraint::Length { min: #min, max: #max }))
}

/// The only values there may be: `["adam", "sgd"]`.
pub(crate) fn one_of(expression: &Expr, krate: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
    let Expr::Array(array) = expression else {
        mistakes.at(expression, "expected values in brackets, such as `[\"adam\", \"sgd\"]`");
        return None;
    };
    if array.elems.is_empty() {
        mistakes.at(expression, "no value would be allowed");
        return None;
    }
    let values = array.elems.iter().map(|element| value(element, krate));
    Some(quote!(#krate::schema::Constraint::OneOf(::std::vec![#(#values),*])))
}

/// What text must match. The pattern is made once.
pub(crate) fn regex(text: &syn::LitStr, krate: &TokenStream, mistakes: &mut Mistakes) -> Option<TokenStream> {
    if let Err(error) = regex_lite::Regex::new(&text.value()) {
        mistakes.at(text, format!("no regular expression: {error}"));
        return None;
    }
    // It has just been read, so there is one.
    Some(quote! {{
        static PATTERN: ::std::sync::LazyLock<::core::option::Option<#krate::schema::Pattern>> =
            ::std::sync::LazyLock::new(|| #krate::schema::Pattern::new(#text).ok());
        ::core::option::Option::map(
            ::core::option::Option::clone(&*PATTERN),
            #krate::schema::Constraint::Regex,
        )
    }})
}
