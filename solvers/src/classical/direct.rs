//! The direct solver: the solution of the discrete system itself, to rounding. It is the reference
//! that every iteration is measured against.
//!
//! **2-D: fast diagonalisation.** On a box A = A_x ⊗ I + I ⊗ A_y, with A_x and A_y the 1-D operators.
//! With their eigenpairs A_x = V_x Λ_x V_xᵀ and A_y = V_y Λ_y V_yᵀ from LAPACK, and unknowns written as a
//! matrix U,
//!
//! U = V_x [(V_xᵀ F V_y)_ij / (λ_i + λ_j)] V_yᵀ.
//!
//! Cost: 9m³ flops an axis for the eigenpairs and 8m³ a solution for m unknowns a side; m² memory for
//! each V. Source: Lynch, Rice, Thomas, *Numer. Math.* 6 (1964) 185.
//!
//! **1-D: elimination.** A is tridiagonal and Gaussian elimination takes O(n) flops and memory, where
//! dense eigenvectors would take n² memory: it is used for every n. Source: Golub & Van Loan, *Matrix
//! Computations*, 4th ed. 2013, §4.3.6.
//!
//! In both cases the residual is solved for once more (iterative refinement), which brings the relative
//! residual down to rounding. Boundary values are never unknowns: the correction is solved from the
//! residual of a field that carries them. One step is the whole solution, and there is no other: the
//! initial guess does not matter.

mod diagonalisation;
pub(crate) mod once;
mod tridiagonal;

#[cfg(test)]
mod tests;

use std::{num::NonZeroU64, sync::Arc};

use modewise_problems::{Discrete, Field, Grid, Problem, Settings, Spec, SpecError};

use super::{planar, relaxation, stencil::Stencil, system};
use crate::{
    Iteration, Meter, Need, Progress, Sites, Snapshot, Solver, SolverError, Status, Task, Unsupported,
    registry::Entry, solver::sample_field,
};
use diagonalisation::Diagonalisation;
use tridiagonal::Tridiagonal;

pub(crate) const ENTRY: Entry = Entry {
    name: "direct",
    summary: "the exact discrete solution in one step: fast diagonalisation (2-D), elimination (1-D)",
    parameters: &[],
    build,
};

/// The recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Direct;

fn build(_settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    Ok(Arc::new(Direct))
}

/// The solution of `discrete`, to rounding.
///
/// # Errors
/// LAPACK fails to find the eigenvectors.
pub fn solve(discrete: &Discrete) -> Result<Field, SolverError> {
    let mut inverse = Inverse::new(&Stencil::of(discrete))?;
    let mut u = discrete.lift();
    solve_with(&mut inverse, discrete, &mut u);
    Ok(u)
}

/// The solution into `u`, which carries the boundary values: a solution and a refinement.
fn solve_with(inverse: &mut Inverse, discrete: &Discrete, u: &mut Field) {
    for _ in 0..2 {
        inverse.correct(discrete.source().values(), u.values_mut());
    }
}

/// A⁻¹ in factored form, with all the memory that applying it needs.
pub(crate) struct Inverse {
    stencil: Stencil,
    factors: Factors,
    residual: Vec<f64>,
}

enum Factors {
    Line(Tridiagonal),
    Plane(Box<Diagonalisation>),
}

impl Inverse {
    /// Factors A.
    pub fn new(stencil: &Stencil) -> Result<Self, SolverError> {
        let factors = match stencil.dimension() {
            1 => Factors::Line(Tridiagonal::new(stencil)),
            _ => Factors::Plane(Box::new(Diagonalisation::new(stencil)?)),
        };
        Ok(Self { stencil: *stencil, factors, residual: vec![0.0; stencil.nodes()] })
    }

    /// u ← u + A⁻¹(f − Au) at interior nodes: the solution, whatever u was, up to rounding.
    pub fn correct(&mut self, f: &[f64], u: &mut [f64]) {
        self.stencil.apply(self.stencil.residual_weights(), u, f, &mut self.residual);
        match &mut self.factors {
            Factors::Line(factors) => factors.add_solution(&mut self.residual, u),
            Factors::Plane(factors) => factors.add_solution(&self.residual, u),
        }
    }

    /// Memory in bytes that factors for `stencil` will take.
    pub fn bytes(stencil: &Stencil) -> u64 {
        let factors = match stencil.dimension() {
            1 => Tridiagonal::values(stencil),
            _ => Diagonalisation::values(stencil),
        };
        8 * (stencil.nodes() as u64).saturating_add(factors)
    }

    /// Flops of [`Inverse::new`].
    pub fn setup_flops(stencil: &Stencil) -> f64 {
        match stencil.dimension() {
            1 => Tridiagonal::setup_flops(stencil),
            _ => Diagonalisation::setup_flops(stencil),
        }
    }

    /// Flops of one [`Inverse::correct`].
    pub fn flops(stencil: &Stencil) -> f64 {
        let solution = match stencil.dimension() {
            1 => Tridiagonal::flops(stencil),
            _ => Diagonalisation::flops(stencil),
        };
        stencil.pass_flops() + solution
    }
}

impl Solver for Direct {
    fn spec(&self) -> Spec {
        Spec::new(ENTRY.name)
    }

    fn check(&self, _problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = planar(grid, ENTRY.name)?;
        let inverse = Inverse::bytes(&Stencil::new(grid, &[1.0; 2]));
        let bytes = inverse.saturating_add(8 * grid.nodes() as u64);
        Ok(Need { bytes, uses_initial: false, discrete: true })
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let discrete = system(task, ENTRY.name)?;
        let u = task.initial.resolve(discrete, task.target, task.seed);
        start(discrete, u, false, meter)
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let discrete = system(task, ENTRY.name)?;
        let u = relaxation::restore(discrete, from)?;
        start(discrete, u, from.counter("solved")? == 1, meter)
    }
}

fn start<'p>(
    discrete: &'p Discrete,
    u: Field,
    solved: bool,
    meter: &mut Meter,
) -> Result<Box<dyn Iteration + 'p>, SolverError> {
    let stencil = Stencil::of(discrete);
    let inverse = if solved { None } else { Some(Inverse::new(&stencil)?) };
    meter.charge(Inverse::setup_flops(&stencil));
    Ok(Box::new(Once { discrete, u, inverse, flops: 2.0 * Inverse::flops(&stencil) }))
}

/// A live run: before its only step, with the inverse, and after it, without.
struct Once<'p> {
    discrete: &'p Discrete,
    u: Field,
    inverse: Option<Inverse>,
    flops: f64,
}

impl Iteration for Once<'_> {
    fn advance(&mut self, _most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        if let Some(mut inverse) = self.inverse.take() {
            // From zero inside, so that no trace of the initial guess is left, not even its rounding.
            self.u = self.discrete.lift();
            solve_with(&mut inverse, self.discrete, &mut self.u);
            meter.charge(self.flops);
        }
        Ok(Progress { status: Status::Finished, ..Progress::running(1) })
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], _meter: &mut Meter) -> Result<(), SolverError> {
        sample_field(&self.u, sites, out)
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        let mut snapshot = relaxation::snapshot(&self.u);
        snapshot.counters.insert("solved".into(), u64::from(self.inverse.is_none()));
        Ok(snapshot)
    }
}
