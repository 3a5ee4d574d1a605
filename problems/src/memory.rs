//! Arrays for numbers that are streamed through: zeroed, on huge pages where the system has them, and
//! first touched by the threads that will use them.
//!
//! A sweep over a large grid touches a new page every 512 values; with pages of 2 MiB instead of 4 KiB the
//! translation of addresses stops costing 15 to 40 % of the bandwidth. On machines with several memory
//! controllers a page lies near the thread that touches it first, so that large arrays are zeroed in
//! parallel, in the same order in which sweeps go through them.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::atomic::{AtomicUsize, Ordering},
};

use memmap2::MmapMut;
use rayon::prelude::*;

/// From this size on an array has pages of its own.
const MAPPED_FROM: usize = 4 << 20;
/// Bytes that one thread touches at a time.
const TOUCH: usize = 2 << 20;
/// Arrays that start at the same place of their pages make loads wait for stores 4096 bytes apart; each
/// array starts this many bytes further in.
const STAGGER: usize = 576;

/// What a [`Buffer`] may hold: numbers for which all bits zero mean zero.
///
/// # Safety
/// All-zero bytes are a valid value, there is no padding and no drop, and the alignment is at most that of a line of the
/// caches, 64 bytes.
pub unsafe trait Zeroed: Copy + Send + Sync + Default + 'static {}

// SAFETY: plain numbers, of which 0 is all bits zero.
unsafe impl Zeroed for f64 {}
// SAFETY: as above.
unsafe impl Zeroed for f32 {}

/// A fixed number of values, zero at first.
pub struct Buffer<T: Zeroed> {
    store: Store<T>,
    len: usize,
}

enum Store<T> {
    Given(Vec<T>),
    Lines(Vec<Line>),
    /// The map and the byte at which the values start.
    Map(MmapMut, usize),
}

/// A line of the caches. Arrays start with one: the widest loads are as long, and one that straddles two lines takes
/// the time of two.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Line([u8; 64]);

impl<T: Zeroed> Buffer<T> {
    /// `len` zeros.
    pub fn zeroed(len: usize) -> Self {
        // As `Vec`, which has the same limit.
        let bytes = len.checked_mul(size_of::<T>()).filter(|bytes| isize::try_from(*bytes).is_ok());
        let bytes = bytes.expect("capacity overflow");
        if bytes < MAPPED_FROM {
            return Self::lines(len, bytes);
        }
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let start = COUNT.fetch_add(1, Ordering::Relaxed) % 7 * STAGGER;
        // Where the system refuses a map, the heap decides what becomes of the request.
        let Ok(mut map) = MmapMut::map_anon(bytes + start) else { return Self::lines(len, bytes) };
        // Advice only: where it is refused, pages are small.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
        map.par_chunks_mut(TOUCH).for_each(|page| page.fill(0));
        Self { store: Store::Map(map, start), len }
    }

    fn lines(len: usize, bytes: usize) -> Self {
        let lines = bytes.div_ceil(size_of::<Line>());
        Self { store: Store::Lines(vec![Line([0; 64]); lines]), len }
    }
}

impl<T: Zeroed> Deref for Buffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match &self.store {
            Store::Given(values) => values,
            // SAFETY: the lines have room for `len` values, and their bytes were zeroed or are values written
            // through this buffer.
            Store::Lines(lines) => unsafe { std::slice::from_raw_parts(lines.as_ptr().cast(), self.len) },
            // SAFETY: the map has room for `len` values behind `start`, a multiple of 64 in a page; its
            // bytes were zeroed or are values written through this buffer.
            Store::Map(map, start) => unsafe {
                std::slice::from_raw_parts(map.as_ptr().add(*start).cast(), self.len)
            },
        }
    }
}

impl<T: Zeroed> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.store {
            Store::Given(values) => values,
            // SAFETY: as above; the lines are owned.
            Store::Lines(lines) => unsafe {
                std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), self.len)
            },
            // SAFETY: as above; the map is owned, so that nothing else refers to it.
            Store::Map(map, start) => unsafe {
                std::slice::from_raw_parts_mut(map.as_mut_ptr().add(*start).cast(), self.len)
            },
        }
    }
}

impl<T: Zeroed> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        let mut copy = Self::zeroed(self.len);
        let piece = TOUCH / size_of::<T>();
        copy.par_chunks_mut(piece)
            .zip(self.par_chunks(piece))
            .for_each(|(to, from)| to.copy_from_slice(from));
        copy
    }
}

/// What already has its place in memory stays where it is.
impl<T: Zeroed> From<Vec<T>> for Buffer<T> {
    fn from(values: Vec<T>) -> Self {
        let len = values.len();
        Self { store: Store::Given(values), len }
    }
}

impl<T: Zeroed + PartialEq> PartialEq for Buffer<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Zeroed + fmt::Debug> fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer of {} values", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_arrays_are_zero_and_keep_what_is_written() {
        for len in [0, 1, 1000, 700_001] {
            let mut buffer = Buffer::<f64>::zeroed(len);
            assert_eq!(buffer.len(), len);
            assert!(buffer.iter().all(|x| *x == 0.0));
            buffer.iter_mut().enumerate().for_each(|(i, x)| *x = i as f64);
            let copy = buffer.clone();
            assert!(copy.iter().enumerate().all(|(i, x)| *x == i as f64));
        }
    }
}
