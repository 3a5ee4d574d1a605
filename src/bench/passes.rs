//! Inner loops: points and bytes a second of one pass over a grid, beside the triad.

use std::sync::atomic::{AtomicBool, Ordering};

use modewise_solvers::classical::kernels;
use serde::Serialize;

use super::timing::{Spread, repetitions, seconds};
use crate::machine::free_memory;

/// What one inner loop reached.
#[derive(Debug, Clone, Serialize)]
pub struct PassRow {
    /// The loop.
    pub kernel: &'static str,
    /// 2 or 3.
    pub dimension: usize,
    /// Unknowns a pass goes over.
    pub points: usize,
    /// Bytes a pass has to move a point.
    pub bytes_a_point: f64,
    /// Seconds of a pass.
    pub seconds: Spread,
    /// 1e9 points a second, by the median.
    pub gigapoints: f64,
    /// GB/s, by the median.
    pub gigabytes: f64,
    /// GB/s over those of the best triad.
    pub of_triad: f64,
}

/// Fields that a loop may hold, coefficients included: what has to be free before it is started.
const FIELDS: u64 = 16;

/// All kernels on a grid with `cells` cells a side; those that memory has no room for are left out.
pub(super) fn measure(
    dimension: usize,
    cells: usize,
    triad: f64,
    quick: bool,
    cancel: &AtomicBool,
) -> Vec<PassRow> {
    let mut rows = Vec::new();
    for kernel in kernels::kernels(dimension, cells) {
        if cancel.load(Ordering::Relaxed) || 8 * FIELDS * kernel.points as u64 > free_memory() {
            break;
        }
        let (points, bytes_a_point) = (kernel.points, kernel.bytes_a_point);
        let mut pass = (kernel.start)();
        let passes = kernel.passes as f64;
        let first = seconds(&mut pass);
        let times = (0..repetitions(first, quick)).map(|_| seconds(&mut pass) / passes);
        let seconds = Spread::of(times.collect());
        let gigapoints = points as f64 / seconds.median / 1e9;
        let gigabytes = gigapoints * bytes_a_point;
        rows.push(PassRow {
            kernel: kernel.name,
            dimension,
            points,
            bytes_a_point,
            seconds,
            gigapoints,
            gigabytes,
            of_triad: gigabytes / triad,
        });
    }
    rows
}
