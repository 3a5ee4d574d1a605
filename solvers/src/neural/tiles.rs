//! How points are cut into tiles and tiles dealt to lanes, and the memory that passes over tiles share.

use std::sync::{Mutex, PoisonError};

use super::{
    activation::{ABREAST, Rows},
    boundary::Local,
    loss::{Loss, Sampled},
    network::{Jet, Network, energy},
    real::{Dtype, Real},
};

/// Columns of a tile's matrices at most, all streams together, for a network whose widest layer has
/// `widest` neurons. Enough for the products to run at full speed; fewer where that keeps the matrices
/// of a layer (64 × 256: 131 kB) in a core's second-level cache, which very wide layers miss anyway.
fn tile_columns(widest: usize) -> usize {
    if (48..=256).contains(&widest) { 256 } else { 512 }
}

/// The most points a tile may have.
const MOST_POINTS: usize = 256;

/// Lanes at most.
const MOST_LANES: usize = 16;

/// Numbers the gradients of all lanes may hold (256 MiB), unless that leaves no lane at all.
const LANE_BUDGET: usize = 1 << 25;

/// Streams side by side in the widest products of a training pass.
pub(super) fn streams(network: &Network, loss: Loss) -> usize {
    let (gradients, laplacian) = loss.streams(network.dimension());
    if energy::pays(gradients, laplacian) { 2 } else { 1 + gradients + usize::from(laplacian) }
}

/// Points of a full tile with `streams` streams.
pub(super) fn tile_points(widest: usize, streams: usize) -> usize {
    (tile_columns(widest) / streams / ABREAST * ABREAST).clamp(ABREAST, MOST_POINTS)
}

/// Distance between rows of `columns` numbers: whole groups of points, each a cache line or two, and an odd number of
/// them, so that the rows of a matrix do not fall on the same lines of a cache.
fn stride(columns: usize) -> usize {
    (columns.div_ceil(ABREAST) | 1) * ABREAST
}

/// The rows of a tile with `points` points.
pub(super) fn rows(points: usize, gradients: usize, laplacian: bool) -> Rows {
    let mut rows = Rows { points: points.next_multiple_of(ABREAST), gradients, laplacian, stride: 0 };
    rows.stride = stride(rows.columns());
    rows
}

/// The longest row any tile of a run has.
pub(super) fn longest_row(network: &Network, loss: Loss) -> usize {
    let (gradients, laplacian) = loss.streams(network.dimension());
    rows(tile_points(network.widest(), streams(network, loss)), gradients, laplacian)
        .stride
        .max(stride(MOST_POINTS))
        .max(rows(tile_points(network.widest(), 1 + network.dimension()), network.dimension(), false).stride)
}

/// Part `index` of `parts` nearly equal parts of `0..len`.
pub(super) fn part(len: usize, parts: usize, index: usize) -> std::ops::Range<usize> {
    index * len / parts..(index + 1) * len / parts
}

/// Tiles for `points` points with `streams` streams.
pub(super) fn tiles(network: &Network, points: usize, streams: usize) -> usize {
    points.div_ceil(tile_points(network.widest(), streams))
}

/// Lanes for `tiles` tiles and `parameters` parameters.
pub(super) fn lanes(tiles: usize, parameters: usize) -> usize {
    tiles.min(MOST_LANES).min((LANE_BUDGET / parameters.max(1)).max(1)).max(1)
}

/// Bytes of the lanes and of the memory of `threads` threads.
pub(super) fn bytes(
    network: &Network,
    loss: Loss,
    dtype: Dtype,
    points: usize,
    boundary_points: usize,
    has_fluxes: bool,
    threads: usize,
) -> f64 {
    let tiles = tiles(network, points, streams(network, loss))
        + tiles(network, boundary_points, if has_fluxes { 1 + network.dimension() } else { 1 });
    let lanes = lanes(tiles, network.parameters());
    let jet = network.jet_len(longest_row(network, loss)) as f64;
    // Passes in f32 have gradients and memory of their own beside those in f64.
    let width = match dtype {
        Dtype::F64 => 8.0,
        Dtype::F32 => 12.0,
    };
    width * (lanes as f64 * network.parameters() as f64 + jet * threads.min(lanes) as f64)
}

/// Memory for passes over tiles: as many as there are threads at work, handed from one to the next.
#[derive(Debug)]
pub(super) struct Pool<T: Real = f64> {
    jets: Mutex<Vec<Jet<T>>>,
    stride: usize,
}

impl<T: Real> Pool<T> {
    pub fn new(network: &Network, stride: usize, count: usize) -> Self {
        let jets = (0..count).map(|_| Jet::new(network, stride)).collect();
        Self { jets: Mutex::new(jets), stride }
    }

    /// Lends memory to `work`.
    pub fn with<R>(&self, network: &Network, work: impl FnOnce(&mut Jet<T>) -> R) -> R {
        // A panic elsewhere leaves the list whole: it is only ever pushed to and popped from.
        let jet = self.jets.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut jet = jet.unwrap_or_else(|| Jet::new(network, self.stride));
        let result = work(&mut jet);
        self.jets.lock().unwrap_or_else(PoisonError::into_inner).push(jet);
        result
    }
}

/// Puts the points of a tile into `jet`, with what the network sees beside them.
pub(super) fn place<T: Real>(network: &Network, sampled: Sampled<'_>, rows: Rows, jet: &mut Jet<T>) {
    transpose(sampled.points, network.dimension(), rows, &mut jet.x);
    see(sampled.seen, rows, &mut jet.seen);
}

/// Writes the streams of one function at the points of a tile, if there is one; the last point fills up the tile.
pub(super) fn see(function: &[Local], rows: Rows, seen: &mut [f64]) {
    let n = rows.points;
    let Some(last) = function.len().checked_sub(1) else { return };
    for i in 0..n {
        let at = &function[i.min(last)];
        seen[i] = at.value;
        for (axis, slope) in at.gradient.iter().enumerate().take(rows.gradients) {
            seen[(1 + axis) * n + i] = *slope;
        }
        if rows.laplacian {
            seen[(1 + rows.gradients) * n + i] = at.laplacian;
        }
    }
}

/// Writes point `i` of `points` to column `i` of every axis; the last one fills up the tile.
pub(super) fn transpose(points: &[f64], dimension: usize, rows: Rows, x: &mut [f64]) {
    let count = points.len() / dimension;
    for (j, x) in x.chunks_mut(rows.points).take(dimension).enumerate() {
        for (i, x) in x.iter_mut().enumerate() {
            *x = points[i.min(count - 1) * dimension + j];
        }
    }
}
