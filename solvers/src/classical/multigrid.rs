//! Multigrid: smoothing damps the high half of the spectrum, a coarser grid takes care of the rest.
//!
//! One V(ν₁, ν₂)-cycle for A_h u = f:
//!
//! 1. ν₁ sweeps of the smoother on u;
//! 2. r = f − A_h u, restricted by the adjoint of interpolation to the grid of spacing 2h;
//! 3. A_2h e = r by a cycle of its own from e = 0, or directly on the coarsest grid;
//! 4. u ← u + e, interpolated multilinearly;
//! 5. ν₂ sweeps.
//!
//! A W-cycle takes step 3 twice, an F-cycle once as it is and once by a V-cycle. The coarse operators are the
//! same equation, discretised anew by finite volumes; where coefficients vary they are Galerkin's, PᵀAP, with an
//! interpolation P that A makes itself (`weights`, `galerkin`): linear interpolation fails where ε jumps.
//!
//! **Convergence** does not depend on n: red-black Gauss–Seidel in 2-D reduces the error by 0.120 a V(1,1) and
//! 0.081 a V(2,1) cycle, in 3-D by 0.224 and 0.146; ω-Jacobi with ω = 4/5 in 2-D by 0.364 and 0.237. In 1-D
//! red-black sweeps leave no residual at odd nodes, so that the coarse equation is exactly what elimination
//! of the odd unknowns (cyclic reduction) would give: one cycle with ν₁ ≥ 1 is a direct solver.
//!
//! **Any number of cells will do.** Grids whose number of cells is odd end in a shorter cell (`line`), and
//! boxes with different spacings are coarsened along their finest axes first (`hierarchy`).
//!
//! **Cost.** O(N) a cycle for N unknowns: coarser grids together add a third (2-D) or a seventh (3-D) to the
//! finest, in 1-D as much again. Memory: u and f of all grids.
//!
//! **Mixed precision** (`dtype=mixed`): the residual of u in double precision, a cycle for the correction in
//! single precision. Every step gains what a cycle gains, down to the rounding of double precision, at half
//! the memory traffic.
//!
//! Sources: Brandt, *Math. Comp.* 31 (1977) 333; Trottenberg, Oosterlee, Schüller, *Multigrid*, 2001, chapters 2
//! and 4; Göddeke, Strzodka, Turek, *Int. J. Parallel Emergent Distrib. Syst.* 22 (2007) 221 (mixed precision).

pub(crate) mod fas;
pub(crate) mod fmg;
pub(crate) mod two_grid;

mod coarse_operator;
mod coarsest;
mod correction;
mod cubic;
mod cycle;
mod fused;
mod galerkin;
mod half;
pub(crate) mod halves;
mod hierarchy;
mod level;
mod line;
mod memory;
mod plain;
mod preconditioner;
mod recipe;
mod restriction;
mod single;
mod smoother;
mod transfer;
mod weighted;
mod weights;

#[cfg(test)]
mod galerkin_tests;
#[cfg(test)]
mod shapes_tests;
#[cfg(test)]
mod tests;

use std::{num::NonZeroU64, sync::Arc};

use modewise_problems::{Grid, Problem, Settings, Spec, SpecError};

use super::{
    state::{State, linear},
    sweep::pass::{self, Formula},
};
use crate::{
    Iteration, Meter, Need, Progress, Sites, Snapshot, Solver, SolverError, Task, Unsupported,
    memory::Buffer, registry::Entry,
};
use cycle::Cycle;
use hierarchy::Hierarchy;
use level::Guess;
use recipe::Recipe;
use single::Single;

pub(crate) const ENTRY: Entry = Entry {
    name: "multigrid",
    summary: "V-, W- or F-cycles: smoothing on every grid from the finest to the coarsest; one step is one cycle",
    parameters: &[
        recipe::CYCLE,
        recipe::PRE,
        recipe::POST,
        recipe::SMOOTHER,
        recipe::OMEGA,
        recipe::RESTRICTION,
        recipe::PROLONGATION,
        recipe::COARSE,
        recipe::PRECISION,
    ],
    build,
};

