//! Derivatives against finite differences, and what is refused.

mod runs;

use std::num::NonZeroU64;

use modewise_problems::{Discrete, Domain, Field, Grid, Points, Problem, Reaction, Spec, catalog};

use super::{
    activation::{Activation, Rows},
    boundary::Trial,
    loss::{Equation, Loss, Objective},
    network::{Jet, Network},
    real::Dtype,
    sampler::{Batch, Sampler, Sampling, generator},
    trainer::Trainer,
};
use crate::{Initial, Iteration, Meter, Sites, Snapshot, Task, registry};

/// A problem with data on the boundary that are not zero.
#[derive(Debug)]
struct Tilted(Domain);

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

/// The parameters lie in a range where few arguments come near the kinks of σ, which are whole numbers.
fn parameters(network: &Network, seed: u64) -> Vec<f64> {
    super::init::Init::GlorotDouble.draw(
        network,
        &Tilted::new(network.dimension().min(2)),
        &mut generator(seed, 0),
    )
}

fn networks(dimension: usize, sigma: Activation) -> [Network; 2] {
    [
        Network::new(dimension, &[6, 5, 4], sigma, &[&[1.0, 2.0, 3.0]]),
        Network::new(dimension, &[4, 3], sigma, &[&[1.0], &[2.5]]),
    ]
}

/// Streams of the network at the points, by one pass.
fn streams(network: &Network, theta: &[f64], x: &[f64], rows: Rows) -> Vec<f64> {
    let mut jet = Jet::new(network, rows.stride);
    jet.x[..x.len()].copy_from_slice(x);
    network.forward(theta, rows, &mut jet);
    jet.out[..rows.columns()].to_vec()
}

#[test]
fn input_derivatives_are_those_of_finite_differences() {
    let n = 16;
    for sigma in Activation::ALL {
        for dimension in [1, 2, 3] {
            for network in networks(dimension, sigma) {
                let theta = parameters(&network, 3);
                let rows = Rows { points: n, gradients: dimension, laplacian: true, stride: 104 };
                let values = Rows { points: n, gradients: 0, laplacian: false, stride: 104 };
                let x: Vec<f64> =
                    (0..dimension * n).map(|i| (i as f64 * 0.618_033_988_75).fract() * 2.0 - 1.0).collect();
                let jets = streams(&network, &theta, &x, rows);
                let at = |axis: usize, shift: f64| {
                    let mut x = x.clone();
                    x[axis * n..(axis + 1) * n].iter_mut().for_each(|x| *x += shift);
                    streams(&network, &theta, &x, values)
                };
                // Sixth-order differences; the step is small enough that kinks are rarely straddled.
                let kinked = !sigma.is_smooth();
                let h = if kinked { 1e-4 } else { 5e-3 };
                let mut laplacian = vec![0.0; n];
                let mut agree = 0;
                for axis in 0..dimension {
                    let f: Vec<Vec<f64>> = (-3..=3).map(|k| at(axis, k as f64 * h)).collect();
                    for i in 0..n {
                        let d = |k: usize| f[3 + k][i] - f[3 - k][i];
                        let first = (45.0 * d(1) - 9.0 * d(2) + d(3)) / (60.0 * h);
                        let error = (first - jets[(1 + axis) * n + i]).abs();
                        agree += usize::from(error < 1e-7 * first.abs().max(1.0));
                        let s = |k: usize| f[3 + k][i] + f[3 - k][i];
                        laplacian[i] +=
                            (270.0 * s(1) - 27.0 * s(2) + 2.0 * s(3) - 490.0 * f[3][i]) / (180.0 * h * h);
                    }
                }
                let enough = if kinked { dimension * n * 8 / 10 } else { dimension * n };
                assert!(agree >= enough, "{sigma:?} {dimension}-D: {agree} gradients of {}", dimension * n);
                if sigma.has_second_derivative() {
                    let tolerance = if kinked { 1e-5 } else { 1e-6 };
                    let error = |i: usize| (laplacian[i] - jets[(1 + dimension) * n + i]).abs();
                    let agree =
                        (0..n).filter(|&i| error(i) < tolerance * laplacian[i].abs().max(1.0)).count();
                    let enough = if kinked { n * 6 / 10 } else { n };
                    assert!(agree >= enough, "{sigma:?} {dimension}-D: {agree} Laplacians of {n}");
                }
            }
        }
    }
}

fn batch(loss: Loss, problem: &dyn Problem, points: usize, penalty: bool) -> Batch {
    let grid = Grid::new(problem.domain().bounds(), &[8]).unwrap();
    let target = Field::from_batch(&grid, |points, out| points.evaluate(out, |x| x[0].cos()));
    let sampler = Sampler {
        loss,
        sampling: Sampling::Uniform,
        points,
        boundary_points: if penalty { 9 } else { 0 },
        resample: 1,
        seed: 5,
    };
    let mut batch = sampler.batch(problem, grid.nodes());
    sampler.fill(0, problem, Some(&target), &mut batch);
    batch
}

/// Loss and gradient.
fn gradient(trainer: &mut Trainer, theta: &[f64], batch: &Batch) -> (f64, Vec<f64>) {
    let terms = trainer.differentiate(theta, batch);
    let mut gradient = vec![0.0; theta.len()];
    trainer.gather(&mut gradient);
    (terms.interior + trainer.objective.beta * terms.boundary, gradient)
}

