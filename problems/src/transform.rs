//! Sine and Fourier transforms of fields on a grid, of any dimension.
//!
//! Both return amplitudes: a field sin(kπx) on (0, 1) has DST amplitude 1 at k, a field cos(2πjx)
//! over the N nodes has DFT amplitude ½ at ±j.

use std::sync::Arc;

use num_complex::Complex64;
use rayon::prelude::*;
use realfft::{RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};

use crate::Grid;

/// DST-I over the interior nodes of every axis: u = Σ_k b_k ∏ sin(k_i π t_i), t in (0, 1), k from 1.
///
/// A sine transform of length n is the Fourier transform of the odd extension to 2n values
/// (Press et al., *Numerical Recipes*, §12.4).
#[derive(Clone)]
pub struct Sine {
    shape: Vec<usize>,
    plans: Vec<Arc<dyn RealToComplex<f64>>>,
}

impl Sine {
    /// Plans the transforms of fields on `grid`.
    pub fn new(grid: &Grid) -> Self {
        let mut planner = RealFftPlanner::new();
        let plans = grid.axes().iter().map(|axis| planner.plan_fft_forward(2 * axis.cells)).collect();
        Self { shape: grid.interior_shape(), plans }
    }

    /// Number of coefficients: the interior nodes.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are none; never the case for a valid grid.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Amplitudes b_k of a field on all nodes; `out` has the shape of the interior, k from 1.
    pub fn forward(&self, nodal: &[f64], out: &mut [f64]) {
        self.gather(nodal, out);
        self.sums(out);
        let scale: f64 = self.shape.iter().map(|m| 2.0 / (m + 1) as f64).product();
        out.par_iter_mut().with_min_len(PARALLEL).for_each(|b| *b *= scale);
    }

    /// Σ_k b_k ∏ sin at the interior nodes; boundary nodes of `nodal` are left alone.
    pub fn inverse(&self, coefficients: &[f64], nodal: &mut [f64]) {
        let mut values = coefficients.to_vec();
        self.sums(&mut values);
        self.interior_rows(|row, start, columns| {
            nodal[start..start + columns].copy_from_slice(&values[row * columns..(row + 1) * columns]);
        });
    }

    fn gather(&self, nodal: &[f64], out: &mut [f64]) {
        self.interior_rows(|row, start, columns| {
            out[row * columns..(row + 1) * columns].copy_from_slice(&nodal[start..start + columns]);
        });
    }

    /// Calls `visit(interior row, first interior node of it, columns)`.
    fn interior_rows(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let (columns, leading) = match self.shape.split_last() {
            Some((columns, leading)) => (*columns, leading),
            None => return,
        };
        for row in 0..leading.iter().product() {
            let (mut rest, mut node, mut stride) = (row, 0, 1);
            for &m in leading.iter().rev() {
                node += (rest % m + 1) * stride;
                rest /= m;
                stride *= m + 2;
            }
            visit(row, node * (columns + 2) + 1, columns);
        }
    }

    /// In place, along every axis: v_k ← Σ_j v_j sin(jkπ/n).
    fn sums(&self, values: &mut [f64]) {
        along_each_axis(&self.shape, values, |axis, row, scratch: &mut SineScratch| {
            let n = row.len() + 1;
            let plan = &self.plans[axis];
            scratch.fit(plan.as_ref());
            let odd = &mut scratch.real;
            odd[0] = 0.0;
            odd[n] = 0.0;
            for (j, &value) in row.iter().enumerate() {
                odd[j + 1] = value;
                odd[2 * n - 1 - j] = -value;
            }
            // Invariant: the scratch was sized by this plan.
            plan.process_with_scratch(odd, &mut scratch.spectrum, &mut scratch.work)
                .expect("buffers have the plan's lengths");
            for (k, value) in row.iter_mut().enumerate() {
                *value = -0.5 * scratch.spectrum[k + 1].im;
            }
        });
    }
}

impl std::fmt::Debug for Sine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sine").field("shape", &self.shape).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct SineScratch {
    real: Vec<f64>,
    spectrum: Vec<Complex64>,
    work: Vec<Complex64>,
}

