//! How much memory an experiment needs, and how much there is.

use modewise_problems::{Grid, Problem};

use super::{
    config_error::ConfigError,
    plan::{Plan, Start},
    setup::Prepared,
};
use crate::{machine::free_memory, modes::ModeChoice};

const GIGABYTE: f64 = 1e9;
/// Bytes of a value at a node.
const VALUE: f64 = 8.0;
/// Name, amplitudes, state and passage of a reported mode.
const MODE: f64 = 250.0;

/// Bytes that set-up and driver take, solvers and the solution for reference aside.
pub(super) fn own(plan: &Plan, grid: &Grid, problem: &dyn Problem) -> f64 {
    let dimension = grid.dimension() as f64;
    // Source, boundary values, reference, its amplitudes or the exact solution, and the driver's u.
    let mut values = 5.0;
    // Faces and the diagonal; on shapes κ² alone as well.
    values += if problem.is_uniform() { 0.0 } else { dimension + 1.0 };
    values += if problem.domain().region().is_some() { 1.0 } else { 0.0 };
    let every_mode = grid.dimension() == 1
        || plan.modes == ModeChoice::All
        || (plan.modes == ModeChoice::Auto && plan.initial == Start::White);
    // A whole transform: the error, its amplitudes, and the shell of each.
    values += if every_mode || plan.modes == ModeChoice::Shells { 3.0 } else { 0.0 };
    grid.nodes() as f64 * (VALUE * values + if every_mode { MODE } else { 0.0 })
}

/// Refuses what needs more memory than is free, before any of it is asked for. `own` and `reference` are
/// needed besides the most demanding solver.
pub(super) fn refuse_too_much(own: f64, reference: f64, solvers: &[Prepared]) -> Result<(), ConfigError> {
    let worst = solvers.iter().max_by_key(|prepared| prepared.need.bytes);
    let solver = worst.map_or(0.0, |prepared| prepared.need.bytes as f64);
    // The reference is there before the first solver asks for memory.
    let need = own + solver.max(reference);
    let free = free_memory() as f64;
    if need <= free {
        return Ok(());
    }
    let is_largest = solver > own && solver > reference;
    let who = worst.filter(|_| is_largest).map(|prepared| prepared.label.clone());
    Err(ConfigError::Memory { need: need / GIGABYTE, have: free / GIGABYTE, who })
}
