//! Layers in the passes of an energy, which carry no streams for the gradient (see `network::energy`): a pass upwards
//! that keeps p, the adjoint of a, in the third stream of z; a tangent; and the reverse of both.
//!
//! ```text
//! s = σ′ p      ȧ = σ′ ż      z̄ = σ′ ā + σ″ p ż
//! ```

use multiversion::multiversion;

use super::{Activation, Rows};
use crate::neural::{
    bumps::{Phi, PhiHalf, S2Relu, SRelu, SRelu2, SRelu3},
    real::Real,
    sigma::{Cos, Gelu, Relu, Sigma, Silu, Sin, Tanh},
};

/// After [`forward`](super::forward) with values alone: turns p, in `bar`, into s and keeps p in the third stream of `z`.
pub(in crate::neural) fn upwards<T: Real>(
    sigma: Activation,
    rows: Rows,
    count: usize,
    z: &mut [T],
    a: &[T],
    bar: &mut [T],
) {
    dispatch!(sigma, upwards_with, rows, count, z, a, bar);
}

/// After [`forward`](super::forward) with values alone: ȧ from ż, from the second stream of `z` to that of `a`.
pub(in crate::neural) fn tangent<T: Real>(sigma: Activation, rows: Rows, count: usize, z: &[T], a: &mut [T]) {
    dispatch!(sigma, tangent_with, rows, count, z, a);
}

/// After [`upwards`] and [`tangent`]: turns ā, in `bar`, into z̄ and writes s to its second stream.
pub(in crate::neural) fn downwards<T: Real>(
    sigma: Activation,
    rows: Rows,
    count: usize,
    z: &[T],
    a: &[T],
    bar: &mut [T],
) {
    dispatch!(sigma, downwards_with, rows, count, z, a, bar);
}

#[multiversion(targets = "simd")]
fn upwards_with<S: Sigma<T>, T: Real>(rows: Rows, count: usize, z: &mut [T], a: &[T], bar: &mut [T]) {
    let n = rows.points;
    let neurons = z.chunks_mut(rows.stride).zip(a.chunks(rows.stride)).zip(bar.chunks_mut(rows.stride));
    for ((z, a), bar) in neurons.take(count) {
        let (memo, z) = z[..3 * n].split_at_mut(n);
        let (kept, value, bar) = (&mut z[n..], &a[..n], &mut bar[..n]);
        for i in 0..n {
            let [first, ..] = S::derivatives(value[i], memo[i]);
            kept[i] = bar[i];
            bar[i] = first * bar[i];
        }
    }
}

#[multiversion(targets = "simd")]
fn tangent_with<S: Sigma<T>, T: Real>(rows: Rows, count: usize, z: &[T], a: &mut [T]) {
    let n = rows.points;
    for (z, a) in z.chunks(rows.stride).zip(a.chunks_mut(rows.stride)).take(count) {
        let (memo, z) = z[..2 * n].split_at(n);
        let (value, a) = a[..2 * n].split_at_mut(n);
        for i in 0..n {
            let [first, ..] = S::derivatives(value[i], memo[i]);
            a[i] = first * z[i];
        }
    }
}

#[multiversion(targets = "simd")]
fn downwards_with<S: Sigma<T>, T: Real>(rows: Rows, count: usize, z: &[T], a: &[T], bar: &mut [T]) {
    let n = rows.points;
    let neurons = z.chunks(rows.stride).zip(a.chunks(rows.stride)).zip(bar.chunks_mut(rows.stride));
    for ((z, a), bar) in neurons.take(count) {
        let (memo, z) = z[..3 * n].split_at(n);
        let (tangent, kept) = z.split_at(n);
        let (value, (bar, s)) = (&a[..n], bar[..2 * n].split_at_mut(n));
        for i in 0..n {
            let [first, second, _] = S::derivatives(value[i], memo[i]);
            bar[i] = first * bar[i] + second * (kept[i] * tangent[i]);
            s[i] = first * kept[i];
        }
    }
}
