//! Conjugate gradients: of all corrections made of r₀, Ar₀, A²r₀, … the one with the smallest error in the
//! norm of A.
//!
//! α = (r·r)/(p·Ap), u ← u + αp, r ← r − αAp, β = (r·r)/(r·r)_before, p ← r + βp.
//!
//! **Convergence.** ‖e_k‖_A ≤ 2((√κ − 1)/(√κ + 1))^k ‖e₀‖_A with the condition number κ of A, and faster as
//! soon as the ends of the spectrum are found: O(n) steps. In exact arithmetic it is through after as many
//! steps as A has distinct eigenvalues with a share in the start. No parameter and no knowledge of the
//! spectrum is needed; A has to be symmetric, which it is in the scalar product weighted with the volumes
//! of the unknowns' cells.
//!
//! **Modes.** The error is a polynomial in A times the start that is 1 at 0 and small on the whole spectrum:
//! high and low frequencies converge together, and the residual may rise while the error falls.
//!
//! **Cost.** A product with A, two scalar products and three vector updates in two passes over memory: 18/9
//! of a work unit in 2-D. Good as a method without knobs for moderate n, and the base of [`pcg`](super::pcg).
//!
//! Sources: Hestenes, Stiefel, *J. Res. NBS* 49 (1952) 409; Shewchuk, *An Introduction to the Conjugate
//! Gradient Method Without the Agonizing Pain*, 1994.

use std::sync::Arc;

use modewise_problems::{Grid, Problem, Settings, Spec, SpecError};

use super::{
    krylov::{Conjugate, Inverse},
    state::{self, State},
};
use crate::{Iteration, Meter, Need, Snapshot, Solver, SolverError, Task, Unsupported, registry::Entry};

pub(crate) const ENTRY: Entry = Entry {
    name: "cg",
    summary: "conjugate gradients: the best correction in a growing space of residuals; no parameters",
    parameters: &[],
    build,
};

/// The recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Cg;

fn build(_settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    Ok(Arc::new(Cg))
}

impl Solver for Cg {
    fn spec(&self) -> Spec {
        Spec::new(ENTRY.name)
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = state::linear(problem, grid, ENTRY.name)?;
        // r, p and Ap.
        let values = state::system_values(problem, grid) + 3 * state::array_values(problem, grid);
        Ok(Need { bytes: 8 * values, uses_initial: true, discrete: true })
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(Box::new(Conjugate::start(State::start(task, ENTRY.name)?, Inverse::None, meter)))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        _meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(Box::new(Conjugate::resume(State::resume(task, from, ENTRY.name)?, Inverse::None, from)?))
    }
}
