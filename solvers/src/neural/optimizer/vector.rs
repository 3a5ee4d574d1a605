//! Sums over parameter vectors, in an order that depends on their length alone.

use crate::neural::product;

pub(super) use crate::neural::product::dot;

/// ‖x‖₂.
pub(super) fn norm(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

/// y += s x.
pub(super) fn add_scaled(y: &mut [f64], s: f64, x: &[f64]) {
    product::add_scaled(y, s, x);
}

/// out = x + s d.
pub(super) fn along(out: &mut [f64], x: &[f64], s: f64, d: &[f64]) {
    for ((out, x), d) in out.iter_mut().zip(x).zip(d) {
        *out = x + s * d;
    }
}
