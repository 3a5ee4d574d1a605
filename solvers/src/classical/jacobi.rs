//! ω-Jacobi: every unknown moves by ω towards the value that would solve its own equation.
//!
//! u ← (1 − ω) u + (ω/a) (f + Σ_axes (ε/h²)(u₋ + u₊)), a = 2 Σ ε/h². On a box with Dirichlet sides
//! the sine modes are its eigenvectors, with factors 1 − (ω/d) Σ_i 2 sin²(k_i π/2n) when all
//! spacings agree: at ω = 2/3 (1-D) or 4/5 (2-D) a smoother that damps the upper half of the
//! spectrum at least threefold, and as a solver slower by n² on the lowest mode (Briggs, Henson,
//! McCormick, *A Multigrid Tutorial*, 2000, ch. 2). One step is one sweep, one work unit.

use std::{num::NonZeroU64, sync::Arc};

use modewise_problems::{Discrete, Field, Grid, Parameter, Problem, Settings, Spec, SpecError};

use crate::{
    Iteration, Meter, Need, Progress, Sites, Snapshot, Solver, SolverError, Task, Unsupported,
    registry::Entry, solver::sample_field,
};

pub(crate) const ENTRY: Entry = Entry {
    name: "jacobi",
    summary: "ω-Jacobi: damps high frequencies fast and low ones slowly; one step is one work unit",
    parameters: &[Parameter {
        key: "omega",
        default: "1",
        unit: "",
        help: "damping ω in (0, 1]; 2/3 (1-D) or 4/5 (2-D) smooths best",
    }],
    build,
};

/// The recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Jacobi {
    omega: f64,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    Ok(Arc::new(Jacobi { omega: settings.number("omega", "a positive number", |omega| omega > 0.0)? }))
}

impl Solver for Jacobi {
    fn spec(&self) -> Spec {
        Spec::new(ENTRY.name).with("omega", self.omega)
    }

    fn check(&self, _problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let nodes = grid.map_or(0, Grid::nodes);
        Ok(Need { bytes: 16 * nodes as u64, uses_initial: true, discrete: true })
    }

    fn init<'p>(&self, task: &Task<'p>, _meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let discrete = task.discrete.ok_or_else(|| SolverError::NoGrid(ENTRY.name.into()))?;
        let u = task.initial.resolve(discrete, task.target, task.seed);
        Ok(Box::new(Sweeps { discrete, omega: self.omega, next: u.clone(), u }))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        _meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let discrete = task.discrete.ok_or_else(|| SolverError::NoGrid(ENTRY.name.into()))?;
        let mut u = Field::zeros(discrete.grid());
        u.values_mut().copy_from_slice(from.array("u", discrete.grid().nodes())?);
        Ok(Box::new(Sweeps { discrete, omega: self.omega, next: u.clone(), u }))
    }
}

struct Sweeps<'p> {
    discrete: &'p Discrete,
    omega: f64,
    u: Field,
    next: Field,
}

impl Iteration for Sweeps<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        let scale = self.omega / self.discrete.diagonal();
        for _ in 0..most.get() {
            self.discrete.residual(self.u.values(), self.next.values_mut());
            for (next, u) in self.next.values_mut().iter_mut().zip(self.u.values()) {
                *next = u + scale * *next;
            }
            std::mem::swap(&mut self.u, &mut self.next);
        }
        meter.charge(most.get() as f64 * self.discrete.sweep_flops());
        Ok(Progress::running(most.get()))
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], _meter: &mut Meter) -> Result<(), SolverError> {
        sample_field(&self.u, sites, out)
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        let mut snapshot = Snapshot::default();
        snapshot.arrays.insert("u".into(), self.u.values().to_vec());
        Ok(snapshot)
    }
}
