//! Memory bandwidth: the triad a ← b + s·c over arrays much larger than any cache (McCalpin, *STREAM*,
//! 1995), and a sum that only reads.
//!
//! Bytes are counted as STREAM counts them: 24 an element of the triad, 8 of the sum.

use std::hint::black_box;

use rayon::{ThreadPool, prelude::*};
use serde::Serialize;

use super::{
    stores::Stores,
    timing::{Spread, repetitions, seconds},
};
use crate::machine::{Machine, free_memory};

/// Bandwidth of one loop.
#[derive(Debug, Clone, Serialize)]
pub struct Bandwidth {
    /// `triad` or `read`.
    pub kernel: &'static str,
    /// `plain` or `non-temporal`; none where nothing is stored.
    pub stores: Option<&'static str>,
    /// Threads.
    pub threads: usize,
    /// Bytes of one array.
    pub array_bytes: u64,
    /// GB/s of the fastest repetition.
    pub best: f64,
    /// GB/s of the median.
    pub median: f64,
}

/// Elements that a thread takes at a time: a megabyte, far more than handing it over costs.
const PIECE: usize = 1 << 17;
/// Bytes of an array: at least this, at least four times the largest cache, at most a share of what is free.
const LEAST_BYTES: u64 = 256 << 20;
const CACHES: u64 = 4;
const SHARE_OF_FREE: u64 = 6;
const QUICK_BYTES: u64 = 4 << 20;

/// On one thread and on all.
pub(super) fn measure(machine: &Machine, quick: bool, single: &ThreadPool) -> Vec<Bandwidth> {
    let caches = CACHES * machine.cache_bytes.unwrap_or(0);
    let wanted = if quick { QUICK_BYTES } else { LEAST_BYTES.max(caches) };
    let bytes = wanted.min((free_memory() / SHARE_OF_FREE).max(QUICK_BYTES));
    let len = (bytes / 8) as usize;
    let mut arrays = Arrays { a: array(len, 0.0), b: array(len, 1.0), c: array(len, 2.0) };
    let mut rows = single.install(|| arrays.measure(quick));
    if machine.threads > 1 {
        rows.extend(arrays.measure(quick));
    }
    rows
}

/// An array of this measurement, filled by the threads that will go through it.
fn array(len: usize, value: f64) -> Vec<f64> {
    let mut array = vec![0.0; len];
    array.par_chunks_mut(PIECE).for_each(|piece| piece.fill(value));
    array
}

struct Arrays {
    a: Vec<f64>,
    b: Vec<f64>,
    c: Vec<f64>,
}

impl Arrays {
    /// With the threads of the pool this runs in.
    fn measure(&mut self, quick: bool) -> Vec<Bandwidth> {
        let len = self.a.len();
        let row = |kernel, stores: Option<Stores>, bytes: usize, spread: Spread| Bandwidth {
            kernel,
            stores: stores.map(Stores::name),
            threads: rayon::current_num_threads(),
            array_bytes: 8 * len as u64,
            best: (bytes * len) as f64 / spread.min / 1e9,
            median: (bytes * len) as f64 / spread.median / 1e9,
        };
        let mut rows = Vec::new();
        for &stores in Stores::available() {
            rows.push(row("triad", Some(stores), 24, repeated(quick, || self.triad(stores))));
        }
        rows.push(row("read", None, 8, repeated(quick, || black_box(sum(&self.b)) == 0.0)));
        rows
    }

    fn triad(&mut self, stores: Stores) -> bool {
        let s = black_box(3.0);
        let pieces = self.a.par_chunks_mut(PIECE).zip(self.b.par_chunks(PIECE).zip(self.c.par_chunks(PIECE)));
        pieces.for_each(|(a, (b, c))| stores.triad(a, b, c, s));
        black_box(self.a[0]) == 0.0
    }
}

/// Times of `job` after one that does not count.
fn repeated(quick: bool, mut job: impl FnMut() -> bool) -> Spread {
    let mut once = || {
        seconds(|| {
            black_box(job());
        })
    };
    let first = once();
    Spread::of((0..repetitions(first, quick)).map(|_| once()).collect())
}

/// Σ b, in as many sums as keep a processor's adders busy.
fn sum(b: &[f64]) -> f64 {
    const LANES: usize = 32;
    b.par_chunks(PIECE)
        .map(|piece| {
            let mut sums = [0.0; LANES];
            for values in piece.chunks_exact(LANES) {
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += value;
                }
            }
            sums.iter().sum::<f64>()
        })
        .sum()
}
