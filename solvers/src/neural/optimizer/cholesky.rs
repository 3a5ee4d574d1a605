//! Cholesky factors of a dense matrix by blocks: A = LLᵀ in place, row by row.
//!
//! For one block of columns after another, LAPACK factors the block on the diagonal, the rows below are
//! multiplied by its inverse, and what is left of the matrix loses their products: n³/3 flops, nearly all
//! in matrix products of rows that threads take block by block. The blocks are the same for any number of
//! threads, and so are the bits.

use ndarray::{ArrayViewMut2, ShapeBuilder};
use ndarray_linalg::{CholeskyInplace, UPLO};
use rayon::prelude::*;

use super::{
    blocks::{Block, add_product},
    vector,
};
use crate::classical::direct::dense::one_blas_thread;

/// Columns of a block, and rows that a thread takes at a time.
const SIZE: usize = 96;

/// Memory of a factorisation.
#[derive(Debug)]
pub(super) struct Cholesky {
    n: usize,
    /// The block on the diagonal and its inverse.
    diagonal: Vec<f64>,
    inverse: Vec<f64>,
    /// The rows below the block on the diagonal, and before they were multiplied.
    panel: Vec<f64>,
    before: Vec<f64>,
}

/// Flops of [`Cholesky::factor`] and [`Cholesky::solve`].
pub(super) fn flops(n: usize) -> f64 {
    let n = n as f64;
    n * n * n / 3.0 + 2.0 * n * n
}

impl Cholesky {
    pub fn new(n: usize) -> Self {
        let rows = n.saturating_sub(SIZE) * SIZE;
        Self {
            n,
            diagonal: vec![0.0; SIZE * SIZE],
            inverse: vec![0.0; SIZE * SIZE],
            panel: vec![0.0; rows],
            before: vec![0.0; rows],
        }
    }

    /// Puts L into the lower triangle of `matrix`, of which only that is read. Whether the matrix is
    /// positive definite; if it is not, what it holds afterwards means nothing.
    pub fn factor(&mut self, matrix: &mut [f64]) -> bool {
        one_blas_thread();
        let n = self.n;
        for start in (0..n).step_by(SIZE) {
            let size = SIZE.min(n - start);
            let end = start + size;
            if !self.factor_block(matrix, start, size) {
                return false;
            }
            let below = n - end;
            let (panel, before) = (&mut self.panel[..below * size], &mut self.before[..below * size]);
            for (row, before) in matrix[end * n..].chunks(n).zip(before.chunks_mut(size)) {
                before.copy_from_slice(&row[start..end]);
            }
            let inverse = &self.inverse;
            panel.par_chunks_mut(SIZE * size).zip(before.par_chunks(SIZE * size)).for_each(
                |(panel, before)| {
                    let shape = [panel.len() / size, size, size];
                    add_product(
                        panel,
                        size,
                        shape,
                        Block::rows(before, size),
                        Block::rows(inverse, size),
                        1.0,
                        0.0,
                    );
                },
            );
            let panel = &*panel;
            matrix[end * n..].par_chunks_mut(SIZE * n).enumerate().for_each(|(chunk, rows)| {
                let (first, count) = (chunk * SIZE, rows.len() / n);
                let own = &panel[first * size..(first + count) * size];
                for (row, own) in rows.chunks_mut(n).zip(own.chunks(size)) {
                    row[start..end].copy_from_slice(own);
                }
                let shape = [count, first + count, size];
                let (a, b) = (Block::rows(own, size), Block::rows(panel, size));
                add_product(&mut rows[end..], n, shape, a, b, -1.0, 1.0);
            });
        }
        true
    }

    /// Factors the block on the diagonal that starts at `start`, and inverts its factor.
    fn factor_block(&mut self, matrix: &mut [f64], start: usize, size: usize) -> bool {
        let (block, inverse) = (&mut self.diagonal[..size * size], &mut self.inverse[..size * size]);
        for (row, out) in block.chunks_mut(size).enumerate() {
            let from = (start + row) * self.n + start;
            out.copy_from_slice(&matrix[from..from + size]);
        }
        // To LAPACK, whose matrices go column by column, the lower triangle is the upper one.
        let Ok(mut view) = ArrayViewMut2::from_shape((size, size).f(), block) else { return false };
        // LAPACK sees no error in a matrix of not-a-number.
        if view.cholesky_inplace(UPLO::Upper).is_err() || !block.iter().all(|l| l.is_finite()) {
            return false;
        }
        for (row, l) in block.chunks(size).enumerate() {
            let to = (start + row) * self.n + start;
            matrix[to..=to + row].copy_from_slice(&l[..=row]);
        }
        // Row i of L⁻¹: eᵢ minus the rows above times those of L, over the diagonal.
        inverse.fill(0.0);
        for (i, l) in block.chunks(size).enumerate() {
            let (above, row) = inverse.split_at_mut(i * size);
            let row = &mut row[..size];
            row[i] = 1.0;
            for (l, above) in l[..i].iter().zip(above.chunks(size)) {
                vector::add_scaled(&mut row[..i], -l, &above[..i]);
            }
            row[..=i].iter_mut().for_each(|x| *x /= l[i]);
        }
        true
    }

    /// x ← A⁻¹x with the factor that [`Cholesky::factor`] left in `factor`.
    pub fn solve(&self, factor: &[f64], x: &mut [f64]) {
        for (i, row) in factor.chunks(self.n).enumerate() {
            x[i] = (x[i] - vector::dot(&row[..i], &x[..i])) / row[i];
        }
        for (i, row) in factor.chunks(self.n).enumerate().rev() {
            x[i] /= row[i];
            let here = x[i];
            vector::add_scaled(&mut x[..i], -here, &row[..i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solutions_satisfy_their_equations_at_any_size() {
        for n in [1, 2, 7, SIZE - 1, SIZE, SIZE + 1, 3 * SIZE + 5] {
            let entry = |i: usize, j: usize| 1.0 / (i + j + 1) as f64 + if i == j { 0.5 } else { 0.0 };
            let matrix: Vec<f64> = (0..n * n).map(|k| entry(k / n, k % n)).collect();
            let mut factor = matrix.clone();
            // Only the lower triangle is read.
            (0..n).for_each(|i| factor[i * n + i + 1..(i + 1) * n].fill(f64::NAN));
            let right: Vec<f64> = (0..n).map(|i| ((7 * i * i) % 11) as f64).collect();
            let mut x = right.clone();
            let mut cholesky = Cholesky::new(n);
            assert!(cholesky.factor(&mut factor), "{n}");
            cholesky.solve(&factor, &mut x);
            for (row, right) in matrix.chunks(n).zip(&right) {
                assert!((vector::dot(row, &x) - right).abs() < 1e-11, "{n}");
            }
        }
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_is_told() {
        for n in [3, SIZE + 3] {
            let mut matrix = vec![0.0; n * n];
            (0..n).for_each(|i| matrix[i * n + i] = if i + 1 == n { -1.0 } else { 1.0 });
            assert!(!Cholesky::new(n).factor(&mut matrix));
            assert!(!Cholesky::new(n).factor(&mut vec![f64::NAN; n * n]));
        }
    }
}
