//! What was measured of networks, as one document.

use serde::Serialize;

use super::{accuracy::AccuracyRow, peak::PeakRow, throughput::ThroughputRow};
use crate::machine::{Machine, now};

/// A benchmark of networks.
#[derive(Debug, Clone, Serialize)]
pub struct NeuralReport {
    /// Program version.
    pub version: &'static str,
    /// Commit it was built from.
    pub commit: &'static str,
    /// When it began, in UTC.
    pub date: String,
    /// The machine.
    pub machine: Machine,
    /// Whether it was cut short.
    pub interrupted: bool,
    /// Matrix products.
    pub peak: Vec<PeakRow>,
    /// Training steps.
    pub throughput: Vec<ThroughputRow>,
    /// Seconds to an accuracy.
    pub accuracy: Vec<AccuracyRow>,
}

impl NeuralReport {
    /// Nothing measured yet.
    pub(super) fn new(machine: Machine) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            commit: env!("MODEWISE_COMMIT"),
            date: now(),
            machine,
            interrupted: false,
            peak: Vec::new(),
            throughput: Vec::new(),
            accuracy: Vec::new(),
        }
    }

    /// 1e9 flops a second of the fastest matrix product.
    pub fn best_peak(&self, dtype: &str, threads: usize) -> f64 {
        let rows = self.peak.iter().filter(|row| row.dtype == dtype && row.threads == threads);
        rows.map(|row| row.best).fold(f64::NAN, f64::max)
    }
}
