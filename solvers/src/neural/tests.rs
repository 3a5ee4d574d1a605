//! Derivatives against dual numbers and finite differences, and what is refused.

mod gradients;
mod interfaces;
mod jets;
mod reference;
mod runs;
pub(super) mod structures;
mod trials;

use std::num::NonZeroU64;

use modewise_problems::{Discrete, Domain, Field, Grid, Points, Problem, Spec, catalog};

use super::loss::Loss;
use crate::{Initial, Iteration, Meter, Sites, Snapshot, Status, Task, registry};

/// A problem with data on the boundary that are not zero.
#[derive(Debug)]
pub(super) struct Tilted(Domain);

impl Tilted {
    fn new(dimension: usize) -> Self {
        Self(Domain::dirichlet(&[[-1.0, 1.5], [0.0, 1.0]][..dimension]))
    }
}

impl Problem for Tilted {
    fn spec(&self) -> Spec {
        Spec::new("tilted")
    }
    fn title(&self) -> String {
        String::new()
    }
    fn domain(&self) -> &Domain {
        &self.0
    }
    fn source(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| 1.0 + x.iter().map(|x| (3.0 * x).sin()).sum::<f64>());
    }
    fn boundary(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| 0.3 + 0.5 * x[0] - 0.2 * x[0] * x[x.len() - 1] * f64::from(x.len() > 1));
    }
    fn exact(&self, _: Points<'_>, _: &mut [f64]) -> bool {
        false
    }
    fn wave_number(&self) -> Option<f64> {
        None
    }
}

#[test]
fn kinks_are_refused_for_the_strong_form() {
    let problem = catalog::build(&"fprinciple-1d".parse().unwrap()).unwrap();
    for sigma in ["relu", "srelu"] {
        let spec = format!("dnn,loss=residual,activation={sigma}").parse().unwrap();
        let error = registry::build(&spec).unwrap().check(problem.as_ref(), None).unwrap_err().to_string();
        assert!(error.contains("use loss=ritz"), "{error}");
    }
}
