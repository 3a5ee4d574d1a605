//! Products of blocks of row-major matrices, one thread each.

use gemm::{Parallelism, gemm};

/// A matrix in a slice: entry (i, j) lies at i·`row` + j·`column`.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    pub data: &'a [f64],
    pub row: usize,
    pub column: usize,
}

impl<'a> Block<'a> {
    /// Row by row, `stride` numbers apart.
    pub fn rows(data: &'a [f64], stride: usize) -> Self {
        Self { data, row: stride, column: 1 }
    }

    /// The same read as its transpose.
    pub fn transposed(self) -> Self {
        Self { row: self.column, column: self.row, ..self }
    }

    fn assert_holds(&self, rows: usize, columns: usize) {
        assert!(
            rows == 0
                || columns == 0
                || (rows - 1) * self.row + (columns - 1) * self.column < self.data.len()
        );
    }
}

/// C = `keep` C + `scale` A Bᵀ, where C is row by row with `stride`, A has `shape[0]` rows, B `shape[1]` rows and
/// both `shape[2]` columns.
pub(super) fn add_product(
    c: &mut [f64],
    stride: usize,
    shape: [usize; 3],
    a: Block<'_>,
    b: Block<'_>,
    scale: f64,
    keep: f64,
) {
    let [rows, columns, inner] = shape;
    a.assert_holds(rows, inner);
    b.assert_holds(columns, inner);
    assert!(columns <= stride && (rows == 0 || (rows - 1) * stride + columns <= c.len()));
    // SAFETY: the three matrices lie inside their slices, as asserted; `c` is borrowed mutably, so it
    // overlaps none. Read as Cᵀ = B Aᵀ, whose columns are contiguous.
    unsafe {
        gemm(
            columns,
            rows,
            inner,
            c.as_mut_ptr(),
            stride as isize,
            1,
            keep != 0.0,
            b.data.as_ptr(),
            b.column as isize,
            b.row as isize,
            a.data.as_ptr(),
            a.row as isize,
            a.column as isize,
            keep,
            scale,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_definition() {
        let number = |i: usize| (i as f64 * 0.618).fract() - 0.5;
        let (rows, columns, inner) = (5, 7, 9);
        let a: Vec<f64> = (0..rows * inner).map(number).collect();
        let b: Vec<f64> = (0..inner * columns).map(|i| number(i + 50)).collect();
        let mut c = vec![1.0; rows * (columns + 2)];
        let transposed = Block::rows(&b, columns).transposed();
        add_product(
            &mut c,
            columns + 2,
            [rows, columns, inner],
            Block::rows(&a, inner),
            transposed,
            -2.0,
            3.0,
        );
        for i in 0..rows {
            for j in 0..columns {
                let product: f64 = (0..inner).map(|k| a[i * inner + k] * b[k * columns + j]).sum();
                assert!((c[i * (columns + 2) + j] - (3.0 - 2.0 * product)).abs() < 1e-13);
            }
            assert_eq!(c[i * (columns + 2) + columns..(i + 1) * (columns + 2)], [1.0, 1.0]);
        }
    }
}
