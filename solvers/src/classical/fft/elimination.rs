//! Gaussian elimination along the first axis, for many modes side by side.
//!
//! Each mode has the matrix tridiag(−1, d, −1), d = 2 + μ/c₀, with a −2 at Neumann ends and corners −1 where the
//! axis is periodic. Elimination keeps p_i = 1/(d − p_{i−1}): forward q_i = (f_i + q_{i−1})p_i, back u_i = q_i + p_iu_{i+1}
//! (Golub & Van Loan, *Matrix Computations*, 4th ed. 2013, §4.3.6; it needs no pivoting, as d ≥ 2). The
//! p_i settle at the root of p² − dp + 1 after some 18/arcosh(d/2) rows and are not computed any further.
//!
//! A periodic axis is cut before its last unknown: with T the matrix of the others, T z = e_first + e_last and
//! T y = f, the last unknown is (f + y_first + y_last)/(d − z_first − z_last) and the others are y + z times it.

use std::{array, cell::RefCell};

use modewise_problems::{Condition, Discrete, transform::Modal};
use multiversion::multiversion;
use ndarray::{ArrayViewMut1, ArrayViewMut2, Axis, parallel::prelude::*, s};

/// Modes side by side: four cache lines of each row.
const LANES: usize = 32;

/// A number for each of them.
type Lanes = [f64; LANES];

/// Fewer values than this stay on the calling thread.
const PARALLEL: usize = 1 << 14;

pub(super) struct Elimination {
    sides: [Condition; 2],
    rows: std::ops::Range<usize>,
    /// 1/c₀.
    scale: f64,
    /// μ/c₀ of the mode that the transform leaves at each node of a layer; 1 where it leaves none.
    shifts: Vec<f64>,
    is_singular: bool,
}

/// What one block of modes works in; kept by every thread.
#[derive(Default)]
struct Workspace {
    pivots: Pivots,
    corner: Vec<Lanes>,
}

thread_local! {
    static WORKSPACE: RefCell<Workspace> = RefCell::default();
}

impl Elimination {
    pub fn new(discrete: &Discrete, modal: &Modal, axes: &[f64], screening: f64) -> Self {
        let grid = discrete.grid();
        let mut shifts = vec![1.0; grid.stride(0)];
        let eigenvalues: Vec<Vec<f64>> = (1..axes.len())
            .map(|axis| (0..modal.shape()[axis]).map(|k| axes[axis] * modal.eigenvalue(axis, k)).collect())
            .collect();
        let place = |axis: usize, k: usize| {
            (modal.basis(axis).unknowns(grid.axes()[axis].cells).start + k) * grid.stride(axis)
        };
        // A plane has one other axis, a volume two.
        let (middle, last) = match &eigenvalues[..] {
            [middle, last, ..] => (&middle[..], &last[..]),
            [last] => (&[0.0][..], &last[..]),
            [] => (&[0.0][..], &[0.0][..]),
        };
        let d = axes.len();
        for (j, a) in middle.iter().enumerate() {
            let start = if d > 2 { place(1, j) } else { 0 };
            for (k, b) in last.iter().enumerate() {
                shifts[start + place(d - 1, k)] = (a + b + screening) / axes[0];
            }
        }
        Self {
            sides: discrete.sides()[0],
            rows: discrete.unknowns_along(0),
            scale: 1.0 / axes[0],
            shifts,
            is_singular: discrete.is_singular(),
        }
    }

    /// Numbers a layer.
    pub fn modes(&self) -> usize {
        self.shifts.len()
    }

    /// Five flops an unknown and two for its pivot; a periodic axis takes six more.
    pub fn flops(&self, unknowns: usize) -> f64 {
        let each = if self.sides[0] == Condition::Periodic { 13 } else { 7 };
        (each * unknowns) as f64
    }

    /// Solves for all modes in place.
    pub fn solve(&self, values: &mut [f64]) {
        let columns = self.shifts.len();
        let parallel = values.len() >= PARALLEL;
        // Invariant: `values` has one value a node, and a layer is one index of the first axis.
        let view =
            ArrayViewMut2::from_shape((values.len() / columns, columns), values).expect("whole layers");
        let mut unknowns = view.slice_move(s![self.rows.clone(), ..]);
        let blocks = unknowns.axis_chunks_iter_mut(Axis(1), LANES);
        let work = |block: usize, mut values: ArrayViewMut2<'_, f64>| {
            WORKSPACE.with_borrow_mut(|workspace| self.block(block, &mut values, workspace));
        };
        if parallel {
            blocks.into_par_iter().enumerate().for_each(|(block, values)| work(block, values));
        } else {
            blocks.enumerate().for_each(|(block, values)| work(block, values));
        }
    }

    fn block(&self, block: usize, values: &mut ArrayViewMut2<'_, f64>, workspace: &mut Workspace) {
        let shifts = &self.shifts[block * LANES..];
        let diagonal: Lanes = array::from_fn(|lane| 2.0 + shifts.get(lane).copied().unwrap_or(1.0));
        // The mode zero of a singular system has the first place of all.
        let pinned = self.is_singular && block == 0;
        let Workspace { pivots, corner } = workspace;
        if self.sides[0] == Condition::Periodic {
            pivots.compute(&diagonal, [1.0; 2], values.nrows() - 1);
            ring(values, self.scale, &diagonal, pinned, pivots, corner);
        } else {
            // The weight of the inner neighbour of the first and the last row.
            let ends = self.sides.map(|side| if side == Condition::Neumann { 2.0 } else { 1.0 });
            pivots.compute(&diagonal, ends, values.nrows());
            if pinned {
                pivots.last[0] = 0.0;
            }
            line(values, self.scale, ends, pivots);
        }
    }
}

