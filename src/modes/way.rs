//! The way from a field to the amplitudes of its error.

use modewise_problems::reduce;
use num_complex::Complex64;
use rayon::prelude::*;

use super::{
    Amplitudes, Spectrum,
    chosen::{Members, Reported},
    projection::Projection,
};

/// How amplitudes are computed: whichever takes fewer flops by closed form.
#[derive(Clone)]
pub(super) enum Way {
    /// All of them, from the error at all nodes.
    Whole { error: Vec<f64>, amplitudes: Amplitudes },
    /// Those of the reported modes.
    Few { projection: Projection, amplitudes: Vec<Complex64> },
}

impl Way {
    /// The cheapest way to these modes.
    pub fn cheapest(spectrum: &Spectrum, reported: &[Reported]) -> Self {
        let single = |mode: &Reported| match mode.members {
            Members::Single(place) => Some(place),
            Members::Shell(_) => None,
        };
        // Their room is taken at the first look.
        let whole = Self::Whole { error: Vec::new(), amplitudes: Amplitudes::Real(Vec::new()) };
        let Some(places) = reported.iter().map(single).collect::<Option<Vec<usize>>>() else { return whole };
        if spectrum.dimension() == 1 || places.is_empty() {
            return whole;
        }
        let projection = spectrum.projection(&places);
        if projection.flops() < spectrum.flops() {
            Self::Few { projection, amplitudes: vec![Complex64::default(); places.len()] }
        } else {
            whole
        }
    }

    /// The amplitudes of u − v; returns ‖u − v‖∞, not-a-number if any value is.
    pub fn take(&mut self, spectrum: &Spectrum, u: &[f64], v: &[f64]) -> f64 {
        match self {
            Self::Few { projection, amplitudes } => projection.project(u, v, amplitudes),
            Self::Whole { error, amplitudes } => {
                let size = subtract(u, v, error);
                spectrum.amplitudes(error, amplitudes);
                size
            }
        }
    }
}

/// e ← u − v, with room made in `e`; returns ‖e‖∞, not-a-number if any entry is.
fn subtract(u: &[f64], v: &[f64], e: &mut Vec<f64>) -> f64 {
    e.resize(u.len(), 0.0);
    let block = |((e, u), v): ((&mut [f64], &[f64]), &[f64])| {
        let mut size = 0.0;
        for ((e, u), v) in e.iter_mut().zip(u).zip(v) {
            *e = u - v;
            size = reduce::max_or_nan(size, e.abs());
        }
        size
    };
    let blocks = e.par_chunks_mut(reduce::BLOCK).zip(u.par_chunks(reduce::BLOCK));
    blocks.zip(v.par_chunks(reduce::BLOCK)).map(block).reduce(|| 0.0, reduce::max_or_nan)
}
