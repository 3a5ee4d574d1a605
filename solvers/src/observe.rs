//! Observers read a run at scheduled steps and never steer it.

use std::error::Error;

use modewise_problems::Errors;

use crate::{End, Iteration, Meter, Sites, Snapshot, SolverError, Values};

/// When an observer is shown a step. Step 0, milestones and the last step are always shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// Every n-th step.
    Every(u64),
    /// `per_decade` steps a decade, evenly spaced in the logarithm.
    Log {
        /// Steps a decade.
        per_decade: u32,
    },
    /// Every step while observing costs less than a tenth of a step, else `Log`. Decided by charged
    /// flops, never by the clock, so that it is the same on every machine.
    Affordable {
        /// Flops of one look, the sample aside.
        flops: f64,
        /// Steps a decade where every step would cost too much.
        per_decade: u32,
    },
    /// Whenever one of two schedules is due.
    Either(Box<Schedule>, Box<Schedule>),
}

/// The share of a step's flops that looking may cost under [`Schedule::Affordable`].
const AFFORDABLE_SHARE: f64 = 0.1;

/// What observing costs and what a step costs, in flops.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Of the latest step.
    pub step: f64,
    /// Of the latest sample.
    pub sample: f64,
}

impl Schedule {
    /// The first step after `step` that is due.
    pub fn next(&self, step: u64, cost: Cost) -> u64 {
        match self {
            Self::Every(n) => (step / n.max(&1) + 1) * n.max(&1),
            Self::Log { per_decade } => next_log(step, *per_decade),
            Self::Either(one, other) => one.next(step, cost).min(other.next(step, cost)),
            Self::Affordable { flops, per_decade } => {
                if flops + cost.sample <= AFFORDABLE_SHARE * cost.step {
                    step + 1
                } else {
                    next_log(step, *per_decade)
                }
            }
        }
    }
}

/// The least round(10^(j/per_decade)) above `step`.
fn next_log(step: u64, per_decade: u32) -> u64 {
    let per_decade = f64::from(per_decade.max(1));
    let mut j = ((step.max(1) as f64).log10() * per_decade).floor() as i32 - 1;
    loop {
        let due = 10f64.powf(f64::from(j.max(0)) / per_decade).round() as u64;
        if due > step {
            return due;
        }
        j += 1;
    }
}

/// What an observer is told before step 0.
#[derive(Debug)]
pub struct Start<'a> {
    /// Names of the scalars of every sample.
    pub scalar_names: &'a [String],
}

/// One step as an observer sees it.
pub struct Sample<'a> {
    /// Step number; 0 is the initial guess.
    pub step: u64,
    /// Work units of set-up and steps.
    pub work_units: f64,
    /// Seconds of set-up and steps.
    pub seconds: f64,
    /// The current u, on the task's grid or at its test points.
    pub values: &'a Values,
    /// Its error, where there is a reference.
    pub errors: Option<Errors>,
    /// Its relative residual, where the solver solves the discrete system.
    pub residual: Option<f64>,
    /// The solver's scalars.
    pub scalars: &'a [f64],
    /// Whether this is step 0 or a milestone of the solver, which nobody should miss.
    pub milestone: bool,
    /// Whether the run ends here.
    pub last: bool,
    /// The live run, to be sampled at other sites.
    pub(crate) iteration: &'a dyn Iteration,
}

impl Sample<'_> {
    /// u at other sites than the task's grid, one value a site.
    ///
    /// # Errors
    /// Sites of another dimension, or another number of values.
    pub fn at(&self, sites: &Sites<'_>, out: &mut [f64]) -> Result<(), SolverError> {
        self.iteration.sample(sites, out, &mut Meter::new(1.0))
    }

    /// The state of the live run, from which its solver can be asked for u again.
    ///
    /// # Errors
    /// A state that cannot be saved.
    pub fn snapshot(&self) -> Result<Snapshot, SolverError> {
        self.iteration.snapshot()
    }
}

/// What went wrong in an observer, such as a full disk.
pub type ObserveError = Box<dyn Error + Send + Sync>;

/// Reads a run. Its own state is part of a checkpoint.
pub trait Observer {
    /// Before step 0, also when a run is resumed.
    ///
    /// # Errors
    /// Anything that makes observing impossible; the run ends.
    fn start(&mut self, start: &Start<'_>) -> Result<(), ObserveError>;

    /// A step that is due.
    ///
    /// # Errors
    /// As [`Observer::start`].
    fn observe(&mut self, sample: &Sample<'_>) -> Result<(), ObserveError>;

    /// After the last step.
    ///
    /// # Errors
    /// As [`Observer::start`].
    fn finish(&mut self, _end: &End) -> Result<(), ObserveError> {
        Ok(())
    }

    /// Its state, for a checkpoint.
    ///
    /// # Errors
    /// A state that cannot be written.
    fn save(&mut self) -> Result<String, ObserveError> {
        Ok(String::new())
    }

    /// Takes back a state it saved.
    ///
    /// # Errors
    /// A state that is not its own.
    fn restore(&mut self, _state: &str) -> Result<(), ObserveError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(schedule: Schedule, cost: Cost, until: u64) -> Vec<u64> {
        let mut steps = vec![];
        let mut step = 0;
        while step < until {
            step = schedule.next(step, cost);
            steps.push(step);
        }
        steps
    }

    #[test]
    fn logarithmic_steps_repeat_in_every_decade() {
        let log = steps(Schedule::Log { per_decade: 4 }, Cost::default(), 1000);
        assert_eq!(log, [1, 2, 3, 6, 10, 18, 32, 56, 100, 178, 316, 562, 1000]);
        let fine = steps(Schedule::Log { per_decade: 20 }, Cost::default(), 1000);
        assert!(log.iter().all(|step| fine.contains(step)), "a coarser schedule is part of a finer one");
    }

    #[test]
    fn every_and_affordable() {
        assert_eq!(steps(Schedule::Every(5), Cost::default(), 15), [5, 10, 15]);
        let auto = Schedule::Affordable { flops: 5.0, per_decade: 1 };
        assert_eq!(steps(auto.clone(), Cost { step: 100.0, sample: 5.0 }, 4), [1, 2, 3, 4]);
        assert_eq!(steps(auto, Cost { step: 99.0, sample: 5.0 }, 100), [1, 10, 100]);
    }
}
