//! Initial parameters.

use std::f64::consts::PI;

use modewise_problems::Problem;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::{
    network::Network,
    source_spectrum::{LEAST, Spectrum},
    spectrum,
};

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
    /// `waves:K`: wave vectors, scales included, uniform in (−K, K) along every axis, and phases uniform in (−π, π)
    /// for the first layer; `glorot` for the others.
    Waves(f64),
    /// `waves`: the same up to the highest frequency of the source along each axis (`source_spectrum`).
    ///
    /// That is what a network asks for that carries the boundary as a factor: where u = BN, near the end of an axis
    /// N = sin(ks)/s holds all frequencies up to k alike, however pure the wave that u is.
    SourceWaves,
    /// `source`: the first layer is dealt the wave vectors of the source (`spectrum`), spread by
    /// a half-wave, with phases uniform in (−π, π); `glorot` for the others.
    Source,
}

/// How much larger modes get more neurons: a mode counts by this power of its amplitude.
const SHARE: f64 = 0.25;

impl Init {
    /// Reads a name; `None` if there is no such initialisation.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("normal", std)) => {
                std.parse().ok().filter(|std: &f64| std.is_finite() && *std >= 0.0).map(Self::Normal)
            }
            Some(("waves", most)) => {
                most.parse().ok().filter(|most: &f64| most.is_finite() && *most > 0.0).map(Self::Waves)
            }
            None if text == "waves" => Some(Self::SourceWaves),
            None if text == "source" => Some(Self::Source),
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
            Self::Waves(most) => format!("waves:{most}"),
            Self::SourceWaves => "waves".into(),
            Self::Source => "source".into(),
        }
    }

    /// Whether it asks for the spectrum of the source, which boxes of up to three axes have.
    pub fn needs_spectrum(self) -> bool {
        matches!(self, Self::SourceWaves | Self::Source)
    }

    /// Draws all parameters of `network` for `problem`.
    pub(super) fn draw(self, network: &Network, problem: &dyn Problem, random: &mut ChaCha8Rng) -> Vec<f64> {
        let mut parameters = vec![0.0; network.parameters()];
        for layer in network.layers() {
            let fan = (layer.inputs + layer.outputs) as f64;
            let [weights, biases] = match self {
                Self::Normal(std) => [std, std],
                Self::Glorot | Self::Waves(_) | Self::SourceWaves | Self::Source => [(2.0 / fan).sqrt(), 0.0],
                Self::GlorotDouble => [2.0 / fan.sqrt(); 2],
            };
            for (range, std) in [(layer.weights(), weights), (layer.biases(), biases)] {
                for parameter in &mut parameters[range] {
                    let number: f64 = StandardNormal.sample(random);
                    *parameter = std * number;
                }
            }
        }
        for (index, start) in network.trained_weights() {
            parameters[index] = start;
        }
        match self {
            Self::Waves(most) => {
                waves(network, &vec![most; network.dimension()], random, &mut parameters);
            }
            Self::SourceWaves => {
                let spectrum = Spectrum::of_source(problem, LEAST);
                let highest = spectrum.map(|spectrum| spectrum.highest);
                if let Some(highest) = highest.filter(|highest| highest.iter().any(|k| *k > 0.0)) {
                    waves(network, &highest, random, &mut parameters);
                }
            }
            Self::Source => from_source(network, problem, random, &mut parameters),
            _ => {}
        }
        parameters
    }
}

/// Wave vectors by `draw` (the neuron as a share of its layer goes in) and random phases for all first layers.
fn first_layers(
    network: &Network,
    random: &mut ChaCha8Rng,
    parameters: &mut [f64],
    draw: impl Fn(f64, &mut [f64], &mut ChaCha8Rng),
) {
    for (layer, scales) in network.first_layers() {
        let weights = parameters[layer.weights()].chunks_mut(layer.inputs);
        for (i, (wave, scale)) in weights.zip(scales).enumerate() {
            draw((i as f64 + 0.5) / scales.len() as f64, wave, random);
            wave.iter_mut().for_each(|w| *w /= scale);
        }
        parameters[layer.biases()].fill_with(|| random.random_range(-PI..PI));
    }
}

/// Wave vectors uniform in ∏ (−kⱼ, kⱼ).
fn waves(network: &Network, most: &[f64], random: &mut ChaCha8Rng, parameters: &mut [f64]) {
    first_layers(network, random, parameters, |_, wave, random| {
        for (w, most) in wave.iter_mut().zip(most) {
            *w = most * random.random_range(-1.0..1.0);
        }
    });
}

