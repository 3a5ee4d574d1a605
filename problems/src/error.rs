//! The two kinds of error that are always reported.

use crate::{Field, reduce};

/// ‖e‖₂/‖u_ref‖₂ (relative; absolute if the reference vanishes) and ‖e‖∞ (absolute), over all nodes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// Relative L2 error.
    pub l2: f64,
    /// Maximum error.
    pub max: f64,
}

impl Errors {
    /// The error of `u` against `reference`; `reference_norm` is [`norm`] of the reference.
    pub fn between(u: &[f64], reference: &[f64], reference_norm: f64) -> Self {
        let squares = reduce::sum_blocks(u.len(), |range| {
            u[range.clone()].iter().zip(&reference[range]).map(|(u, v)| (u - v) * (u - v)).sum()
        });
        let max = reduce::max_blocks(u.len(), |range| {
            let pairs = u[range.clone()].iter().zip(&reference[range]);
            pairs.fold(0.0, |m, (u, v)| reduce::max_or_nan(m, (u - v).abs()))
        });
        let scale = if reference_norm > 0.0 { reference_norm } else { 1.0 };
        Self { l2: squares.sqrt() / scale, max }
    }
}

/// ‖field‖₂ over all nodes.
pub fn norm(field: &Field) -> f64 {
    reduce::sum_of_squares(field.values()).sqrt()
}
