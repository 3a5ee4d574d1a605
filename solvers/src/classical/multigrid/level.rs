//! One level: its operator and the two halves of a cycle on it, down to the next coarser level and up again.

use multiversion::multiversion;
use rayon::prelude::*;

use super::{
    half::Half,
    smoother::{Sense, Smoother},
    transfer::{AxisTransfer, Transfer},
    weighted,
    weights::Weights,
};
use crate::{
    classical::{
        layout::Layout,
        operator::{Operator, Row, Rows},
        real::Real,
        sweep::{Layers, View},
    },
    memory::Buffer,
};

/// What a smoother starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guess {
    /// Zero, whatever stands in u.
    Zero,
    /// What stands in u.
    Given,
}

/// A level: its smoother, and the way to the next coarser one with the operator there.
#[derive(Debug)]
pub(crate) struct Level<T: Real> {
    pub transfer: Transfer<T>,
    /// The operator of the next coarser level.
    pub coarse: Operator<T>,
    pub smoother: Smoother<T>,
    /// Half weighting instead of the adjoint of interpolation.
    pub half: Option<Half<T>>,
    /// Interpolation made by the matrix instead of `transfer`.
    pub weights: Option<Weights<T>>,
    /// Rows and coarse layers, a set for each slab.
    scratch: Buffer<T>,
}

impl<T: Real> Level<T> {
    pub fn new(
        fine: &Layout,
        transfer: Transfer<T>,
        coarse: Operator<T>,
        smoother: Smoother<T>,
        half: Option<Half<T>>,
        weights: Option<Weights<T>>,
    ) -> Self {
        let scratch = Buffer::zeroed(Self::scratch(fine, coarse.layout()));
        Self { transfer, coarse, smoother, half, weights, scratch }
    }

    /// Values of scratch: for the way down or the way up, whichever needs more.
    fn scratch(fine: &Layout, coarse: &Layout) -> usize {
        let down = Layers::of(coarse).slabs().len() * Self::restriction_values(fine, coarse);
        let up = Layers::of(fine).slabs().len() * coarse.extent(2);
        down.max(up)
    }

    /// Four rows of the fine level and two layers of the coarse one, or two layers of the fine one.
    fn restriction_values(fine: &Layout, coarse: &Layout) -> usize {
        (4 * fine.extent(2) + 2 * Layers::of(coarse).stride()).max(weighted::scratch(fine))
    }

    /// Bytes of the memory for the way between.
    pub fn bytes(fine: &Layout, coarse: &Layout) -> u64 {
        (Self::scratch(fine, coarse) * size_of::<T>()) as u64
    }
}

/// Down: smooths Au = f, then restricts what is left of it, f − Au, to `coarse_f`.
pub(crate) fn descend<T: Real>(
    level: &mut Level<T>,
    operator: &Operator<T>,
    sweeps: usize,
    guess: Guess,
    u: &mut [T],
    f: &[T],
    coarse_f: &mut [T],
) {
    let Level { transfer, coarse, smoother, half, weights, scratch } = level;
    let coarse = coarse.layout();
    smoother.smooth(operator, sweeps, Sense::Forward, guess, u, f);
    if let Some(weights) = weights {
        return weighted::restrict_residual(operator, weights, u, f, coarse_f, scratch);
    }
    match (half, operator) {
        (Some(half), _) => half.restrict_residual(operator, transfer, coarse, u, f, coarse_f),
        (None, Operator::Constant(rows)) => {
            restrict_residual(rows, transfer, coarse, u, f, coarse_f, scratch)
        }
        (None, Operator::Variable(rows)) => {
            restrict_residual(rows, transfer, coarse, u, f, coarse_f, scratch)
        }
        (None, Operator::Boxes(rows)) => restrict_residual(rows, transfer, coarse, u, f, coarse_f, scratch),
    }
}

/// Up: u ← u + P e, then smooths.
pub(crate) fn ascend<T: Real>(
    level: &mut Level<T>,
    operator: &Operator<T>,
    sweeps: usize,
    sense: Sense,
    u: &mut [T],
    f: &[T],
    e: &[T],
) {
    let Level { transfer, coarse, smoother, weights, scratch, .. } = level;
    match weights {
        Some(weights) => weighted::add_correction(operator.layout(), weights, e, u, scratch),
        None => add_correction(operator.layout(), transfer, coarse.layout(), e, u, scratch),
    }
    smoother.smooth(operator, sweeps, sense, Guess::Given, u, f);
}

