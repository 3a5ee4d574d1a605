//! The diagonal of the matrix, and what follows from it: its largest entry, and what rounding leaves of residuals.

use super::{Coefficients, Discrete};
use crate::{Condition, grid::Axis, reduce};

impl Discrete {
    /// Σ (c₋ + c₊) + κ² at `node`, an unknown, and what shapes and Robin sides hold.
    fn diagonal_at(&self, node: usize) -> f64 {
        let grid = self.grid();
        let (faces, screening) = match &self.coefficients {
            Coefficients::Constant { axes, screening } => return 2.0 * axes.iter().sum::<f64>() + screening,
            Coefficients::Variable { faces, screening } => (faces, screening),
        };
        let mut diagonal = screening.get(node).copied().unwrap_or(0.0);
        for (axis, faces) in faces.iter().enumerate() {
            let (stride, Axis { cells, .. }) = (grid.stride(axis), grid.axes()[axis]);
            let i = node / stride % (cells + 1);
            let upper = if i == cells { faces[node - stride] } else { faces[node] };
            let lower = match (i, self.sides[axis][0]) {
                (0, Condition::Periodic) => faces[node + (cells - 1) * stride],
                (0, _) => upper,
                _ => faces[node - stride],
            };
            diagonal += lower + upper;
        }
        diagonal + self.couplings_of(node..node + 1).iter().map(|other| other.coefficient).sum::<f64>()
    }

    /// ‖2Du‖₂, D the diagonal: what the terms of a residual add up to in size, equation by equation.
    pub(super) fn size_of_terms(&self, u: &[f64]) -> f64 {
        let square = |node: usize| (2.0 * self.diagonal_at(node) * u[node]).powi(2);
        reduce::sum_blocks(u.len(), |range| {
            range.map(|node| if u[node] == 0.0 { 0.0 } else { square(node) }).sum()
        })
        .sqrt()
    }
}

/// Coefficients farther apart than this, or numbers outside of this range, are too much for seven digits.
const APART: f64 = 1e4;
const RANGE: [f64; 2] = [1e-30, 1e30];
/// κ²L²/ε below this, where nothing else holds u, is lost beside second differences in seven digits.
const HOLD: f64 = 1e-4;

impl Discrete {
    /// Whether cycles in single precision see all of the matrix: its numbers are inside the range, ε does not jump by more
    /// than a factor 10⁴, and if only κ² holds u it holds it well.
    pub fn suits_single_precision(&self) -> bool {
        let in_range = |x: f64| (RANGE[0]..=RANGE[1]).contains(&x);
        let (least, largest, screening) = match &self.coefficients {
            Coefficients::Constant { axes, screening } => {
                let largest = axes.iter().copied().fold(0.0, f64::max);
                (axes.iter().copied().fold(f64::INFINITY, f64::min), largest, *screening)
            }
            Coefficients::Variable { faces, .. } => {
                let least = |faces: &Vec<f64>| {
                    1.0 / reduce::max_blocks(faces.len(), |range| {
                        faces[range].iter().filter(|c| **c > 0.0).map(|c| 1.0 / c).fold(0.0, f64::max)
                    })
                };
                let largest = faces.iter().map(|faces| reduce::max_abs(faces)).fold(0.0, f64::max);
                let screening = reduce::max_blocks(self.grid().nodes(), |range| {
                    range
                        .filter(|node| self.is_active(*node))
                        .map(|node| self.kappa2_at(node))
                        .fold(0.0, f64::max)
                });
                (faces.iter().map(least).fold(f64::INFINITY, f64::min), largest, screening)
            }
        };
        let spacings = self.grid().axes().iter().map(|axis| axis.spacing());
        let shortest = spacings.fold(f64::INFINITY, f64::min);
        let longest = self.grid().axes().iter().map(|axis| axis.upper - axis.lower).fold(0.0, f64::max);
        let only_screening = screening > 0.0
            && self.held_norm == 0.0
            && !self.is_held()
            && !self.sides.iter().flatten().any(|side| *side == Condition::Dirichlet);
        let holds = screening * (longest / shortest).powi(2) / largest >= HOLD;
        in_range(self.largest_diagonal) && least * APART >= largest && (!only_screening || holds)
    }
}

/// The largest Σ (c₋ + c₊) + κ² over unknowns.
pub(super) fn largest_diagonal(discrete: &Discrete) -> f64 {
    match &discrete.coefficients {
        Coefficients::Constant { .. } => discrete.diagonal_at(0),
        Coefficients::Variable { .. } => reduce::max_blocks(discrete.grid().nodes(), |range| {
            range.map(|node| discrete.diagonal_at(node)).fold(0.0, f64::max)
        }),
    }
}
