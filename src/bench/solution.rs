//! A whole solution: setup and steps to a relative residual, driven through the contract of all solvers.
//!
//! A first run finds how many steps it takes, looking at the true residual off the clock. The timed runs
//! then take exactly those steps, as many a call as the method likes, and look at nothing: methods are
//! deterministic, so what they reach is what the first run saw.

use std::{
    num::NonZeroU64,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use modewise_problems::{Discrete, Field, Grid, Problem, reduce};
use modewise_solvers::{
    Iteration, Meter, Outcome, Phase, Sites, Solver, SolverError, Status, Task, Unsupported,
};
use serde::Serialize;

use super::{
    shape::Shape,
    timing::{Spread, repetitions},
};
use crate::{experiment::ConfigError, machine::free_memory};

/// How one solver did on one grid.
#[derive(Debug, Clone, Serialize)]
pub struct SolutionRow {
    /// The solver's spec as it was asked for.
    pub solver: String,
    /// The same with every parameter.
    pub spec: String,
    /// The problem's spec.
    pub problem: String,
    /// 2 or 3.
    pub dimension: usize,
    /// Interior points along every axis.
    pub shape: Shape,
    /// Unknowns.
    pub unknowns: usize,
    /// converged, done, floor, budget or diverged, as everywhere.
    pub outcome: String,
    /// Seconds before step 0.
    pub setup_seconds: Spread,
    /// Seconds of the steps.
    pub solve_seconds: Spread,
    /// Timed repetitions.
    pub repetitions: usize,
    /// Steps.
    pub steps: u64,
    /// Work units of setup and steps.
    pub work_units: f64,
    /// True relative residual.
    pub residual: f64,
    /// Median nanoseconds of the steps an unknown.
    pub ns_per_unknown: f64,
    /// The same a step.
    pub ns_per_unknown_step: f64,
    /// Bytes that the solver says it needs, and the right-hand side, an unknown.
    pub bytes_per_unknown: f64,
    /// Nanoseconds a step and unknown that memory alone would take, where a model knows them.
    pub limit: Option<f64>,
}

/// What came of measuring.
pub(super) enum Measured {
    Row(Box<SolutionRow>),
    /// Why not.
    Skipped(String),
    Interrupted,
}

/// A problem on a grid.
pub(super) struct System<'p> {
    problem: &'p dyn Problem,
    discrete: Discrete,
    shape: Shape,
}

impl<'p> System<'p> {
    /// Refuses a grid whose system alone is more than memory has room for.
    pub fn check(problem: &dyn Problem, shape: &Shape) -> Result<(), ConfigError> {
        let grid = Grid::new(problem.domain().bounds(), &shape.cells())?;
        // Source, coefficients on faces and at nodes, a field to look at and one of the solver.
        let need = grid.nodes() as f64 * 8.0 * (4 + grid.dimension()) as f64;
        let have = free_memory() as f64;
        if need > have {
            return Err(ConfigError::Memory { need: need / 1e9, have: have / 1e9, who: None });
        }
        Ok(())
    }

    /// On the grid with the interior points `shape`.
    pub fn new(problem: &'p dyn Problem, shape: Shape) -> Result<Self, ConfigError> {
        let grid = Grid::new(problem.domain().bounds(), &shape.cells())?;
        Ok(Self { problem, discrete: Discrete::new(problem, &grid)?, shape })
    }

    pub fn unknowns(&self) -> usize {
        self.discrete.unknowns()
    }

    pub fn dimension(&self) -> usize {
        self.discrete.grid().dimension()
    }

    /// Whether ε and κ² are constants.
    pub fn is_constant(&self) -> bool {
        self.discrete.constant_coefficients().is_some()
    }
}

/// How to measure.
pub(super) struct Bench<'a, 'p> {
    pub system: &'a System<'p>,
    pub rtol: f64,
    pub quick: bool,
    pub cancel: &'a AtomicBool,
}

/// Where the first run came to.
#[derive(Clone, Copy)]
struct Found {
    outcome: Outcome,
    steps: u64,
    work_units: f64,
    residual: f64,
    /// Of the steps up to there.
    seconds: f64,
}

/// Looks without a residual that is a tenth smaller, after which rounding is taken for the cause if it can be.
const PATIENCE: u32 = 4;
/// Seconds of steps and number of steps that a solution may take.
const MOST_SECONDS: f64 = 120.0;
const MOST_STEPS: u64 = 1_000_000;
/// A residual this many times the first right-hand side is none that will fall.
const DIVERGED: f64 = 1e6;
/// Seconds of steps between looks at Ctrl-C.
const CALL_SECONDS: f64 = 0.5;

impl Bench<'_, '_> {
    /// Measures `solver`.
    pub fn measure(&self, solver: &dyn Solver) -> Measured {
        self.try_to(solver).unwrap_or_else(|error| Measured::Skipped(error.to_string()))
    }

