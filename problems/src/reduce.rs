//! Sums and maxima whose bits do not depend on the number of threads: fixed blocks, each summed
//! in order, combined in index order.

use multiversion::multiversion;
use rayon::prelude::*;

/// Values a block; a block is one thread's work.
pub const BLOCK: usize = 1 << 14;

/// Σ over fixed blocks of `term`, which sums one block `start..end`, combined in index order.
pub fn sum_blocks(len: usize, term: impl Fn(std::ops::Range<usize>) -> f64 + Sync) -> f64 {
    fold_blocks(len, term, 0.0, |sum, part| sum + part)
}

/// The maximum over fixed blocks; not-a-number wins over every number.
pub fn max_blocks(len: usize, term: impl Fn(std::ops::Range<usize>) -> f64 + Sync) -> f64 {
    fold_blocks(len, term, 0.0, max_or_nan)
}

/// The larger of two numbers, or not-a-number when either is.
pub fn max_or_nan(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

/// ‖x‖₂².
pub fn sum_of_squares(x: &[f64]) -> f64 {
    sum_blocks(x.len(), |range| squares(&x[range]))
}

/// Σ x² of a few numbers in sums side by side, as many as keep the adders of a processor busy.
#[multiversion(targets = "simd")]
pub(crate) fn squares(x: &[f64]) -> f64 {
    const LANES: usize = 16;
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum += x * x;
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|x| x * x).sum::<f64>()
}

/// ‖x‖∞; not-a-number if any entry is.
pub fn max_abs(x: &[f64]) -> f64 {
    max_blocks(x.len(), |range| x[range].iter().fold(0.0, |m, v| max_or_nan(m, v.abs())))
}

/// What `term` makes of fixed blocks `start..end`, combined in index order, starting with `zero`.
pub fn fold_blocks<T: Send>(
    len: usize,
    term: impl Fn(std::ops::Range<usize>) -> T + Sync,
    zero: T,
    combine: impl Fn(T, T) -> T,
) -> T {
    if len <= BLOCK {
        return combine(zero, term(0..len));
    }
    let parts: Vec<T> = (0..len.div_ceil(BLOCK))
        .into_par_iter()
        .map(|block| term(block * BLOCK..((block + 1) * BLOCK).min(len)))
        .collect();
    parts.into_iter().fold(zero, combine)
}