/// Deals the modes of the source to the neurons of every first layer; leaves it as it is if there are none.
fn from_source(network: &Network, problem: &dyn Problem, random: &mut ChaCha8Rng, parameters: &mut [f64]) {
    let modes = spectrum::of_source(problem);
    if modes.is_empty() {
        return;
    }
    let bounds = problem.domain().bounds();
    let total: f64 = modes.iter().map(|(_, size)| size.powf(SHARE)).sum();
    first_layers(network, random, parameters, |share, wave, random| {
        let mut place = share * total;
        let dealt = modes.iter().find(|(_, size)| {
            place -= size.powf(SHARE);
            place <= 0.0
        });
        // Rounding may leave a little of the last place.
        let (mode, _) = dealt.unwrap_or(&modes[modes.len() - 1]);
        for ((w, k), [a, b]) in wave.iter_mut().zip(mode).zip(bounds) {
            let spread: f64 = StandardNormal.sample(random);
            let sign = if random.random::<bool>() { 1.0 } else { -1.0 };
            *w = sign * k + spread * PI / (b - a);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::{activation::Activation, network::Part};
    use modewise_problems::catalog;
    use rand::SeedableRng;

    #[test]
    fn names_read_back() {
        for name in ["normal:0.02", "glorot", "glorot-double", "waves:24", "waves", "source"] {
            assert_eq!(Init::parse(name).map(Init::name).as_deref(), Some(name));
        }
        for name in ["", "normal", "normal:-1", "normal:x", "normal:nan", "glorot:2", "waves:0", "xavier"] {
            assert_eq!(Init::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_spread_is_the_one_asked_for() {
        let network = Network::new(1, &[Part::new(&[100, 200], Activation::Tanh, &[1.0])]);
        let problem = catalog::build(&"two-tone-2d".parse().unwrap()).unwrap();
        let spread = |init: Init| {
            let parameters = init.draw(&network, problem.as_ref(), &mut ChaCha8Rng::seed_from_u64(1));
            let middle = &parameters[200..20_200];
            (middle.iter().map(|p| p * p).sum::<f64>() / middle.len() as f64).sqrt()
        };
        for (init, std) in
            [(Init::Normal(0.02), 0.02), (Init::Glorot, 0.081_65), (Init::GlorotDouble, 0.115_47)]
        {
            assert!((spread(init) / std - 1.0).abs() < 0.03, "{init:?}: {}", spread(init));
        }
    }

    /// Both tones of the source are dealt, whatever the scales of the neurons.
    #[test]
    fn the_first_layer_gets_the_waves_of_the_source() {
        let problem = catalog::build(&"two-tone-2d".parse().unwrap()).unwrap();
        let network = Network::new(2, &[Part::new(&[40, 8], Activation::Sin, &[1.0, 4.0])]);
        let parameters = Init::Source.draw(&network, problem.as_ref(), &mut ChaCha8Rng::seed_from_u64(1));
        let (layer, scales) = network.first_layers().next().unwrap();
        let size = |(w, scale): (&[f64], &f64)| (scale * w[0]).abs().max((scale * w[1]).abs());
        let sizes: Vec<f64> = parameters[layer.weights()].chunks(2).zip(scales).map(size).collect();
        let near = |k: f64| sizes.iter().filter(|size| (*size - k * PI).abs() < 2.0 * PI).count();
        assert!(near(1.0) >= 20 && near(10.0) >= 12, "{sizes:?}");
    }

    /// Waves of all lengths up to the faster tone, 10π, with what the spectrum's window adds to it; none beyond, and none
    /// in a source that is zero.
    #[test]
    fn waves_reach_the_highest_frequency_of_the_source() {
        let first = |problem: &str, scales: &[f64]| {
            let problem = catalog::build(&problem.parse().unwrap()).unwrap();
            let network =
                Network::new(problem.domain().dimension(), &[Part::new(&[400, 8], Activation::Sin, scales)]);
            let draw = |init: Init| init.draw(&network, problem.as_ref(), &mut ChaCha8Rng::seed_from_u64(1));
            let (layer, scales) = network.first_layers().next().unwrap();
            let parameters = draw(Init::SourceWaves);
            let size = |(w, scale): (&[f64], &f64)| scale * w.iter().fold(0.0, |m: f64, w| m.max(w.abs()));
            let waves = parameters[layer.weights()].chunks(layer.inputs).zip(scales).map(size);
            (waves.collect::<Vec<f64>>(), parameters == draw(Init::Glorot))
        };
        let (sizes, _) = first("two-tone-2d", &[1.0, 4.0]);
        assert!(sizes.iter().all(|k| *k < 11.0 * PI));
        let above = |k: f64| sizes.iter().filter(|size| **size > k).count();
        // Of a square that is uniformly full 1 − 1/4 lies beyond half of its side.
        assert!(above(10.0 * PI) >= 10 && (270..=350).contains(&above(5.0 * PI)), "{}", above(5.0 * PI));
        assert!(first("l-shape-2d", &[1.0]).1);
    }
}
