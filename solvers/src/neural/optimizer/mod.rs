//! Optimisers: methods that lower a loss step by step, one a file, and sequences of them.
//!
//! | name | a step costs | remembers | for |
//! |---|---|---|---|
//! | [`adam`] | 1 gradient | 2n | noisy gradients, a start |
//! | [`lbfgs`] | 1–2 gradients | 40n | large n, fixed points |
//! | [`ssbroyden`] | 1–2 gradients, 8n² | n² | n up to a few thousand |
//! | [`gauss_newton`] | J, mn² + n³/3 | 2n² | residual and regression losses |
//! | [`natural_gradient`] | J, mn² + n³/3 | 2n² | Ritz and residual losses |
//!
//! n parameters, m rows of the Jacobian J. The last two solve with a matrix of the smaller of n and m up to
//! 4000, by Cholesky, and with conjugate gradients and no matrix beyond ([`curvature`]).

mod adam;
mod blocks;
mod cholesky;
mod curvature;
mod function;
mod gauss_newton;
mod lbfgs;
mod natural_gradient;
mod sequence;
mod ssbroyden;
#[cfg(test)]
mod testing;
mod training;
mod vector;
mod wolfe;

pub(super) use adam::{Rate, Schedule};
pub(super) use curvature::MOST_DENSE;
pub(super) use function::{Equations, Function};
pub(super) use sequence::{Method, Sequence, Stages};
pub(super) use training::{Jacobian, Layout, Training};

use crate::{Snapshot, SolverError};

/// A live optimiser.
pub(super) trait Optimizer: Send {
    /// One step from `theta`.
    ///
    /// # Errors
    /// Linear algebra that fails.
    fn step(&mut self, function: &mut dyn Function, theta: &mut [f64]) -> Result<Step, SolverError>;

    /// The loss is another function from now on: what is known of its value does not hold any more.
    fn forget(&mut self) {}

    /// The learning rate of the last step, where there is one.
    fn learning_rate(&self) -> Option<f64> {
        None
    }

    /// The damping λ of the last step, where there is one.
    fn damping(&self) -> Option<f64> {
        None
    }

    /// Adds what [`Optimizer::restore`] needs.
    fn snapshot(&self, into: &mut Snapshot);

    /// Puts a snapshot in place of a fresh start.
    ///
    /// # Errors
    /// It is of another run.
    fn restore(&mut self, from: &Snapshot) -> Result<(), SolverError>;
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    /// L where it started.
    pub before: f64,
    /// L where it ended, if that is known.
    pub after: Option<f64>,
    /// Whether no step could lower L: the method is through.
    pub is_stuck: bool,
}

impl Step {
    fn moved(before: f64, after: f64) -> Self {
        Self { before, after: Some(after), is_stuck: false }
    }

    fn stuck(value: f64) -> Self {
        Self { before: value, after: Some(value), is_stuck: true }
    }
}
