//! Exit codes, and what leads to them.

use std::{io, process::ExitCode};

use modewise::{
    bench::{BenchError, Report},
    experiment::{ConfigError, ExperimentError},
    figure::FigureError,
    store::{ReadError, StoreError, schema::Summary},
};
use thiserror::Error;

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// All that was asked for was reached.
    Done = 0,
    /// A tolerance was asked for and not reached.
    Missed = 1,
    /// Usage or config error.
    Usage = 2,
    /// Diverged, or not a number.
    Diverged = 3,
    /// Input or output.
    Io = 4,
    /// Interrupted.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The code of a summary: the gravest of its solvers'.
    pub fn of(summary: &Summary) -> Self {
        let missed = |accuracy: f64| {
            summary.solvers.iter().any(|solver| solver.best_bar_l2().is_none_or(|bar| bar > accuracy))
        };
        match Self::gravest(|| summary.solvers.iter().map(|solver| solver.outcome.as_str())) {
            Self::Done if summary.accuracy.is_some_and(missed) => Self::Missed,
            exit => exit,
        }
    }

    /// The code of a benchmark; a tolerance that nobody asked for may be missed.
    pub fn of_benchmark(report: &Report, asked: bool) -> Self {
        match Self::gravest(|| report.solutions.iter().map(|row| row.outcome.as_str())) {
            _ if report.interrupted => Self::Interrupted,
            Self::Missed if !asked => Self::Done,
            exit => exit,
        }
    }

    /// The code of several runs: the gravest of their outcomes.
    pub fn of_outcomes<'a>(outcomes: impl Iterator<Item = &'a str> + Clone) -> Self {
        Self::gravest(|| outcomes.clone())
    }

    fn gravest<'a, I: Iterator<Item = &'a str>>(outcomes: impl Fn() -> I) -> Self {
        if outcomes().any(|outcome| outcome == "interrupted") {
            Self::Interrupted
        } else if outcomes().any(|outcome| matches!(outcome, "diverged" | "failed")) {
            Self::Diverged
        } else if outcomes().any(|outcome| matches!(outcome, "budget" | "floor" | "plateau")) {
            Self::Missed
        } else {
            Self::Done
        }
    }
}

/// Why a command could not be carried out.
#[derive(Debug, Error)]
pub(super) enum Failure {
    /// The plan.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The experiment.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A figure.
    #[error(transparent)]
    Figure(#[from] FigureError),
    /// A run folder.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An input file.
    #[error("cannot read {path}: {error}; it has to be a text file that you may read")]
    Input {
        /// The file.
        path: String,
        /// The system's reason.
        error: io::Error,
    },
    /// stdout.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    /// JSON.
    #[error("cannot write JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A benchmark.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// An output file.
    #[error("cannot write {path}: {error}; check the path, or choose another file with --out")]
    File {
        /// The file.
        path: String,
        /// The system's reason.
        error: io::Error,
    },
    /// Threads.
    #[error("cannot start the threads: {0}; try fewer with --threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

impl Failure {
    /// Its exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Config(error) | Self::Experiment(ExperimentError::Config(error))
                if error.is_unreadable() =>
            {
                Exit::Io
            }
            Self::Config(_) | Self::Experiment(ExperimentError::Config(_)) | Self::Threads(_) => Exit::Usage,
            Self::Bench(_) => Exit::Usage,
            Self::Experiment(ExperimentError::Resume { .. }) => Exit::Usage,
            Self::Figure(FigureError::Unknown { .. } | FigureError::NoGrid { .. }) => Exit::Usage,
            _ => Exit::Io,
        }
    }
}
