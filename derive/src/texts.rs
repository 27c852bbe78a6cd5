//! Text as the default of a field.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericArgument, LitStr, PathArguments, Type};

use crate::mistakes::Mistakes;

/// The value that text is for a type: what can be made of `&str`, a span of time, or `Some` of one of these.
pub(crate) fn value(text: &LitStr, ty: &Type, mistakes: &mut Mistakes) -> TokenStream {
    match (named(ty, "Option"), named(ty, "Duration")) {
        (Some(Some(inner)), _) => {
            let value = value(text, inner, mistakes);
            quote!(::core::option::Option::Some(#value))
        }
        (_, Some(None)) => match nanoseconds(text.value().trim()) {
            Some((seconds, nanoseconds)) => quote!(::core::time::Duration::new(#seconds, #nanoseconds)),
            None => {
                mistakes.at(text, "expected a span of time, such as `10ms`, `1.5s`, `2h` or `1h30m`");
                TokenStream::new()
            }
        },
        _ => quote!(::core::convert::Into::into(#text)),
    }
}

/// Whether a type is called so, and the type that it holds.
pub(crate) fn named<'t>(ty: &'t Type, name: &str) -> Option<Option<&'t Type>> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return Some(None) };
    let inner = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    Some(inner)
}

const SECOND: u128 = 1_000_000_000;
/// As configs have them.
const UNITS: [(&str, u128); 11] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("min", 60 * SECOND),
    ("m", 60 * SECOND),
    ("h", 3600 * SECOND),
    ("d", 24 * 3600 * SECOND),
    ("day", 24 * 3600 * SECOND),
    ("days", 24 * 3600 * SECOND),
];

/// A span of time, in seconds and nanoseconds.
fn nanoseconds(text: &str) -> Option<(u64, u32)> {
    let mut rest = text;
    let mut nanos: u128 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let digits = &rest[..rest.len() - behind.len()];
        let behind = behind.trim_start();
        rest = behind.trim_start_matches(char::is_alphabetic);
        let name = &behind[..behind.len() - rest.len()];
        let (_, unit) = UNITS.iter().find(|(known, _)| *known == name)?;
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        nanos = nanos.checked_add(whole.parse::<u128>().ok()?.checked_mul(*unit)?)?;
        if !part.is_empty() {
            let part = &part[..part.len().min(15)];
            let below = part.parse::<u128>().ok()?.checked_mul(*unit)?;
            nanos = nanos.checked_add(below / 10u128.pow(u32::try_from(part.len()).ok()?))?;
        }
        rest = rest.trim_start();
    }
    Some((u64::try_from(nanos / SECOND).ok()?, u32::try_from(nanos % SECOND).ok()?))
}

#[cfg(test)]
mod tests {
    use super::nanoseconds;

    #[test]
    fn spans_of_time_are_read_as_in_configs() {
        let spans = [
            ("90s", Some((90, 0))),
            ("1.5s", Some((1, 500_000_000))),
            ("1h 30m", Some((5400, 0))),
            ("10ms", Some((0, 10_000_000))),
            ("90", None),
            ("", None),
            ("s", None),
            ("1.2.3s", None),
            ("soon", None),
        ];
        for (text, span) in spans {
            assert_eq!(nanoseconds(text), span, "{text}");
        }
    }
}
