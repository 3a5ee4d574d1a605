//! Stationary methods: every step is the same sweep over the unknowns, or two of them. What the live runs
//! of Jacobi, Gauss–Seidel and SOR have in common.

use std::num::NonZeroU64;

use super::{
    state::State,
    sweep::{
        colours::{self, Order, Workspace},
        lexicographic::{self, Direction},
        wavefront::Wavefront,
    },
};
use crate::{Iteration, Meter, Progress, Sites, Snapshot, SolverError, memory::Buffer};

/// What one step does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Step {
    /// A sweep of ω-Jacobi.
    Jacobi(f64),
    /// Gauss–Seidel, over-relaxed by ω if there is one: red, then black.
    RedBlack(Option<f64>),
    /// The same from the first unknown to the last.
    Lexicographic(Option<f64>),
    /// Gauss–Seidel from the first unknown to the last and back.
    Symmetric,
}

impl Step {
    /// Arrays of the layout that a run needs besides the system.
    pub fn arrays(self) -> u64 {
        if let Self::RedBlack(_) = self { 0 } else { 1 }
    }
}

/// What sweeps write to.
enum Target {
    /// Another array, several sweeps in one pass over memory.
    Waves(Buffer<f64>, Wavefront<f64>),
    /// Another array.
    Next(Buffer<f64>, lexicographic::Scratch<f64>),
    /// The same.
    Place(Workspace<f64>),
}

/// A live run.
pub(crate) struct Stationary<'p> {
    state: State<'p>,
    step: Step,
    target: Target,
    flops: f64,
}

impl<'p> Stationary<'p> {
    /// `step` by step from `state`.
    pub fn new(state: State<'p>, step: Step) -> Self {
        let layout = state.operator.layout();
        let target = match step {
            Step::RedBlack(_) => Target::Place(Workspace::new(layout)),
            // Copies bring the boundary values along, which sweeps do not write.
            Step::Jacobi(_) => Target::Waves(state.u.clone(), Wavefront::new(layout)),
            _ => Target::Next(state.u.clone(), lexicographic::Scratch::new(layout)),
        };
        // A plain Gauss–Seidel sweep is one of ω-Jacobi without (1 − ω)u and its addition.
        let (pass, plain) = (state.operator.pass_flops(), 2.0 * layout.count() as f64);
        let flops = match step {
            Step::Jacobi(_) | Step::RedBlack(Some(_)) | Step::Lexicographic(Some(_)) => pass,
            Step::RedBlack(None) | Step::Lexicographic(None) => pass - plain,
            Step::Symmetric => 2.0 * (pass - plain),
        };
        Self { state, step, target, flops }
    }

    fn steps(&mut self, count: u64) {
        if let (Target::Waves(next, waves), Step::Jacobi(omega)) = (&mut self.target, self.step) {
            let State { operator, u, f, .. } = &mut self.state;
            return waves.sweep(operator, omega, count, u, f, next);
        }
        for _ in 0..count {
            self.sweep();
        }
    }

    fn sweep(&mut self) {
        let State { operator, u, f, .. } = &mut self.state;
        match (&mut self.target, self.step) {
            (Target::Place(work), step) => {
                let omega = if let Step::RedBlack(omega) = step { omega } else { None };
                colours::sweep(operator, Order::RedBlack, omega, u, f, work);
            }
            // Waves are for Jacobi alone.
            (Target::Waves(..), _) => {}
            (Target::Next(next, scratch), step) => {
                let omega = if let Step::Lexicographic(Some(omega)) = step { omega } else { 1.0 };
                let both = [Direction::Forward, Direction::Backward];
                for direction in &both[..if step == Step::Symmetric { 2 } else { 1 }] {
                    lexicographic::sweep(operator, *direction, omega, u, f, next, scratch);
                    std::mem::swap(u, next);
                }
            }
        }
    }
}

impl Iteration for Stationary<'_> {
    fn advance(&mut self, most: NonZeroU64, meter: &mut Meter) -> Result<Progress, SolverError> {
        self.steps(most.get());
        meter.charge(most.get() as f64 * self.flops);
        Ok(Progress::running(most.get()))
    }

    fn sample(&self, sites: &Sites<'_>, out: &mut [f64], _meter: &mut Meter) -> Result<(), SolverError> {
        self.state.sample(sites, out)
    }

    fn remedy(&self) -> Option<&'static str> {
        Some(match self.step {
            Step::Jacobi(_) => "a smaller omega, at most 1",
            _ => "a smaller omega, or auto",
        })
    }

    fn snapshot(&self) -> Result<Snapshot, SolverError> {
        let mut snapshot = self.state.snapshot();
        if let Step::RedBlack(Some(omega)) | Step::Lexicographic(Some(omega)) = self.step {
            // Found by an estimate, perhaps: a run goes on with the same.
            snapshot.counters.insert("omega".into(), omega.to_bits());
        }
        Ok(snapshot)
    }
}

#[cfg(test)]
mod tests;
