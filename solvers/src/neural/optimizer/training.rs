//! The loss of a network on a batch, as optimisers see it.
//!
//! Values and gradients are the trainer's. The Jacobian is made tile by tile: a block has a row for every
//! parameter and a column for every row of J that belongs to the tile. JᵀJ, JJᵀ and products with J are
//! sums over blocks in their order, each entry by one thread, so that threads change no bits. Where all of
//! J is not needed at once only a slab of it is held.

use rayon::prelude::*;

use super::{
    Equations, Function,
    blocks::{Block, add_product},
    vector,
};
use crate::neural::{
    activation::ABREAST,
    coupling,
    loss::{self, Loss, Terms},
    network::{Columns, Jet, Network},
    sampler::Batch,
    tiles::{Pool, part, place, rows},
    trainer::Trainer,
};

/// Columns of a block at most.
const WIDTH: usize = 128;
/// Rows of a matrix that a thread takes at a time.
const ROWS: usize = 96;
/// Numbers of a slab of J at most (32 MiB), unless that is less than [`LEAST_BLOCKS`].
const SLAB: usize = 1 << 22;
const LEAST_BLOCKS: usize = 4;

/// The blocks of J.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::neural) struct Layout {
    parameters: usize,
    /// Rows of J a point inside, points inside and on the boundary.
    rows: usize,
    points: [usize; 2],
    /// Blocks of points inside, of points on the boundary, and of the coupling: one where there is one.
    blocks: [usize; 3],
    /// Columns of every block.
    width: usize,
    is_sum_of_squares: bool,
    /// Gradient streams at points on the boundary.
    side_gradients: usize,
}

impl Layout {
    /// For a loss on `inside` and `sides` points, the latter with fluxes or not.
    pub fn new(
        network: &Network,
        loss: Loss,
        has_screening: bool,
        [inside, sides]: [usize; 2],
        has_fluxes: bool,
    ) -> Self {
        let rows = loss.rows(network.dimension(), has_screening);
        // Points of a block, in groups as in tiles; the last of them are filled up, and count nothing.
        let most = (WIDTH / rows / ABREAST * ABREAST).max(ABREAST);
        let points = inside.div_ceil(inside.div_ceil(most).max(1)).next_multiple_of(ABREAST);
        let width = points * rows;
        Self {
            parameters: network.parameters(),
            rows,
            points: [inside, sides],
            blocks: [inside.div_ceil(points), sides.div_ceil(width), usize::from(network.is_coupled())],
            width,
            is_sum_of_squares: loss.is_sum_of_squares(),
            side_gradients: if has_fluxes { network.dimension() } else { 0 },
        }
    }

    fn count(&self) -> usize {
        self.blocks.iter().sum()
    }

    pub fn equations(&self) -> Equations {
        Equations { rows: self.count() * self.width, are_residuals: self.is_sum_of_squares }
    }

    /// Rows of J that are not filling.
    pub fn true_rows(&self) -> usize {
        self.rows * self.points[0] + self.points[1] + self.blocks[2]
    }

    fn block(&self) -> usize {
        self.parameters * self.width
    }

    /// Blocks held at once.
    fn slab(&self) -> usize {
        let needs_all = self.is_sum_of_squares && self.equations().rows < self.parameters;
        if needs_all { self.count() } else { (SLAB / self.block()).max(LEAST_BLOCKS).min(self.count()) }
    }

    /// Bytes of a slab.
    pub fn bytes(&self) -> f64 {
        8.0 * self.slab() as f64 * self.block() as f64
    }

    /// Block `index` of points inside, with ρ.
    fn inside(
        &self,
        trainer: &Trainer,
        batch: &Batch,
        theta: &[f64],
        index: usize,
        jet: &mut Jet,
        (block, rho): (&mut [f64], &mut [f64]),
    ) {
        let (network, objective) = (&trainer.network, &trainer.objective);
        let d = network.dimension();
        let range = part(self.points[0], self.blocks[0], index);
        let (gradients, laplacian) = objective.loss.streams(d);
        let tile = rows(range.len(), gradients, laplacian);
        let sampled = batch.inside(range, d);
        place(network, sampled, tile, jet);
        network.forward(theta, tile, jet);
        for row in 0..self.rows {
            let at = row * tile.points;
            let rho = &mut rho[at..at + tile.points];
            loss::linearise(objective, row, tile, sampled, &jet.out, &mut jet.out_bar, rho);
            network.point_gradients(theta, tile, jet, block, Columns { width: self.width, at });
        }
    }

