//! Residuals down and corrections up by [`Weights`]: Pᵀ(f − Au), and u ← u + Pe.

use multiversion::multiversion;

use super::{level::for_slabs, weights::Weights};
use crate::classical::{
    layout::Layout,
    operator::{Operator, Row, Rows, volume},
    real::Real,
    sweep::{Layers, View},
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
        Operator::Constant(rows) => restrict_rows(rows, true, weights, u, f, out, scratch),
        Operator::Variable(rows) => restrict_rows(rows, false, weights, u, f, out, scratch),
        Operator::Boxes(rows) => restrict_rows(rows, false, weights, u, f, out, scratch),
    }
}

fn restrict_rows<T: Real, R: Rows<T>>(
    rows: &R,
    per_volume: bool,
    weights: &Weights<T>,
    u: &[T],
    f: &[T],
    out: &mut [T],
    scratch: &mut [T],
) {
    let restriction = Restriction { rows, per_volume, weights, u, f };
    let values = self::scratch(rows.layout());
    for_slabs(weights.layout(), out, scratch, values, |first, out, scratch| {
        restrict_slab(&restriction, first, out, scratch);
    });
}

struct Restriction<'a, T: Real, R> {
    rows: &'a R,
    per_volume: bool,
    weights: &'a Weights<T>,
    u: &'a [T],
    f: &'a [T],
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
    first: usize,
    out: &mut [T],
    scratch: &mut [T],
) {
    let layout = restriction.weights.layout();
    let (mut here, mut kept) = scratch.split_at_mut(Layers::of(restriction.rows.layout()).stride());
    let mut kept_layer = None;
    for (j, out) in (first..).zip(out.chunks_exact_mut(Layers::of(layout).stride())) {
        out.fill(T::default());
        for side in [-1, 0, 1] {
            let child = match layout.dimension {
                1 => (side == 0).then_some(0),
                d => restriction.weights.axes[3 - d].child(j, side),
            };
            let wanted = restriction.weights.slot(offset(layout, side, 0, 0)).is_some();
            let Some(l) = child.filter(|_| wanted) else { continue };
            if side == -1 && kept_layer == Some(l) {
                std::mem::swap(&mut here, &mut kept);
            } else {
                restriction.residual(l, here);
            }
            restriction.add(j, side, here, out);
            if side == 1 {
                std::mem::swap(&mut here, &mut kept);
                kept_layer = Some(l);
            }
        }
    }
}

impl<T: Real, R: Rows<T>> Restriction<'_, T, R> {
    /// The residual of fine layer `l`.
    #[inline(always)]
    fn residual(&self, l: usize, out: &mut [T]) {
        let layout = self.rows.layout();
        let (layers, columns) = (Layers::of(layout), layout.extent(2));
        let view = View::of_array(layers, self.u, l);
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
    fn add(&self, j: usize, side: i8, residual: &[T], out: &mut [T]) {
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

/// Adds the weighted residuals of a fine row to a coarse one.
#[inline(always)]
fn restrict_row<T: Real>(shift: usize, at: &[T], around: [Option<&[T]>; 2], r: &[T], out: &mut [T]) {
    let m = out.len() - 2;
    let (at, out) = (&at[1..=m], &mut out[1..=m]);
    if let [Some(below), Some(above)] = around {
        let (below, above) = (&below[1..=m], &above[1..=m]);
        let r = &r[1 - shift..][..2 * m + 1];
        for j in 0..m {
            out[j] += below[j] * r[2 * j] + at[j] * r[2 * j + 1] + above[j] * r[2 * j + 2];
        }
    } else {
        for (out, (weight, r)) in out.iter_mut().zip(at.iter().zip(&r[1..=m])) {
            *out += *weight * *r;
        }
    }
}

/// u ← u + P e.
pub(super) fn add_correction<T: Real>(
    fine: &Layout,
    weights: &Weights<T>,
    e: &[T],
    u: &mut [T],
    scratch: &mut [T],
) {
    for_slabs(fine, u, scratch, 1, |first, u, _| correct_slab(fine, weights, e, first, u));
}

#[multiversion(targets = "simd")]
fn correct_slab<T: Real>(fine: &Layout, weights: &Weights<T>, e: &[T], first: usize, u: &mut [T]) {
    let (layers, coarse) = (Layers::of(fine), weights.layout());
    let (columns, coarse_columns) = (fine.extent(2), coarse.extent(2));
    for (l, u) in (first..).zip(u.chunks_exact_mut(layers.stride())) {
        for j in layers.rows() {
            let [plane, row] = layers.place(l, j);
            let u = &mut u[j * columns..][..columns];
            for (plane, outer) in weights.axes[0].parents(plane) {
                for (row, inner) in weights.axes[1].parents(row) {
                    let e = &e[plane * coarse.stride(0) + row * coarse_columns..][..coarse_columns];
                    let weights_of = |column: i8| {
                        weights.slot([outer, inner, column]).map(|slot| weights.row(slot, [plane, row]))
                    };
                    if let Some(at) = weights_of(0) {
                        let around = [weights_of(-1), weights_of(1)];
                        correct_row(weights.axes[2].shift, at, around, e, u);
                    }
                }
            }
            fine.seal(u);
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
