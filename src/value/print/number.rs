//! Numbers as text: the shortest digits that read back as the same number, laid out as Python lays them out.

use crate::value::print::digits::Digits;

/// Appends an integer in decimal.
pub fn write_int(value: i64, out: &mut String) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push('-');
    }
    out.extend(digits[at..].iter().map(|&digit| char::from(digit)));
}

/// Appends a float as Python's `repr` gives it: `1.0`, `1e-07`, `1e+16`, `nan`, `inf`. There always is a `.`, an
/// exponent or a word, so that a float never looks like an integer.
///
/// ```
/// use mainstem::value::write_float;
/// let mut out = String::new();
/// write_float(1e-7, &mut out);
/// assert_eq!(out, "1e-07");
/// ```
pub fn write_float(value: f64, out: &mut String) {
    if value.is_nan() {
        return out.push_str("nan");
    }
    if value.is_sign_negative() {
        out.push('-');
    }
    if value.is_infinite() {
        return out.push_str("inf");
    }
    let digits = Digits::of(value.abs());
    let (text, exponent) = (digits.as_str(), digits.exponent());
    match exponent {
        0..16 => {
            let whole = exponent.unsigned_abs() as usize + 1;
            match text.split_at_checked(whole) {
                Some((head, tail)) => {
                    out.push_str(head);
                    out.push('.');
                    out.push_str(if tail.is_empty() { "0" } else { tail });
                }
                None => {
                    out.push_str(text);
                    out.extend(std::iter::repeat_n('0', whole - text.len()));
                    out.push_str(".0");
                }
            }
        }
        -4..0 => {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', exponent.unsigned_abs() as usize - 1));
            out.push_str(text);
        }
        _ => {
            let (head, tail) = text.split_at_checked(1).unwrap_or((text, ""));
            out.push_str(head);
            if !tail.is_empty() {
                out.push('.');
                out.push_str(tail);
            }
            out.push_str(if exponent < 0 { "e-" } else { "e+" });
            if exponent.abs() < 10 {
                out.push('0');
            }
            write_int(i64::from(exponent.abs()), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(value: f64) -> String {
        let mut out = String::new();
        write_float(value, &mut out);
        out
    }

    #[test]
    fn floats_print_as_python_prints_them() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (9_007_199_254_740_993.0, "9007199254740992.0"),
            (1e-4, "0.0001"),
            (1.25e-4, "0.000125"),
            (1e-5, "1e-05"),
            (-2.5e-7, "-2.5e-07"),
            (1e100, "1e+100"),
            (8_541_155_788_372_853.0 / 4.0, "2135288947093213.2"),
            (8_541_155_788_372_855.0 / 4.0, "2135288947093213.8"),
            (2.0_f64.powi(-24), "5.960464477539063e-08"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "nan"),
            (-f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float(value), expected);
        }
    }

    #[test]
    fn integers_print_in_full() {
        for value in [0, 7, -7, 10, 1_234_567_890, i64::MAX, i64::MIN] {
            let mut out = String::new();
            write_int(value, &mut out);
            assert_eq!(out, value.to_string());
        }
    }
}
