//! Several values at every place of a layout: couplings of a box stencil, weights of an interpolation.
//!
//! Row by row, the rows of all bands side by side: a row's values lie near each other in memory, and rows can
//! be filled by different threads.

use rayon::prelude::*;

use super::to_single;
use crate::{
    classical::{
        layout::{End, Layout},
        real::Real,
    },
    memory::Buffer,
};

/// `count` values at every place.
#[derive(Debug, Clone)]
pub(crate) struct Bands<T: Real> {
    layout: Layout,
    count: usize,
    values: Buffer<T>,
}

impl<T: Real> Bands<T> {
    /// Zeros.
    pub fn new(layout: Layout, count: usize) -> Self {
        Self { values: Buffer::zeroed(count * layout.len()), count, layout }
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Bytes of `count` bands.
    pub fn bytes(layout: &Layout, count: usize) -> u64 {
        (count * layout.len() * size_of::<T>()) as u64
    }

    /// Band `k` of a row, with its outer values.
    #[inline(always)]
    pub fn row(&self, k: usize, [plane, row]: [usize; 2]) -> &[T] {
        let columns = self.layout.extent(2);
        let number = plane * self.layout.extent(1) + row;
        &self.values[(number * self.count + k) * columns..][..columns]
    }

    /// Calls `fill([plane, row], rows of all bands)` for every row of unknowns, then copies what stands
    /// at one end of a periodic axis to the other.
    pub fn fill(&mut self, fill: impl Fn([usize; 2], &mut [T]) + Sync) {
        let (layout, columns) = (&self.layout, self.layout.extent(2));
        let rows = layout.extent(1);
        let wraps = |axis: usize| layout.ends[axis][0] == End::Wrap;
        self.values.par_chunks_mut(self.count * columns).enumerate().for_each(|(number, bands)| {
            let place = [number / rows, number % rows];
            if layout.has_unknowns(place[0], place[1]) {
                fill(place, bands);
                if wraps(2) {
                    bands.chunks_exact_mut(columns).for_each(|row| layout.seal(row));
                }
            }
        });
        for axis in (3 - layout.dimension..2).filter(|&axis| wraps(axis)) {
            let size = self.count * layout.stride(axis);
            let m = layout.unknowns[axis];
            for layers in self.values.chunks_exact_mut(size * (m + 2)) {
                layers.copy_within(size * m..size * (m + 1), 0);
                layers.copy_within(size..2 * size, size * (m + 1));
            }
        }
    }
}

impl Bands<f64> {
    /// The same in single precision.
    pub fn to_single(&self) -> Bands<f32> {
        Bands { layout: self.layout.clone(), count: self.count, values: to_single(&self.values) }
    }
}
