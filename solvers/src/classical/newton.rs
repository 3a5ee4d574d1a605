//! Newton's method for nonlinear problems: one linear system after another, each at the last solution.
//!
//! With r(u) = f − Lu − κ²g(u) and J(u) = L + κ²g′(u), or r and J of a p-Laplacian, one step is
//!
//! 1. J(u)δ = r(u), solved to ‖r − Jδ‖ ≤ η‖r‖;
//! 2. u ← u + λδ, λ the first of 1, ½, ¼, … for which the energy E falls by 10⁻⁴λ of what its slope −δᵀr promises.
//!
//! **Convergence** from anywhere. Times volumes r = −∇E with E convex (see `nonlinear`), and J is the matrix of second
//! derivatives, symmetric and positive definite. Whatever η is, the δ of conjugate gradients from zero points downhill,
//! and as E has one minimum and grows without bound, steps that make it fall like that end there (Nocedal & Wright,
//! *Numerical Optimization*, 2nd ed. 2006, theorem 3.2; Deuflhard, *Newton Methods for Nonlinear Problems*, 2004, §3.4).
//! The residual need not fall in each step. Near the solution λ = 1 and the residual falls quadratically: `forcing=auto`
//! takes η = 0.9(‖r‖/‖r_before‖)², so that a linear solver works no longer than that asks for (Eisenstat & Walker, *SIAM
//! J. Sci. Comput.* 17 (1996) 16). Far outside, where g grows like eᵘ, a step goes one kT/e towards the solution.
//!
//! **p-Laplacians** are solved for p = 2, 3, … one after the other, up to their own p: from far away, J of a large p is nearly
//! singular wherever |∇u| is small. The next p follows as soon as the residual of the one before is a tenth of the right-hand side; the
//! start is taken up by p = 2 and forgotten. J couples all nodes of a cell (`p_laplace`).
//!
//! **Interfaces** at which ε jumps make J unsymmetric, and r the gradient of nothing. δ is then found by stabilised bi-conjugate
//! gradients, and λ has to make ‖r‖² fall, by 10⁻⁴λ of what its slope −2‖r‖² promises (Holst & Saied).
//!
//! **No overflow.** g is evaluated at unknowns only, never at the data of Dirichlet sides, and steps beyond what eᵘ can be
//! written for are cut before anything is evaluated. A start beyond ±300 is brought to it where g counts.
//!
//! **Linear systems.** In 1-D elimination; else conjugate gradients with a multigrid cycle, whose coarse matrices PᵀJP
//! are made anew for every step, as the first step on each level allocates them. A linear problem takes one step, to rounding of
//! the residual it starts with.
//!
//! **Cost** of a step: the levels, some cycles, and a pass with g for every λ that is tried.
//!
//! Sources: Holst & Saied, *J. Comput. Chem.* 16 (1995) 337 (the same for the Poisson–Boltzmann equation, damped by the
//! norm of r); Kelley, *Solving Nonlinear Equations with Newton's Method*, 2003.

mod inner;
mod live;
#[cfg(test)]
mod p_laplace_tests;
mod system;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use modewise_problems::{Grid, Parameter, Problem, Settings, Spec, SpecError};

use super::{
    bicgstab,
    layout::Layout,
    multigrid::{self, Multigrid},
    operator::Boxes,
    state::{self, State},
};
use crate::{
    Iteration, Meter, Need, Snapshot, Solver, SolverError, Task, Unsupported, registry::Entry,
    solver::needs_grid,
};
use live::Live;

pub(crate) const ENTRY: Entry = Entry {
    name: "newton",
    summary: "damped Newton for nonlinear problems, with conjugate gradients and multigrid inside; one step is one linear system",
    parameters: &[
        Parameter {
            key: "preconditioner",
            default: "multigrid",
            unit: "multigrid",
            help: "the cycle of the linear solver, with the keys of multigrid: (multigrid,pre=2,post=2); not used in 1-D",
        },
        Parameter {
            key: "forcing",
            default: "auto",
            unit: "auto | η",
            help: "the share of the residual that the linear solver may leave: auto follows the last fall of the residual",
        },
        Parameter {
            key: "damping",
            default: "energy",
            unit: "energy | none",
            help: "energy: steps are halved until the energy falls, next to interfaces the residual; none: every step is taken as a whole",
        },
    ],
    build,
};

/// The words of `damping`.
const DAMPINGS: [&str; 2] = ["energy", "none"];

/// The recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Newton {
    cycle: Multigrid,
    /// η; none for that of Eisenstat and Walker.
    forcing: Option<f64>,
    damped: bool,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    let inner = settings.spec("preconditioner")?;
    if inner.name != multigrid::ENTRY.name {
        return Err(settings.bad("preconditioner", "multigrid, with its keys"));
    }
    let range = |eta: f64| eta > 0.0 && eta < 1.0;
    Ok(Arc::new(Newton {
        cycle: Multigrid::preconditioner(&Settings::new(&inner, multigrid::ENTRY.parameters)?)?,
        forcing: match settings.text("forcing") {
            Ok("auto") => None,
            _ => Some(settings.number("forcing", "auto, or a number between 0 and 1", range)?),
        },
        damped: settings.choice("damping", &DAMPINGS)? == 0,
    }))
}

/// Arrays beside the system of the linear solver and its levels: the system itself, its vectors, and those of the
/// linear solver.
const ARRAYS: u64 = 10;

impl Solver for Newton {
    fn spec(&self) -> Spec {
        let spec = Spec::new(ENTRY.name)
            .with("preconditioner", self.cycle.spec().to_table())
            .with("damping", DAMPINGS[usize::from(!self.damped)]);
        match self.forcing {
            None => spec.with("forcing", "auto"),
            Some(eta) => spec.with("forcing", eta),
        }
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = needs_grid(grid, ENTRY.name)?;
        self.cycle.fits(problem, ENTRY.name)?;
        let linear = self.cycle.variable_bytes(problem, grid);
        let arrays = ARRAYS + state::variable_arrays(grid);
        let mut bytes = linear + 8 * arrays * state::array_values(problem, grid);
        bytes += problem.interface().map_or(0, |_| bicgstab::interface_bytes(problem, grid));
        let is_flux_linear = problem.exponent() == 2.0;
        if !is_flux_linear {
            // The matrix, and the weights of its own p and of the one on the way.
            bytes += Boxes::<f64>::bytes(&Layout::with_sides(grid, problem.domain().sides()));
            bytes += 16 * grid.dimension() as u64 * state::array_values(problem, grid);
        }
        Ok(Need { bytes, uses_initial: is_flux_linear, discrete: true })
    }

    fn scalar_names(&self) -> Vec<String> {
        live::SCALARS.map(String::from).to_vec()
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let state = State::start_on(task, ENTRY.name, live::matrix)?;
        Ok(Box::new(Live::start(self, state, meter)))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let state = State::resume_on(task, from, ENTRY.name, live::matrix)?;
        Ok(Box::new(Live::resume(self, state, from, meter)?))
    }
}
