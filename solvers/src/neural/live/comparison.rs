//! Losses that can be compared from step to step where points are drawn anew: a step's own loss says as much of its
//! points as of its parameters, so another is taken now and then, on points that stay.

use modewise_problems::{Field, Problem};

use super::{Batch, Config, Objective, Sampler, Trainer};

/// Steps from one comparison to the next: a look costs as much as a step.
const EVERY: u64 = 20;

/// The number of the batch that stays, which no step gets to.
const NUMBER: u64 = u64::MAX - 1;

/// Points that stay.
pub(super) struct Comparison {
    batch: Batch,
    every: u64,
}

impl Comparison {
    /// As many points as a step has, drawn once.
    pub fn new(
        config: &Config,
        sampler: &Sampler,
        problem: &dyn Problem,
        target: Option<&Field>,
        objective: &Objective,
    ) -> Self {
        let mut batch = sampler.batch(problem, target.map_or(0, |target| target.values().len()));
        let (trial, kink) = (objective.trial.as_ref(), objective.kink.as_ref());
        sampler.fill(NUMBER, problem, target, trial, kink, &mut batch);
        let every = match config.plateau as u64 {
            0 => EVERY,
            plateau => plateau.min(EVERY),
        };
        Self { batch, every }
    }

    /// The loss of the parameters after `step` steps where it is time for a look.
    pub fn loss(&self, step: u64, parameters: &[f64], trainer: &mut Trainer) -> Option<f64> {
        if !step.is_multiple_of(self.every) {
            return None;
        }
        let terms = trainer.differentiate(parameters, &self.batch);
        Some(trainer.objective.value(terms, self.batch.penalised() > 0))
    }
}
