//! The shortest digits of a float that read back as the same float.

use std::fmt::{self, Write as _};
use std::str;

/// Fewer digits than these cannot lie exactly between two floats' shortest forms.
const FEWEST_IN_A_TIE: usize = 16;

/// Values with more decimals than these are left to the standard library.
const MOST_DECIMALS: i32 = 8;

/// Significant digits of a float, without a point, and the power of ten of the first. At most 17 are needed.
#[derive(Default)]
pub(super) struct Digits {
    text: [u8; 20],
    len: usize,
    exponent: i32,
    in_exponent: bool,
    negative: bool,
}

impl Digits {
    /// The shortest digits of a finite value that is not negative; of several the nearest; of two equally near ones
    /// that with the even last digit, as Python has it.
    pub(super) fn of(value: f64) -> Self {
        let mut digits = Self::default();
        if digits.few(value) {
            return digits;
        }
        // Writing to `Self` cannot fail, and formatting a float calls nothing else that could.
        let _ = write!(digits, "{value:e}");
        if digits.len >= FEWEST_IN_A_TIE && digits.last() % 2 == 1 && digits.is_tie(value) {
            digits.break_tie(value);
        }
        digits
    }

    /// Finds the digits of a value that has few of them. Fast, and most values that people write are such.
    ///
    /// An integer below 10^15 divided by a power of ten is what reading that decimal gives, and no two decimals of
    /// up to 15 digits are the same float: the first that fits is the shortest.
    fn few(&mut self, value: f64) -> bool {
        let mut power = 1.0;
        for decimals in 0..=MOST_DECIMALS {
            let near = value * power + 0.5;
            if near >= 1e15 {
                return false;
            }
            let integer = near as u64;
            if integer as f64 / power == value {
                self.set(integer, decimals);
                return true;
            }
            power *= 10.0;
        }
        false
    }

    fn set(&mut self, integer: u64, decimals: i32) {
        let (mut rest, mut len) = (integer, 1);
        while rest >= 10 {
            rest /= 10;
            len += 1;
        }
        rest = integer;
        for slot in self.text.iter_mut().take(len).rev() {
            *slot = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.len = len;
        self.exponent = len as i32 - 1 - decimals;
    }

    pub(super) fn as_str(&self) -> &str {
        self.text.get(..self.len).and_then(|digits| str::from_utf8(digits).ok()).unwrap_or_default()
    }

    /// The power of ten of the first digit.
    pub(super) fn exponent(&self) -> i32 {
        if self.negative { -self.exponent } else { self.exponent }
    }

    fn last(&self) -> u8 {
        self.len.checked_sub(1).and_then(|at| self.text.get(at)).copied().unwrap_or(0)
    }

    /// Whether the value lies exactly halfway between these digits and their neighbour in the last place.
    fn is_tie(&self, value: f64) -> bool {
        let (odd, two) = odd_and_power_of_two(value);
        // The power of ten of the last digit.
        let ten = self.exponent() - self.len as i32 + 1;
        // value = (n + 1/2) · 10^ten, so that value · 2 / 10^ten is an odd integer: no factor two is left in it.
        if two + 1 != ten {
            return false;
        }
        u32::try_from(ten)
            .map_or(true, |fives| 5_u64.checked_pow(fives).is_some_and(|power| odd % power == 0))
    }

    /// Takes the neighbour on the other side of the value, which is even, if that too reads back as the value.
    fn break_tie(&mut self, value: f64) {
        let mut exact = Self::default();
        // All digits of the value: one more than the shortest.
        let _ = write!(exact, "{value:.*e}", self.len);
        let Some(at) = self.len.checked_sub(1) else { return };
        let rounded_up = exact.text.get(at) != self.text.get(at);
        let old = self.text;
        if let Some(digit) = self.text.get_mut(at) {
            *digit = if rounded_up { *digit - 1 } else { *digit + 1 };
        }
        let mut text = String::from(self.as_str());
        let _ = write!(text, "e{}", self.exponent() - at as i32);
        if text.parse() != Ok(value) {
            self.text = old;
        }
    }
}

/// Takes a finite value that is not zero apart: an odd integer times a power of two.
fn odd_and_power_of_two(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let (integer, power) = match (bits >> 52 & 0x7ff) as i32 {
        0 => (fraction, -1074),
        biased => (fraction | 1 << 52, biased - 1075),
    };
    let zeros = integer.trailing_zeros();
    (integer.unbounded_shr(zeros), power + zeros as i32)
}

/// Takes apart `d.ddde-xx`, the form in which the standard library writes.
impl fmt::Write for Digits {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        for b in piece.bytes() {
            match b {
                b'e' => self.in_exponent = true,
                b'-' => self.negative = true,
                b'0'..=b'9' if self.in_exponent => self.exponent = self.exponent * 10 + i32::from(b - b'0'),
                b'0'..=b'9' => {
                    if let Some(slot) = self.text.get_mut(self.len) {
                        *slot = b;
                        self.len += 1;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
