//! The matrix products of a layer, and the loops around them.
//!
//! Matrices are row-major with one row a neuron, `stride` apart. The products go to the `gemm`
//! crate, one thread each: tiles are what runs in parallel.

use gemm::{Parallelism, gemm};
use multiversion::multiversion;

use super::{activation::ABREAST, real::Real};

/// A row-major matrix in a slice.
#[derive(Clone, Copy)]
struct Place {
    rows: usize,
    columns: usize,
    stride: usize,
}

impl Place {
    /// Panics unless the matrix lies inside a slice of `len` numbers: what the pointers below rely on.
    fn assert_inside(self, len: usize) {
        assert!(self.columns <= self.stride.max(1));
        assert!(self.rows == 0 || (self.rows - 1) * self.stride + self.columns <= len);
    }
}

/// z = W a with W `outputs × inputs` (dense) and `columns` columns.
pub(super) fn apply<T: Real>(w: &[T], outputs: usize, a: &[T], z: &mut [T], columns: usize, stride: usize) {
    let inputs = w.len() / outputs;
    Place { rows: inputs, columns, stride }.assert_inside(a.len());
    Place { rows: outputs, columns, stride }.assert_inside(z.len());
    assert_eq!(w.len(), outputs * inputs);
    let (stride, inner) = (stride as isize, inputs as isize);
    // SAFETY: the three matrices lie inside their slices, as asserted; `z` is borrowed mutably, so
    // they do not overlap. Read as zᵀ = aᵀ Wᵀ, whose columns are contiguous.
    unsafe {
        gemm(
            columns,
            outputs,
            inputs,
            z.as_mut_ptr(),
            stride,
            1,
            false,
            a.as_ptr(),
            stride,
            1,
            w.as_ptr(),
            inner,
            1,
            T::of(0.0),
            T::of(1.0),
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// ā = Wᵀ z̄, or ā += Wᵀ z̄: the adjoint of [`apply`] with respect to its argument.
pub(super) fn apply_transposed<T: Real>(
    w: &[T],
    outputs: usize,
    z_bar: &[T],
    a_bar: &mut [T],
    add: bool,
    columns: usize,
    stride: usize,
) {
    let inputs = w.len() / outputs;
    Place { rows: inputs, columns, stride }.assert_inside(a_bar.len());
    Place { rows: outputs, columns, stride }.assert_inside(z_bar.len());
    assert_eq!(w.len(), outputs * inputs);
    let (stride, inner) = (stride as isize, inputs as isize);
    let keep = T::of(if add { 1.0 } else { 0.0 });
    // SAFETY: as in `apply`, with the roles of the two activations exchanged.
    unsafe {
        gemm(
            columns,
            inputs,
            outputs,
            a_bar.as_mut_ptr(),
            stride,
            1,
            add,
            z_bar.as_ptr(),
            stride,
            1,
            w.as_ptr(),
            1,
            inner,
            keep,
            T::of(1.0),
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// W̄ = z̄ aᵀ, or W̄ += z̄ aᵀ: the adjoint of [`apply`] with respect to the weights.
pub(super) fn weight_gradient<T: Real>(
    w_bar: &mut [T],
    add: bool,
    outputs: usize,
    z_bar: &[T],
    a: &[T],
    columns: usize,
    stride: usize,
) {
    let inputs = w_bar.len() / outputs;
    Place { rows: inputs, columns, stride }.assert_inside(a.len());
    Place { rows: outputs, columns, stride }.assert_inside(z_bar.len());
    assert_eq!(w_bar.len(), outputs * inputs);
    let (stride, inner) = (stride as isize, inputs as isize);
    let keep = T::of(if add { 1.0 } else { 0.0 });
    // SAFETY: as in `apply`.
    unsafe {
        gemm(
            inputs,
            outputs,
            columns,
            w_bar.as_mut_ptr(),
            inner,
            1,
            add,
            a.as_ptr(),
            1,
            stride,
            z_bar.as_ptr(),
            stride,
            1,
            keep,
            T::of(1.0),
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// slot = value, or slot += value if `add`. What stood there before, an infinity of a step that went too far, is not read
/// then: no factor takes that away.
#[inline(always)]
pub(super) fn put<T: Real>(slot: &mut T, add: bool, value: T) {
    *slot = if add { *slot + value } else { value };
}

/// y += s x.
#[multiversion(targets = "simd")]
pub(super) fn add_scaled<T: Real>(y: &mut [T], s: T, x: &[T]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += s * *x;
    }
}

/// y += x z, entry by entry.
#[multiversion(targets = "simd")]
pub(super) fn add_product<T: Real>(y: &mut [T], x: &[T], z: &[T]) {
    for (y, (x, z)) in y.iter_mut().zip(x.iter().zip(z)) {
        *y += *x * *z;
    }
}

/// y = s x.
#[multiversion(targets = "simd")]
pub(super) fn set_scaled<T: Real>(y: &mut [T], s: T, x: &[T]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = s * *x;
    }
}

/// x = s x.
#[multiversion(targets = "simd")]
pub(super) fn scale<T: Real>(x: &mut [T], s: T) {
    for x in x.iter_mut() {
        *x *= s;
    }
}

/// z = x + y.
#[multiversion(targets = "simd")]
pub(super) fn sum_of<T: Real>(z: &mut [T], x: &[T], y: &[T]) {
    for (z, (x, y)) in z.iter_mut().zip(x.iter().zip(y)) {
        *z = *x + *y;
    }
}

/// Partial sums of [`dot`] and [`sum`]: what the widest register holds in single precision.
const PARTS: usize = ABREAST;

/// Σ xᵢ yᵢ in an order that depends on the length alone: partial sums, then those and what is left over.
#[multiversion(targets = "simd")]
pub(super) fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    debug_assert_eq!(x.len(), y.len());
    let mut parts = [T::of(0.0); PARTS];
    let (x, y) = (x.chunks_exact(PARTS), y.chunks_exact(PARTS));
    let rest = x.remainder().iter().zip(y.remainder());
    let rest = rest.fold(T::of(0.0), |sum, (x, y)| sum + *x * *y);
    for (x, y) in x.zip(y) {
        for i in 0..PARTS {
            parts[i] += x[i] * y[i];
        }
    }
    parts.into_iter().fold(rest, |sum, part| sum + part)
}

/// Σ xᵢ, likewise.
#[multiversion(targets = "simd")]
pub(super) fn sum<T: Real>(x: &[T]) -> T {
    let mut parts = [T::of(0.0); PARTS];
    let x = x.chunks_exact(PARTS);
    let rest = x.remainder().iter().fold(T::of(0.0), |sum, x| sum + *x);
    for x in x {
        for i in 0..PARTS {
            parts[i] += x[i];
        }
    }
    parts.into_iter().fold(rest, |sum, part| sum + part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern.
    fn numbers(n: usize) -> Vec<f64> {
        (0..n).map(|i| (1.0 + i as f64 * 0.618_033_988_75).fract() - 0.5).collect()
    }

    #[test]
    fn products_are_those_of_the_definition() {
        for (outputs, inputs, columns, stride) in [(1, 1, 8, 8), (5, 3, 16, 24), (33, 20, 40, 48)] {
            let w = numbers(outputs * inputs);
            let a = numbers(inputs * stride);
            let z_bar = numbers(outputs * stride);
            let mut z = vec![f64::NAN; outputs * stride];
            let mut a_bar = vec![f64::NAN; inputs * stride];
            let mut w_bar = vec![f64::NAN; outputs * inputs];
            apply(&w, outputs, &a, &mut z, columns, stride);
            apply_transposed(&w, outputs, &z_bar, &mut a_bar, false, columns, stride);
            apply_transposed(&w, outputs, &z_bar, &mut a_bar, true, columns, stride);
            weight_gradient(&mut w_bar, false, outputs, &z_bar, &a, columns, stride);
            weight_gradient(&mut w_bar, true, outputs, &z_bar, &a, columns, stride);
            for o in 0..outputs {
                for c in 0..columns {
                    let right: f64 = (0..inputs).map(|i| w[o * inputs + i] * a[i * stride + c]).sum();
                    assert!((z[o * stride + c] - right).abs() < 1e-13);
                }
                for i in 0..inputs {
                    let right: f64 = (0..columns).map(|c| z_bar[o * stride + c] * a[i * stride + c]).sum();
                    assert!((w_bar[o * inputs + i] - 2.0 * right).abs() < 1e-13);
                }
            }
            for i in 0..inputs {
                for c in 0..columns {
                    let right: f64 = (0..outputs).map(|o| w[o * inputs + i] * z_bar[o * stride + c]).sum();
                    assert!((a_bar[i * stride + c] - 2.0 * right).abs() < 1e-13);
                }
            }
        }
        for len in [0, 1, PARTS - 1, PARTS, 3 * PARTS, 3 * PARTS + 9] {
            let (x, y) = (numbers(len), numbers(len + 7).split_off(7));
            let right: f64 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
            assert!((dot(&x, &y) - right).abs() < 1e-14, "{len}");
            assert!((sum(&x) - x.iter().sum::<f64>()).abs() < 1e-14, "{len}");
        }
    }
}
