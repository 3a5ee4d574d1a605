//! The two halves of a cycle in one pass over memory each: a red-black sweep whose residual is restricted
//! while its layers are in cache, and a sweep over layers that have just got their correction.
//!
//! Instead of 16 numbers an unknown that the steps one after the other move (two sweeps, a residual, a
//! correction), 7 are moved. Coarse layers whose residuals need two slabs follow when all slabs are through.
//! Values are those of the separate steps, bit for bit.

use super::{
    correction::Correction,
    restriction::{Restriction, add_scaled, restrict_layers},
    smoother::Sense,
};
use crate::classical::{
    layout::{End, Layout},
    operator::Rows,
    real::Real,
    sweep::{
        Layers, View,
        colours::{After, Before, Given, Nothing, Order, Sweep, Workspace, Zero, inside},
        slabs::{Cut, Slabs},
    },
};

/// Scratch a slab beside that of sweeps.
pub(super) fn extra(fine: &Layout, coarse: &Layout) -> usize {
    Layers::of(coarse).stride() + 3 * fine.extent(2)
}

/// Whether a sweep over zeros need not read them: not where a red unknown reads a red one.
pub(super) fn closes(layout: &Layout) -> bool {
    (0..3).all(|axis| layout.ends[axis][0] != End::Wrap || layout.unknowns[axis].is_multiple_of(2))
}

/// A sweep over u, zero before it if `zero`, and out = R(f − Au).
pub(super) fn sweep_and_restrict<T: Real, R: Rows<T>>(
    restriction: &Restriction<'_, T, R>,
    zero: bool,
    u: &mut [T],
    out: &mut [T],
    work: &mut Workspace<T>,
) {
    let Restriction { rows, coarse, f, .. } = *restriction;
    let slabs = work.slabs;
    let after = Residuals { restriction, slabs };
    let pieces = after.cut(out);
    if zero {
        Sweep::new(rows, Order::RedBlack, None, f, &Zero, &after).run(u, pieces, work);
    } else {
        Sweep::new(rows, Order::RedBlack, None, f, &Given, &after).run(u, pieces, work);
    }
    // What needed two slabs.
    let stride = Layers::of(coarse).stride();
    let u: &[T] = u;
    slabs.for_each((after.cut(out), work.cut()), &|k, (out, scratch)| {
        for (j, out) in (after.first(k)..).zip(out.values.chunks_exact_mut(stride)) {
            if !after.is_inside(k, j) {
                restrict_layers(restriction, u, j, out, scratch.values);
            }
        }
    });
}

/// u ← u + P e, then a sweep.
pub(super) fn correct_and_sweep<T: Real, R: Rows<T>>(
    rows: &R,
    correction: &Correction<'_, T>,
    sense: Sense,
    u: &mut [T],
    f: &[T],
    work: &mut Workspace<T>,
) {
    Sweep::new(rows, sense.order(), None, f, correction, &Nothing).run(u, (), work);
}

impl<T: Real> Before<T> for Correction<'_, T> {
    const CHANGES: bool = true;
    #[inline(always)]
    fn row(&self, place: [usize; 2], row: &mut [T], scratch: &mut [T]) {
        self.add(place, row, scratch);
    }
}

/// Restricts the residuals of layers as they come.
struct Residuals<'r, 'a, T, R> {
    restriction: &'r Restriction<'a, T, R>,
    slabs: Slabs,
}

impl<T: Real, R: Rows<T>> Residuals<'_, '_, T, R> {
    /// Coarse layers a slab.
    fn height(&self) -> usize {
        let [between, _] = self.restriction.across();
        match self.slabs.number() {
            1 => between.unknowns[1],
            _ if between.coarsened => self.slabs.height / 2,
            _ => self.slabs.height,
        }
    }

    /// The first coarse layer of slab `k`.
    fn first(&self, k: usize) -> usize {
        Layers::of(self.restriction.coarse).places().start + k * self.height()
    }

    /// The coarse array cut into slabs.
    fn cut<'o>(&self, out: &'o mut [T]) -> Cut<'o, T> {
        let layers = Layers::of(self.restriction.coarse);
        let (stride, places) = (layers.stride(), layers.places());
        Cut { values: &mut out[places.start * stride..places.end * stride], each: self.height() * stride }
    }

    /// Whether all that coarse layer `j` reads comes along in slab `k`, from below to above.
    #[inline(always)]
    fn is_inside(&self, k: usize, j: usize) -> bool {
        let layers = Layers::of(self.restriction.rows.layout());
        let slab = self.slabs.places(k);
        let [between, _] = self.restriction.across();
        let children = between.children(j);
        let comes = |(l, weight): &(usize, T)| {
            *weight == T::default() || (l.abs_diff(children[1].0) <= 1 && inside(layers, &slab, *l))
        };
        children.iter().all(comes)
    }
}

impl<T: Real, R: Rows<T>> After<T> for Residuals<'_, '_, T, R> {
    type Piece<'p> = Cut<'p, T>;

    #[inline(always)]
    fn layer(&self, k: usize, l: usize, view: View<'_, T>, piece: &mut Cut<'_, T>, scratch: &mut [T]) {
        let stride = Layers::of(self.restriction.coarse).stride();
        let [between, _] = self.restriction.across();
        let (restricted, scratch) = scratch.split_at_mut(stride);
        let first = self.first(k);
        let mut fresh = true;
        // The coarse layers that this one may be a child of.
        let below = if between.coarsened { (l + between.shift) / 2 } else { l };
        for j in below.max(first)..below + 2 {
            let Some(out) = piece.values.get_mut((j - first) * stride..(j - first + 1) * stride) else {
                break;
            };
            let children = between.children(j);
            let Some(side) = children.iter().position(|(p, weight)| *p == l && *weight != T::default())
            else {
                continue;
            };
            if !self.is_inside(k, j) {
                continue;
            }
            if fresh {
                self.restriction.layer(l, view, restricted, scratch);
                fresh = false;
            }
            // Children come from below to above.
            let first = side == 0 || (side == 1 && children[0].1 == T::default());
            add_scaled(first, children[side].1, restricted, out);
        }
    }
}

#[cfg(test)]
mod tests;
