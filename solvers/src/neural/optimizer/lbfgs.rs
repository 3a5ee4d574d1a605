//! L-BFGS: BFGS that remembers a few steps instead of a matrix.
//!
//! BFGS keeps an approximation H of the inverse Hessian that satisfies the secant equation Hy = s for the
//! last step s = Δθ and change of the gradient y = Δg:
//!
//! ```text
//! H ← (I − ρsyᵀ) H (I − ρysᵀ) + ρssᵀ       ρ = 1/yᵀs
//! ```
//!
//! Here the last [`MEMORY`] pairs are kept and −Hg is computed from them by the two-loop recursion, from
//! H₀ = (sᵀy/yᵀy) I. A strong Wolfe search along it keeps yᵀs > 0, so H stays positive definite.
//!
//! Cost of a step: 4 · memory · n flops and the evaluations of the search, one in most steps. Good where n
//! is large and the gradient exact, from a start that Adam has brought near; the loss has to be the same
//! function at every step (`resample=0`).
//!
//! Nocedal, *Updating quasi-Newton matrices with limited storage* (1980); Nocedal and Wright, algorithm 7.4.

use super::{
    Optimizer, Step,
    function::Function,
    vector,
    wolfe::{Line, Trial},
};
use crate::{Snapshot, SolverError};

/// Pairs kept.
const MEMORY: usize = 20;

/// The live method.
#[derive(Debug)]
pub(super) struct Lbfgs {
    line: Line,
    gradient: Vec<f64>,
    direction: Vec<f64>,
    /// s, y of the pairs, each n long, in a ring.
    steps: Vec<f64>,
    changes: Vec<f64>,
    /// 1/yᵀs.
    inverse: Vec<f64>,
    weights: Vec<f64>,
    /// Pairs seen so far.
    pairs: usize,
    /// L at the current parameters, whose gradient is `gradient`; not a number before the first step.
    value: f64,
}

impl Lbfgs {
    pub fn new(len: usize) -> Self {
        Self {
            line: Line::new(len),
            gradient: vec![0.0; len],
            direction: vec![0.0; len],
            steps: vec![0.0; MEMORY * len],
            changes: vec![0.0; MEMORY * len],
            inverse: vec![0.0; MEMORY],
            weights: vec![0.0; MEMORY],
            pairs: 0,
            value: f64::NAN,
        }
    }

    /// Bytes of a run with `len` parameters.
    pub fn bytes(len: usize) -> f64 {
        8.0 * len as f64 * (2 * MEMORY + 4) as f64
    }

    /// Where pair number `pair` lies in the ring.
    fn slot(&self, pair: usize) -> std::ops::Range<usize> {
        let len = self.gradient.len();
        pair % MEMORY * len..(pair % MEMORY + 1) * len
    }

    /// d = −Hg by the two-loop recursion.
    fn descend(&mut self) {
        let oldest = self.pairs.saturating_sub(MEMORY);
        for (d, g) in self.direction.iter_mut().zip(&self.gradient) {
            *d = -g;
        }
        for pair in (oldest..self.pairs).rev() {
            let slot = self.slot(pair);
            let weight =
                self.inverse[pair % MEMORY] * vector::dot(&self.steps[slot.clone()], &self.direction);
            self.weights[pair % MEMORY] = weight;
            vector::add_scaled(&mut self.direction, -weight, &self.changes[slot]);
        }
        if let Some(newest) = self.pairs.checked_sub(1) {
            let y = &self.changes[self.slot(newest)];
            let scale = 1.0 / (self.inverse[newest % MEMORY] * vector::dot(y, y));
            self.direction.iter_mut().for_each(|d| *d *= scale);
        }
        for pair in oldest..self.pairs {
            let slot = self.slot(pair);
            let back =
                self.inverse[pair % MEMORY] * vector::dot(&self.changes[slot.clone()], &self.direction);
            let weight = self.weights[pair % MEMORY] - back;
            vector::add_scaled(&mut self.direction, weight, &self.steps[slot]);
        }
    }

