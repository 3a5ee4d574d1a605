//! One cycle from zero as a preconditioner of conjugate gradients.
//!
//! It is symmetric where restriction is the adjoint of interpolation, and the sweeps after the coarse grid
//! are the adjoint of those before it: as many of them, in the opposite order.

use modewise_problems::{Grid, Problem, Settings, SpecError};

use super::{
    DTYPES, Multigrid,
    cycle::{Cycle, Shape},
    hierarchy::{Hierarchy, Recipe as Levels},
    level::Guess,
    memory,
    recipe::Recipe,
    smoother::Sense,
};
use crate::{
    Unsupported,
    classical::{krylov::preconditioner::Preconditioner, operator::Operator, real::Real},
};

/// A symmetric cycle with its levels.
pub(crate) struct SymmetricCycle<T: Real> {
    hierarchy: Hierarchy<T>,
    cycle: Cycle,
}

impl Multigrid {
    /// The settings of a cycle that is symmetric.
    pub(crate) fn preconditioner(settings: &Settings<'_>) -> Result<Self, SpecError> {
        let recipe = Recipe::read(settings)?.with_shape(settings)?;
        if settings.choice("dtype", &DTYPES)? == 1 {
            return Err(settings.bad("dtype", "f64: the precision of a preconditioner is the dtype of pcg"));
        }
        if recipe.cycle.pre != recipe.cycle.post {
            return Err(settings.bad("post", "that of pre, which a preconditioner has to have"));
        }
        if recipe.cycle.shape == Shape::F {
            return Err(settings.bad("cycle", "v or w: an f-cycle is not symmetric"));
        }
        if recipe.levels.cubic {
            return Err(
                settings.bad("prolongation", "linear: the adjoint of cubic interpolation is not at hand")
            );
        }
        if recipe.levels.half {
            return Err(settings.bad("restriction", "full: half weighting is not symmetric"));
        }
        let levels = Levels { symmetric: true, ..recipe.levels };
        Ok(Self { recipe: Recipe { levels, ..recipe }, mixed: false })
    }

    /// The same with as many sweeps before and after the coarse grid.
    pub(crate) fn with_sweeps(mut self, sweeps: usize) -> Self {
        (self.recipe.cycle.pre, self.recipe.cycle.post) = (sweeps, sweeps);
        self
    }

    /// Refuses what does not go with `problem`.
    pub(crate) fn fits(&self, problem: &dyn Problem, solver: &str) -> Result<(), Unsupported> {
        self.recipe.fits(problem, solver)
    }

    /// Bytes of a system with coefficients in arrays and of the levels below it.
    pub(crate) fn variable_bytes(&self, problem: &dyn Problem, grid: &Grid) -> u64 {
        memory::bytes_where(true, problem, grid, self.recipe.levels)
    }

    /// A cycle for `finest`; `singular` if its u is defined up to a constant only.
    pub(crate) fn symmetric_cycle<T: Real>(&self, finest: &Operator<T>, singular: bool) -> SymmetricCycle<T> {
        let hierarchy = Hierarchy::new(finest, singular, self.recipe.levels);
        SymmetricCycle { hierarchy, cycle: Cycle { sense: Sense::Adjoint, ..self.recipe.cycle } }
    }
}

impl<T: Real> SymmetricCycle<T> {
    /// Flops of making it.
    pub fn setup_flops(&self) -> f64 {
        self.hierarchy.setup_flops()
    }
}

impl<T: Real> Preconditioner<T> for SymmetricCycle<T> {
    fn apply(&mut self, operator: &Operator<T>, r: &[T], z: &mut [T]) {
        self.cycle.run(&mut self.hierarchy, operator, Guess::Zero, z, r);
    }

    fn flops(&self) -> f64 {
        self.hierarchy.cycle_flops(self.cycle)
    }
}
