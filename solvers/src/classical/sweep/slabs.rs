//! Layers cut into slabs, one thread's work each, and arrays cut along with them.
//!
//! Slabs have the same number of layers but for the last, an even number, so that every other layer is
//! the same one in all of them. Nothing is allocated when arrays are cut.

use std::ops::Range;

use super::Layers;

/// Unknowns below which a pass is not worth a second thread: some ten microseconds. (Few in tests, so that
/// small systems have several slabs.)
const SERIAL_BELOW: usize = if cfg!(test) { 1 << 6 } else { 1 << 14 };
/// Slabs a thread, so that a thread that is late does not hold up the others for long.
const SLABS_A_THREAD: usize = 2;

/// The layers of a layout in slabs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Slabs {
    first: usize,
    layers: usize,
    /// Layers of a slab.
    pub height: usize,
}

impl Slabs {
    /// Slabs for as many threads as there are; one where a second thread is not worth it.
    pub fn of(layers: Layers<'_>) -> Self {
        let places = layers.places();
        let threads = rayon::current_num_threads();
        let height = if layers.layout.count() < SERIAL_BELOW || threads == 1 {
            places.len().max(1)
        } else {
            places.len().div_ceil(threads * SLABS_A_THREAD).next_multiple_of(2)
        };
        Self { first: places.start, layers: places.len(), height }
    }

    /// How many there are. A single layer left over joins the last slab: the seam of a periodic axis keeps
    /// a layer's distance from the ends of slabs.
    pub fn number(self) -> usize {
        (self.layers.saturating_sub(1).div_ceil(self.height)).max(1)
    }

    /// The layers of slab `k`.
    pub fn places(self, k: usize) -> Range<usize> {
        let end = if k + 1 == self.number() { self.layers } else { (k + 1) * self.height };
        self.first + k * self.height..self.first + end
    }

    /// The unknowns' layers of an array with `stride` values a layer, to be cut into slabs.
    pub fn cut<T>(self, values: &mut [T], stride: usize) -> Cut<'_, T> {
        let values = &mut values[self.first * stride..(self.first + self.layers) * stride];
        Cut { values, each: self.height * stride }
    }

    /// Calls `work` with every slab's number and pieces.
    pub fn for_each<P: Pieces>(self, pieces: P, work: &(impl Fn(usize, P) + Sync)) {
        share(0..self.number(), pieces, work);
    }
}

fn share<P: Pieces>(slabs: Range<usize>, pieces: P, work: &(impl Fn(usize, P) + Sync)) {
    if slabs.len() == 1 {
        return work(slabs.start, pieces);
    }
    let half = slabs.len() / 2;
    let middle = slabs.start + half;
    let (lower, upper) = pieces.cut(half);
    rayon::join(|| share(slabs.start..middle, lower, work), || share(middle..slabs.end, upper, work));
}

/// What can be cut into slabs.
pub(crate) trait Pieces: Sized + Send {
    /// What belongs to the first `slabs` slabs, and the rest.
    fn cut(self, slabs: usize) -> (Self, Self);
}

/// Values of an array, `each` of them a slab; the last slab has what is left.
#[derive(Debug)]
pub(crate) struct Cut<'a, T> {
    pub values: &'a mut [T],
    pub each: usize,
}

impl<T: Send> Pieces for Cut<'_, T> {
    fn cut(self, slabs: usize) -> (Self, Self) {
        let Self { values, each } = self;
        let (lower, upper) = values.split_at_mut((slabs * each).min(values.len()));
        (Self { values: lower, each }, Self { values: upper, each })
    }
}

impl Pieces for () {
    fn cut(self, _slabs: usize) -> (Self, Self) {
        ((), ())
    }
}

impl<A: Pieces, B: Pieces> Pieces for (A, B) {
    fn cut(self, slabs: usize) -> (Self, Self) {
        let (a, b) = (self.0.cut(slabs), self.1.cut(slabs));
        ((a.0, b.0), (a.1, b.1))
    }
}
