//! Preconditioned conjugate gradients: conjugate gradients for M⁻¹A, with M⁻¹ a cheap approximation of A⁻¹.
//!
//! z = M⁻¹r, β = (r·z)/(r·z)_before, p ← z + βp, α = (r·z)/(p·Ap), u ← u + αp, r ← r − αAp.
//!
//! **Convergence** is that of [`cg`](super::cg) with the condition number of M⁻¹A:
//!
//! - `jacobi`, M = D: nothing gained with constant coefficients; evens out jumps of ε and unequal cells;
//! - `ssor`, a red-black sweep of successive over-relaxation and its adjoint from zero: half the steps of
//!   conjugate gradients and more. With ω = 1 it is conjugate gradients on the system of one colour alone;
//!   red-black order gains nothing from a larger ω;
//!
//! **Cost.** That of a step of conjugate gradients, a scalar product, and the preconditioner.
//!
//! Source: Saad, *Iterative Methods for Sparse Linear Systems*, 2nd ed. 2003, chapters 9 and 10.

use std::sync::Arc;

use modewise_problems::{Grid, Parameter, Problem, Settings, Spec, SpecError};

use super::{
    krylov::{
        Conjugate,
        preconditioner::{Diagonal, Preconditioner, Ssor},
    },
    state::{self, State},
};
use crate::{Iteration, Meter, Need, Snapshot, Solver, SolverError, Task, Unsupported, registry::Entry};

pub(crate) const ENTRY: Entry = Entry {
    name: "pcg",
    summary: "preconditioned conjugate gradients",
    parameters: &[
        Parameter {
            key: "preconditioner",
            default: "ssor",
            unit: "jacobi | ssor",
            help: "the diagonal, or a red-black SOR sweep and its adjoint",
        },
        Parameter { key: "omega", default: "1", unit: "", help: "over-relaxation ω in (0, 2) of ssor" },
    ],
    build,
};

const KINDS: [&str; 2] = ["jacobi", "ssor"];

/// The recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Pcg {
    kind: usize,
    omega: f64,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    let range = |omega: f64| omega > 0.0 && omega < 2.0;
    Ok(Arc::new(Pcg {
        kind: settings.choice("preconditioner", &KINDS)?,
        omega: settings.number("omega", "a number between 0 and 2", range)?,
    }))
}

impl Pcg {
    fn preconditioner(&self, state: &State<'_>) -> Box<dyn Preconditioner<f64>> {
        match self.kind {
            0 => Box::new(Diagonal::new(state.operator.layout())),
            _ => Box::new(Ssor::new(&state.operator, self.omega)),
        }
    }
}

impl Solver for Pcg {
    fn spec(&self) -> Spec {
        Spec::new(ENTRY.name).with("preconditioner", KINDS[self.kind]).with("omega", self.omega)
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = state::gridded(grid, ENTRY.name)?;
        // r, z, p and Ap.
        let values = state::system_values(problem, grid) + 4 * state::array_values(problem, grid);
        Ok(Need { bytes: 8 * values, uses_initial: true, discrete: true })
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let state = State::start(task, ENTRY.name)?;
        let preconditioner = self.preconditioner(&state);
        Ok(Box::new(Conjugate::start(state, Some(preconditioner), meter)))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        _meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let state = State::resume(task, from, ENTRY.name)?;
        let preconditioner = self.preconditioner(&state);
        Ok(Box::new(Conjugate::resume(state, Some(preconditioner), from)?))
    }
}
