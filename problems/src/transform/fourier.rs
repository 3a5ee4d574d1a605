//! The Fourier transform over all nodes.

use std::sync::Arc;

use num_complex::Complex64;
use rayon::prelude::*;
use rustfft::{Fft, FftPlanner};

use crate::Grid;
/// DFT over all nodes, boundary included, scaled by 1/N per axis: the papers' way of looking.
#[derive(Clone)]
pub struct Fourier {
    shape: Vec<usize>,
    plans: Vec<Arc<dyn Fft<f64>>>,
}

impl Fourier {
    /// Plans the transforms of fields on `grid`.
    pub fn new(grid: &Grid) -> Self {
        let mut planner = FftPlanner::new();
        let plans = grid.axes().iter().map(|axis| planner.plan_fft_forward(axis.cells + 1)).collect();
        Self { shape: grid.shape(), plans }
    }

    /// Nodes per axis: index j stands for the wave number j up to N/2 and j − N above.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The signed wave number of index `j` on `axis`.
    pub fn wave_number(&self, axis: usize, j: usize) -> i64 {
        let n = self.shape[axis];
        if 2 * j <= n { j as i64 } else { j as i64 - n as i64 }
    }

    /// Amplitudes of a field on all nodes, in the order of the FFT.
    pub fn forward(&self, nodal: &[f64], out: &mut [Complex64]) {
        let scale = 1.0 / nodal.len() as f64;
        out.par_iter_mut().with_min_len(PARALLEL).zip(nodal).for_each(|(c, &u)| *c = (u * scale).into());
        along_each_axis(&self.shape, out, |axis, row, scratch: &mut Vec<Complex64>| {
            let plan = &self.plans[axis];
            scratch.resize(plan.get_inplace_scratch_len(), Complex64::default());
            plan.process_with_scratch(row, scratch);
        });
    }
}

impl std::fmt::Debug for Fourier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fourier").field("shape", &self.shape).finish_non_exhaustive()
    }
}

/// Fewer values than this stay on the calling thread.
const PARALLEL: usize = 1 << 14;

/// Applies `transform(axis, row, scratch)` to all rows along every axis, the last axis first: rows
/// are contiguous, and the array is transposed between axes, so that every row stays in cache.
fn along_each_axis<T, S>(
    shape: &[usize],
    values: &mut [T],
    transform: impl Fn(usize, &mut [T], &mut S) + Sync,
) where
    T: Copy + Send + Sync,
    S: Default + Send,
{
    let mut turned = if shape.len() > 1 { values.to_vec() } else { Vec::new() };
    for axis in (0..shape.len()).rev() {
        let columns = shape[axis];
        if values.len() < PARALLEL || values.len() == columns {
            let mut scratch = S::default();
            values.chunks_exact_mut(columns).for_each(|row| transform(axis, row, &mut scratch));
        } else {
            values
                .par_chunks_exact_mut(columns)
                .with_min_len((PARALLEL / columns).max(1))
                .for_each_init(S::default, |scratch, row| transform(axis, row, scratch));
        }
        if shape.len() > 1 {
            // Rotating the axes once each brings the array back to where it was.
            let rows = values.len() / columns;
            turned.par_chunks_exact_mut(rows).with_min_len((PARALLEL / rows).max(1)).enumerate().for_each(
                |(column, line)| {
                    for (row, value) in line.iter_mut().enumerate() {
                        *value = values[row * columns + column];
                    }
                },
            );
            values.copy_from_slice(&turned);
        }
    }
}
