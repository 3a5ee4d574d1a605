//! What trained networks leave of a problem: a problem again.

use std::sync::Arc;

use crate::neural::{
    loss::{self, Equation},
    sampler,
    trained::{Ask, Trained, ZERO},
};
use modewise_problems::{Coefficient, Domain, Points, Problem, Spec};

/// A stage that is done: its network, and its c.
pub(super) type Stage = (Arc<Trained>, f64);

/// Σ cu at `points`, added to `out`; data that stages have built in are those of `problem`, or zero.
pub(super) fn add_values(problem: &dyn Problem, stages: &[Stage], points: &[f64], out: &mut [f64]) {
    let mut sums = vec![ZERO; out.len()];
    stages.iter().for_each(|(stage, scale)| stage.add(problem, Ask::Values, *scale, points, &mut sums));
    out.iter_mut().zip(sums).for_each(|(out, sum)| *out += sum.value);
}

/// Flops of the residual at a point.
pub(super) fn flops(stages: &[Stage]) -> f64 {
    stages.iter().map(|(stage, _)| stage.network.flops(2 + stage.network.dimension(), false)).sum()
}

/// The equation of e/c, u = Σ + e.
#[derive(Debug)]
pub(super) struct Correction<'p> {
    pub problem: &'p dyn Problem,
    pub stages: Vec<Stage>,
    /// The equation's constant coefficients.
    pub equation: Equation,
    /// c.
    pub scale: f64,
}

impl Problem for Correction<'_> {
    fn spec(&self) -> Spec {
        self.problem.spec()
    }
    fn title(&self) -> String {
        format!("what {} networks leave of {}", self.stages.len(), self.problem.title())
    }
    fn domain(&self) -> &Domain {
        self.problem.domain()
    }
    fn permittivity(&self) -> Coefficient {
        self.problem.permittivity()
    }
    fn permittivity_at(&self, points: Points<'_>, out: &mut [f64]) {
        self.problem.permittivity_at(points, out);
    }
    fn screening(&self) -> Coefficient {
        self.problem.screening()
    }
    fn screening_at(&self, points: Points<'_>, out: &mut [f64]) {
        self.problem.screening_at(points, out);
    }

    /// r/c.
    fn source(&self, points: Points<'_>, out: &mut [f64]) {
        self.problem.source(points, out);
        let (coordinates, d) = (points.coordinates(), points.dimension());
        let mut sums = vec![ZERO; out.len()];
        let add = |(stage, scale): &Stage| stage.add(self.problem, Ask::Jets, *scale, coordinates, &mut sums);
        self.stages.iter().for_each(add);
        let varies = sampler::has_variable_coefficients(self.problem);
        let numbers = if varies { Equation::numbers(d) } else { 0 };
        let mut coefficients = vec![0.0; numbers * out.len()];
        sampler::coefficients(self.problem, coordinates, &mut coefficients);
        for (i, (f, sum)) in out.iter_mut().zip(&sums).enumerate() {
            let variable = varies.then(|| self.equation.with(&coefficients[i * numbers..(i + 1) * numbers]));
            *f = loss::residual(variable.as_ref().unwrap_or(&self.equation), *f, d, sum) / self.scale;
        }
    }

    /// (g − Σ)/c: zero to the last bit where all stages carry the data.
    fn boundary(&self, points: Points<'_>, out: &mut [f64]) {
        if self.stages.iter().any(|(stage, _)| stage.trial.is_some()) {
            out.fill(0.0);
            return;
        }
        let mut sums = vec![0.0; out.len()];
        add_values(self.problem, &self.stages, points.coordinates(), &mut sums);
        self.problem.boundary(points, out);
        out.iter_mut().zip(sums).for_each(|(g, sum)| *g = (*g - sum) / self.scale);
    }

    fn exact(&self, _: Points<'_>, _: &mut [f64]) -> bool {
        false
    }
    fn wave_number(&self) -> Option<f64> {
        None
    }
}
