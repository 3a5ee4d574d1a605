//! Several ω-Jacobi sweeps in one pass over memory, where nobody looks at the sweeps in between.
//!
//! Within a tile, which is a slab or some rows of each of its layers, the sweeps follow each other as a wave: as
//! soon as a layer of sweep t − 1 and its neighbours are there, sweep t computes it, three layers of every sweep
//! are kept in cache, and only the last sweep is written out. A tile needs T − t layers and rows beyond its ends
//! after sweep t, and computes them for itself; T is small against its sides. Every value comes from the same
//! formula of the same values as in single sweeps, and has the same bits.
//!
//! Source: the trapezoids of time skewing, e.g. Frigo & Strumpen, *Cache oblivious stencil
//! computations*, ICS 2005; here with overlap instead of dependencies between tiles.

use std::ops::Range;

use multiversion::multiversion;

use super::{
    Layers, View,
    pass::{self, Formula},
    slabs::{Cut, Slabs},
};
use crate::{
    classical::{
        layout::{End, Layout},
        operator::{Operator, Row, Rows},
        real::Real,
    },
    memory::Buffer,
};

/// Bytes that the waves of one tile may take: the second-level cache of a core, and a little of the next.
/// (Few in tests, so that small systems have several tiles.)
const CACHE: usize = if cfg!(test) { 1 << 16 } else { 2 << 20 };
/// A tile has at least this many rows a sweep, the rows beyond its ends counted, so that those stay few.
const OVERLAP: usize = 6;
/// Layers of a sweep that are kept; with one of the right-hand side, what a tile takes for each sweep.
const KEPT: usize = 3;
/// More sweeps at once than this bring nothing: memory has stopped to matter, and the cache is full.
pub(crate) const MOST: usize = 8;

/// The memory of sweeps over one layout.
#[derive(Debug)]
pub(crate) struct Wavefront<T: Real> {
    shape: Shape,
    /// Values a slab.
    each: usize,
    kept: Buffer<T>,
}

/// How many sweeps are made at once, over what.
#[derive(Debug, Clone, Copy)]
struct Shape {
    slabs: Slabs,
    depth: usize,
    /// Rows of a tile.
    tile: usize,
}

impl Shape {
    fn of<T>(layout: &Layout) -> Self {
        let layers = Layers::of(layout);
        let slabs = Slabs::of(layers);
        let rows = layers.rows().len();
        // Rows that fit, for all sweeps together.
        let fitting = CACHE / ((KEPT + 1) * layout.extent(2) * size_of::<T>());
        // Rows next to each other cannot be cut apart where they close to a ring.
        let whole = layout.dimension < 3 || layout.ends[1][0] == End::Wrap;
        let depth = if whole { fitting / rows.max(1) } else { (fitting / OVERLAP).isqrt() };
        let depth = depth.min(slabs.height / 4).clamp(1, MOST);
        let tile = if whole { rows } else { (fitting / depth).saturating_sub(2 * depth).clamp(1, rows) };
        Self { slabs, depth, tile }
    }

    /// Rows that a sweep keeps of a layer.
    fn kept_rows(self, layout: &Layout) -> usize {
        (self.tile + 2 * self.depth).min(Layers::of(layout).stride() / layout.extent(2))
    }

    /// Values a slab.
    fn each(self, layout: &Layout) -> usize {
        (self.depth - 1) * KEPT * self.kept_rows(layout) * layout.extent(2)
    }
}

impl<T: Real> Wavefront<T> {
    pub fn new(layout: &Layout) -> Self {
        let shape = Shape::of::<T>(layout);
        let each = shape.each(layout);
        Self { shape, each, kept: Buffer::zeroed(shape.slabs.number() * each) }
    }

    /// Values of the memory for `layout`.
    pub fn total(layout: &Layout) -> usize {
        let shape = Shape::of::<T>(layout);
        shape.slabs.number() * shape.each(layout)
    }

