//! Galerkin's coarse matrix Pᵀ A P: of all matrices on the coarser level the one whose correction makes the
//! error smallest in the norm of A (Trottenberg, Oosterlee, Schüller, *Multigrid*, 2001, §2.3.2 and app. A).
//!
//! (Pᵀ A P)_{J, J+δ} = Σ_o P_{o,J} Σ_s A_{o,s} P_{t,J+δ}, t = o + s − 2δ,
//!
//! o the offset of a fine place from coarse place J, s that of its neighbour, t that of the neighbour from
//! J + δ. The sums are those of box stencils again. They are taken for whole rows of coarse places, with the
//! list of all (δ, o, s, t) made beforehand.

use multiversion::multiversion;

use super::weights::{self, Weights};
use crate::classical::{
    operator::{Boxes, Couplings, Offset, later},
    real::Real,
};

/// One of the products: weight band `o` times fine entry `step` times weight band `t` of the place at `delta`.
#[derive(Debug, Clone, Copy)]
struct Term {
    o: usize,
    /// The number of the neighbour in the list of those around.
    step: usize,
    t: usize,
}

/// The terms of one coarse entry, by `o`.
struct Entry {
    delta: Offset,
    terms: Vec<Term>,
}

/// Pᵀ A P.
pub(super) fn product<T: Real, C: Couplings<T>>(fine: &C, weights: &Weights<T>) -> Boxes<T> {
    let layout = weights.layout().clone();
    let around = weights::offsets(|axis| !layout.is_absent(axis));
    let entries: Vec<Entry> = std::iter::once(&[0; 3])
        .chain(later(layout.dimension))
        .map(|delta| Entry { delta: *delta, terms: terms(weights, &around, *delta) })
        .collect();
    Boxes::new(layout, |place, diagonal, couplings| {
        let rows = FineRows::new(fine, weights, &around, place);
        add_entries(&rows, weights, &entries, place, diagonal, couplings);
    })
}

/// Flops of [`product`] and of making its weights: two a term and place, and two more to weigh the sum over a fine place; to
/// make a weight, four a coupling and a division.
pub(super) fn flops<T: Real, C: Couplings<T>>(fine: &C, weights: &Weights<T>) -> f64 {
    let layout = weights.layout();
    let around = weights::offsets(|axis| !layout.is_absent(axis));
    let place = [0, 1].map(|axis| {
        let places = layout.places(axis);
        let middle = places.start + places.len() / 2;
        weights.axes[axis].child(middle, 0).unwrap_or(places.start)
    });
    let is_there = |step: usize| step == 0 || fine.coupling(place, around[step]).is_some();
    let entries = std::iter::once(&[0; 3]).chain(later(layout.dimension));
    let products = entries.map(|delta| {
        let mut terms = terms(weights, &around, *delta);
        terms.retain(|term| is_there(term.step));
        2 * terms.len() + 2 * terms.chunk_by(|a, b| a.o == b.o).count()
    });
    let couplings = (1..around.len()).filter(|step| is_there(*step)).count();
    let making = (weights.offsets.len() - 1) * (4 * couplings + 1);
    ((products.sum::<usize>() + making) * layout.count()) as f64
}

/// All entries of a row of coarse places.
#[multiversion(targets = "simd")]
fn add_entries<T: Real>(
    rows: &FineRows<'_, T>,
    weights: &Weights<T>,
    entries: &[Entry],
    place: [usize; 2],
    diagonal: &mut [T],
    couplings: &mut [T],
) {
    let columns = diagonal.len();
    let mut sums = vec![T::default(); columns];
    rows.entry(weights, &entries[0], place, &mut sums, diagonal);
    for (entry, out) in entries[1..].iter().zip(couplings.chunks_exact_mut(columns)) {
        rows.entry(weights, entry, place, &mut sums, out);
        out.iter_mut().for_each(|value| *value = -*value);
    }
}

fn terms<T: Real>(weights: &Weights<T>, around: &[Offset], delta: Offset) -> Vec<Term> {
    let mut terms = Vec::new();
    for (o, offset) in weights.offsets.iter().enumerate() {
        for (step, s) in around.iter().enumerate() {
            let t: Offset = std::array::from_fn(|axis| {
                let stride = if weights.axes[axis].coarsened { 2 } else { 1 };
                offset[axis] + s[axis] - stride * delta[axis]
            });
            if let Some(t) = weights.slot(t) {
                terms.push(Term { o, step, t });
            }
        }
    }
    terms
}

/// The entries of the fine rows around a row of coarse places.
struct FineRows<'f, T> {
    /// For every offset: the diagonal first, then the others with their sign changed.
    rows: Vec<Vec<Option<&'f [T]>>>,
}

impl<'f, T: Real> FineRows<'f, T> {
    fn new<C: Couplings<T>>(fine: &'f C, weights: &Weights<T>, around: &[Offset], place: [usize; 2]) -> Self {
        let row = |offset: &Offset| {
            let [plane, row] = [0, 1].map(|axis| weights.axes[axis].child(place[axis], offset[axis]));
            let place = [plane?, row?];
            let couplings = around[1..].iter().map(|step| fine.coupling(place, *step));
            Some(std::iter::once(Some(fine.diagonal(place))).chain(couplings).collect())
        };
        Self { rows: weights.offsets.iter().map(|offset| row(offset).unwrap_or_default()).collect() }
    }

    /// Adds up `entry` for a row of coarse places; `sums` is scratch.
    #[inline(always)]
    fn entry(&self, weights: &Weights<T>, entry: &Entry, place: [usize; 2], sums: &mut [T], out: &mut [T]) {
        let at = |axis: usize| place[axis].wrapping_add_signed(entry.delta[axis].into());
        let other = [at(0), at(1)];
        let shift = entry.delta[2];
        for terms in entry.terms.chunk_by(|a, b| a.o == b.o) {
            let o = terms[0].o;
            let row = &self.rows[o];
            if row.is_empty() {
                continue;
            }
            let weight = weights.row(o, place);
            let runs = weights.axes[2].runs(weights.offsets[o][2]);
            for run in runs.iter().filter(|run| run.count > 0) {
                let sums = &mut sums[..run.count];
                sums.fill(T::default());
                for Term { step, t, .. } in terms {
                    let Some(entries) = row[*step] else { continue };
                    let w = &weights.row(*t, other)[run.j.wrapping_add_signed(shift.into())..][..run.count];
                    if *step == 0 {
                        add(sums, &entries[run.i..], run.step, w, |sum, term| sum + term);
                    } else {
                        add(sums, &entries[run.i..], run.step, w, |sum, term| sum - term);
                    }
                }
                let out = out[run.j..][..run.count].iter_mut().zip(&weight[run.j..]);
                out.zip(sums.iter()).for_each(|((out, weight), sum)| *out += *weight * *sum);
            }
        }
    }
}

/// sums ← combine(sums, entries·weights), every `step`-th entry.
#[inline(always)]
fn add<T: Real>(sums: &mut [T], entries: &[T], step: usize, weights: &[T], combine: impl Fn(T, T) -> T) {
    if step == 2 {
        for (k, (sum, weight)) in sums.iter_mut().zip(weights).enumerate() {
            *sum = combine(*sum, entries[2 * k] * *weight);
        }
    } else {
        for ((sum, weight), entry) in sums.iter_mut().zip(weights).zip(entries) {
            *sum = combine(*sum, *entry * *weight);
        }
    }
}
