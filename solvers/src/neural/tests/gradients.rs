//! Gradients of losses against finite differences: every structure, σ, loss, boundary treatment and, of energies, p.
//!
//! Losses are smooth in the parameters only where no argument of σ crosses a kink, so points are chosen at which all
//! arguments are away from the kinks, and what is left cannot miss.

use rayon::prelude::*;

use modewise_problems::{Points, Problem, Reaction};

use super::{
    Tilted, reference,
    structures::{self, parameters},
};
use crate::neural::{
    activation::Activation,
    boundary::Trial,
    loss::{Equation, Loss, Objective},
    network::{Network, Part},
    real::Dtype,
    sampler::{Batch, Places, generator, on_sides},
    trainer::Trainer,
};

/// Points inside, and on the boundary of the square.
const INSIDE: usize = 20;
const SIDES: usize = 6;
/// How far from a kink arguments have to be, and the step of the differences.
const MARGIN: f64 = 0.03;
const STEP: f64 = 5e-4;

/// Where σ or one of its first three derivatives jumps.
fn kinks(sigma: Activation) -> &'static [f64] {
    match sigma {
        Activation::Tanh | Activation::Sin | Activation::Cos | Activation::Gelu | Activation::Silu => &[],
        Activation::Relu => &[0.0],
        Activation::SRelu | Activation::SRelu2 | Activation::SRelu3 | Activation::S2Relu => &[0.0, 1.0],
        Activation::Phi | Activation::PhiHalf => &[0.0, 1.0, 2.0, 3.0],
    }
}

/// The distance of the arguments at `x` from the kinks.
fn distance(parts: &[Part], theta: &[f64], x: &[f64]) -> f64 {
    let x: Vec<_> = x.iter().map(|x| (*x).into()).collect();
    let mut least = f64::INFINITY;
    // All parts of a structure have the same σ, or the kinks of both count.
    let kinks: Vec<f64> = parts.iter().flat_map(|part| kinks(part.activation)).copied().collect();
    reference::network(parts, theta, &x, |argument| {
        least = kinks.iter().fold(least, |least, kink| least.min((argument - kink).abs()));
    });
    least
}

/// Those of `candidates` away from all kinks, `count` at most.
fn choose(parts: &[Part], theta: &[f64], d: usize, candidates: &[f64], count: usize) -> Vec<f64> {
    let far = candidates.chunks(d).filter(|x| distance(parts, theta, x) > MARGIN);
    far.take(count).flatten().copied().collect()
}

/// Parameters, points inside and on the boundary away from all kinks.
fn away_from_kinks(parts: &[Part], problem: &Tilted) -> (Vec<f64>, [Vec<f64>; 2]) {
    let bounds = problem.domain().bounds();
    let d = bounds.len();
    let network = Network::new(d, parts);
    let candidates: Vec<f64> = (0..200 * d)
        .map(|i| {
            let [a, b] = bounds[i % d];
            a + (b - a) * (0.3 + i as f64 * (0.618_033_988_75 + 0.2 * (i % d) as f64)).fract()
        })
        .collect();
    let mut sides = vec![0.0; if d == 1 { 2 } else { 40 * d }];
    on_sides(bounds, Places::Even, &mut generator(0, 1), &mut sides);
    let wanted = if d == 1 { 2 } else { SIDES };
    for seed in 0..400 {
        let theta = parameters(&network, seed);
        let sides = choose(parts, &theta, d, &sides, wanted);
        if sides.len() < wanted * d {
            continue;
        }
        let inside = choose(parts, &theta, d, &candidates, INSIDE);
        if inside.len() == INSIDE * d {
            return (theta, [inside, sides]);
        }
    }
    panic!("no parameters keep {INSIDE} points away from the kinks of {parts:?}");
}

/// The batch with these points; the target of a regression is cos x₁.
fn batch(loss: Loss, problem: &Tilted, [inside, sides]: &[Vec<f64>; 2], is_penalised: bool) -> Batch {
    let d = problem.domain().dimension();
    let mut batch = Batch { points: inside.clone(), ..Batch::default() };
    batch.data = inside.chunks(d).map(|x| x[0].cos()).collect();
    if loss != Loss::Regression {
        problem.source(Points::new(inside, d), &mut batch.data);
    }
    // No two points count the same.
    batch.weights = (0..inside.len() / d).map(|i| 0.1 + 0.01 * i as f64).collect();
    if is_penalised {
        batch.sides = sides.clone();
        batch.side_data = vec![0.0; sides.len() / d];
        problem.boundary(Points::new(sides, d), &mut batch.side_data);
        batch.side_weights = (0..sides.len() / d).map(|i| 0.5 + 0.1 * i as f64).collect();
        // u is given at some points; at others it is the flux, with u or without.
        batch.side_operators = (0..sides.len() / d)
            .flat_map(|i| {
                let mut numbers = [1.0, 0.0, 0.0];
                if loss != Loss::Regression && i % 3 > 0 {
                    numbers = [0.7 * (i % 2) as f64, 1.3, if d > 1 { -0.4 } else { 0.0 }];
                }
                numbers.into_iter().take(1 + d)
            })
            .collect();
    } else {
        batch.build_in(problem, &Trial::new(problem).unwrap());
    }
    batch
}

