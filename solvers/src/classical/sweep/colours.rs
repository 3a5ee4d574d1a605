//! Red-black Gauss–Seidel in place, in one pass over memory, with what comes right before and after it.
//!
//! Unknowns whose places add up to an even number are red. Neighbours always have the other colour, so
//! that the order within a colour does not matter. A layer's second colour follows as soon as the first is
//! through on the next layer; a slab needs the layers next to it with their first colour done, which it
//! computes for itself beforehand, from old values only. How one colour of a layer is relaxed: [`relaxation`].
//!
//! While layers are in cache, [`Before`] may change them ahead of the first colour, and [`After`] sees
//! them two layers behind, when both colours are through: multigrid adds its corrections and takes its
//! residuals there, and saves as many passes over memory.
//!
//! (On a periodic axis of odd length the colours do not close: across the seam a red unknown reads a red
//! one, old or new by a rule that does not depend on slabs.)

mod relaxation;
mod workspace;

use std::ops::Range;

use multiversion::multiversion;

use super::{Layers, View, slabs::Pieces};
use crate::classical::{
    operator::{Operator, Rows},
    real::Real,
};

use relaxation::Relaxation;
use workspace::Scratch;
pub(crate) use workspace::Workspace;

/// Which colour goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Red, then black.
    RedBlack,
    /// Black, then red: the adjoint of the other.
    BlackRed,
}

/// What u is before a sweep.
pub(crate) trait Before<T: Real>: Sync {
    /// Whether u is zero, whatever stands in its array.
    const ZERO: bool = false;
    /// Whether [`Before::row`] does anything.
    const CHANGES: bool = false;
    /// Changes a row of u, sealed again.
    fn row(&self, place: [usize; 2], row: &mut [T], scratch: &mut [T]);
}

/// What stands in its array.
pub(crate) struct Given;

impl<T: Real> Before<T> for Given {
    #[inline(always)]
    fn row(&self, _place: [usize; 2], _row: &mut [T], _scratch: &mut [T]) {}
}

/// Zero.
pub(crate) struct Zero;

impl<T: Real> Before<T> for Zero {
    const ZERO: bool = true;
    #[inline(always)]
    fn row(&self, _place: [usize; 2], _row: &mut [T], _scratch: &mut [T]) {}
}

/// What is done with u after a sweep.
pub(crate) trait After<T: Real>: Sync {
    /// Where each slab writes.
    type Piece<'p>: Pieces;
    /// Reads layer `l`, one of [`inside`] slab `k`, through `view`.
    fn layer(&self, k: usize, l: usize, view: View<'_, T>, piece: &mut Self::Piece<'_>, scratch: &mut [T]);
}

/// Nothing.
pub(crate) struct Nothing;

impl<T: Real> After<T> for Nothing {
    type Piece<'p> = ();
    #[inline(always)]
    fn layer(&self, _k: usize, _l: usize, _view: View<'_, T>, _piece: &mut (), _scratch: &mut [T]) {}
}

/// Whether layer `l` and the layers that it reads lie in a slab or are given, and next to each other: the
/// far end of a periodic axis is not through when its near end is.
#[inline(always)]
pub(crate) fn inside(layers: Layers<'_>, slab: &Range<usize>, l: usize) -> bool {
    let is_there = |n: usize| n.abs_diff(l) <= 1 && (slab.contains(&n) || !layers.places().contains(&n));
    slab.contains(&l) && layers.neighbours(l).into_iter().all(is_there)
}

/// One sweep over Au = f in place: over-relaxed by `omega`, plain Gauss–Seidel if none.
pub(crate) fn sweep<T: Real>(
    operator: &Operator<T>,
    order: Order,
    omega: Option<T>,
    u: &mut [T],
    f: &[T],
    work: &mut Workspace<T>,
) {
    match operator {
        Operator::Constant(rows) => sweep_rows(rows, order, omega, u, f, work),
        Operator::Variable(rows) => sweep_rows(rows, order, omega, u, f, work),
        Operator::Boxes(rows) => sweep_rows(rows, order, omega, u, f, work),
    }
}

/// [`sweep`] for one kind of rows.
pub(crate) fn sweep_rows<T: Real, R: Rows<T>>(
    rows: &R,
    order: Order,
    omega: Option<T>,
    u: &mut [T],
    f: &[T],
    work: &mut Workspace<T>,
) {
    Sweep::new(rows, order, omega, f, &Given, &Nothing).run(u, (), work);
}

/// A sweep with what comes before and after it.
pub(crate) struct Sweep<'s, T, R, B, A> {
    relaxation: Relaxation<'s, T, R>,
    colours: [usize; 2],
    before: &'s B,
    after: &'s A,
}

