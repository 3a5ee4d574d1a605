//! Classical solvers, one method a file.
//!
//! They work on arrays of unknowns with one more layer on every side (`layout`), so that stencils read
//! neighbours without asking where they are, and on matrices that are never stored (`operator`). Passes over
//! memory are in `sweep`. What the live runs have in common is in `state`; those that repeat a sweep share
//! `stationary`, those of conjugate gradients `krylov`.

pub mod cg;
pub mod chebyshev;
pub mod direct;
pub mod gauss_seidel;
pub mod jacobi;
pub mod multigrid;
pub mod pcg;
pub mod sor;

mod krylov;
mod layout;
mod operator;
mod real;
mod relaxation;
mod spectrum;
mod state;
mod stationary;
mod stencil;
mod sweep;
#[cfg(test)]
mod testing;

use modewise_problems::{Discrete, Grid};

use crate::{SolverError, Task, Unsupported};

/// The discrete system of `task`, without which no classical solver starts.
fn system<'p>(task: &Task<'p>, solver: &str) -> Result<&'p Discrete, SolverError> {
    task.discrete.ok_or_else(|| SolverError::NoGrid(solver.into()))
}

/// The grid, if it is one the stencils are written for.
fn planar<'g>(grid: Option<&'g Grid>, solver: &str) -> Result<&'g Grid, Unsupported> {
    let refuse =
        |reason: String, advice: &str| Unsupported { solver: solver.into(), reason, advice: advice.into() };
    let grid =
        grid.ok_or_else(|| refuse("it works on a grid, and there is none".into(), "give one with --grid"))?;
    match grid.dimension() {
        1 | 2 => Ok(grid),
        d => Err(refuse(format!("its stencils are for 1-D and 2-D, this grid is {d}-D"), "take a network")),
    }
}
