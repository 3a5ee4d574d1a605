//! The books of a live run: steps, clock, work, and the latest look at u.

use std::num::NonZeroU64;

use modewise_problems::{Discrete, Errors, error, reduce};

use super::{BATCH_SECONDS, Checkpoint, Clock, End, Outcome, Run, RunError, Tick, judge, parting::Parting};
use crate::{
    Iteration, Meter, Phase, Sample, Schedule, SolverError, Status, StopRule, Values,
    observe::{Cost, Observer},
};

/// The books of a live run.
pub(super) struct Live<'p> {
    iteration: Box<dyn Iteration + 'p>,
    meter: Meter,
    pub step: u64,
    setup_seconds: f64,
    seconds: f64,
    pub observe_seconds: f64,
    discrete_answer: bool,
    /// Whether residuals that the method reports are relative to ‖b‖, as the driver's own.
    claims_count: bool,
    values: Values,
    scalars: Vec<f64>,
    /// Where the loss stands among them.
    loss: Option<usize>,
    parting: Parting,
    errors: Option<Errors>,
    residual: Option<f64>,
    residual_floor: f64,
    size: f64,
    size_limit: f64,
    pub cost: Cost,
    seconds_a_step: f64,
    /// Whether the latest look is at the current step.
    pub fresh: bool,
    /// Whether the current step is one that no observer should miss.
    pub milestone: bool,
    /// What residuals are relative to besides ‖b‖: where b = 0, the residual at step 0.
    residual_scale: f64,
    /// The residual that the method itself reports for the current step.
    claimed_residual: Option<f64>,
}

/// Flops of a work unit where there is no grid to sweep over.
const FLOPS_WITHOUT_GRID: f64 = 1e9;
/// ‖u‖∞ may grow by this factor over the larger of 1, the start and the reference.
const GROWTH: f64 = 1e6;

