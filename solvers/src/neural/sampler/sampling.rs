//! The ways of choosing points in a box, each point with the volume it stands for.

use rand::{Rng, RngExt};

use super::{gauss, sobol::Sobol};

/// How points are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// The inner nodes of a uniform lattice, each standing for a cell.
    Lattice,
    /// Independent and uniform (Monte Carlo): errors of means fall like N^{−1/2} in any dimension.
    Uniform,
    /// Sobol's sequence with a random digital shift: almost like 1/N in few dimensions.
    Sobol,
    /// Products of Gauss–Legendre nodes with their weights: exact for polynomials, dense at the boundary.
    Gauss,
}

impl Sampling {
    /// The names a spec may use, in the order of [`Sampling::ALL`].
    pub const NAMES: [&'static str; 4] = ["lattice", "uniform", "sobol", "gauss"];
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Lattice, Self::Uniform, Self::Sobol, Self::Gauss];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Points inside a box of `dimension` axes where `points` are asked for: products take the nearest power.
    pub(in super::super) fn inside(self, points: usize, dimension: usize) -> usize {
        match self {
            Self::Lattice => (side(points, dimension) - 2).pow(dimension as u32),
            Self::Gauss => side(points, dimension).pow(dimension as u32),
            Self::Uniform | Self::Sobol => points,
        }
    }

    /// Fills `points`, as many as [`Sampling::inside`] says for `asked`, and what each stands for.
    pub(in super::super) fn fill(
        self,
        asked: usize,
        bounds: &[[f64; 2]],
        random: &mut impl Rng,
        points: &mut [f64],
        weights: &mut [f64],
    ) {
        let d = bounds.len();
        let measure: f64 = bounds.iter().map(|[a, b]| b - a).product();
        let at = |[a, b]: [f64; 2], t: f64| a + (b - a) * t;
        match self {
            Self::Lattice => {
                let cells = side(asked, d) - 1;
                weights.fill(measure / (cells as f64).powi(d as i32));
                product(cells - 1, points, bounds, |i| (1 + i) as f64 / cells as f64);
            }
            Self::Gauss => {
                let rule = gauss::legendre(side(asked, d));
                product(rule.len(), points, bounds, |i| 0.5 * (1.0 + rule[i][0]));
                for (i, weight) in weights.iter_mut().enumerate() {
                    let mut rest = i;
                    *weight = measure;
                    for _ in 0..d {
                        *weight *= 0.5 * rule[rest % rule.len()][1];
                        rest /= rule.len();
                    }
                }
            }
            Self::Uniform => {
                weights.fill(measure / weights.len() as f64);
                for x in points.chunks_mut(d) {
                    for (x, &ends) in x.iter_mut().zip(bounds) {
                        *x = at(ends, random.random::<f64>());
                    }
                }
            }
            Self::Sobol => {
                weights.fill(measure / weights.len() as f64);
                let sobol = Sobol::new(std::array::from_fn(|_| random.random()));
                for (number, x) in points.chunks_mut(d).enumerate() {
                    for (axis, (x, &ends)) in x.iter_mut().zip(bounds).enumerate() {
                        *x = at(ends, sobol.coordinate(number as u32, axis));
                    }
                }
            }
        }
    }
}

/// Nodes a side of the product with about `points` nodes.
pub(super) fn side(points: usize, dimension: usize) -> usize {
    ((points as f64).powf(1.0 / dimension as f64).round() as usize).max(3)
}

/// All combinations of `count` places an axis, the last axis running fastest; `place` is in (0, 1).
fn product(count: usize, points: &mut [f64], bounds: &[[f64; 2]], place: impl Fn(usize) -> f64) {
    for (i, x) in points.chunks_mut(bounds.len()).enumerate() {
        let mut rest = i;
        for (x, [a, b]) in x.iter_mut().zip(bounds).rev() {
            *x = a + (b - a) * place(rest % count);
            rest /= count;
        }
    }
}