    /// `sweeps` sweeps over Au = f. `next` is overwritten; its held values are those of u.
    pub fn sweep(
        &mut self,
        operator: &Operator<T>,
        omega: T,
        sweeps: u64,
        u: &mut Buffer<T>,
        f: &[T],
        next: &mut Buffer<T>,
    ) {
        let mut left = sweeps;
        while left > 0 {
            let depth = left.min(self.shape.depth as u64) as usize;
            match operator {
                _ if depth == 1 => pass::apply(operator, Formula::Relax(omega), u, f, next),
                Operator::Constant(rows) => self.waves(&Wave { rows, omega, depth, u, f }, next),
                Operator::Variable(rows) => self.waves(&Wave { rows, omega, depth, u, f }, next),
                Operator::Boxes(rows) => self.waves(&Wave { rows, omega, depth, u, f }, next),
            }
            std::mem::swap(u, next);
            left -= depth as u64;
        }
    }

    fn waves<R: Rows<T>>(&mut self, wave: &Wave<'_, T, R>, next: &mut [T]) {
        let Shape { slabs, tile, .. } = self.shape;
        let layers = Layers::of(wave.rows.layout());
        let kept = Cut { values: &mut self.kept, each: self.each };
        let pieces = (slabs.cut(next, layers.stride()), kept);
        slabs.for_each(pieces, &|k, (out, kept)| {
            for start in layers.rows().step_by(tile) {
                let rows = start..(start + tile).min(layers.rows().end);
                through(wave, slabs.places(k), rows, out.values, kept.values);
            }
        });
    }
}

/// Sweeps over one array at once.
struct Wave<'a, T, R> {
    rows: &'a R,
    omega: T,
    depth: usize,
    u: &'a [T],
    f: &'a [T],
}

/// Layers are numbered on beyond the ends of a periodic axis.
#[derive(Clone, Copy)]
struct Numbered<'l> {
    layers: Layers<'l>,
    wraps: bool,
}

impl Numbered<'_> {
    /// The layer of number `v`.
    #[inline(always)]
    fn place(self, v: isize) -> usize {
        if self.wraps {
            let m = self.layers.places().len() as isize;
            (v - 1).rem_euclid(m) as usize + 1
        } else {
            v as usize
        }
    }

    /// The numbers of the layers that `v` reads.
    #[inline(always)]
    fn neighbours(self, v: isize) -> [isize; 2] {
        if self.wraps { [v - 1, v + 1] } else { self.layers.neighbours(v as usize).map(|l| l as isize) }
    }

    /// Whether the layer of number `v` changes.
    #[inline(always)]
    fn moves(self, v: isize) -> bool {
        self.wraps || self.layers.places().contains(&(v as usize))
    }

    /// The layers of a slab with `more` beyond its ends.
    fn widened(self, slab: &Range<usize>, more: usize) -> Range<isize> {
        let (start, end, more) = (slab.start as isize, slab.end as isize, more as isize);
        let places = self.layers.places();
        if self.wraps {
            start - more..end + more
        } else {
            (start - more).max(places.start as isize)..(end + more).min(places.end as isize)
        }
    }
}

/// All sweeps through a tile: the rows `tile` of the layers `slab`.
#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx+avx2+bmi1+bmi2+lzcnt",
    "x86_64+avx+avx2+bmi1+bmi2+lzcnt"
))]
fn through<T: Real, R: Rows<T>>(
    wave: &Wave<'_, T, R>,
    slab: Range<usize>,
    tile: Range<usize>,
    out: &mut [T],
    kept: &mut [T],
) {
    let layout = wave.rows.layout();
    let layers = Layers::of(layout);
    let columns = layout.extent(2);
    let wraps = layers.axis().is_some_and(|axis| layout.ends[axis][0] == End::Wrap);
    let numbered = Numbered { layers, wraps };
    let first = numbered.widened(&slab, wave.depth - 1).start;
    let last = numbered.widened(&slab, wave.depth - 1).end;
    // The rows of layers that are kept, and values of them.
    let held = tile.start.saturating_sub(wave.depth)..(tile.end + wave.depth).min(layers.stride() / columns);
    let stride = held.len() * columns;
    let part = |layer: Range<usize>| layer.start * columns..layer.end * columns;
    // At front w sweep t is at layer w − t.
    for w in first + 1..last + wave.depth as isize {
        for t in 1..=wave.depth {
            let v = w - t as isize;
            let beyond = wave.depth - t;
            if !numbered.widened(&slab, beyond).contains(&v) {
                continue;
            }
            let l = numbered.place(v);
            // Sweep t reads the layers that sweep t − 1 keeps and writes to those of its own.
            let (read, write) = kept.split_at_mut((t - 1) * KEPT * stride);
            let old = &read[t.saturating_sub(2) * KEPT * stride..];
            let slot = |v: isize| v.rem_euclid(KEPT as isize) as usize * stride;
            let at = |v: isize| {
                if t == 1 || !numbered.moves(v) {
                    &layers.of_array(wave.u, numbered.place(v))[part(held.clone())]
                } else {
                    &old[slot(v)..][..stride]
                }
            };
            let [below, above] = numbered.neighbours(v);
            let view = View { below: at(below), here: at(v), above: at(above), first: held.start };
            let places = layers.rows();
            let rows =
                tile.start.saturating_sub(beyond).max(places.start)..(tile.end + beyond).min(places.end);
            if t == wave.depth {
                wave.layer(l, rows, view, &mut out[(l - slab.start) * layers.stride()..][part(tile.clone())]);
            } else {
                let new = &mut write[slot(v)..][..stride];
                keep_given(layout, &layers.of_array(wave.u, l)[part(held.clone())], held.clone(), new);
                let inside = rows.start - held.start..rows.end - held.start;
                wave.layer(l, rows, view, &mut new[part(inside)]);
            }
        }
    }
}

