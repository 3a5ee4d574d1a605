//! Between a grid and the next coarser one: full weighting of the residual down, multilinear
//! interpolation of the correction up. Node i of the coarse grid is node 2i of the fine one.
//!
//! Full weighting is ¼(1, 2, 1) along every axis, the transpose of interpolation up to the factor 2^d
//! (Briggs et al., *A Multigrid Tutorial*, chapter 3).

use multiversion::multiversion;

use crate::classical::stencil::{Stencil, weigh};

/// Values of scratch that [`restrict_residual`] needs on the fine grid: three rows a block of the
/// coarse grid, in 1-D the fine nodes under a block.
pub(super) fn scratch(fine: &Stencil) -> usize {
    let coarse = fine.coarser();
    let part = if fine.rows > 1 { 3 * fine.columns } else { 2 * coarse.block().min(coarse.nodes()) + 1 };
    coarse.blocks() * part
}

/// Flops of restricting a residual and of adding a correction: the residual pass; the weights, 3 a
/// fine column and then 4 a coarse node; 2 (1-D) or 3 (2-D) a fine node.
pub(super) fn flops(fine: &Stencil, coarse: &Stencil) -> f64 {
    let (weighting, interpolation) = if fine.dimension() == 1 { (4, 2) } else { (10, 3) };
    fine.pass_flops() + (weighting * coarse.interior() + interpolation * fine.interior()) as f64
}

/// The residual f − Au of the fine grid, weighted onto the interior of the coarse one.
pub(super) fn restrict_residual(
    fine: &Stencil,
    u: &[f64],
    f: &[f64],
    coarse: &Stencil,
    out: &mut [f64],
    scratch: &mut [f64],
) {
    coarse.for_blocks(out, scratch, |first, out, scratch| {
        if fine.rows > 1 {
            restrict_rows(*fine, u, f, first / coarse.columns, out, scratch);
        } else {
            restrict_line(*fine, u, f, first, out, scratch);
        }
    });
}

/// ¼(1, 2, 1) of every second node of `r`, which starts one node before the first of `out`.
#[inline(always)]
fn weight(scale: f64, r: &[f64], out: &mut [f64]) {
    for (out, r) in out.iter_mut().zip(r.windows(3).step_by(2)) {
        *out = scale * (r[0] + 2.0 * r[1] + r[2]);
    }
}

#[multiversion(targets = "simd")]
fn restrict_rows(
    fine: Stencil,
    u: &[f64],
    f: &[f64],
    first_row: usize,
    out: &mut [f64],
    scratch: &mut [f64],
) {
    let columns = fine.columns;
    let coarse_columns = columns / 2 + 1;
    let coarse_rows = fine.rows / 2 + 1;
    let (mut a, rest) = scratch.split_at_mut(columns);
    let (b, mut c) = rest.split_at_mut(columns);
    let residual = |row: usize, out: &mut [f64]| {
        let run = row * columns + 1..(row + 1) * columns - 1;
        weigh(
            fine.residual_weights(),
            fine.run(u, run.clone()),
            &f[run],
            &mut out[1..columns - 1],
            |_, r, _| r,
        );
    };
    let mut fresh = true;
    for (i, out) in out.chunks_exact_mut(coarse_columns).enumerate() {
        let row = first_row + i;
        if row == 0 || row == coarse_rows - 1 {
            continue;
        }
        if fresh {
            residual(2 * row - 1, a);
            fresh = false;
        }
        residual(2 * row, b);
        residual(2 * row + 1, c);
        for ((a, b), c) in a.iter_mut().zip(b.iter()).zip(c.iter()) {
            *a += 2.0 * b + c;
        }
        weight(1.0 / 16.0, &a[1..columns - 1], &mut out[1..coarse_columns - 1]);
        // The row above this one is the row below the next.
        std::mem::swap(&mut a, &mut c);
    }
}

#[multiversion(targets = "simd")]
fn restrict_line(fine: Stencil, u: &[f64], f: &[f64], first: usize, out: &mut [f64], scratch: &mut [f64]) {
    let coarse_last = fine.columns / 2;
    let (begin, end) = (first.max(1), (first + out.len()).min(coarse_last));
    if begin >= end {
        return;
    }
    let run = 2 * begin - 1..2 * end;
    let r = &mut scratch[..run.len()];
    weigh(fine.residual_weights(), fine.run(u, run.clone()), &f[run], r, |_, r, _| r);
    weight(0.25, r, &mut out[begin - first..end - first]);
}

/// u ← u + the multilinear interpolation of `e`, which is zero on the boundary.
pub(super) fn correct(fine: &Stencil, u: &mut [f64], coarse: &Stencil, e: &[f64]) {
    fine.for_blocks(u, &mut [], |first, u, _| {
        if fine.rows > 1 {
            correct_rows(*fine, first / fine.columns, u, coarse.columns, e);
        } else {
            // Blocks have an even number of nodes: a block starts on a node of the coarse grid.
            correct_line(u, &e[first / 2..]);
        }
    });
}

#[multiversion(targets = "simd")]
fn correct_rows(fine: Stencil, first_row: usize, u: &mut [f64], coarse_columns: usize, e: &[f64]) {
    for (i, u) in u.chunks_exact_mut(fine.columns).enumerate() {
        let row = first_row + i;
        if row == 0 || row == fine.rows - 1 {
            continue;
        }
        let below = &e[row / 2 * coarse_columns..][..coarse_columns];
        if row.is_multiple_of(2) {
            add(u, |j| below[j]);
        } else {
            let above = &e[(row / 2 + 1) * coarse_columns..][..coarse_columns];
            add(u, |j| 0.5 * (below[j] + above[j]));
        }
    }
}

#[multiversion(targets = "simd")]
fn correct_line(u: &mut [f64], e: &[f64]) {
    let e = &e[..u.len() / 2 + 1];
    add(u, |j| e[j]);
}

/// u_{2J} ← u_{2J} + v_J and u_{2J+1} ← u_{2J+1} + ½(v_J + v_{J+1}); a last node without a partner is
/// one of the boundary.
#[inline(always)]
fn add(u: &mut [f64], value: impl Fn(usize) -> f64) {
    for (j, pair) in u.chunks_exact_mut(2).enumerate() {
        let here = value(j);
        pair[0] += here;
        pair[1] += 0.5 * (here + value(j + 1));
    }
}
