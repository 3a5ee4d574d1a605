//! What goes into a solver: the problem, its discrete system, a start and a seed.

mod values;
mod white;

use std::sync::Arc;

use modewise_problems::{Discrete, Errors, Field, Problem, error, error::Size, reduce, transform::Modal};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub use values::{Support, TestPoints, Values};

/// Where an iteration starts.
#[derive(Debug, Clone, PartialEq)]
pub enum Initial {
    /// Zero inside, the boundary data on the boundary.
    Zero,
    /// Uniform in (−1, 1) at every unknown, from the seed.
    Random,
    /// The reference plus an error with the same amplitude in every mode, signs from the seed.
    White,
    /// This field.
    Field(Arc<Field>),
}

/// A task: everything a solver may know.
#[derive(Debug, Clone)]
pub struct Task<'p> {
    /// The continuous problem.
    pub problem: &'p dyn Problem,
    /// Where its runs are looked at.
    pub support: Support<'p>,
    /// What a regression fits: the reference.
    pub target: Option<&'p Field>,
    /// The start. Solvers meet `White` only as the field that [`Initial::resolve`] makes of it.
    pub initial: Initial,
    /// Seeds every random number of the run.
    pub seed: u64,
}

impl<'p> Task<'p> {
    /// A task on a grid from a zero start with seed 0.
    pub fn new(problem: &'p dyn Problem, discrete: &'p Discrete) -> Self {
        Self::on(problem, Support::Grid(discrete))
    }

    /// A task on a grid or without one, from a zero start with seed 0.
    pub fn on(problem: &'p dyn Problem, support: Support<'p>) -> Self {
        Self { problem, support, target: None, initial: Initial::Zero, seed: 0 }
    }

    /// The discrete system, where there is a grid.
    pub fn discrete(&self) -> Option<&'p Discrete> {
        self.support.discrete()
    }

    /// The same with another start.
    #[must_use]
    pub fn with_initial(mut self, initial: Initial) -> Self {
        self.initial = initial;
        self
    }

    /// The same with another seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The same with something for a regression to fit.
    #[must_use]
    pub fn with_target(mut self, target: &'p Field) -> Self {
        self.target = Some(target);
        self
    }
}

impl Initial {
    /// The start as nodal values that carry the boundary data. `White` takes its error against
    /// `reference`; without one it is white around zero.
    pub fn resolve(&self, discrete: &Discrete, reference: Option<&Field>, seed: u64) -> Field {
        let grid = discrete.grid();
        let mut field = match self {
            Self::Field(field) if field.grid() == grid => field.as_ref().clone(),
            Self::Field(field) => Field::from_batch(grid, |points, out| field.interpolate(points, out)),
            Self::Zero => Field::zeros(grid),
            Self::Random => {
                let mut random = ChaCha8Rng::seed_from_u64(seed);
                let mut field = Field::zeros(grid);
                field.values_mut().fill_with(|| random.random_range(-1.0..1.0));
                field
            }
            Self::White => white(discrete, reference, seed),
        };
        discrete.impose_boundary(field.values_mut());
        field
    }
}

/// The reference plus white noise of amplitude a = max|û_ref| (1 if that is zero) in the modes that
/// follow the sides.
fn white(discrete: &Discrete, reference: Option<&Field>, seed: u64) -> Field {
    let grid = discrete.grid();
    let modal = Modal::new(grid, discrete.sides());
    let mut amplitudes = vec![0.0; modal.len()];
    let mut field = reference.cloned().unwrap_or_else(|| Field::zeros(grid));
    modal.forward(field.values(), &mut amplitudes);
    let largest = reduce::max_abs(&amplitudes);
    let amplitude = if largest > 0.0 { largest } else { 1.0 };
    drop(amplitudes);
    let noise = white::white(discrete, &modal, amplitude, &mut ChaCha8Rng::seed_from_u64(seed));
    for (u, e) in field.values_mut().iter_mut().zip(noise.values()) {
        *u += e;
    }
    field
}

/// Which solution errors are measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceKind {
    /// The exact solution of the discrete system: the algebraic error.
    Discrete,
    /// The solution of the differential equation: the total error.
    Exact,
    /// The same as far as refinement tells it, with an error of its own.
    Refined,
}

/// A solution to measure errors against; a copy shares its values.
#[derive(Debug, Clone)]
pub struct Reference {
    kind: ReferenceKind,
    values: Arc<Values>,
    norm: f64,
}

impl Reference {
    /// Errors will be measured against a field, or values at test points.
    pub fn new(kind: ReferenceKind, values: impl Into<Values>) -> Self {
        let values = values.into();
        let norm = reduce::sum_of_squares(values.as_slice()).sqrt();
        Self { kind, values: Arc::new(values), norm }
    }

    /// Which solution it is.
    pub fn kind(&self) -> ReferenceKind {
        self.kind
    }

    /// Its values, node by node or point by point.
    pub fn values(&self) -> &[f64] {
        self.values.as_slice()
    }

    /// The field, where it is on a grid.
    pub fn field(&self) -> Option<&Field> {
        self.values.field()
    }

    /// The error of the values `u` against it.
    pub fn errors(&self, u: &[f64]) -> Errors {
        self.measure(u).1
    }

    /// The size of the values `u` and their error against it.
    pub fn measure(&self, u: &[f64]) -> (Size, Errors) {
        error::measure(u, self.values(), self.norm)
    }
}
