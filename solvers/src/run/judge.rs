//! Whether a run goes on: tolerances, budgets, the rounding floor and divergence.

use modewise_problems::Errors;

use super::Outcome;
use crate::StopRule;

/// What the judge looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub step: u64,
    pub seconds: f64,
    pub work_units: f64,
    pub errors: Option<Errors>,
    pub residual: Option<f64>,
    pub residual_floor: f64,
    pub size: f64,
    pub size_limit: f64,
}

/// The smallest residual so far and when it was seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Memory {
    /// The smallest relative residual.
    pub best_residual: f64,
    /// Its step.
    pub best_step: u64,
}

pub(super) struct Judge<'a> {
    stop: &'a StopRule,
    memory: Memory,
}

/// The residual is at its floor when rounding explains it and no smaller one was seen for this many
/// steps, or for a tenth of all steps.
const FLOOR_PATIENCE: u64 = 5;

impl<'a> Judge<'a> {
    pub fn new(stop: &'a StopRule, memory: Option<Memory>) -> Self {
        Self { stop, memory: memory.unwrap_or(Memory { best_residual: f64::MAX, best_step: 0 }) }
    }

    pub fn memory(&self) -> Memory {
        self.memory
    }

    /// Whether any tolerance can hold for this run at all: networks have no residual.
    pub fn is_applicable(&self, state: &State) -> bool {
        (self.stop.rtol.is_some() && state.residual.is_some())
            || (self.stop.needs_reference() && state.errors.is_some())
    }

    pub fn budget_is_spent(&self, state: &State) -> bool {
        self.stop.steps.is_some_and(|steps| state.step >= steps)
            || self.stop.seconds.is_some_and(|seconds| state.seconds >= seconds)
            || self.stop.work.is_some_and(|work| state.work_units >= work)
    }

    /// The verdict on a freshly measured state; `None` to go on.
    pub fn verdict(&mut self, state: &State, finished: Option<()>) -> Option<(Outcome, Option<String>)> {
        if state.size.is_nan() || state.size > state.size_limit {
            let what = if state.size.is_finite() {
                format!("‖u‖∞ = {:.1e} exceeds {:.0e}", state.size, state.size_limit)
            } else {
                "u is not a finite number".to_string()
            };
            let advice = format!(
                "{what} at step {}; try a smaller damping omega (at most 1 for jacobi) or a smaller learning rate lr",
                state.step
            );
            return Some((Outcome::Diverged, Some(advice)));
        }
        let holds = |tolerance: Option<f64>, value: Option<f64>| {
            tolerance.zip(value).is_some_and(|(tolerance, value)| value <= tolerance)
        };
        if holds(self.stop.rtol, state.residual)
            || holds(self.stop.error_l2, state.errors.map(|errors| errors.l2))
            || holds(self.stop.error_max, state.errors.map(|errors| errors.max))
        {
            return Some((Outcome::Converged, None));
        }
        if self.stop.has_tolerance() && self.is_at_floor(state) {
            let advice = format!(
                "the residual stays at {:.1e}, which is rounding on this grid; ask for a larger tolerance",
                self.memory.best_residual
            );
            return Some((Outcome::Floor, Some(advice)));
        }
        let missed = self.stop.asked && self.stop.has_tolerance();
        if finished.is_some() {
            let advice = "the method is through and cannot improve its answer; ask for a larger tolerance";
            return Some(if missed { (Outcome::Floor, Some(advice.into())) } else { (Outcome::Done, None) });
        }
        if self.budget_is_spent(state) {
            let advice = if self.is_applicable(state) {
                "the budget was spent before a tolerance was reached; give more steps, or a faster method"
            } else {
                "networks have no residual, so rtol cannot end their run; ask for error_l2 or error_max"
            };
            return Some(if missed { (Outcome::Budget, Some(advice.into())) } else { (Outcome::Done, None) });
        }
        None
    }

    fn is_at_floor(&mut self, state: &State) -> bool {
        let Some(residual) = state.residual else { return false };
        if residual < self.memory.best_residual {
            self.memory = Memory { best_residual: residual, best_step: state.step };
        }
        let patience = FLOOR_PATIENCE.max(state.step / 10);
        residual <= state.residual_floor && state.step - self.memory.best_step >= patience
    }
}
