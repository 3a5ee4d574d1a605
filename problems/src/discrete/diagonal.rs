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

/// The largest Σ (c₋ + c₊) + κ² over unknowns.
pub(super) fn largest_diagonal(discrete: &Discrete) -> f64 {
    match &discrete.coefficients {
        Coefficients::Constant { .. } => discrete.diagonal_at(0),
        Coefficients::Variable { .. } => reduce::max_blocks(discrete.grid().nodes(), |range| {
            range.map(|node| discrete.diagonal_at(node)).fold(0.0, f64::max)
        }),
    }
}
