//! Initial parameters.

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::network::Network;

/// How weights and biases start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// `normal:STD`: all weights and biases N(0, STD²), whatever the layer; 0.02 in the central
    /// experiment of arXiv 1901.06523.
    Normal(f64),
    /// `glorot`: weights N(0, 2/(n_in + n_out)), biases zero (Glorot and Bengio, 2010).
    Glorot,
    /// `glorot-double`: weights and biases N(0, s²), s = 2/√(n_in + n_out), twice Glorot's variance: the
    /// code published with arXiv 2007.11207.
    GlorotDouble,
}

impl Init {
    /// Reads a name; `None` if there is no such initialisation.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("normal", std)) => {
                std.parse().ok().filter(|std: &f64| std.is_finite() && *std >= 0.0).map(Self::Normal)
            }
            None if text == "glorot" => Some(Self::Glorot),
            None if text == "glorot-double" => Some(Self::GlorotDouble),
            _ => None,
        }
    }

    /// The name that [`Init::parse`] reads.
    pub fn name(self) -> String {
        match self {
            Self::Normal(std) => format!("normal:{std}"),
            Self::Glorot => "glorot".into(),
            Self::GlorotDouble => "glorot-double".into(),
        }
    }

    /// Draws all parameters of `network`.
    pub(super) fn draw(self, network: &Network, random: &mut ChaCha8Rng) -> Vec<f64> {
        let mut parameters = vec![0.0; network.parameters()];
        for layer in network.layers() {
            let fan = (layer.inputs + layer.outputs) as f64;
            let [weights, biases] = match self {
                Self::Normal(std) => [std, std],
                Self::Glorot => [(2.0 / fan).sqrt(), 0.0],
                Self::GlorotDouble => [2.0 / fan.sqrt(); 2],
            };
            for (range, std) in [(layer.weights(), weights), (layer.biases(), biases)] {
                for parameter in &mut parameters[range] {
                    let number: f64 = StandardNormal.sample(random);
                    *parameter = std * number;
                }
            }
        }
        parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::activation::Activation;
    use rand::SeedableRng;

    #[test]
    fn names_read_back() {
        for name in ["normal:0.02", "glorot", "glorot-double"] {
            assert_eq!(Init::parse(name).map(Init::name).as_deref(), Some(name));
        }
        for name in ["", "normal", "normal:-1", "normal:x", "normal:nan", "glorot:2", "xavier"] {
            assert_eq!(Init::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_spread_is_the_one_asked_for() {
        let network = Network::new(1, &[100, 200], Activation::Tanh, &[&[1.0]]);
        let spread = |init: Init| {
            let parameters = init.draw(&network, &mut ChaCha8Rng::seed_from_u64(1));
            let middle = &parameters[200..20_200];
            (middle.iter().map(|p| p * p).sum::<f64>() / middle.len() as f64).sqrt()
        };
        for (init, std) in
            [(Init::Normal(0.02), 0.02), (Init::Glorot, 0.081_65), (Init::GlorotDouble, 0.115_47)]
        {
            assert!((spread(init) / std - 1.0).abs() < 0.03, "{init:?}: {}", spread(init));
        }
    }
}
