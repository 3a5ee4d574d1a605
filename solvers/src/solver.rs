//! The contract: what every solver, classical or neural, has to offer.

use std::{collections::BTreeMap, fmt::Debug, num::NonZeroU64};

use modewise_problems::{Field, Grid, Points, Problem, Reaction, Spec};
use thiserror::Error;

use crate::{Meter, Task};

/// A method with its knobs set: plain data, reusable, comparable through its spec.
pub trait Solver: Debug + Send + Sync {
    /// Name and every parameter; building that spec gives this solver again.
    fn spec(&self) -> Spec;

    /// Whether it can solve `problem` on `grid`, and what it needs; before anything is built.
    ///
    /// # Errors
    /// What it cannot do, and what to use instead.
    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported>;

    /// Names of the numbers that [`Iteration::scalars`] reports, in that order.
    fn scalar_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Starts a run at step 0.
    ///
    /// # Errors
    /// A task it cannot start on.
    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError>;

    /// Goes on from a snapshot of a run of the same solver on the same task, bit for bit.
    ///
    /// # Errors
    /// A snapshot that is not of such a run.
    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError>;
}

/// One live run.
pub trait Iteration: Send {
    /// Takes at least one and at most `most` steps and charges them.
    ///
    /// # Errors
    /// A step that cannot be taken; numbers that grow or are none are the driver's to notice.
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError>;

    /// The current u at `sites`, one value a site; changes nothing.
    ///
    /// # Errors
    /// Sites of another dimension, or another number of values.
    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], meter: &mut Meter) -> Result<(), SolverError>;

    /// Loss terms, learning rate and the like; as many as [`Solver::scalar_names`].
    fn scalars(&self, _out: &mut [f64]) {}

    /// What the user should know about how the run went, where nothing worse is to be said.
    fn advice(&self) -> Option<String> {
        None
    }

    /// What to try where the run diverges: words that go on from "try".
    fn remedy(&self) -> Option<&'static str> {
        None
    }

    /// All that [`Solver::resume`] needs.
    ///
    /// # Errors
    /// A state that cannot be saved.
    fn snapshot(&self) -> Result<Snapshot, SolverError>;
}

/// What [`Iteration::advance`] did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Steps taken, at least 1.
    pub steps: u64,
    /// Whether there is more to do.
    pub status: Status,
    /// The relative residual after the last step, if the method had it anyway.
    pub residual: Option<f64>,
    /// Whether the last step is one that no observer should miss, such as a hybrid's hand-over.
    pub milestone: bool,
}

impl Progress {
    /// `steps` steps, and more to come.
    pub fn running(steps: u64) -> Self {
        Self { steps, status: Status::Running, residual: None, milestone: false }
    }
}

/// Whether a method has more to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// More steps may improve the answer.
    Running,
    /// The method cannot improve its answer.
    Finished,
    /// It has done the steps that its own settings give it.
    Spent,
    /// The loss does not fall any more.
    Plateau,
}

/// Where a solution is sampled.
#[derive(Debug, Clone, Copy)]
pub enum Sites<'a> {
    /// All nodes of a grid.
    Grid(&'a Grid),
    /// Any points of the box.
    Points(Points<'a>),
}

impl Sites<'_> {
    /// How many values a sample has.
    pub fn len(&self) -> usize {
        match self {
            Self::Grid(grid) => grid.nodes(),
            Self::Points(points) => points.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Samples a nodal field: as it is on its own grid, by multilinear interpolation elsewhere.
///
/// # Errors
/// `out` does not have one value a site.
pub fn sample_field(field: &Field, sites: &Sites<'_>, out: &mut [f64]) -> Result<(), SolverError> {
    if out.len() != sites.len() {
        return Err(SolverError::Sites { wanted: sites.len(), given: out.len() });
    }
    match sites {
        Sites::Grid(grid) if *grid == field.grid() => out.copy_from_slice(field.values()),
        Sites::Grid(grid) => field.interpolate(Points::new(&grid.coordinates(), grid.dimension()), out),
        Sites::Points(points) => field.interpolate(*points, out),
    }
    Ok(())
}

/// What a run will need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Memory in bytes.
    pub bytes: u64,
    /// Whether the initial guess matters.
    pub uses_initial: bool,
    /// Whether its answer solves the discrete system, so that a residual means something.
    pub discrete: bool,
}

/// What a solver cannot do, and what can.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("`{solver}` cannot do this: {reason}; {advice}")]
pub struct Unsupported {
    /// The solver's name.
    pub solver: String,
    /// What it cannot do.
    pub reason: String,
    /// What to use instead.
    pub advice: String,
}

/// The grid, which only boxes of up to three axes have.
///
/// # Errors
/// There is none; the advice names the solvers that need none.
pub fn needs_grid<'g>(grid: Option<&'g Grid>, solver: &str) -> Result<&'g Grid, Unsupported> {
    grid.ok_or_else(|| Unsupported {
        solver: solver.into(),
        reason: "it works on a grid, and a problem of more than three axes has none".into(),
        advice: "take dnn, mscale-dnn, fourier-dnn, subspace-dnn, or random-features with frequency=K".into(),
    })
}

