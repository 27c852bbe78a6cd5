//! Orders drawn from a seed, without storing them.

use crate::random::mix;

/// A permutation of `0..count`: any element in constant time, the same for the same seed on every machine.
///
/// Two rounds of four Feistel steps over the next even number of bits; numbers that fall outside walk on until they
/// fall inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permutation {
    count: u64,
    seed: u64,
    half: u32,
}

impl Permutation {
    /// The permutation of so many elements.
    pub fn new(count: u64, seed: u64) -> Self {
        let bits = 64 - count.saturating_sub(1).leading_zeros();
        Self { count, seed, half: bits.div_ceil(2).max(1) }
    }

    /// Where the element of that index went. An index past the end stays where it is.
    pub fn at(&self, index: u64) -> u64 {
        if index >= self.count {
            return index;
        }
        let mut at = self.step(index);
        while at >= self.count {
            at = self.step(at);
        }
        at
    }

    fn step(&self, value: u64) -> u64 {
        let mask = u64::MAX >> (64 - self.half.min(32));
        let (mut left, mut right) = ((value >> self.half) & mask, value & mask);
        for round in 0..8 {
            let mixed = mix(right ^ mix(self.seed.wrapping_add(round))) & mask;
            (left, right) = (right, left ^ mixed);
        }
        (left << self.half) | right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_comes_once() {
        for count in [0, 1, 2, 3, 5, 16, 17, 1000] {
            for seed in 0..5 {
                let order = Permutation::new(count, seed);
                let mut seen: Vec<u64> = (0..count).map(|i| order.at(i)).collect();
                seen.sort_unstable();
                assert!(seen.into_iter().eq(0..count));
            }
        }
    }

    #[test]
    fn seeds_give_different_orders() {
        let orders: std::collections::BTreeSet<Vec<u64>> = (0..200)
            .map(|seed| {
                let order = Permutation::new(3, seed);
                (0..3).map(|i| order.at(i)).collect()
            })
            .collect();
        assert_eq!(orders.len(), 6);
    }
}
