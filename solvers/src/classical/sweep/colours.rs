//! Red-black Gauss–Seidel in place, in one pass over memory.
//!
//! Unknowns whose places add up to an even number are red. Neighbours always have the other colour, so
//! that the order within a colour does not matter. A layer's second colour follows as soon as the first is
//! through on the next layer; a slab needs the layers next to it with their first colour done, which it
//! computes for itself beforehand, from old values only. Rows are computed as a whole and only one
//! colour is kept: half the arithmetic is thrown away, and what is left runs at the speed of memory.
//!
//! (On a periodic axis of odd length the colours do not close: across the seam a red unknown reads a red
//! one, old or new by a rule that does not depend on slabs.)

use std::ops::Range;

use multiversion::multiversion;
use rayon::prelude::*;

use super::{Layers, View};
use crate::{
    classical::{
        layout::Layout,
        operator::{Operator, Row, Rows},
        real::Real,
    },
    memory::Buffer,
};

/// Which colour goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Red, then black.
    RedBlack,
    /// Black, then red: the adjoint of the other.
    BlackRed,
}

/// The memory of sweeps over one layout.
#[derive(Debug)]
pub(crate) struct Workspace<T: Real> {
    slabs: Vec<Range<usize>>,
    /// Two layers and a row a slab.
    scratch: Buffer<T>,
}

impl<T: Real> Workspace<T> {
    pub fn new(layout: &Layout) -> Self {
        let slabs = Layers::of(layout).slabs();
        let scratch = Buffer::zeroed(slabs.len() * Self::values(layout));
        Self { slabs, scratch }
    }

    /// Values of the memory of sweeps over `layout`.
    pub fn total(layout: &Layout) -> usize {
        Layers::of(layout).slabs().len() * Self::values(layout)
    }

    fn values(layout: &Layout) -> usize {
        2 * Layers::of(layout).stride() + layout.extent(2)
    }
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

/// A slab's layers, what lies next to them with the first colour done, and a row of scratch.
struct Slab<'a, T> {
    places: Range<usize>,
    layers: &'a mut [T],
    halos: [&'a mut [T]; 2],
    row: &'a mut [T],
}

fn sweep_rows<T: Real, R: Rows<T>>(
    rows: &R,
    order: Order,
    omega: Option<T>,
    u: &mut [T],
    f: &[T],
    work: &mut Workspace<T>,
) {
    let layout = rows.layout();
    let layers = Layers::of(layout);
    let stride = layers.stride();
    let colours = match order {
        Order::RedBlack => [0, 1],
        Order::BlackRed => [1, 0],
    };
    let values = Workspace::<T>::values(layout);
    let old: &[T] = u;
    let halo = |(slab, scratch): (&Range<usize>, &mut [T])| {
        let (lower, rest) = scratch.split_at_mut(stride);
        let (upper, row) = rest.split_at_mut(stride);
        let below = layers.neighbours(slab.start)[0];
        let above = layers.neighbours(slab.end - 1)[1];
        for (l, halo) in [(below, lower), (above, upper)] {
            halo.copy_from_slice(layers.of_array(old, l));
            if layout.dimension > 1 && layers.places().contains(&l) {
                let view = View::of_array(layers, old, l);
                half_sweep(rows, l, colours[0], omega, halo, [view.below, view.above], f, row);
            }
        }
    };
    let serial = work.slabs.len() == 1;
    if serial {
        work.slabs.iter().zip(work.scratch.chunks_exact_mut(values)).for_each(halo);
    } else {
        work.slabs.par_iter().zip(work.scratch.par_chunks_exact_mut(values)).for_each(halo);
    }
    let mut rest = &mut u[layers.places().start * stride..];
    let pieces = work.slabs.iter().zip(work.scratch.chunks_exact_mut(values)).map(|(places, scratch)| {
        let (own, others) = std::mem::take(&mut rest).split_at_mut(places.len() * stride);
        rest = others;
        let (lower, scratch) = scratch.split_at_mut(stride);
        let (upper, row) = scratch.split_at_mut(stride);
        Slab { places: places.clone(), layers: own, halos: [lower, upper], row }
    });
    if serial {
        pieces.for_each(|slab| both_colours(rows, colours, omega, slab, f));
    } else {
        let pieces: Vec<_> = pieces.collect();
        pieces.into_par_iter().for_each(|slab| both_colours(rows, colours, omega, slab, f));
    }
}

#[multiversion(targets("x86_64+avx+avx2+bmi1+bmi2+lzcnt"))]
fn both_colours<T: Real, R: Rows<T>>(
    rows: &R,
    colours: [usize; 2],
    omega: Option<T>,
    slab: Slab<'_, T>,
    f: &[T],
) {
    let stride = Layers::of(rows.layout()).stride();
    let Slab { places, layers, halos: [lower, upper], row } = slab;
    let count = places.len();
    for i in 0..=count {
        for (colour, i) in [(colours[0], Some(i).filter(|i| *i < count)), (colours[1], i.checked_sub(1))] {
            let Some(i) = i else { continue };
            let (before, rest) = layers.split_at_mut(i * stride);
            let (here, after) = rest.split_at_mut(stride);
            let below = if i == 0 { &*lower } else { &before[(i - 1) * stride..] };
            let above = if i + 1 == count { &*upper } else { &after[..stride] };
            half_sweep(rows, places.start + i, colour, omega, here, [below, above], f, row);
        }
    }
}

/// Relaxes the unknowns of one colour in layer `l`; `row` is scratch.
#[inline(always)]
fn half_sweep<T: Real, R: Rows<T>>(
    rows: &R,
    l: usize,
    colour: usize,
    omega: Option<T>,
    here: &mut [T],
    [below, above]: [&[T]; 2],
    f: &[T],
    new: &mut [T],
) {
    let layout = rows.layout();
    let layers = Layers::of(layout);
    let columns = layout.extent(2);
    let f = layers.of_array(f, l);
    for j in layers.rows() {
        let [plane, row] = layers.place(l, j);
        let view = View { below, here, above };
        let (old, f) = (view.row(layout, j), &f[j * columns..][..columns]);
        let across = view.across(layout, j);
        match omega {
            None => rows.row(plane, row).solve(old, &across, f, new),
            Some(omega) => rows.row(plane, row).relax(omega, old, &across, f, new),
        }
        let old = &mut here[j * columns..][..columns];
        merge((plane + row + colour) & 1, &mut old[1..columns - 1], &new[1..columns - 1]);
        layout.seal(old);
    }
}

/// Replaces the values at places of one parity; rows begin at place 1.
#[inline(always)]
fn merge<T: Real>(parity: usize, old: &mut [T], new: &[T]) {
    let first = 1 - parity;
    let (old, new) = (&mut old[first..], &new[first..]);
    let (olds, old_rest) = old.as_chunks_mut::<8>();
    let (news, new_rest) = new.as_chunks::<8>();
    for (old, new) in olds.iter_mut().zip(news) {
        old[0] = new[0];
        old[2] = new[2];
        old[4] = new[4];
        old[6] = new[6];
    }
    for (old, new) in old_rest.iter_mut().zip(new_rest).step_by(2) {
        *old = *new;
    }
}
