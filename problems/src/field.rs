//! Values on all nodes of a grid, boundary included.

use ndarray::{ArrayViewD, IxDyn};
use rayon::prelude::*;

use crate::{Grid, Points, memory::Buffer};

/// Nodes a batch: their coordinates need little memory, however large the grid.
const BATCH: usize = 1 << 14;

/// A scalar field on the nodes of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    grid: Grid,
    values: Buffer<f64>,
}

impl Field {
    /// Zero everywhere.
    pub fn zeros(grid: &Grid) -> Self {
        Self { grid: grid.clone(), values: Buffer::zeroed(grid.nodes()) }
    }

    /// A field from nodal values; `None` if their number is not that of the grid's nodes.
    pub fn from_values(grid: &Grid, values: Vec<f64>) -> Option<Self> {
        (values.len() == grid.nodes()).then(|| Self { grid: grid.clone(), values: values.into() })
    }

    /// The values of `fill`, which gets the nodes in batches, several at a time.
    pub fn from_batch(grid: &Grid, fill: impl Fn(Points<'_>, &mut [f64]) + Sync) -> Self {
        let mut field = Self::zeros(grid);
        field.values.par_chunks_mut(BATCH).enumerate().for_each_init(
            Vec::new,
            |coordinates, (batch, out)| {
                grid.coordinates_of(batch * BATCH..batch * BATCH + out.len(), coordinates);
                fill(Points::new(coordinates, grid.dimension()), out);
            },
        );
        field
    }

    /// Its grid.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Nodal values, row by row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Nodal values, to be changed.
    pub fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// The values as an array of the grid's shape, axis 0 being x.
    pub fn view(&self) -> ArrayViewD<'_, f64> {
        // Invariant: the number of values is that of the nodes, checked by both constructors.
        ArrayViewD::from_shape(IxDyn(&self.grid.shape()), self.values()).expect("as many values as nodes")
    }

    /// Multilinear interpolation at `points`; points outside the box take the nearest value on it.
    pub fn interpolate(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| self.interpolate_one(x));
    }

    fn interpolate_one(&self, x: &[f64]) -> f64 {
        let axes = self.grid.axes();
        let mut base = 0;
        let mut fraction = [0.0; 3];
        let mut stride = [0; 3];
        for (i, axis) in axes.iter().enumerate() {
            let position = ((x[i] - axis.lower) / axis.spacing()).clamp(0.0, axis.cells as f64);
            let cell = (position as usize).min(axis.cells - 1);
            fraction[i] = position - cell as f64;
            stride[i] = self.grid.stride(i);
            base += cell * stride[i];
        }
        (0..1usize << axes.len())
            .map(|corner| {
                let mut weight = 1.0;
                let mut node = base;
                for i in 0..axes.len() {
                    let upper = corner >> i & 1 == 1;
                    weight *= if upper { fraction[i] } else { 1.0 - fraction[i] };
                    node += if upper { stride[i] } else { 0 };
                }
                if weight == 0.0 { 0.0 } else { weight * self.values[node] }
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpolation_is_exact_for_multilinear_functions() {
        let grid = Grid::new(&[[-1.0, 1.0], [0.0, 3.0]], &[4, 6]).unwrap();
        let f = |x: &[f64]| 1.0 + 2.0 * x[0] - x[1] + 0.5 * x[0] * x[1];
        let field = Field::from_batch(&grid, |points, out| points.evaluate(out, f));
        let points = [0.13, 2.71, -1.0, 0.0, 1.0, 3.0, 0.99, 0.01];
        let mut out = [0.0; 4];
        field.interpolate(Points::new(&points, 2), &mut out);
        for (x, value) in points.chunks(2).zip(out) {
            assert!((value - f(x)).abs() < 1e-14);
        }
    }
}
