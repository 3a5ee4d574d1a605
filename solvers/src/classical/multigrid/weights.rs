//! Interpolation made by the matrix itself, for coefficients that jump.
//!
//! Linear interpolation assumes that u is smooth; where ε jumps, ∇u jumps and ε∇u does not. A fine place
//! between coarse ones therefore takes the value that solves its own equation, with the stencil added up over
//! the directions in which it does not lie between (Dendy, *J. Comput. Phys.* 48 (1982) 366; Alcouffe,
//! Brandt, Dendy, Painter, *SIAM J. Sci. Stat. Comput.* 2 (1981) 430):
//!
//! e_q = Σ_t c̄_t e_{q+t} / ā,
//!
//! first places between two coarse ones, c₋e₋ + c₊e₊ over (c₋ + c₊)(1 + κ²/Σc), then those in the middle of four,
//! whose neighbours are known by then, then those of eight. Σc is the sum over all neighbours, those of directions that are
//! added up as well: κ² is shared out between the directions as the couplings are. All of it in one of them would hide a place
//! that is weakly coupled there and strongly across from the value it has in truth, that of its neighbours across (a region of
//! large ε beside one of large κ²). With constant coefficients and κ² = 0 this is linear interpolation.

use multiversion::multiversion;

use crate::classical::{
    layout::Layout,
    multigrid::transfer::{AxisTransfer, Transfer},
    operator::{Bands, Couplings, Offset},
    real::Real,
};

/// How fine places lie to coarse ones along an axis: coarse place j is fine place 2j − shift, or j.
#[derive(Debug, Clone, Copy)]
pub(super) struct Along {
    pub coarsened: bool,
    /// Fine and coarse.
    pub unknowns: [usize; 2],
    pub shift: usize,
    wraps: bool,
}

/// Coarse places from `j` on, and the fine unknowns that belong to them, from the `i`-th on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Run {
    pub j: usize,
    pub i: usize,
    pub step: usize,
    pub count: usize,
}

impl Along {
    fn new<T: Real>(axis: &AxisTransfer<T>) -> Self {
        let AxisTransfer { coarsened, unknowns, shift, wraps, .. } = *axis;
        Self { coarsened, unknowns, shift, wraps }
    }

    /// The fine place at `offset` from coarse place `j`, if there is one.
    pub fn child(&self, j: usize, offset: i8) -> Option<usize> {
        if !self.coarsened {
            return Some(j);
        }
        let p = (2 * j - self.shift).checked_add_signed(offset.into())?;
        match p {
            0 => self.wraps.then_some(self.unknowns[0]),
            p => (p <= self.unknowns[0]).then_some(p),
        }
    }

    /// The coarse places next to fine place `p`, each with the offset of p from it.
    pub fn parents(&self, p: usize) -> impl Iterator<Item = (usize, i8)> + use<> {
        let [_, last] = self.unknowns;
        let below = (p + self.shift) / 2;
        let pair = if !self.coarsened {
            [Some((p, 0)), None]
        } else if (p + self.shift).is_multiple_of(2) {
            [Some((below, 0)), None]
        } else {
            let above = if below < last { Some(below + 1) } else { self.wraps.then_some(1) };
            [(below > 0).then_some((below, 1)), above.map(|j| (j, -1))]
        };
        pair.into_iter().flatten()
    }

    /// The fine unknowns at `offset` from the coarse places.
    pub fn runs(&self, offset: i8) -> [Run; 2] {
        let [m, coarse] = self.unknowns;
        if !self.coarsened {
            return [Run { j: 1, i: 0, step: 1, count: m }, Run::default()];
        }
        // Place 0 is the last one of a periodic axis, if it is any.
        let seam = usize::from(2 + i64::from(offset) == self.shift as i64);
        let first = 1 + seam;
        let place = (2 * first - self.shift).wrapping_add_signed(offset.into());
        let count = ((m + 2 - place) / 2).min(coarse + 1 - first);
        let other = Run { j: 1, i: m - 1, step: 1, count: usize::from(seam == 1 && self.wraps) };
        [Run { j: first, i: place - 1, step: 2, count }, other]
    }
}

/// The number of an offset, of 27.
fn number(offset: Offset) -> usize {
    offset.iter().fold(0, |number, step| 3 * number + (step + 1) as usize)
}

/// All offsets with steps along those axes only for which `along` holds, the fewest steps first.
pub(super) fn offsets(along: impl Fn(usize) -> bool) -> Vec<Offset> {
    let mut offsets: Vec<Offset> = (0..27)
        .map(|n: i8| [n / 9 - 1, n / 3 % 3 - 1, n % 3 - 1])
        .filter(|offset| (0..3).all(|axis| offset[axis] == 0 || along(axis)))
        .collect();
    offsets.sort_by_key(|offset| offset.iter().filter(|step| **step != 0).count());
    offsets
}

/// P by columns: for every coarse place the weights with which the fine places around it take its value.
#[derive(Debug)]
pub(crate) struct Weights<T: Real> {
    pub(super) axes: [Along; 3],
    pub(super) offsets: Vec<Offset>,
    slots: [Option<usize>; 27],
    bands: Bands<T>,
}

