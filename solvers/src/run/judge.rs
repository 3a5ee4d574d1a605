//! Whether a run goes on: tolerances, budgets, the rounding floor and divergence.

use modewise_problems::Errors;

use super::Outcome;
use crate::{Status, StopRule};

/// What the judge looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub step: u64,
    pub seconds: f64,
    pub work_units: f64,
    pub errors: Option<Errors>,
    pub residual: Option<f64>,
    /// What the method itself says its residual is, after a step that was not looked at.
    pub claimed_residual: Option<f64>,
    pub residual_floor: f64,
    pub size: f64,
    pub size_limit: f64,
    /// What the method has to say to one whose run diverges.
    pub remedy: Option<&'static str>,
}

/// How small the residual has been, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Memory {
    /// The smallest relative residual.
    pub best_residual: f64,
    /// Its step.
    pub best_step: u64,
    /// The latest that was smaller than the one before it in this place by a hundredth.
    pub lower_residual: f64,
    /// Its step.
    pub lower_step: u64,
}

impl Default for Memory {
    fn default() -> Self {
        Self { best_residual: f64::MAX, best_step: 0, lower_residual: f64::MAX, lower_step: 0 }
    }
}

pub(super) struct Judge<'a> {
    stop: &'a StopRule,
    memory: Memory,
}

/// The residual is at its floor when rounding explains it and no smaller one was seen for this many
/// steps, or for a tenth of all steps.
const FLOOR_PATIENCE: u64 = 5;
/// It is there too when it stays within this factor of what rounding explains, and has not fallen by
/// a hundredth for so many steps, or for a fifth of all steps: some methods gather rounding over a step,
/// and their residual stops a little higher. A method that converges by a constant factor a step, however
/// slow, falls by more than that in a fifth of the steps that brought it down so far.
const STALL_FACTOR: f64 = 100.0;
const STALL_PATIENCE: u64 = 10;
const STALL_FALL: f64 = 0.99;
/// A residual that a method reports and that has grown by this since the last look is looked into.
const CLAIM_GROWTH: f64 = 1e3;

impl<'a> Judge<'a> {
    pub fn new(stop: &'a StopRule, memory: Option<Memory>) -> Self {
        Self { stop, memory: memory.unwrap_or_default() }
    }

    pub fn memory(&self) -> Memory {
        self.memory
    }

    /// Whether any tolerance can hold for this run at all: networks have no residual.
    pub fn is_applicable(&self, state: &State) -> bool {
        (self.stop.rtol.is_some() && state.residual.is_some())
            || (self.stop.needs_reference() && state.errors.is_some())
    }

    /// Whether the step has to be looked at before the run can go on: always, unless only the residual
    /// matters and the method itself reports one that is well above tolerance and floor.
    pub fn has_to_see(&self, state: &State) -> bool {
        let Some(claim) = state.claimed_residual.filter(|_| !self.stop.needs_reference()) else {
            return true;
        };
        let low = self.stop.rtol.unwrap_or(0.0).max(STALL_FACTOR * state.residual_floor);
        let high = CLAIM_GROWTH * state.residual.unwrap_or(1.0);
        // True for not-a-number as well.
        !(claim > low && claim < high)
    }

    pub fn budget_is_spent(&self, state: &State) -> bool {
        self.stop.steps.is_some_and(|steps| state.step >= steps)
            || self.stop.seconds.is_some_and(|seconds| state.seconds >= seconds)
            || self.stop.work.is_some_and(|work| state.work_units >= work)
    }

