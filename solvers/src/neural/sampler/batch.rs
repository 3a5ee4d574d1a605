//! The points of a step, and all that the loss compares with there.

use std::ops::Range;

use modewise_problems::Problem;
use rayon::prelude::*;

use crate::neural::{
    boundary::{Built, Local, Trial},
    kink::{Jump, Kink},
    loss::{Equation, Sampled},
};

/// Points and what the loss compares with there.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Batch {
    /// Coordinates inside, point by point.
    pub points: Vec<f64>,
    /// f or the target there.
    pub data: Vec<f64>,
    /// What each counts.
    pub weights: Vec<f64>,
    /// [`Equation::numbers`] a point where the coefficients vary, otherwise empty.
    pub coefficients: Vec<f64>,
    /// Coordinates on the boundary.
    pub sides: Vec<f64>,
    /// The Dirichlet data there.
    pub side_data: Vec<f64>,
    /// What each counts.
    pub side_weights: Vec<f64>,
    /// a and v of au + v·∇u = g there, where any is not 1 and 0; otherwise empty.
    pub side_operators: Vec<f64>,
    /// G and ω inside and on the boundary, where data are built in; otherwise empty.
    pub built: [Vec<Built>; 2],
    /// |φ| there, where a network sees it; otherwise empty.
    pub seen: [Vec<Local>; 2],
    /// Of the points on the boundary, the last ones that are on the interface instead.
    pub jumps: usize,
}

impl Batch {
    /// Some of the points inside, in `d` axes.
    pub fn inside(&self, range: Range<usize>, d: usize) -> Sampled<'_> {
        let numbers = if self.coefficients.is_empty() { 0 } else { Equation::numbers(d) };
        Sampled {
            points: &self.points[range.start * d..range.end * d],
            coefficients: &self.coefficients[range.start * numbers..range.end * numbers],
            weights: &self.weights[range.clone()],
            built: some(&self.built[0], &range),
            seen: some(&self.seen[0], &range),
            jumps: 0,
            data: &self.data[range],
        }
    }

    /// Some of those on the boundary.
    pub fn side(&self, range: Range<usize>, d: usize) -> Sampled<'_> {
        Sampled {
            points: &self.sides[range.start * d..range.end * d],
            coefficients: match self.side_operators.len() / self.side_data.len().max(1) {
                0 => &[],
                numbers => &self.side_operators[range.start * numbers..range.end * numbers],
            },
            weights: &self.side_weights[range.clone()],
            built: some(&self.built[1], &range),
            seen: some(&self.seen[1], &range),
            jumps: range.end.saturating_sub(range.start.max(self.penalised())),
            data: &self.side_data[range],
        }
    }

    /// Points on the boundary that are not on the interface.
    pub fn penalised(&self) -> usize {
        self.side_data.len() - self.jumps
    }

    /// Whether points on the boundary ask for more than values of u.
    pub fn has_fluxes(&self) -> bool {
        !self.side_operators.is_empty()
    }

    /// Finds |φ| at its points, and flux jumps at those on the interface.
    pub(super) fn see(&mut self, problem: &dyn Problem, kink: &Kink) {
        let d = problem.domain().dimension();
        for (seen, points) in self.seen.iter_mut().zip([&self.points, &self.sides]) {
            seen.resize(points.len() / d, Local::constant(0.0));
            let each = seen.par_iter_mut().zip(points.par_chunks(d)).with_min_len(LEAST_BUILT);
            each.for_each(|(seen, x)| *seen = kink.at(x));
        }
        for i in self.penalised()..self.side_data.len() {
            let Jump { direction, seen } = kink.jump(problem, &self.sides[i * d..(i + 1) * d]);
            self.seen[1][i] = seen;
            self.side_operators[i * (1 + d) + 1..(i + 1) * (1 + d)].copy_from_slice(&direction[..d]);
        }
    }

    /// Finds G and ω at its points.
    pub fn build_in(&mut self, problem: &dyn Problem, trial: &Trial) {
        let d = problem.domain().dimension();
        let [inside, sides] = &mut self.built;
        inside.resize(self.data.len(), NOTHING);
        sides.resize(self.side_data.len(), NOTHING);
        for (built, points) in [(inside, &self.points), (sides, &self.sides)] {
            built.par_iter_mut().zip(points.par_chunks(d)).with_min_len(LEAST_BUILT).for_each(
                |(built, x)| {
                    *built = trial.at(problem, x);
                },
            );
        }
    }
}

/// The numbers of these points, where there are any.
fn some<'a, T>(numbers: &'a [T], range: &Range<usize>) -> &'a [T] {
    if numbers.is_empty() { &[] } else { &numbers[range.clone()] }
}

const NOTHING: Built = Built { lift: Local::constant(0.0), factor: Local::constant(1.0) };
/// Points at which a thread finds G and ω at least.
const LEAST_BUILT: usize = 64;