/// Cuts the layers of `layout` in an array, and scratch, into one piece a slab.
pub(super) fn for_slabs<T: Real>(
    layout: &Layout,
    values: &mut [T],
    scratch: &mut [T],
    scratch_a_slab: usize,
    work: impl Fn(usize, &mut [T], &mut [T]) + Sync,
) {
    let layers = Layers::of(layout);
    let (stride, slabs) = (layers.stride(), layers.slabs());
    let mut rest = &mut values[layers.places().start * stride..];
    let pieces = slabs.iter().zip(scratch.chunks_exact_mut(scratch_a_slab)).map(|(slab, scratch)| {
        let (piece, others) = std::mem::take(&mut rest).split_at_mut(slab.len() * stride);
        rest = others;
        (slab.start, piece, scratch)
    });
    if slabs.len() == 1 {
        pieces.for_each(|(first, piece, scratch)| work(first, piece, scratch));
    } else {
        let pieces: Vec<_> = pieces.collect();
        pieces.into_par_iter().for_each(|(first, piece, scratch)| work(first, piece, scratch));
    }
}

/// The transfer from layer to layer, and from row to row in a layer.
fn across<'a, T>(transfer: &'a Transfer<T>, layout: &Layout) -> [&'a AxisTransfer<T>; 2] {
    match layout.dimension {
        3 => [&transfer.axes[0], &transfer.axes[1]],
        2 => [&transfer.axes[1], &transfer.axes[0]],
        _ => [&transfer.axes[0], &transfer.axes[0]],
    }
}

/// out = R(f − Au).
fn restrict_residual<T: Real, R: Rows<T>>(
    rows: &R,
    transfer: &Transfer<T>,
    coarse: &Layout,
    u: &[T],
    f: &[T],
    out: &mut [T],
    scratch: &mut [T],
) {
    let values = Level::<T>::restriction_values(rows.layout(), coarse);
    for_slabs(coarse, out, scratch, values, |first, out, scratch| {
        restrict_slab(&Restriction { rows, transfer, coarse, u, f }, first, out, scratch);
    });
}

struct Restriction<'a, T, R> {
    rows: &'a R,
    transfer: &'a Transfer<T>,
    coarse: &'a Layout,
    u: &'a [T],
    f: &'a [T],
}

/// Coarse layers from `first` on. A layer between two coarse ones is restricted within itself once and
/// kept for the second.
#[multiversion(targets = "simd")]
fn restrict_slab<T: Real, R: Rows<T>>(
    restriction: &Restriction<'_, T, R>,
    first: usize,
    out: &mut [T],
    scratch: &mut [T],
) {
    let stride = Layers::of(restriction.coarse).stride();
    let (mut here, rest) = scratch.split_at_mut(stride);
    let (mut kept, row) = rest.split_at_mut(stride);
    let [between_layers, _] = across(restriction.transfer, restriction.coarse);
    let mut kept_layer = None;
    for (j, out) in (first..).zip(out.chunks_exact_mut(stride)) {
        out.fill(T::default());
        for (side, (l, weight)) in between_layers.children(j).into_iter().enumerate() {
            if weight == T::default() {
                continue;
            }
            // The neighbour above serves the next coarse layer as neighbour below.
            if side != 0 || kept_layer != Some(l) {
                restriction.layer(l, here, row);
            } else {
                std::mem::swap(&mut here, &mut kept);
            }
            add_scaled(weight, here, out);
            if side == 2 {
                std::mem::swap(&mut here, &mut kept);
                kept_layer = Some(l);
            }
        }
    }
}

fn add_scaled<T: Real>(weight: T, from: &[T], to: &mut [T]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += weight * *from;
    }
}

