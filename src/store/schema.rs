//! The rows and documents of a run folder: one type for whoever writes it and whoever reads it.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The name of a mode in a file: `3` or `2:5` for a single mode, `shell:4` for a shell of |k|.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ModeName {
    /// One wave number an axis; signed for the DFT.
    Single(Vec<i64>),
    /// All modes with round(|k|) equal to this.
    Shell(u64),
}

impl ModeName {
    /// |k|, the Euclidean length of the wave vector (the shell's number for a shell).
    pub fn magnitude(&self) -> f64 {
        match self {
            Self::Single(k) => k.iter().map(|&k| (k * k) as f64).sum::<f64>().sqrt(),
            Self::Shell(s) => *s as f64,
        }
    }
}

impl fmt::Display for ModeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Single(k) => {
                for (axis, k) in k.iter().enumerate() {
                    write!(f, "{}{k}", if axis == 0 { "" } else { ":" })?;
                }
                Ok(())
            }
            Self::Shell(s) => write!(f, "shell:{s}"),
        }
    }
}

impl FromStr for ModeName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no mode: expected 3, 2:5 or shell:4");
        if let Some(s) = text.strip_prefix("shell:") {
            return s.parse().map(Self::Shell).map_err(|_| bad());
        }
        let k: Result<Vec<i64>, _> = text.split(':').map(str::parse).collect();
        k.map(Self::Single).map_err(|_| bad())
    }
}

/// The columns of `history.csv` before the solvers' own scalars.
pub const HISTORY_COLUMNS: [&str; 7] =
    ["solver", "step", "work_units", "seconds", "residual", "error_l2", "error_max"];
/// The columns of `modes.csv`.
pub const MODES_COLUMNS: [&str; 9] =
    ["solver", "step", "work_units", "seconds", "mode", "amplitude", "re", "im", "relative_error"];
/// The columns of `order.csv`.
pub const ORDER_COLUMNS: [&str; 9] = [
    "solver",
    "mode",
    "reference_amplitude",
    "watched_every",
    "step_reached",
    "work_reached",
    "seconds_reached",
    "step_settled",
    "predicted_step",
];
// With `--seeds` every file has a last column `seed`.

/// `summary.json`: what was run and how each solver ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Summary {
    /// Program version.
    pub version: String,
    /// The problem's spec, such as `sines-1d,modes=[1,5]`.
    pub problem: String,
    /// One line for a figure: the equation and the domain.
    pub title: String,
    /// `discrete`, `exact`, `refined` or `none`.
    pub reference: String,
    /// The estimated error of a refined reference itself: relative in L2.
    #[serde(default)]
    pub reference_bar_l2: Option<f64>,
    /// The same in the maximum.
    #[serde(default)]
    pub reference_bar_max: Option<f64>,
    /// Cells per axis; its length is the dimension. Empty where there is no grid.
    pub grid: Vec<usize>,
    /// The number of test points that errors are measured at where there is no grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_points: Option<usize>,
    /// Lower and upper end of the box, per axis.
    pub bounds: Vec<[f64; 2]>,
    /// `dst`, `dct`, `quarter` or `dft`, or one an axis: `dst:dft`; or `eigen`; or `none`.
    pub transform: String,
    /// `zero`, `random` or `white`.
    pub initial: String,
    /// First passage: a mode counts as reached at or below this relative error.
    pub tol: f64,
    /// The tracked modes, lowest |k| first.
    pub tracked: Vec<String>,
    /// Relative L2 discretisation error, where the exact solution is known.
    pub floor_l2: Option<f64>,
    /// Maximum discretisation error, where the exact solution is known.
    pub floor_max: Option<f64>,
    /// The estimated relative L2 error that was asked for with `--accuracy`.
    #[serde(default)]
    pub accuracy: Option<f64>,
    /// The observed order of the discretisation error, where an error bar was asked for.
    #[serde(default)]
    pub error_order: Option<f64>,
    /// Why no finer grid was taken, where `accuracy` was not reached.
    #[serde(default)]
    pub refinement: Option<String>,
    /// Steps whose fields are stored, per solver label, are files `fields/<label>-<step>.npy`;
    /// the reference is `fields/reference.npy`.
    pub solvers: Vec<SolverSummary>,
    /// With several seeds, how far they lie apart; one entry a solver.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spread: Vec<SolverSpread>,
}

