//! A batch of points in space.

use rayon::prelude::*;

/// Points, one after the other: `coordinates` holds `len × dimension` numbers, row by row.
#[derive(Debug, Clone, Copy)]
pub struct Points<'a> {
    coordinates: &'a [f64],
    dimension: usize,
}

/// Below this many points a batch is evaluated by the calling thread alone.
const PARALLEL_FROM: usize = 4096;

impl<'a> Points<'a> {
    /// Reads `coordinates` as points of `dimension` numbers each; a remainder is ignored.
    pub fn new(coordinates: &'a [f64], dimension: usize) -> Self {
        Self { coordinates, dimension: dimension.max(1) }
    }

    /// How many points.
    pub fn len(&self) -> usize {
        self.coordinates.len() / self.dimension
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Coordinates a point.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The numbers themselves, row by row.
    pub fn coordinates(&self) -> &'a [f64] {
        self.coordinates
    }

    /// Point by point.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [f64]> {
        self.coordinates.chunks_exact(self.dimension)
    }

    /// `out[i] = function(point i)`, in parallel for large batches.
    pub fn evaluate(&self, out: &mut [f64], function: impl Fn(&[f64]) -> f64 + Sync) {
        if self.len() < PARALLEL_FROM {
            for (value, x) in out.iter_mut().zip(self.iter()) {
                *value = function(x);
            }
        } else {
            out.par_iter_mut()
                .zip(self.coordinates.par_chunks_exact(self.dimension))
                .for_each(|(value, x)| *value = function(x));
        }
    }
}
