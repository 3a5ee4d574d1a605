//! The fast Fourier solver: the solution on a box with constant coefficients in O(N log N).
//!
//! On a box with constant ε and κ² the discrete operator is A = A₀ ⊗ I + I ⊗ A′, where A₀ = c₀ tridiag(−1, 2, −1)
//! acts along the first axis and A′ along the others. The eigenvectors of A′ are known in closed form for
//! every mixture of sides ([`modewise_problems::transform::Basis`]): products of sines, cosines, quarter waves or Fourier
//! modes, with eigenvalues Σ 4c_i sin²(m_iπ/2n_i). In three steps:
//!
//! 1. transform f along all axes but the first: a mode k is then coupled along the first axis only;
//! 2. solve (c₀ tridiag(−1, 2, −1) + μ_k)û_k = f̂_k for every mode by Gaussian elimination, μ_k = Σ c_iλ_{k_i} + κ²;
//! 3. transform back.
//!
//! **Cost.** Two transforms along every axis but one, 5 log₂ 2n flops a node each, and 7 flops a node to
//! eliminate; in place, with no memory beyond u but one number a mode. 1-D needs no transform at all.
//!
//! **When.** Constant coefficients on a box: nothing is faster, a million unknowns take milliseconds. One
//! step is the whole solution and the initial guess does not matter. Lengths n with small prime factors are
//! fastest.
//!
//! **Rounding.** The transforms are orthogonal up to scale and elimination is that of positive definite
//! matrices, so that the residual is within a few roundings of its floor without refinement. Where no side and no κ² holds
//! u, the mode zero is singular and set aside: the solution is the one with zero mean.
//!
//! Sources: Hockney, *J. ACM* 12 (1965) 95 (transform and eliminate); Buzbee, Golub, Nielson, *SIAM J.
//! Numer. Anal.* 7 (1970) 627; Swarztrauber, *SIAM Review* 19 (1977) 490 (all sides).

mod elimination;

use std::sync::Arc;

use modewise_problems::{Discrete, Field, Grid, Problem, Settings, Spec, SpecError, transform::Modal};
use rayon::prelude::*;

use super::direct::{
    self,
    once::{Once, OneStep},
    refined::Factors,
};
use crate::{
    Iteration, Meter, Need, Snapshot, Solver, SolverError, Task, Unsupported,
    registry::Entry,
    solver::{needs_grid, needs_linear},
};
use elimination::Elimination;

pub(crate) const ENTRY: Entry = Entry {
    name: "fft",
    summary: "the exact discrete solution in one step by fast transforms: constant coefficients, any sides",
    parameters: &[],
    build,
};

/// The recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct FastFourier;

fn build(_settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    Ok(Arc::new(FastFourier))
}

/// A⁻¹ of a box with constant coefficients.
pub(super) struct Transformed {
    dimension: usize,
    modal: Modal,
    elimination: Elimination,
}

impl Transformed {
    /// Plans the transforms; `None` if coefficients vary, or in 1-D, where there is nothing to transform.
    pub fn new(discrete: &Discrete) -> Option<Self> {
        let (axes, screening) = discrete.constant_coefficients().filter(|(axes, _)| axes.len() > 1)?;
        let modal = Modal::new(discrete.grid(), discrete.sides());
        let elimination = Elimination::new(discrete, &modal, axes, screening);
        Some(Self { dimension: axes.len(), modal, elimination })
    }

    /// Flops of planning: some ten a mode.
    fn setup_flops(&self) -> f64 {
        10.0 * self.elimination.modes() as f64
    }
}

/// Its three parts, in place.
impl Transformed {
    pub fn forward(&self, values: &mut [f64]) {
        self.modal.forward_along(1..self.dimension, values);
    }

    pub fn eliminate(&self, values: &mut [f64]) {
        self.elimination.solve(values);
    }

    pub fn inverse(&self, values: &mut [f64]) {
        self.modal.inverse_along(1..self.dimension, values);
    }
}

impl Factors for Transformed {
    fn solve(&mut self, values: &mut [f64]) {
        self.forward(values);
        self.eliminate(values);
        self.inverse(values);
    }

    fn flops(&self) -> f64 {
        2.0 * self.modal.flops_along(1..self.dimension) + self.elimination.flops(self.modal.len())
    }
}

impl OneStep for Transformed {
    fn solve(&mut self, discrete: &Discrete, u: &mut Field) -> f64 {
        let values = u.values_mut();
        match discrete.boundary() {
            // The right-hand side with the boundary eliminated is the residual of the boundary alone.
            Some(boundary) => discrete.residual(boundary.values(), values),
            None => values
                .par_chunks_mut(PIECE)
                .zip(discrete.source().values().par_chunks(PIECE))
                .for_each(|(u, f)| u.copy_from_slice(f)),
        }
        Factors::solve(self, values);
        discrete.impose_boundary(values);
        discrete.fix_constant(values);
        self.flops()
    }
}

/// Values a thread copies at a time.
const PIECE: usize = 1 << 14;

impl Solver for FastFourier {
    fn spec(&self) -> Spec {
        Spec::new(ENTRY.name)
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = needs_grid(grid, ENTRY.name)?;
        needs_linear(problem, ENTRY.name)?;
        if problem.domain().region().is_some() {
            return Err(refuse("its modes are those of whole boxes, and here shapes are cut out", ADVICE));
        }
        if !problem.is_uniform() {
            return Err(variable());
        }
        // u, and per mode the shift of its diagonal (in 1-D factors and the residual); what threads work in is a
        // few rows.
        let nodes = grid.nodes() as u64;
        let modes = if grid.dimension() == 1 { 5 * nodes } else { grid.stride(0) as u64 };
        let bytes = 8 * (nodes + modes);
        Ok(Need { bytes, uses_initial: false, discrete: true })
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(Box::new(Once::start(task, ENTRY.name, |discrete| plan(discrete, meter))?))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(Box::new(Once::resume(task, from, ENTRY.name, |discrete| plan(discrete, meter))?))
    }
}

fn plan(discrete: &Discrete, meter: &mut Meter) -> Result<Box<dyn OneStep>, SolverError> {
    if discrete.constant_coefficients().is_none() {
        return Err(variable().into());
    }
    match Transformed::new(discrete) {
        Some(transformed) => {
            meter.charge(transformed.setup_flops());
            Ok(Box::new(transformed))
        }
        None => direct::prepare(discrete, meter),
    }
}

/// What to take instead.
const ADVICE: &str = "take pcg, multigrid or direct";

fn variable() -> Unsupported {
    refuse(
        "its modes are those of constant ε and κ² and of sides where u or the flux is given, and here is more",
        ADVICE,
    )
}

fn refuse(reason: &str, advice: &str) -> Unsupported {
    Unsupported { solver: ENTRY.name.into(), reason: reason.into(), advice: advice.into() }
}
