//! Numbers of YAML 1.1, with OmegaConf's rules for floats.

use crate::value::Kind;

/// The most digits of an integer: beyond this, converting costs quadratic time.
const DIGITS: usize = 4300;

/// What text that begins like a number is.
#[derive(Debug, PartialEq)]
pub(super) enum Number {
    /// A number.
    Is(Kind),
    /// Not a number but text: `08`, `1.2.3`, `2020-01-01`.
    Text,
    /// It looks like a number and is none: `0b_`.
    Broken,
}

/// Reads an unquoted scalar whose first byte is a digit, a sign or a dot.
pub(super) fn read(text: &str) -> Number {
    let (negative, rest) = split_sign(text);
    let bytes = rest.as_bytes();
    match bytes.first() {
        Some(b'.') => return read_dot(text, rest),
        Some(b'0'..=b'9') => {}
        _ => return Number::Text,
    }
    let run = bytes.iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count();
    let (whole, after) = (&bytes[..run], &bytes[run..]);
    match after {
        [] => read_integer(negative, rest),
        [b'.', fraction @ ..] => {
            let digits = fraction.iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count();
            match &fraction[digits..] {
                [] => float(text),
                [b'e' | b'E', b'+' | b'-', exponent @ ..] if all_digits(exponent) => float(text),
                [b'e' | b'E', exponent @ ..] if all_digits(exponent) && strict(whole) => float(text),
                _ => Number::Text,
            }
        }
        [b'e' | b'E', exponent @ ..] if strict(whole) => match exponent {
            [b'+' | b'-', digits @ ..] | digits if all_digits(digits) => float(text),
            _ => Number::Text,
        },
        [b'x', digits @ ..] if whole == b"0" && is_run(digits, |b| b.is_ascii_hexdigit()) => {
            radix(negative, digits, 16)
        }
        [b'b', digits @ ..] if whole == b"0" && is_run(digits, |b| matches!(b, b'0' | b'1')) => {
            radix(negative, digits, 2)
        }
        [b':', ..] => read_sexagesimal(negative, rest, after),
        _ => Number::Text,
    }
}

/// Sign and rest.
pub(super) fn split_sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

fn all_digits(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit)
}

/// A non-empty run of digits and underscores.
fn is_run(bytes: &[u8], digit: impl Fn(u8) -> bool) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&b| digit(b) || b == b'_')
}

/// Underscores only singly, and only between digits.
fn strict(run: &[u8]) -> bool {
    run.last() != Some(&b'_') && !run.windows(2).any(|pair| pair == b"__")
}

/// `.5`, `.inf`, `.nan`; `-.5` is text.
fn read_dot(text: &str, rest: &str) -> Number {
    let signed = text.len() != rest.len();
    match rest {
        ".inf" | ".Inf" | ".INF" if text.starts_with('-') => {
            return Number::Is(Kind::Float(f64::NEG_INFINITY));
        }
        ".inf" | ".Inf" | ".INF" => return Number::Is(Kind::Float(f64::INFINITY)),
        ".nan" | ".NaN" | ".NAN" if !signed => return Number::Is(Kind::Float(f64::NAN)),
        _ => {}
    }
    let bytes = &rest.as_bytes()[1..];
    if signed || !bytes.first().is_some_and(u8::is_ascii_digit) {
        return Number::Text;
    }
    let run = bytes.iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count();
    match &bytes[run..] {
        [] => float(text),
        [b'e' | b'E', b'+' | b'-', exponent @ ..] if all_digits(exponent) => float(text),
        _ => Number::Text,
    }
}

fn float(text: &str) -> Number {
    let parsed = if text.contains('_') { text.replace('_', "").parse() } else { text.parse() };
    parsed.map_or(Number::Broken, |value| Number::Is(Kind::Float(value)))
}

fn read_integer(negative: bool, run: &str) -> Number {
    if run == "0" {
        return Number::Is(Kind::Int(0));
    }
    match run.as_bytes() {
        [b'0', digits @ ..] if is_run(digits, |b| matches!(b, b'0'..=b'7')) => {
            radix(negative, run.as_bytes(), 8)
        }
        [b'0', ..] => Number::Text,
        digits => radix(negative, digits, 10),
    }
}

/// `12:30` and `1:30.5`: base 60.
fn read_sexagesimal(negative: bool, rest: &str, mut after: &[u8]) -> Number {
    while let [b':', tail @ ..] = after {
        after = match tail {
            [b'0'..=b'5', b'0'..=b'9', more @ ..] => more,
            [b'0'..=b'9', more @ ..] => more,
            _ => return Number::Text,
        };
    }
    match after {
        [] if rest.starts_with('0') => Number::Text,
        [] => sixty(negative, rest),
        [b'.', fraction @ ..] if fraction.is_empty() || is_run(fraction, |b| b.is_ascii_digit()) => {
            match sixty_float(&rest.replace('_', "")) {
                Some(value) => Number::Is(Kind::Float(if negative { -value } else { value })),
                None => Number::Broken,
            }
        }
        _ => Number::Text,
    }
}

/// An integer in base 60, its places in decimal.
pub(super) fn sixty(negative: bool, text: &str) -> Number {
    let mut places = Vec::new();
    for place in text.split(':') {
        match radix(false, place.as_bytes(), 10) {
            Number::Is(Kind::Int(value)) if u32::try_from(value).is_ok() => places.push(value.unsigned_abs()),
            Number::Is(_) if places.is_empty() => return Number::Broken,
            _ => return Number::Broken,
        }
    }
    integer(negative, places.into_iter().map(|p| u32::try_from(p).unwrap_or(0)), 60)
}

