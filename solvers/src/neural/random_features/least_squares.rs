//! min ‖Ac − b‖ for a matrix whose columns are nearly dependent: Householder QR with column pivoting by blocks,
//! or the singular values.
//!
//! Smooth features are nearly dependent by nature: their singular values fall exponentially, down to rounding.
//! Normal equations square the condition number and lose half of the digits; orthogonal transformations do not.
//!
//! **QR.** Pivoting column by column spends half of its flops on products of a matrix and a vector, at the speed of
//! memory. Here a panel of the columns that are longest at the moment is factored with pivoting, and the block
//! reflector I − VTVᵀ is applied to all others as matrix products, in parallel over fixed groups of columns: same
//! bits at any number of threads. A column whose remaining part is below `rcond` of the longest depends on those
//! before it and is left out (c = 0); what is left is the numerical rank r. Cost: 2Nr² − ⅔r³ + O(NM·panel) flops for
//! N rows and M columns.
//!
//! **SVD.** The same factorisation, nothing left out, then R = UΣWᵀ by LAPACK and the solution of least norm over
//! the singular values above `rcond` of the largest: some 20M³ flops more.
//!
//! Source: Golub & Van Loan, *Matrix Computations*, 4th ed. 2013, §5.2.3, §5.4.2, §5.5; Bischof, *A parallel QR
//! factorization algorithm with controlled local pivoting*, SIAM J. Sci. Stat. Comput. 12 (1991) 36.

use faer::{
    Conj, MatMut, MatRef, Par,
    dyn_stack::{MemBuffer, MemStack},
    linalg::householder::{
        apply_block_householder_sequence_transpose_on_the_left_in_place_scratch as reflect_scratch,
        apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj as reflect,
    },
};
use ndarray::Array2;
use ndarray_linalg::{JobSvd, SVDDC};
use rayon::prelude::*;

use crate::{SolverError, classical::direct::dense::one_blas_thread, memory::Buffer};

/// Columns of a panel, and of a group that one thread transforms.
const PANEL: usize = 32;

/// How the system is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Householder QR with column pivoting by blocks.
    Qr,
    /// Singular values of R.
    Svd,
}