/// p_i of each row.
#[derive(Default)]
struct Pivots {
    rows: usize,
    /// Of the first rows, until they settle.
    first: Vec<Lanes>,
    /// Of the last row.
    last: Lanes,
}

impl Pivots {
    fn compute(&mut self, diagonal: &Lanes, [lower, upper]: [f64; 2], rows: usize) {
        self.rows = rows;
        self.first.clear();
        let (mut before, mut coupling) = ([0.0; LANES], 0.0);
        for row in 0..rows - 1 {
            let next = reciprocals(diagonal, coupling, &before);
            if row > 1 && next == before {
                break;
            }
            self.first.push(next);
            before = next;
            coupling = if row == 0 { lower } else { 1.0 };
        }
        self.last = reciprocals(diagonal, coupling * upper, &before);
    }

    #[inline(always)]
    fn row(&self, row: usize) -> &Lanes {
        if row + 1 == self.rows { &self.last } else { &self.first[row.min(self.first.len() - 1)] }
    }
}

/// 1/(d − ap).
#[multiversion(targets = "simd")]
fn reciprocals(diagonal: &Lanes, a: f64, before: &Lanes) -> Lanes {
    array::from_fn(|lane| 1.0 / (diagonal[lane] - a * before[lane]))
}

/// Rows with an end on either side.
#[multiversion(targets = "simd")]
fn line(values: &mut ArrayViewMut2<'_, f64>, scale: f64, [lower, upper]: [f64; 2], pivots: &Pivots) {
    let rows = values.nrows();
    let mut q = [0.0; LANES];
    for (i, row) in values.rows_mut().into_iter().enumerate() {
        let weight = if i + 1 == rows { upper } else { 1.0 };
        each_lane(row, &mut q, pivots.row(i), |x, q, p| (scale * x + weight * q) * p);
    }
    let mut u = [0.0; LANES];
    for (i, row) in values.rows_mut().into_iter().enumerate().rev() {
        let weight = if i == 0 { lower } else { 1.0 };
        each_lane(row, &mut u, pivots.row(i), |x, u, p| x + weight * (p * u));
    }
}

/// x and `carried` become `next(x, carried, p)` in every lane of a row, which may have fewer than a full block.
#[inline(always)]
fn each_lane(
    row: ArrayViewMut1<'_, f64>,
    carried: &mut Lanes,
    p: &Lanes,
    next: impl Fn(f64, f64, f64) -> f64,
) {
    // Invariant: a block is a stretch of columns of an array in row-major order.
    let row = row.into_slice().expect("a row of a block lies in one piece");
    match row.first_chunk_mut::<LANES>() {
        // A length known to the compiler.
        Some(row) => {
            for lane in 0..LANES {
                carried[lane] = next(row[lane], carried[lane], p[lane]);
                row[lane] = carried[lane];
            }
        }
        None => {
            for ((x, carried), p) in row.iter_mut().zip(carried).zip(p) {
                *carried = next(*x, *carried, *p);
                *x = *carried;
            }
        }
    }
}

/// Rows in a ring, cut before the last one; `corner` becomes z.
#[multiversion(targets = "simd")]
fn ring(
    values: &mut ArrayViewMut2<'_, f64>,
    scale: f64,
    diagonal: &Lanes,
    pinned: bool,
    pivots: &Pivots,
    corner: &mut Vec<Lanes>,
) {
    let rows = values.nrows() - 1;
    let (mut inner, mut last) = values.view_mut().split_at(Axis(0), rows);
    corner.clear();
    corner.resize(rows, [0.0; LANES]);
    let (mut q, mut z) = ([0.0; LANES], [0.0; LANES]);
    for ((i, row), corner) in inner.rows_mut().into_iter().enumerate().zip(&mut *corner) {
        let p = pivots.row(i);
        let ends = f64::from(u8::from(i == 0) + u8::from(i + 1 == rows));
        for lane in 0..LANES {
            z[lane] = (ends + z[lane]) * p[lane];
        }
        *corner = z;
        each_lane(row, &mut q, p, |x, q, p| (scale * x + q) * p);
    }
    let (mut y, mut z) = ([0.0; LANES], [0.0; LANES]);
    for ((i, row), corner) in inner.rows_mut().into_iter().enumerate().zip(&mut *corner).rev() {
        let p = pivots.row(i);
        for lane in 0..LANES {
            z[lane] = corner[lane] + p[lane] * z[lane];
        }
        *corner = z;
        each_lane(row, &mut y, p, |x, y, p| x + p * y);
    }
    // Here y and z are those of the first row.
    let end = corner[rows - 1];
    let mut u = [0.0; LANES];
    for (lane, x) in last.iter_mut().enumerate() {
        let held = pinned && lane == 0;
        u[lane] = (scale * *x + y[lane] + inner[[rows - 1, lane]]) / (diagonal[lane] - z[lane] - end[lane]);
        u[lane] = if held { 0.0 } else { u[lane] };
        *x = u[lane];
    }
    for (row, z) in inner.rows_mut().into_iter().zip(&*corner) {
        for ((x, u), z) in row.into_iter().zip(&u).zip(z) {
            *x += u * z;
        }
    }
}
