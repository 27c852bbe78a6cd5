//! Points that fill the space evenly.

use crate::random::{Stream, mix};
use crate::search::history::History;
use crate::search::sampler::Sampler;
use crate::search::space::{Point, Space};

/// Points of a Sobol sequence, scrambled unless said otherwise: any part of the space gets its share of them early on.
///
/// Best of 2ⁿ points. Parameters beyond the first 64 are random.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sobol {
    seed: u64,
    plain: bool,
}

impl Sobol {
    /// The sequence of that seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, plain: false }
    }

    /// The sequence as it is, which begins where all parameters have their least values; no seed changes it.
    #[must_use]
    pub fn unscrambled(self) -> Self {
        Self { plain: true, ..self }
    }

    /// The place of that number in the unit cube of so many dimensions.
    pub(crate) fn place(&self, number: u64, dimensions: usize) -> Vec<f64> {
        let mut beyond = Stream::new(self.seed, number);
        let mut polynomials = Polynomials::default();
        (0..dimensions)
            .map(|dimension| {
                if dimension >= MOST {
                    return beyond.unit();
                }
                let directions = if dimension == 0 {
                    std::array::from_fn(|bit| 1 << (31 - bit))
                } else {
                    directions(polynomials.next_primitive(), STARTS[dimension])
                };
                let point = (0..32)
                    .filter(|bit| number >> bit & 1 == 1)
                    .fold(0, |point, bit| point ^ directions[bit]);
                let key = mix(self.seed ^ mix(dimension as u64));
                let point = if self.plain { point } else { scramble(point, key) };
                (f64::from(point) + 0.5) / 4_294_967_296.0
            })
            .collect()
    }
}

impl Sampler for Sobol {
    fn suggest(&self, space: &Space, _: &History, number: u64) -> Point {
        space.at(&self.place(number, space.len()))
    }
}

/// How many dimensions the sequence has.
const MOST: usize = 64;

/// For each dimension a number from which its first direction numbers are drawn. They were chosen one after the other so
/// that each is as even as can be together with each of those before it, by the ranks of their matrices.
const STARTS: [u64; MOST] = [
    0, 0, 0, 13, 12, 59, 3, 32, 55, 88, 19, 66, 55, 33, 55, 11, 44, 81, 25, 32, 53, 30, 83, 10, 60, 24, 25,
    2, 17, 73, 56, 25, 87, 82, 81, 86, 23, 32, 46, 47, 35, 52, 33, 41, 4, 22, 11, 84, 17, 11, 83, 56, 26, 73,
    11, 3, 10, 53, 84, 63, 64, 73, 48, 17,
];

/// The polynomials over two elements of which a power of `x` takes longest to come back to 1, in order.
#[derive(Default)]
struct Polynomials {
    last: u32,
}

impl Polynomials {
    /// The next one; its bits are the coefficients.
    fn next_primitive(&mut self) -> u32 {
        self.last = self.last.max(2) + 1;
        while !primitive(self.last) {
            self.last += 1;
        }
        self.last
    }
}

/// Whether the powers of `x` modulo the polynomial are all that there are, but 0.
fn primitive(polynomial: u32) -> bool {
    let degree = 31 - polynomial.leading_zeros();
    if polynomial & 1 == 0 {
        return false;
    }
    let mut power = 1_u32;
    for exponent in 1..1_u32 << degree {
        power <<= 1;
        if power >> degree & 1 == 1 {
            power ^= polynomial;
        }
        if power == 1 {
            return exponent == (1 << degree) - 1;
        }
    }
    degree == 1
}

/// The direction numbers of one dimension: odd numbers drawn from `start`, then the recurrence of the polynomial.
fn directions(polynomial: u32, start: u64) -> [u32; 32] {
    let degree = (31 - polynomial.leading_zeros()) as usize;
    let mut stream = Stream::new(start, u64::from(polynomial));
    let mut directions = [0_u32; 32];
    for bit in 0..32 {
        directions[bit] = if bit < degree {
            let odd = (stream.bits() as u32) % (1 << bit) * 2 + 1;
            odd << (31 - bit)
        } else {
            let mut next = directions[bit - degree] ^ (directions[bit - degree] >> degree);
            for back in 1..degree {
                if polynomial >> (degree - back) & 1 == 1 {
                    next ^= directions[bit - back];
                }
            }
            next
        };
    }
    directions
}

/// Owen's scrambling: each bit is turned over or not, as the key and the bits above it say.
fn scramble(point: u32, key: u64) -> u32 {
    let mut scrambled = 0;
    for bit in (0..32).rev() {
        let above = u64::from(point).checked_shr(bit + 1).unwrap_or(0);
        let turn = mix(key ^ mix(above | u64::from(bit) << 40)) as u32 & 1;
        scrambled |= ((point >> bit & 1) ^ turn) << bit;
    }
    scrambled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primitive_polynomials() {
        let mut polynomials = Polynomials::default();
        let first: Vec<u32> = (0..7).map(|_| polynomials.next_primitive()).collect();
        assert_eq!(first, [0b11, 0b111, 0b1011, 0b1101, 0b1_0011, 0b1_1001, 0b10_0101]);
    }

    /// How many of the boxes of 1/16 by 1/16 get none of 256 points, for each pair of dimensions.
    #[test]
    fn pairs_of_dimensions_are_even() {
        let sobol = Sobol::new(9);
        let places: Vec<Vec<f64>> = (0..256).map(|number| sobol.place(number, 16)).collect();
        let mut empty = Vec::new();
        for i in 0..16 {
            for j in 0..i {
                let cell = |place: &Vec<f64>| (place[i] * 16.0) as usize * 16 + (place[j] * 16.0) as usize;
                let mut boxes: Vec<usize> = places.iter().map(cell).collect();
                boxes.sort_unstable();
                boxes.dedup();
                empty.push(256 - boxes.len());
            }
        }
        // Of points at random, 94 boxes would be empty.
        let mean = empty.iter().sum::<usize>() as f64 / empty.len() as f64;
        assert!(mean < 75.0, "{mean}");
        assert_eq!(empty[0], 0);
    }

    #[test]
    fn each_interval_gets_one_point_in_every_dimension() {
        let sobol = Sobol::new(9);
        let places: Vec<Vec<f64>> = (0..128).map(|number| sobol.place(number, MOST)).collect();
        for dimension in 0..MOST {
            let mut cells: Vec<usize> = places.iter().map(|p| (p[dimension] * 128.0) as usize).collect();
            cells.sort_unstable();
            assert_eq!(cells, (0..128).collect::<Vec<_>>(), "{dimension}");
        }
    }
}
