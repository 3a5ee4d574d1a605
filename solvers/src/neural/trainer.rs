//! One training step over tiles of points, in parallel, with the same bits at any number of threads.
//!
//! Points are dealt to tiles of a fixed size, tiles to a fixed number of lanes; a lane adds up the
//! gradients of its tiles in order, and lanes are added up in order. Threads only choose which of
//! them computes which lane.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::{
    activation::{MOST_POINTS, Rows},
    adam,
    boundary::Trial,
    loss::{self, Loss, Sampled},
    network::{Jet, Network},
    sampler::Batch,
};

/// Columns of a tile's matrices at most, all streams together: small enough that the matrices of a
/// layer stay in a core's second-level cache, large enough for the products to run at full speed.
const TILE_COLUMNS: usize = 512;

/// Lanes at most.
const MOST_LANES: usize = 16;

/// Numbers the gradients of all lanes may hold (256 MiB), unless that leaves no lane at all.
const LANE_BUDGET: usize = 1 << 25;

/// Parameters a thread updates at a time.
const CHUNK: usize = 1 << 13;

/// Steps of fewer flops than this are faster on one thread than on several.
const SERIAL_BELOW: f64 = 4e5;

/// What is minimised: the loss and all it needs besides a batch.
#[derive(Debug, Clone)]
pub(super) struct Objective {
    pub loss: Loss,
    pub permittivity: f64,
    /// u = L + B N where the data are built in; `None` where u is the network itself.
    pub trial: Option<Trial>,
    pub beta: f64,
}

/// The loss of a step by its terms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Terms {
    pub interior: f64,
    /// Without β.
    pub boundary: f64,
}

/// A lane's share of the gradient and the loss.
#[derive(Debug)]
struct Lane {
    gradient: Vec<f64>,
    terms: Terms,
}

/// All that a step works on besides the parameters.
#[derive(Debug)]
pub(super) struct Trainer {
    pub network: Network,
    pub objective: Objective,
    /// Tiles inside and on the boundary.
    tiles: [usize; 2],
    lanes: Vec<Lane>,
    pool: Pool,
    flops: f64,
}

/// Points of a full tile with `streams` streams.
fn tile_points(streams: usize) -> usize {
    (TILE_COLUMNS / streams / 8 * 8).clamp(8, MOST_POINTS)
}

/// Distance between rows of `columns` numbers: whole cache lines, an odd number of them, so that the
/// rows of a matrix do not fall on the same lines of a cache.
fn stride(columns: usize) -> usize {
    (columns.div_ceil(8) | 1) * 8
}

/// The rows of a tile with `points` points.
fn rows(points: usize, gradients: usize, laplacian: bool) -> Rows {
    let mut rows = Rows { points: points.next_multiple_of(8), gradients, laplacian, stride: 0 };
    rows.stride = stride(rows.columns());
    rows
}

/// The longest row any tile of a run has.
fn longest_row(loss: Loss, dimension: usize) -> usize {
    let (gradients, laplacian) = loss.streams(dimension);
    let streams = 1 + gradients + usize::from(laplacian);
    rows(tile_points(streams), gradients, laplacian).stride.max(stride(MOST_POINTS))
}

/// Part `index` of `parts` nearly equal parts of `0..len`.
fn part(len: usize, parts: usize, index: usize) -> std::ops::Range<usize> {
    index * len / parts..(index + 1) * len / parts
}

/// Tiles for `points` points with `streams` streams.
fn tiles(points: usize, streams: usize) -> usize {
    points.div_ceil(tile_points(streams))
}

fn lanes(tiles: usize, parameters: usize) -> usize {
    tiles.min(MOST_LANES).min((LANE_BUDGET / parameters.max(1)).max(1)).max(1)
}

/// Bytes of the lanes and of the memory of `threads` threads.
pub(super) fn bytes(
    network: &Network,
    loss: Loss,
    points: usize,
    boundary_points: usize,
    threads: usize,
) -> f64 {
    let (gradients, laplacian) = loss.streams(network.dimension());
    let tiles = tiles(points, 1 + gradients + usize::from(laplacian)) + tiles(boundary_points, 1);
    let lanes = lanes(tiles, network.parameters());
    let jet = network.jet_len(longest_row(loss, network.dimension())) as f64;
    8.0 * (lanes as f64 * network.parameters() as f64 + jet * threads.min(lanes) as f64)
}

/// Memory for passes over tiles: as many as there are threads at work, handed from one to the next.
#[derive(Debug)]
struct Pool {
    jets: Mutex<Vec<Jet>>,
    stride: usize,
}

