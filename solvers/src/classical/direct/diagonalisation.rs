//! Fast diagonalisation in 2-D. The only module that calls BLAS and LAPACK.

use std::{ffi::c_int, sync::Once};

use ndarray::{
    Array1, Array2, ArrayView2, Axis,
    linalg::general_mat_mul,
    parallel::prelude::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator},
};
use ndarray_linalg::{EighInto, UPLO};

use crate::{SolverError, classical::stencil::Stencil};

/// Rows of a matrix product that one thread computes at a time.
const ROWS: usize = 128;

unsafe extern "C" {
    fn openblas_set_num_threads(threads: c_int);
}

/// Leaves the cores to rayon: OpenBLAS's own threads would change bits with their number, and need
/// more stack than a spawned thread has.
fn one_blas_thread() {
    static ONCE: Once = Once::new();
    // SAFETY: OpenBLAS, which ndarray-linalg links, exports this; it sets a number.
    ONCE.call_once(|| unsafe { openblas_set_num_threads(1) });
}

/// The eigenpairs of the 1-D operators, with room for two products.
pub(super) struct Diagonalisation {
    /// V_x, from row to row.
    across: Array2<f64>,
    /// V_y, along a row; none if it is the same as V_x.
    along: Option<Array2<f64>>,
    /// λ_i from row to row and λ_j along a row.
    eigenvalues: [Array1<f64>; 2],
    work: [Array2<f64>; 2],
}

impl Diagonalisation {
    pub fn new(stencil: &Stencil) -> Result<Self, SolverError> {
        one_blas_thread();
        let (m, n) = sides(stencil);
        let (values, across) = eigenpairs(m)?;
        // The eigenvectors of c(−1, 2, −1) do not depend on c.
        let (along_values, along) = if m == n {
            (values.clone(), None)
        } else {
            let (values, vectors) = eigenpairs(n)?;
            (values, Some(vectors))
        };
        let eigenvalues = [values * stencil.across, along_values * stencil.along];
        let work = [Array2::zeros((m, n)), Array2::zeros((m, n))];
        Ok(Self { across, along, eigenvalues, work })
    }

    /// u ← u + A⁻¹r at interior nodes of two nodal arrays.
    pub fn add_solution(&mut self, r: &[f64], u: &mut [f64]) {
        let [a, b] = &mut self.work;
        let columns = a.ncols() + 2;
        for (mut row, r) in a.rows_mut().into_iter().zip(r.chunks_exact(columns).skip(1)) {
            for (a, r) in row.iter_mut().zip(&r[1..]) {
                *a = *r;
            }
        }
        let vx = self.across.view();
        let vy = self.along.as_ref().map_or(vx, |along| along.view());
        product(vx.t(), a.view(), b);
        product(b.view(), vy, a);
        for (mut row, x) in a.rows_mut().into_iter().zip(&self.eigenvalues[0]) {
            for (value, y) in row.iter_mut().zip(&self.eigenvalues[1]) {
                *value /= x + y;
            }
        }
        product(vx, a.view(), b);
        product(b.view(), vy.t(), a);
        for (row, u) in a.rows().into_iter().zip(u.chunks_exact_mut(columns).skip(1)) {
            for (a, u) in row.iter().zip(&mut u[1..]) {
                *u += a;
            }
        }
    }

    /// Eigenvectors, which LAPACK puts where the operator stood, and the two products.
    pub fn values(stencil: &Stencil) -> u64 {
        let (m, n) = sides(stencil);
        let (m, n) = (m as u64, n as u64);
        let vectors = m.saturating_mul(m).saturating_add(if m == n { 0 } else { n.saturating_mul(n) });
        vectors.saturating_add(2 * m * n)
    }

    /// Symmetric QR with eigenvectors: 9m³ (Golub & Van Loan, 4th ed., §8.3).
    pub fn setup_flops(stencil: &Stencil) -> f64 {
        let (m, n) = sides(stencil);
        9.0 * ((m as f64).powi(3) + if m == n { 0.0 } else { (n as f64).powi(3) })
    }

    /// Four products, and three flops a point to divide and add.
    pub fn flops(stencil: &Stencil) -> f64 {
        let (m, n) = sides(stencil);
        let (m, n) = (m as f64, n as f64);
        4.0 * m * n * (m + n) + 3.0 * m * n
    }
}

/// Unknowns a column and a row.
fn sides(stencil: &Stencil) -> (usize, usize) {
    (stencil.rows - 2, stencil.columns - 2)
}

/// Eigenvalues and eigenvectors (columns) of (−1, 2, −1) with m rows.
fn eigenpairs(m: usize) -> Result<(Array1<f64>, Array2<f64>), SolverError> {
    let matrix = Array2::from_shape_fn((m, m), |(i, j)| match i.abs_diff(j) {
        0 => 2.0,
        1 => -1.0,
        _ => 0.0,
    });
    matrix.eigh_into(UPLO::Lower).map_err(|error| SolverError::Algebra(error.to_string()))
}

/// out = ab, by fixed blocks of rows: the bits do not depend on the number of threads.
fn product(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>, out: &mut Array2<f64>) {
    if out.nrows() <= ROWS {
        return general_mat_mul(1.0, &a, &b, 0.0, out);
    }
    let blocks = out.axis_chunks_iter_mut(Axis(0), ROWS).into_par_iter();
    blocks
        .zip(a.axis_chunks_iter(Axis(0), ROWS))
        .for_each(|(mut out, a)| general_mat_mul(1.0, &a, &b, 0.0, &mut out));
}
