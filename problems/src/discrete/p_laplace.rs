//! The p-Laplacian −∇·(ε|∇u|^{p−2}∇u) on a box whose sides all hold u: what is nonlinear is the flux.
//!
//! Its solution is where the energy ∫ (ε/p)|∇u|^p − fu is smallest, which is convex. The energy of a grid function is the
//! sum over cells of the mean over their 2^d corners of
//!
//! (1/p) s^{p/2}, s = Σ_axes ε^{2/p} d²/h²,
//!
//! d the difference along the edge of the cell that starts in the corner and ε in the middle of that edge. (Each corner with
//! its edges is a linear element; in 2-D the mean is that over both ways of cutting the cell into two triangles. For elements and
//! their errors see Barrett and Liu, *Math. Comp.* 61 (1993) 523.) With p = 2 it is the scheme of the other problems; the error
//! is of second order where u is smooth and ∇u ≠ 0. Where ∇u = 0 the matrix of second derivatives vanishes.
//!
//! All numbers are per unit of volume, all arrays nodal.

use rayon::prelude::*;

use super::{Coefficients, Discrete};
use crate::{Coefficient, Condition, Problem, reduce};

/// The energy of a p-Laplacian on a grid, any p ≥ 2.
#[derive(Debug, Clone)]
pub struct PLaplace {
    exponent: f64,
    /// Cells and stride per axis.
    axes: Vec<[usize; 2]>,
    /// ε^{2/p}/h² per axis and node, in the middle between it and the next.
    weights: Vec<Vec<f64>>,
    /// The share of a corner, 2^{−d}.
    share: f64,
}

/// A corner of a cell: a node, and the edges of the cell that start there.
#[derive(Debug, Clone, Copy, Default)]
struct Corner {
    weights: [f64; 3],
    /// w d of the edges.
    slopes: [f64; 3],
    /// s.
    square: f64,
}

/// The second derivatives of s^{p/2}/p with respect to two differences.
struct Curvature {
    corner: Corner,
    /// s^{p/2−1}, and (p − 2) s^{p/2−2}.
    factors: [f64; 2],
}

impl Curvature {
    fn entry(&self, j: usize, k: usize) -> f64 {
        let Self { corner: Corner { weights, slopes, .. }, factors: [even, along] } = self;
        along * slopes[j] * slopes[k] + if j == k { even * weights[j] } else { 0.0 }
    }

    /// Σ over k < `dimension`.
    fn row(&self, j: usize, dimension: usize) -> f64 {
        (0..dimension).map(|k| self.entry(j, k)).sum()
    }
}

/// What a node is to a corner.
#[derive(Debug, Clone, Copy)]
enum Role {
    /// It is the corner itself.
    Corner,
    /// It is the other end of the edge along this axis.
    End(usize),
}

/// Why finite differences cannot have the p-Laplacian of `problem`, whatever p is.
pub(crate) fn obstacle(problem: &dyn Problem) -> Option<&'static str> {
    let domain = problem.domain();
    if domain.region().is_some() {
        Some("shapes are cut out")
    } else if !domain.is_all(Condition::Dirichlet) {
        Some("u is not given on all sides")
    } else if problem.screening() != Coefficient::Constant(0.0) {
        Some("κ² is not zero")
    } else if problem.interface().is_some() {
        Some("there is an interface")
    } else {
        None
    }
}

impl PLaplace {
    /// That of the coefficients ε of `discrete` with any exponent p ≥ 2.
    pub fn new(discrete: &Discrete, exponent: f64) -> Self {
        let grid = discrete.grid();
        let weights = grid.axes().iter().enumerate().map(|(axis, along)| {
            let h2 = along.spacing().powi(2);
            let weight = |c: f64| if exponent == 2.0 { c } else { (c * h2).powf(2.0 / exponent) / h2 };
            match &discrete.coefficients {
                Coefficients::Constant { axes, .. } => vec![weight(axes[axis]); grid.nodes()],
                Coefficients::Variable { faces, .. } => faces[axis].par_iter().map(|c| weight(*c)).collect(),
            }
        });
        Self {
            exponent,
            axes: (0..grid.dimension()).map(|axis| [grid.axes()[axis].cells, grid.stride(axis)]).collect(),
            weights: weights.collect(),
            share: 0.5f64.powi(grid.dimension() as i32),
        }
    }

    /// p.
    pub fn exponent(&self) -> f64 {
        self.exponent
    }

    /// Flops of a residual or a matrix for each node.
    pub fn node_flops(&self) -> f64 {
        // 2^d corners of its own and half as many at every neighbour, with a power that counts as ten.
        let d = self.axes.len() as f64;
        (1.0 + d) / self.share * (6.0 * d + 10.0)
    }

    /// f − ∇E at inner nodes, 0 on sides. `u` carries the values of sides.
    pub fn residual(&self, u: &[f64], f: &[f64], out: &mut [f64]) {
        let columns = self.columns();
        let rows = (reduce::BLOCK / columns).max(1);
        out.par_chunks_mut(columns).with_min_len(rows).enumerate().for_each(|(number, out)| {
            self.residual_row(u, f, number * columns, out);
        });
    }

