//! The memory of red-black sweeps: for every slab two layers, four rows and what comes before and after.

use crate::{
    classical::{
        layout::Layout,
        real::Real,
        sweep::{
            Layers,
            slabs::{Cut, Slabs},
        },
    },
    memory::Buffer,
};

/// The memory of sweeps over one layout.
#[derive(Debug)]
pub(crate) struct Workspace<T: Real> {
    pub slabs: Slabs,
    /// Values a slab: two layers, four rows and what `Before` and `After` need.
    each: usize,
    scratch: Buffer<T>,
}

impl<T: Real> Workspace<T> {
    /// For sweeps alone.
    pub fn new(layout: &Layout) -> Self {
        Self::with(layout, 0)
    }

    /// With `extra` values for `Before` and `After`.
    pub fn with(layout: &Layout, extra: usize) -> Self {
        let each = Self::each(layout) + extra;
        let slabs = Slabs::of(Layers::of(layout));
        Self { slabs, each, scratch: Buffer::zeroed(slabs.number() * each) }
    }

    /// Values of the memory of sweeps over `layout`.
    pub fn total(layout: &Layout, extra: usize) -> usize {
        Slabs::of(Layers::of(layout)).number() * (Self::each(layout) + extra)
    }

    fn each(layout: &Layout) -> usize {
        2 * Layers::of(layout).stride() + 4 * layout.extent(2)
    }

    /// Scratch that is cut into slabs.
    pub fn cut(&mut self) -> Cut<'_, T> {
        Cut { values: &mut self.scratch, each: self.each }
    }
}

/// A slab's scratch.
pub(super) struct Scratch<'a, T> {
    /// The layers next to the slab, with the first colour done.
    pub halos: [&'a mut [T]; 2],
    pub rows: [&'a mut [T]; 4],
    pub extra: &'a mut [T],
}

impl<'a, T: Real> Scratch<'a, T> {
    #[inline(always)]
    pub fn of(layout: &Layout, values: &'a mut [T]) -> Self {
        let (stride, columns) = (Layers::of(layout).stride(), layout.extent(2));
        let (lower, rest) = values.split_at_mut(stride);
        let (upper, rest) = rest.split_at_mut(stride);
        let (a, rest) = rest.split_at_mut(columns);
        let (b, rest) = rest.split_at_mut(columns);
        let (c, rest) = rest.split_at_mut(columns);
        let (d, extra) = rest.split_at_mut(columns);
        Self { halos: [lower, upper], rows: [a, b, c, d], extra }
    }
}
