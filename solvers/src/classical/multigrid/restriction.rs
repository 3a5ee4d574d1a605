//! Residuals down by the adjoint of linear interpolation: R(f − Au), layer by layer. A row or layer between two
//! coarse ones is restricted within itself once and kept for the second.

use multiversion::multiversion;

use super::{
    fused::Down,
    level::for_slabs,
    transfer::{AxisTransfer, Transfer},
};
use crate::classical::{
    layout::Layout,
    operator::{Operator, Row, Rows},
    real::Real,
    sweep::{Layers, View},
};

/// Four rows of the fine level and two layers of the coarse one.
pub(super) fn scratch(fine: &Layout, coarse: &Layout) -> usize {
    4 * fine.extent(2) + 2 * Layers::of(coarse).stride()
}

/// out = R(f − Au).
pub(super) fn restrict<T: Real>(
    operator: &Operator<T>,
    transfer: &Transfer<T>,
    coarse: &Layout,
    u: &[T],
    f: &[T],
    out: &mut [T],
    scratch: &mut [T],
) {
    match operator {
        Operator::Constant(rows) => {
            restrict_rows(&Restriction { rows, transfer, coarse, f }, u, out, scratch)
        }
        Operator::Variable(rows) => {
            restrict_rows(&Restriction { rows, transfer, coarse, f }, u, out, scratch)
        }
        Operator::Boxes(rows) => restrict_rows(&Restriction { rows, transfer, coarse, f }, u, out, scratch),
    }
}

/// [`restrict`] for one kind of rows.
pub(super) fn restrict_rows<T: Real, R: Rows<T>>(
    restriction: &Restriction<'_, T, R>,
    u: &[T],
    out: &mut [T],
    scratch: &mut [T],
) {
    let values = self::scratch(restriction.rows.layout(), restriction.coarse);
    for_slabs(restriction.coarse, out, scratch, values, |first, out, scratch| {
        restrict_layers(restriction, u, first, out, scratch);
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
fn restrict_layers<T: Real, R: Rows<T>>(
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
    let [between_layers, _] = restriction.axes();
    let mut kept_layer = None;
    for (j, out) in (first..).zip(out.chunks_exact_mut(stride)) {
        let mut fresh = true;
        for (side, (l, weight)) in between_layers.children(j).into_iter().enumerate() {
            if weight == T::default() {
                continue;
            }
            // The neighbour above serves the next coarse layer as neighbour below.
            if side != 0 || kept_layer != Some(l) {
                within(restriction, l, View::of_array(fine, u, l), here, row);
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

/// The residual of fine layer `l`, restricted within the layer.
#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx+avx2+bmi1+bmi2+lzcnt",
    "x86_64+avx+avx2+bmi1+bmi2+lzcnt"
))]
fn within<T: Real, R: Rows<T>>(
    restriction: &Restriction<'_, T, R>,
    l: usize,
    view: View<'_, T>,
    out: &mut [T],
    scratch: &mut [T],
) {
    let (fine, coarse) = (restriction.rows.layout(), restriction.coarse);
    let coarse_layers = Layers::of(coarse);
    let (fine_columns, columns) = (fine.extent(2), coarse.extent(2));
    let [_, between_rows] = restriction.axes();
    let (mut here, rest) = scratch.split_at_mut(fine_columns);
    let (mut kept, rest) = rest.split_at_mut(fine_columns);
    let (sum, _) = rest.split_at_mut(fine_columns);
    let mut kept_row = None;
    for k in coarse_layers.rows() {
        let out = &mut out[k * columns..][..columns];
        if !between_rows.coarsened {
            restriction.row(l, k, view, here);
            restrict_row(&restriction.transfer.axes[2], here, out);
            continue;
        }
        let mut fresh = true;
        for (side, (j, weight)) in between_rows.children(k).into_iter().enumerate() {
            if weight == T::default() {
                continue;
            }
            if side != 0 || kept_row != Some(j) {
                restriction.row(l, j, view, here);
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
        restrict_row(&restriction.transfer.axes[2], sum, out);
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
    fn axes(&self) -> [&AxisTransfer<T>; 2] {
        match self.coarse.dimension {
            3 => [&self.transfer.axes[0], &self.transfer.axes[1]],
            2 => [&self.transfer.axes[1], &self.transfer.axes[0]],
            _ => [&self.transfer.axes[0], &self.transfer.axes[0]],
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

impl<T: Real, R: Rows<T>> Down<T> for Restriction<'_, T, R> {
    type Rows = R;

    fn rows(&self) -> &R {
        self.rows
    }

    fn f(&self) -> &[T] {
        self.f
    }

    fn coarse(&self) -> &Layout {
        self.coarse
    }

    #[inline(always)]
    fn across(&self) -> (bool, usize, usize) {
        let [between, _] = self.axes();
        (between.coarsened, between.unknowns[1], between.shift)
    }

    #[inline(always)]
    fn children(&self, j: usize) -> [Option<usize>; 4] {
        let [between, _] = self.axes();
        between.children(j).map(|(l, weight)| (weight != T::default()).then_some(l))
    }

    #[inline(always)]
    fn layer(&self, l: usize, view: View<'_, T>, out: &mut [T], scratch: &mut [T]) {
        within(self, l, view, out, scratch);
    }

    fn given(&self) -> usize {
        Layers::of(self.coarse).stride()
    }

    #[inline(always)]
    fn add(&self, j: usize, side: usize, first: bool, given: &[T], out: &mut [T]) {
        let [between, _] = self.axes();
        add_scaled(first, between.children(j)[side].1, given, out);
    }

    fn layers(&self, u: &[T], first: usize, out: &mut [T], scratch: &mut [T]) {
        restrict_layers(self, u, first, out, scratch);
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
