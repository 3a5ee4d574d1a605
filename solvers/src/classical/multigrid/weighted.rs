//! Residuals down and corrections up by [`Weights`]: Pᵀ(f − Au), and u ← u + Pe.

use multiversion::multiversion;

use super::{fused::Down, level::for_slabs, weights::Weights};
use crate::classical::{
    layout::Layout,
    operator::{Operator, Row, Rows, volume},
    real::Real,
    sweep::{Layers, View, colours::Before},
};

/// Values of scratch a slab of the coarse layout: two layers of the fine one.
pub(super) fn scratch(fine: &Layout) -> usize {
    2 * Layers::of(fine).stride()
}

/// The residual f − Au, times volumes where equations are per unit of volume, restricted by Pᵀ.
pub(super) fn restrict_residual<T: Real>(
    operator: &Operator<T>,
    weights: &Weights<T>,
    u: &[T],
    f: &[T],
    out: &mut [T],
    scratch: &mut [T],
) {
    match operator {
        Operator::Constant(rows) => {
            restrict_rows(&Restriction { rows, per_volume: true, weights, f }, u, out, scratch)
        }
        Operator::Variable(rows) => {
            restrict_rows(&Restriction { rows, per_volume: false, weights, f }, u, out, scratch)
        }
        Operator::Boxes(rows) => {
            restrict_rows(&Restriction { rows, per_volume: false, weights, f }, u, out, scratch)
        }
    }
}

pub(super) fn restrict_rows<T: Real, R: Rows<T>>(
    restriction: &Restriction<'_, T, R>,
    u: &[T],
    out: &mut [T],
    scratch: &mut [T],
) {
    let values = self::scratch(restriction.rows.layout());
    for_slabs(restriction.weights.layout(), out, scratch, values, |first, out, scratch| {
        restrict_slab(restriction, u, first, out, scratch);
    });
}

/// What residuals are restricted with.
pub(super) struct Restriction<'a, T: Real, R> {
    pub rows: &'a R,
    pub per_volume: bool,
    pub weights: &'a Weights<T>,
    pub f: &'a [T],
}

/// The offset in the layer and that from layer to layer, put together.
fn offset(layout: &Layout, layer: i8, row: i8, column: i8) -> [i8; 3] {
    match layout.dimension {
        1 => [0, 0, column],
        2 => [0, layer, column],
        _ => [layer, row, column],
    }
}

/// Coarse layers from `first` on. The residual of a fine layer between two coarse ones is kept for the second.
#[multiversion(targets = "simd")]
fn restrict_slab<T: Real, R: Rows<T>>(
    restriction: &Restriction<'_, T, R>,
    u: &[T],
    first: usize,
    out: &mut [T],
    scratch: &mut [T],
) {
    let fine = Layers::of(restriction.rows.layout());
    let stride = Layers::of(restriction.weights.layout()).stride();
    let (mut here, rest) = scratch.split_at_mut(fine.stride());
    let mut kept = &mut rest[..fine.stride()];
    let mut kept_layer = None;
    for (j, out) in (first..).zip(out.chunks_exact_mut(stride)) {
        let mut fresh = true;
        for (side, child) in restriction.children(j).into_iter().enumerate() {
            let Some(l) = child else { continue };
            if side == 0 && kept_layer == Some(l) {
                std::mem::swap(&mut here, &mut kept);
            } else {
                restriction.residual(l, View::of_array(fine, u, l), here);
            }
            restriction.add(j, side, fresh, here, out);
            fresh = false;
            if side == 2 {
                std::mem::swap(&mut here, &mut kept);
                kept_layer = Some(l);
            }
        }
    }
}