    /// Block `index` of points on the boundary, with ρ.
    fn side(
        &self,
        trainer: &Trainer,
        batch: &Batch,
        theta: &[f64],
        index: usize,
        jet: &mut Jet,
        (block, rho): (&mut [f64], &mut [f64]),
    ) {
        let network = &trainer.network;
        let d = network.dimension();
        let sampled = batch.side(part(self.points[1], self.blocks[1], index), d);
        let tile = rows(sampled.data.len(), self.side_gradients, false);
        place(network, sampled, tile, jet);
        network.forward(theta, tile, jet);
        loss::linearise_boundary(&trainer.objective, tile, sampled, &jet.out, &mut jet.out_bar, rho);
        network.point_gradients(theta, tile, jet, block, Columns { width: self.width, at: 0 });
    }
}

/// Memory for the Jacobian.
#[derive(Debug)]
pub(in crate::neural) struct Jacobian {
    layout: Layout,
    slab: Vec<f64>,
    /// A number a column of J: ρ, or a product.
    columns: Vec<f64>,
    /// The row of the coupling: √(2γ) m and its gradient.
    coupling: (f64, Vec<f64>),
    pool: Pool,
    /// Flops of one Jacobian.
    flops: f64,
}

impl Jacobian {
    pub fn new(network: &Network, layout: Layout, loss: Loss) -> Self {
        let (gradients, laplacian) = loss.streams(network.dimension());
        let tile = rows(layout.width / layout.rows, gradients, laplacian);
        let stride = tile.stride.max(rows(layout.width, layout.side_gradients, false).stride);
        let cost = |streams, rows: usize| {
            let (forward, training) = (network.flops(streams, false), network.flops(streams, true));
            forward + rows as f64 * (training - forward)
        };
        let [inside, sides] = layout.points.map(|points| points as f64);
        let coupling = if network.is_coupled() { network.flops(1, true) } else { 0.0 };
        Self {
            layout,
            slab: vec![0.0; layout.slab() * layout.block()],
            columns: vec![0.0; layout.count() * layout.width],
            coupling: (0.0, vec![0.0; if network.is_coupled() { network.parameters() } else { 0 }]),
            pool: Pool::new(network, stride, rayon::current_num_threads().min(layout.slab())),
            flops: inside * (cost(tile.streams(), layout.rows) + coupling)
                + sides * cost(1 + layout.side_gradients, 1),
        }
    }

    /// Blocks from the one numbered `first` on, as many as the slab holds; ρ goes to their columns. How many.
    fn fill(&mut self, trainer: &Trainer, batch: &Batch, theta: &[f64], first: usize) -> usize {
        let layout = self.layout;
        let count = layout.slab().min(layout.count() - first);
        if layout.blocks[2] > 0 && first + count == layout.count() {
            self.couple(trainer, batch, theta);
        }
        let Self { slab, columns, pool, coupling, .. } = self;
        let rho = &mut columns[first * layout.width..(first + count) * layout.width];
        slab.par_chunks_mut(layout.block())
            .zip(rho.par_chunks_mut(layout.width))
            .with_max_len(1)
            .enumerate()
            .for_each(|(index, (block, rho))| {
                block.fill(0.0);
                rho.fill(0.0);
                let index = first + index;
                let [inside, sides, _] = layout.blocks;
                pool.with(&trainer.network, |jet| {
                    if index < inside {
                        layout.inside(trainer, batch, theta, index, jet, (block, rho));
                    } else if index < inside + sides {
                        layout.side(trainer, batch, theta, index - inside, jet, (block, rho));
                    } else {
                        rho[0] = coupling.0;
                        for (row, slope) in block.chunks_mut(layout.width).zip(&coupling.1) {
                            row[0] = *slope;
                        }
                    }
                });
            });
        count
    }

    /// The row of the coupling.
    fn couple(&mut self, trainer: &Trainer, batch: &Batch, theta: &[f64]) {
        let Self { layout, coupling: (value, gradient), pool, .. } = self;
        let network = &trainer.network;
        let root = (2.0 * trainer.objective.gamma).sqrt();
        let share = 1.0 / batch.weights.iter().sum::<f64>();
        pool.with(network, |jet| {
            *value = 0.0;
            for index in 0..layout.blocks[0] {
                let range = part(layout.points[0], layout.blocks[0], index);
                let tile = rows(range.len(), 0, false);
                let sampled = batch.inside(range, network.dimension());
                let counts = [share, root];
                *value += root * coupling::values(network, theta, tile, sampled, counts, jet);
                jet.out_bar[..tile.columns()].fill(0.0);
                network.reverse(theta, tile, jet, gradient, index > 0);
            }
        });
    }

    /// out += Jᵀy over the blocks of the slab, whose columns start at block `first`; y lies in `columns`.
    fn pull_back(&self, first: usize, count: usize, out: &mut [f64]) {
        let Layout { width, .. } = self.layout;
        let y = &self.columns[first * width..(first + count) * width];
        out.par_chunks_mut(ROWS).enumerate().for_each(|(chunk, out)| {
            for (block, y) in self.slab.chunks(self.layout.block()).zip(y.chunks(width)) {
                let rows = block[chunk * ROWS * width..].chunks(width);
                for (out, row) in out.iter_mut().zip(rows) {
                    *out += vector::dot(row, y);
                }
            }
        });
    }

