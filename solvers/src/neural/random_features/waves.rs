//! The features φⱼ(x) = σ(wⱼ·x + bⱼ) and what the equation makes of them, in closed form.

use std::f64::consts::{FRAC_PI_2, TAU};

use modewise_problems::MOST_AXES;
use multiversion::{multiversion, target::target_cfg_f};
use rand::{Rng, RngExt};
use rayon::prelude::*;

use super::least_squares::{System, norm};
use crate::neural::{
    activation::Activation,
    sigma::{Sigma, Sin, Tanh},
};

/// Points a block: three rows of numbers stay in the first-level cache.
const BLOCK: usize = 256;

/// σ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Features {
    /// Waves of all directions up to the frequency, with random phases: random Fourier features.
    Sin,
    /// Cosine and sine of each wave: half as many waves, with every phase.
    Fourier,
    /// Steps of all directions and widths down to the reciprocal of the frequency, centred in the box.
    Tanh,
}

impl Features {
    /// The names a spec may use, in the order of [`Features::ALL`].
    pub const NAMES: [&'static str; 3] = ["sin", "fourier", "tanh"];
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sin, Self::Fourier, Self::Tanh];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// σ.
    pub fn activation(self) -> Activation {
        match self {
            Self::Sin | Self::Fourier => Activation::Sin,
            Self::Tanh => Activation::Tanh,
        }
    }
}

/// The hidden layer, frozen.
#[derive(Debug, Clone)]
pub(super) struct Waves {
    features: Features,
    /// wⱼ, then bⱼ, feature by feature.
    weights: Vec<f64>,
    dimension: usize,
}

/// Rows of the system: a linear differential operator at points,
/// u ↦ value·u + gradient·∇u + laplacian·∆u, coordinate by coordinate. Where features see a function of x beside x it is one
/// coordinate more, with the derivative by it in `gradient`, and in `mixed` what its second derivatives with all coordinates,
/// itself last, are multiplied by.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub points: Vec<Vec<f64>>,
    pub value: Vec<f64>,
    pub gradient: Vec<Vec<f64>>,
    pub laplacian: Vec<f64>,
    pub mixed: Vec<Vec<f64>>,
}

impl Waves {
    /// `count` features: wⱼ uniform in ∏ (−kᵢ, kᵢ), with the frequencies kᵢ of each feature in turn.
    pub fn draw(
        features: Features,
        count: usize,
        frequencies: &[[f64; MOST_AXES]],
        bounds: &[[f64; 2]],
        random: &mut impl Rng,
    ) -> Self {
        let d = bounds.len();
        let mut weights: Vec<f64> = Vec::with_capacity(count * (d + 1));
        let waves_of = if features == Features::Fourier { 2 } else { 1 };
        for (number, most) in (0..count).zip(frequencies.iter().flat_map(|k| vec![k; waves_of]).cycle()) {
            if number % waves_of == 1 {
                // The sine of a quarter wave further is the cosine.
                let wave = weights[weights.len() - (d + 1)..].to_vec();
                weights.extend(wave);
                weights[(number + 1) * (d + 1) - 1] += FRAC_PI_2;
                continue;
            }
            let w: Vec<f64> = most[..d].iter().map(|k| k * random.random_range(-1.0..1.0)).collect();
            let bias = match features {
                Features::Sin => TAU * random.random::<f64>(),
                Features::Fourier => 0.0,
                Features::Tanh => {
                    let centre = bounds.iter().map(|[a, b]| a + (b - a) * random.random::<f64>());
                    -w.iter().zip(centre).map(|(w, x)| w * x).sum::<f64>()
                }
            };
            weights.extend(w);
            weights.push(bias);
        }
        Self { features, weights, dimension: d }
    }

    /// wⱼ, then bⱼ, feature by feature.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Writes the columns of all features, each divided by its norm; the norms.
    pub fn assemble(&self, rows: &Rows, system: &mut System) -> Vec<f64> {
        let columns =
            system.columns.par_chunks_mut(system.rows).zip(self.weights.par_chunks(self.dimension + 1));
        columns
            .map(|(column, weights)| {
                match self.features {
                    Features::Sin | Features::Fourier => apply::<Sin>(rows, weights, column),
                    Features::Tanh => apply::<Tanh>(rows, weights, column),
                }
                normalise(column)
            })
            .collect()
    }

