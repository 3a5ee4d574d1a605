//! The five-point (in 1-D three-point) stencil on nodal arrays, and the pass over a grid that every
//! sweep and residual is made of.
//!
//! A grid is cut into fixed blocks: whole rows in 2-D, stretches of nodes in 1-D. One block is one
//! thread's work, and a grid of a single block stays on the calling thread. Every value is computed
//! from old values by the same formula whatever block it is in, so neither blocks nor threads change
//! any bits. Inner loops run over plain slices of equal length and are compiled for the vector
//! instructions found at run time.

use std::ops::Range;

use modewise_problems::{Discrete, Grid};
use multiversion::multiversion;
use rayon::prelude::*;

/// Nodes a block: some ten microseconds of work, well above what handing it to a thread costs.
const BLOCK: usize = 1 << 15;

/// Au = Σ_axes c (2u − u₋ − u₊) with c = ε/h² on the nodes of a grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stencil {
    /// Nodes a row, the last axis.
    pub columns: usize,
    /// Rows: 1 in 1-D.
    pub rows: usize,
    /// c along a row.
    pub along: f64,
    /// c from row to row; 0 in 1-D.
    pub across: f64,
}

/// out = here·u + source·f + along·(u₋ + u₊) + across·(u₋ + u₊ from row to row).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weights {
    pub here: f64,
    pub source: f64,
    pub along: f64,
    pub across: f64,
}

/// A run of nodes in a row with their neighbours: slices of equal length, those from row to row
/// only in 2-D.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    pub left: &'a [f64],
    pub here: &'a [f64],
    pub right: &'a [f64],
    pub across: Option<[&'a [f64]; 2]>,
}

impl Stencil {
    /// The stencil of `discrete`.
    pub fn of(discrete: &Discrete) -> Self {
        // Invariant: `planar` lets only constant coefficients and Dirichlet sides through.
        Self::new(discrete.grid(), discrete.constant_coefficients().expect("constant coefficients").0)
    }

    /// The stencil on `grid` with `coefficients` ε/h² per axis; the grid is 1-D or 2-D.
    pub fn new(grid: &Grid, coefficients: &[f64]) -> Self {
        let shape = grid.shape();
        match *shape.as_slice() {
            [rows, columns] => Self { columns, rows, along: coefficients[1], across: coefficients[0] },
            _ => Self { columns: shape[0], rows: 1, along: coefficients[0], across: 0.0 },
        }
    }

    /// 1 or 2.
    pub fn dimension(&self) -> usize {
        if self.rows > 1 { 2 } else { 1 }
    }

    /// All nodes.
    pub fn nodes(&self) -> usize {
        self.rows * self.columns
    }

    /// The unknowns.
    pub fn interior(&self) -> usize {
        (self.columns - 2) * if self.rows > 1 { self.rows - 2 } else { 1 }
    }

    /// The diagonal of A, 2 Σ c.
    pub fn diagonal(&self) -> f64 {
        2.0 * (self.along + self.across)
    }

    /// Flops of one pass of [`Stencil::apply`]: per axis two additions and a product, then two
    /// products and an addition.
    pub fn pass_flops(&self) -> f64 {
        ((3 * self.dimension() + 3) * self.interior()) as f64
    }

    /// Nodes a block: a whole number of rows in 2-D.
    pub fn block(&self) -> usize {
        if self.rows > 1 { (BLOCK / self.columns).max(1) * self.columns } else { BLOCK }
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.nodes().div_ceil(self.block())
    }

    /// Calls `work(first node, block of out, part of scratch)` on every block; `scratch` is cut into
    /// as many equal parts as there are blocks.
    pub fn for_blocks(
        &self,
        out: &mut [f64],
        scratch: &mut [f64],
        work: impl Fn(usize, &mut [f64], &mut [f64]) + Sync,
    ) {
        let (block, blocks) = (self.block(), self.blocks());
        if blocks == 1 {
            return work(0, out, scratch);
        }
        let part = scratch.len() / blocks;
        if part == 0 {
            out.par_chunks_mut(block).enumerate().for_each(|(i, out)| work(i * block, out, &mut []));
        } else {
            let parts = scratch.par_chunks_mut(part);
            let chunks = out.par_chunks_mut(block).zip(parts).enumerate();
            chunks.for_each(|(i, (out, scratch))| work(i * block, out, scratch));
        }
    }

    /// The runs of interior nodes in the block `first..end`, row by row.
    #[inline(always)]
    pub fn runs(self, first: usize, end: usize) -> impl Iterator<Item = Range<usize>> {
        let rows = if self.rows > 1 {
            (first / self.columns).max(1)..(end / self.columns).min(self.rows - 1)
        } else {
            0..1
        };
        rows.map(move |row| {
            let start = row * self.columns;
            (start + 1).max(first)..(start + self.columns - 1).min(end)
        })
    }

    /// `run` of the nodal array `u` with its neighbours.
    #[inline(always)]
    pub fn run<'a>(&self, u: &'a [f64], run: Range<usize>) -> Run<'a> {
        let (a, b) = (run.start, run.end);
        let across = (self.rows > 1)
            .then(|| [&u[a - self.columns..b - self.columns], &u[a + self.columns..b + self.columns]]);
        Run { left: &u[a - 1..b - 1], here: &u[a..b], right: &u[a + 1..b + 1], across }
    }

    /// The weighted stencil at every interior node; the boundary of `out` is left alone.
    pub fn apply(&self, weights: Weights, u: &[f64], f: &[f64], out: &mut [f64]) {
        self.for_blocks(out, &mut [], |first, out, _| apply_block(*self, weights, u, f, first, out));
    }

    /// The weights of r = f − Au.
    pub fn residual_weights(&self) -> Weights {
        Weights { here: -self.diagonal(), source: 1.0, along: self.along, across: self.across }
    }
}

/// The weighted stencil on one run; `keep(i, new, old)` says what is stored at its i-th node.
#[inline(always)]
pub(crate) fn weigh(
    weights: Weights,
    run: Run<'_>,
    f: &[f64],
    out: &mut [f64],
    keep: impl Fn(usize, f64, f64) -> f64,
) {
    // Slices cut to one length: the bounds checks leave the loops, and the loops become vectors.
    let n = out.len();
    let (left, here, right, f) = (&run.left[..n], &run.here[..n], &run.right[..n], &f[..n]);
    match run.across {
        None => {
            for i in 0..n {
                let new =
                    weights.here * here[i] + weights.source * f[i] + weights.along * (left[i] + right[i]);
                out[i] = keep(i, new, here[i]);
            }
        }
        Some([below, above]) => {
            let (below, above) = (&below[..n], &above[..n]);
            for i in 0..n {
                let new = weights.here * here[i]
                    + weights.source * f[i]
                    + weights.along * (left[i] + right[i])
                    + weights.across * (below[i] + above[i]);
                out[i] = keep(i, new, here[i]);
            }
        }
    }
}

#[multiversion(targets = "simd")]
fn apply_block(stencil: Stencil, weights: Weights, u: &[f64], f: &[f64], first: usize, out: &mut [f64]) {
    for run in stencil.runs(first, first + out.len()) {
        let out = &mut out[run.start - first..run.end - first];
        weigh(weights, stencil.run(u, run.clone()), &f[run], out, |_, new, _| new);
    }
}
