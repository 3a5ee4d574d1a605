//! The one loop. The driver alone owns step numbers, clock, work, residual and error, the same way
//! for every method.

mod checkpoint;
mod end;
mod judge;

use std::{
    num::NonZeroU64,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use modewise_problems::{Errors, Field};
use thiserror::Error;

use crate::{
    Iteration, Meter, Phase, Reference, Schedule, Sites, Solver, SolverError, Status, StopRule, Task,
    observe::{Cost, ObserveError, Observer, Sample, Start},
};

pub use checkpoint::{Checkpoint, Keeper};
pub use end::{End, Outcome};
use judge::Judge;
pub use judge::Memory;

/// Tells the time, in seconds from some origin.
pub trait Clock {
    /// Now.
    fn now(&self) -> f64;
}

/// The machine's monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct WallClock(Instant);

impl WallClock {
    /// A clock that starts at zero now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for WallClock {
    fn now(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Why a run could not be made; a run that diverges or runs out of budget is an [`End`].
#[derive(Debug, Error)]
pub enum RunError {
    /// The solver refused the task.
    #[error(transparent)]
    Solver(#[from] SolverError),
    /// An observer failed.
    #[error(transparent)]
    Observe(#[from] ObserveError),
}

/// A look at a run in progress, for a progress bar.
#[derive(Debug, Clone, Copy)]
pub struct Tick {
    /// Step number.
    pub step: u64,
    /// Seconds of set-up and steps.
    pub seconds: f64,
    /// Work units of set-up and steps.
    pub work_units: f64,
    /// The latest errors.
    pub errors: Option<Errors>,
    /// The latest residual.
    pub residual: Option<f64>,
}

/// A run to be made.
pub struct Run<'a, 'p> {
    solver: &'a dyn Solver,
    task: &'a Task<'p>,
    stop: &'a StopRule,
    reference: Option<&'a Reference>,
    checkpoint: Option<&'a Checkpoint>,
    keeper: Option<(&'a mut dyn Keeper, f64)>,
    ticker: Option<&'a mut dyn FnMut(Tick)>,
}

/// Seconds a batch of steps may take: what a progress bar and Ctrl-C wait for.
const BATCH_SECONDS: f64 = 0.05;
/// Even an unwatched run is looked at this often a decade, so that a run that blows up ends.
const SAFETY: Schedule = Schedule::Log { per_decade: 20 };

impl<'a, 'p> Run<'a, 'p> {
    /// `solver` on `task` until `stop` says so.
    pub fn new(solver: &'a dyn Solver, task: &'a Task<'p>, stop: &'a StopRule) -> Self {
        Self { solver, task, stop, reference: None, checkpoint: None, keeper: None, ticker: None }
    }

    /// Measure errors against `reference`.
    #[must_use]
    pub fn against(mut self, reference: &'a Reference) -> Self {
        self.reference = Some(reference);
        self
    }

    /// Go on from `checkpoint` instead of starting.
    #[must_use]
    pub fn resuming(mut self, checkpoint: Option<&'a Checkpoint>) -> Self {
        self.checkpoint = checkpoint;
        self
    }

    /// Hand a checkpoint to `keeper` every `seconds`, and when interrupted.
    #[must_use]
    pub fn keeping(mut self, keeper: &'a mut dyn Keeper, seconds: f64) -> Self {
        self.keeper = Some((keeper, seconds));
        self
    }

    /// Call `ticker` a few times a second.
    #[must_use]
    pub fn ticking(mut self, ticker: &'a mut dyn FnMut(Tick)) -> Self {
        self.ticker = Some(ticker);
        self
    }

    /// Runs to the end; `cancel` ends it at the next step.
    ///
    /// # Errors
    /// The solver refuses the task or an observer fails. Divergence and exhausted budgets are
    /// outcomes.
    pub fn drive(
        mut self,
        clock: &dyn Clock,
        cancel: &AtomicBool,
        observers: &mut [(&mut dyn Observer, Schedule)],
    ) -> Result<End, RunError> {
        let mut live = Live::start(&self, clock)?;
        let names = self.solver.scalar_names();
        for (observer, _) in observers.iter_mut() {
            observer.start(&Start { scalar_names: &names })?;
        }
        let milestones = self.solver.milestones();
        let mut due: Vec<u64> = vec![0; observers.len()];
        match self.checkpoint {
            Some(checkpoint) => {
                for ((observer, _), state) in observers.iter_mut().zip(&checkpoint.observers) {
                    observer.restore(state)?;
                }
                due.clone_from(&checkpoint.due);
            }
            None => live.look(&self, clock)?,
        }
        let mut judge = Judge::new(self.stop, self.checkpoint.map(|checkpoint| checkpoint.judge));
        let mut last_kept = clock.now();
        let mut last_tick = f64::NEG_INFINITY;
        let mut verdict = match self.checkpoint {
            None => judge.verdict(&live.state(), None),
            Some(_) => None,
        };
        let mut started = self.checkpoint.is_some();
        loop {
            if verdict.is_none() && cancel.load(Ordering::Relaxed) {
                verdict = Some(end::interrupted(live.step));
                if let Some((keeper, _)) = self.keeper.as_mut() {
                    keeper.keep(&live.checkpoint(observers, &due, judge.memory())?)?;
                }
                live.look_if_stale(&self, clock)?;
            }
            let last = verdict.is_some();
            let milestone = milestones.contains(&live.step);
            if !started || last || live.fresh {
                for ((observer, schedule), due) in observers.iter_mut().zip(&mut due) {
                    if last || milestone || live.step >= *due {
                        let from = clock.now();
                        observer.observe(&live.sample(milestone || live.step == 0, last))?;
                        live.observe_seconds += clock.now() - from;
                        *due = schedule.next(live.step, live.cost);
                    }
                }
                started = true;
            }
            if let Some((outcome, advice)) = verdict {
                let end = live.end(outcome, advice);
                for (observer, _) in observers.iter_mut() {
                    observer.finish(&end)?;
                }
                return Ok(end);
            }
            let now = clock.now();
            if let Some((keeper, every)) = self.keeper.as_mut()
                && now - last_kept >= *every
            {
                keeper.keep(&live.checkpoint(observers, &due, judge.memory())?)?;
                last_kept = clock.now();
            }
            if let Some(ticker) = self.ticker.as_mut()
                && now - last_tick >= 2.0 * BATCH_SECONDS
            {
                ticker(live.tick());
                last_tick = now;
            }
            let next_milestone = milestones.iter().copied().filter(|&m| m > live.step).min();
            let until = due
                .iter()
                .copied()
                .chain(next_milestone)
                .chain(self.stop.steps)
                .chain([SAFETY.next(live.step, live.cost)])
                .min()
                .unwrap_or(live.step + 1);
            let watch_all = self.stop.has_tolerance() && judge.is_applicable(&live.state());
            let most = if watch_all { 1 } else { until.saturating_sub(live.step).max(1) };
            let finished = match live.advance(most, clock) {
                Ok(status) => status == Status::Finished,
                Err(error) => {
                    verdict = Some((Outcome::Failed, Some(error.to_string())));
                    live.look_if_stale(&self, clock)?;
                    continue;
                }
            };
            let exhausted = judge.budget_is_spent(&live.state());
            if watch_all || finished || exhausted || live.step >= until || milestones.contains(&live.step) {
                live.look(&self, clock)?;
                verdict = judge.verdict(&live.state(), finished.then_some(()));
            }
        }
    }
}

/// The books of a live run.
struct Live<'p> {
    iteration: Box<dyn Iteration + 'p>,
    meter: Meter,
    step: u64,
    setup_seconds: f64,
    seconds: f64,
    observe_seconds: f64,
    discrete_answer: bool,
    field: Field,
    scalars: Vec<f64>,
    errors: Option<Errors>,
    residual: Option<f64>,
    residual_floor: f64,
    size: f64,
    size_limit: f64,
    cost: Cost,
    seconds_a_step: f64,
    fresh: bool,
}

/// ‖u‖∞ may grow by this factor over the larger of 1, the start and the reference.
const GROWTH: f64 = 1e6;

impl<'p> Live<'p> {
    fn start(run: &Run<'_, 'p>, clock: &dyn Clock) -> Result<Self, RunError> {
        let discrete = run.task.discrete.ok_or_else(|| SolverError::NoGrid(run.solver.spec().name))?;
        let need = run.solver.check(run.task.problem, Some(discrete.grid())).map_err(SolverError::from)?;
        let mut meter = Meter::new(discrete.sweep_flops());
        let from = clock.now();
        let iteration = match run.checkpoint {
            None => run.solver.init(run.task, &mut meter)?,
            Some(checkpoint) => run.solver.resume(run.task, &checkpoint.snapshot, &mut meter)?,
        };
        let setup_seconds = clock.now() - from;
        let reference_size = run
            .reference
            .map_or(0.0, |reference| modewise_problems::reduce::max_abs(reference.field().values()));
        let mut live = Self {
            iteration,
            meter,
            step: 0,
            setup_seconds,
            seconds: setup_seconds,
            observe_seconds: 0.0,
            discrete_answer: need.discrete,
            field: Field::zeros(discrete.grid()),
            scalars: vec![0.0; run.solver.scalar_names().len()],
            errors: None,
            residual: None,
            residual_floor: 0.0,
            size: 0.0,
            size_limit: f64::INFINITY,
            cost: Cost::default(),
            seconds_a_step: 0.0,
            fresh: false,
        };
        match run.checkpoint {
            None => {
                live.look(run, clock)?;
                let scale = if live.size.is_finite() { live.size } else { 0.0 };
                live.size_limit = GROWTH * scale.max(reference_size).max(1.0);
            }
            Some(checkpoint) => {
                live.restore(checkpoint);
                live.look(run, clock)?;
                live.fresh = false;
                live.observe_seconds = checkpoint.observe_seconds;
                live.meter.restore(checkpoint.charged);
                live.cost = Cost { step: checkpoint.cost.step, sample: checkpoint.cost.sample };
            }
        }
        Ok(live)
    }

    fn restore(&mut self, checkpoint: &Checkpoint) {
        self.step = checkpoint.step;
        self.setup_seconds = checkpoint.setup_seconds;
        self.seconds = checkpoint.seconds;
        self.size_limit = checkpoint.size_limit;
    }

    fn advance(&mut self, most: u64, clock: &dyn Clock) -> Result<Status, SolverError> {
        let affordable =
            if self.seconds_a_step > 0.0 { (BATCH_SECONDS / self.seconds_a_step) as u64 } else { 1 };
        // Invariant: both are at least 1.
        let most = NonZeroU64::new(most.min(affordable.max(1))).expect("at least one step");
        self.meter.enter(Phase::Iterate);
        let (from, charged) = (clock.now(), self.meter[Phase::Iterate]);
        let progress = self.iteration.advance(most, &mut self.meter)?;
        let took = clock.now() - from;
        let steps = progress.steps.max(1);
        self.seconds += took;
        self.seconds_a_step = took / steps as f64;
        self.cost.step = (self.meter[Phase::Iterate] - charged) / steps as f64;
        self.step += steps;
        self.fresh = false;
        Ok(progress.status)
    }

    fn look_if_stale(&mut self, run: &Run<'_, 'p>, clock: &dyn Clock) -> Result<(), RunError> {
        if self.fresh { Ok(()) } else { self.look(run, clock) }
    }

    /// Samples u and measures it. Off the solver's clock.
    fn look(&mut self, run: &Run<'_, 'p>, clock: &dyn Clock) -> Result<(), RunError> {
        let from = clock.now();
        self.meter.enter(Phase::Observe);
        let charged = self.meter[Phase::Observe];
        let grid = self.field.grid().clone();
        self.iteration.sample(&Sites::Grid(&grid), self.field.values_mut(), &mut self.meter)?;
        self.cost.sample = self.meter[Phase::Observe] - charged;
        self.iteration.scalars(&mut self.scalars);
        self.size = modewise_problems::reduce::max_abs(self.field.values());
        self.errors = run.reference.map(|reference| reference.errors(&self.field));
        if let (true, Some(discrete)) = (self.discrete_answer, run.task.discrete) {
            self.residual = Some(discrete.relative_residual(self.field.values()));
            self.residual_floor = discrete.residual_floor(self.field.values());
        }
        self.fresh = true;
        self.observe_seconds += clock.now() - from;
        Ok(())
    }

    fn state(&self) -> judge::State {
        judge::State {
            step: self.step,
            seconds: self.seconds,
            work_units: self.meter.work_units(),
            errors: self.errors,
            residual: self.residual,
            residual_floor: self.residual_floor,
            size: self.size,
            size_limit: self.size_limit,
        }
    }

    fn sample(&self, milestone: bool, last: bool) -> Sample<'_> {
        Sample {
            step: self.step,
            work_units: self.meter.work_units(),
            seconds: self.seconds,
            field: &self.field,
            errors: self.errors,
            residual: self.residual,
            scalars: &self.scalars,
            milestone,
            last,
            iteration: self.iteration.as_ref(),
        }
    }

    fn tick(&self) -> Tick {
        Tick {
            step: self.step,
            seconds: self.seconds,
            work_units: self.meter.work_units(),
            errors: self.errors,
            residual: self.residual,
        }
    }

    fn checkpoint(
        &self,
        observers: &mut [(&mut dyn Observer, Schedule)],
        due: &[u64],
        judge: judge::Memory,
    ) -> Result<Checkpoint, RunError> {
        let mut states = Vec::with_capacity(observers.len());
        for (observer, _) in observers.iter_mut() {
            states.push(observer.save()?);
        }
        Ok(Checkpoint {
            snapshot: self.iteration.snapshot()?,
            step: self.step,
            charged: self.meter.charged(),
            setup_seconds: self.setup_seconds,
            seconds: self.seconds,
            observe_seconds: self.observe_seconds,
            size_limit: self.size_limit,
            cost: self.cost,
            due: due.to_vec(),
            judge,
            observers: states,
        })
    }

    fn end(self, outcome: Outcome, advice: Option<String>) -> End {
        End {
            outcome,
            advice,
            step: self.step,
            work_units: self.meter.work_units(),
            setup_work_units: self.meter.work_units_of(Phase::Setup),
            setup_seconds: self.setup_seconds,
            seconds: self.seconds,
            observe_seconds: self.observe_seconds,
            errors: self.errors,
            residual: self.residual,
            field: self.field,
        }
    }
}
