//! Benchmarks: how long solvers take on this machine, beside what its memory allows, measured in the same
//! run.
//!
//! A solver that touches every unknown a few times a step can be no faster than memory delivers them, so
//! that bandwidth ([`triad`]) is the yardstick of every number here: for one pass of an inner loop
//! ([`passes`]) the share of it that the pass reaches, for a whole solution ([`solution`]) nanoseconds an
//! unknown, which for an optimal method do not grow with the grid.

mod cases;
pub mod neural;
pub mod passes;
mod report;
pub mod solution;
mod stores;
mod timing;
pub mod triad;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use modewise_problems::{Grid, Problem, Spec, catalog};
use modewise_solvers::{Solver, registry};
use thiserror::Error;

pub use report::{Report, Skipped};
pub use timing::Spread;

use crate::{experiment::ConfigError, machine::Machine};
use passes::PassRow;
use solution::{Bench, Measured, SolutionRow};

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// Problem specs.
    pub problems: Vec<Spec>,
    /// Solver specs; the table in `bench/cases.rs` where there are none.
    pub solvers: Vec<Spec>,
    /// Interior points a side, in 2-D and in 3-D.
    pub sizes: [Vec<usize>; 2],
    /// Relative residual that counts as solved.
    pub rtol: f64,
    /// Small arrays and one repetition: to see that it works, not to measure.
    pub quick: bool,
}

/// How large, in interior points a side in 2-D and in 3-D.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// To see that it works.
    Quick,
    /// A minute or a few.
    Usual,
    /// As far as memory goes.
    Full,
}

impl Extent {
    /// Interior points a side, in 2-D and in 3-D: one less than powers of two, which every solver takes.
    pub fn sizes(self) -> [Vec<usize>; 2] {
        match self {
            Self::Quick => [vec![63, 127], vec![15, 31]],
            Self::Usual => [vec![255, 511, 1023], vec![31, 63, 127]],
            Self::Full => [vec![255, 511, 1023, 2047, 4095], vec![31, 63, 127, 255]],
        }
    }
}

/// Problems where none are named: −Δu = 1 in 2-D and in 3-D.
pub const PROBLEMS: [&str; 2] = ["bump-2d", "bump-3d"];
/// The tolerance where none is given.
pub const RTOL: f64 = 1e-10;

/// Why nothing was measured.
#[derive(Debug, Error)]
pub enum BenchError {
    /// A wrong spec or grid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The pool of one thread.
    #[error("cannot start a thread: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// Measures classical solvers, their inner loops and the memory they work on. `say` is told what comes
/// next; `cancel` ends it at the next step, and what was measured is kept.
///
/// # Errors
/// A wrong spec, or a grid that cannot be made. What a solver refuses is in the report.
pub fn classical(
    options: &Options,
    cancel: &AtomicBool,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<Report, BenchError> {
    let problems: Vec<Arc<dyn Problem>> = build(&options.problems, catalog::build)?;
    for problem in &problems {
        for &size in sizes(options, problem.as_ref())? {
            solution::System::check(problem.as_ref(), size)?;
        }
    }
    let table = options.solvers.is_empty();
    let cases = if table { cases::registered() } else { options.solvers.iter().map(cases::any).collect() };
    let specs: Vec<Spec> = cases.iter().map(|case| case.spec.clone()).collect();
    let solvers: Vec<Arc<dyn Solver>> = build(&specs, registry::build)?;
    for problem in &problems {
        // Two cells tell a network from a method of grids; what the latter refuses is in the report.
        let grid = Grid::new(problem.domain().bounds(), &[2]).map_err(ConfigError::from)?;
        let is_network = |solver: &dyn Solver| {
            solver.check(problem.as_ref(), Some(&grid)).is_ok_and(|need| !need.discrete)
        };
        if let Some(network) = solvers.iter().find(|solver| is_network(solver.as_ref())) {
            let expected = "a classical solver; networks are measured by `modewise bench neural`".into();
            let value = network.spec().name;
            return Err(ConfigError::BadValue { key: "solver".into(), value, expected }.into());
        }
    }
    let single = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut report = Report::new(Machine::this(), options.rtol);
    // All of it on threads of the pool: a step that is called from outside waits for one to wake up.
    rayon::scope(|_| -> Result<(), BenchError> {
        say("memory bandwidth");
        report.bandwidth = triad::measure(&report.machine, options.quick, &single);
        report.passes = passes(options, report.best_triad(), cancel, say);
        for problem in &problems {
            for &size in sizes(options, problem.as_ref())? {
                let system = solution::System::new(problem.as_ref(), size)?;
                let bench = Bench { system: &system, rtol: options.rtol, quick: options.quick, cancel };
                for (case, solver) in cases.iter().zip(&solvers) {
                    if cancel.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    if system.unknowns() > case.most_unknowns(problem.domain().dimension()) {
                        continue;
                    }
                    say(&format!("{} · {} · {}", problem.spec().name, system.shape(), case.label()));
                    match bench.measure(solver.as_ref()) {
                        Measured::Row(row) => {
                            let limit = report.limit(case, &system);
                            report.solutions.push(SolutionRow { solver: case.label(), limit, ..row });
                        }
                        Measured::Skipped(reason) => report.skipped.push(Skipped {
                            solver: case.label(),
                            problem: problem.spec().to_string(),
                            size,
                            reason,
                        }),
                        Measured::Interrupted => return Ok(()),
                    }
                }
            }
        }
        Ok(())
    })?;
    report.interrupted = cancel.load(Ordering::Relaxed);
    Ok(report)
}

fn build<T>(
    specs: &[Spec],
    one: fn(&Spec) -> Result<T, modewise_problems::SpecError>,
) -> Result<Vec<T>, ConfigError> {
    Ok(specs.iter().map(one).collect::<Result<_, _>>()?)
}

fn sizes<'o>(options: &'o Options, problem: &dyn Problem) -> Result<&'o [usize], BenchError> {
    match problem.domain().dimension() {
        2 => Ok(&options.sizes[0]),
        3 => Ok(&options.sizes[1]),
        _ => {
            let expected = "in 2-D or 3-D: lines are solved too fast to be worth a measurement".into();
            let value = problem.spec().name;
            Err(ConfigError::BadValue { key: "problem".into(), value, expected }.into())
        }
    }
}

/// Cells a side of the grids for passes, in 2-D and 3-D: far beyond any cache, and small for a quick look.
const CELLS: [[usize; 2]; 2] = [[4096, 256], [64, 16]];

fn passes(
    options: &Options,
    triad: f64,
    cancel: &AtomicBool,
    say: &mut (dyn FnMut(&str) + Send),
) -> Vec<PassRow> {
    let mut rows = Vec::new();
    for (axis, cells) in CELLS[usize::from(options.quick)].into_iter().enumerate() {
        if options.sizes[axis].is_empty() || cancel.load(Ordering::Relaxed) {
            continue;
        }
        let dimension = axis + 2;
        say(&format!("inner loops on {cells} cells a side in {dimension}-D"));
        rows.extend(passes::measure(dimension, cells, triad, options.quick, cancel));
    }
    rows
}
