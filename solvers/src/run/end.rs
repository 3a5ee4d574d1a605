//! How a run ended.

use std::fmt;

use modewise_problems::Errors;

use crate::Values;

/// How a run ended. All of these are results, with whatever was reached kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A tolerance that was set holds.
    Converged,
    /// The method is through, or took the steps it was given and no tolerance was asked for.
    Done,
    /// The residual is down to rounding, above the tolerance.
    Floor,
    /// The loss stopped falling before the tolerance that was asked for.
    Plateau,
    /// A budget was spent before the tolerance that was asked for.
    Budget,
    /// Not a number, infinite, or grown beyond all bounds.
    Diverged,
    /// Cancelled.
    Interrupted,
    /// The solver could not start or go on.
    Failed,
}

impl Outcome {
    /// Whether all that was asked for was reached.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Converged | Self::Done)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Converged => "converged",
            Self::Done => "done",
            Self::Floor => "floor",
            Self::Plateau => "plateau",
            Self::Budget => "budget",
            Self::Diverged => "diverged",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
        })
    }
}

/// The end of a run and its books.
#[derive(Debug, Clone)]
pub struct End {
    /// How it ended.
    pub outcome: Outcome,
    /// Why, and what to try, where that helps.
    pub advice: Option<String>,
    /// Steps taken.
    pub step: u64,
    /// Work units of set-up and steps.
    pub work_units: f64,
    /// Work units of set-up.
    pub setup_work_units: f64,
    /// Seconds of set-up.
    pub setup_seconds: f64,
    /// Seconds of set-up and steps.
    pub seconds: f64,
    /// Seconds of sampling and observing, not in `seconds`.
    pub observe_seconds: f64,
    /// The last errors, where there was a reference.
    pub errors: Option<Errors>,
    /// The last relative residual, where it means something.
    pub residual: Option<f64>,
    /// The last of what [`crate::Iteration::scalars`] reports.
    pub scalars: Vec<f64>,
    /// The last u, on the task's grid or at its test points.
    pub values: Values,
}

/// The verdict of a cancelled run.
pub(super) fn interrupted(step: u64) -> (Outcome, Option<String>) {
    (
        Outcome::Interrupted,
        Some(format!("interrupted after step {step}; `modewise resume` goes on from there")),
    )
}
