//! Passes over all unknowns, layer by layer: a layer is a row of a 2-D system and a plane of a 3-D one.
//!
//! Layers are cut into slabs, one thread's work each. Every value is computed by the same formula from
//! the same values whatever slab it is in, so neither slabs nor threads change any bits; sums are taken
//! row by row and added in order. A small system stays on the calling thread.

pub(crate) mod accelerated;
pub(crate) mod colours;
pub(crate) mod lexicographic;
pub(crate) mod pass;
pub(crate) mod slabs;
pub(crate) mod wavefront;

use std::ops::{Deref, Range};

use super::{layout::Layout, real::Real};

/// The layers of a layout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layers<'l> {
    pub layout: &'l Layout,
}

impl<'l> Layers<'l> {
    pub fn of(layout: &'l Layout) -> Self {
        Self { layout }
    }

    /// The axis from layer to layer; none in 1-D, where all is one layer.
    fn axis(self) -> Option<usize> {
        match self.layout.dimension {
            1 => None,
            d => Some(3 - d),
        }
    }

    /// The places of layers of unknowns.
    pub fn places(self) -> Range<usize> {
        self.axis().map_or(0..1, |axis| self.layout.places(axis))
    }

    /// Values of a layer.
    pub fn stride(self) -> usize {
        self.axis().map_or(self.layout.len(), |axis| self.layout.stride(axis))
    }

    /// The layers read as lower and upper neighbour of layer `l`; itself in 1-D, which reads neither.
    pub fn neighbours(self, l: usize) -> [usize; 2] {
        self.axis().map_or([l; 2], |axis| self.layout.neighbours(axis, l))
    }

    /// Whether a pass stays on the calling thread.
    pub fn is_serial(self) -> bool {
        slabs::Slabs::of(self).number() == 1
    }

    /// The rows of a layer that hold unknowns, as places.
    pub fn rows(self) -> Range<usize> {
        if self.layout.dimension == 3 { self.layout.places(1) } else { 0..1 }
    }

    /// Plane and row of row `j` of layer `l`.
    pub fn place(self, l: usize, j: usize) -> [usize; 2] {
        match self.layout.dimension {
            1 => [0, 0],
            2 => [0, l],
            _ => [l, j],
        }
    }

    /// Layer `l` of an array.
    pub fn of_array<T>(self, values: &[T], l: usize) -> &[T] {
        &values[l * self.stride()..][..self.stride()]
    }
}

/// A layer with the two that it reads, or the same stretch of rows of all three.
#[derive(Clone, Copy)]
pub(crate) struct View<'a, T> {
    pub below: &'a [T],
    pub here: &'a [T],
    pub above: &'a [T],
    /// The first of those rows.
    pub first: usize,
}

impl<'a, T: Real> View<'a, T> {
    /// Layer `l` of an array.
    pub fn of_array(layers: Layers<'_>, values: &'a [T], l: usize) -> Self {
        let [below, above] = layers.neighbours(l);
        Self {
            below: layers.of_array(values, below),
            here: layers.of_array(values, l),
            above: layers.of_array(values, above),
            first: 0,
        }
    }

    /// Row `j` of the layer.
    #[inline(always)]
    pub fn row(&self, layout: &Layout, j: usize) -> &'a [T] {
        let columns = layout.extent(2);
        &self.here[(j - self.first) * columns..][..columns]
    }

    /// The neighbour rows of row `j`, in the order of [`super::operator::Row`].
    #[inline(always)]
    pub fn across(&self, layout: &Layout, j: usize) -> Across<'a, T> {
        let columns = layout.extent(2);
        let row = |layer: &'a [T], j: usize| &layer[(j - self.first) * columns..][..columns];
        Across::of(
            layout,
            j,
            |j| row(self.here, j),
            [self.below, self.above].map(|layer| move |j| row(layer, j)),
        )
    }
}

/// The neighbour rows of a row: none, two or eight.
pub(crate) struct Across<'a, T> {
    rows: [&'a [T]; 8],
    count: usize,
}

impl<'a, T> Across<'a, T> {
    /// Those of row `j` of a layer, from the rows of the layer and those of the two next to it.
    #[inline(always)]
    pub fn of(
        layout: &Layout,
        j: usize,
        here: impl Fn(usize) -> &'a [T],
        [below, above]: [impl Fn(usize) -> &'a [T]; 2],
    ) -> Self {
        let mut rows: [&[T]; 8] = [&[]; 8];
        let count = match layout.dimension {
            1 => 0,
            2 => {
                [rows[0], rows[1]] = [below(j), above(j)];
                2
            }
            _ => {
                let [lower, upper] = layout.neighbours(1, j);
                rows = [
                    here(lower),
                    here(upper),
                    below(j),
                    above(j),
                    below(lower),
                    below(upper),
                    above(lower),
                    above(upper),
                ];
                8
            }
        };
        Self { rows, count }
    }
}

impl<'a, T> Deref for Across<'a, T> {
    type Target = [&'a [T]];
    #[inline(always)]
    fn deref(&self) -> &[&'a [T]] {
        &self.rows[..self.count]
    }
}
