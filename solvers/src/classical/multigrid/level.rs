//! One level: its operator and the two halves of a cycle on it, down to the next coarser level and up again.

use multiversion::multiversion;

use super::{
    cubic::Cubic,
    fused,
    half::Half,
    smoother::{Sense, Smoother},
    transfer::{AxisTransfer, Transfer},
};
use crate::{
    classical::{
        layout::Layout,
        operator::{Operator, Row, Rows},
        real::Real,
        sweep::{
            Layers, View,
            slabs::{Cut, Slabs},
        },
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
    /// Cubic interpolation: of solutions in full multigrid, of corrections where `cubic_corrections`.
    pub cubic: Cubic<T>,
    pub cubic_corrections: bool,
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
        cubic: Cubic<T>,
        cubic_corrections: bool,
    ) -> Self {
        let scratch = Buffer::zeroed(Self::scratch(fine, coarse.layout()));
        Self { transfer, coarse, smoother, half, cubic, cubic_corrections, scratch }
    }

    /// Flops of restricting a residual that is there, and of adding a correction to `count` unknowns.
    pub fn transfer_flops(&self, count: f64) -> f64 {
        let [down, up] = self.transfer.flops();
        down + if self.cubic_corrections { self.cubic.flops * count } else { up }
    }

    /// u = the cubic interpolation of a solution on the coarser level.
    pub fn interpolate(&mut self, fine: &Layout, coarse: &[T], u: &mut [T]) {
        self.cubic.interpolate(false, fine, self.coarse.layout(), coarse, u, &mut self.scratch);
    }

    /// coarse_f = R f.
    pub fn restrict(&mut self, operator: &Operator<T>, zero: &[T], f: &[T], coarse_f: &mut [T]) {
        // With u = 0 the residual is f.
        let Level { transfer, coarse, scratch, .. } = self;
        restrict(operator, transfer, coarse.layout(), zero, f, coarse_f, scratch);
    }

    /// Values of scratch: for the way down or the way up, whichever needs more.
    fn scratch(fine: &Layout, coarse: &Layout) -> usize {
        let down = Slabs::of(Layers::of(coarse)).number() * restriction_values(fine, coarse);
        let up = Slabs::of(Layers::of(fine)).number() * coarse.extent(2);
        down.max(up)
    }

    /// Bytes of the memory for the way between.
    pub fn bytes(fine: &Layout, coarse: &Layout) -> u64 {
        (Self::scratch(fine, coarse) * size_of::<T>()) as u64
    }
}