impl<T: Real> Weights<T> {
    /// The interpolation that `fine` makes, from the places of `coarse`.
    pub fn new<C: Couplings<T>>(fine: &C, transfer: &Transfer<T>, coarse: &Layout) -> Self {
        let axes = transfer.axes.each_ref().map(Along::new);
        let offsets = offsets(|axis| axes[axis].coarsened);
        let mut slots = [None; 27];
        offsets.iter().enumerate().for_each(|(k, offset)| slots[number(*offset)] = Some(k));
        let around = self::offsets(|axis| !coarse.is_absent(axis));
        let mut bands = Bands::new(coarse.clone(), offsets.len());
        let columns = coarse.extent(2);
        bands.fill(|place, rows| {
            let mut sums = vec![T::default(); 2 * columns];
            for (k, offset) in offsets.iter().enumerate() {
                let (known, rest) = rows.split_at_mut(k * columns);
                let weights = &mut rest[..columns];
                if k == 0 {
                    weights[coarse.places(2)].fill(T::from_f64(1.0));
                    continue;
                }
                let [Some(plane), Some(row)] = [0, 1].map(|axis| axes[axis].child(place[axis], offset[axis]))
                else {
                    continue;
                };
                let runs = axes[2].runs(offset[2]);
                let known =
                    |offset: Offset| &known[slots[number(offset)].unwrap_or(0) * columns..][..columns];
                let between = Between { fine, place: [plane, row], offset: *offset, runs, around: &around };
                solve_row(&between, known, &mut sums, weights);
            }
        });
        Self { axes, offsets, slots, bands }
    }

    /// The layout of the coarse places.
    pub fn layout(&self) -> &Layout {
        self.bands.layout()
    }

    /// The band of the fine places at `offset`, if P reaches as far.
    pub(super) fn slot(&self, offset: Offset) -> Option<usize> {
        let near = offset.iter().all(|step| (-1..=1).contains(step));
        if near { self.slots[number(offset)] } else { None }
    }

    /// Band `slot` for a row of coarse places; 0 where there are none.
    #[inline(always)]
    pub(super) fn row(&self, slot: usize, place: [usize; 2]) -> &[T] {
        self.bands.row(slot, place)
    }

    /// Flops of restricting a residual, and of adding a correction: a product and an addition for every weight.
    pub fn flops(&self) -> [f64; 2] {
        [2.0 * (self.offsets.len() * self.layout().count()) as f64; 2]
    }

    /// Bytes of the weights from a level of `coarsened` axes.
    pub fn bytes(coarse: &Layout, coarsened: usize) -> u64 {
        Bands::<T>::bytes(coarse, 3usize.pow(coarsened as u32))
    }
}

/// Fine places that lie between coarse ones: a row of them.
struct Between<'a, C> {
    fine: &'a C,
    place: [usize; 2],
    /// Their offset from the coarse places.
    offset: Offset,
    runs: [Run; 2],
    around: &'a [Offset],
}

/// Their weights for a row of coarse places: `known` are those of the places that lie between in fewer
/// directions, `sums` is scratch.
#[multiversion(targets = "simd")]
fn solve_row<'k, T: Real, C: Couplings<T>>(
    between: &Between<'_, C>,
    known: impl Fn(Offset) -> &'k [T],
    sums: &mut [T],
    weights: &mut [T],
) {
    let Between { fine, place, offset, runs, around } = *between;
    let (across, totals) = sums.split_at_mut(weights.len());
    let fine_diagonal = fine.diagonal(place);
    for run in runs.iter().filter(|run| run.count > 0) {
        totals.fill(T::default());
        across.fill(T::default());
        for step in &around[1..] {
            let Some(c) = fine.coupling(place, *step) else { continue };
            let c = c[run.i..].iter().step_by(run.step);
            let between: Offset = std::array::from_fn(|axis| if offset[axis] == 0 { 0 } else { step[axis] });
            if between == [0; 3] {
                across[..run.count].iter_mut().zip(c).for_each(|(sum, c)| *sum += *c);
                continue;
            }
            totals[..run.count].iter_mut().zip(c.clone()).for_each(|(sum, c)| *sum += *c);
            // Towards the coarse place, where it is known what comes from it.
            if (0..3).all(|axis| between[axis] == 0 || between[axis] == -offset[axis]) {
                let known = known(std::array::from_fn(|axis| offset[axis] + between[axis]));
                let pairs = c.zip(&known[run.j..]);
                weights[run.j..][..run.count].iter_mut().zip(pairs).for_each(|(sum, (c, w))| *sum += *c * *w);
            }
        }
        let out = weights[run.j..][..run.count].iter_mut();
        let diagonals = fine_diagonal[run.i..].iter().step_by(run.step);
        for ((weight, diagonal), (across, total)) in out.zip(diagonals).zip(across.iter().zip(totals.iter()))
        {
            let all = *total + *across;
            // Rounding must not make more of a constant than there is.
            let scale =
                if *diagonal > all && all > T::default() { *total * (*diagonal / all) } else { *total };
            *weight = if scale > T::default() { *weight / scale } else { T::default() };
        }
    }
}