    fn try_to(&self, solver: &dyn Solver) -> Result<Measured, SolverError> {
        let (discrete, task) = (&self.system.discrete, Task::new(self.system.problem, &self.system.discrete));
        let need = solver.check(task.problem, Some(discrete.grid()))?;
        // Besides the solver's own, a field to look at.
        if need.bytes + 8 * discrete.grid().nodes() as u64 > free_memory() {
            return Err(Unsupported {
                solver: solver.spec().name,
                reason: format!("it needs {:.1} GB, more than is free", need.bytes as f64 / 1e9),
                advice: "take a smaller grid".into(),
            }
            .into());
        }
        let Some(found) = self.find(solver, &task)? else { return Ok(Measured::Interrupted) };
        let (mut setup, mut solve) = (Vec::new(), Vec::new());
        for _ in 0..repetitions(found.seconds, self.quick) {
            let Some([first, second]) = self.time(solver, &task, &found)? else {
                return Ok(Measured::Interrupted);
            };
            setup.push(first);
            solve.push(second);
        }
        let unknowns = self.system.unknowns() as f64;
        let (repetitions, solve_seconds) = (solve.len(), Spread::of(solve));
        let ns_per_unknown = 1e9 * solve_seconds.median / unknowns;
        Ok(Measured::Row(Box::new(SolutionRow {
            solver: solver.spec().name,
            spec: solver.spec().to_string(),
            problem: self.system.problem.spec().to_string(),
            dimension: self.system.dimension(),
            shape: self.system.shape.clone(),
            unknowns: self.system.unknowns(),
            outcome: found.outcome.to_string(),
            setup_seconds: Spread::of(setup),
            solve_seconds,
            repetitions,
            steps: found.steps,
            work_units: found.work_units,
            residual: found.residual,
            ns_per_unknown,
            ns_per_unknown_step: ns_per_unknown / found.steps.max(1) as f64,
            bytes_per_unknown: need.bytes as f64 / unknowns + 8.0,
            limit: None,
        })))
    }

    /// Steps until the true residual is small enough, or as small as it gets; `None` if interrupted.
    fn find(&self, solver: &dyn Solver, task: &Task<'_>) -> Result<Option<Found>, SolverError> {
        let discrete = &self.system.discrete;
        let mut meter = Meter::new(discrete.sweep_flops());
        let mut live = solver.init(task, &mut meter)?;
        let mut u = Field::zeros(discrete.grid());
        let mut now = Found {
            outcome: Outcome::Budget,
            steps: 0,
            work_units: 0.0,
            residual: f64::INFINITY,
            seconds: 0.0,
        };
        let mut best = now;
        let mut stalled = 0;
        loop {
            if self.cancel.load(Ordering::Relaxed) {
                return Ok(None);
            }
            // Slow methods are looked at every twentieth of their steps.
            let most = NonZeroU64::new(now.steps / 20).unwrap_or(NonZeroU64::MIN);
            meter.enter(Phase::Iterate);
            let start = Instant::now();
            let progress = live.advance(most, &mut meter)?;
            now.seconds += start.elapsed().as_secs_f64();
            now.steps += progress.steps.max(1);
            now.work_units = meter.work_units();
            meter.enter(Phase::Observe);
            let finished = progress.status != Status::Running;
            now.residual = match progress.residual {
                Some(residual) if residual > self.rtol && !finished && stalled + 1 < PATIENCE => residual,
                // What counts is the true one.
                _ => {
                    live.sample(&Sites::Grid(discrete.grid()), u.values_mut(), &mut meter)?;
                    discrete.relative_residual(u.values())
                }
            };
            stalled = if now.residual < 0.9 * best.residual { 0 } else { stalled + 1 };
            if now.residual < best.residual {
                best = now;
            }
            let outcome = if now.residual.is_nan() || now.residual > DIVERGED {
                Outcome::Diverged
            } else if now.residual <= self.rtol {
                Outcome::Converged
            } else if finished {
                // Through, and not where it was to come.
                Outcome::Floor
            } else if stalled >= PATIENCE
                && now.residual
                    <= discrete.residual_floor(
                        u.values(),
                        reduce::sum_of_squares(u.values()).sqrt(),
                        now.residual,
                    )
            {
                return Ok(Some(Found { outcome: Outcome::Floor, ..best }));
            } else if now.seconds > MOST_SECONDS || now.steps >= MOST_STEPS {
                Outcome::Budget
            } else {
                continue;
            };
            return Ok(Some(Found { outcome, ..now }));
        }
    }

    /// Seconds of setup and of the steps found; `None` if interrupted.
    fn time(
        &self,
        solver: &dyn Solver,
        task: &Task<'_>,
        found: &Found,
    ) -> Result<Option<[f64; 2]>, SolverError> {
        let mut meter = Meter::new(self.system.discrete.sweep_flops());
        let start = Instant::now();
        let mut live = solver.init(task, &mut meter)?;
        let setup = start.elapsed().as_secs_f64();
        meter.enter(Phase::Iterate);
        let a_call = (found.steps as f64 * CALL_SECONDS / found.seconds.max(1e-9)).ceil() as u64;
        let start = Instant::now();
        let done = self.steps(live.as_mut(), found.steps, a_call.max(1), &mut meter)?;
        Ok(done.then(|| [setup, start.elapsed().as_secs_f64()]))
    }

    /// Takes `steps` steps; whether it came to the end.
    fn steps(
        &self,
        live: &mut dyn Iteration,
        steps: u64,
        a_call: u64,
        meter: &mut Meter,
    ) -> Result<bool, SolverError> {
        let mut left = steps;
        while let Some(most) = NonZeroU64::new(left.min(a_call)) {
            if self.cancel.load(Ordering::Relaxed) {
                return Ok(false);
            }
            left = left.saturating_sub(live.advance(most, meter)?.steps.max(1));
        }
        Ok(true)
    }
}