    /// The same for the row of nodes that starts at `start`.
    pub(super) fn residual_row(&self, u: &[f64], f: &[f64], start: usize, out: &mut [f64]) {
        let d = self.axes.len();
        out.fill(0.0);
        for node in self.inner_of_row(start) {
            let mut slope = 0.0;
            self.around(u, node, |role, _, corner| {
                let factor = power(corner.square, 0.5 * self.exponent - 1.0);
                slope += factor
                    * match role {
                        Role::Corner => -corner.slopes[..d].iter().sum::<f64>(),
                        Role::End(axis) => corner.slopes[axis],
                    };
            });
            out[node - start] = f[node] - self.share * slope;
        }
    }

    /// E(v) − E(u), without the digits that a difference of two energies would lose.
    pub fn change(&self, u: &[f64], v: &[f64], f: &[f64]) -> f64 {
        let half = 0.5 * self.exponent;
        reduce::sum_blocks(u.len(), |range| {
            let mut sum = 0.0;
            for node in range {
                sum -= f[node] * (v[node] - u[node]);
                self.corners(u, node, |orthant, from| {
                    let to = self.corner(v, node, orthant);
                    let mut difference = 0.0;
                    for (axis, &[_, stride]) in self.axes.iter().enumerate() {
                        let other = if orthant >> axis & 1 == 1 { node + stride } else { node - stride };
                        let [before, after] = [u[other] - u[node], v[other] - v[node]];
                        let step = (v[other] - u[other]) - (v[node] - u[node]);
                        difference += from.weights[axis] * step * (before + after);
                    }
                    // b^{p/2} − a^{p/2} = b^{p/2}(1 − (1 − t)^{p/2}), b the larger of the two and t = (b − a)/b.
                    let larger = from.square.max(to.square);
                    if larger > 0.0 {
                        let t = (difference.abs() / larger).min(1.0);
                        let fallen = -(half * (-t).ln_1p()).exp_m1();
                        sum +=
                            (power(larger, half) * fallen).copysign(difference) * self.share / self.exponent;
                    }
                });
            }
            sum
        })
    }

    /// The s below which a corner weighs less in the matrix at `u` than `share` of what the mean s weighs: the least one for
    /// [`PLaplace::hessian`].
    pub fn least(&self, u: &[f64], share: f64) -> f64 {
        let [sum, count] = self.fold(
            u,
            [0.0; 2],
            |[sum, count], square, _| [sum + square, count + 1.0],
            |a, b| [a[0] + b[0], a[1] + b[1]],
        );
        // Where u is constant everything weighs the same.
        let mean = if sum > 0.0 { sum / count } else { 1.0 };
        (mean * share.powf(2.0 / (self.exponent - 2.0))).max(f64::MIN_POSITIVE)
    }

    /// The row of inner node `node` of the matrix of second derivatives at `u`: calls `coupling(steps along the axes, c)` for
    /// every share c of the couplings to nodes around, which count with the sign that makes them positive for p = 2, and gives
    /// the diagonal. s counts as `least` at least.
    pub fn hessian(&self, u: &[f64], node: usize, least: f64, mut coupling: impl FnMut([i8; 3], f64)) -> f64 {
        let d = self.axes.len();
        let mut diagonal = 0.0;
        self.around(u, node, |role, orthant, corner| {
            let square = corner.square.max(least);
            let even = self.share * power(square, 0.5 * self.exponent - 1.0);
            let curvature = Curvature { corner, factors: [even, (self.exponent - 2.0) * even / square] };
            let step = |axis: usize| if orthant >> axis & 1 == 1 { 1 } else { -1 };
            match role {
                Role::Corner => {
                    for axis in 0..d {
                        let total = curvature.row(axis, d);
                        diagonal += total;
                        let mut offset = [0; 3];
                        offset[axis] = step(axis);
                        coupling(offset, total);
                    }
                }
                Role::End(own) => {
                    diagonal += curvature.entry(own, own);
                    let mut offset = [0; 3];
                    offset[own] = -step(own);
                    coupling(offset, curvature.row(own, d));
                    for axis in (0..d).filter(|axis| *axis != own) {
                        let mut offset = offset;
                        offset[axis] = step(axis);
                        coupling(offset, -curvature.entry(own, axis));
                    }
                }
            }
        });
        diagonal
    }

    /// A bound of the largest diagonal entry of that matrix.
    pub(super) fn largest_diagonal(&self, u: &[f64]) -> f64 {
        let d = self.axes.len();
        let bound = |largest: f64, square: f64, weights: &[f64; 3]| {
            let weight: f64 = weights[..d].iter().sum();
            reduce::max_or_nan(largest, weight * power(square, 0.5 * self.exponent - 1.0))
        };
        2.0 * (self.exponent - 1.0) * self.fold(u, 0.0, bound, reduce::max_or_nan)
    }

