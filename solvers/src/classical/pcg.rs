//! Preconditioned conjugate gradients: conjugate gradients for M⁻¹A, with M⁻¹ a cheap approximation of A⁻¹.
//!
//! z = M⁻¹r, β = (r·z)/(r·z)_before, p ← z + βp, α = (r·z)/(p·Ap), u ← u + αp, r ← r − αAp.
//!
//! **Convergence** is that of [`cg`](super::cg) with the condition number of M⁻¹A:
//!
//! - `jacobi`, M = D: nothing gained with constant coefficients; evens out jumps of ε and unequal cells;
//! - `ssor`, a red-black sweep of successive over-relaxation and its adjoint from zero: half the steps of
//!   conjugate gradients. With ω = 1 it is conjugate gradients on the system of one colour alone; red-black
//!   order gains nothing from a larger ω;
//! - `multigrid`, one V- or W-cycle from zero whose sweeps after the coarse grid are the adjoint of those
//!   before it: a number of steps that does not depend on n, and that grows slowly with jumps of ε, which
//!   slow down cycles alone.
//!
//! M⁻¹ need not be exact: by default it works in single precision, on r scaled to norm 1, which halves its
//! memory traffic and changes neither the number of steps nor the accuracy.
//!
//! **Cost.** That of a step of conjugate gradients, a scalar product, and the preconditioner.
//!
//! Source: Saad, *Iterative Methods for Sparse Linear Systems*, 2nd ed. 2003, chapters 9 and 10.

use std::sync::Arc;

use modewise_problems::{Grid, Parameter, Problem, Settings, Spec, SpecError};

use super::{
    krylov::{
        Conjugate, Inverse,
        preconditioner::{Diagonal, Preconditioner, Ssor},
    },
    multigrid::{self, Multigrid},
    operator::Operator,
    real::Real,
    state::{self, DTYPES, State},
};
use crate::{Iteration, Meter, Need, Snapshot, Solver, SolverError, Task, Unsupported, registry::Entry};

pub(crate) const ENTRY: Entry = Entry {
    name: "pcg",
    summary: "preconditioned conjugate gradients: with multigrid, the fewest steps to a small residual",
    parameters: &[
        Parameter {
            key: "preconditioner",
            default: "multigrid",
            unit: "multigrid | ssor | jacobi",
            help: "a cycle, which takes the keys of multigrid: (multigrid,pre=2,post=2); a red-black SOR sweep and \
                   its adjoint; the diagonal",
        },
        Parameter { key: "omega", default: "1", unit: "", help: "over-relaxation ω in (0, 2) of ssor" },
        Parameter {
            key: "dtype",
            default: "auto",
            unit: "auto | f32 | f64",
            help: "precision of the preconditioner; everything else is f64; auto is f32 but where ε jumps by more than 10⁴ \
                   or numbers go beyond its range",
        },
    ],
    build,
};

/// What approximates the inverse of A.
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Jacobi,
    Ssor,
    Multigrid(Multigrid),
}

/// The recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Pcg {
    kind: Kind,
    omega: f64,
    dtype: usize,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    let range = |omega: f64| omega > 0.0 && omega < 2.0;
    let inner = settings.spec("preconditioner")?;
    let kind = match (inner.name.as_str(), inner.keys.is_empty()) {
        ("multigrid", _) => {
            Kind::Multigrid(Multigrid::preconditioner(&Settings::new(&inner, multigrid::ENTRY.parameters)?)?)
        }
        ("ssor", true) => Kind::Ssor,
        ("jacobi", true) => Kind::Jacobi,
        _ => return Err(settings.bad("preconditioner", "one of multigrid, with its keys, ssor, jacobi")),
    };
    Ok(Arc::new(Pcg {
        kind,
        omega: settings.number("omega", "a number between 0 and 2", range)?,
        dtype: settings.choice("dtype", &DTYPES)?,
    }))
}

impl Pcg {
    fn inverse(&self, state: &State<'_>, meter: &mut Meter) -> Inverse {
        let singular = state.discrete.is_singular();
        if !state::is_single(self.dtype, state.discrete) {
            return Inverse::double(state, self.preconditioner(&state.operator, singular, meter));
        }
        let operator = state.operator.to_single();
        let m = self.preconditioner(&operator, singular, meter);
        Inverse::single(m, operator)
    }

    fn preconditioner<T: Real>(
        &self,
        operator: &Operator<T>,
        singular: bool,
        meter: &mut Meter,
    ) -> Box<dyn Preconditioner<T>> {
        match &self.kind {
            Kind::Jacobi => Box::new(Diagonal::new(operator.layout())),
            Kind::Ssor => Box::new(Ssor::new(operator, self.omega)),
            Kind::Multigrid(multigrid) => {
                let cycle = multigrid.symmetric_cycle(operator, singular);
                meter.charge(cycle.setup_flops());
                Box::new(cycle)
            }
        }
    }
}

impl Solver for Pcg {
    fn spec(&self) -> Spec {
        let spec = Spec::new(ENTRY.name).with("omega", self.omega).with("dtype", DTYPES[self.dtype]);
        match &self.kind {
            Kind::Jacobi => spec.with("preconditioner", "jacobi"),
            Kind::Ssor => spec.with("preconditioner", "ssor"),
            Kind::Multigrid(multigrid) => spec.with("preconditioner", multigrid.spec().to_table()),
        }
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = state::linear(problem, grid, ENTRY.name)?;
        let system = match &self.kind {
            Kind::Multigrid(multigrid) => multigrid.check(problem, Some(grid))?.bytes,
            _ => 8 * state::system_values(problem, grid),
        };
        // r, p, Ap and z, or r and z in half the precision, and the coefficients in half of it.
        let vectors = 7 * state::array_values(problem, grid);
        Ok(Need { bytes: system + 8 * vectors, uses_initial: true, discrete: true })
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let state = State::start(task, ENTRY.name)?;
        let inverse = self.inverse(&state, meter);
        Ok(Box::new(Conjugate::start(state, inverse, meter)))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let state = State::resume(task, from, ENTRY.name)?;
        let inverse = self.inverse(&state, meter);
        Ok(Box::new(Conjugate::resume(state, inverse, from)?))
    }
}
