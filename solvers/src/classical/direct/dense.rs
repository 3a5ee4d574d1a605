//! Cholesky factors of a small dense matrix: what is left of a problem on the coarsest grid.

use std::{ffi::c_int, sync::Once};

use ndarray::{Array2, s};
use ndarray_linalg::{CholeskyInto, UPLO};

use crate::SolverError;

unsafe extern "C" {
    fn openblas_set_num_threads(threads: c_int);
}

/// Leaves the cores to rayon: OpenBLAS's own threads would change bits with their number, and need
/// more stack than a spawned thread has.
pub(crate) fn one_blas_thread() {
    static ONCE: Once = Once::new();
    // SAFETY: OpenBLAS, which ndarray-linalg links, exports this; it sets a number.
    ONCE.call_once(|| unsafe { openblas_set_num_threads(1) });
}

/// A = LLᵀ from LAPACK, A symmetric and positive definite.
pub(crate) struct Cholesky {
    lower: Array2<f64>,
    is_pinned: bool,
}

impl Cholesky {
    /// Factors `matrix`, of which the lower triangle is read: m³/3 flops.
    ///
    /// A `singular` one has the constants as null space. Its last unknown is pinned to zero, which the
    /// remaining rows do not mind: what they say is the same up to a constant.
    pub fn new(mut matrix: Array2<f64>, singular: bool) -> Result<Self, SolverError> {
        one_blas_thread();
        if singular {
            let last = matrix.nrows() - 1;
            matrix.slice_mut(s![last, ..last]).fill(0.0);
            matrix.slice_mut(s![..last, last]).fill(0.0);
        }
        let lower =
            matrix.cholesky_into(UPLO::Lower).map_err(|error| SolverError::Algebra(error.to_string()))?;
        Ok(Self { lower: lower.as_standard_layout().into_owned(), is_pinned: singular })
    }

    /// x ← A⁻¹x.
    pub fn solve_in_place(&self, x: &mut [f64]) {
        if self.is_pinned
            && let Some(last) = x.last_mut()
        {
            *last = 0.0;
        }
        for (i, row) in self.lower.rows().into_iter().enumerate() {
            // Invariant: the factor is in row-major order.
            let row = &row.to_slice().expect("row-major")[..=i];
            x[i] = (x[i] - dot(&row[..i], &x[..i])) / row[i];
        }
        for (i, row) in self.lower.rows().into_iter().enumerate().rev() {
            let row = &row.to_slice().expect("row-major")[..=i];
            x[i] /= row[i];
            let here = x[i];
            for (x, l) in x[..i].iter_mut().zip(row) {
                *x -= here * l;
            }
        }
    }

    /// Flops of [`Cholesky::new`] for m unknowns.
    pub fn setup_flops(m: usize) -> f64 {
        (m as f64).powi(3) / 3.0
    }

    /// Flops of [`Cholesky::solve_in_place`] for m unknowns.
    pub fn flops(m: usize) -> f64 {
        2.0 * (m as f64).powi(2)
    }
}

/// Eight sums side by side: the compiler must not change the order of one.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A = 1/(i + j + 1) + the identity, and the Laplacian of a ring, whose constants are its null space.
    #[test]
    fn solutions_satisfy_their_equations() {
        let hilbert = |i: usize, j: usize| 1.0 / (i + j + 1) as f64 + if i == j { 1.0 } else { 0.0 };
        let ring = |m: usize| {
            move |i: usize, j: usize| match (i + m - j) % m {
                0 => 2.0,
                k if k == 1 || k == m - 1 => -1.0,
                _ => 0.0,
            }
        };
        for m in [1, 2, 3, 30, 101] {
            check(Array2::from_shape_fn((m, m), |(i, j)| hilbert(i, j)), false);
            if m > 2 {
                check(Array2::from_shape_fn((m, m), |(i, j)| ring(m)(i, j)), true);
            }
        }
    }

    fn check(matrix: Array2<f64>, singular: bool) {
        let m = matrix.nrows();
        // Compatible: the sum is zero.
        let mut b: Vec<f64> = (0..m).map(|i| ((7 * i * i) % 11) as f64).collect();
        let mean = b.iter().sum::<f64>() / m as f64;
        b.iter_mut().for_each(|b| *b -= if singular { mean } else { 0.0 });
        let mut x = b.clone();
        Cholesky::new(matrix.clone(), singular).unwrap().solve_in_place(&mut x);
        for (row, b) in matrix.rows().into_iter().zip(&b) {
            let sum: f64 = row.iter().zip(&x).map(|(a, x)| a * x).sum();
            assert!((sum - b).abs() < 1e-12 * m as f64 * m as f64, "{m}: {sum} {b}");
        }
    }

    #[test]
    fn an_indefinite_matrix_is_an_error() {
        assert!(Cholesky::new(-Array2::<f64>::eye(3), false).is_err());
    }
}
