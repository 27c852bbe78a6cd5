//! Lengths of time as a person says them.

/// Seconds, of short times with hundredths: `2.50s`, `47s`, `1m02s`, `3h07m`, `2d04h`.
pub(crate) fn duration(seconds: f64) -> String {
    if (0.0..10.0).contains(&seconds) { format!("{seconds:.2}s") } else { whole(seconds.round()) }
}

/// The same without hundredths, for what changes while it is looked at.
pub(crate) fn whole(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut off, which is meant")]
    let whole = seconds.max(0.0) as u64;
    match whole {
        0..60 => format!("{whole}s"),
        60..3600 => format!("{}m{:02}s", whole / 60, whole % 60),
        3600..86_400 => format!("{}h{:02}m", whole / 3600, whole / 60 % 60),
        _ => format!("{}d{:02}h", whole / 86_400, whole / 3600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_two_units_at_most() {
        let said = [0.0, 2.5, 9.99, 47.4, 59.7, 62.0, 11_220.0, 187_200.0].map(duration);
        assert_eq!(said, ["0.00s", "2.50s", "9.99s", "47s", "1m00s", "1m02s", "3h07m", "2d04h"]);
        assert_eq!([7.9, -1.0].map(whole), ["7s", "0s"]);
    }
}
