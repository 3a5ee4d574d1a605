//! Gradients of losses against finite differences: every structure, σ and loss, with every boundary (u built in or by a
//! penalty, fluxes with and without u) and equation (no reaction, a linear one, sinh; constant and variable ε and κ²) and,
//! of energies, p.
//!
//! Losses are smooth in the parameters only where no argument of σ crosses a kink, so points are chosen at which all
//! arguments are away from the kinks, and what is left cannot miss.

mod cases;

use rayon::prelude::*;

use self::cases::{Term, away_from_kinks};
use super::structures;
use crate::neural::{
    activation::Activation, loss::Loss, network::Network, real::Dtype, sampler::Batch, trainer::Trainer,
};

/// The step of the differences.
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
    let swept = [1, 2].map(cases::all);
    let mut networks = Vec::new();
    for sigma in Activation::ALL {
        for (name, parts) in structures::all(sigma) {
            networks.extend([1, 2].map(|dimension| (sigma, name, parts.clone(), dimension)));
        }
    }
    let checked: usize = networks
        .par_iter()
        .map(|(sigma, name, parts, dimension)| {
            let (cases, network) = (&swept[dimension - 1], structures::network(name, *dimension, 0, parts));
            let (theta, batches) = away_from_kinks(parts, &network, cases);
            let mut checked = 0;
            for (case, batch) in cases.iter().zip(&batches) {
                if case.loss == Loss::Residual && !sigma.has_second_derivative() {
                    continue;
                }
                let what = format!("{name}, {sigma:?}, {dimension}-D, {}", case.name());
                check(&what, &mut case.trainer(&network, batch), &theta, batch);
                checked += 1;
            }
            checked
        })
        .sum();
    // Four boundaries; six equations in two energies and the residual, which two σ are not for, and none in a regression.
    let (of_networks, of_residuals) = (4 * (6 * 3 + 1), 4 * 6);
    let structures = structures::all(Activation::Tanh).len();
    assert_eq!(checked, (12 * of_networks - 2 * of_residuals) * structures * 2);
}

/// A trial step that overflows spoils its own gradient and no other.
#[test]
fn nothing_is_left_of_a_gradient_that_overflowed() {
    for (name, parts) in structures::all(Activation::Phi) {
        let cases = cases::all(2);
        let network = structures::network(name, 2, 0, &parts);
        let (theta, batches) = away_from_kinks(&parts, &network, &cases);
        let far: Vec<f64> = theta.iter().map(|theta| 1e300 * theta).collect();
        for (case, batch) in cases.iter().zip(&batches) {
            for dtype in [Dtype::F64, Dtype::F32] {
                let what = format!("{name}, {}", case.name());
                let mut trainer = case.trainer(&network, batch).with_dtype(dtype);
                let first = gradient(&mut trainer, &theta, batch);
                let (_, spoilt) = gradient(&mut trainer, &far, batch);
                assert!(spoilt.iter().any(|g| !g.is_finite()), "{what}");
                assert_eq!(gradient(&mut trainer, &theta, batch), first, "{what}");
            }
        }
    }
}

#[test]
fn single_precision_gradients_are_those_in_double_up_to_rounding() {
    let mut cases = cases::all(2);
    cases.retain(|case| {
        case.loss == Loss::Regression || case.exponent == 2.0 && case.term == Term::Sinh && case.varies
    });
    for sigma in Activation::ALL {
        for (name, parts) in structures::all(sigma) {
            let network = structures::network(name, 2, 0, &parts);
            let (theta, batches) = away_from_kinks(&parts, &network, &cases);
            for (case, batch) in cases.iter().zip(&batches) {
                let of = |dtype: Dtype| {
                    gradient(&mut case.trainer(&network, batch).with_dtype(dtype), &theta, batch)
                };
                let (double, single) = (of(Dtype::F64), of(Dtype::F32));
                let largest = double.1.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
                assert_ne!(double.1, single.1);
                let what = format!("{name}, {sigma:?}, {}", case.name());
                assert!((double.0 - single.0).abs() < 1e-4 * double.0.abs().max(1.0), "{what}");
                for (double, single) in double.1.iter().zip(single.1) {
                    assert!((double - single).abs() < 1e-4 * largest, "{what}: {double} {single}");
                }
            }
        }
    }
}
