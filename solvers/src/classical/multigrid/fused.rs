//! The two halves of a cycle in one pass over memory each: a red-black sweep whose residual is restricted
//! while its layers are in cache, and a sweep over layers that have just got their correction.
//!
//! Instead of 16 numbers an unknown that the steps one after the other move (two sweeps, a residual, a
//! correction), 7 are moved. Coarse layers whose residuals need two slabs follow when all slabs are through.
//! Values are those of the separate steps, bit for bit.

use std::marker::PhantomData;

use super::smoother::Sense;
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

/// Scratch a slab beside that of sweeps: for what a layer gives, and rows.
pub(super) fn extra(fine: &Layout, coarse: &Layout) -> usize {
    Layers::of(coarse).stride().max(Layers::of(fine).stride()) + 3 * fine.extent(2)
}

/// A restriction of residuals, layer by layer.
pub(super) trait Down<T: Real>: Sync {
    /// The fine matrix.
    type Rows: Rows<T>;
    /// The fine matrix.
    fn rows(&self) -> &Self::Rows;
    /// The right-hand side.
    fn f(&self) -> &[T];
    /// The coarse layout.
    fn coarse(&self) -> &Layout;
    /// Whether there are fewer coarse layers than fine ones, and how many there are; coarse layer j is fine
    /// layer 2j − shift, or j.
    fn across(&self) -> (bool, usize, usize);
    /// The fine layers that coarse layer `j` is made of, in the order in which they are added.
    fn children(&self, j: usize) -> [Option<usize>; 4];
    /// What fine layer `l` gives to all coarse ones: `given` values.
    fn layer(&self, l: usize, view: View<'_, T>, out: &mut [T], scratch: &mut [T]);
    /// Values of that.
    fn given(&self) -> usize;
    /// Adds that of the child number `side` to coarse layer `j`, where it is the `first` one to nothing.
    fn add(&self, j: usize, side: usize, first: bool, given: &[T], out: &mut [T]);
    /// Coarse layers from `first` on.
    fn layers(&self, u: &[T], first: usize, out: &mut [T], scratch: &mut [T]);
}

/// Whether a sweep over zeros need not read them: not where a red unknown reads a red one.
pub(super) fn closes(layout: &Layout) -> bool {
    (0..3).all(|axis| layout.ends[axis][0] != End::Wrap || layout.unknowns[axis].is_multiple_of(2))
}

/// A sweep over u, zero before it if `zero`, and out = R(f − Au).
pub(super) fn sweep_and_restrict<T: Real, D: Down<T>>(
    restriction: &D,
    omega: Option<T>,
    zero: bool,
    u: &mut [T],
    out: &mut [T],
    work: &mut Workspace<T>,
) {
    let (rows, coarse, f) = (restriction.rows(), restriction.coarse(), restriction.f());
    let slabs = work.slabs;
    let after = Residuals { restriction, slabs, value: PhantomData };
    let pieces = after.cut(out);
    if zero {
        Sweep::new(rows, Order::RedBlack, omega, f, &Zero, &after).run(u, pieces, work);
    } else {
        Sweep::new(rows, Order::RedBlack, omega, f, &Given, &after).run(u, pieces, work);
    }
    // What needed two slabs.
    let stride = Layers::of(coarse).stride();
    let u: &[T] = u;
    slabs.for_each((after.cut(out), work.cut()), &|k, (out, scratch)| {
        for (j, out) in (after.first(k)..).zip(out.values.chunks_exact_mut(stride)) {
            if !after.is_inside(k, j) {
                restriction.layers(u, j, out, scratch.values);
            }
        }
    });
}

/// u ← u + P e, which is `correction`, then a sweep.
pub(super) fn correct_and_sweep<T: Real, R: Rows<T>, B: Before<T>>(
    rows: &R,
    correction: &B,
    sense: Sense,
    omega: Option<T>,
    u: &mut [T],
    f: &[T],
    work: &mut Workspace<T>,
) {
    Sweep::new(rows, sense.order(), omega, f, correction, &Nothing).run(u, (), work);
}

/// Restricts the residuals of layers as they come.
struct Residuals<'r, T, D> {
    restriction: &'r D,
    slabs: Slabs,
    value: PhantomData<fn() -> T>,
}

impl<T: Real, D: Down<T>> Residuals<'_, T, D> {
    /// Coarse layers a slab.
    fn height(&self) -> usize {
        let (coarsened, number, _) = self.restriction.across();
        match self.slabs.number() {
            1 => number,
            _ if coarsened => self.slabs.height / 2,
            _ => self.slabs.height,
        }
    }

    /// The first coarse layer of slab `k`.
    fn first(&self, k: usize) -> usize {
        Layers::of(self.restriction.coarse()).places().start + k * self.height()
    }

    /// The coarse array cut into slabs.
    fn cut<'o>(&self, out: &'o mut [T]) -> Cut<'o, T> {
        let layers = Layers::of(self.restriction.coarse());
        let (stride, places) = (layers.stride(), layers.places());
        Cut { values: &mut out[places.start * stride..places.end * stride], each: self.height() * stride }
    }

    /// Whether all that coarse layer `j` reads comes along in slab `k`, from below to above.
    #[inline(always)]
    fn is_inside(&self, k: usize, j: usize) -> bool {
        let layers = Layers::of(self.restriction.rows().layout());
        let slab = self.slabs.places(k);
        let children = self.restriction.children(j);
        // The second one is at the coarse layer.
        let at = children[1].unwrap_or(j);
        children.into_iter().flatten().all(|l| l.abs_diff(at) <= 1 && inside(layers, &slab, l))
    }
}

impl<T: Real, D: Down<T>> After<T> for Residuals<'_, T, D> {
    type Piece<'p> = Cut<'p, T>;

    #[inline(always)]
    fn layer(&self, k: usize, l: usize, view: View<'_, T>, piece: &mut Cut<'_, T>, scratch: &mut [T]) {
        let stride = Layers::of(self.restriction.coarse()).stride();
        let (coarsened, _, shift) = self.restriction.across();
        let (given, scratch) = scratch.split_at_mut(self.restriction.given());
        let first = self.first(k);
        let mut fresh = true;
        // The coarse layers that this one may be a child of.
        let below = if coarsened { (l + shift) / 2 } else { l };
        for j in below.max(first)..below + 2 {
            let Some(out) = piece.values.get_mut((j - first) * stride..(j - first + 1) * stride) else {
                break;
            };
            let children = self.restriction.children(j);
            let Some(side) = children.iter().position(|p| *p == Some(l)) else {
                continue;
            };
            if !self.is_inside(k, j) {
                continue;
            }
            if fresh {
                self.restriction.layer(l, view, given, scratch);
                fresh = false;
            }
            // Children come from below to above.
            let first = children[..side].iter().all(Option::is_none);
            self.restriction.add(j, side, first, given, out);
        }
    }
}

#[cfg(test)]
mod tests;
