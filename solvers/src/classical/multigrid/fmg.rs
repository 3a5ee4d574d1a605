//! Full multigrid: every grid starts from the solution of the next coarser one.
//!
//! 1. f is restricted to all grids, and the coarsest system is solved directly;
//! 2. from there up to the finest grid, the solution is interpolated by cubic polynomials and improved by
//!    `cycles` cycles.
//!
//! That is step 1, and it does not matter what the initial guess was. Further steps are cycles of
//! [`multigrid`](super).
//!
//! On shapes and beside Robin sides coarse matrices are always PᵀAP, and solutions are interpolated by P: no coarser grid
//! can show shapes, and cubics would read across their boundaries.
//!
//! Red-black sweeps are over-relaxed if nothing else is said, ω = 1.15 in 2-D and 1.2 in 3-D (`omega=1` for plain
//! ones): a cycle costs the same and reduces the error by 0.05 and 0.09 instead of 0.12 and 0.22, so that 10⁻¹⁰ is
//! reached after 5 steps instead of 7 in 2-D (1023²) and 7 instead of 13 in 3-D (127³).
//!
//! **Accuracy.** The interpolated solution is off by about the discretisation error of the coarse grid, four
//! times that of the fine one, and by fourth-order terms; one cycle reduces it by a factor of eight (2-D) or
//! four (3-D). After step 1 the total error for u = ∏ sin πx_i is that of the exact discrete solution times
//! 0.9 with one V(1,1), 0.2 in 3-D, and times 1.0 with one F(1,1): iterating further improves the algebra, not
//! the answer.
//! (A V(1,1) leaves some of the error of the coarse grids. Restricted, not sampled, right-hand sides give it
//! the opposite sign of the discretisation error; with sampled ones the factor would be 1.7, in 3-D 2.6.)
//!
//! **Cost.** A V-cycle on every grid: 4/3 (2-D) or 8/7 (3-D) of a V-cycle on the finest, some ten work
//! units (seven in 3-D) for a solution to the accuracy of the grid. No method can be faster but by a constant.
//!
//! Sources: Brandt, *Math. Comp.* 31 (1977) 333, §6; Trottenberg, Oosterlee, Schüller, *Multigrid*, 2001, §2.6.

use std::{num::NonZeroU64, sync::Arc};

use modewise_problems::{Grid, Parameter, Problem, Settings, Spec, SpecError};

use super::{
    coarsest::Coarsest,
    cycle::Cycle,
    hierarchy::{Coarse, Hierarchy, Recipe as Levels},
    level::{Guess, Level},
    memory,
    recipe::{self, Recipe},
    smoother::clear,
    transfer::Transfer,
};
use crate::{
    Iteration, Meter, Need, Progress, Sites, Snapshot, Solver, SolverError, Task, Unsupported,
    classical::{
        layout::Layout,
        operator::Operator,
        real::Real,
        state::{State, linear},
    },
    memory::Buffer,
    registry::Entry,
};

pub(crate) const ENTRY: Entry = Entry {
    name: "fmg",
    summary: "full multigrid: the accuracy of the grid in the first step, from the coarsest grid up; then cycles",
    parameters: &[
        recipe::CYCLE,
        recipe::PRE,
        recipe::POST,
        Parameter { key: "cycles", default: "1", unit: "", help: "cycles on every grid on the way up" },
        recipe::SMOOTHER,
        Parameter {
            help: "ω of smoother=jacobi, auto 2d/(2d + 1) in d dimensions, and of red-black, auto 1.15 in 2-D and 1.2 in 3-D",
            ..recipe::OMEGA
        },
        recipe::RESTRICTION,
        recipe::PROLONGATION,
        Parameter {
            default: "rediscretised",
            help: "coarse operators: the same equation on the coarser grid, whose solution is a start for the finer one; \
                   PᵀAP, for cycles where ε jumps; auto takes the latter where coefficients vary",
            ..recipe::COARSE
        },
    ],
    build,
};

/// The method with its knobs set.
#[derive(Debug, Clone, PartialEq)]
struct FullMultigrid {
    recipe: Recipe,
    cycles: usize,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    let mut recipe = Recipe::read(settings)?.with_shape(settings)?;
    recipe.levels.over_relaxed = true;
    Ok(Arc::new(FullMultigrid { recipe, cycles: settings.repeats("cycles", 1)? }))
}

impl FullMultigrid {
    /// How levels are made; where shapes and Robin sides hold u, always by the matrix.
    fn levels(&self, is_held: bool) -> Levels {
        let levels = self.recipe.levels;
        Levels { coarse: if is_held { Some(Coarse::Galerkin) } else { levels.coarse }, ..levels }
    }

    fn live<'p>(&self, state: State<'p>, passed: bool, meter: &mut Meter) -> Box<dyn Iteration + 'p> {
        let levels = self.levels(state.discrete.is_held());
        let hierarchy = Hierarchy::new(&state.operator, state.discrete.is_singular(), levels);
        meter.charge(hierarchy.setup_flops());
        Box::new(Live { state, hierarchy, recipe: self.clone(), passed })
    }
}

impl Solver for FullMultigrid {
    fn spec(&self) -> Spec {
        let spec = self.recipe.write_shape(Spec::new(ENTRY.name)).with("cycles", self.cycles as i64);
        self.recipe.write(spec)
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = linear(problem, grid, ENTRY.name)?;
        let any_robin = |axis: usize| [false, true].into_iter().any(|upper| problem.is_robin(axis, upper));
        let domain = problem.domain();
        let levels = self.levels(domain.region().is_some() || (0..domain.dimension()).any(any_robin));
        Recipe { levels, ..self.recipe.clone() }.fits(problem, ENTRY.name)?;
        let bytes = memory::bytes(problem, grid, levels);
        Ok(Need { bytes, uses_initial: false, discrete: true })
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(self.live(State::start(task, ENTRY.name)?, false, meter))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let passed = from.counter("passed")? == 1;
        Ok(self.live(State::resume(task, from, ENTRY.name)?, passed, meter))
    }
}