/// Refuses a nonlinear problem.
///
/// # Errors
/// It is one; the advice names the solvers for it.
pub fn needs_linear(problem: &dyn Problem, solver: &str) -> Result<(), Unsupported> {
    needs_linear_flux(problem, solver)?;
    if problem.is_linear() {
        return Ok(());
    }
    Err(Unsupported {
        solver: solver.into(),
        reason: format!(
            "it solves linear problems, and this one has the reaction {}",
            problem.reaction().term()
        ),
        advice: "take newton or fas, or a network".into(),
    })
}

/// Refuses a p-Laplacian.
///
/// # Errors
/// It is one; the advice names the solvers for it.
pub fn needs_linear_flux(problem: &dyn Problem, solver: &str) -> Result<(), Unsupported> {
    match problem.exponent() {
        2.0 => Ok(()),
        p => Err(Unsupported {
            solver: solver.into(),
            reason: format!("it is for fluxes ε∇u, and this problem is a p-Laplacian with p = {p}"),
            advice: "take newton, or a network with loss=ritz".into(),
        }),
    }
}

/// That the discrete system of `problem` has couplings along axes only: not those next to interfaces.
///
/// # Errors
/// What to use instead.
pub fn needs_no_interface(problem: &dyn Problem, solver: &str) -> Result<(), Unsupported> {
    if problem.interface().is_none() || problem.is_uniform() {
        return Ok(());
    }
    Err(Unsupported {
        solver: solver.into(),
        reason: "the equations next to the interface of this problem are not symmetric and couple neighbours along \
                 diagonals"
            .into(),
        advice: match problem.reaction() {
            Reaction::Linear => "take bicgstab or direct, or a problem file without `interface`",
            _ => "take newton, or a problem file without `interface`",
        }
        .into(),
    })
}

/// Why a run could not start or go on.
#[derive(Debug, Error)]
pub enum SolverError {
    /// A grid method without a grid.
    #[error("`{0}` works on a grid, and this task has none; take a network")]
    NoGrid(String),
    /// A regression with nothing to fit.
    #[error("loss=regression fits the reference, and this task has none; use loss=ritz or loss=residual")]
    NoTarget,
    /// Not supported.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// A snapshot of another solver or task.
    #[error("this checkpoint does not fit the solver: {0}; start the run anew")]
    Snapshot(String),
    /// Wrong number of values.
    #[error("a sample at {wanted} sites needs {wanted} values, not {given}")]
    Sites {
        /// Number of sites.
        wanted: usize,
        /// Number of values.
        given: usize,
    },
    /// LAPACK failed.
    #[error("linear algebra failed: {0}")]
    Algebra(String),
}

/// The state of a live run: named arrays and counters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// Arrays by name.
    pub arrays: BTreeMap<String, Vec<f64>>,
    /// Counters by name.
    pub counters: BTreeMap<String, u64>,
}

impl Snapshot {
    /// The array `name`, which has to have `len` values.
    ///
    /// # Errors
    /// It is missing or of another length.
    pub fn array(&self, name: &str, len: usize) -> Result<&[f64], SolverError> {
        match self.arrays.get(name) {
            Some(array) if array.len() == len => Ok(array),
            Some(array) => {
                Err(SolverError::Snapshot(format!("`{name}` has {} values, not {len}", array.len())))
            }
            None => Err(SolverError::Snapshot(format!("it has no `{name}`"))),
        }
    }

    /// Copies the array `name` to `out`.
    ///
    /// # Errors
    /// It is missing or of another length.
    pub fn read(&self, name: &str, out: &mut [f64]) -> Result<(), SolverError> {
        let array = self.array(name, out.len())?;
        out.copy_from_slice(array);
        Ok(())
    }

    /// The counter `name`.
    ///
    /// # Errors
    /// It is missing.
    pub fn counter(&self, name: &str) -> Result<u64, SolverError> {
        self.counters.get(name).copied().ok_or_else(|| SolverError::Snapshot(format!("it has no `{name}`")))
    }

    /// The same with `prefix.` before every name, to stand inside another snapshot.
    #[must_use]
    pub fn nested(self, prefix: &str) -> Self {
        let name = |name: String| format!("{prefix}.{name}");
        Self {
            arrays: self.arrays.into_iter().map(|(key, value)| (name(key), value)).collect(),
            counters: self.counters.into_iter().map(|(key, value)| (name(key), value)).collect(),
        }
    }

    /// What stands under `prefix.`, without it.
    #[must_use]
    pub fn inside(&self, prefix: &str) -> Self {
        let name = |name: &String| name.strip_prefix(prefix)?.strip_prefix('.').map(str::to_string);
        Self {
            arrays: self.arrays.iter().filter_map(|(key, value)| Some((name(key)?, value.clone()))).collect(),
            counters: self.counters.iter().filter_map(|(key, value)| Some((name(key)?, *value))).collect(),
        }
    }
}
