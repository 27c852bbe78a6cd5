//! Where values lie along an axis, and which of them are named there.

/// Where values lie along an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scale {
    /// Numbers, from the first to the second.
    Linear(f64, f64),
    /// Numbers above 0, whose ratios are their distances.
    Log(f64, f64),
    /// Names, by their numbers.
    Names(Vec<String>),
}

impl Scale {
    /// A scale with some room around numbers: logarithmic, if they are above 0 and lie far from each other.
    pub(super) fn around(values: impl Iterator<Item = f64> + Clone) -> Self {
        let finite = values.filter(|value| value.is_finite());
        let low = finite.clone().fold(f64::INFINITY, f64::min);
        let high = finite.fold(f64::NEG_INFINITY, f64::max);
        if low > high {
            return Self::Linear(0.0, 1.0);
        }
        if low > 0.0 && high / low > FAR {
            let room = (high / low).powf(ROOM);
            return Self::Log(low / room, high * room);
        }
        let room = match high - low {
            length if length > 0.0 && length.is_finite() => length * ROOM,
            _ => (low.abs() * ROOM).max(f64::MIN_POSITIVE),
        };
        Self::Linear(low - room, high + room)
    }

    /// Where a value lies, from 0 to 1; none if it lies outside, or nowhere.
    pub(super) fn at(&self, value: f64) -> Option<f64> {
        let at = match self {
            Self::Linear(low, high) if high > low => (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0),
            Self::Log(low, high) if high > low => (value / low).ln() / (high / low).ln(),
            Self::Linear(..) | Self::Log(..) => 0.5,
            #[expect(clippy::cast_precision_loss, reason = "nobody draws so many names")]
            Self::Names(names) => (value + 0.5) / names.len().max(1) as f64,
        };
        (-1e-9..=1.0 + 1e-9).contains(&at).then(|| at.clamp(0.0, 1.0))
    }

    /// A value, or the end of the scale that is nearer to it.
    pub(super) fn clamped(&self, value: f64) -> f64 {
        match self {
            Self::Linear(low, high) | Self::Log(low, high) => value.max(*low).min(*high),
            Self::Names(_) => value,
        }
    }

    /// Values that are named, and their names: about so many numbers, or all names, as far as there is room.
    pub(super) fn ticks(&self, about: usize) -> Vec<(f64, String)> {
        match self {
            Self::Linear(low, high) => linear(*low, *high, about),
            Self::Log(low, high) => log(*low, *high, about),
            Self::Names(names) => {
                let every = names.len().div_ceil(about.max(1) * 4).max(1);
                #[expect(clippy::cast_precision_loss, reason = "nobody draws so many names")]
                let tick = |(at, name): (usize, &String)| (at as f64, name.clone());
                names.iter().enumerate().step_by(every).map(tick).collect()
            }
        }
    }
}

/// Numbers above 0 lie far from each other.
const FAR: f64 = 1e3;
/// So much room is left around, of the whole.
const ROOM: f64 = 0.05;

/// Steps of 1, 2 or 5 times a power of ten.
fn linear(low: f64, high: f64, about: usize) -> Vec<(f64, String)> {
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let rough = (high / 2.0 - low / 2.0) / (about.max(1) as f64 / 2.0);
    let power = 10_f64.powf(rough.log10().floor());
    if !(rough > 0.0 && rough.is_finite() && power > 0.0 && power.is_finite()) {
        return vec![(low, shown(low, 0.0))];
    }
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= rough * 0.75);
    let step = step.unwrap_or(rough);
    let first = (low / step).ceil();
    let values =
        (0..50).map(|at| (first + f64::from(at)) * step).take_while(|value| *value <= high + step * 1e-9);
    values.map(|value| (value, shown(value, step))).collect()
}