/// A float in base 60, its places in decimal.
pub(super) fn sixty_float(text: &str) -> Option<f64> {
    let mut base = 1.0;
    let mut value = 0.0;
    for place in text.rsplit(':') {
        value += place.parse::<f64>().ok()? * base;
        base *= 60.0;
    }
    Some(value)
}

/// Digits of that radix, underscores left out. Other characters make it [`Number::Broken`].
pub(super) fn radix(negative: bool, digits: &[u8], radix: u32) -> Number {
    let mut places = digits.iter().filter(|&&b| b != b'_').map(|&b| char::from(b).to_digit(radix));
    if digits.iter().all(|&b| b == b'_') || places.clone().any(|p| p.is_none()) {
        return Number::Broken;
    }
    integer(negative, std::iter::from_fn(|| places.next().flatten()), radix)
}

/// Puts places together: as `i64` while it fits, else as decimal digits.
fn integer(negative: bool, places: impl Iterator<Item = u32>, base: u32) -> Number {
    let mut small: i64 = 0;
    let mut large: Option<Vec<u32>> = None;
    let mut count = 0_usize;
    for place in places {
        count += 1;
        if count > DIGITS {
            return Number::Broken;
        }
        match &mut large {
            Some(limbs) => push_place(limbs, base, place),
            None => {
                let signed = if negative { -i64::from(place) } else { i64::from(place) };
                match small.checked_mul(i64::from(base)).and_then(|shifted| shifted.checked_add(signed)) {
                    Some(next) => small = next,
                    None => {
                        let mut limbs = to_limbs(small.unsigned_abs());
                        push_place(&mut limbs, base, place);
                        large = Some(limbs);
                    }
                }
            }
        }
    }
    match large {
        None => Number::Is(Kind::Int(small)),
        Some(limbs) => Number::Is(Kind::BigInt(decimal(negative, &limbs).into())),
    }
}

/// Nine decimal digits a limb, the lowest first.
const LIMB: u64 = 1_000_000_000;

fn to_limbs(mut value: u64) -> Vec<u32> {
    let mut limbs = Vec::new();
    while value > 0 {
        limbs.push((value % LIMB) as u32);
        value /= LIMB;
    }
    limbs
}

fn push_place(limbs: &mut Vec<u32>, base: u32, place: u32) {
    let mut carry = u64::from(place);
    for limb in limbs.iter_mut() {
        let value = u64::from(*limb) * u64::from(base) + carry;
        *limb = (value % LIMB) as u32;
        carry = value / LIMB;
    }
    if carry > 0 {
        limbs.push(carry as u32);
    }
}

fn decimal(negative: bool, limbs: &[u32]) -> String {
    let mut out = String::from(if negative { "-" } else { "" });
    let mut limbs = limbs.iter().rev();
    out.push_str(&limbs.next().copied().unwrap_or(0).to_string());
    limbs.for_each(|limb| out.push_str(&format!("{limb:09}")));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(value: i64) -> Number {
        Number::Is(Kind::Int(value))
    }

    fn big(digits: &str) -> Number {
        Number::Is(Kind::BigInt(digits.into()))
    }

    #[test]
    fn integers_of_every_base() {
        let cases =
            [("0", 0), ("-7", -7), ("017", 15), ("0x1F", 31), ("-0b11", -3), ("1__0", 10), ("+1_000", 1000)];
        for (text, value) in cases {
            assert_eq!(read(text), int(value), "{text}");
        }
        assert_eq!(read("190:20:30"), int(685_230));
        assert_eq!(read("-1:30"), int(-90));
        assert_eq!(read("9223372036854775807"), int(i64::MAX));
        assert_eq!(read("-9223372036854775808"), int(i64::MIN));
        assert_eq!(read("9223372036854775808"), big("9223372036854775808"));
        assert_eq!(read("-123456789012345678901234567890"), big("-123456789012345678901234567890"));
        assert_eq!(read("100000000000000000000000000000000000"), big("100000000000000000000000000000000000"));
        assert_eq!(read("0xffffffffffffffffffff"), big("1208925819614629174706175"));
    }

    #[test]
    fn floats() {
        let cases = [
            ("1e3", 1e3),
            ("1.", 1.0),
            (".5", 0.5),
            ("1.e3", 1e3),
            ("1_0.5", 10.5),
            ("1e400", f64::INFINITY),
        ];
        for (text, value) in cases {
            assert_eq!(read(text), Number::Is(Kind::Float(value)), "{text}");
        }
        assert_eq!(read("190:20:30.15"), Number::Is(Kind::Float(685_230.15)));
        assert_eq!(read("-.inf"), Number::Is(Kind::Float(f64::NEG_INFINITY)));
        assert_eq!(read("-0.0"), Number::Is(Kind::Float(-0.0)));
    }

    #[test]
    fn text_that_looks_like_a_number() {
        for text in
            ["08", "0o17", "-.5", "+.nan", "1e", "1__0e3", ".5e3", "2020-01-01", "1.2.3", "0:30", "-", "1:60"]
        {
            assert_eq!(read(text), Number::Text, "{text}");
        }
        for text in ["0b_", "0x_"] {
            assert_eq!(read(text), Number::Broken, "{text}");
        }
    }
}