fn trainer(
    problem: &Tilted,
    network: &Network,
    (loss, exponent): (Loss, f64),
    exact: bool,
    batch: &Batch,
) -> Trainer {
    let trial = exact.then(|| Trial::new(problem).unwrap());
    let reaction = if exact { Reaction::Sinh } else { Reaction::Linear };
    let equation = Equation { reaction, exponent, ..Equation::constant(1.5, 2.5) };
    let objective = Objective { loss, equation, trial, kink: None, beta: 7.0, jump_weight: 3.0, gamma: 20.0 };
    Trainer::new(network.clone(), objective, batch)
}

/// Loss and gradient.
fn gradient(trainer: &mut Trainer, theta: &[f64], batch: &Batch) -> (f64, Vec<f64>) {
    let terms = trainer.differentiate(theta, batch);
    let mut gradient = vec![0.0; theta.len()];
    trainer.gather(&mut gradient);
    (trainer.objective.value(terms, batch.penalised() > 0), gradient)
}

/// The weights of each layer, its biases and the weights of subnets: each a block that is tested by itself, so that
/// large entries of one hide nothing in another.
fn blocks(network: &Network) -> Vec<Vec<usize>> {
    let layers = network.layers().flat_map(|layer| [layer.weights(), layer.biases()]);
    let mut blocks: Vec<Vec<usize>> = layers.map(Iterator::collect).collect();
    blocks.push(network.trained_weights().map(|(index, _)| index).collect());
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// Along a direction without zeros in every block, to 1e-6 of the block's gradient. What is frozen has none.
pub fn check(what: &str, trainer: &mut Trainer, theta: &[f64], batch: &Batch) {
    let (_, right) = gradient(trainer, theta, batch);
    let norm = |block: &[usize]| block.iter().map(|&i| right[i] * right[i]).sum::<f64>().sqrt();
    let whole: Vec<usize> = (0..theta.len()).collect();
    let mut sum = 0;
    for (number, block) in blocks(&trainer.network).iter().enumerate() {
        sum += block.len();
        if trainer.network.frozen() > 0 && number == 0 {
            assert!(norm(block) == 0.0, "{what}: the gradient of a frozen layer");
            continue;
        }
        let direction = |i: usize| (0.4 + (i as f64 * 0.754_877_666_2).fract()) * [1.0, -1.0][i % 2];
        let slope: f64 = block.iter().map(|&i| direction(i) * right[i]).sum();
        let mut at = |k: f64| {
            let mut theta = theta.to_vec();
            block.iter().for_each(|&i| theta[i] += k * STEP * direction(i));
            gradient(trainer, &theta, batch).0
        };
        let d = [1.0, 2.0, 3.0].map(|k| at(k) - at(-k));
        let difference = (45.0 * d[0] - 9.0 * d[1] + d[2]) / (60.0 * STEP);
        let error = (difference - slope).abs();
        assert!(
            error <= 1e-6 * norm(block) + 1e-10 * norm(&whole),
            "{what}, block {number}: {difference} and {slope} differ by {error:e} of {:e}",
            norm(block)
        );
    }
    assert_eq!(sum, theta.len(), "{what}: every parameter is in a block");
}

#[test]
fn parameter_gradients_are_those_of_finite_differences() {
    let mut cases = Vec::new();
    for sigma in Activation::ALL {
        for (name, parts) in structures::all(sigma) {
            cases.extend([1, 2].map(|dimension| (sigma, name, parts.clone(), dimension)));
        }
    }
    let checked: usize = cases
        .par_iter()
        .map(|(sigma, name, parts, dimension)| {
            let problem = Tilted::new(*dimension);
            let network = structures::network(name, *dimension, 0, parts);
            let (theta, points) = away_from_kinks(parts, &problem);
            let mut checked = 0;
            for (loss, exponent) in Loss::ALL.map(|loss| (loss, 2.0)).into_iter().chain([(Loss::Ritz, 5.0)]) {
                if loss == Loss::Residual && !sigma.has_second_derivative() {
                    continue;
                }
                for exact in [true, false] {
                    let batch = batch(loss, &problem, &points, !exact);
                    let mut trainer = trainer(&problem, &network, (loss, exponent), exact, &batch);
                    let what =
                        format!("{name}, {sigma:?}, {loss:?}, p={exponent}, {dimension}-D, exact={exact}");
                    check(&what, &mut trainer, &theta, &batch);
                    checked += 1;
                }
            }
            checked
        })
        .sum();
    assert_eq!(checked, (12 * 4 - 2) * structures::all(Activation::Tanh).len() * 2 * 2);
}

#[test]
fn single_precision_gradients_are_those_in_double_up_to_rounding() {
    for sigma in Activation::ALL {
        for (name, parts) in structures::all(sigma) {
            let problem = Tilted::new(2);
            let network = structures::network(name, 2, 0, &parts);
            let (theta, points) = away_from_kinks(&parts, &problem);
            for (loss, exact) in Loss::ALL.into_iter().flat_map(|loss| [(loss, true), (loss, false)]) {
                let batch = batch(loss, &problem, &points, !exact);
                let of = |dtype: Dtype| {
                    let trainer = trainer(&problem, &network, (loss, 2.0), exact, &batch);
                    gradient(&mut trainer.with_dtype(dtype), &theta, &batch)
                };
                let (double, single) = (of(Dtype::F64), of(Dtype::F32));
                let largest = double.1.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
                assert_ne!(double.1, single.1);
                let what = format!("{name}, {sigma:?}, {loss:?}");
                assert!((double.0 - single.0).abs() < 1e-4 * double.0.abs().max(1.0), "{what}");
                for (double, single) in double.1.iter().zip(single.1) {
                    assert!((double - single).abs() < 1e-4 * largest, "{what}: {double} {single}");
                }
            }
        }
    }
}