impl<T: Real, R: Rows<T>> Restriction<'_, T, R> {
    /// The residual of fine layer `l`, restricted within the layer.
    #[inline(always)]
    fn layer(&self, l: usize, out: &mut [T], scratch: &mut [T]) {
        let (fine, coarse) = (self.rows.layout(), self.coarse);
        let (fine_layers, coarse_layers) = (Layers::of(fine), Layers::of(coarse));
        let (fine_columns, columns) = (fine.extent(2), coarse.extent(2));
        let [_, between_rows] = across(self.transfer, coarse);
        let view = View::of_array(fine_layers, self.u, l);
        let f = fine_layers.of_array(self.f, l);
        let (mut here, rest) = scratch.split_at_mut(fine_columns);
        let (mut kept, rest) = rest.split_at_mut(fine_columns);
        let (sum, _) = rest.split_at_mut(fine_columns);
        let mut kept_row = None;
        for k in coarse_layers.rows() {
            sum.fill(T::default());
            for (side, (j, weight)) in between_rows.children(k).into_iter().enumerate() {
                if weight == T::default() {
                    continue;
                }
                if side != 0 || kept_row != Some(j) {
                    let [plane, row] = fine_layers.place(l, j);
                    let f = &f[j * fine_columns..][..fine_columns];
                    let across = view.across(fine, j);
                    self.rows.row(plane, row).residual(view.row(fine, j), &across, f, here);
                } else {
                    std::mem::swap(&mut here, &mut kept);
                }
                add_scaled(weight, here, sum);
                if side == 2 {
                    std::mem::swap(&mut here, &mut kept);
                    kept_row = Some(j);
                }
            }
            restrict_row(&self.transfer.axes[2], sum, &mut out[k * columns..][..columns]);
        }
    }
}

/// Weighted sums of threes along a row.
#[inline(always)]
fn restrict_row<T: Real>(axis: &AxisTransfer<T>, from: &[T], out: &mut [T]) {
    let [m, coarse] = axis.unknowns;
    if !axis.coarsened {
        return out[1..=m].copy_from_slice(&from[1..=m]);
    }
    let [lower, here, upper] = axis.restriction.inner;
    // Windows start below the coarse places from the second to the last but one.
    if coarse > 2 {
        let start = 4 - axis.shift - 1;
        let from = &from[start..];
        let out = &mut out[2..coarse];
        for (out, w) in out.iter_mut().zip(from.windows(3).step_by(2)) {
            *out = lower * w[0] + here * w[1] + upper * w[2];
        }
    }
    for j in [1, coarse] {
        let [a, b, c] = axis.children(j).map(|(p, weight)| weight * from[p]);
        out[j] = a + b + c;
    }
}

/// u ← u + P e.
fn add_correction<T: Real>(
    fine: &Layout,
    transfer: &Transfer<T>,
    coarse: &Layout,
    e: &[T],
    u: &mut [T],
    scratch: &mut [T],
) {
    for_slabs(fine, u, scratch, coarse.extent(2), |first, u, row| {
        correct_slab(fine, transfer, coarse, e, first, u, row);
    });
}

#[multiversion(targets = "simd")]
fn correct_slab<T: Real>(
    fine: &Layout,
    transfer: &Transfer<T>,
    coarse: &Layout,
    e: &[T],
    first: usize,
    u: &mut [T],
    sum: &mut [T],
) {
    let layers = Layers::of(fine);
    let (columns, coarse_columns) = (fine.extent(2), coarse.extent(2));
    for (l, u) in (first..).zip(u.chunks_exact_mut(layers.stride())) {
        for j in layers.rows() {
            let [plane, row] = layers.place(l, j);
            sum.fill(T::default());
            for (plane, outer) in transfer.axes[0].parents(plane) {
                for (row, inner) in transfer.axes[1].parents(row) {
                    let weight = outer * inner;
                    if weight != T::default() {
                        let start = plane * coarse.stride(0) + row * coarse.stride(1);
                        add_scaled(weight, &e[start..start + coarse_columns], sum);
                    }
                }
            }
            let u = &mut u[j * columns..][..columns];
            correct_row(&transfer.axes[2], sum, u);
            fine.seal(u);
        }
    }
}

/// Adds the interpolation of a row of corrections to a row of u.
#[inline(always)]
fn correct_row<T: Real>(axis: &AxisTransfer<T>, e: &[T], u: &mut [T]) {
    let [m, coarse] = axis.unknowns;
    if !axis.coarsened {
        for (u, e) in u[1..=m].iter_mut().zip(&e[1..=m]) {
            *u += *e;
        }
        return;
    }
    let half = T::from_f64(0.5);
    // A first place below the first coarse one; what stands below that is zero.
    if axis.shift == 0 {
        u[1] += half * e[1];
    }
    let pairs = &mut u[2 - axis.shift..][..2 * (coarse - 1)];
    for (u, e) in pairs.as_chunks_mut::<2>().0.iter_mut().zip(e[1..=coarse].windows(2)) {
        u[0] += e[0];
        u[1] += half * (e[0] + e[1]);
    }
    u[2 * coarse - axis.shift] += e[coarse];
    if let Some([lower, upper]) = axis.last {
        u[m] += lower * e[coarse] + upper * e[coarse + 1];
    }
}
