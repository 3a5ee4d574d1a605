//! Multigrid: smoothing damps the high half of the spectrum, a coarser grid takes care of the rest.
//!
//! One V(ν₁, ν₂)-cycle for A_h u = f:
//!
//! 1. ν₁ sweeps of the smoother on u;
//! 2. r = f − A_h u, restricted by full weighting to the grid of spacing 2h;
//! 3. A_2h e = r by a cycle of its own from e = 0, or directly on the coarsest grid;
//! 4. u ← u + e, interpolated multilinearly;
//! 5. ν₂ sweeps.
//!
//! The coarse operators are the same stencil with 2h for h.
//!
//! **Convergence** does not depend on n: red-black Gauss–Seidel in 2-D reduces the error by 0.120 a
//! V(1,1) and 0.081 a V(2,1) cycle, ω-Jacobi with ω = 4/5 by 0.364 and 0.237. In 1-D red-black sweeps leave no
//! residual at odd nodes, so that the coarse grid equation is exactly what elimination of the odd unknowns
//! (cyclic reduction) would give: one cycle with ν₁ ≥ 1 is a direct solver.
//!
//! **Cost.** O(n^d) a cycle: coarser grids together add a third (2-D) to the finest, in 1-D as much again.
//! The number of cells is halved as long as it is even on all axes: take n with a high power of two in it.
//! The grid where that ends is solved directly ([`direct`](super::direct)); an odd n makes that the whole
//! problem.
//!
//! Sources: Brandt, *Math. Comp.* 31 (1977) 333; Trottenberg, Oosterlee, Schüller, *Multigrid*, 2001,
//! chapters 2 and 4.

mod coarse_operator;
mod coarsest;
mod cycle;
mod galerkin;
mod half;
mod hierarchy;
mod level;
mod line;
mod memory;
mod preconditioner;
mod recipe;
mod smoother;
mod transfer;
mod weighted;
mod weights;

#[cfg(test)]
mod galerkin_tests;
#[cfg(test)]
mod tests;

use std::{num::NonZeroU64, sync::Arc};

use modewise_problems::{Grid, Problem, Settings, Spec, SpecError};

use super::state::{State, gridded};
use crate::{
    Iteration, Meter, Need, Progress, Sites, Snapshot, Solver, SolverError, Task, Unsupported,
    registry::Entry,
};
use cycle::Cycle;
use hierarchy::Hierarchy;
use level::Guess;
use recipe::Recipe;

pub(crate) const ENTRY: Entry = Entry {
    name: "multigrid",
    summary: "V-, W- or F-cycles: smoothing on every grid from the finest to the coarsest; one step is one cycle",
    parameters: &recipe::PARAMETERS,
    build,
};

/// The method with its knobs set.
#[derive(Debug, Clone, PartialEq)]
pub struct Multigrid {
    recipe: Recipe,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    Ok(Arc::new(Multigrid { recipe: Recipe::read(settings)? }))
}

impl Multigrid {
    fn cycles<'p>(&self, state: State<'p>, meter: &mut Meter) -> Box<dyn Iteration + 'p> {
        let hierarchy = Hierarchy::new(&state.operator, state.discrete.is_singular(), self.recipe.levels);
        meter.charge(hierarchy.setup_flops());
        let flops = hierarchy.cycle_flops(self.recipe.cycle);
        Box::new(Cycles { state, hierarchy, cycle: self.recipe.cycle, flops })
    }
}

impl Solver for Multigrid {
    fn spec(&self) -> Spec {
        self.recipe.write(Spec::new(ENTRY.name))
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = gridded(grid, ENTRY.name)?;
        let bytes = memory::bytes(problem, grid, self.recipe.levels);
        Ok(Need { bytes, uses_initial: true, discrete: true })
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(self.cycles(State::start(task, ENTRY.name)?, meter))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(self.cycles(State::resume(task, from, ENTRY.name)?, meter))
    }
}

/// A live run.
struct Cycles<'p> {
    state: State<'p>,
    hierarchy: Hierarchy<f64>,
    cycle: Cycle,
    flops: f64,
}

impl Iteration for Cycles<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        for _ in 0..most.get() {
            let State { operator, u, f, .. } = &mut self.state;
            self.cycle.run(&mut self.hierarchy, operator, Guess::Given, u, f);
        }
        meter.charge(most.get() as f64 * self.flops);
        Ok(Progress::running(most.get()))
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], _meter: &mut Meter) -> Result<(), SolverError> {
        self.state.sample(sites, out)
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        Ok(self.state.snapshot())
    }
}
