//! Features on top of frozen hidden layers: the last layer of a network that stays as it is drawn.
//!
//! The first layer has waves or steps like features in closed form; those beyond have weights N(0, 2/width), so that their
//! arguments are of order one, and biases uniform over a wave. What the equation makes of a feature is
//! combined from its jet, which the network carries (`network`).

use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::{
    least_squares::System,
    waves::{Features, Rows, Waves, normalise},
};
use crate::neural::{
    activation,
    network::{Jet, Network, Part},
    tiles::{Pool, rows, tile_points},
};

/// The network and its parameters.
#[derive(Debug)]
pub(super) struct Deep {
    network: Network,
    parameters: Vec<f64>,
    features: usize,
    pool: Pool,
}

impl Deep {
    /// `count` features above hidden layers of these widths, the first of which are `waves`.
    pub fn draw(
        features: Features,
        waves: &Waves,
        hidden: &[usize],
        count: usize,
        dimension: usize,
        random: &mut impl Rng,
    ) -> Self {
        let widths: Vec<usize> = hidden.iter().copied().chain([count]).collect();
        let network = Network::new(dimension, &[Part::new(&widths, features.activation(), &[1.0])]);
        let mut parameters = vec![0.0; network.parameters()];
        let mut layers = network.layers();
        if let Some(first) = layers.next() {
            let drawn = waves.weights().chunks(dimension + 1);
            for (row, wave) in drawn.enumerate() {
                let start = first.start + row * dimension;
                parameters[start..start + dimension].copy_from_slice(&wave[..dimension]);
                parameters[first.biases().start + row] = wave[dimension];
            }
        }
        // The output layer stays zero: it is what the least squares find.
        for layer in layers.take(hidden.len()) {
            let spread = (2.0 / layer.inputs as f64).sqrt();
            for w in &mut parameters[layer.weights()] {
                let number: f64 = StandardNormal.sample(random);
                *w = spread * number;
            }
            let half = match features {
                Features::Sin | Features::Fourier => std::f64::consts::PI,
                Features::Tanh => 1.0,
            };
            parameters[layer.biases()].fill_with(|| random.random_range(-half..half));
        }
        let tile = Self::tile(&network);
        let stride = tile.stride.max(rows(Waves::BLOCK, 0, false).stride);
        let pool = Pool::new(&network, stride, 0);
        Self { network, parameters, features: count, pool }
    }

    fn tile(network: &Network) -> activation::Rows {
        let d = network.dimension();
        rows(tile_points(network.widest(), d + 2), d, true)
    }

    /// Flops of an entry, and of a value.
    pub fn flops(&self) -> [f64; 2] {
        let d = self.network.dimension();
        [d + 2, 1].map(|streams| self.network.flops(streams, false) / self.features as f64)
    }

    /// Bytes beside the system, for a network with these widths.
    pub fn bytes(hidden: &[usize], count: usize, dimension: usize, threads: usize) -> f64 {
        let mut numbers = 0.0;
        let mut inputs = dimension;
        for &width in hidden.iter().chain([&count]) {
            numbers += width as f64 * (inputs + 1) as f64;
            inputs = width;
        }
        let neurons = (hidden.iter().sum::<usize>() + count) as f64;
        // A tile has at most 512 columns, in two matrices of all neurons and two of the widest layer, and a block.
        8.0 * (numbers + threads as f64 * 512.0 * 5.0 * neurons)
    }

    /// Writes the columns of all features, each divided by its norm; the norms.
    pub fn assemble(&self, given: &Rows, system: &mut System) -> Vec<f64> {
        let tile = Self::tile(&self.network);
        let (count, size) = (given.value.len(), tile.points);
        let mut blocks = vec![vec![0.0; size * self.features]; rayon::current_num_threads()];
        let wave = size * blocks.len();
        for first in (0..count).step_by(wave) {
            let start = |block: usize| first + block * size;
            let len = |block: usize| size.min(count.saturating_sub(start(block)));
            blocks.par_iter_mut().enumerate().filter(|(block, _)| len(*block) > 0).for_each(
                |(block, out)| {
                    self.pool
                        .with(&self.network, |jet| self.block(given, start(block), len(block), jet, out));
                },
            );
            let columns = system.columns.par_chunks_mut(system.rows).take(self.features).enumerate();
            columns.for_each(|(feature, column)| {
                for (block, entries) in blocks.iter().enumerate() {
                    let (start, len) = (start(block), len(block));
                    if len > 0 {
                        column[start..start + len].copy_from_slice(&entries[feature * size..][..len]);
                    }
                }
            });
        }
        system.columns.par_chunks_mut(system.rows).take(self.features).map(normalise).collect()
    }

    /// The entries of all features for `len` rows from `start` on, feature by feature.
    fn block(&self, given: &Rows, start: usize, len: usize, jet: &mut Jet, out: &mut [f64]) {
        let size = Self::tile(&self.network).points;
        let d = self.network.dimension();
        let tile = rows(len, d, true);
        let n = tile.points;
        for (x, axis) in jet.x.chunks_mut(n).zip(&given.points) {
            fill_up(x, &axis[start..start + len]);
        }
        self.network.forward(&self.parameters, tile, jet);
        let operator = given.value[start..].iter().zip(&given.laplacian[start..]);
        for (a, out) in self.network.last_layer(tile, jet).zip(out.chunks_mut(size)) {
            for (i, (out, (value, laplacian))) in out.iter_mut().zip(operator.clone()).take(len).enumerate() {
                let along = |j: usize| given.gradient[j][start + i] * a[(1 + j) * n + i];
                *out = value * a[i] + laplacian * a[(1 + d) * n + i] + (0..d).map(along).sum::<f64>();
            }
        }
    }

    /// Σ cⱼφⱼ at points given coordinate by coordinate.
    pub fn values(&self, coefficients: &[f64], points: &[[f64; Waves::BLOCK]], out: &mut [f64]) {
        let tile = rows(out.len(), 0, false);
        self.pool.with(&self.network, |jet: &mut Jet| {
            for (x, axis) in jet.x.chunks_mut(tile.points).zip(points) {
                fill_up(x, &axis[..out.len()]);
            }
            self.network.forward(&self.parameters, tile, jet);
            out.fill(0.0);
            for (a, c) in self.network.last_layer(tile, jet).zip(coefficients) {
                out.iter_mut().zip(a).for_each(|(out, a)| *out += c * a);
            }
        });
    }
}

/// Copies a row of coordinates; the last one fills up the tile.
fn fill_up(x: &mut [f64], coordinates: &[f64]) {
    let last = coordinates.len() - 1;
    for (i, x) in x.iter_mut().enumerate() {
        *x = coordinates[i.min(last)];
    }
}