/// Powers of ten; where there are few of them, 2 and 5 times these, too.
fn log(low: f64, high: f64, about: usize) -> Vec<(f64, String)> {
    let (first, last) = (low.log10().floor(), high.log10().ceil());
    let decades = high.log10() - low.log10();
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let every = (decades / about.max(1) as f64).ceil().max(1.0);
    let times: &[f64] = if decades < 2.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let powers = (0..700).map(|at| first + f64::from(at) * every).take_while(|power| *power <= last);
    let values = powers.flat_map(|power| times.iter().map(move |times| times * 10_f64.powf(power)));
    let inside = values.filter(|value| (low * (1.0 - 1e-9)..=high * (1.0 + 1e-9)).contains(value));
    let ticks: Vec<(f64, String)> = inside.map(|value| (value, shown(value, value))).collect();
    if ticks.len() < 2 { linear(low, high, about) } else { ticks }
}

/// A number, with as many digits as tell it from those a step away.
pub(super) fn shown(value: f64, step: f64) -> String {
    let size = value.abs().max(step.abs());
    if value == 0.0 || value.abs() < step.abs() * 1e-6 {
        return "0".to_owned();
    }
    if !(1e-3..1e5).contains(&size) {
        let digits = if step > 0.0 { (value.abs() / step).log10().ceil().clamp(0.0, 6.0) } else { 2.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 6")]
        let text = format!("{value:.*e}", digits as usize);
        return match text.split_once('e') {
            Some((front, power)) if front.contains('.') => {
                format!("{}e{power}", front.trim_end_matches('0').trim_end_matches('.'))
            }
            _ => text,
        };
    }
    let digits = if step > 0.0 { (-step.log10().floor()).clamp(0.0, 9.0) } else { 3.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 9")]
    let text = format!("{value:.*}", digits as usize);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(scale: &Scale, about: usize) -> String {
        scale.ticks(about).into_iter().map(|(_, name)| name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn round_numbers_are_named() {
        for (scale, expected) in [
            (Scale::Linear(0.0, 1.0), "0 0.2 0.4 0.6 0.8 1.0"),
            (Scale::Linear(-3.0, 11.0), "0 5 10"),
            (Scale::Linear(0.881, 0.889), "0.882 0.884 0.886 0.888"),
            (Scale::Linear(0.0, 3e6), "0 5e5 1e6 1.5e6 2e6 2.5e6 3e6"),
            (Scale::Log(1e-5, 0.1), "1e-5 1e-4 0.001 0.01 0.1"),
            (Scale::Log(8.0, 300.0), "10 20 50 100 200"),
            (Scale::Log(1e-30, 1.0), "1e-30 1e-24 1e-18 1e-12 1e-6 1"),
            (Scale::Linear(2.0, 2.0), "2.000"),
            (Scale::Names(vec!["a".to_owned(), "b".to_owned()]), "a b"),
        ] {
            assert_eq!(names(&scale, 5), expected, "{scale:?}");
        }
    }

    #[test]
    fn values_lie_where_they_should() {
        assert_eq!(Scale::Linear(0.0, 4.0).at(1.0), Some(0.25));
        assert_eq!(Scale::Linear(f64::MIN, f64::MAX).at(0.0), Some(0.5));
        assert!((Scale::Log(1e-4, 1.0).at(0.01).unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(Scale::Names(vec![String::new(); 4]).at(1.0), Some(0.375));
        assert_eq!(Scale::Linear(0.0, 1.0).at(2.0), None);
        assert_eq!(Scale::Log(1.0, 2.0).at(-1.0), None);
        assert_eq!(Scale::Linear(0.0, 1.0).at(f64::NAN), None);
        assert_eq!(Scale::Linear(0.0, 1.0).clamped(7.0), 1.0);
        assert_eq!(Scale::Log(0.1, 1.0).clamped(0.0), 0.1);
    }

    #[test]
    fn a_scale_has_room_around_its_values() {
        assert_eq!(Scale::around([0.0, 10.0].into_iter()), Scale::Linear(-0.5, 10.5));
        assert!(matches!(Scale::around([1e-3, 10.0].into_iter()), Scale::Log(..)));
        assert_eq!(Scale::around([f64::NAN].into_iter()), Scale::Linear(0.0, 1.0));
        let one = Scale::around([3.0].into_iter());
        assert!((one.at(3.0).unwrap() - 0.5).abs() < 1e-9, "{one:?}");
    }
}