impl SineScratch {
    fn fit(&mut self, plan: &dyn RealToComplex<f64>) {
        if self.real.len() != plan.len() {
            self.real = plan.make_input_vec();
            self.spectrum = plan.make_output_vec();
            self.work = plan.make_scratch_vec();
        }
    }
}

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

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;
    use crate::Field;

    fn noise(len: usize) -> Vec<f64> {
        (0..len).map(|i| ((i * i * 7919 + 13 * i) % 1000) as f64 / 500.0 - 1.0).collect()
    }

    #[test]
    fn sine_agrees_with_its_definition_and_comes_back() {
        for cells in [vec![9], vec![8, 5], vec![4, 3, 6]] {
            let grid = Grid::new(&vec![[0.0, 1.0]; cells.len()], &cells).unwrap();
            let mut field = Field::from_values(&grid, noise(grid.nodes())).unwrap();
            let sine = Sine::new(&grid);
            let mut b = vec![0.0; sine.len()];
            sine.forward(field.values(), &mut b);
            // The definition, summed in full.
            for (index, &amplitude) in b.iter().enumerate() {
                let k = indices(index, &grid.interior_shape());
                let sum: f64 = (0..grid.nodes())
                    .map(|node| {
                        let j = grid.indices(node);
                        let phase = |i: usize| ((k[i] + 1) * j[i]) as f64 * PI / cells[i] as f64;
                        field.values()[node] * (0..k.len()).map(|i| phase(i).sin()).product::<f64>()
                    })
                    .sum();
                let scale: f64 = cells.iter().map(|&n| 2.0 / n as f64).product();
                assert!((amplitude - scale * sum).abs() < 1e-13);
            }
            let before = field.clone();
            sine.inverse(&b, field.values_mut());
            let worst =
                field.values().iter().zip(before.values()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-13, "{worst}");
        }
    }

    #[test]
    fn fourier_agrees_with_its_definition() {
        for cells in [vec![10], vec![6, 9]] {
            let grid = Grid::new(&vec![[0.0, 1.0]; cells.len()], &cells).unwrap();
            let values = noise(grid.nodes());
            let fourier = Fourier::new(&grid);
            let mut c = vec![Complex64::default(); values.len()];
            fourier.forward(&values, &mut c);
            for (index, amplitude) in c.iter().enumerate() {
                let k = indices(index, fourier.shape());
                let sum: Complex64 = (0..grid.nodes())
                    .map(|node| {
                        let j = grid.indices(node);
                        let phase: f64 = (0..k.len())
                            .map(|i| 2.0 * PI * (k[i] * j[i]) as f64 / fourier.shape()[i] as f64)
                            .sum();
                        Complex64::from_polar(values[node], -phase)
                    })
                    .sum();
                assert!((amplitude - sum / values.len() as f64).norm() < 1e-14);
            }
        }
        let grid = Grid::new(&[[0.0, 1.0]], &[4]).unwrap();
        let fourier = Fourier::new(&grid);
        assert_eq!((0..5).map(|j| fourier.wave_number(0, j)).collect::<Vec<_>>(), [0, 1, 2, -2, -1]);
    }

    fn indices(mut index: usize, shape: &[usize]) -> Vec<usize> {
        let mut out = vec![0; shape.len()];
        for (i, m) in out.iter_mut().zip(shape).rev() {
            *i = index % m;
            index /= m;
        }
        out
    }

    #[test]
    fn large_transforms_on_several_threads_agree_with_small_steps() {
        let grid = Grid::new(&[[0.0, 1.0]; 2], &[256, 200]).unwrap();
        let field = Field::from_batch(&grid, |points, out| {
            points.evaluate(out, |x| (3.0 * PI * x[0]).sin() * (7.0 * PI * x[1]).sin());
        });
        let sine = Sine::new(&grid);
        let mut b = vec![0.0; sine.len()];
        sine.forward(field.values(), &mut b);
        let at = 2 * 199 + 6;
        assert!((b[at] - 1.0).abs() < 1e-13);
        b[at] = 0.0;
        assert!(b.iter().all(|b| b.abs() < 1e-13));
    }
}