impl<'s, T: Real, R: Rows<T>, B: Before<T>, A: After<T>> Sweep<'s, T, R, B, A> {
    pub fn new(rows: &'s R, order: Order, omega: Option<T>, f: &'s [T], before: &'s B, after: &'s A) -> Self {
        let colours = match order {
            Order::RedBlack => [0, 1],
            Order::BlackRed => [1, 0],
        };
        Self { relaxation: Relaxation { rows, omega, f }, colours, before, after }
    }

    /// Sweeps over u; `pieces` are what [`After`] writes to.
    pub fn run(&self, u: &mut [T], pieces: A::Piece<'_>, work: &mut Workspace<T>) {
        let layers = Layers::of(self.relaxation.rows.layout());
        let slabs = work.slabs;
        if B::ZERO {
            // Held layers are zero as well.
            let (stride, places) = (layers.stride(), layers.places());
            u[..places.start * stride].fill(T::default());
            u[places.end * stride..].fill(T::default());
        }
        if layers.layout.dimension > 1 {
            let old: &[T] = u;
            slabs.for_each(work.cut(), &|k, scratch| halos(self, slabs.places(k), old, scratch.values));
        }
        let pieces = ((slabs.cut(u, layers.stride()), work.cut()), pieces);
        slabs.for_each(pieces, &|k, ((own, scratch), piece)| {
            through(self, k, slabs.places(k), own.values, scratch.values, piece);
        });
    }

    /// What the first colour of layer `l` + 1 will be the first to read: f of that layer, and the layer above
    /// it, `above`. In 3-D a whole layer ahead would be too far for a cache: a row ahead in the layer itself.
    #[inline(always)]
    fn ahead<'a>(&'a self, l: usize, above: &'a [T]) -> [&'a [T]; 2] {
        let layers = Layers::of(self.relaxation.rows.layout());
        if layers.layout.dimension == 2 && l < layers.places().end {
            [layers.of_array(self.relaxation.f, l), above]
        } else {
            [&[], &[]]
        }
    }

    /// [`Before`] for all rows of a layer.
    #[inline(always)]
    fn prepare(&self, l: usize, layer: &mut [T], scratch: &mut [T]) {
        let layers = Layers::of(self.relaxation.rows.layout());
        let columns = layers.layout.extent(2);
        for j in layers.rows() {
            self.before.row(layers.place(l, j), &mut layer[j * columns..][..columns], scratch);
        }
    }
}

