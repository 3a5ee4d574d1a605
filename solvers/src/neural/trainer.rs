//! The loss and its gradient over tiles of points, in parallel, with the same bits at any number of threads.
//!
//! Points are dealt to tiles of a fixed size, tiles to a fixed number of lanes; a lane adds up the
//! gradients of its tiles in order, and lanes are added up in order. Threads only choose which of
//! them computes which lane. A step allocates nothing of its own (the matrix products pack their
//! operands into small buffers that `gemm` allocates).

use modewise_problems::{MOST_AXES, Problem};
use rayon::prelude::*;

use super::{
    activation::ABREAST,
    coupling,
    loss::{self, Objective, Terms},
    network::{Jet, Network, energy},
    real::{Dtype, Real},
    sampler::Batch,
    tiles::{Pool, lanes, longest_row, part, place, rows, streams, tile_points, tiles},
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
    /// The gradient where passes run in single precision.
    single: Vec<f32>,
    terms: Terms,
}

/// What passes in single precision work on: the parameters rounded, and their memory.
#[derive(Debug)]
struct Single {
    parameters: Vec<f32>,
    pool: Pool<f32>,
}

/// All that a step works on besides the parameters.
#[derive(Debug)]
pub(super) struct Trainer {
    pub network: Network,
    pub objective: Objective,
    /// Tiles inside and on the boundary.
    tiles: [usize; 2],
    /// Gradient streams at points on the boundary.
    side_gradients: usize,
    /// What a point counts in the mean of the coupling, over its weight, and twice γ times that mean.
    coupling: [f64; 2],
    lanes: Vec<Lane>,
    pool: Pool,
    single: Option<Single>,
    flops: f64,
}

impl Trainer {
    /// Memory for batches with as many points as `batch`.
    pub fn new(network: Network, objective: Objective, batch: &Batch) -> Self {
        let (gradients, laplacian) = objective.loss.streams(network.dimension());
        let (inside, sides) = (batch.data.len(), batch.side_data.len());
        let side_gradients = if batch.has_fluxes() { network.dimension() } else { 0 };
        let tiles = [
            tiles(&network, inside, streams(&network, objective.loss)),
            tiles(&network, sides, 1 + side_gradients),
        ];
        let lane =
            || Lane { gradient: vec![0.0; network.parameters()], single: Vec::new(), terms: Terms::all(0.0) };
        let lanes: Vec<Lane> =
            (0..lanes(tiles[0] + tiles[1], network.parameters())).map(|_| lane()).collect();
        let stride = longest_row(&network, objective.loss);
        let pool = Pool::new(&network, stride, rayon::current_num_threads().min(lanes.len()));
        let per_point = if energy::pays(gradients, laplacian) {
            network.energy_flops()
        } else {
            network.flops(1 + gradients + usize::from(laplacian), true)
        };
        let coupling = if network.is_coupled() { network.flops(1, false) } else { 0.0 };
        let flops =
            inside as f64 * (per_point + coupling) + sides as f64 * network.flops(1 + side_gradients, true);
        Self {
            network,
            objective,
            tiles,
            side_gradients,
            coupling: [0.0; 2],
            lanes,
            pool,
            single: None,
            flops,
        }
    }

    /// The same with the passes of training in `dtype`. Parameters, losses and what optimisers keep stay in f64:
    /// rounded to f32, small steps would be lost.
    pub fn with_dtype(mut self, dtype: Dtype) -> Self {
        if dtype == Dtype::F32 {
            let count = self.network.parameters();
            self.lanes.iter_mut().for_each(|lane| lane.single = vec![0.0; count]);
            let stride = longest_row(&self.network, self.objective.loss);
            let threads = rayon::current_num_threads().min(self.lanes.len());
            let pool = Pool::new(&self.network, stride, threads);
            self.single = Some(Single { parameters: vec![0.0; count], pool });
        }
        self
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
        if let Some(single) = &mut self.single {
            for (single, parameter) in single.parameters.iter_mut().zip(parameters) {
                *single = *parameter as f32;
            }
        }
        let mut coupling = 0.0;
        if self.network.is_coupled() {
            self.coupling = [1.0 / batch.weights.iter().sum::<f64>(), 0.0];
            self.each_lane(|trainer, index, count, lane| {
                lane.terms.coupling = trainer.lane_mean(index, count, parameters, batch);
            });
            let mean = self.lanes.iter().map(|lane| lane.terms.coupling).sum::<f64>();
            self.coupling[1] = 2.0 * self.objective.gamma * mean;
            coupling = mean * mean;
        }
        self.each_lane(|trainer, index, count, lane| trainer.lane(index, count, lane, parameters, batch));
        let mut terms = Terms { coupling, ..Terms::all(0.0) };
        for lane in &self.lanes {
            terms.interior += lane.terms.interior;
            terms.boundary += lane.terms.boundary;
            terms.interface += lane.terms.interface;
        }
        terms
    }