impl<'p> Live<'p> {
    pub fn start(run: &Run<'_, 'p>, clock: &dyn Clock) -> Result<Self, RunError> {
        let discrete = run.task.discrete();
        let need =
            run.solver.check(run.task.problem, discrete.map(Discrete::grid)).map_err(SolverError::from)?;
        let mut meter = Meter::new(discrete.map_or(FLOPS_WITHOUT_GRID, Discrete::sweep_flops));
        let from = clock.now();
        let iteration = match run.checkpoint {
            None => run.solver.init(run.task, &mut meter)?,
            Some(checkpoint) => run.solver.resume(run.task, &checkpoint.snapshot, &mut meter)?,
        };
        let setup_seconds = clock.now() - from;
        let reference_size = run.reference.map_or(0.0, |reference| reduce::max_abs(reference.values()));
        let names = run.solver.scalar_names();
        let mut live = Self {
            iteration,
            meter,
            step: 0,
            setup_seconds,
            seconds: setup_seconds,
            observe_seconds: 0.0,
            discrete_answer: need.discrete,
            claims_count: need.discrete && discrete.is_some_and(|discrete| discrete.rhs_norm() > 0.0),
            values: run.task.support.zeros(),
            scalars: vec![0.0; names.len()],
            loss: names.iter().position(|name| name == "loss"),
            parting: Parting::default(),
            errors: None,
            residual: None,
            residual_floor: 0.0,
            size: 0.0,
            size_limit: f64::INFINITY,
            cost: Cost::default(),
            seconds_a_step: 0.0,
            fresh: false,
            milestone: true,
            residual_scale: 1.0,
            claimed_residual: None,
        };
        match run.checkpoint {
            None => {
                live.look(run, clock)?;
                let scale = if live.size.is_finite() { live.size } else { 0.0 };
                live.size_limit = GROWTH * scale.max(reference_size).max(1.0);
                if let Some(residual) = live.residual
                    && discrete.is_some_and(|discrete| discrete.rhs_norm() == 0.0)
                    && residual > 0.0
                    && residual.is_finite()
                {
                    live.residual_scale = residual;
                    live.residual = Some(1.0);
                    live.residual_floor /= residual;
                }
            }
            Some(checkpoint) => {
                live.restore(checkpoint);
                // A step that was due when the checkpoint was made is observed now.
                live.look(run, clock)?;
                live.parting.kept = checkpoint.looks;
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
        self.residual_scale = checkpoint.residual_scale;
        self.milestone = checkpoint.milestone;
    }

    /// Takes at most `most` steps, fewer where they take long or would overrun a budget of `stop`.
    pub fn advance(&mut self, most: u64, stop: &StopRule, clock: &dyn Clock) -> Result<Status, SolverError> {
        let within =
            |budget: f64, a_step: f64| if a_step > 0.0 { (budget / a_step).ceil() as u64 } else { 1 };
        let mut affordable = within(BATCH_SECONDS, self.seconds_a_step);
        if let Some(seconds) = stop.seconds {
            affordable = affordable.min(within(seconds - self.seconds, self.seconds_a_step));
        }
        if let Some(work) = stop.work {
            let left = (work - self.meter.work_units()) * self.meter.unit();
            affordable = affordable.min(within(left, self.cost.step));
        }
        // Invariant: at least 1.
        let most = NonZeroU64::new(most.min(affordable).max(1)).expect("at least one step");
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
        self.milestone = progress.milestone;
        self.claimed_residual = progress.residual.filter(|_| self.claims_count);
        Ok(progress.status)
    }

    pub fn look_if_stale(&mut self, run: &Run<'_, 'p>, clock: &dyn Clock) -> Result<(), RunError> {
        if self.fresh { Ok(()) } else { self.look(run, clock) }
    }

    /// Samples u and measures it. Off the solver's clock.
    pub fn look(&mut self, run: &Run<'_, 'p>, clock: &dyn Clock) -> Result<(), RunError> {
        let from = clock.now();
        self.meter.enter(Phase::Observe);
        let charged = self.meter[Phase::Observe];
        let sites = run.task.support.sites();
        self.iteration.sample(&sites, self.values.as_mut_slice(), &mut self.meter)?;
        self.cost.sample = self.meter[Phase::Observe] - charged;
        let mut residual = None;
        if let Some(discrete) = run.task.discrete() {
            if self.discrete_answer {
                residual = Some(discrete.relative_residual(self.values.as_slice()));
            }
            // What u is where the problem is not, a network's or that of nodes with cells that are cut, says nothing.
            if !self.discrete_answer || discrete.has_ghosts() {
                discrete.fill_outside(self.values.as_mut_slice(), 0.0);
            }
        }
        self.iteration.scalars(&mut self.scalars);
        let size;
        (size, self.errors) = match run.reference {
            None => (error::size(self.values.as_slice()), None),
            Some(reference) => {
                let (size, errors) = reference.measure(self.values.as_slice());
                (size, Some(errors))
            }
        };
        self.size = size.max;
        self.parting.note(self.step, self.loss.map(|index| self.scalars[index]), self.errors);
        if let (Some(residual), Some(discrete)) = (residual, run.task.discrete()) {
            self.residual = Some(residual / self.residual_scale);
            let floor = discrete.residual_floor(self.values.as_slice(), size.l2, residual);
            self.residual_floor = floor / self.residual_scale;
        }
        self.fresh = true;
        self.observe_seconds += clock.now() - from;
        Ok(())
    }

    pub fn state(&self) -> judge::State {
        judge::State {
            step: self.step,
            seconds: self.seconds,
            work_units: self.meter.work_units(),
            errors: self.errors,
            residual: self.residual,
            claimed_residual: self.claimed_residual,
            residual_floor: self.residual_floor,
            size: self.size,
            size_limit: self.size_limit,
            remedy: self.iteration.remedy(),
        }
    }

    pub fn sample(&self, last: bool) -> Sample<'_> {
        Sample {
            step: self.step,
            work_units: self.meter.work_units(),
            seconds: self.seconds,
            values: &self.values,
            errors: self.errors,
            residual: self.residual,
            scalars: &self.scalars,
            milestone: self.milestone,
            last,
            iteration: self.iteration.as_ref(),
        }
    }

    pub fn tick(&self) -> Tick {
        Tick {
            step: self.step,
            seconds: self.seconds,
            work_units: self.meter.work_units(),
            errors: self.errors,
            residual: self.residual,
        }
    }

    pub fn checkpoint(
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
            residual_scale: self.residual_scale,
            milestone: self.milestone,
            cost: self.cost,
            due: due.to_vec(),
            judge,
            looks: self.parting.kept,
            observers: states,
        })
    }

    pub fn end(self, outcome: Outcome, advice: Option<String>) -> End {
        // That loss and error part says more than that a budget was spent on it.
        let parting = self.parting.advice().filter(|_| outcome != Outcome::Diverged);
        End {
            outcome,
            advice: parting
                .or(advice)
                .or_else(|| self.iteration.advice().filter(|_| outcome != Outcome::Converged)),
            step: self.step,
            work_units: self.meter.work_units(),
            setup_work_units: self.meter.work_units_of(Phase::Setup),
            setup_seconds: self.setup_seconds,
            seconds: self.seconds,
            observe_seconds: self.observe_seconds,
            errors: self.errors,
            residual: self.residual,
            scalars: self.scalars,
            values: self.values,
        }
    }
}