/// The layers next to a slab with their first colour done.
#[multiversion(targets("x86_64+avx+avx2+bmi1+bmi2+lzcnt"))]
fn halos<T: Real, R: Rows<T>, B: Before<T>, A: After<T>>(
    sweep: &Sweep<'_, T, R, B, A>,
    slab: Range<usize>,
    old: &[T],
    scratch: &mut [T],
) {
    let (relaxation, first) = (&sweep.relaxation, sweep.colours[0]);
    let layout = relaxation.rows.layout();
    let layers = Layers::of(layout);
    let columns = layout.extent(2);
    let Scratch { halos: [lower, upper], rows: [new, a, b, copy], extra } = Scratch::of(layout, scratch);
    let next = [layers.neighbours(slab.start)[0], layers.neighbours(slab.end - 1)[1]];
    for (l, halo) in next.into_iter().zip([lower, upper]) {
        halo.copy_from_slice(layers.of_array(old, l));
        if !layers.places().contains(&l) {
            continue;
        }
        if B::ZERO {
            relaxation::start_layer(relaxation, l, first, halo, [new, copy, a]);
            continue;
        }
        let view = View::of_array(layers, old, l);
        if !B::CHANGES {
            let beside = [view.below, view.above];
            relaxation::layer(relaxation, l, first, halo, beside, [new, copy], [&[]; 2]);
            continue;
        }
        sweep.prepare(l, halo, extra);
        for j in layers.rows() {
            for ((row, layer), n) in
                [&mut *a, &mut *b].into_iter().zip([view.below, view.above]).zip(layers.neighbours(l))
            {
                row.copy_from_slice(&layer[j * columns..][..columns]);
                if layers.places().contains(&n) {
                    sweep.before.row(layers.place(n, j), row, extra);
                }
            }
            relaxation::row(relaxation, l, j, first, halo, [&*a, &*b], [new, copy]);
        }
    }
}

/// Both colours through a slab, with what comes before and after.
#[multiversion(targets("x86_64+avx+avx2+bmi1+bmi2+lzcnt"))]
fn through<T: Real, R: Rows<T>, B: Before<T>, A: After<T>>(
    sweep: &Sweep<'_, T, R, B, A>,
    k: usize,
    slab: Range<usize>,
    own: &mut [T],
    scratch: &mut [T],
    mut piece: A::Piece<'_>,
) {
    let relaxation = &sweep.relaxation;
    let layout = relaxation.rows.layout();
    let layers = Layers::of(layout);
    let stride = layers.stride();
    let Scratch { halos: [lower, upper], rows: [new, copy, zero, _], extra } = Scratch::of(layout, scratch);
    let count = slab.len();
    if B::CHANGES {
        sweep.prepare(slab.start, &mut own[..stride], extra);
    }
    for i in 0..count + 2 {
        if B::CHANGES && i + 1 < count {
            sweep.prepare(slab.start + i + 1, &mut own[(i + 1) * stride..][..stride], extra);
        }
        if B::ZERO && i < count {
            let layer = &mut own[i * stride..][..stride];
            relaxation::start_layer(relaxation, slab.start + i, sweep.colours[0], layer, [new, copy, zero]);
        }
        let first = Some(i).filter(|i| !B::ZERO && *i < count);
        let second = i.checked_sub(1).filter(|i| *i < count);
        for (colour, i) in sweep.colours.into_iter().zip([first, second]) {
            let Some(i) = i else { continue };
            let (before, rest) = own.split_at_mut(i * stride);
            let (here, after) = rest.split_at_mut(stride);
            let below = if i == 0 { &*lower } else { &before[(i - 1) * stride..] };
            let above = if i + 1 == count { &*upper } else { &after[..stride] };
            let columns = layout.extent(2);
            let ahead = match (layout.dimension, colour == sweep.colours[0]) {
                // A row ahead.
                (3, true) => [
                    layers.of_array(relaxation.f, slab.start + i).get(columns..).unwrap_or_default(),
                    above.get(columns..).unwrap_or_default(),
                ],
                (2, false) => sweep.ahead(slab.start + i + 2, after.get(2 * stride..).unwrap_or_default()),
                _ => [&[][..]; 2],
            };
            relaxation::layer(relaxation, slab.start + i, colour, here, [below, above], [new, copy], ahead);
        }
        let Some(i) = i.checked_sub(2) else { continue };
        let l = slab.start + i;
        if inside(layers, &slab, l) {
            let [below, above] = layers.neighbours(l);
            let at = |n: usize| &own[(n - slab.start) * stride..][..stride];
            let view = View {
                below: if slab.contains(&below) { at(below) } else { &*lower },
                here: at(l),
                above: if slab.contains(&above) { at(above) } else { &*upper },
                first: 0,
            };
            sweep.after.layer(k, l, view, &mut piece, extra);
        }
    }
}

#[cfg(test)]
mod tests;