impl<T: Real, R: Rows<T>> Restriction<'_, T, R> {
    /// The residual of fine layer `l`.
    #[inline(always)]
    fn residual(&self, l: usize, view: View<'_, T>, out: &mut [T]) {
        let layout = self.rows.layout();
        let (layers, columns) = (Layers::of(layout), layout.extent(2));
        let f = layers.of_array(self.f, l);
        for j in layers.rows() {
            let [plane, row] = layers.place(l, j);
            let (f, out) = (&f[j * columns..][..columns], &mut out[j * columns..][..columns]);
            let across = view.across(layout, j);
            self.rows.row(plane, row).residual(view.row(layout, j), &across, f, out);
            if self.per_volume {
                let across = T::from_f64(volume(layout, 0, plane) * volume(layout, 1, row));
                out.iter_mut().for_each(|r| *r = *r * across);
                let m = layout.unknowns[2];
                out[1] = out[1] * T::from_f64(volume(layout, 2, 1));
                if m > 1 {
                    out[m] = out[m] * T::from_f64(volume(layout, 2, m));
                }
            }
            layout.seal(out);
        }
    }

    /// Adds what the fine layer at `side` gives to coarse layer `j`.
    #[inline(always)]
    fn add_layer(&self, j: usize, side: i8, residual: &[T], out: &mut [T]) {
        let (weights, coarse) = (self.weights, self.weights.layout());
        let (layers, columns) = (Layers::of(coarse), coarse.extent(2));
        let fine_columns = self.rows.layout().extent(2);
        for k in layers.rows() {
            let place = layers.place(j, k);
            let out = &mut out[k * columns..][..columns];
            for row in [-1, 0, 1] {
                let Some(slot) = weights.slot(offset(coarse, side, row, 0)) else { continue };
                let child = if coarse.dimension == 3 { weights.axes[1].child(k, row) } else { Some(0) };
                if (coarse.dimension < 3 && row != 0) || child.is_none() {
                    continue;
                }
                let residual = &residual[child.unwrap_or(0) * fine_columns..][..fine_columns];
                let around = [-1, 1].map(|column| {
                    let slot = weights.slot(offset(coarse, side, row, column));
                    slot.map(|slot| weights.row(slot, place))
                });
                restrict_row(weights.axes[2].shift, weights.row(slot, place), around, residual, out);
            }
        }
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
        self.weights.layout()
    }

    #[inline(always)]
    fn across(&self) -> (bool, usize, usize) {
        match self.weights.layout().dimension {
            1 => (false, 1, 0),
            d => {
                let between = &self.weights.axes[3 - d];
                (between.coarsened, between.unknowns[1], between.shift)
            }
        }
    }

    #[inline(always)]
    fn children(&self, j: usize) -> [Option<usize>; 4] {
        let layout = self.weights.layout();
        let child = |side: i8| match layout.dimension {
            1 => (side == 0).then_some(0),
            d => {
                let between = &self.weights.axes[3 - d];
                if side == 0 || between.coarsened { between.child(j, side) } else { None }
            }
        };
        [child(-1), child(0), child(1), None]
    }

    #[inline(always)]
    fn layer(&self, l: usize, view: View<'_, T>, out: &mut [T], _scratch: &mut [T]) {
        self.residual(l, view, out);
    }

    fn given(&self) -> usize {
        Layers::of(self.rows.layout()).stride()
    }

    #[inline(always)]
    fn add(&self, j: usize, side: usize, first: bool, given: &[T], out: &mut [T]) {
        if first {
            out.fill(T::default());
        }
        self.add_layer(j, side as i8 - 1, given, out);
    }

    fn layers(&self, u: &[T], first: usize, out: &mut [T], scratch: &mut [T]) {
        restrict_slab(self, u, first, out, scratch);
    }
}

/// Adds the weighted residuals of a fine row to a coarse one.
#[inline(always)]
fn restrict_row<T: Real>(shift: usize, at: &[T], around: [Option<&[T]>; 2], r: &[T], out: &mut [T]) {
    let m = out.len() - 2;
    let (at, out) = (&at[1..=m], &mut out[1..=m]);
    if let [Some(below), Some(above)] = around {
        let (below, above) = (&below[1..=m], &above[1..=m]);
        let r = &r[1 - shift..][..2 * m + 1];
        // Pairs of a place between and a coarse one, which become vectors; the last one has no pair after it.
        let inner = m - 1;
        let pairs = r.as_chunks::<2>().0;
        let (pairs, next) = (&pairs[..inner], &pairs[1..][..inner]);
        out[inner] +=
            below[inner] * r[2 * inner] + at[inner] * r[2 * inner + 1] + above[inner] * r[2 * inner + 2];
        let (below, at, above, out) = (&below[..inner], &at[..inner], &above[..inner], &mut out[..inner]);
        for j in 0..inner {
            out[j] += below[j] * pairs[j][0] + at[j] * pairs[j][1] + above[j] * next[j][0];
        }
    } else {
        for (out, (weight, r)) in out.iter_mut().zip(at.iter().zip(&r[1..=m])) {
            *out += *weight * *r;
        }
    }
}

