//! All that a run needs to go on as if it had never stopped.

use super::{judge::Memory, parting::Look};
use crate::{
    Snapshot,
    observe::{Cost, ObserveError},
};

/// A run frozen between two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The solver's state.
    pub snapshot: Snapshot,
    /// Steps taken.
    pub step: u64,
    /// Flops charged to set-up, steps and observation.
    pub charged: [f64; 3],
    /// Seconds of set-up.
    pub setup_seconds: f64,
    /// Seconds of set-up and steps.
    pub seconds: f64,
    /// Seconds of observation.
    pub observe_seconds: f64,
    /// ‖u‖∞ beyond which the run counts as diverged.
    pub size_limit: f64,
    /// What residuals are relative to besides ‖b‖.
    pub residual_scale: f64,
    /// Whether the step is a milestone.
    pub milestone: bool,
    /// Flops of the latest step and sample.
    pub cost: Cost,
    /// The next step each observer is due.
    pub due: Vec<u64>,
    /// What the stop rule remembers.
    pub judge: Memory,
    /// Loss and error at the first look and at that of the smallest error, where both are known.
    pub looks: [Option<Look>; 2],
    /// The observers' own states.
    pub observers: Vec<String>,
}

/// Keeps checkpoints somewhere safe.
pub trait Keeper {
    /// Replaces the checkpoint kept before.
    ///
    /// # Errors
    /// It cannot be written; the run ends.
    fn keep(&mut self, checkpoint: &Checkpoint) -> Result<(), ObserveError>;
}