#[test]
fn parameter_gradients_are_those_of_finite_differences() {
    let mut checked = 0;
    for sigma in Activation::ALL {
        for loss in Loss::ALL {
            if loss == Loss::Residual && !sigma.has_second_derivative() {
                continue;
            }
            for dimension in [1, 2] {
                let problem = Tilted::new(dimension);
                for exact in [true, false] {
                    for network in networks(dimension, sigma) {
                        let theta = parameters(&network, 11);
                        // Few points where there are kinks, so that few parameters move one across.
                        let smooth = sigma.is_smooth();
                        let points = if smooth { 150 } else { 3 };
                        let batch = batch(loss, &problem, points, !exact);
                        let trial = exact.then(|| Trial::new(&problem).unwrap());
                        let reaction = if exact { Reaction::Sinh } else { Reaction::Linear };
                        let equation = Equation { reaction, ..Equation::constant(1.5, 2.5) };
                        let objective = Objective { loss, equation, trial, beta: 7.0 };
                        let mut trainer = Trainer::new(network, objective, &batch);
                        let (_, right) = gradient(&mut trainer, &theta, &batch);
                        let largest = right.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
                        let h = if smooth { 1e-3 } else { 1e-5 };
                        let mut misses = Vec::new();
                        for i in 0..theta.len() {
                            let mut at = |k: f64| {
                                let mut theta = theta.clone();
                                theta[i] += k * h;
                                gradient(&mut trainer, &theta, &batch).0
                            };
                            let d = [1.0, 2.0, 3.0].map(|k| at(k) - at(-k));
                            let difference = (45.0 * d[0] - 9.0 * d[1] + d[2]) / (60.0 * h);
                            if (difference - right[i]).abs() > 1e-6 * largest {
                                misses.push((i, difference, right[i]));
                            }
                        }
                        let allowed = if smooth { 0 } else { theta.len() / 20 };
                        assert!(
                            misses.len() <= allowed,
                            "{sigma:?} {loss:?} {dimension}-D exact={exact}: {misses:?} of {}",
                            theta.len()
                        );
                        checked += 1;
                    }
                }
            }
        }
    }
    assert_eq!(checked, (12 * 3 - 2) * 2 * 2 * 2);
}

/// Value and gradient by a reverse pass in x, and reverse over it, against the streams.
#[test]
fn energy_passes_agree_with_streams() {
    let n = 16;
    for sigma in Activation::ALL {
        for dimension in [2, 3] {
            for network in networks(dimension, sigma) {
                let theta = parameters(&network, 3);
                let rows = Rows { points: n, gradients: dimension, laplacian: false, stride: 72 };
                let mut jets = [(); 2].map(|()| Jet::new(&network, rows.stride));
                let mut gradients = [(); 2].map(|()| vec![0.5; theta.len()]);
                for jet in &mut jets {
                    for i in 0..dimension * n {
                        jet.x[i] = (i as f64 * 0.618_033_988_75).fract() * 2.0 - 1.0;
                    }
                    for i in 0..rows.columns() {
                        jet.out_bar[i] = (i as f64 * 0.7).sin();
                    }
                }
                let [streams, energy] = &mut jets;
                network.forward(&theta, rows, streams);
                network.energy_forward(&theta, rows, energy);
                for (left, right) in energy.out.iter().zip(&streams.out) {
                    assert!((left - right).abs() < 1e-12 * right.abs().max(1.0), "{sigma:?} {dimension}-D");
                }
                for add in [false, true] {
                    network.reverse(&theta, rows, streams, &mut gradients[0], add);
                    network.energy_forward(&theta, rows, energy);
                    network.energy_reverse(&theta, rows, energy, &mut gradients[1], add);
                    let largest = gradients[0].iter().fold(0.0, |m: f64, g| m.max(g.abs()));
                    for (left, right) in gradients[1].iter().zip(&gradients[0]) {
                        assert!((left - right).abs() < 1e-12 * largest, "{sigma:?} {dimension}-D {add}");
                    }
                }
            }
        }
    }
}

/// Smooth activations: elsewhere a rounded argument may lie beyond a kink.
#[test]
fn single_precision_gradients_are_those_in_double_up_to_rounding() {
    for sigma in Activation::ALL.into_iter().filter(|sigma| sigma.is_smooth()) {
        for (loss, exact) in Loss::ALL.into_iter().flat_map(|loss| [(loss, true), (loss, false)]) {
            let problem = Tilted::new(2);
            let network = networks(2, sigma)[1].clone();
            let theta = parameters(&network, 11);
            let batch = batch(loss, &problem, 700, !exact);
            let of = |dtype: Dtype| {
                let trial = exact.then(|| Trial::new(&problem).unwrap());
                let objective = Objective { loss, equation: Equation::constant(1.5, 2.5), trial, beta: 7.0 };
                let mut trainer = Trainer::new(network.clone(), objective, &batch).with_dtype(dtype);
                gradient(&mut trainer, &theta, &batch)
            };
            let (double, single) = (of(Dtype::F64), of(Dtype::F32));
            let largest = double.1.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
            assert_ne!(double.1, single.1);
            assert!((double.0 - single.0).abs() < 1e-4 * double.0.abs().max(1.0), "{sigma:?} {loss:?}");
            for (double, single) in double.1.iter().zip(single.1) {
                assert!((double - single).abs() < 1e-4 * largest, "{sigma:?} {loss:?}: {double} {single}");
            }
        }
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
