//! What was measured, as one document.

use serde::Serialize;

use super::{
    cases::Case,
    passes::PassRow,
    shape::Shape,
    solution::{SolutionRow, System},
    triad::Bandwidth,
};
use crate::machine::{Machine, now};

/// A benchmark of classical solvers.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Program version.
    pub version: &'static str,
    /// Commit it was built from.
    pub commit: &'static str,
    /// When it began, in UTC.
    pub date: String,
    /// The machine.
    pub machine: Machine,
    /// Relative residual that counts as solved.
    pub rtol: f64,
    /// Whether it was cut short.
    pub interrupted: bool,
    /// Memory bandwidth.
    pub bandwidth: Vec<Bandwidth>,
    /// Inner loops.
    pub passes: Vec<PassRow>,
    /// Solvers on grids.
    pub solutions: Vec<SolutionRow>,
    /// What could not be measured.
    pub skipped: Vec<Skipped>,
}

/// A solver that refused.
#[derive(Debug, Clone, Serialize)]
pub struct Skipped {
    /// The solver's spec.
    pub solver: String,
    /// The problem's spec.
    pub problem: String,
    /// Interior points along every axis.
    pub shape: Shape,
    /// Why.
    pub reason: String,
}

impl Report {
    /// Nothing measured yet.
    pub(super) fn new(machine: Machine, rtol: f64) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            commit: env!("MODEWISE_COMMIT"),
            date: now(),
            machine,
            rtol,
            interrupted: false,
            bandwidth: Vec::new(),
            passes: Vec::new(),
            solutions: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// GB/s of the fastest triad on all threads.
    pub fn best_triad(&self) -> f64 {
        let all =
            self.bandwidth.iter().filter(|row| row.kernel == "triad" && row.threads == self.machine.threads);
        all.map(|row| row.best).fold(f64::NAN, f64::max)
    }

    /// Nanoseconds a step and unknown that memory alone would take.
    pub(super) fn limit(&self, case: &Case, system: &System<'_>) -> Option<f64> {
        let bytes = case.bytes_a_step.filter(|_| system.is_constant())?;
        Some(bytes[system.dimension() - 2] / self.best_triad())
    }
}
