//! Classical solvers, one method a file.
//!
//! They work on arrays of unknowns with one more layer on every side (`layout`), so that stencils read
//! neighbours without asking where they are, and on matrices that are never stored (`operator`). Passes over
//! memory are in `sweep`. What the live runs have in common is in `state`; those that repeat a sweep share
//! `stationary`, those of conjugate gradients `krylov`.

pub mod bicgstab;
pub mod cg;
pub mod chebyshev;
pub mod direct;
pub mod fft;
pub mod gauss_seidel;
pub mod jacobi;
pub mod kernels;
pub mod multigrid;
pub mod newton;
pub mod pcg;
pub mod sor;

mod immersed;
mod krylov;
mod layout;
mod nonlinear;
mod operator;
mod real;
mod spectrum;
mod state;
mod stationary;
mod sweep;
#[cfg(test)]
mod testing;

use modewise_problems::Discrete;

use crate::{SolverError, Task};

/// The discrete system of `task`, without which no classical solver starts.
fn system<'p>(task: &Task<'p>, solver: &str) -> Result<&'p Discrete, SolverError> {
    task.discrete().ok_or_else(|| SolverError::NoGrid(solver.into()))
}