impl Pool {
    fn new(network: &Network, stride: usize, count: usize) -> Self {
        let jets = (0..count).map(|_| Jet::new(network, stride)).collect();
        Self { jets: Mutex::new(jets), stride }
    }

    /// Lends memory to `work`.
    fn with<T>(&self, network: &Network, work: impl FnOnce(&mut Jet) -> T) -> T {
        // A panic elsewhere leaves the list whole: it is only ever pushed to and popped from.
        let jet = self.jets.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut jet = jet.unwrap_or_else(|| Jet::new(network, self.stride));
        let result = work(&mut jet);
        self.jets.lock().unwrap_or_else(PoisonError::into_inner).push(jet);
        result
    }
}

/// Writes point `i` of `points` to column `i` of every axis; the last one fills up the tile.
fn transpose(points: &[f64], dimension: usize, rows: Rows, x: &mut [f64]) {
    let count = points.len() / dimension;
    for (j, x) in x.chunks_mut(rows.points).take(dimension).enumerate() {
        for (i, x) in x.iter_mut().enumerate() {
            *x = points[i.min(count - 1) * dimension + j];
        }
    }
}

impl Trainer {
    /// Memory for batches with as many points as `batch`.
    pub fn new(network: Network, objective: Objective, batch: &Batch) -> Self {
        let (gradients, laplacian) = objective.loss.streams(network.dimension());
        let streams = 1 + gradients + usize::from(laplacian);
        let (inside, sides) = (batch.data.len(), batch.side_data.len());
        let tiles = [tiles(inside, streams), tiles(sides, 1)];
        let lane = || Lane {
            gradient: vec![0.0; network.parameters()],
            terms: Terms { interior: 0.0, boundary: 0.0 },
        };
        let lanes: Vec<Lane> =
            (0..lanes(tiles[0] + tiles[1], network.parameters())).map(|_| lane()).collect();
        let stride = longest_row(objective.loss, network.dimension());
        let pool = Pool::new(&network, stride, rayon::current_num_threads().min(lanes.len()));
        let flops = inside as f64 * network.flops(streams, true) + sides as f64 * network.flops(1, true);
        Self { network, objective, tiles, lanes, pool, flops }
    }

    /// Flops of the matrix products of one step.
    pub fn flops(&self) -> f64 {
        self.flops
    }

    fn parallel(&self) -> bool {
        self.flops >= SERIAL_BELOW && rayon::current_num_threads() > 1
    }

    /// The loss on `batch`; its gradient is left in the lanes, for [`Trainer::descend`].
    pub fn differentiate(&mut self, parameters: &[f64], batch: &Batch) -> Terms {
        let parallel = self.parallel();
        let mut lanes = std::mem::take(&mut self.lanes);
        let count = lanes.len();
        let work = |(index, lane): (usize, &mut Lane)| self.lane(index, count, lane, parameters, batch);
        if parallel {
            // One lane at a time: few and long, they are worth stealing one by one.
            lanes.par_iter_mut().enumerate().with_max_len(1).for_each(work);
        } else {
            lanes.iter_mut().enumerate().for_each(work);
        }
        self.lanes = lanes;
        let mut terms = Terms { interior: 0.0, boundary: 0.0 };
        for lane in &self.lanes {
            terms.interior += lane.terms.interior;
            terms.boundary += lane.terms.boundary;
        }
        terms
    }

    /// Adds up the lanes and takes one step of Adam; `moments` are m and v.
    pub fn descend(&mut self, parameters: &mut [f64], moments: &mut [Vec<f64>; 2], factors: [f64; 2]) {
        let parallel = self.parallel() && parameters.len() >= 2 * CHUNK;
        let Some((first, others)) = self.lanes.split_first_mut() else { return };
        let [m, v] = moments;
        let chunks = |start: usize, gradient: &mut [f64], theta: &mut [f64], m: &mut [f64], v: &mut [f64]| {
            for lane in others.iter() {
                super::product::add_scaled(gradient, 1.0, &lane.gradient[start..start + theta.len()]);
            }
            adam::update(theta, m, v, gradient, factors);
        };
        if parallel {
            first
                .gradient
                .par_chunks_mut(CHUNK)
                .zip(parameters.par_chunks_mut(CHUNK))
                .zip(m.par_chunks_mut(CHUNK).zip(v.par_chunks_mut(CHUNK)))
                .enumerate()
                .for_each(|(i, ((gradient, theta), (m, v)))| chunks(i * CHUNK, gradient, theta, m, v));
        } else {
            chunks(0, &mut first.gradient, parameters, m, v);
        }
    }