    /// Σ cⱼφⱼ at points given coordinate by coordinate, a block of at most [`BLOCK`].
    pub fn values(&self, coefficients: &[f64], points: &[[f64; BLOCK]], out: &mut [f64]) {
        out.fill(0.0);
        for (weights, &c) in self.weights.chunks(self.dimension + 1).zip(coefficients) {
            if c != 0.0 {
                match self.features {
                    Features::Sin | Features::Fourier => accumulate::<Sin>(points, weights, c, out),
                    Features::Tanh => accumulate::<Tanh>(points, weights, c, out),
                }
            }
        }
    }

    /// Points that [`Waves::values`] takes at a time.
    pub const BLOCK: usize = BLOCK;
}

/// Divides a column by its norm, if it has one; the norm.
pub(super) fn normalise(column: &mut [f64]) -> f64 {
    let length = norm(column);
    if length > 0.0 {
        column.iter_mut().for_each(|value| *value /= length);
    }
    length
}

#[multiversion(targets = "simd")]
fn apply<S: Sigma<f64>>(rows: &Rows, weights: &[f64], out: &mut [f64]) {
    if target_cfg_f!(target_feature = "fma") {
        apply_with::<S, true>(rows, weights, out);
    } else {
        apply_with::<S, false>(rows, weights, out);
    }
}

/// The operator on σ(w·x + b): value·σ + (w·gradient)·σ′ + (|w|²·laplacian + w_φ w·mixed)·σ″, the square over coordinates.
#[inline(always)]
fn apply_with<S: Sigma<f64>, const FMA: bool>(rows: &Rows, weights: &[f64], out: &mut [f64]) {
    let (w, bias) = (&weights[..weights.len() - 1], weights[weights.len() - 1]);
    let (w_x, w_seen) = w.split_at(w.len() - usize::from(!rows.mixed.is_empty()));
    let square: f64 = w_x.iter().map(|w| w * w).sum();
    let w_seen = w_seen.first().copied().unwrap_or(0.0);
    let mut z = [0.0; BLOCK];
    let mut along = [0.0; BLOCK];
    let mut bend = [0.0; BLOCK];
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let here = block * BLOCK..block * BLOCK + out.len();
        z.fill(bias);
        along.fill(0.0);
        for ((w, x), g) in w.iter().zip(&rows.points).zip(&rows.gradient) {
            for ((z, along), (x, g)) in
                z.iter_mut().zip(&mut along).zip(x[here.clone()].iter().zip(&g[here.clone()]))
            {
                *z += w * x;
                *along += w * g;
            }
        }
        bend.fill(0.0);
        for (w, mixed) in w.iter().zip(&rows.mixed) {
            for (bend, mixed) in bend.iter_mut().zip(&mixed[here.clone()]) {
                *bend += w_seen * w * mixed;
            }
        }
        let operator = rows.value[here.clone()].iter().zip(&rows.laplacian[here]);
        let arguments = z.iter().zip(along.iter().zip(&bend));
        for ((out, (z, (along, bend))), (value, laplacian)) in out.iter_mut().zip(arguments).zip(operator) {
            let (a, memo) = S::value::<FMA>(*z);
            let [first, second, _] = S::derivatives(a, memo);
            *out = value * a + along * first + (square * laplacian + bend) * second;
        }
    }
}

#[multiversion(targets = "simd")]
fn accumulate<S: Sigma<f64>>(points: &[[f64; BLOCK]], weights: &[f64], c: f64, out: &mut [f64]) {
    if target_cfg_f!(target_feature = "fma") {
        accumulate_with::<S, true>(points, weights, c, out);
    } else {
        accumulate_with::<S, false>(points, weights, c, out);
    }
}

#[inline(always)]
fn accumulate_with<S: Sigma<f64>, const FMA: bool>(
    points: &[[f64; BLOCK]],
    weights: &[f64],
    c: f64,
    out: &mut [f64],
) {
    let mut z = [weights[weights.len() - 1]; BLOCK];
    for (w, x) in weights.iter().zip(points) {
        for (z, x) in z.iter_mut().zip(x) {
            *z += w * x;
        }
    }
    for (out, z) in out.iter_mut().zip(&z) {
        *out += c * S::value::<FMA>(*z).0;
    }
}