/// Copies what a sweep does not write of the rows `held` of a layer: rows and ends of rows that are given.
#[inline(always)]
fn keep_given<T: Real>(layout: &Layout, from: &[T], held: Range<usize>, to: &mut [T]) {
    let columns = layout.extent(2);
    for (from, to) in from.chunks_exact(columns).zip(to.chunks_exact_mut(columns)) {
        (to[0], to[columns - 1]) = (from[0], from[columns - 1]);
    }
    if layout.dimension == 3 {
        if held.start == 0 {
            to[..columns].copy_from_slice(&from[..columns]);
        }
        if held.end == layout.extent(1) {
            let last = to.len() - columns;
            to[last..].copy_from_slice(&from[last..]);
        }
    }
}

impl<T: Real, R: Rows<T>> Wave<'_, T, R> {
    /// The rows `rows` of one layer of a sweep; `out` has those alone.
    #[inline(always)]
    fn layer(&self, l: usize, rows: Range<usize>, view: View<'_, T>, out: &mut [T]) {
        let layout = self.rows.layout();
        let layers = Layers::of(layout);
        let columns = layout.extent(2);
        let f = layers.of_array(self.f, l);
        for (j, out) in rows.zip(out.chunks_exact_mut(columns)) {
            let [plane, row] = layers.place(l, j);
            let f = &f[j * columns..][..columns];
            let (here, across) = (view.row(layout, j), view.across(layout, j));
            self.rows.row(plane, row).relax(self.omega, here, &across, f, out);
            layout.seal(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classical::operator::tests::{loaded, noise, systems};

    #[test]
    fn several_sweeps_at_once_have_the_bits_of_single_ones() {
        let (mut deepest, mut tiled) = (0, 0);
        for (name, discrete) in systems(&[8, 30]) {
            let operator = Operator::<f64>::of(&discrete);
            let f = operator.load_source(&discrete);
            let start = loaded(&discrete, &operator, &noise(&discrete));
            let (mut single, mut next) = (start.clone(), start.clone());
            for _ in 0..9 {
                pass::apply(&operator, Formula::Relax(0.8), &single, &f, &mut next);
                std::mem::swap(&mut single, &mut next);
            }
            for threads in [1, 2, 3, 8] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| {
                    let (mut u, mut next) = (start.clone(), start.clone());
                    let mut wavefront = Wavefront::new(operator.layout());
                    let Shape { depth, tile, .. } = wavefront.shape;
                    deepest = deepest.max(depth);
                    let is_cut = depth > 1 && tile < Layers::of(operator.layout()).rows().len();
                    tiled += usize::from(is_cut);
                    wavefront.sweep(&operator, 0.8, 9, &mut u, &f, &mut next);
                    let differ =
                        u.iter().zip(single.iter()).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
                    assert!(differ == 0, "{name} on {threads} threads: {differ} values differ");
                });
            }
        }
        assert!(deepest > 2 && tiled > 2, "{deepest} sweeps at once, {tiled} systems in tiles");
    }
}
