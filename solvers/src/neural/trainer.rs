//! The loss and its gradient over tiles of points, in parallel, with the same bits at any number of threads.
//!
//! Points are dealt to tiles of a fixed size, tiles to a fixed number of lanes; a lane adds up the
//! gradients of its tiles in order, and lanes are added up in order. Threads only choose which of
//! them computes which lane. A step allocates nothing of its own (the matrix products pack their
//! operands into small buffers that `gemm` allocates).

use rayon::prelude::*;

use super::{
    loss::{self, Objective, Terms},
    network::{Jet, Network},
    sampler::Batch,
    tiles::{Pool, lanes, longest_row, part, rows, tile_points, tiles, transpose},
};

/// Parameters a thread adds up at a time.
const CHUNK: usize = 1 << 13;

/// Steps of fewer flops than this are faster on one thread than on several.
const SERIAL_BELOW: f64 = 4e5;
/// A sample is cut into so many tiles, unless they would be smaller than the number below it.
const SAMPLE_TILES: usize = 16;
const SMALLEST_SAMPLE: usize = 64;

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

impl Trainer {
    /// Memory for batches with as many points as `batch`.
    pub fn new(network: Network, objective: Objective, batch: &Batch) -> Self {
        let (gradients, laplacian) = objective.loss.streams(network.dimension());
        let streams = 1 + gradients + usize::from(laplacian);
        let (inside, sides) = (batch.data.len(), batch.side_data.len());
        let tiles = [tiles(&network, inside, streams), tiles(&network, sides, 1)];
        let lane = || Lane {
            gradient: vec![0.0; network.parameters()],
            terms: Terms { interior: 0.0, boundary: 0.0 },
        };
        let lanes: Vec<Lane> =
            (0..lanes(tiles[0] + tiles[1], network.parameters())).map(|_| lane()).collect();
        let stride = longest_row(&network, objective.loss);
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

    /// The loss on `batch`; its gradient is left in the lanes, for [`Trainer::gather`].
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

    /// Adds up the lanes: the gradient of the last [`Trainer::differentiate`].
    pub fn gather(&self, gradient: &mut [f64]) {
        let chunk = |(chunk, out): (usize, &mut [f64])| {
            out.fill(0.0);
            let start = chunk * CHUNK;
            for lane in &self.lanes {
                super::product::add_scaled(out, 1.0, &lane.gradient[start..start + out.len()]);
            }
        };
        if self.parallel() && gradient.len() >= 2 * CHUNK {
            gradient.par_chunks_mut(CHUNK).enumerate().for_each(chunk);
        } else {
            gradient.chunks_mut(CHUNK).enumerate().for_each(chunk);
        }
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
        let (gradients, laplacian) = self.objective.loss.streams(d);
        let range = part(batch.data.len(), self.tiles[0], tile);
        let rows = rows(range.len(), gradients, laplacian);
        let sampled = batch.inside(range, d);
        transpose(sampled.points, d, rows, &mut jet.x);
        self.network.forward(parameters, rows, jet);
        let value = loss::interior(&self.objective, rows, sampled, &jet.out, &mut jet.out_bar);
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
        let sampled = batch.side(range, d);
        transpose(sampled.points, d, rows, &mut jet.x);
        self.network.forward(parameters, rows, jet);
        let value = loss::boundary(self.objective.beta, sampled, &jet.out, &mut jet.out_bar[..rows.points]);
        self.network.reverse(parameters, rows, jet, gradient, add);
        value
    }

    /// The current u at `out.len()` points; `point` writes the coordinates of the i-th.
    pub fn sample(&self, parameters: &[f64], point: impl Fn(usize, &mut [f64]) + Sync, out: &mut [f64]) {
        // Cut by the number of points alone, so that all threads have work and bits stay the same.
        let share = out.len().div_ceil(SAMPLE_TILES).next_multiple_of(8).max(SMALLEST_SAMPLE);
        let size = tile_points(self.network.widest(), 1).min(share);
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
            for (j, &x) in x.iter().enumerate() {
                jet.x[j * rows.points + i] = x;
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
