//! The one loop. The driver alone owns step numbers, clock, work, residual and error, the same way
//! for every method.

mod checkpoint;
mod end;
mod judge;
mod live;
mod parting;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use modewise_problems::Errors;
use thiserror::Error;

use crate::{
    Reference, Schedule, Solver, SolverError, Status, StopRule, Task,
    observe::{ObserveError, Observer, Start},
};

pub use checkpoint::{Checkpoint, Keeper};
pub use end::{End, Outcome};
use judge::Judge;
pub use judge::Memory;
use live::Live;
pub use parting::Look;

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

/// Seconds a batch of steps may take: what Ctrl-C waits for. Long enough for methods that take many steps in
/// one pass over memory to do so on any grid that fits a machine's memory.
const BATCH_SECONDS: f64 = 0.3;
/// Seconds between ticks.
const TICK_SECONDS: f64 = 0.1;
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
        let mut due: Vec<u64> = vec![0; observers.len()];
        if let Some(checkpoint) = self.checkpoint {
            for ((observer, _), state) in observers.iter_mut().zip(&checkpoint.observers) {
                observer.restore(state)?;
            }
            due.clone_from(&checkpoint.due);
        }
        let mut judge = Judge::new(self.stop, self.checkpoint.map(|checkpoint| checkpoint.judge));
        let mut last_kept = clock.now();
        let mut last_tick = f64::NEG_INFINITY;
        let mut verdict = match self.checkpoint {
            None => judge.verdict(&live.state(), None),
            Some(_) => None,
        };
        loop {
            if verdict.is_none() && cancel.load(Ordering::Relaxed) {
                verdict = Some(end::interrupted(live.step));
                if let Some((keeper, _)) = self.keeper.as_mut() {
                    keeper.keep(&live.checkpoint(observers, &due, judge.memory())?)?;
                }
                live.look_if_stale(&self, clock)?;
            }
            let last = verdict.is_some();
            if last || live.fresh {
                for ((observer, schedule), due) in observers.iter_mut().zip(&mut due) {
                    if last || live.step >= *due {
                        let from = clock.now();
                        observer.observe(&live.sample(last))?;
                        live.observe_seconds += clock.now() - from;
                        *due = schedule.next(live.step, live.cost);
                    }
                }
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
                && now - last_tick >= TICK_SECONDS
            {
                ticker(live.tick());
                last_tick = now;
            }
            let until = due
                .iter()
                .copied()
                .chain(self.stop.steps)
                .chain([SAFETY.next(live.step, live.cost)])
                .min()
                .unwrap_or(live.step + 1);
            let watch_all = self.stop.has_tolerance() && judge.is_applicable(&live.state());
            let most = if watch_all { 1 } else { until.saturating_sub(live.step).max(1) };
            let through = match live.advance(most, self.stop, clock) {
                Ok(status) => (status != Status::Running).then_some(status),
                Err(error) => {
                    verdict = Some((Outcome::Failed, Some(error.to_string())));
                    live.look_if_stale(&self, clock)?;
                    continue;
                }
            };
            let exhausted = judge.budget_is_spent(&live.state());
            let judged = watch_all && judge.has_to_see(&live.state());
            if judged || through.is_some() || exhausted || live.milestone || live.step >= until {
                live.look(&self, clock)?;
                if live.milestone {
                    due.fill(live.step);
                }
                verdict = judge.verdict(&live.state(), through);
            }
        }
    }
}
