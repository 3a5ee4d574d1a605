//! Chebyshev's semi-iteration: Jacobi accelerated by the polynomial that is smallest on the spectrum.
//!
//! With the eigenvalues of D⁻¹A in [a, b], γ = 2/(a + b) and σ = (b − a)/(b + a),
//!
//! u_{k+1} = u_{k−1} + ω_{k+1}(u_k + γD⁻¹(f − Au_k) − u_{k−1}),
//! ω₁ = 1, ω₂ = 1/(1 − σ²/2), ω_{k+1} = 1/(1 − σ²ω_k/4).
//!
//! **Convergence.** Every mode inside [a, b] is reduced by 1/T_k(1/σ) ≈ 2((√κ − 1)/(√κ + 1))^k at least,
//! κ = b/a: O(n) steps, as many as conjugate gradients need on a spectrum without gaps, and without any scalar
//! product. Modes outside of [a, b] fall more slowly or grow; `lower` and `upper` choose which part of the
//! spectrum to damp, and [½, 2] or so makes a smoother of it.
//!
//! `auto` takes the ends of the spectrum in closed form where coefficients are constant, and from Lanczos'
//! method, widened a little, where they vary.
//!
//! **Cost.** Three flops an unknown more than ω-Jacobi: 12/9 of a work unit in 2-D, in one pass over memory.
//! Good where sums over all processors are expensive.
//!
//! Sources: Golub, Varga, *Numer. Math.* 3 (1961) 147; Golub, Van Loan, *Matrix Computations*, 4th ed. 2013,
//! §11.2.8.

use std::{num::NonZeroU64, sync::Arc};

use modewise_problems::{Grid, Parameter, Problem, Settings, Spec, SpecError};

use super::{
    spectrum,
    state::{self, State},
    sweep::accelerated::{self, Workspace},
};
use crate::{
    Iteration, Meter, Need, Progress, Sites, Snapshot, Solver, SolverError, Task, Unsupported,
    memory::Buffer, registry::Entry,
};

pub(crate) const ENTRY: Entry = Entry {
    name: "chebyshev",
    summary: "Chebyshev semi-iteration: Jacobi with the best polynomial on a known spectrum; no scalar products",
    parameters: &[
        Parameter {
            key: "lower",
            default: "auto",
            unit: "",
            help: "lower end of the eigenvalues of D⁻¹A that are damped; auto is the smallest",
        },
        Parameter {
            key: "upper",
            default: "auto",
            unit: "",
            help: "upper end; auto is the largest, below 2",
        },
    ],
    build,
};

/// The recipe; none for the end of the spectrum.
#[derive(Debug, Clone, PartialEq)]
pub struct Chebyshev {
    lower: Option<f64>,
    upper: Option<f64>,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    let end = |key: &str| match settings.text(key) {
        Ok("auto") => Ok(None),
        _ => settings.number(key, "`auto` or a positive number", |end| end > 0.0).map(Some),
    };
    let (lower, upper) = (end("lower")?, end("upper")?);
    if lower.zip(upper).is_some_and(|(lower, upper)| lower > upper) {
        return Err(settings.bad("lower", "at most `upper`"));
    }
    Ok(Arc::new(Chebyshev { lower, upper }))
}

impl Solver for Chebyshev {
    fn spec(&self) -> Spec {
        let mut spec = Spec::new(ENTRY.name);
        for (key, end) in [("lower", self.lower), ("upper", self.upper)] {
            spec = match end {
                None => spec.with(key, "auto"),
                Some(end) => spec.with(key, end),
            };
        }
        spec
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = state::linear(problem, grid, ENTRY.name)?;
        // Lanczos needs five arrays for a while, the steps one.
        let arrays = if self.lower.is_some() && self.upper.is_some() { 1 } else { 5 };
        let values = state::system_values(problem, grid) + arrays * state::array_values(problem, grid);
        Ok(Need { bytes: 8 * values, uses_initial: true, discrete: true })
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let state = State::start(task, ENTRY.name)?;
        let [lower, upper] = match (self.lower, self.upper) {
            (Some(lower), Some(upper)) => [lower, upper],
            (lower, upper) => {
                let ends = spectrum::ends(state.discrete, &state.operator);
                meter.charge(ends.flops);
                // One end that is given may lie beyond the other that is found.
                let lower = lower.unwrap_or(ends.smallest);
                let upper = upper.unwrap_or(ends.largest);
                [lower.min(upper), upper.max(lower)]
            }
        };
        let before = state.u.clone();
        Ok(Box::new(Steps::new(state, before, Factors { lower, upper, omega: 1.0 })))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        _meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        let state = State::resume(task, from, ENTRY.name)?;
        let before = state.array_from(from, "before")?;
        let number = |name: &str| from.counter(name).map(f64::from_bits);
        let factors = Factors { lower: number("lower")?, upper: number("upper")?, omega: number("omega")? };
        Ok(Box::new(Steps::new(state, before, factors)))
    }
}

/// The interval and the ω of the next step.
#[derive(Debug, Clone, Copy)]
struct Factors {
    lower: f64,
    upper: f64,
    omega: f64,
}

impl Factors {
    fn gamma(self) -> f64 {
        2.0 / (self.lower + self.upper)
    }

    /// ω₂ after ω₁ = 1, ω_{k+1} after ω_k.
    fn next_omega(self) -> f64 {
        let sigma = (self.upper - self.lower) / (self.upper + self.lower);
        // The two formulas differ by the factor 2 of T₁ = x against T_{k+1} = 2xT_k − T_{k−1}.
        let share = if self.omega == 1.0 { 0.5 } else { 0.25 * self.omega };
        1.0 / (1.0 - sigma * sigma * share)
    }
}

/// A live run.
struct Steps<'p> {
    state: State<'p>,
    before: Buffer<f64>,
    factors: Factors,
    work: Workspace<f64>,
}

impl<'p> Steps<'p> {
    fn new(state: State<'p>, before: Buffer<f64>, factors: Factors) -> Self {
        let work = Workspace::new(state.operator.layout());
        Self { state, before, factors, work }
    }
}

impl Iteration for Steps<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        let State { operator, u, f, .. } = &mut self.state;
        for _ in 0..most.get() {
            let (gamma, omega) = (self.factors.gamma(), self.factors.omega);
            accelerated::step(operator, gamma, omega, u, f, &mut self.before, &mut self.work);
            std::mem::swap(u, &mut self.before);
            self.factors.omega = self.factors.next_omega();
        }
        let flops = operator.pass_flops() + 3.0 * operator.layout().count() as f64;
        meter.charge(most.get() as f64 * flops);
        Ok(Progress::running(most.get()))
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], _meter: &mut Meter) -> Result<(), SolverError> {
        self.state.sample(sites, out)
    }

    fn remedy(&self) -> Option<&'static str> {
        Some("the bounds of the spectrum as they are by default, at auto")
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        let mut snapshot = self.state.snapshot();
        snapshot.arrays.insert("before".into(), self.before.to_vec());
        let Factors { lower, upper, omega } = self.factors;
        for (name, number) in [("lower", lower), ("upper", upper), ("omega", omega)] {
            snapshot.counters.insert(name.into(), number.to_bits());
        }
        Ok(snapshot)
    }
}

#[cfg(test)]
mod tests;
