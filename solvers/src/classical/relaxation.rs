//! Relaxation: sweeps that solve each equation for its own unknown. What Jacobi and Gauss–Seidel
//! have in common, as solvers and as smoothers of multigrid.
//!
//! Every sweep reads one array and writes another, Gauss–Seidel too: old values stay readable, so
//! that blocks of rows can be swept by different threads without waiting for each other.

use std::num::NonZeroU64;

use modewise_problems::{Discrete, Field};

use super::{
    gauss_seidel::{lexicographic, red_black},
    stencil::Stencil,
    system,
};
use crate::{Iteration, Meter, Progress, Sites, Snapshot, SolverError, Task, solver::sample_field};

/// A relaxation with its parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Relaxation {
    /// ω-Jacobi.
    Jacobi { omega: f64 },
    /// Gauss–Seidel row by row.
    Lexicographic,
    /// Gauss–Seidel on even nodes, then on odd ones.
    RedBlack,
}

impl Relaxation {
    /// Values of scratch that sweeps with `stencil` need.
    pub fn scratch(self, stencil: &Stencil) -> usize {
        match self {
            Self::Jacobi { .. } | Self::Lexicographic => 0,
            Self::RedBlack => red_black::scratch(stencil),
        }
    }

    /// Flops of one sweep: ω-Jacobi is one pass of the stencil, Gauss–Seidel one without the
    /// product and the addition for (1 − ω)u.
    pub fn flops(self, stencil: &Stencil) -> f64 {
        match self {
            Self::Jacobi { .. } => stencil.pass_flops(),
            Self::Lexicographic | Self::RedBlack => stencil.pass_flops() - (2 * stencil.interior()) as f64,
        }
    }

    /// One sweep over Au = f from `u` to `next`, which carries the same boundary values.
    pub fn sweep(self, stencil: &Stencil, u: &[f64], f: &[f64], next: &mut [f64], scratch: &mut [f64]) {
        match self {
            Self::Jacobi { omega } => stencil.apply(stencil.relaxation_weights(omega), u, f, next),
            Self::Lexicographic => lexicographic::sweep(*stencil, u, f, next),
            Self::RedBlack => red_black::sweep(stencil, u, f, next, scratch),
        }
    }
}

/// A live run of a relaxation as a solver: one step is one sweep.
pub(crate) struct Sweeps<'p> {
    relaxation: Relaxation,
    stencil: Stencil,
    discrete: &'p Discrete,
    u: Field,
    next: Field,
    scratch: Vec<f64>,
}

impl<'p> Sweeps<'p> {
    /// Starts `relaxation` from the initial guess of `task`.
    pub fn start(relaxation: Relaxation, task: &Task<'p>, solver: &str) -> Result<Self, SolverError> {
        let discrete = system(task, solver)?;
        Ok(Self::new(relaxation, discrete, task.initial.resolve(discrete, task.target, task.seed)))
    }

    /// Goes on from a snapshot.
    pub fn resume(
        relaxation: Relaxation,
        task: &Task<'p>,
        from: &Snapshot,
        solver: &str,
    ) -> Result<Self, SolverError> {
        let discrete = system(task, solver)?;
        Ok(Self::new(relaxation, discrete, restore(discrete, from)?))
    }

    fn new(relaxation: Relaxation, discrete: &'p Discrete, u: Field) -> Self {
        let stencil = Stencil::of(discrete);
        let scratch = vec![0.0; relaxation.scratch(&stencil)];
        Self { relaxation, stencil, discrete, next: u.clone(), u, scratch }
    }
}

impl Iteration for Sweeps<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        let f = self.discrete.source().values();
        for _ in 0..most.get() {
            let (u, next) = (self.u.values(), self.next.values_mut());
            self.relaxation.sweep(&self.stencil, u, f, next, &mut self.scratch);
            std::mem::swap(&mut self.u, &mut self.next);
        }
        meter.charge(most.get() as f64 * self.relaxation.flops(&self.stencil));
        Ok(Progress::running(most.get()))
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], _meter: &mut Meter) -> Result<(), SolverError> {
        sample_field(&self.u, sites, out)
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        Ok(snapshot(&self.u))
    }
}

/// A snapshot of a method whose whole state is u.
pub(crate) fn snapshot(u: &Field) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.arrays.insert("u".into(), u.values().to_vec());
    snapshot
}

/// u from such a snapshot.
pub(crate) fn restore(discrete: &Discrete, from: &Snapshot) -> Result<Field, SolverError> {
    let mut u = Field::zeros(discrete.grid());
    u.values_mut().copy_from_slice(from.array("u", discrete.grid().nodes())?);
    Ok(u)
}
