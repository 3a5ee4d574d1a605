//! Full approximation storage: multigrid for nonlinear problems, without linearising them.
//!
//! For N_h(u) = L_h u + W_h g(u) = f a cycle keeps a whole solution on every grid instead of a correction:
//!
//! 1. ν₁ sweeps of nonlinear Gauss–Seidel: each node solves its own equation au + Wg(u) = f + Σ c u_neighbour;
//! 2. r = f − N_h(u); on the coarser grid the values of u there, U₀ = Îu, and f_H = N_H(U₀) + Rr;
//! 3. N_H(U) = f_H by a cycle of its own from U₀, or by Newton's method on the coarsest grid;
//! 4. u ← u + λP(U − U₀): differences are interpolated, not solutions;
//! 5. ν₂ sweeps.
//!
//! For a linear problem that is `multigrid`, number by number.
//!
//! **Coarse equations.** L_H is what `multigrid` takes: the same equation on the coarser grid, or PᵀLP where coefficients
//! vary; W_H = RW, the reaction of the cells together.
//!
//! **Convergence** from anywhere: every sweep makes the convex energy smaller (see `nonlinear`), node by node, and since
//! R is the adjoint of P, U − U₀ points downhill on the finer grid if it made the energy of f_H smaller on the coarser one
//! (Nash, *Optim. Methods Softw.* 14 (2000) 99). λ is the first of 1, ½, ¼, … that makes the energy fall (Hackbusch &
//! Reusken, *Numer. Math.* 55 (1989) 225); near the solution λ = 1, and the factor a cycle is that of `multigrid`.
//!
//! **No overflow.** A node's equation is solved from above, from the smaller of two bounds, so that eᵘ never exceeds
//! what stands on its right-hand side.
//!
//! **Cost.** That of a cycle of `multigrid`, with g once a sweep and three times between, most of it on the finest grid.
//!
//! Sources: Brandt, *Math. Comp.* 31 (1977) 333, §5; Trottenberg, Oosterlee, Schüller, *Multigrid*, 2001, §5.3.

mod cycle;
mod last;
#[cfg(test)]
mod tests;

use std::{num::NonZeroU64, sync::Arc};

use modewise_problems::{Condition, Discrete, Grid, Problem, Settings, Spec, SpecError};

use super::{
    hierarchy::Hierarchy,
    memory,
    recipe::{self, Recipe},
};
use crate::{
    Iteration, Meter, Need, Progress, Sites, Snapshot, Solver, SolverError, Task, Unsupported,
    classical::{
        nonlinear::linear_part,
        operator::Operator,
        state::{self, State},
    },
    registry::Entry,
    solver::{needs_grid, needs_linear_flux, needs_no_interface},
};
use cycle::FullApproximation;

pub(crate) const ENTRY: Entry = Entry {
    name: "fas",
    summary: "full approximation storage: multigrid cycles for nonlinear problems; one step is one cycle",
    parameters: &[recipe::CYCLE, recipe::PRE, recipe::POST, recipe::COARSE],
    build,
};

/// The method with its knobs set.
#[derive(Debug, Clone, PartialEq)]
struct Fas {
    recipe: Recipe,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    Ok(Arc::new(Fas { recipe: Recipe::read_plain(settings)?.with_shape(settings)? }))
}

/// Arrays of every level beside those of `multigrid`.
const ARRAYS: u64 = 6;

impl Fas {
    fn live<'p>(&self, state: State<'p>, meter: &mut Meter) -> Box<dyn Iteration + 'p> {
        let State { discrete, operator, .. } = &state;
        let held = discrete.sides().iter().flatten().any(|side| *side == Condition::Dirichlet);
        let hierarchy = Hierarchy::new(operator, !held && needs_side(discrete), self.recipe.levels);
        meter.charge(hierarchy.setup_flops());
        let method = FullApproximation::new(discrete, operator, hierarchy, self.recipe.cycle);
        Box::new(Live { state, method })
    }
}

/// Whether the linear part alone determines u up to a constant only where no side holds it.
fn needs_side(discrete: &Discrete) -> bool {
    discrete.is_singular() || discrete.reaction() != modewise_problems::Reaction::Linear
}

/// The matrix that runs work with.
fn matrix(discrete: &Discrete) -> Operator<f64> {
    linear_part(discrete, false)
}

impl Solver for Fas {
    fn spec(&self) -> Spec {
        self.recipe.write_plain(self.recipe.write_shape(Spec::new(ENTRY.name)))
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = needs_grid(grid, ENTRY.name)?;
        needs_linear_flux(problem, ENTRY.name)?;
        needs_no_interface(problem, ENTRY.name)?;
        // Coarser levels have as many values together at most.
        let more = 2 * ARRAYS * 8 * state::array_values(problem, grid);
        let bytes = memory::bytes(problem, grid, self.recipe.levels) + more;
        Ok(Need { bytes, uses_initial: true, discrete: true })
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(self.live(State::start_on(task, ENTRY.name, matrix)?, meter))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(self.live(State::resume_on(task, from, ENTRY.name, matrix)?, meter))
    }
}

/// A live run.
struct Live<'p> {
    state: State<'p>,
    method: FullApproximation,
}

impl Iteration for Live<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        let State { operator, u, f, .. } = &mut self.state;
        for _ in 0..most.get() {
            meter.charge(self.method.run(operator, u, f));
        }
        Ok(Progress::running(most.get()))
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], _meter: &mut Meter) -> Result<(), SolverError> {
        self.state.sample(sites, out)
    }

    fn remedy(&self) -> Option<&'static str> {
        Some("newton, which is damped")
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        Ok(self.state.snapshot())
    }
}
