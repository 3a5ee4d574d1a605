//! Successive over-relaxation: Gauss–Seidel that goes beyond the value that solves an equation, by ω.
//!
//! u_p ← (1 − ω)u_p + ω(f_p + Σ c u_neighbour)/a, with the newest values of the neighbours.
//!
//! **Convergence.** For 0 < ω < 2, and best for ω* = 2/(1 + √(1 − ρ²)), ρ the spectral radius of Jacobi's
//! matrix, where a sweep has the spectral radius ω* − 1: with ρ = cos(π/n), 1 − 2π/n instead of 1 − π²/n². O(n)
//! sweeps instead of O(n²). At ω* the two leading eigenvalues meet in a Jordan block, so that the error falls
//! as k(ω* − 1)^k; ω a little too large costs less than ω a little too small.
//!
//! `auto` takes ρ from the closed form of the spectrum where coefficients are constant, and from Lanczos'
//! method where they vary, which is charged as set-up: about twice as many products with A as there are cells along
//! the longest axis, so that a single solution costs about as much again.
//!
//! **Cost.** One work unit a sweep. Good where n is moderate and code should be short; the ω matters more
//! than the order, of which `red-black` runs on all threads. Across the seam of a periodic axis with an odd number of
//! cells two red unknowns are neighbours and would move together, which diverges for a large ω: there `red-black` is
//! `lexicographic`.
//!
//! Source: Young, *Iterative Solution of Large Linear Systems*, 1971, chapters 5 and 6.

use std::sync::Arc;

use modewise_problems::{Grid, Parameter, Problem, Settings, Spec, SpecError};

use super::{
    spectrum,
    state::{self, State},
    stationary::{Stationary, Step},
};
use crate::{Iteration, Meter, Need, Snapshot, Solver, SolverError, Task, Unsupported, registry::Entry};

pub(crate) const ENTRY: Entry = Entry {
    name: "sor",
    summary: "successive over-relaxation: Gauss–Seidel with the best ω; as many sweeps as cells along an axis",
    parameters: &[
        Parameter {
            key: "omega",
            default: "auto",
            unit: "",
            help: "over-relaxation ω in (0, 2); auto is 2/(1 + √(1 − ρ²)), ρ the spectral radius of Jacobi",
        },
        Parameter {
            key: "order",
            default: "red-black",
            unit: "red-black | lexicographic",
            help: "all unknowns of even places before the odd ones (parallel), or row by row, as it is always where colours do \
                   not close: on periodic axes of an odd number of cells",
        },
    ],
    build,
};

const ORDERS: [&str; 2] = ["red-black", "lexicographic"];

/// The recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Sor {
    /// None for the best.
    omega: Option<f64>,
    order: usize,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    let range = |omega: f64| omega > 0.0 && omega < 2.0;
    let omega = match settings.text("omega") {
        Ok("auto") => None,
        _ => Some(settings.number("omega", "`auto` or a number between 0 and 2", range)?),
    };
    Ok(Arc::new(Sor { omega, order: settings.choice("order", &ORDERS)? }))
}

/// 2/(1 + √(1 − ρ²)), ρ = 1 − `smallest`, the smallest eigenvalue of D⁻¹A.
fn best(smallest: f64) -> f64 {
    // 1 − ρ² = (1 − ρ)(1 + ρ), without cancellation.
    2.0 / (1.0 + (smallest * (2.0 - smallest)).sqrt())
}

impl Sor {
    fn step(&self, omega: f64, has_odd_seam: bool) -> Step {
        match self.order {
            0 if !has_odd_seam => Step::RedBlack(Some(omega)),
            _ => Step::Lexicographic(Some(omega)),
        }
    }
}

impl Solver for Sor {
    fn spec(&self) -> Spec {
        let spec = Spec::new(ENTRY.name).with("order", ORDERS[self.order]);
        match self.omega {
            None => spec.with("omega", "auto"),
            Some(omega) => spec.with("omega", omega),
        }
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = state::linear(problem, grid, ENTRY.name)?;
        // Lanczos needs five arrays for a while.
        let arrays = if self.omega.is_none() { 5 } else { self.step(1.0, true).arrays() };
        let values = state::system_values(problem, grid) + arrays * state::array_values(problem, grid);
        Ok(Need { bytes: 8 * values, uses_initial: true, discrete: true })
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let state = State::start(task, ENTRY.name)?;
        let omega = self.omega.unwrap_or_else(|| {
            let ends = spectrum::ends(state.discrete, &state.operator);
            meter.charge(ends.flops);
            best(ends.smallest)
        });
        let step = self.step(omega, state.operator.layout().has_odd_seam());
        Ok(Box::new(Stationary::new(state, step)))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        _meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let omega = f64::from_bits(from.counter("omega")?);
        let state = State::resume(task, from, ENTRY.name)?;
        let step = self.step(omega, state.operator.layout().has_odd_seam());
        Ok(Box::new(Stationary::new(state, step)))
    }
}

#[cfg(test)]
mod tests;
