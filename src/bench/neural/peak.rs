//! The matrix product of this machine, by the back end that networks use: a large one, and one of the shape of a
//! hidden layer that stays in a core's cache.

use gemm::{Parallelism, gemm};
use rayon::prelude::*;
use serde::Serialize;

use crate::bench::timing::{Spread, repetitions, seconds};

/// What one shape of product reached.
#[derive(Debug, Clone, Serialize)]
pub struct PeakRow {
    /// Rows, inner dimension and columns.
    pub shape: [usize; 3],
    /// f32 or f64.
    pub dtype: &'static str,
    /// Threads.
    pub threads: usize,
    /// 1e9 multiplications and additions a second, of the fastest repetition.
    pub best: f64,
    /// Of the median.
    pub median: f64,
}

/// Far out of any core's cache, and the products of a layer of 64 neurons for 4096 columns.
const LARGE: [usize; 3] = [2048, 2048, 2048];
const LAYER: [usize; 3] = [4096, 64, 64];
const QUICK: [usize; 3] = [256, 64, 64];
/// Products of the small shape a repetition, each on every thread.
const PRODUCTS: usize = 50;

/// With the threads of the pool this runs in.
pub(super) fn measure(quick: bool) -> Vec<PeakRow> {
    let mut rows = of::<f32>("f32", 1.0, 0.0, quick);
    rows.extend(of::<f64>("f64", 1.0, 0.0, quick));
    rows
}

fn of<T: Copy + Send + Sync + 'static>(dtype: &'static str, one: T, zero: T, quick: bool) -> Vec<PeakRow> {
    let threads = rayon::current_num_threads();
    let row = |shape: [usize; 3], products: usize, times: Spread| {
        let flops = 2.0 * shape.map(|n| n as f64).iter().product::<f64>() * products as f64;
        PeakRow { shape, dtype, threads, best: flops / times.min / 1e9, median: flops / times.median / 1e9 }
    };
    let shape = if quick { QUICK } else { LAYER };
    let mut own: Vec<Matrices<T>> = (0..threads).map(|_| Matrices::new(shape, one, zero)).collect();
    let layers = repeated(quick, || {
        own.par_iter_mut().for_each(|matrices| (0..PRODUCTS).for_each(|_| matrices.multiply(1, one, zero)));
    });
    let mut rows = vec![row(shape, PRODUCTS * threads, layers)];
    if !quick {
        let mut matrices = Matrices::new(LARGE, one, zero);
        rows.insert(0, row(LARGE, 1, repeated(quick, || matrices.multiply(threads, one, zero))));
    }
    rows
}

fn repeated(quick: bool, mut job: impl FnMut()) -> Spread {
    let first = seconds(&mut job);
    Spread::of((0..repetitions(first, quick)).map(|_| seconds(&mut job)).collect())
}

/// C = A B, all of them by rows.
struct Matrices<T> {
    shape: [usize; 3],
    a: Vec<T>,
    b: Vec<T>,
    c: Vec<T>,
}

impl<T: Copy + Send + Sync + 'static> Matrices<T> {
    fn new([m, k, n]: [usize; 3], one: T, zero: T) -> Self {
        Self { shape: [m, k, n], a: vec![one; m * k], b: vec![one; k * n], c: vec![zero; m * n] }
    }

    /// Each of `threads` threads makes its own rows of C.
    fn multiply(&mut self, threads: usize, one: T, zero: T) {
        let [m, k, n] = self.shape;
        let rows = m.div_ceil(threads.max(1));
        let pieces = self.c.par_chunks_mut(rows * n).zip(self.a.par_chunks(rows * k));
        pieces.for_each(|(c, a)| {
            let rows = (c.len() / n).min(a.len() / k);
            // SAFETY: `rows` rows of n and of k numbers lie in `c` and `a`, k rows of n in `b`.
            unsafe {
                gemm(
                    rows,
                    n,
                    k,
                    c.as_mut_ptr(),
                    1,
                    n as isize,
                    false,
                    a.as_ptr(),
                    1,
                    k as isize,
                    self.b.as_ptr(),
                    1,
                    n as isize,
                    zero,
                    one,
                    false,
                    false,
                    false,
                    Parallelism::None,
                );
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A matrix of ones times another: every entry is the inner dimension, however the rows are shared out.
    #[test]
    fn products_are_whole() {
        for threads in [1, 2, 3, 7] {
            let mut matrices = Matrices::new([5, 4, 3], 1.0f64, 0.0);
            matrices.multiply(threads, 1.0, 0.0);
            assert_eq!(matrices.c, [4.0; 15]);
        }
    }
}
