//! What live runs of the classical methods have in common: the system of a task in the layout of the
//! sweeps, with u, and how u becomes a nodal field again.

use std::ops::Deref;

use modewise_problems::{Condition, Discrete, Field, Grid, Problem};

use super::{operator::Operator, system};
use crate::{
    Sites, Snapshot, SolverError, Task, Unsupported,
    memory::Buffer,
    solver::{needs_grid, needs_linear, needs_no_interface, sample_field},
};

/// The system Au = f of a task and the current u.
pub(crate) struct State<'p> {
    pub discrete: &'p Discrete,
    pub operator: Operator<f64>,
    pub f: Source<'p>,
    pub u: Buffer<f64>,
}

/// The right-hand side: that of the discrete system itself where arrays have its shape.
pub(crate) enum Source<'p> {
    Borrowed(&'p [f64]),
    Owned(Buffer<f64>),
}

impl<'p> Source<'p> {
    /// The right-hand side of `discrete` for `operator`.
    pub fn of(discrete: &'p Discrete, operator: &Operator<f64>) -> Self {
        match operator {
            Operator::Constant(_) if operator.layout().is_nodal() => {
                Self::Borrowed(discrete.source().values())
            }
            _ => Self::Owned(operator.load_source(discrete)),
        }
    }
}

impl Source<'_> {
    /// The values to be changed: a copy of its own, from then on, where they were borrowed.
    pub fn own(&mut self) -> &mut [f64] {
        if let Self::Borrowed(values) = self {
            let mut copy = Buffer::zeroed(values.len());
            copy.copy_from_slice(values);
            *self = Self::Owned(copy);
        }
        match self {
            Self::Owned(values) => values,
            // Invariant: it was made one just now.
            Self::Borrowed(_) => &mut [],
        }
    }
}

impl Deref for Source<'_> {
    type Target = [f64];
    fn deref(&self) -> &[f64] {
        match self {
            Self::Borrowed(values) => values,
            Self::Owned(values) => values,
        }
    }
}

impl<'p> State<'p> {
    /// The system of `task` with its initial guess.
    pub fn start(task: &Task<'p>, solver: &str) -> Result<Self, SolverError> {
        Self::start_on(task, solver, Operator::of)
    }

    /// The same with the matrix that `make` makes of the discrete system.
    pub fn start_on(
        task: &Task<'p>,
        solver: &str,
        make: impl FnOnce(&Discrete) -> Operator<f64>,
    ) -> Result<Self, SolverError> {
        let mut state = Self::empty(system(task, solver)?, make);
        let guess = task.initial.resolve(state.discrete, task.target, task.seed);
        state.operator.layout().load(guess.grid(), guess.values(), &mut state.u);
        Ok(state)
    }

    /// The system of `task` with the u of a snapshot.
    pub fn resume(task: &Task<'p>, from: &Snapshot, solver: &str) -> Result<Self, SolverError> {
        Self::resume_on(task, from, solver, Operator::of)
    }

    /// The same with the matrix that `make` makes of the discrete system.
    pub fn resume_on(
        task: &Task<'p>,
        from: &Snapshot,
        solver: &str,
        make: impl FnOnce(&Discrete) -> Operator<f64>,
    ) -> Result<Self, SolverError> {
        let mut state = Self::empty(system(task, solver)?, make);
        state.u.copy_from_slice(from.array("u", state.operator.layout().len())?);
        Ok(state)
    }

    fn empty(discrete: &'p Discrete, make: impl FnOnce(&Discrete) -> Operator<f64>) -> Self {
        let operator = make(discrete);
        let f = Source::of(discrete, &operator);
        let u = Buffer::zeroed(operator.layout().len());
        Self { discrete, operator, f, u }
    }

    /// u at `sites`; where it is defined up to a constant only, with mean zero.
    pub fn sample(&self, sites: &Sites<'_>, out: &mut [f64]) -> Result<(), SolverError> {
        let grid = self.discrete.grid();
        match sites {
            Sites::Grid(wanted) if *wanted == grid && out.len() == grid.nodes() => {
                self.store(out);
                Ok(())
            }
            _ => {
                let mut field = Field::zeros(grid);
                self.store(field.values_mut());
                sample_field(&field, sites, out)
            }
        }
    }

    fn store(&self, nodal: &mut [f64]) {
        let layout = self.operator.layout();
        layout.store(self.discrete.grid(), &self.u, nodal);
        if !layout.is_nodal() {
            self.discrete.impose_boundary(nodal);
        }
        // Coarse levels may write to nodes outside of shapes on the way to their solution.
        self.discrete.fill_inactive(nodal, 0.0);
        self.discrete.fix_constant(nodal);
    }

    /// A snapshot of u.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.arrays.insert("u".into(), self.u.to_vec());
        snapshot
    }

    /// An array of the layout, zero at first.
    pub fn array(&self) -> Buffer<f64> {
        Buffer::zeroed(self.operator.layout().len())
    }

    /// The array `name` of a snapshot.
    pub fn array_from(&self, from: &Snapshot, name: &str) -> Result<Buffer<f64>, SolverError> {
        let mut array = self.array();
        array.copy_from_slice(from.array(name, self.operator.layout().len())?);
        Ok(array)
    }
}

/// The words of `dtype` of preconditioners.
pub(crate) const DTYPES: [&str; 3] = ["auto", "f32", "f64"];

/// Whether the preconditioner of a matrix is in single precision, by the number of its `dtype`.
pub(crate) fn is_single(dtype: usize, discrete: &Discrete) -> bool {
    match DTYPES[dtype] {
        "auto" => discrete.suits_single_precision(),
        dtype => dtype == "f32",
    }
}

/// The grid of a linear problem without an interface.
pub(crate) fn linear<'g>(
    problem: &dyn Problem,
    grid: Option<&'g Grid>,
    solver: &str,
) -> Result<&'g Grid, Unsupported> {
    let grid = needs_grid(grid, solver)?;
    needs_linear(problem, solver)?;
    needs_no_interface(problem, solver)?;
    Ok(grid)
}

/// Values of one array of the layout of `problem` on `grid`.
pub(crate) fn array_values(problem: &dyn Problem, grid: &Grid) -> u64 {
    let along = |(axis, sides): (usize, &[Condition; 2])| {
        let cells = grid.axes()[axis].cells as u64;
        match sides {
            [Condition::Periodic, _] => cells + 2,
            _ => cells + 1 + sides.iter().filter(|side| **side == Condition::Neumann).count() as u64,
        }
    };
    problem.domain().sides().iter().enumerate().map(along).product()
}

/// Values of the system of `problem` on `grid` in that layout: u, f and, where they vary, coefficients.
pub(crate) fn system_values(problem: &dyn Problem, grid: &Grid) -> u64 {
    let coefficients = if problem.is_uniform() { 0 } else { variable_arrays(grid) };
    (2 + coefficients) * array_values(problem, grid)
}

/// The arrays of a matrix of variable coefficients.
pub(crate) fn variable_arrays(grid: &Grid) -> u64 {
    grid.dimension() as u64 + 2
}
