//! Seconds to an accuracy, against the exact solution: set-up and steps, observation aside.
//!
//! A network is looked at after every step on one grid. A grid method has the accuracy of its grid: it is run on
//! finer and finer ones, and each accuracy is that of the coarsest grid that has it. Random features are solved for with
//! more and more waves, and each accuracy is that of the fewest that have it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use modewise_problems::{Discrete, Field, Grid, Problem, Spec, catalog};
use modewise_solvers::{
    Observer, Reference, ReferenceKind, Run, Sample, Schedule, Solver, StopRule, Task, WallClock,
    observe::{ObserveError, Start},
    registry,
    run::RunError,
};
use serde::Serialize;

use super::cases::{Method, QUICK_POINTS, Way};
use crate::experiment::ConfigError;

/// The relative L2 errors that are waited for.
pub const TARGETS: [f64; 7] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-12];

/// How long one method takes.
#[derive(Debug, Clone, Serialize)]
pub struct AccuracyRow {
    /// The problem's spec.
    pub problem: &'static str,
    /// The method.
    pub method: &'static str,
    /// The solver's spec with every parameter.
    pub spec: String,
    /// Seconds to each of [`TARGETS`]; none where it was not reached.
    pub seconds: [Option<f64>; TARGETS.len()],
    /// The smallest error seen.
    pub best: f64,
    /// Seconds until it was.
    pub best_seconds: f64,
}

/// Seconds of steps a method may take.
const BUDGET: f64 = 12.0;
const QUICK_BUDGET: f64 = 0.05;
/// Cells a side of the grid on which a network is looked at.
const LOOKED_AT: [usize; 2] = [512, 64];
/// Cells a side of the first grid and the last.
const GRIDS: [[usize; 2]; 2] = [[64, 1 << 18], [32, 1024]];
/// Numbers of waves, on a line and beyond it; the first is enough for a quick look.
const WAVES: [&[i64]; 2] = [&[25, 50, 75, 100, 150], &[250, 500, 1000, 1400, 2000, 3000]];
const QUICK_DOUBLINGS: usize = 2;
/// A grid method is through at this residual, or at its rounding floor.
const RTOL: f64 = 1e-11;
const STEPS: u64 = 200;

/// Measures one method.
pub(super) fn measure(method: &Method, quick: bool, cancel: &AtomicBool) -> Result<AccuracyRow, ConfigError> {
    let problem = catalog::build(&method.problem.parse()?)?;
    let mut spec: Spec = method.spec.parse()?;
    if quick && method.way == Way::Steps {
        spec = spec.with("points", i64::from(QUICK_POINTS));
    }
    let build = |spec: &Spec| registry::build(&registry::with_published(spec, problem.as_ref())?);
    let solver = build(&spec)?;
    let axis = problem.domain().dimension().clamp(1, 2) - 1;
    let mut reached = Reached { seconds: [None; TARGETS.len()], best: f64::INFINITY, best_seconds: 0.0 };
    let run = |solver: &Arc<dyn Solver>, cells: usize, stop: &StopRule, reached: &mut Reached| {
        Measured { problem: problem.as_ref(), solver, cancel }.run(cells, stop, reached)
    };
    let is_over =
        |reached: &Reached| cancel.load(Ordering::Relaxed) || reached.seconds.iter().all(Option::is_some);
    match method.way {
        Way::Steps => {
            let seconds = if quick { QUICK_BUDGET } else { BUDGET };
            let stop = StopRule {
                error_l2: TARGETS.last().copied(),
                seconds: Some(seconds),
                ..StopRule::steps(u64::MAX)
            };
            run(&solver, LOOKED_AT[axis], &stop, &mut reached)?;
        }
        Way::Grids => {
            let [first, last] = GRIDS[axis];
            let sizes = std::iter::successors(Some(first), |n| Some(2 * n)).take_while(|n| *n <= last);
            let stop = StopRule { rtol: Some(RTOL), ..StopRule::steps(STEPS) };
            for cells in sizes.take(if quick { QUICK_DOUBLINGS } else { usize::MAX }) {
                if is_over(&reached) {
                    break;
                }
                run(&solver, cells, &stop, &mut reached)?;
            }
        }
        Way::Waves => {
            for &count in WAVES[axis].iter().take(if quick { 1 } else { usize::MAX }) {
                if is_over(&reached) {
                    break;
                }
                let solver = build(&spec.clone().with("count", count))?;
                run(&solver, LOOKED_AT[axis], &StopRule::steps(1), &mut reached)?;
            }
        }
    }
    let Reached { seconds, best, best_seconds } = reached;
    let spec = solver.spec().to_string();
    Ok(AccuracyRow { problem: method.problem, method: method.label, spec, seconds, best, best_seconds })
}

struct Measured<'a> {
    problem: &'a dyn Problem,
    solver: &'a Arc<dyn Solver>,
    cancel: &'a AtomicBool,
}

impl Measured<'_> {
    /// One run on a grid with `cells` cells a side.
    fn run(&self, cells: usize, stop: &StopRule, reached: &mut Reached) -> Result<(), ConfigError> {
        let grid = Grid::new(self.problem.domain().bounds(), &[cells])?;
        let discrete = Discrete::new(self.problem, &grid)?;
        let exact = Field::from_batch(&grid, |points, out| {
            self.problem.exact(points, out);
        });
        let reference = Reference::new(ReferenceKind::Exact, exact);
        let task = Task::new(self.problem, &discrete);
        let driven = Run::new(self.solver.as_ref(), &task, stop).against(&reference).drive(
            &WallClock::start(),
            self.cancel,
            &mut [(reached, Schedule::Every(1))],
        );
        match driven {
            Ok(_) => Ok(()),
            Err(RunError::Solver(error)) => Err(ConfigError::Missing(error.to_string())),
            Err(RunError::Observe(error)) => Err(ConfigError::Missing(error.to_string())),
        }
    }
}

/// The first seconds of every target.
struct Reached {
    seconds: [Option<f64>; TARGETS.len()],
    best: f64,
    best_seconds: f64,
}

impl Observer for Reached {
    fn start(&mut self, _: &Start<'_>) -> Result<(), ObserveError> {
        Ok(())
    }

    fn observe(&mut self, sample: &Sample<'_>) -> Result<(), ObserveError> {
        let Some(error) = sample.errors.map(|errors| errors.l2) else { return Ok(()) };
        for (seconds, target) in self.seconds.iter_mut().zip(TARGETS) {
            if seconds.is_none() && error <= target {
                *seconds = Some(sample.seconds);
            }
        }
        if error < self.best {
            (self.best, self.best_seconds) = (error, sample.seconds);
        }
        Ok(())
    }
}