    /// y = Jv over the blocks of the slab, to `columns`.
    fn push_forward(&mut self, first: usize, v: &[f64]) {
        let Layout { width, .. } = self.layout;
        let block = self.layout.block();
        self.columns[first * width..].par_chunks_mut(width).zip(self.slab.par_chunks(block)).for_each(
            |(y, block)| {
                y.fill(0.0);
                for (row, &v) in block.chunks(width).zip(v) {
                    vector::add_scaled(y, v, row);
                }
            },
        );
    }
}

/// A loss at work.
pub(in crate::neural) struct Training<'a> {
    pub trainer: &'a mut Trainer,
    pub batch: &'a Batch,
    /// Where a method needs it.
    pub jacobian: Option<&'a mut Jacobian>,
    /// Of the last gradient.
    pub terms: Terms,
    /// Spent so far.
    pub flops: f64,
}

impl Training<'_> {
    fn jacobian(&mut self) -> (&mut Jacobian, &Trainer, &Batch) {
        // Invariant: a run with a method that asks for the Jacobian has memory for it.
        let jacobian = self.jacobian.as_deref_mut().expect("memory for the Jacobian");
        self.flops += jacobian.flops;
        (jacobian, self.trainer, self.batch)
    }
}

impl Function for Training<'_> {
    fn len(&self) -> usize {
        self.trainer.network.parameters()
    }

    fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> f64 {
        self.terms = self.trainer.differentiate(theta, self.batch);
        self.trainer.gather(gradient);
        self.flops += self.trainer.flops();
        self.trainer.objective.value(self.terms, self.batch.penalised() > 0)
    }

    fn equations(&self) -> Equations {
        let none = Equations { rows: 0, are_residuals: false };
        self.jacobian.as_ref().map_or(none, |jacobian| jacobian.layout.equations())
    }

    fn normal(&mut self, theta: &[f64], matrix: &mut [f64]) {
        let (jacobian, trainer, batch) = self.jacobian();
        let Layout { width, parameters: n, .. } = jacobian.layout;
        let mut first = 0;
        while first < jacobian.layout.count() {
            let count = jacobian.fill(trainer, batch, theta, first);
            let blocks = &jacobian.slab[..count * jacobian.layout.block()];
            matrix.par_chunks_mut(ROWS * n).enumerate().for_each(|(chunk, rows)| {
                let (start, height) = (chunk * ROWS, rows.len() / n);
                for (index, block) in blocks.chunks(n * width).enumerate() {
                    let own = Block::rows(&block[start * width..(start + height) * width], width);
                    let keep = if first + index == 0 { 0.0 } else { 1.0 };
                    let shape = [height, start + height, width];
                    add_product(rows, n, shape, own, Block::rows(block, width), 1.0, keep);
                }
            });
            first += count;
        }
        let rows = jacobian.columns.len() as f64;
        self.flops += rows * n as f64 * n as f64;
    }

    fn kernel(&mut self, theta: &[f64], matrix: &mut [f64], rho: &mut [f64]) {
        let (jacobian, trainer, batch) = self.jacobian();
        jacobian.fill(trainer, batch, theta, 0);
        let Layout { width, parameters: n, .. } = jacobian.layout;
        let block = |index: usize| &jacobian.slab[index * n * width..(index + 1) * n * width];
        let m = rho.len();
        matrix.par_chunks_mut(width * m).enumerate().for_each(|(own, rows)| {
            let a = Block::rows(block(own), width).transposed();
            for other in 0..=own {
                let b = Block::rows(block(other), width).transposed();
                add_product(&mut rows[other * width..], m, [width, width, n], a, b, 1.0, 0.0);
            }
        });
        rho.copy_from_slice(&jacobian.columns);
        self.flops += m as f64 * m as f64 * n as f64;
    }

    fn pull_back(&mut self, y: &[f64], out: &mut [f64]) {
        // Invariant: as above.
        let jacobian = self.jacobian.as_deref_mut().expect("memory for the Jacobian");
        jacobian.columns.copy_from_slice(y);
        out.fill(0.0);
        jacobian.pull_back(0, jacobian.layout.count(), out);
        self.flops += 2.0 * y.len() as f64 * out.len() as f64;
    }

    fn product(&mut self, theta: &[f64], v: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let (jacobian, trainer, batch) = self.jacobian();
        let mut first = 0;
        while first < jacobian.layout.count() {
            let count = jacobian.fill(trainer, batch, theta, first);
            jacobian.push_forward(first, v);
            jacobian.pull_back(first, count, out);
            first += count;
        }
        self.flops += 4.0 * (self.equations().rows * v.len()) as f64;
    }

    fn charge(&mut self, flops: f64) {
        self.flops += flops;
    }
}

#[cfg(test)]
mod tests;
