//! The two kinds of error that are always reported, and the size of a field, in one pass over memory.

use crate::{Field, reduce};

/// ‖e‖₂/‖u_ref‖₂ (relative; absolute if the reference vanishes) and ‖e‖∞ (absolute), over all nodes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// Relative L2 error.
    pub l2: f64,
    /// Maximum error.
    pub max: f64,
}

/// ‖u‖₂ and ‖u‖∞ over all nodes; not-a-number if any value is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// ‖u‖₂.
    pub l2: f64,
    /// ‖u‖∞.
    pub max: f64,
}

impl Errors {
    /// The error of `u` against `reference`; `reference_norm` is [`norm`] of the reference.
    pub fn between(u: &[f64], reference: &[f64], reference_norm: f64) -> Self {
        measure(u, reference, reference_norm).1
    }
}

/// The size of `u` and its error against `reference`, both read once.
pub fn measure(u: &[f64], reference: &[f64], reference_norm: f64) -> (Size, Errors) {
    let block = |range: std::ops::Range<usize>| {
        let (u, v) = (&u[range.clone()], &reference[range]);
        let (mut size, mut error) = (Lanes::default(), Lanes::default());
        let (us, vs) = (u.chunks_exact(LANES), v.chunks_exact(LANES));
        let rest = us.remainder().iter().zip(vs.remainder());
        for (u, v) in us.zip(vs) {
            for lane in 0..LANES {
                size.add(lane, u[lane]);
                error.add(lane, u[lane] - v[lane]);
            }
        }
        for (lane, (u, v)) in rest.enumerate() {
            size.add(lane, *u);
            error.add(lane, u - v);
        }
        [size.total(), error.total()]
    };
    let [size, error] =
        reduce::fold_blocks(u.len(), block, [Total::default(); 2], |[a, b], [c, d]| [a.and(c), b.and(d)]);
    let scale = if reference_norm > 0.0 { reference_norm } else { 1.0 };
    (size.size(), Errors { l2: error.squares.sqrt() / scale, max: error.size().max })
}

/// The size of `u`.
pub fn size(u: &[f64]) -> Size {
    let block = |range: std::ops::Range<usize>| {
        let mut lanes = Lanes::default();
        let chunks = u[range].chunks_exact(LANES);
        let rest = chunks.remainder();
        for u in chunks {
            for (lane, u) in u.iter().enumerate() {
                lanes.add(lane, *u);
            }
        }
        rest.iter().enumerate().for_each(|(lane, u)| lanes.add(lane, *u));
        lanes.total()
    };
    reduce::fold_blocks(u.len(), block, Total::default(), Total::and).size()
}

/// ‖field‖₂ over all nodes.
pub fn norm(field: &Field) -> f64 {
    reduce::sum_of_squares(field.values()).sqrt()
}

/// Sums and maxima side by side, so that one addition need not wait for the one before.
const LANES: usize = 8;

#[derive(Clone, Copy, Default)]
struct Lanes {
    squares: [f64; LANES],
    largest: [f64; LANES],
}

impl Lanes {
    fn add(&mut self, lane: usize, x: f64) {
        self.squares[lane] += x * x;
        let x = x.abs();
        // Passes over not-a-number, which the squares keep.
        self.largest[lane] = if x > self.largest[lane] { x } else { self.largest[lane] };
    }

    fn total(self) -> Total {
        let zero = Total::default();
        let lanes = self.squares.into_iter().zip(self.largest);
        lanes.fold(zero, |total, (squares, largest)| total.and(Total { squares, largest }))
    }
}

#[derive(Clone, Copy, Default)]
struct Total {
    squares: f64,
    largest: f64,
}

impl Total {
    fn and(self, other: Self) -> Self {
        Self { squares: self.squares + other.squares, largest: self.largest.max(other.largest) }
    }

    fn size(self) -> Size {
        // A sum of squares is not-a-number exactly if one of them is.
        let max = if self.squares.is_nan() { f64::NAN } else { self.largest };
        Size { l2: self.squares.sqrt(), max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_definitions_at_any_length() {
        for len in [0, 1, 7, 8, 100, reduce::BLOCK, 3 * reduce::BLOCK + 5] {
            let u: Vec<f64> = (0..len).map(|i| ((i * 7919) % 1000) as f64 / 500.0 - 1.0).collect();
            let v: Vec<f64> = (0..len).map(|i| ((i * 104_729) % 997) as f64 / 400.0).collect();
            let l2 = |x: &mut dyn Iterator<Item = f64>| x.map(|x| x * x).sum::<f64>().sqrt();
            let max = |x: &mut dyn Iterator<Item = f64>| x.map(f64::abs).fold(0.0, f64::max);
            let (size, errors) = measure(&u, &v, 2.0);
            let e = || u.iter().zip(&v).map(|(u, v)| u - v);
            assert!((errors.l2 - l2(&mut e()) / 2.0).abs() <= 1e-12 * errors.l2);
            assert_eq!(errors.max, max(&mut e()));
            assert!((size.l2 - l2(&mut u.iter().copied())).abs() <= 1e-12 * size.l2);
            assert_eq!(size.max, max(&mut u.iter().copied()));
            assert_eq!(super::size(&u), size);
        }
    }

    #[test]
    fn one_bad_value_is_never_lost() {
        for at in [0, 5, 8, 20_000, 40_001] {
            let mut u = vec![1.0; 40_002];
            u[at] = f64::NAN;
            let (found, errors) = measure(&u, &vec![1.0; u.len()], 1.0);
            assert!(found.max.is_nan() && size(&u).max.is_nan() && errors.max.is_nan() && errors.l2.is_nan());
            u[at] = f64::NEG_INFINITY;
            let (found, errors) = measure(&u, &vec![1.0; u.len()], 1.0);
            assert_eq!((found.max, size(&u).max, errors.max), (f64::INFINITY, f64::INFINITY, f64::INFINITY));
        }
    }
}