/// A live run.
struct Live<'p> {
    state: State<'p>,
    hierarchy: Hierarchy<f64>,
    recipe: FullMultigrid,
    /// Whether the first step is done.
    passed: bool,
}

impl Live<'_> {
    /// Step 1.
    fn pass(&mut self) {
        let State { discrete, operator, u, f } = &mut self.state;
        let Hierarchy { levels, arrays, coarsest, .. } = &mut self.hierarchy;
        clear(u);
        // Coarse equations of Galerkin's know held values from the residual alone, the others read them.
        let galerkin = levels.first().is_some_and(|level| level.weights.is_some());
        if !galerkin {
            restrict_all(levels, arrays, operator, u, f);
        }
        if let Some(boundary) = discrete.boundary() {
            operator.layout().load(boundary.grid(), boundary.values(), u);
        }
        if galerkin {
            restrict_all(levels, arrays, operator, u, f);
        }
        let by_matrix = discrete.is_held();
        let mut rise =
            Rise { cycle: self.recipe.recipe.cycle, cycles: self.recipe.cycles, by_matrix, coarsest };
        rise.solve(levels, arrays, operator, u, f);
    }

    /// Flops of step 1: on every level but the coarsest a restriction, an interpolation, and cycles.
    fn pass_flops(&self) -> f64 {
        let cycles = self.recipe.cycles as f64;
        let flops = |depth: usize| {
            let cycle = self.hierarchy.cycle_flops_from(depth, self.recipe.recipe.cycle);
            cycles * cycle + self.hierarchy.start_flops(depth)
        };
        (0..self.hierarchy.levels.len()).map(flops).sum()
    }
}

/// Restricts the residual of u to all levels. Below the finest one u is zero, and f the residual.
fn restrict_all<T: Real>(
    levels: &mut [Level<T>],
    arrays: &mut [[Buffer<T>; 2]],
    operator: &Operator<T>,
    u: &[T],
    f: &[T],
) {
    if let (Some((level, levels)), Some(([e, r], arrays))) =
        (levels.split_first_mut(), arrays.split_first_mut())
    {
        level.restrict(operator, u, f, r);
        clear(e);
        restrict_all(levels, arrays, &level.coarse, e, r);
    }
}

/// The way up.
struct Rise<'a, T: Real> {
    cycle: Cycle,
    cycles: usize,
    /// Whether solutions are interpolated as the matrix does.
    by_matrix: bool,
    coarsest: &'a mut Coarsest<T>,
}

impl<T: Real> Rise<'_, T> {
    /// Au = f to the accuracy of the grid; u comes with its held values.
    fn solve(
        &mut self,
        levels: &mut [Level<T>],
        arrays: &mut [[Buffer<T>; 2]],
        operator: &Operator<T>,
        u: &mut [T],
        f: &[T],
    ) {
        let (Some((level, coarser)), Some(([e, r], below))) =
            (levels.split_first_mut(), arrays.split_first_mut())
        else {
            return self.coarsest.solve(operator, f, u);
        };
        inject_held(operator.layout(), level.coarse.layout(), &level.transfer, u, e);
        self.solve(coarser, below, &level.coarse, e, r);
        if self.by_matrix {
            level.interpolate_by_matrix(operator.layout(), e, u);
        } else {
            level.interpolate(operator.layout(), e, u);
        }
        for _ in 0..self.cycles {
            self.cycle.visit(levels, arrays, self.coarsest, operator, Guess::Given, u, f);
        }
    }
}

/// Copies the values on held ends to the coarser level.
fn inject_held<T: Real>(fine: &Layout, coarse: &Layout, transfer: &Transfer<T>, u: &[T], e: &mut [T]) {
    let place = |axis: usize, j: usize| transfer.axes[axis].place(j);
    let is_end = |axis: usize, j: usize| !coarse.is_absent(axis) && !coarse.places(axis).contains(&j);
    for plane in 0..coarse.extent(0) {
        for row in 0..coarse.extent(1) {
            let from = place(0, plane) * fine.stride(0) + place(1, row) * fine.stride(1);
            let to = plane * coarse.stride(0) + row * coarse.stride(1);
            let whole = is_end(0, plane) || is_end(1, row);
            for j in (0..coarse.extent(2)).filter(|j| whole || is_end(2, *j)) {
                e[to + j] = u[from + place(2, j)];
            }
        }
    }
}

impl Iteration for Live<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        let mut left = most.get();
        if !self.passed {
            self.pass();
            self.passed = true;
            meter.charge(self.pass_flops());
            left -= 1;
        }
        let cycle = self.recipe.recipe.cycle;
        for _ in 0..left {
            let State { operator, u, f, .. } = &mut self.state;
            cycle.run(&mut self.hierarchy, operator, Guess::Given, u, f);
        }
        meter.charge(left as f64 * self.hierarchy.cycle_flops_from(0, cycle));
        Ok(Progress::running(most.get()))
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], _meter: &mut Meter) -> Result<(), SolverError> {
        self.state.sample(sites, out)
    }

    fn remedy(&self) -> Option<&'static str> {
        Some(recipe::REMEDY)
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        let mut snapshot = self.state.snapshot();
        snapshot.counters.insert("passed".into(), u64::from(self.passed));
        Ok(snapshot)
    }
}
