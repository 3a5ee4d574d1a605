//! The ways of choosing points in a box, each point with the volume it stands for.

use rand::{Rng, RngExt};

use super::gauss;
use crate::sobol::Sobol;

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

    /// Fills `points`, as many as [`Sampling::inside`] says for `asked`.
    pub(in super::super) fn place(
        self,
        asked: usize,
        bounds: &[[f64; 2]],
        random: &mut impl Rng,
        points: &mut [f64],
    ) {
        let d = bounds.len();
        match self {
            Self::Lattice => {
                let cells = side(asked, d) - 1;
                product(cells - 1, points, bounds, |i| (1 + i) as f64 / cells as f64);
            }
            Self::Gauss => {
                let rule = gauss::legendre(side(asked, d));
                product(rule.len(), points, bounds, |i| 0.5 * (1.0 + rule[i][0]));
            }
            Self::Uniform => {
                for x in points.chunks_mut(d) {
                    for (x, [a, b]) in x.iter_mut().zip(bounds) {
                        *x = a + (b - a) * random.random::<f64>();
                    }
                }
            }
            Self::Sobol => {
                let sobol = Sobol::new(std::array::from_fn(|_| random.random()));
                for (number, x) in points.chunks_mut(d).enumerate() {
                    for (axis, (x, [a, b])) in x.iter_mut().zip(bounds).enumerate() {
                        *x = a + (b - a) * sobol.coordinate(number as u32, axis);
                    }
                }
            }
        }
    }

    /// The volume a point stands for on average: a cell of the lattice, otherwise its share of the box.
    pub(in super::super) fn share(self, asked: usize, bounds: &[[f64; 2]]) -> f64 {
        let d = bounds.len();
        let measure: f64 = bounds.iter().map(|[a, b]| b - a).product();
        match self {
            Self::Lattice => measure / ((side(asked, d) - 1) as f64).powi(d as i32),
            _ => measure / self.inside(asked, d) as f64,
        }
    }

    /// The volume each point stands for.
    pub(in super::super) fn weigh(self, asked: usize, bounds: &[[f64; 2]], weights: &mut [f64]) {
        weights.fill(self.share(asked, bounds));
        if self == Self::Gauss {
            let rule = gauss::legendre(side(asked, bounds.len()));
            // The weights of an axis add up to 2, so that their mean is 2 over the nodes.
            let over_mean = 0.5 * rule.len() as f64;
            for (i, weight) in weights.iter_mut().enumerate() {
                let mut rest = i;
                for _ in bounds {
                    *weight *= over_mean * rule[rest % rule.len()][1];
                    rest /= rule.len();
                }
            }
        }
    }
}

/// Nodes a side of the product with about `points` nodes.
fn side(points: usize, dimension: usize) -> usize {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::sampler::generator;

    /// ∫ (1 + x²y⁴) = ab + a³b⁵/15 over (0, a) × (0, b), exactly by Gauss and better by Sobol than at random;
    /// and all points inside.
    #[test]
    fn weighted_sums_are_integrals_over_the_box() {
        let bounds = [[0.0, 1.5], [0.0, 0.8]];
        let exact = 1.2 + 1.5f64.powi(3) * 0.8f64.powi(5) / 15.0;
        let error = |sampling: Sampling, asked: usize| {
            let count = sampling.inside(asked, 2);
            let (mut points, mut weights) = (vec![0.0; 2 * count], vec![0.0; count]);
            sampling.place(asked, &bounds, &mut generator(3, 1), &mut points);
            sampling.weigh(asked, &bounds, &mut weights);
            let inside = |x: &[f64]| x.iter().zip(&bounds).all(|(x, [a, b])| (*a..=*b).contains(x));
            assert!(points.chunks(2).all(inside));
            let terms = points.chunks(2).zip(&weights);
            let sum: f64 = terms.map(|(x, w)| w * (1.0 + x[0].powi(2) * x[1].powi(4))).sum();
            (sum - exact).abs()
        };
        assert!(error(Sampling::Gauss, 9) < 1e-14);
        assert!(error(Sampling::Sobol, 4096) < 1e-4);
        assert!(error(Sampling::Uniform, 4096) < 1e-2);
    }
}
