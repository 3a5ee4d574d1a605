//! An experiment: a plan as data, what it resolves to, and its execution into a run folder.

mod execute;
mod labels;
mod options;
mod plan;
mod recorder;
mod setup;
mod summary;

pub use execute::{ExperimentError, Progress, Quiet, resume, run};
pub use options::{OPTIONS, Opt};
pub use plan::{ConfigError, Plan, Record, SolverPlan, Start, Watch};
pub use setup::Setup;
