//! The jet of a network against dual numbers, and the two ways of computing it against each other.

use num_dual::Dual2_64;

use super::{
    reference,
    structures::{self, parameters},
};
use crate::neural::{
    activation::{Activation, Rows},
    network::Jet,
};

const POINTS: usize = 16;

fn coordinates(dimension: usize) -> Vec<f64> {
    (0..dimension * POINTS).map(|i| (i as f64 * 0.618_033_988_75).fract() * 2.0 - 1.0).collect()
}

/// Value, gradient and Laplacian, whatever the structure, σ and the dimension; at kinks both take derivatives from one
/// side.
#[test]
fn jets_are_those_of_dual_numbers() {
    for sigma in Activation::ALL {
        for (name, parts) in structures::all(sigma) {
            for dimension in [1, 2, 3] {
                let network = structures::network(name, dimension, 0, &parts);
                let theta = parameters(&network, 3);
                let rows = Rows { points: POINTS, gradients: dimension, laplacian: true, stride: 104 };
                let x = coordinates(dimension);
                let mut jet = Jet::new(&network, rows.stride);
                jet.x[..x.len()].copy_from_slice(&x);
                network.forward(&theta, rows, &mut jet);
                for i in 0..POINTS {
                    let along = |axis: usize| {
                        let coordinate = |j: usize| {
                            let x = Dual2_64::from_re(x[j * POINTS + i]);
                            if j == axis { x.derivative() } else { x }
                        };
                        let x: Vec<Dual2_64> = (0..dimension).map(coordinate).collect();
                        reference::network(&parts, &theta, &x, |_| {})
                    };
                    let duals: Vec<Dual2_64> = (0..dimension).map(along).collect();
                    let mut right = vec![duals[0].re];
                    right.extend(duals.iter().map(|dual| dual.v1));
                    right.push(duals.iter().map(|dual| dual.v2).sum());
                    for (stream, right) in right.into_iter().enumerate() {
                        // The strong form is refused where σ″ is no function.
                        if stream > dimension && !sigma.has_second_derivative() {
                            continue;
                        }
                        let ours = jet.out[stream * POINTS + i];
                        let error = (ours - right).abs() / right.abs().max(1.0);
                        assert!(error < 1e-9, "{name}, {sigma:?}, {dimension}-D, stream {stream}: {error:e}");
                    }
                }
            }
        }
    }
}

/// Value and gradient by a reverse pass in x, and reverse over it, against the streams.
#[test]
fn energy_passes_agree_with_streams() {
    let n = POINTS;
    for sigma in Activation::ALL {
        for dimension in [2, 3] {
            for (name, parts) in structures::all(sigma) {
                let network = structures::network(name, dimension, 0, &parts);
                let theta = parameters(&network, 3);
                let rows = Rows { points: n, gradients: dimension, laplacian: false, stride: 72 };
                let mut jets = [(); 2].map(|()| Jet::new(&network, rows.stride));
                let mut gradients = [(); 2].map(|()| vec![0.5; theta.len()]);
                for jet in &mut jets {
                    jet.x[..dimension * n].copy_from_slice(&coordinates(dimension));
                    for i in 0..rows.columns() {
                        jet.out_bar[i] = (i as f64 * 0.7).sin();
                    }
                }
                let [streams, energy] = &mut jets;
                network.forward(&theta, rows, streams);
                network.energy_forward(&theta, rows, energy);
                for (left, right) in energy.out.iter().zip(&streams.out) {
                    let error = (left - right).abs();
                    assert!(error < 1e-12 * right.abs().max(1.0), "{name}, {sigma:?}, {dimension}-D");
                }
                for add in [false, true] {
                    network.reverse(&theta, rows, streams, &mut gradients[0], add);
                    network.energy_forward(&theta, rows, energy);
                    network.energy_reverse(&theta, rows, energy, &mut gradients[1], add);
                    let largest = gradients[0].iter().fold(0.0, |m: f64, g| m.max(g.abs()));
                    for (left, right) in gradients[1].iter().zip(&gradients[0]) {
                        let error = (left - right).abs();
                        assert!(error < 1e-12 * largest, "{name}, {sigma:?}, {dimension}-D, {add}");
                    }
                }
            }
        }
    }
}