    /// The verdict on a freshly measured state; `None` to go on.
    pub fn verdict(&mut self, state: &State, through: Option<Status>) -> Option<(Outcome, Option<String>)> {
        if state.size.is_nan() || state.size > state.size_limit {
            let what = if state.size.is_finite() {
                format!("‖u‖∞ = {:.1e} exceeds {:.0e}", state.size, state.size_limit)
            } else {
                "u is not a finite number".to_string()
            };
            let remedy = state.remedy.unwrap_or(match state.residual {
                Some(_) => "another solver, or its settings as they are by default",
                None => "a smaller learning rate lr, and smaller scales and weights at the start",
            });
            let advice = format!("{what} at step {}; try {remedy}", state.step);
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
        if through == Some(Status::Plateau) {
            let advice = "the loss does not fall any more (plateau=); \
                          try another optimizer, more parameters or more points";
            return Some((if missed { Outcome::Plateau } else { Outcome::Done }, Some(advice.into())));
        }
        if through == Some(Status::Spent) {
            let advice = "the method has done the steps that its own settings give it before a tolerance was reached; \
                          give it more, or leave the number of the last optimizer's steps away";
            return Some(if missed { (Outcome::Budget, Some(advice.into())) } else { (Outcome::Done, None) });
        }
        if through.is_some() {
            let advice = if state.residual.is_some() {
                "the method is through and cannot improve its answer; ask for a larger tolerance"
            } else {
                "the method is through and cannot improve its answer; give it more points and parameters, or ask for \
                 a larger tolerance"
            };
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
        let memory = &mut self.memory;
        if residual < memory.best_residual {
            (memory.best_residual, memory.best_step) = (residual, state.step);
        }
        if residual < STALL_FALL * memory.lower_residual {
            (memory.lower_residual, memory.lower_step) = (residual, state.step);
        }
        let rounding = residual <= state.residual_floor
            && state.step - memory.best_step >= FLOOR_PATIENCE.max(state.step / 10);
        let stalled = residual <= STALL_FACTOR * state.residual_floor
            && state.step - memory.lower_step >= STALL_PATIENCE.max(state.step / 5);
        rounding || stalled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOR: f64 = 1e-13;

    /// The step at which a run whose residuals are `residual(step)` ends, and how.
    fn end_of(rule: &str, residual: impl Fn(u64) -> f64) -> (u64, Outcome) {
        let stop: StopRule = rule.parse().unwrap();
        let mut judge = Judge::new(&stop, None);
        (0..)
            .find_map(|step| {
                let verdict = judge.verdict(&state(step, residual(step)), None);
                verdict.map(|(outcome, _)| (step, outcome))
            })
            .unwrap()
    }

    fn state(step: u64, residual: f64) -> State {
        State {
            step,
            seconds: 0.0,
            work_units: 0.0,
            errors: None,
            residual: Some(residual),
            claimed_residual: None,
            residual_floor: FLOOR,
            size: 1.0,
            size_limit: 1e6,
            remedy: None,
        }
    }

    #[test]
    fn a_floor_is_named_wherever_it_lies_and_slow_convergence_is_none() {
        // A factor 1/4 a step down to a floor below the estimate, at it, and 50 times above it.
        for floor in [1e-14, 1e-13, 5e-12] {
            let falling =
                |step: u64| (0.25f64.powi(step as i32)).max(floor * (1.0 + 0.003 * (step % 3) as f64));
            let (step, outcome) = end_of("rtol=1e-16,steps=1000", falling);
            assert_eq!(outcome, Outcome::Floor);
            assert!((25..40).contains(&step), "{floor:e}: {step}");
        }
        // Stalled far above what rounding explains: that is no floor.
        assert_eq!(end_of("rtol=1e-16,steps=100", |_| 1e-9), (100, Outcome::Budget));
        // 30 000 steps a decade: slow all the way down, and still converging.
        let slow = |step: u64| 10f64.powf(step as f64 / -30_000.0);
        assert_eq!(end_of("rtol=2e-14,steps=1e6", slow).1, Outcome::Converged);
        // A residual that goes up and down on its way is not taken for one that stands still.
        let rough = |step: u64| 0.8f64.powi(step as i32) * if step % 7 < 5 { 30.0 } else { 1.0 };
        assert_eq!(end_of("rtol=1e-15,steps=1000", rough).1, Outcome::Converged);
    }

    #[test]
    fn a_reported_residual_is_believed_only_well_above_tolerance_and_floor() {
        let stop: StopRule = "rtol=1e-8".parse().unwrap();
        let judge = Judge::new(&stop, None);
        let sees = |claim| judge.has_to_see(&State { claimed_residual: claim, ..state(3, 1e-3) });
        assert!(sees(None) && sees(Some(1e-8)) && sees(Some(f64::NAN)) && sees(Some(2.0)));
        assert!(!sees(Some(1e-4)));
        let errors: StopRule = "rtol=1e-8,error_l2=1e-3".parse().unwrap();
        let state = State { claimed_residual: Some(1e-4), ..state(3, 1e-3) };
        assert!(Judge::new(&errors, None).has_to_see(&state));
        let below: StopRule = "rtol=1e-16".parse().unwrap();
        assert!(
            Judge::new(&below, None).has_to_see(&State { claimed_residual: Some(50.0 * FLOOR), ..state })
        );
    }
}
