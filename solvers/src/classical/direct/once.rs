//! A live run whose only step is the whole solution.

use std::num::NonZeroU64;

use modewise_problems::{Discrete, Field};

use crate::{
    Iteration, Meter, Progress, Sites, Snapshot, SolverError, Status, Task, classical::system,
    solver::sample_field,
};

/// A⁻¹ in factored form.
pub(crate) trait OneStep: Send {
    /// Solves the system into `u`, whatever it was; the flops that took.
    fn solve(&mut self, discrete: &Discrete, u: &mut Field) -> f64;
}

/// A run: before its only step with the factors, after it without.
pub(crate) struct Once<'p> {
    discrete: &'p Discrete,
    u: Field,
    factors: Option<Box<dyn OneStep>>,
}

impl<'p> Once<'p> {
    /// At step 0: the initial guess, and `factor`, which charges what it takes.
    pub fn start(
        task: &Task<'p>,
        solver: &str,
        factor: impl FnOnce(&Discrete) -> Result<Box<dyn OneStep>, SolverError>,
    ) -> Result<Self, SolverError> {
        let discrete = system(task, solver)?;
        let u = task.initial.resolve(discrete, task.target, task.seed);
        Ok(Self { discrete, u, factors: Some(factor(discrete)?) })
    }

    /// From a snapshot, before or after the step.
    pub fn resume(
        task: &Task<'p>,
        from: &Snapshot,
        solver: &str,
        factor: impl FnOnce(&Discrete) -> Result<Box<dyn OneStep>, SolverError>,
    ) -> Result<Self, SolverError> {
        let discrete = system(task, solver)?;
        let mut u = Field::zeros(discrete.grid());
        u.values_mut().copy_from_slice(from.array("u", discrete.grid().nodes())?);
        let factors = if from.counter("solved")? == 1 { None } else { Some(factor(discrete)?) };
        Ok(Self { discrete, u, factors })
    }
}

impl Iteration for Once<'_> {
    fn advance(&mut self, _most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        if let Some(mut factors) = self.factors.take() {
            meter.charge(factors.solve(self.discrete, &mut self.u));
        }
        Ok(Progress { status: Status::Finished, ..Progress::running(1) })
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], _meter: &mut Meter) -> Result<(), SolverError> {
        sample_field(&self.u, sites, out)
    }

    fn remedy(&self) -> Option<&'static str> {
        Some("multigrid: a matrix that is nearly singular leaves a direct solution no digits")
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        let mut snapshot = Snapshot::default();
        snapshot.arrays.insert("u".into(), self.u.values().to_vec());
        snapshot.counters.insert("solved".into(), u64::from(self.factors.is_none()));
        Ok(snapshot)
    }
}
