//! Every structure that the tests sweep, small.

use crate::neural::{
    activation::Activation,
    init::Init,
    network::{First, Network, Part, Weight},
    sampler::generator,
};

/// All of them, with their names.
pub fn all(sigma: Activation) -> Vec<(&'static str, Vec<Part>)> {
    let part = |widths: &[usize], scales: &[f64]| Part::new(widths, sigma, scales);
    let fourier = |is_trained: bool| First::Fourier { relaxation: 0.5, is_trained };
    vec![
        ("plain", vec![part(&[6, 5, 4], &[1.0])]),
        ("residual", vec![Part { is_residual: true, ..part(&[5, 5, 5, 3], &[1.0]) }]),
        ("blocks", vec![part(&[6, 5, 4], &[1.0, 2.0, 3.0])]),
        ("sum", vec![part(&[4, 3], &[1.0]), part(&[4, 3], &[2.5])]),
        (
            "weighted sum",
            vec![
                Part { weight: Weight::Trained(0.7), ..part(&[4, 3], &[1.0]) },
                Part { weight: Weight::Fixed(-1.5), ..part(&[5], &[2.5]) },
                Part { weight: Weight::Trained(1.2), is_residual: true, ..part(&[3, 3], &[2.0]) },
            ],
        ),
        ("Fourier", vec![Part { first: fourier(true), ..part(&[4, 5, 4], &[1.0, 3.0]) }]),
        ("frozen Fourier", vec![Part { first: fourier(false), ..part(&[3, 4], &[1.0, 2.0, 4.0]) }]),
        (
            "residual Fourier",
            vec![Part { first: fourier(true), is_residual: true, ..part(&[3, 6, 6], &[2.0]) }],
        ),
        (
            "subspace",
            vec![
                Part { activation: Activation::Tanh, ..part(&[4, 4], &[1.0]) },
                Part { first: fourier(true), weight: Weight::Fixed(0.4), ..part(&[3, 5], &[1.0, 2.0, 4.0]) },
            ],
        ),
    ]
}

/// The network of a structure that sees so many functions beside x: parts of a subspace network are coupled.
pub fn network(name: &str, dimension: usize, functions: usize, parts: &[Part]) -> Network {
    let network = Network::seeing(dimension, functions, parts);
    if name == "subspace" { network.coupled() } else { network }
}

/// Parameters of moderate size, no two alike, biases and weights of subnets among them.
pub fn parameters(network: &Network, seed: u64) -> Vec<f64> {
    let problem = super::Tilted::new(network.dimension().min(2));
    Init::GlorotDouble.draw(network, &problem, &mut generator(seed, 0))
}
