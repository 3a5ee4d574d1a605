//! Benchmarks of networks: how fast they are trained beside the matrix products this machine can do, and how
//! long every method takes to an accuracy.
//!
//! A step of training is matrix products with some functions in between, so that the fastest product measured in
//! the same run ([`peak`]) is the yardstick of [`throughput`]. What a step is worth is told by [`accuracy`]: seconds
//! to an error, for networks and for the solvers they compete with.

pub mod accuracy;
mod cases;
pub mod peak;
mod report;
pub mod throughput;

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::BenchError;
use crate::machine::Machine;
pub use report::NeuralReport;

/// What to measure.
#[derive(Debug, Clone)]
pub struct NeuralOptions {
    /// Throughput of training, and the peak it is compared with.
    pub throughput: bool,
    /// Seconds to an accuracy.
    pub accuracy: bool,
    /// Short runs and one repetition: to see that it works, not to measure.
    pub quick: bool,
}

/// LAPACK's frames do not fit the usual stack of a thread.
const STACK: usize = 16 << 20;

/// Measures networks on one thread and on all. `say` is told what comes next; `cancel` ends it at the next
/// measurement, and what was measured is kept.
///
/// # Errors
/// A line of the tables that cannot be built, or threads that cannot be started.
pub fn neural(
    options: &NeuralOptions,
    cancel: &AtomicBool,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<NeuralReport, BenchError> {
    let mut report = NeuralReport::new(Machine::this());
    let pools = pools(report.machine.threads)?;
    if options.throughput {
        for pool in &pools {
            say(&format!("matrix products, {} threads", pool.current_num_threads()));
            report.peak.extend(pool.install(|| peak::measure(options.quick)));
        }
        for case in cases::networks(options.quick) {
            for pool in &pools {
                if cancel.load(Ordering::Relaxed) {
                    break;
                }
                say(&format!(
                    "{} {} {}, {} threads",
                    case.name,
                    case.dtype,
                    case.loss,
                    pool.current_num_threads()
                ));
                let row = pool.install(|| throughput::measure(&case, options.quick))?;
                report.throughput.push(row.beside(report.best_peak(case.dtype, pool.current_num_threads())));
            }
        }
    }
    if options.accuracy {
        // Invariant: there is a pool with all threads.
        let pool = pools.last().expect("at least one pool");
        for method in cases::methods() {
            if cancel.load(Ordering::Relaxed) {
                break;
            }
            say(&format!("{} · {}", method.problem, method.label));
            report.accuracy.push(pool.install(|| accuracy::measure(&method, options.quick, cancel))?);
        }
    }
    report.interrupted = cancel.load(Ordering::Relaxed);
    Ok(report)
}

/// One thread, and all where there are more.
fn pools(threads: usize) -> Result<Vec<ThreadPool>, BenchError> {
    let numbers = if threads > 1 { vec![1, threads] } else { vec![1] };
    let pool = |n| ThreadPoolBuilder::new().num_threads(n).stack_size(STACK).build();
    Ok(numbers.into_iter().map(pool).collect::<Result<_, _>>()?)
}