/// What several runs of one solver have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SolverSpread {
    /// The unique label.
    pub name: String,
    /// How many runs there are.
    pub runs: usize,
    /// Last steps taken.
    pub steps: Option<Spread>,
    /// Seconds of set-up and steps.
    pub seconds: Option<Spread>,
    /// Work units of set-up and steps.
    pub work_units: Option<Spread>,
    /// Relative residuals of the last iterates.
    pub residual: Option<Spread>,
    /// Relative L2 errors of the last iterates.
    pub error_l2: Option<Spread>,
    /// Maximum errors of the last iterates.
    pub error_max: Option<Spread>,
    /// Order indices.
    pub order_index: Option<Spread>,
}

/// The middle and the ends of several numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The median; of an even number, the mean of the two in the middle.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Spread {
    /// Of all numbers there are; `None` if there are none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        let median = if low == high { low } else { 0.5 * (low + high) };
        Some(Self { median, min, max })
    }
}

/// A step of a solver worth its own line, such as a hybrid's hand-over.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Milestone {
    /// The step.
    pub step: u64,
    /// Work units up to it.
    pub work_units: f64,
    /// Seconds up to it.
    pub seconds: f64,
    /// Maximum error at it.
    pub error_max: Option<f64>,
}

/// One solver's entry in `summary.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SolverSummary {
    /// The unique label.
    pub name: String,
    /// The full spec, with every parameter.
    pub spec: String,
    /// Seed of this run.
    pub seed: u64,
    /// converged, done, floor, plateau, budget, diverged, interrupted or failed.
    pub outcome: String,
    /// A sentence for a person: why it ended and, when it went wrong, what to try.
    pub advice: Option<String>,
    /// Last step taken.
    pub steps: u64,
    /// Work units of set-up and steps.
    pub work_units: f64,
    /// Work units of set-up alone.
    pub setup_work_units: f64,
    /// Seconds before step 0.
    pub setup_seconds: f64,
    /// Seconds of set-up and steps, observation excluded.
    pub seconds: f64,
    /// Seconds spent sampling, transforming and writing; not in `seconds`.
    pub observe_seconds: f64,
    /// Relative L2 error of the last iterate.
    pub error_l2: Option<f64>,
    /// Maximum error of the last iterate.
    pub error_max: Option<f64>,
    /// Relative residual of the last iterate; networks have none.
    pub residual: Option<f64>,
    /// The last value of each of its columns in history.csv: losses, rates, the rank of a least squares.
    #[serde(default)]
    pub scalars: BTreeMap<String, f64>,
    /// Estimated relative L2 error against the solution of the differential equation, with `--error-bar`.
    #[serde(default)]
    pub error_bar_l2: Option<f64>,
    /// Estimated maximum error against it.
    #[serde(default)]
    pub error_bar_max: Option<f64>,
    /// The same of the answer extrapolated from this grid and that of half as many cells, `fields/<label>-extrapolated.npy` on the
    /// latter's nodes; where three grids show the order of the scheme.
    #[serde(default)]
    pub extrapolated_bar_l2: Option<f64>,
    /// Its estimated maximum error.
    #[serde(default)]
    pub extrapolated_bar_max: Option<f64>,
    /// Free energy of solvation in kJ/mol, of problems that have one: extrapolated from this grid and that of half as many
    /// cells, where there is one and the two are close.
    #[serde(default)]
    pub solvation_energy: Option<f64>,
    /// How far it was extrapolated, in kJ/mol: the estimated error of this grid's own; the whole difference of the grids
    /// where they are not close.
    #[serde(default)]
    pub solvation_energy_bar: Option<f64>,
    /// Kendall's τ_b between |k| and first passage: −1 high first, +1 low first.
    pub order_index: Option<f64>,
    /// How many tracked modes reached `tol`.
    pub modes_reached: usize,
    /// Milestones on the way, such as a hybrid's hand-over.
    #[serde(default)]
    pub milestones: Vec<Milestone>,
    /// Share of the network's energy above the grid's Nyquist wave number; classical solvers have none.
    pub energy_above_nyquist: Option<f64>,
}

impl SolverSummary {
    /// The estimated relative L2 error of the answer, or of the extrapolated one, whichever is closer.
    pub fn best_bar_l2(&self) -> Option<f64> {
        [self.error_bar_l2, self.extrapolated_bar_l2].into_iter().flatten().reduce(f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_odd_and_even_numbers_of_values() {
        assert_eq!(Spread::of([]), None);
        assert_eq!(Spread::of([7.0]), Some(Spread { median: 7.0, min: 7.0, max: 7.0 }));
        assert_eq!(Spread::of([3.0, 1.0, 9.0]), Some(Spread { median: 3.0, min: 1.0, max: 9.0 }));
        assert_eq!(Spread::of([3.0, 1.0, 9.0, 4.0]), Some(Spread { median: 3.5, min: 1.0, max: 9.0 }));
    }
}
