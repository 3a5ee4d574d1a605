//! The diagonal of the matrix.

use super::{Coefficients, Discrete};
use crate::{Condition, grid::Axis, reduce};

/// The largest Σ (c₋ + c₊) + κ² over unknowns.
pub(super) fn largest_diagonal(discrete: &Discrete) -> f64 {
    let grid = discrete.grid();
    match &discrete.coefficients {
        Coefficients::Constant { axes, screening } => 2.0 * axes.iter().sum::<f64>() + screening,
        Coefficients::Variable { faces, screening } => reduce::max_blocks(grid.nodes(), |range| {
            let mut largest = 0.0f64;
            for node in range {
                let mut diagonal = screening.get(node).copied().unwrap_or(0.0);
                for (axis, faces) in faces.iter().enumerate() {
                    let (stride, Axis { cells, .. }) = (grid.stride(axis), grid.axes()[axis]);
                    let i = node / stride % (cells + 1);
                    let upper = if i == cells { faces[node - stride] } else { faces[node] };
                    let lower = match (i, discrete.sides[axis][0]) {
                        (0, Condition::Periodic) => faces[node + (cells - 1) * stride],
                        (0, _) => upper,
                        _ => faces[node - stride],
                    };
                    diagonal += lower + upper;
                }
                diagonal +=
                    discrete.couplings_of(node..node + 1).iter().map(|other| other.coefficient).sum::<f64>();
                largest = largest.max(diagonal);
            }
            largest
        }),
    }
}
