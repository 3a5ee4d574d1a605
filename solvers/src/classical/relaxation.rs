//! Relaxation: sweeps that solve each equation for its own unknown. What Jacobi and Gauss–Seidel
//! have in common, as solvers and as smoothers of multigrid.
//!
//! Every sweep reads one array and writes another, Gauss–Seidel too: old values stay readable, so
//! that blocks of rows can be swept by different threads without waiting for each other.

use modewise_problems::{Discrete, Field};

use super::{gauss_seidel::red_black, stencil::Stencil};
use crate::{Snapshot, SolverError};

/// A relaxation with its parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Relaxation {
    /// ω-Jacobi.
    Jacobi { omega: f64 },
    /// Gauss–Seidel on even nodes, then on odd ones.
    RedBlack,
}

impl Relaxation {
    /// Values of scratch that sweeps with `stencil` need.
    pub fn scratch(self, stencil: &Stencil) -> usize {
        match self {
            Self::Jacobi { .. } => 0,
            Self::RedBlack => red_black::scratch(stencil),
        }
    }

    /// Flops of one sweep: ω-Jacobi is one pass of the stencil, Gauss–Seidel one without the
    /// product and the addition for (1 − ω)u.
    pub fn flops(self, stencil: &Stencil) -> f64 {
        match self {
            Self::Jacobi { .. } => stencil.pass_flops(),
            Self::RedBlack => stencil.pass_flops() - (2 * stencil.interior()) as f64,
        }
    }

    /// One sweep over Au = f from `u` to `next`, which carries the same boundary values.
    pub fn sweep(self, stencil: &Stencil, u: &[f64], f: &[f64], next: &mut [f64], scratch: &mut [f64]) {
        match self {
            Self::Jacobi { omega } => stencil.apply(stencil.relaxation_weights(omega), u, f, next),
            Self::RedBlack => red_black::sweep(stencil, u, f, next, scratch),
        }
    }
}

/// A snapshot of a method whose whole state is u.
pub(crate) fn snapshot(u: &Field) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.arrays.insert("u".into(), u.values().to_vec());
    snapshot
}

/// u from such a snapshot.
pub(crate) fn restore(discrete: &Discrete, from: &Snapshot) -> Result<Field, SolverError> {
    let mut u = Field::zeros(discrete.grid());
    u.values_mut().copy_from_slice(from.array("u", discrete.grid().nodes())?);
    Ok(u)
}