    /// The gradient of the last [`Trainer::differentiate`].
    #[cfg(test)]
    pub fn gradient(&self) -> Vec<f64> {
        let mut sum = vec![0.0; self.network.parameters()];
        for lane in &self.lanes {
            super::product::add_scaled(&mut sum, 1.0, &lane.gradient);
        }
        sum
    }

    /// Every `count`-th tile from the one numbered `index`.
    fn lane(&self, index: usize, count: usize, lane: &mut Lane, parameters: &[f64], batch: &Batch) {
        lane.terms = Terms { interior: 0.0, boundary: 0.0 };
        self.pool.with(&self.network, |jet| {
            for tile in (index..self.tiles[0] + self.tiles[1]).step_by(count) {
                let add = tile != index;
                match tile.checked_sub(self.tiles[0]) {
                    None => {
                        lane.terms.interior +=
                            self.inside(tile, parameters, batch, jet, &mut lane.gradient, add)
                    }
                    Some(tile) => {
                        lane.terms.boundary +=
                            self.side(tile, parameters, batch, jet, &mut lane.gradient, add)
                    }
                }
            }
        });
    }

    fn inside(
        &self,
        tile: usize,
        parameters: &[f64],
        batch: &Batch,
        jet: &mut Jet,
        gradient: &mut [f64],
        add: bool,
    ) -> f64 {
        let d = self.network.dimension();
        let Objective { loss, permittivity, trial, .. } = &self.objective;
        let range = part(batch.data.len(), self.tiles[0], tile);
        let (gradients, laplacian) = loss.streams(d);
        let rows = rows(range.len(), gradients, laplacian);
        let points = &batch.points[range.start * d..range.end * d];
        let sampled = Sampled { points, data: &batch.data[range], weight: batch.weight };
        transpose(points, d, rows, &mut jet.x);
        self.network.forward(parameters, rows, jet);
        let trial = trial.as_ref();
        let value = loss::interior(*loss, *permittivity, trial, rows, sampled, &jet.out, &mut jet.out_bar);
        self.network.reverse(parameters, rows, jet, gradient, add);
        value
    }

    fn side(
        &self,
        tile: usize,
        parameters: &[f64],
        batch: &Batch,
        jet: &mut Jet,
        gradient: &mut [f64],
        add: bool,
    ) -> f64 {
        let d = self.network.dimension();
        let range = part(batch.side_data.len(), self.tiles[1], tile);
        let rows = rows(range.len(), 0, false);
        let points = &batch.sides[range.start * d..range.end * d];
        let sampled = Sampled { points, data: &batch.side_data[range], weight: batch.side_weight };
        transpose(points, d, rows, &mut jet.x);
        self.network.forward(parameters, rows, jet);
        let value = loss::boundary(self.objective.beta, sampled, &jet.out, &mut jet.out_bar[..rows.points]);
        self.network.reverse(parameters, rows, jet, gradient, add);
        value
    }

    /// The current u at `out.len()` points; `point` writes the coordinates of the i-th.
    pub fn sample(&self, parameters: &[f64], point: impl Fn(usize, &mut [f64]) + Sync, out: &mut [f64]) {
        let size = tile_points(1);
        let parallel = out.len() as f64 * self.network.flops(1, false) >= SERIAL_BELOW;
        let tile = |(tile, out): (usize, &mut [f64])| {
            self.pool.with(&self.network, |jet| self.values(tile * size, parameters, &point, jet, out));
        };
        if parallel && rayon::current_num_threads() > 1 {
            out.par_chunks_mut(size).enumerate().for_each(tile);
        } else {
            out.chunks_mut(size).enumerate().for_each(tile);
        }
    }

    fn values(
        &self,
        start: usize,
        parameters: &[f64],
        point: &(impl Fn(usize, &mut [f64]) + Sync),
        jet: &mut Jet,
        out: &mut [f64],
    ) {
        let d = self.network.dimension();
        let rows = rows(out.len(), 0, false);
        let mut x = [0.0; super::boundary::MOST_AXES];
        let x = &mut x[..d];
        for i in 0..rows.points {
            point(start + i.min(out.len() - 1), x);
            for j in 0..d {
                jet.x[j * rows.points + i] = x[j];
            }
        }
        self.network.forward(parameters, rows, jet);
        for (i, out) in out.iter_mut().enumerate() {
            *out = jet.out[i];
            if let Some(trial) = &self.objective.trial {
                point(start + i, x);
                *out = trial.value(x, *out);
            }
        }
    }
}