/// A correction e of the coarse level, to be interpolated.
pub(super) struct Correction<'a, T: Real> {
    pub fine: &'a Layout,
    pub weights: &'a Weights<T>,
    pub e: &'a [T],
}

impl<T: Real> Before<T> for Correction<'_, T> {
    const CHANGES: bool = true;
    #[inline(always)]
    fn row(&self, [plane, row]: [usize; 2], u: &mut [T], _scratch: &mut [T]) {
        let Correction { fine, weights, e } = *self;
        let coarse = weights.layout();
        let columns = coarse.extent(2);
        for (plane, outer) in weights.axes[0].parents(plane) {
            for (row, inner) in weights.axes[1].parents(row) {
                let e = &e[plane * coarse.stride(0) + row * columns..][..columns];
                let weights_of = |column: i8| {
                    weights.slot([outer, inner, column]).map(|slot| weights.row(slot, [plane, row]))
                };
                if let Some(at) = weights_of(0) {
                    correct_row(weights.axes[2].shift, at, [weights_of(-1), weights_of(1)], e, u);
                }
            }
        }
        fine.seal(u);
    }
}

/// u ← u + P e.
pub(super) fn add_correction<T: Real>(correction: &Correction<'_, T>, u: &mut [T], scratch: &mut [T]) {
    for_slabs(correction.fine, u, scratch, 1, |first, u, _| correct_slab(correction, None, first, u));
}

/// out = u + P e, held values included.
pub(super) fn corrected<T: Real>(correction: &Correction<'_, T>, u: &[T], out: &mut [T], scratch: &mut [T]) {
    let layers = Layers::of(correction.fine);
    let (stride, places) = (layers.stride(), layers.places());
    for outer in [0..places.start * stride, places.end * stride..u.len()] {
        out[outer.clone()].copy_from_slice(&u[outer]);
    }
    for_slabs(correction.fine, out, scratch, 1, |first, out, _| {
        correct_slab(correction, Some(u), first, out)
    });
}

/// Adds corrections to layers from `first` on, to those of `from` if there is one.
#[multiversion(targets = "simd")]
fn correct_slab<T: Real>(correction: &Correction<'_, T>, from: Option<&[T]>, first: usize, u: &mut [T]) {
    let layers = Layers::of(correction.fine);
    let columns = correction.fine.extent(2);
    for (l, u) in (first..).zip(u.chunks_exact_mut(layers.stride())) {
        if let Some(from) = from {
            u.copy_from_slice(layers.of_array(from, l));
        }
        for j in layers.rows() {
            correction.row(layers.place(l, j), &mut u[j * columns..][..columns], &mut []);
        }
    }
}

/// Adds the weighted corrections of a coarse row to a fine one.
#[inline(always)]
fn correct_row<T: Real>(shift: usize, at: &[T], around: [Option<&[T]>; 2], e: &[T], u: &mut [T]) {
    let m = e.len() - 2;
    if let [Some(below), Some(above)] = around {
        // Pairs of a coarse place and the one above it; without shift the first pair starts outside.
        let first = shift;
        let count = m + 1 - first;
        let pairs = &mut u[first..][..2 * count];
        let (at, e, next) = (&at[first..][..count], &e[first..][..count], &e[first + 1..][..count]);
        let (above, below) = (&above[first..][..count], &below[first + 1..][..count]);
        for (j, pair) in pairs.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            pair[0] += at[j] * e[j];
            pair[1] += above[j] * e[j] + below[j] * next[j];
        }
    } else {
        for (u, (weight, e)) in u[1..=m].iter_mut().zip(at[1..=m].iter().zip(&e[1..=m])) {
            *u += *weight * *e;
        }
    }
}