    /// The ‖·‖₂ that ∇·(ε|∇u|^{p−2}∇u) has over unknowns where u goes smoothly from the least to the largest of the values
    /// on sides.
    pub(super) fn norm_of(&self, discrete: &Discrete, values: &[f64]) -> f64 {
        let held = values.iter().zip(discrete.unknown_nodes()).filter(|(_, is_unknown)| !is_unknown);
        let ends = held.fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], (u, _)| [a.min(*u), b.max(*u)]);
        let grid = discrete.grid();
        let shortest = grid.axes().iter().map(|axis| axis.upper - axis.lower).fold(f64::INFINITY, f64::min);
        let epsilon = match &discrete.coefficients {
            Coefficients::Constant { axes, .. } => axes[0],
            Coefficients::Variable { faces, .. } => {
                faces[0].iter().sum::<f64>() / faces[0].iter().filter(|c| **c > 0.0).count().max(1) as f64
            }
        } * grid.axes()[0].spacing().powi(2);
        let flux = epsilon * ((ends[1] - ends[0]) / shortest).powf(self.exponent - 1.0);
        flux / shortest * (discrete.unknowns() as f64).sqrt()
    }

    /// What `term(so far, s, weights)` makes of all corners, block by block.
    fn fold<T: Send + Copy + Sync>(
        &self,
        u: &[f64],
        zero: T,
        term: impl Fn(T, f64, &[f64; 3]) -> T + Sync,
        combine: impl Fn(T, T) -> T,
    ) -> T {
        let block = |range: std::ops::Range<usize>| {
            let mut sum = zero;
            for node in range {
                self.corners(u, node, |_, corner| sum = term(sum, corner.square, &corner.weights));
            }
            sum
        };
        reduce::fold_blocks(u.len(), block, zero, combine)
    }

    /// Calls `visit(orthant, corner)` for every cell that has a corner in `node`.
    fn corners(&self, u: &[f64], node: usize, mut visit: impl FnMut(usize, Corner)) {
        let mut closed = [0; 2];
        for (axis, &[cells, stride]) in self.axes.iter().enumerate() {
            let i = node / stride % (cells + 1);
            closed[0] |= usize::from(i == 0) << axis;
            closed[1] |= usize::from(i == cells) << axis;
        }
        for orthant in 0..1 << self.axes.len() {
            // Bits are 1 where the cell lies above the node.
            if !orthant & closed[0] == 0 && orthant & closed[1] == 0 {
                visit(orthant, self.corner(u, node, orthant));
            }
        }
    }

    /// Calls `visit(role, orthant of the corner, corner)` for all corners that inner node `node` belongs to.
    fn around(&self, u: &[f64], node: usize, mut visit: impl FnMut(Role, usize, Corner)) {
        let orthants = 0..1 << self.axes.len();
        for orthant in orthants.clone() {
            visit(Role::Corner, orthant, self.corner(u, node, orthant));
        }
        for (axis, &[_, stride]) in self.axes.iter().enumerate() {
            for orthant in orthants.clone() {
                let is_above = orthant >> axis & 1 == 1;
                let corner = if is_above { node - stride } else { node + stride };
                visit(Role::End(axis), orthant, self.corner(u, corner, orthant));
            }
        }
    }

    /// The corner in `node` of the cell that lies above it along the axes whose bit is set in `orthant`.
    #[inline]
    fn corner(&self, u: &[f64], node: usize, orthant: usize) -> Corner {
        let mut corner = Corner::default();
        for (axis, (&[_, stride], weights)) in self.axes.iter().zip(&self.weights).enumerate() {
            let (other, between) =
                if orthant >> axis & 1 == 1 { (node + stride, node) } else { (node - stride, node - stride) };
            let d = u[other] - u[node];
            corner.weights[axis] = weights[between];
            corner.slopes[axis] = weights[between] * d;
            corner.square += corner.slopes[axis] * d;
        }
        corner
    }

    fn columns(&self) -> usize {
        self.axes[self.axes.len() - 1][0] + 1
    }

    /// The inner nodes of the row that starts at `start`.
    pub(super) fn inner_of_row(&self, start: usize) -> std::ops::Range<usize> {
        let last = self.axes.len() - 1;
        let is_inner = self.axes[..last].iter().all(|&[cells, stride]| {
            let i = start / stride % (cells + 1);
            (1..cells).contains(&i)
        });
        if is_inner { start + 1..start + self.axes[last][0] } else { start..start }
    }
}

/// sᵉ; for halves of whole numbers, which p makes, by a root and products.
#[inline]
fn power(s: f64, e: f64) -> f64 {
    match 2.0 * e {
        0.0 => 1.0,
        twice if twice.fract() == 0.0 && twice <= 32.0 => {
            let (mut whole, odd) = (1.0, twice % 2.0 == 1.0);
            (0..e as u32).for_each(|_| whole *= s);
            if odd { whole * s.sqrt() } else { whole }
        }
        _ => s.powf(e),
    }
}
