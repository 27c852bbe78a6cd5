//! Random numbers that depend on a key and on nothing else.

/// Random numbers for one trial of one search: the same for the same seed and number, on every machine.
///
/// (SplitMix64.)
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    state: u64,
}

impl Stream {
    /// The numbers that belong to this seed and this number.
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        Self { state: mix(mix(seed).wrapping_add(mix(number ^ 0x5851_f42d_4c95_7f2d))) }
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// At least 0, below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// An index below `count`; 0 of none.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.bits()) * count as u128) >> 64) as usize
    }

    /// Of the standard normal distribution.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Puts the items into a random order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A hash of 64 bits: the last steps of SplitMix64.
pub(crate) fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(GOLDEN);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_own_numbers() {
        let first = |seed, number| Stream::new(seed, number).bits();
        assert_eq!(first(1, 2), first(1, 2));
        let mut seen: Vec<u64> = (0..20).flat_map(|s| (0..20).map(move |n| first(s, n))).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 400);
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let mut stream = Stream::new(3, 4);
        let count = 20_000;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let units: Vec<f64> = (0..count).map(|_| stream.unit()).collect();
        assert!((mean(&units) - 0.5).abs() < 0.01);
        assert!(units.iter().all(|u| (0.0..1.0).contains(u)));
        let normals: Vec<f64> = (0..count).map(|_| stream.normal()).collect();
        assert!(mean(&normals).abs() < 0.03);
        assert!((mean(&normals.iter().map(|z| z * z).collect::<Vec<_>>()) - 1.0).abs() < 0.05);
        assert!((0..1000).all(|_| stream.below(3) < 3));
        assert_eq!(stream.below(0), 0);
    }
}