    /// Keeps the pair of the step to where the line search ended, if its curvature is positive.
    fn remember(&mut self, theta: &[f64]) {
        let slot = self.slot(self.pairs);
        difference(&mut self.steps[slot.clone()], &self.line.theta, theta);
        difference(&mut self.changes[slot.clone()], &self.line.gradient, &self.gradient);
        let curvature = vector::dot(&self.steps[slot.clone()], &self.changes[slot]);
        if curvature > 0.0 {
            self.inverse[self.pairs % MEMORY] = 1.0 / curvature;
            self.pairs += 1;
        }
    }
}

/// out = a − b.
pub(super) fn difference(out: &mut [f64], a: &[f64], b: &[f64]) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = a - b;
    }
}

/// The first length a search tries: a unit step, or where H knows no scale yet a small one.
pub(super) fn first_length(has_curvature: bool, gradient: &[f64]) -> f64 {
    if has_curvature { 1.0 } else { (1.0 / vector::norm(gradient)).min(1.0) * 0.1 }
}

impl Optimizer for Lbfgs {
    fn step(&mut self, function: &mut dyn Function, theta: &mut [f64]) -> Result<Step, SolverError> {
        if self.value.is_nan() {
            self.value = function.gradient(theta, &mut self.gradient);
        }
        let kept = self.pairs.min(MEMORY);
        function.charge((8 * kept + 6) as f64 * theta.len() as f64);
        loop {
            self.descend();
            let slope = vector::dot(&self.gradient, &self.direction);
            let start = Trial { alpha: 0.0, value: self.value, slope };
            let first = first_length(self.pairs > 0, &self.gradient);
            let found = (slope < 0.0)
                .then(|| self.line.search(function, theta, &self.direction, start, first))
                .flatten();
            if let Some(found) = found {
                self.remember(theta);
                theta.copy_from_slice(&self.line.theta);
                std::mem::swap(&mut self.gradient, &mut self.line.gradient);
                let before = std::mem::replace(&mut self.value, found.value);
                return Ok(Step::moved(before, found.value));
            }
            if self.pairs == 0 {
                return Ok(Step::stuck(self.value));
            }
            // Once more along the gradient, without a memory that may mislead.
            self.pairs = 0;
        }
    }

    fn forget(&mut self) {
        self.value = f64::NAN;
    }

    fn snapshot(&self, into: &mut Snapshot) {
        let arrays = [
            ("gradient", &self.gradient),
            ("steps", &self.steps),
            ("changes", &self.changes),
            ("inverse", &self.inverse),
        ];
        into.arrays.extend(arrays.map(|(name, array)| (name.to_string(), array.clone())));
        into.arrays.insert("value".into(), vec![self.value]);
        into.counters.insert("pairs".into(), self.pairs as u64);
    }

    fn restore(&mut self, from: &Snapshot) -> Result<(), SolverError> {
        for (name, array) in [
            ("gradient", &mut self.gradient),
            ("steps", &mut self.steps),
            ("changes", &mut self.changes),
            ("inverse", &mut self.inverse),
        ] {
            from.read(name, array)?;
        }
        self.value = from.array("value", 1)?[0];
        self.pairs = from.counter("pairs")? as usize;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::optimizer::testing::{Quadratic, Rosenbrock, minimise};

    #[test]
    fn rosenbrock_is_solved() {
        let mut theta = [-1.2, 1.0];
        let steps = minimise(&mut Lbfgs::new(2), &mut Rosenbrock::default(), &mut theta, 1e-20);
        assert!(steps < 60 && theta.iter().all(|x| (x - 1.0).abs() < 1e-9), "{steps}: {theta:?}");
    }

    /// With as many pairs as unknowns it is BFGS, which ends on a quadratic after n exact searches; inexact
    /// ones take a few more.
    #[test]
    fn a_quadratic_ends_superlinearly() {
        let n = 12;
        let mut theta = vec![1.0; n];
        let steps = minimise(&mut Lbfgs::new(n), &mut Quadratic::new(n), &mut theta, 1e-20);
        assert!(steps < 5 * n, "{steps}");
    }
}
