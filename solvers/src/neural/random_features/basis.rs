//! The features: in closed form, or the last layer of a network that stays as it is drawn.

use modewise_problems::MOST_AXES;
use rand::Rng;

use super::{
    deep::Deep,
    least_squares::System,
    waves::{Features, Rows, Waves},
};

/// The hidden layers, frozen.
#[derive(Debug)]
pub(super) enum Basis {
    /// One layer.
    Waves(Waves),
    /// Several.
    Deep(Deep),
}

impl Basis {
    /// Points that [`Basis::values`] takes at a time.
    pub const BLOCK: usize = Waves::BLOCK;

    /// `count` features on hidden layers of these widths, which may be none.
    pub fn draw(
        features: Features,
        hidden: &[usize],
        count: usize,
        frequencies: &[[f64; MOST_AXES]],
        bounds: &[[f64; 2]],
        random: &mut impl Rng,
    ) -> Self {
        let first = *hidden.first().unwrap_or(&count);
        let waves = Waves::draw(features, first, frequencies, bounds, random);
        match hidden {
            [] => Self::Waves(waves),
            _ => Self::Deep(Deep::draw(features, &waves, hidden, count, bounds.len(), random)),
        }
    }

    /// Flops of an entry of the system, and of a value.
    pub fn flops(&self, dimension: usize) -> [f64; 2] {
        match self {
            // Two sums over the axes, σ with its derivatives and their combination, the norm.
            Self::Waves(_) => [4.0 * dimension as f64 + 30.0, 2.0 * dimension as f64 + 20.0],
            Self::Deep(deep) => deep.flops(),
        }
    }

    /// Writes the columns of all features, each divided by its norm; the norms.
    pub fn assemble(&self, rows: &Rows, system: &mut System) -> Vec<f64> {
        match self {
            Self::Waves(waves) => waves.assemble(rows, system),
            Self::Deep(deep) => deep.assemble(rows, system),
        }
    }

    /// Σ cⱼφⱼ at points given coordinate by coordinate, a block of at most [`Basis::BLOCK`].
    pub fn values(&self, coefficients: &[f64], points: &[[f64; Self::BLOCK]], out: &mut [f64]) {
        match self {
            Self::Waves(waves) => waves.values(coefficients, points, out),
            Self::Deep(deep) => deep.values(coefficients, points, out),
        }
    }
}
