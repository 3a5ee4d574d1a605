//! Why a plan was refused.

use modewise_problems::{GridError, SpecError, file::FileError};
use modewise_solvers::{SolverError, Unsupported, stop::StopError};
use thiserror::Error;

use super::options::OPTIONS;
use crate::modes::ModeChoiceError;

/// Why a plan was refused: a typo or something that cannot be done, found before anything is written.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A spec with a wrong name, key or value.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A stop rule that cannot be read.
    #[error(transparent)]
    Stop(#[from] StopError),
    /// A grid that cannot be made.
    #[error("grid: {0}")]
    Grid(#[from] GridError),
    /// A discrete system that cannot be made.
    #[error(transparent)]
    Discrete(#[from] modewise_problems::discrete::DiscreteError),
    /// Modes that are not there.
    #[error("modes: {0}")]
    Modes(#[from] ModeChoiceError),
    /// A solver that cannot do it.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// Eigenvectors that cannot be had.
    #[error("transform = eigen: {0}")]
    Eigen(#[from] SolverError),
    /// An unknown key.
    #[error("there is no option `{key}`{hint}; known: problem, solver, {}", OPTIONS.map(|option| option.key).join(", "))]
    UnknownKey {
        /// The key.
        key: String,
        /// The nearest valid one.
        hint: String,
    },
    /// A value out of range.
    #[error("{key} = {value} is not {expected}")]
    BadValue {
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// What it has to be.
        expected: String,
    },
    /// Something is missing.
    #[error("{0}")]
    Missing(String),
    /// Two solvers with one label.
    #[error("two solvers are labelled `{0}`; give each its own with label=…")]
    SameLabel(String),
    /// More memory than there is.
    #[error(
        "this needs about {need:.1} GB of memory and {have:.1} GB are free{}; take a coarser grid, a solver that needs less (`pcg` for `direct`), or a network of fewer neurons, features or points",
        .who.as_deref().map(|who| format!(" (most of it for {who})")).unwrap_or_default()
    )]
    Memory {
        /// Gigabytes needed.
        need: f64,
        /// Gigabytes free.
        have: f64,
        /// What needs most of it.
        who: Option<String>,
    },
    /// More output than anyone wants by accident.
    #[error(
        "this would write about {gigabytes:.1} GB; track fewer modes with --modes, record fewer steps with \
         --record, or confirm with --force"
    )]
    Output {
        /// Gigabytes.
        gigabytes: f64,
    },
    /// A file that is not TOML.
    #[error("{0}")]
    Toml(String),
    /// An error of a file, with its name.
    #[error("{file}: {error}")]
    InFile {
        /// The file.
        file: String,
        /// The error.
        error: Box<ConfigError>,
    },
}

impl ConfigError {
    /// Whether a file could not be read.
    pub fn is_unreadable(&self) -> bool {
        match self {
            Self::Spec(SpecError::File(FileError::Unreadable { .. })) => true,
            Self::InFile { error, .. } => error.is_unreadable(),
            _ => false,
        }
    }
}
