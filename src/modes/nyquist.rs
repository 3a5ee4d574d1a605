//! How much of a network lies above what its grid can show.

use modewise_problems::{Grid, GridError, transform::Sine};
use modewise_solvers::{Sample, Sites, SolverError};
use thiserror::Error;

/// Cells of the fine grid to one of the task's: frequencies up to four times its Nyquist are seen.
const FINER: usize = 4;

/// Why the share could not be computed.
#[derive(Debug, Error)]
pub enum NyquistError {
    /// The fine grid cannot be made.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// A run without a grid.
    #[error("there is no grid whose Nyquist frequency could be told")]
    NoGrid,
    /// The network cannot be sampled on it.
    #[error(transparent)]
    Solver(#[from] SolverError),
}

/// The share of the energy Σ b² of u, sampled four times finer, in sine modes that `grid` cannot
/// show (k_i ≥ n_i on some axis). What u is on the boundary is interpolated away first, or its jump
/// would look like high frequencies.
///
/// # Errors
/// There is no grid, or the finer one is too large or cannot be sampled.
pub fn energy_above_nyquist(sample: &Sample<'_>) -> Result<f64, NyquistError> {
    let grid = sample.values.field().ok_or(NyquistError::NoGrid)?.grid();
    let bounds: Vec<[f64; 2]> = grid.axes().iter().map(|axis| [axis.lower, axis.upper]).collect();
    let fine = Grid::new(&bounds, &grid.cells().iter().map(|n| FINER * n).collect::<Vec<_>>())?;
    let mut values = vec![0.0; fine.nodes()];
    sample.at(&Sites::Grid(&fine), &mut values)?;
    Ok(share_above(&fine, &mut values, &grid.cells()))
}

fn share_above(fine: &Grid, values: &mut [f64], cells: &[usize]) -> f64 {
    for axis in 0..fine.dimension() {
        subtract_line(fine, axis, values);
    }
    let sine = Sine::new(fine);
    let mut b = vec![0.0; sine.len()];
    sine.forward(values, &mut b);
    let shape = fine.interior_shape();
    let (mut all, mut above) = (0.0, 0.0);
    for (place, b) in b.iter().enumerate() {
        let mut rest = place;
        let mut high = false;
        for axis in (0..shape.len()).rev() {
            high |= rest % shape[axis] + 1 >= cells[axis];
            rest /= shape[axis];
        }
        all += b * b;
        above += if high { b * b } else { 0.0 };
    }
    if all > 0.0 { above / all } else { 0.0 }
}

/// v ← v − the line along `axis` between its two ends; over all axes this leaves zero on the
/// boundary (the Boolean sum of Coons).
fn subtract_line(grid: &Grid, axis: usize, values: &mut [f64]) {
    let (stride, cells) = (grid.stride(axis), grid.axes()[axis].cells);
    for start in (0..values.len()).filter(|node| (node / stride).is_multiple_of(cells + 1)) {
        let (lower, upper) = (values[start], values[start + cells * stride]);
        for i in 0..=cells {
            let t = i as f64 / cells as f64;
            values[start + i * stride] -= (1.0 - t) * lower + t * upper;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use modewise_problems::Field;

    use super::*;

    #[test]
    fn sees_what_the_coarse_grid_cannot_and_ignores_the_boundary() {
        let fine = Grid::new(&[[0.0, 1.0]; 2], &[64]).unwrap();
        let mut field = Field::from_batch(&fine, |points, out| {
            points.evaluate(out, |x| {
                let low = 2.0 * (3.0 * PI * x[0]).sin() * (PI * x[1]).sin();
                let high = (20.0 * PI * x[0]).sin() * (5.0 * PI * x[1]).sin();
                low + high + 7.0 + x[0] - 3.0 * x[0] * x[1]
            });
        });
        let share = share_above(&fine, field.values_mut(), &[16, 16]);
        assert!((share - 0.2).abs() < 1e-12, "{share}");
    }
}
