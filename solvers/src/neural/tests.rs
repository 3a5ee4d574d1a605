//! Derivatives against dual numbers and finite differences, and what is refused.

mod gradients;
mod jets;
mod reference;
mod runs;
pub(super) mod structures;

use std::num::NonZeroU64;

use modewise_problems::{Discrete, Domain, Field, Grid, Points, Problem, Spec, catalog};

use super::{boundary::Trial, loss::Loss};
use crate::{Initial, Iteration, Meter, Sites, Snapshot, Task, registry};

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
fn the_trial_function_carries_the_data_and_its_derivatives_are_right() {
    for dimension in [1, 2] {
        let problem = Tilted::new(dimension);
        let trial = Trial::new(&problem).unwrap();
        let h = 1e-4;
        for x in [[-0.3, 0.2], [1.1, 0.9]] {
            let x = &x[..dimension];
            for function in [Trial::lift, Trial::factor] {
                let here = function(&trial, x);
                let mut laplacian = 0.0;
                for axis in 0..dimension {
                    let at = |shift: f64| {
                        let mut x = x.to_vec();
                        x[axis] += shift;
                        function(&trial, &x).value
                    };
                    assert!(((at(h) - at(-h)) / (2.0 * h) - here.gradient[axis]).abs() < 1e-7);
                    laplacian += (at(h) - 2.0 * here.value + at(-h)) / (h * h);
                }
                assert!((laplacian - here.laplacian).abs() < 1e-6);
            }
        }
        let end = [1.5, 0.4];
        let mut data = [0.0];
        problem.boundary(Points::new(&end[..dimension], dimension), &mut data);
        assert!((trial.value(&end[..dimension], 1e6) - data[0]).abs() < 1e-15);
    }
    #[derive(Debug)]
    struct Curved(Tilted);
    impl Problem for Curved {
        fn spec(&self) -> Spec {
            self.0.spec()
        }
        fn title(&self) -> String {
            String::new()
        }
        fn domain(&self) -> &Domain {
            self.0.domain()
        }
        fn source(&self, _: Points<'_>, out: &mut [f64]) {
            out.fill(0.0);
        }
        fn boundary(&self, points: Points<'_>, out: &mut [f64]) {
            points.evaluate(out, |x| x[0] * x[0]);
        }
        fn exact(&self, _: Points<'_>, _: &mut [f64]) -> bool {
            false
        }
        fn wave_number(&self) -> Option<f64> {
            None
        }
    }
    let curved = Curved(Tilted::new(2));
    assert!(Trial::new(&curved).is_none());
    let dnn = registry::build(&"dnn".parse().unwrap()).unwrap();
    let error = dnn.check(&curved, None).unwrap_err().to_string();
    assert!(error.contains("boundary=penalty"), "{error}");
    let dnn = registry::build(&"dnn,boundary=penalty".parse().unwrap()).unwrap();
    assert!(dnn.check(&curved, None).is_ok());
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
