//! How it is solved: classical and neural solvers behind one trait, and the one loop that drives
//! them, keeps their books and shows them to observers.
//!
//! ```
//! use std::sync::atomic::AtomicBool;
//! use modewise_problems::{catalog, Discrete, Grid};
//! use modewise_solvers::{registry, Initial, Run, StopRule, Task, WallClock};
//!
//! let problem = catalog::build(&"sines-1d,modes=[1,5]".parse()?)?;
//! let grid = Grid::new(problem.domain().bounds(), &[64])?;
//! let discrete = Discrete::new(problem.as_ref(), &grid)?;
//! let solver = registry::build(&"jacobi,omega=0.8".parse()?)?;
//! let task = Task::new(problem.as_ref(), &discrete).with_initial(Initial::Zero);
//! let stop: StopRule = "rtol=1e-6,steps=20000".parse()?;
//! let never = AtomicBool::new(false);
//! let end = Run::new(solver.as_ref(), &task, &stop).drive(&WallClock::start(), &never, &mut [])?;
//! assert!(end.outcome.is_success());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod classical;
pub mod conformance;
pub mod hybrid;
pub mod meter;
pub mod neural;
pub mod observe;
pub mod registry;
pub mod run;
mod sobol;
pub mod solver;
pub mod stop;
pub mod task;

pub use meter::{Meter, Phase};
pub use modewise_problems::memory;
pub use observe::{Observer, Sample, Schedule};
pub use run::{Clock, End, Outcome, Run, WallClock};
pub use solver::{Iteration, Need, Progress, Sites, Snapshot, Solver, SolverError, Status, Unsupported};
pub use stop::StopRule;
pub use task::{Initial, Reference, ReferenceKind, Support, Task, TestPoints, Values};
