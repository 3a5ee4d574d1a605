//! Training steps a second, driven through the contract of all solvers.

use std::num::NonZeroU64;

use modewise_problems::{Discrete, Grid, catalog};
use modewise_solvers::{Meter, Task, registry};
use serde::Serialize;

use super::cases::Case;
use crate::{
    bench::timing::{Spread, repetitions, seconds},
    experiment::ConfigError,
};

/// How fast one network is trained.
#[derive(Debug, Clone, Serialize)]
pub struct ThroughputRow {
    /// A64, B128 or M6.
    pub network: &'static str,
    /// The solver's spec with every parameter.
    pub spec: String,
    /// ritz or residual.
    pub loss: &'static str,
    /// f32 or f64.
    pub dtype: &'static str,
    /// Threads.
    pub threads: usize,
    /// Seconds of a step.
    pub seconds: Spread,
    /// Steps a second, by the median.
    pub steps: f64,
    /// Points inside a second, by the median.
    pub points: f64,
    /// 1e9 canonical flops a second, by the median.
    pub gigaflops: f64,
    /// Those over the fastest matrix product on as many threads.
    pub of_peak: f64,
}

impl ThroughputRow {
    /// With the fastest matrix product for comparison.
    pub(super) fn beside(self, peak: f64) -> Self {
        Self { of_peak: self.gigaflops / peak, ..self }
    }
}

/// The problem of all rows; its grid is for sampling only, which is not measured.
const PROBLEM: &str = "two-tone-2d";
const CELLS: usize = 8;
/// Seconds of steps a repetition: far more than what it costs to enter a step.
const REPETITION: f64 = 0.1;

/// With the threads of the pool this runs in.
pub(super) fn measure(case: &Case, quick: bool) -> Result<ThroughputRow, ConfigError> {
    let problem = catalog::build(&PROBLEM.parse()?)?;
    let grid = Grid::new(problem.domain().bounds(), &[CELLS])?;
    let discrete = Discrete::new(problem.as_ref(), &grid)?;
    let solver = registry::build(&case.spec)?;
    let failed =
        |error: modewise_solvers::SolverError| ConfigError::Missing(format!("{}: {error}", case.spec));
    let mut meter = Meter::new(1.0);
    let mut live = solver.init(&Task::new(problem.as_ref(), &discrete), &mut meter).map_err(failed)?;
    // The first step touches memory and draws points; the second is one like all others.
    let mut advance = |steps: u64| -> Result<f64, ConfigError> {
        let mut left = steps;
        let mut outcome = Ok(());
        let took = seconds(|| {
            while let Some(most) = NonZeroU64::new(left).filter(|_| outcome.is_ok()) {
                match live.advance(most, &mut meter) {
                    Ok(progress) => left = left.saturating_sub(progress.steps.max(1)),
                    Err(error) => outcome = Err(failed(error)),
                }
            }
        });
        outcome.map(|()| took / steps as f64)
    };
    advance(1)?;
    let one = advance(1)?;
    let steps = if quick { 1 } else { (REPETITION / one.max(1e-9)).ceil().max(1.0) as u64 };
    let times: Vec<f64> =
        (0..repetitions(one * steps as f64, quick)).map(|_| advance(steps)).collect::<Result<_, _>>()?;
    let seconds = Spread::of(times);
    Ok(ThroughputRow {
        network: case.name,
        spec: solver.spec().to_string(),
        loss: case.loss,
        dtype: case.dtype,
        threads: rayon::current_num_threads(),
        seconds,
        steps: 1.0 / seconds.median,
        points: case.points / seconds.median,
        gigaflops: case.flops / seconds.median / 1e9,
        of_peak: f64::NAN,
    })
}