    /// `work` on every lane, given its number and how many there are.
    fn each_lane(&mut self, work: impl Fn(&Self, usize, usize, &mut Lane) + Sync) {
        let mut lanes = std::mem::take(&mut self.lanes);
        let count = lanes.len();
        let trainer = &*self;
        let work = |(index, lane): (usize, &mut Lane)| work(trainer, index, count, lane);
        if self.parallel() {
            // One lane at a time: few and long, they are worth stealing one by one.
            lanes.par_iter_mut().enumerate().with_max_len(1).for_each(work);
        } else {
            lanes.iter_mut().enumerate().for_each(work);
        }
        self.lanes = lanes;
    }

    /// What lane `index` of `count` adds to the mean of the coupling.
    fn lane_mean(&self, index: usize, count: usize, parameters: &[f64], batch: &Batch) -> f64 {
        match &self.single {
            None => self.pool.with(&self.network, |jet| self.deal_mean(index, count, parameters, batch, jet)),
            Some(of) => {
                of.pool.with(&self.network, |jet| self.deal_mean(index, count, &of.parameters, batch, jet))
            }
        }
    }

    fn deal_mean<T: Real>(
        &self,
        index: usize,
        count: usize,
        parameters: &[T],
        batch: &Batch,
        jet: &mut Jet<T>,
    ) -> f64 {
        let of_tile = |tile: usize| {
            let range = part(batch.data.len(), self.tiles[0], tile);
            let rows = rows(range.len(), 0, false);
            let sampled = batch.inside(range, self.network.dimension());
            let counts = [self.coupling[0], 0.0];
            coupling::values(&self.network, parameters, rows, sampled, counts, jet)
        };
        (index..self.tiles[0]).step_by(count).map(of_tile).sum()
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

    /// Lane `index` of `count`.
    fn lane(&self, index: usize, count: usize, lane: &mut Lane, parameters: &[f64], batch: &Batch) {
        let Lane { gradient, single, terms } = lane;
        *terms = match &self.single {
            None => {
                self.pool.with(&self.network, |jet| self.deal(index, count, parameters, batch, jet, gradient))
            }
            Some(of) => {
                let terms = of
                    .pool
                    .with(&self.network, |jet| self.deal(index, count, &of.parameters, batch, jet, single));
                for (wide, single) in gradient.iter_mut().zip(single) {
                    *wide = f64::from(*single);
                }
                terms
            }
        };
    }

    /// Every `count`-th tile from the one numbered `index`.
    fn deal<T: Real>(
        &self,
        index: usize,
        count: usize,
        parameters: &[T],
        batch: &Batch,
        jet: &mut Jet<T>,
        gradient: &mut [T],
    ) -> Terms {
        let mut terms = Terms::all(0.0);
        for tile in (index..self.tiles[0] + self.tiles[1]).step_by(count) {
            let add = tile != index;
            match tile.checked_sub(self.tiles[0]) {
                None => terms.interior += self.inside(tile, parameters, batch, jet, gradient, add),
                Some(tile) => {
                    let [natural, penalty, jumps] = self.side(tile, parameters, batch, jet, gradient, add);
                    terms.interior += natural;
                    terms.boundary += penalty;
                    terms.interface += jumps;
                }
            }
        }
        terms
    }

    fn inside<T: Real>(
        &self,
        tile: usize,
        parameters: &[T],
        batch: &Batch,
        jet: &mut Jet<T>,
        gradient: &mut [T],
        add: bool,
    ) -> f64 {
        let d = self.network.dimension();
        let (gradients, laplacian) = self.objective.loss.streams(d);
        let range = part(batch.data.len(), self.tiles[0], tile);
        let rows = rows(range.len(), gradients, laplacian);
        let sampled = batch.inside(range, d);
        place(&self.network, sampled, rows, jet);
        let backwards = energy::pays(gradients, laplacian);
        if backwards {
            self.network.energy_forward(parameters, rows, jet);
        } else {
            self.network.forward(parameters, rows, jet);
        }
        let value = loss::interior(&self.objective, rows, sampled, &jet.out, &mut jet.out_bar);
        if self.network.is_coupled() {
            coupling::tile(&self.network, parameters, rows, sampled, self.coupling, jet);
        }
        if backwards {
            self.network.energy_reverse(parameters, rows, jet, gradient, add);
        } else {
            self.network.reverse(parameters, rows, jet, gradient, add);
        }
        value
    }

    fn side<T: Real>(
        &self,
        tile: usize,
        parameters: &[T],
        batch: &Batch,
        jet: &mut Jet<T>,
        gradient: &mut [T],
        add: bool,
    ) -> [f64; 3] {
        let d = self.network.dimension();
        let range = part(batch.side_data.len(), self.tiles[1], tile);
        let rows = rows(range.len(), self.side_gradients, false);
        let sampled = batch.side(range, d);
        place(&self.network, sampled, rows, jet);
        self.network.forward(parameters, rows, jet);
        jet.parts_bar.fill(0.0);
        let terms = loss::boundary(&self.objective, rows, sampled, &jet.out, &mut jet.out_bar);
        self.network.reverse(parameters, rows, jet, gradient, add);
        terms
    }

    /// The current u at `out.len()` points; `point` writes the coordinates of the i-th. Data are those of `problem`.
    pub fn sample(
        &self,
        problem: &dyn Problem,
        parameters: &[f64],
        point: impl Fn(usize, &mut [f64]) + Sync,
        out: &mut [f64],
    ) {
        // Cut by the number of points alone, so that all threads have work and bits stay the same.
        let share = out.len().div_ceil(SAMPLE_TILES).next_multiple_of(ABREAST).max(SMALLEST_SAMPLE);
        let size = tile_points(self.network.widest(), 1).min(share);
        let parallel = out.len() as f64 * self.network.flops(1, false) >= SERIAL_BELOW;
        let tile = |(tile, out): (usize, &mut [f64])| {
            self.pool.with(&self.network, |jet| {
                self.values(problem, tile * size, parameters, &point, jet, out);
            });
        };
        if parallel && rayon::current_num_threads() > 1 {
            out.par_chunks_mut(size).enumerate().for_each(tile);
        } else {
            out.chunks_mut(size).enumerate().for_each(tile);
        }
    }

    fn values(
        &self,
        problem: &dyn Problem,
        start: usize,
        parameters: &[f64],
        point: &(impl Fn(usize, &mut [f64]) + Sync),
        jet: &mut Jet,
        out: &mut [f64],
    ) {
        let d = self.network.dimension();
        let rows = rows(out.len(), 0, false);
        let mut x = [0.0; MOST_AXES];
        let x = &mut x[..d];
        for i in 0..rows.points {
            point(start + i.min(out.len() - 1), x);
            for (j, &x) in x.iter().enumerate() {
                jet.x[j * rows.points + i] = x;
            }
            if let Some(kink) = &self.objective.kink {
                jet.seen[i] = kink.at(x).value;
            }
        }
        self.network.forward(parameters, rows, jet);
        for (i, out) in out.iter_mut().enumerate() {
            *out = jet.out[i];
            if let Some(trial) = &self.objective.trial {
                point(start + i, x);
                *out = trial.value(problem, x, *out);
            }
        }
    }
}