/// Four rows of the fine level and two layers of the coarse one.
fn restriction_values(fine: &Layout, coarse: &Layout) -> usize {
    4 * fine.extent(2) + 2 * Layers::of(coarse).stride()
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
    if sweeps == 0 || level.half.is_some() || !matches!(level.smoother, Smoother::RedBlack(_)) {
        return apart::descend(level, operator, sweeps, guess, u, f, coarse_f);
    }
    // The last sweep takes the residual along.
    let zero = sweeps == 1 && guess == Guess::Zero && fused::closes(operator.layout());
    if !zero {
        level.smoother.smooth(operator, sweeps - 1, Sense::Forward, guess, u, f);
    }
    let Level { transfer, coarse, smoother, .. } = level;
    let coarse = coarse.layout();
    if let Smoother::RedBlack(work) = smoother {
        match operator {
            Operator::Constant(rows) => {
                let restriction = Restriction { rows, transfer, coarse, f };
                fused::sweep_and_restrict(&restriction, zero, u, coarse_f, work);
            }
            Operator::Variable(rows) => {
                let restriction = Restriction { rows, transfer, coarse, f };
                fused::sweep_and_restrict(&restriction, zero, u, coarse_f, work);
            }
        }
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
    if sweeps == 0 || level.cubic_corrections {
        return apart::ascend(level, operator, sweeps, sense, u, f, e);
    }
    let Level { transfer, coarse, smoother: Smoother::RedBlack(work), .. } = level else {
        return apart::ascend(level, operator, sweeps, sense, u, f, e);
    };
    let correction = Correction { fine: operator.layout(), transfer, coarse: coarse.layout(), e };
    match operator {
        Operator::Constant(rows) => fused::correct_and_sweep(rows, &correction, sense, u, f, work),
        Operator::Variable(rows) => fused::correct_and_sweep(rows, &correction, sense, u, f, work),
    }
    level.smoother.smooth(operator, sweeps - 1, sense, Guess::Given, u, f);
}

/// The two ways in separate steps: for smoothers and weightings that are not fused.
pub(super) mod apart {
    use super::*;

    /// Down.
    pub fn descend<T: Real>(
        level: &mut Level<T>,
        operator: &Operator<T>,
        sweeps: usize,
        guess: Guess,
        u: &mut [T],
        f: &[T],
        coarse_f: &mut [T],
    ) {
        let Level { transfer, coarse, smoother, half, scratch, .. } = level;
        smoother.smooth(operator, sweeps, Sense::Forward, guess, u, f);
        match half {
            Some(half) => half.restrict_residual(operator, transfer, coarse.layout(), u, f, coarse_f),
            None => restrict(operator, transfer, coarse.layout(), u, f, coarse_f, scratch),
        }
    }

    /// Up.
    pub fn ascend<T: Real>(
        level: &mut Level<T>,
        operator: &Operator<T>,
        sweeps: usize,
        sense: Sense,
        u: &mut [T],
        f: &[T],
        e: &[T],
    ) {
        let Level { transfer, coarse, smoother, cubic, cubic_corrections, scratch, .. } = level;
        let (fine, coarse) = (operator.layout(), coarse.layout());
        if *cubic_corrections {
            cubic.interpolate(true, fine, coarse, e, u, scratch);
        } else {
            add_correction(&Correction { fine, transfer, coarse, e }, u, scratch);
        }
        smoother.smooth(operator, sweeps, sense, Guess::Given, u, f);
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

/// Cuts the layers of `layout` in an array, and scratch, into one piece a slab.
pub(super) fn for_slabs<T: Real>(
    layout: &Layout,
    values: &mut [T],
    scratch: &mut [T],
    each: usize,
    work: impl Fn(usize, &mut [T], &mut [T]) + Sync,
) {
    let layers = Layers::of(layout);
    let slabs = Slabs::of(layers);
    slabs.for_each((slabs.cut(values, layers.stride()), Cut { values: scratch, each }), &|k,
                                                                                          (
        piece,
        scratch,
    )| {
        // The last slab's piece of scratch may be longer.
        work(slabs.places(k).start, piece.values, &mut scratch.values[..each]);
    });
}

/// out = R(f − Au).
fn restrict<T: Real>(
    operator: &Operator<T>,
    transfer: &Transfer<T>,
    coarse: &Layout,
    u: &[T],
    f: &[T],
    out: &mut [T],
    scratch: &mut [T],
) {
    let values = restriction_values(operator.layout(), coarse);
    for_slabs(coarse, out, scratch, values, |first, out, scratch| match operator {
        Operator::Constant(rows) => {
            restrict_layers(&Restriction { rows, transfer, coarse, f }, u, first, out, scratch);
        }
        Operator::Variable(rows) => {
            restrict_layers(&Restriction { rows, transfer, coarse, f }, u, first, out, scratch);
        }
    });
}

/// What residuals are restricted with.
pub(super) struct Restriction<'a, T, R> {
    pub rows: &'a R,
    pub transfer: &'a Transfer<T>,
    pub coarse: &'a Layout,
    pub f: &'a [T],
}

/// Coarse layers from `first` on. A layer between two coarse ones is restricted within itself once and
/// kept for the second.
#[multiversion(targets("x86_64+avx+avx2+bmi1+bmi2+lzcnt"))]
pub(super) fn restrict_layers<T: Real, R: Rows<T>>(
    restriction: &Restriction<'_, T, R>,
    u: &[T],
    first: usize,
    out: &mut [T],
    scratch: &mut [T],
) {
    let stride = Layers::of(restriction.coarse).stride();
    let fine = Layers::of(restriction.rows.layout());
    let (mut here, rest) = scratch.split_at_mut(stride);
    let (mut kept, row) = rest.split_at_mut(stride);
    let [between_layers, _] = restriction.across();
    let mut kept_layer = None;
    for (j, out) in (first..).zip(out.chunks_exact_mut(stride)) {
        let mut fresh = true;
        for (side, (l, weight)) in between_layers.children(j).into_iter().enumerate() {
            if weight == T::default() {
                continue;
            }
            // The neighbour above serves the next coarse layer as neighbour below.
            if side != 0 || kept_layer != Some(l) {
                restriction.layer(l, View::of_array(fine, u, l), here, row);
            } else {
                std::mem::swap(&mut here, &mut kept);
            }
            add_scaled(fresh, weight, here, out);
            fresh = false;
            if side == 2 {
                std::mem::swap(&mut here, &mut kept);
                kept_layer = Some(l);
            }
        }
    }
}

/// to = weight·from if `first`, else to ← to + weight·from.
#[inline(always)]
pub(super) fn add_scaled<T: Real>(first: bool, weight: T, from: &[T], to: &mut [T]) {
    if first {
        for (to, from) in to.iter_mut().zip(from) {
            *to = weight * *from;
        }
    } else {
        for (to, from) in to.iter_mut().zip(from) {
            *to += weight * *from;
        }
    }
}

impl<T: Real, R: Rows<T>> Restriction<'_, T, R> {
    /// The transfer from layer to layer, and from row to row in a layer.
    #[inline(always)]
    pub fn across(&self) -> [&AxisTransfer<T>; 2] {
        across(self.transfer, self.coarse)
    }

    /// The residual of fine layer `l`, restricted within the layer.
    #[inline(always)]
    pub fn layer(&self, l: usize, view: View<'_, T>, out: &mut [T], scratch: &mut [T]) {
        let (fine, coarse) = (self.rows.layout(), self.coarse);
        let coarse_layers = Layers::of(coarse);
        let (fine_columns, columns) = (fine.extent(2), coarse.extent(2));
        let [_, between_rows] = self.across();
        let (mut here, rest) = scratch.split_at_mut(fine_columns);
        let (mut kept, rest) = rest.split_at_mut(fine_columns);
        let (sum, _) = rest.split_at_mut(fine_columns);
        let mut kept_row = None;
        for k in coarse_layers.rows() {
            let out = &mut out[k * columns..][..columns];
            if !between_rows.coarsened {
                self.row(l, k, view, here);
                restrict_row(&self.transfer.axes[2], here, out);
                continue;
            }
            let mut fresh = true;
            for (side, (j, weight)) in between_rows.children(k).into_iter().enumerate() {
                if weight == T::default() {
                    continue;
                }
                if side != 0 || kept_row != Some(j) {
                    self.row(l, j, view, here);
                } else {
                    std::mem::swap(&mut here, &mut kept);
                }
                add_scaled(fresh, weight, here, sum);
                fresh = false;
                if side == 2 {
                    std::mem::swap(&mut here, &mut kept);
                    kept_row = Some(j);
                }
            }
            restrict_row(&self.transfer.axes[2], sum, out);
        }
    }

    /// The residual of row `j` of fine layer `l`.
    #[inline(always)]
    fn row(&self, l: usize, j: usize, view: View<'_, T>, out: &mut [T]) {
        let fine = self.rows.layout();
        let layers = Layers::of(fine);
        let [plane, row] = layers.place(l, j);
        let columns = fine.extent(2);
        let f = &layers.of_array(self.f, l)[j * columns..][..columns];
        self.rows.row(plane, row).residual(view.row(fine, j), &view.across(fine, j), f, out);
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
    // From below the second coarse place on, pairs of a place between and a coarse one.
    if coarse > 2 {
        let out = &mut out[2..coarse];
        let pairs = from[3 - axis.shift..][..2 * out.len() + 2].as_chunks::<2>().0;
        let (pairs, next) = (&pairs[..out.len()], &pairs[1..]);
        for ((out, pair), next) in out.iter_mut().zip(pairs).zip(next) {
            *out = lower * pair[0] + here * pair[1] + upper * next[0];
        }
    }
    for j in [1, coarse] {
        let [a, b, c, d] = axis.children(j).map(|(p, weight)| weight * from[p]);
        out[j] = a + b + c + d;
    }
}

/// A correction e of the coarse level, to be interpolated.
pub(super) struct Correction<'a, T> {
    pub fine: &'a Layout,
    pub transfer: &'a Transfer<T>,
    pub coarse: &'a Layout,
    pub e: &'a [T],
}

impl<T: Real> Correction<'_, T> {
    /// Adds P e to the row of u at `place`; `sum` is scratch.
    #[inline(always)]
    pub fn add(&self, [plane, row]: [usize; 2], u: &mut [T], sum: &mut [T]) {
        let columns = self.coarse.extent(2);
        let sum = &mut sum[..columns];
        let mut fresh = true;
        for (plane, outer) in self.transfer.axes[0].parents(plane) {
            for (row, inner) in self.transfer.axes[1].parents(row) {
                let weight = outer * inner;
                if weight != T::default() {
                    let start = plane * self.coarse.stride(0) + row * self.coarse.stride(1);
                    add_scaled(fresh, weight, &self.e[start..start + columns], sum);
                    fresh = false;
                }
            }
        }
        correct_row(&self.transfer.axes[2], sum, u);
        self.fine.seal(u);
    }
}

/// u ← u + P e.
fn add_correction<T: Real>(correction: &Correction<'_, T>, u: &mut [T], scratch: &mut [T]) {
    for_slabs(correction.fine, u, scratch, correction.coarse.extent(2), |first, u, scratch| {
        correct_layers(correction, first, u, scratch);
    });
}

#[multiversion(targets("x86_64+avx+avx2+bmi1+bmi2+lzcnt"))]
fn correct_layers<T: Real>(correction: &Correction<'_, T>, first: usize, u: &mut [T], sum: &mut [T]) {
    let layers = Layers::of(correction.fine);
    let columns = correction.fine.extent(2);
    for (l, u) in (first..).zip(u.chunks_exact_mut(layers.stride())) {
        for j in layers.rows() {
            correction.add(layers.place(l, j), &mut u[j * columns..][..columns], sum);
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
    if let Some(seam) = axis.seam {
        for (u, [lower, upper]) in u[m - 1..=m].iter_mut().zip(seam.interpolation) {
            *u += lower * e[coarse] + upper * e[coarse + 1];
        }
    }
}
