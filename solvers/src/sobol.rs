//! Sobol's sequence: points that fill a cube more evenly than random ones do.
//!
//! Point i is the exclusive or of the direction numbers of the bits of i, one table an axis; among 2ᵐ successive points
//! from 0 every dyadic interval of an axis of length 2⁻ᵐ has exactly one. Means of smooth functions converge like
//! (log N)^d/N instead of N^{−1/2}. A random digital shift, an exclusive or with the same random number for all
//! points of an axis, makes them a sample of the seed and keeps their evenness.
//!
//! Any point is found by its number, without those before it and without memory.
//! Source: Joe & Kuo, *SIAM J. Sci. Comput.* 30 (2008) 2635 (direction numbers); Owen, *Handbook of Monte Carlo*.

use modewise_problems::MOST_AXES;

/// Bits of a coordinate.
const BITS: usize = 32;

/// Per axis from the second: the coefficients of the primitive polynomial and the first direction numbers.
const POLYNOMIALS: [(u32, &[u32]); MOST_AXES - 1] = [
    (0, &[1]),
    (1, &[1, 3]),
    (1, &[1, 3, 1]),
    (2, &[1, 1, 1]),
    (1, &[1, 1, 3, 3]),
    (4, &[1, 3, 5, 13]),
    (2, &[1, 1, 5, 5, 17]),
    (4, &[1, 1, 5, 5, 5]),
    (7, &[1, 1, 7, 11, 19]),
];

/// The sequence in up to [`MOST_AXES`] dimensions, shifted.
#[derive(Debug, Clone)]
pub(crate) struct Sobol {
    directions: [[u32; BITS]; MOST_AXES],
    shift: [u32; MOST_AXES],
}

impl Sobol {
    /// The sequence with a digital shift an axis.
    pub fn new(shift: [u32; MOST_AXES]) -> Self {
        let mut directions = [[0; BITS]; MOST_AXES];
        // The first axis is van der Corput's sequence.
        for (bit, v) in directions[0].iter_mut().enumerate() {
            *v = 1 << (BITS - 1 - bit);
        }
        for (v, (coefficients, first)) in directions[1..].iter_mut().zip(POLYNOMIALS) {
            let degree = first.len();
            for bit in 0..BITS {
                v[bit] = if bit < degree {
                    first[bit] << (BITS - 1 - bit)
                } else {
                    let mut number = v[bit - degree] ^ (v[bit - degree] >> degree);
                    for k in 1..degree {
                        if coefficients >> (degree - 1 - k) & 1 == 1 {
                            number ^= v[bit - k];
                        }
                    }
                    number
                };
            }
        }
        Self { directions, shift }
    }

    /// The sequence as published.
    pub fn published() -> Self {
        Self::new([0; MOST_AXES])
    }

    /// Coordinate `axis` of point `number`, in (0, 1): the middle of its interval of length 2⁻³².
    pub fn coordinate(&self, number: u32, axis: usize) -> f64 {
        let mut rest = number;
        let mut digits = self.shift[axis];
        for v in &self.directions[axis] {
            if rest & 1 == 1 {
                digits ^= v;
            }
            rest >>= 1;
        }
        (f64::from(digits) + 0.5) / 4_294_967_296.0
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// The first points of the published sequence, in the order of the numbers (not of Gray's code).
    #[test]
    fn the_first_points_are_the_published_ones() {
        let sobol = Sobol::published();
        let first = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.25, 0.75, 0.75], [0.75, 0.25, 0.25]];
        for (number, point) in first.iter().enumerate() {
            for (axis, right) in point.iter().enumerate() {
                let x = sobol.coordinate(number as u32, axis);
                assert!((x - right).abs() < 1e-9, "{number} {axis}: {x}");
            }
        }
    }

    /// Shifted or not, one point in each of the 2ᵐ equal intervals of every axis.
    #[test]
    fn every_interval_of_every_axis_has_one_point() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        for shift in [[0; MOST_AXES], std::array::from_fn(|_| random.random())] {
            let sobol = Sobol::new(shift);
            for axis in 0..MOST_AXES {
                let mut seen = [false; 256];
                for number in 0..256 {
                    seen[(sobol.coordinate(number, axis) * 256.0) as usize] = true;
                }
                assert!(seen.iter().all(|seen| *seen), "axis {axis}");
            }
        }
    }

    /// ∫ ∏ (1 + (xⱼ − ½)/2 + 3(xⱼ − ½)² − ¼) = 1 over the cube: errors of means, root mean square of 16 shifts.
    #[test]
    fn means_converge_faster_than_random_ones() {
        let f = |x: f64| 0.75 + 0.5 * (x - 0.5) + 3.0 * (x - 0.5) * (x - 0.5);
        let d = 3;
        let error = |count: u32, even: bool| -> f64 {
            let squares = (0..16).map(|seed| {
                let mut random = ChaCha8Rng::seed_from_u64(seed);
                let sobol = Sobol::new(std::array::from_fn(|_| random.random()));
                let mut x = |i, axis| if even { sobol.coordinate(i, axis) } else { random.random() };
                let sum: f64 = (0..count).map(|i| (0..d).map(|axis| f(x(i, axis))).product::<f64>()).sum();
                (sum / f64::from(count) - 1.0).powi(2)
            });
            (squares.sum::<f64>() / 16.0).sqrt()
        };
        let order = |even| (error(256, even) / error(16_384, even)).log2() / 6.0;
        assert!(order(true) > 0.85, "{}", order(true));
        assert!((order(false) - 0.5).abs() < 0.25, "{}", order(false));
        assert!(error(16_384, true) < 0.05 * error(16_384, false));
    }
}
