//! An experiment: a plan as data, what it resolves to, and its execution into a run folder.

mod config_error;
mod error_bar;
mod evaluate;
mod execute;
mod free_energy;
mod gridless;
mod ground;
mod labels;
mod memory;
mod one_run;
mod options;
mod order;
mod plan;
mod recorder;
mod reference;
mod refined;
mod richardson;
mod setup;
mod summary;
mod table;
mod warm_start;

pub use config_error::ConfigError;
pub use error_bar::ErrorBar;
pub use evaluate::Solution;
pub use execute::{ExperimentError, Progress, Quiet, plan_of, resume, run};
pub use ground::Ground;
pub use options::{OPTIONS, Opt};
pub use order::{Orders, Row as OrderRow};
pub use plan::{Plan, Record, SolverPlan, Start, Watch};
pub use refined::Refined;
pub use richardson::Extrapolation;
pub use setup::Setup;