/// The words of `dtype`.
const DTYPES: [&str; 2] = ["f64", "mixed"];

/// The method with its knobs set.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Multigrid {
    recipe: Recipe,
    mixed: bool,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    let recipe = Recipe::read(settings)?.with_shape(settings)?;
    Ok(Arc::new(Multigrid { recipe, mixed: settings.choice("dtype", &DTYPES)? == 1 }))
}

impl Multigrid {
    /// Bytes of the system and its levels.
    pub(crate) fn bytes(&self, problem: &dyn Problem, grid: &Grid) -> u64 {
        match self.mixed {
            false => memory::bytes(problem, grid, self.recipe.levels),
            true => memory::mixed_bytes(problem, grid, self.recipe.levels),
        }
    }

    /// Refuses single precision where it does not see all of the matrix.
    fn check_precision(&self, state: &State<'_>) -> Result<(), SolverError> {
        if !self.mixed || state.discrete.suits_single_precision() {
            return Ok(());
        }
        let reason = "single precision does not resolve this matrix: ε jumps by more than 10⁴, hardly anything holds u, or its \
                      numbers are beyond the range";
        let advice = "take dtype=f64";
        Err(Unsupported { solver: ENTRY.name.into(), reason: reason.into(), advice: advice.into() }.into())
    }

    fn live<'p>(&self, state: State<'p>, meter: &mut Meter) -> Box<dyn Iteration + 'p> {
        let (singular, cycle) = (state.discrete.is_singular(), self.recipe.cycle);
        let (cycles, setup, flops) = if self.mixed {
            let single = Single::new(&state.operator, singular, self.recipe.levels);
            let residual = Buffer::zeroed(state.operator.layout().len());
            let flops = state.operator.pass_flops() + single.flops(cycle);
            let setup = single.hierarchy.setup_flops();
            (Cycles::Mixed { single: Box::new(single), residual }, setup, flops)
        } else {
            let hierarchy = Hierarchy::new(&state.operator, singular, self.recipe.levels);
            let (setup, flops) = (hierarchy.setup_flops(), hierarchy.cycle_flops_from(0, cycle));
            (Cycles::Double(Box::new(hierarchy)), setup, flops)
        };
        meter.charge(setup);
        Box::new(Live { state, cycles, cycle, flops })
    }
}

impl Solver for Multigrid {
    fn spec(&self) -> Spec {
        let spec = self.recipe.write_shape(Spec::new(ENTRY.name));
        self.recipe.write(spec).with("dtype", DTYPES[usize::from(self.mixed)])
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = linear(problem, grid, ENTRY.name)?;
        self.recipe.fits(problem, ENTRY.name)?;
        Ok(Need { bytes: self.bytes(problem, grid), uses_initial: true, discrete: true })
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let state = State::start(task, ENTRY.name)?;
        self.check_precision(&state)?;
        Ok(self.live(state, meter))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(self.live(State::resume(task, from, ENTRY.name)?, meter))
    }
}

/// A live run.
struct Live<'p> {
    state: State<'p>,
    cycles: Cycles,
    cycle: Cycle,
    flops: f64,
}

enum Cycles {
    Double(Box<Hierarchy<f64>>),
    Mixed { single: Box<Single>, residual: Buffer<f64> },
}

impl Iteration for Live<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        let State { operator, u, f, .. } = &mut self.state;
        for _ in 0..most.get() {
            match &mut self.cycles {
                Cycles::Double(hierarchy) => self.cycle.run(hierarchy, operator, Guess::Given, u, f),
                Cycles::Mixed { single, residual } => {
                    pass::apply(operator, Formula::Residual, u, f, residual);
                    single.run(self.cycle, residual, |scale, e, u| *u += scale * f64::from(e), u);
                }
            }
        }
        meter.charge(most.get() as f64 * self.flops);
        Ok(Progress::running(most.get()))
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], _meter: &mut Meter) -> Result<(), SolverError> {
        self.state.sample(sites, out)
    }

    fn remedy(&self) -> Option<&'static str> {
        Some(recipe::REMEDY)
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        Ok(self.state.snapshot())
    }
}