impl Method {
    /// The names a spec may use, in the order of [`Method::ALL`].
    pub const NAMES: [&'static str; 2] = ["qr", "svd"];
    /// Both.
    pub const ALL: [Self; 2] = [Self::Qr, Self::Svd];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// A and b side by side: columns one after the other, b the last.
pub(super) struct System {
    pub columns: Buffer<f64>,
    pub rows: usize,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Solution {
    pub coefficients: Vec<f64>,
    /// Columns or singular values that were taken.
    pub rank: usize,
    /// ‖Ac − b‖/‖b‖.
    pub residual: f64,
}

impl System {
    /// No numbers yet: `rows` equations for `features` unknowns.
    pub fn zeroed(rows: usize, features: usize) -> Self {
        Self { columns: Buffer::zeroed(rows * (features + 1)), rows }
    }

    /// Bytes of a system and of what its solution needs.
    pub fn bytes(rows: f64, features: f64, method: Method) -> f64 {
        let least = rows.min(features);
        let dense = if method == Method::Svd { 6.0 * least * least } else { 0.0 };
        8.0 * (rows * (features + 1.0 + 2.0 * PANEL as f64) + dense)
    }

    /// Flops of a solution of this rank.
    pub fn flops(rows: usize, features: usize, rank: usize, method: Method) -> f64 {
        let [rows, features, rank] = [rows, features, rank].map(|n| n as f64);
        let svd = if method == Method::Svd { 20.0 * features.powi(3) } else { 0.0 };
        // Each of the r reflectors goes over what is right of it and below, 4 flops a number.
        4.0 * rank * (rows - 0.5 * rank).max(0.0) * (features - 0.5 * rank).max(0.0) + svd
    }

    /// Solves it; nothing is left of A and b.
    pub fn solve(mut self, rcond: f64, method: Method) -> Result<Solution, SolverError> {
        let features = self.columns.len() / self.rows - 1;
        let norm = self.column(features).iter().map(|b| b * b).sum::<f64>().sqrt();
        let dropped = if method == Method::Svd { 0.0 } else { rcond };
        let order = self.factor(dropped);
        let mut right = self.column(features)[..order.len()].to_vec();
        let beyond: f64 = self.column(features)[order.len()..].iter().map(|b| b * b).sum();
        let (rank, lost) = match method {
            Method::Qr => {
                self.substitute(&mut right);
                (order.len(), 0.0)
            }
            Method::Svd => self.least_norm(rcond, &mut right)?,
        };
        let mut coefficients = vec![0.0; features];
        for (&column, c) in order.iter().zip(right) {
            coefficients[column] = c;
        }
        let residual = if norm > 0.0 { (beyond + lost).sqrt() / norm } else { 0.0 };
        Ok(Solution { coefficients, rank, residual })
    }

    fn column(&self, j: usize) -> &[f64] {
        &self.columns[j * self.rows..(j + 1) * self.rows]
    }

    fn swap(&mut self, i: usize, j: usize) {
        if i != j {
            let (i, j) = (i.min(j), i.max(j));
            let (left, right) = self.columns.split_at_mut(j * self.rows);
            left[i * self.rows..(i + 1) * self.rows].swap_with_slice(&mut right[..self.rows]);
        }
    }

    /// A ← R in its upper triangle and b ← Qᵀb. Returns the columns taken, in the order of R's.
    fn factor(&mut self, rcond: f64) -> Vec<usize> {
        let (rows, features) = (self.rows, self.columns.len() / self.rows - 1);
        let mut order: Vec<usize> = (0..features).collect();
        let mut norms: Vec<f64> = self.columns.par_chunks(rows).map(norm).collect();
        let longest = norms[..features].iter().fold(0.0, |m: f64, n| m.max(*n));
        let (mut done, mut live) = (0, features);
        while done < live.min(rows) {
            // The longest to the front; equal ones stay in order.
            let mut by_length: Vec<usize> = (done..live).collect();
            by_length.sort_by(|&i, &j| norms[j].total_cmp(&norms[i]));
            if norms[by_length[0]] <= rcond * longest || norms[by_length[0]] == 0.0 {
                break;
            }
            let width = PANEL.min(live - done).min(rows - done);
            by_length.truncate(width);
            by_length.sort_unstable();
            for (to, from) in (done..).zip(by_length) {
                self.swap(to, from);
                order.swap(to, from);
                norms.swap(to, from);
            }
            let taken = self.panel(done, width, rcond * longest, &mut order, &mut norms);
            done += taken;
            // What the panel leaves out depends on the columns before it.
            for left_out in (done..done + width - taken).rev() {
                live -= 1;
                self.swap(left_out, live);
                order.swap(left_out, live);
                norms.swap(left_out, live);
            }
        }
        order.truncate(done);
        order
    }

    /// Factors columns `done..done + width` with pivoting, transforms those behind them, and returns how many of
    /// the panel are longer than `least`.
    fn panel(
        &mut self,
        done: usize,
        width: usize,
        least: f64,
        order: &mut [usize],
        norms: &mut [f64],
    ) -> usize {
        let rows = self.rows;
        let (front, behind) = self.columns.split_at_mut((done + width) * rows);
        let panel = &mut front[done * rows..];
        let view = MatRef::from_column_major_slice(panel, rows, width);
        let factors = view.subrows(done, rows - done).to_owned().col_piv_qr();
        let (pivots, _) = factors.P().arrays();
        let r = factors.R();
        let taken = (0..width).take_while(|&i| r[(i, i)].abs() > least).count();
        // Rows above belong to R already and follow their columns.
        let above: Vec<f64> = panel.chunks(rows).flat_map(|column| &column[..done]).copied().collect();
        let names: Vec<usize> = order[done..done + width].to_vec();
        for (i, column) in panel.chunks_mut(rows).enumerate() {
            order[done + i] = names[pivots[i]];
            norms[done + i] = 0.0;
            column[..done].copy_from_slice(&above[pivots[i] * done..(pivots[i] + 1) * done]);
            for (k, value) in column[done..].iter_mut().enumerate() {
                *value = if k <= i { r[(k, i)] } else { 0.0 };
            }
        }
        if taken == 0 {
            return 0;
        }
        let basis = factors.Q_basis().subcols(0, taken);
        let triangle = factors.Q_coeff().subcols(0, taken);
        behind.par_chunks_mut(PANEL * rows).zip(norms[done + width..].par_chunks_mut(PANEL)).for_each(
            |(group, norms)| {
                let count = group.len() / rows;
                let scratch = reflect_scratch::<f64>(rows - done, triangle.nrows(), count);
                let mut memory = MemBuffer::new(scratch);
                let group_view = MatMut::from_column_major_slice_mut(group, rows, count);
                let below = group_view.subrows_mut(done, rows - done);
                reflect(basis, triangle, Conj::No, below, Par::Seq, MemStack::new(&mut memory));
                for (length, column) in norms.iter_mut().zip(group.chunks(rows)) {
                    *length = norm(&column[done + taken..]);
                }
            },
        );
        taken
    }

    /// x ← R⁻¹x.
    fn substitute(&self, x: &mut [f64]) {
        for j in (0..x.len()).rev() {
            let column = self.column(j);
            x[j] /= column[j];
            let here = x[j];
            for (x, r) in x[..j].iter_mut().zip(column) {
                *x -= here * r;
            }
        }
    }

    /// x ← R⁺x over the singular values above `rcond` of the largest; their number, and the square of the part
    /// of x that is lost.
    fn least_norm(&self, rcond: f64, x: &mut [f64]) -> Result<(usize, f64), SolverError> {
        one_blas_thread();
        let n = x.len();
        if n == 0 {
            return Ok((0, 0.0));
        }
        let r = Array2::from_shape_fn((n, n), |(i, j)| if i <= j { self.column(j)[i] } else { 0.0 });
        let failed = |what: &str| SolverError::Algebra(format!("singular values: {what}"));
        let (u, values, wt) = r.svddc(JobSvd::All).map_err(|error| failed(&error.to_string()))?;
        let (Some(u), Some(wt)) = (u, wt) else { return Err(failed("LAPACK gave no vectors")) };
        let rank = values.iter().take_while(|s| **s > rcond * values[0]).count();
        let (mut out, mut lost) = (vec![0.0; n], 0.0);
        for k in 0..n {
            let part: f64 = u.column(k).iter().zip(x.iter()).map(|(u, x)| u * x).sum();
            if k < rank {
                let scaled = part / values[k];
                out.iter_mut().zip(wt.row(k)).for_each(|(out, w)| *out += scaled * w);
            } else {
                lost += part * part;
            }
        }
        x.copy_from_slice(&out);
        Ok((rank, lost))
    }
}

/// ‖x‖₂, eight sums side by side.
pub(super) fn norm(x: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let chunks = x.chunks_exact(8);
    let rest: f64 = chunks.remainder().iter().map(|x| x * x).sum();
    for x in chunks {
        for (sum, x) in sums.iter_mut().zip(x) {
            *sum += x * x;
        }
    }
    (sums.iter().sum::<f64>() + rest).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(rows: usize, features: usize, entry: impl Fn(usize, usize) -> f64) -> System {
        let mut system = System::zeroed(rows, features);
        for (j, column) in system.columns.chunks_mut(rows).enumerate() {
            column.iter_mut().enumerate().for_each(|(i, value)| *value = entry(i, j));
        }
        system
    }

    /// Numbers in (−1, 1) without a pattern: the digits of a sine from the fifth on. (A sine of i and j itself
    /// would be a matrix of rank two.)
    fn noise(i: usize, j: usize) -> f64 {
        ((12.9898 * i as f64 + 78.233 * j as f64 + 1.0).sin() * 43_758.545_3).fract()
    }

    #[test]
    fn consistent_systems_are_solved_and_residuals_are_orthogonal_to_the_columns() {
        for (rows, features) in [(5, 3), (40, 40), (130, 97), (200, 64)] {
            for method in Method::ALL {
                let right = |j: usize| 1.0 + j as f64;
                let b = |i: usize| (0..features).map(|j| noise(i, j) * right(j)).sum::<f64>();
                let entry = |i, j| if j < features { noise(i, j) } else { b(i) };
                let solution = system(rows, features, entry).solve(1e-13, method).unwrap();
                assert_eq!(solution.rank, features);
                for (j, c) in solution.coefficients.iter().enumerate() {
                    assert!((c - right(j)).abs() < 1e-8 * features as f64, "{rows} {features} {j}: {c}");
                }
                let solution = system(rows, features, noise).solve(1e-13, method).unwrap();
                let residual: Vec<f64> = (0..rows)
                    .map(|i| {
                        let sum: f64 = (0..features).map(|j| noise(i, j) * solution.coefficients[j]).sum();
                        sum - noise(i, features)
                    })
                    .collect();
                for j in 0..features {
                    let along: f64 = residual.iter().enumerate().map(|(i, r)| r * noise(i, j)).sum();
                    assert!(along.abs() < 1e-8, "{rows} {features}: {along}");
                }
                let b: Vec<f64> = (0..rows).map(|i| noise(i, features)).collect();
                assert!((norm(&residual) / norm(&b) - solution.residual).abs() < 1e-8);
            }
        }
    }

    /// 90 columns that are combinations of 50, with zeros among them: the rank is 50 and the residual zero.
    #[test]
    fn dependent_columns_are_counted_and_left_out() {
        let base = |i: usize, j: usize| noise(i, j % 50) * if j % 50 == 7 { 1e-3 } else { 1.0 };
        let entry = |i: usize, j: usize| match j {
            0 => 0.0,
            60..=89 => base(i, j) + 2.0 * base(i, j + 3),
            91 => (0..50).map(|k| base(i, k)).sum(),
            _ => base(i, j),
        };
        for method in Method::ALL {
            let solution = system(150, 91, entry).solve(1e-12, method).unwrap();
            assert_eq!(solution.rank, 50, "{method:?}");
            assert!(solution.residual < 1e-12, "{method:?}: {}", solution.residual);
        }
    }

    /// Fewer rows than columns, and nothing at all.
    #[test]
    fn short_and_empty_systems_have_their_rank() {
        for method in Method::ALL {
            let solution = system(20, 50, noise).solve(1e-12, method).unwrap();
            assert_eq!(solution.rank, 20);
            assert!(solution.residual < 1e-12);
            let solution = system(20, 5, |_, _| 0.0).solve(1e-12, method).unwrap();
            assert_eq!((solution.rank, solution.residual), (0, 0.0));
            assert!(solution.coefficients.iter().all(|c| *c == 0.0));
        }
    }
}
