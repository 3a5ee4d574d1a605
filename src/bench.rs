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
mod shape;
pub mod solution;
mod stores;
mod timing;
pub mod triad;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use modewise_problems::{Grid, Problem, Spec, SpecError, catalog};
use modewise_solvers::{Solver, registry};
use thiserror::Error;

pub use report::{Report, Skipped};
pub use shape::Shape;
pub use timing::Spread;

use crate::{experiment::ConfigError, machine::Machine};
use cases::Case;
use passes::PassRow;
use solution::{Bench, Measured, SolutionRow};

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// Problem specs.
    pub problems: Vec<Spec>,
    /// Solver specs; the table in `bench/cases.rs` where there are none.
    pub solvers: Vec<Spec>,
    /// Grids in 2-D and in 3-D, from small to large.
    pub sizes: [Vec<Shape>; 2],
    /// The largest so many grids that it is worth waiting for are measured with each solver of the table.
    pub most_sizes: usize,
    /// Whether inner loops are measured.
    pub loops: bool,
    /// Whether whole solutions are measured.
    pub solutions: bool,
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
    /// Grids in 2-D and in 3-D, one point less than powers of two a side, which every solver takes, and on how
    /// many of them each solver is measured: slow ones on the smaller ones.
    pub fn sizes(self) -> ([Vec<Shape>; 2], usize) {
        let (largest, most) = match self {
            Self::Quick => ([7, 5], 2),
            Self::Usual => ([10, 7], 3),
            Self::Full => ([12, 8], 5),
        };
        let shapes = |from: u32, to: u32| (from..=to).map(|power| Shape::equal((1 << power) - 1)).collect();
        ([shapes(5, largest[0]), shapes(3, largest[1])], most)
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
    let problems: Vec<Arc<dyn Problem>> =
        options.problems.iter().map(catalog::build).collect::<Result<_, _>>().map_err(ConfigError::from)?;
    for problem in problems.iter().filter(|_| options.solutions) {
        for shape in shapes(options, problem.as_ref())? {
            solution::System::check(problem.as_ref(), &shape)?;
        }
    }
    let table = options.solvers.is_empty();
    let cases = if table { cases::registered() } else { options.solvers.iter().map(cases::any).collect() };
    let cases = cases.into_iter().map(|case| Ok((registry::build(&case.spec)?, case)));
    let cases: Vec<(Arc<dyn Solver>, Case)> =
        cases.collect::<Result<_, SpecError>>().map_err(ConfigError::from)?;
    for problem in &problems {
        // Two cells tell a network from a method of grids; what the latter refuses is in the report.
        let grid = Grid::new(problem.domain().bounds(), &[2]).map_err(ConfigError::from)?;
        let is_network = |solver: &dyn Solver| {
            solver.check(problem.as_ref(), Some(&grid)).is_ok_and(|need| !need.discrete)
        };
        if let Some((network, _)) = cases.iter().find(|(solver, _)| is_network(solver.as_ref())) {
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
        if options.loops {
            report.passes = passes(options, report.best_triad(), cancel, say);
        }
        for problem in problems.iter().filter(|_| options.solutions) {
            solutions(options, problem.as_ref(), &cases, &mut report, cancel, say)?;
        }
        Ok(())
    })?;
    report.interrupted = cancel.load(Ordering::Relaxed);
    Ok(report)
}

/// Measures all solvers on one problem, grid by grid.
fn solutions(
    options: &Options,
    problem: &dyn Problem,
    cases: &[(Arc<dyn Solver>, Case)],
    report: &mut Report,
    cancel: &AtomicBool,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<(), BenchError> {
    let shapes = shapes(options, problem)?;
    let planned: Vec<_> =
        cases.iter().map(|(solver, case)| (solver, case, case.shapes(&shapes, options.most_sizes))).collect();
    for shape in &shapes {
        let worth: Vec<_> = planned.iter().filter(|(_, _, shapes)| shapes.contains(&shape)).collect();
        if worth.is_empty() {
            continue;
        }
        let system = solution::System::new(problem, shape.clone())?;
        let bench = Bench { system: &system, rtol: options.rtol, quick: options.quick, cancel };
        for (solver, case, _) in worth {
            if cancel.load(Ordering::Relaxed) {
                return Ok(());
            }
            say(&format!("{} · {shape} · {}", problem.spec().name, case.label()));
            match bench.measure(solver.as_ref()) {
                Measured::Row(row) => {
                    let limit = report.limit(case, &system);
                    report.solutions.push(SolutionRow { solver: case.label(), limit, ..*row });
                }
                Measured::Skipped(reason) => report.skipped.push(Skipped {
                    solver: case.label(),
                    problem: problem.spec().to_string(),
                    shape: shape.clone(),
                    reason,
                }),
                Measured::Interrupted => return Ok(()),
            }
        }
    }
    Ok(())
}

/// The grids that `problem` is measured on.
fn shapes(options: &Options, problem: &dyn Problem) -> Result<Vec<Shape>, BenchError> {
    let dimension = problem.domain().dimension();
    let sizes = match dimension {
        2 => &options.sizes[0],
        3 => &options.sizes[1],
        _ => {
            let expected = "in 2-D or 3-D: lines are solved too fast to be worth a measurement".into();
            let value = problem.spec().name;
            return Err(ConfigError::BadValue { key: "problem".into(), value, expected }.into());
        }
    };
    let of_dimension = |shape: &Shape| {
        shape.of_dimension(dimension).ok_or_else(|| {
            let expected = format!("one number of points, or {dimension} in {dimension}-D");
            let key = ["sizes", "sizes-3d"][dimension - 2].into();
            ConfigError::BadValue { key, value: shape.to_string(), expected }.into()
        })
    };
    sizes.iter().map(of_dimension).collect()
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
