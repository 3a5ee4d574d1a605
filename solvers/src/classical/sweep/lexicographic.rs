//! Lexicographic Gauss–Seidel and SOR: row by row, every row from its first unknown to its last, or all of
//! it backwards.
//!
//! A sweep is u ← u + δ with (D/ω − L)δ = f − Au, where −L holds the coefficients towards unknowns visited
//! before. First ωD⁻¹(f − Au) for all unknowns, which is a sweep of ω-Jacobi: vectors, on all threads. Then
//! the substitution δ_p ← δ_p + (ω/a_p) Σ c δ over the neighbours visited before p, which is a recurrence
//! along every row. Four rows go on side by side, each one place behind the row before it, so that four
//! steps of the recurrence are under way at a time instead of one.

use multiversion::multiversion;

use super::pass::{self, Formula};
use crate::{
    classical::{
        layout::{End, Layout},
        operator::{Operator, Row, Rows},
        real::Real,
    },
    memory::Buffer,
};

/// Which way unknowns are visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the first to the last.
    Forward,
    /// From the last to the first: the adjoint of the other.
    Backward,
}

/// Rows side by side.
const ROWS: usize = 4;

/// Coefficients of the rows under way.
#[derive(Debug)]
pub(crate) struct Scratch<T: Real> {
    along: Buffer<T>,
    across: Buffer<T>,
}

impl<T: Real> Scratch<T> {
    pub fn new(layout: &Layout) -> Self {
        let values = ROWS * layout.extent(2);
        Self { along: Buffer::zeroed(values), across: Buffer::zeroed(values) }
    }
}

/// One sweep over Au = f from `u` to `next`, which carries the same boundary values.
pub(crate) fn sweep<T: Real>(
    operator: &Operator<T>,
    direction: Direction,
    omega: T,
    u: &[T],
    f: &[T],
    next: &mut [T],
    scratch: &mut Scratch<T>,
) {
    pass::apply(operator, Formula::Relax(omega), u, f, next);
    match direction {
        Direction::Forward => substitute::<T, false>(operator, omega, u, next, scratch),
        Direction::Backward => substitute::<T, true>(operator, omega, u, next, scratch),
    }
}

/// An axis as it is visited: `BACK` from its last place to its first.
struct Way<'l, const BACK: bool> {
    layout: &'l Layout,
    axis: usize,
}

impl<const BACK: bool> Way<'_, BACK> {
    fn places(&self) -> usize {
        self.layout.unknowns[self.axis]
    }

    /// The place visited `turn`-th, from 1.
    #[inline(always)]
    fn place(&self, turn: usize) -> usize {
        match () {
            () if self.layout.is_absent(self.axis) => 0,
            () if BACK => self.places() + 1 - turn,
            () => turn,
        }
    }

    /// The end that is reached last.
    fn end(&self) -> End {
        self.layout.ends[self.axis][usize::from(!BACK)]
    }

    /// Turns before `turn` that are neighbours of it, each with the sides it is on (lower, upper).
    fn visited(&self, turn: usize) -> [Option<(usize, [bool; 2])>; 2] {
        let before = [!BACK, BACK];
        if self.layout.is_absent(self.axis) || turn == 1 {
            return [None, None];
        }
        match self.end() {
            // Both neighbours of the last one are the one before it.
            End::Mirror if turn == self.places() => [Some((turn - 1, [true; 2])), None],
            End::Wrap if turn == self.places() => {
                [Some((turn - 1, before)), Some((1, before.map(|side| !side)))]
            }
            _ => [Some((turn - 1, before)), None],
        }
    }
}

fn substitute<T: Real, const BACK: bool>(
    operator: &Operator<T>,
    omega: T,
    old: &[T],
    new: &mut [T],
    scratch: &mut Scratch<T>,
) {
    let layout = operator.layout();
    let columns = layout.extent(2);
    let way = |axis| Way::<'_, BACK> { layout, axis };
    let (planes, rows) = (way(0), way(1));
    let start = |plane: usize, row: usize| plane * layout.stride(0) + row * layout.stride(1);
    // Across the seam of a periodic axis the last row follows the first, which has to be through.
    let seam = usize::from(rows.end() == End::Wrap && rows.places() > 1);
    for plane_turn in 1..=planes.places() {
        let plane = planes.place(plane_turn);
        let mut turn = 1;
        while turn <= rows.places() {
            let regular = rows.places() - seam;
            let together = if turn + ROWS <= regular + 1 { ROWS } else { 1 };
            for k in 0..together {
                let row = rows.place(turn + k);
                let here = start(plane, row);
                // Rows that are through: those of planes before, and before the rows under way.
                let of_planes = planes
                    .visited(plane_turn)
                    .map(|link| link.map(|(t, s)| (start(planes.place(t), row), 0, s)));
                let of_rows = rows.visited(turn + k).map(|link| {
                    let through = |t: usize| t < turn;
                    link.filter(|(t, _)| through(*t)).map(|(t, s)| (start(plane, rows.place(t)), 1, s))
                });
                let link = &mut scratch.across[k * columns..][..columns];
                for (there, axis, sides) in of_planes.into_iter().chain(of_rows).flatten() {
                    couplings(operator, omega, [plane, row], axis, sides, link);
                    add_product(layout, link, &old[there..][..columns], here, there, new);
                }
                if k > 0 {
                    let [before, _] = rows.visited(turn + k);
                    let sides = before.map_or([false; 2], |(_, sides)| sides);
                    couplings(operator, omega, [plane, row], 1, sides, link);
                }
                let along = &mut scratch.along[k * columns..][..columns];
                couplings(operator, omega, [plane, row], 2, [!BACK, BACK], along);
            }
            let seams = std::array::from_fn(|k| {
                let columns = way(2);
                let places =
                    [plane, rows.place((turn + k).min(rows.places())), columns.place(columns.places())];
                match columns.end() {
                    End::Held => T::default(),
                    _ => omega * coupling(operator, places, 2, [BACK, !BACK]),
                }
            });
            let first = start(plane, rows.place(turn)).min(start(plane, rows.place(turn + together - 1)));
            let under_way = &mut new[first..first + together * columns];
            let old = &old[first..first + together * columns];
            let Scratch { along, across } = &*scratch;
            if together == ROWS {
                recurrences::<T, ROWS, BACK>(layout, under_way, old, along, across, seams);
            } else {
                recurrences::<T, 1, BACK>(layout, under_way, old, along, across, [seams[0]]);
            }
            under_way.chunks_exact_mut(columns).for_each(|row| layout.seal(row));
            turn += together;
        }
    }
}

/// new[here..] += link · (new − old)[there..], over the unknowns of a row.
#[multiversion(targets = "simd")]
fn add_product<T: Real>(layout: &Layout, link: &[T], old: &[T], here: usize, there: usize, new: &mut [T]) {
    let columns = layout.extent(2);
    let (low, high) = new.split_at_mut(here.max(there));
    let (target, through) = if here > there {
        (&mut high[..columns], &low[there..][..columns])
    } else {
        (&mut low[here..][..columns], &high[..columns])
    };
    for (((target, link), through), old) in target.iter_mut().zip(link).zip(through).zip(old) {
        *target += *link * (*through - *old);
    }
}

/// The recurrences of R rows that lie one behind another in memory. `along` and `across` hold the couplings
/// with the place before in the row and with the row visited before; `seams` the coupling of the last place
/// with what lies beyond it.
#[multiversion(targets = "simd")]
fn recurrences<T: Real, const R: usize, const BACK: bool>(
    layout: &Layout,
    new: &mut [T],
    old: &[T],
    along: &[T],
    across: &[T],
    seams: [T; R],
) {
    let (m, columns) = (layout.unknowns[2], layout.extent(2));
    let end = layout.ends[2][usize::from(!BACK)];
    // Rows in the order of their turns.
    let row = |k: usize| if BACK { R - 1 - k } else { k };
    let mut rows = new.chunks_exact_mut(columns);
    let mut new: [&mut [T]; R] = std::array::from_fn(|_| rows.next().unwrap_or_default());
    if BACK {
        new.reverse();
    }
    let old: [&[T]; R] = std::array::from_fn(|k| &old[row(k) * columns..][..columns]);
    let along: [&[T]; R] = std::array::from_fn(|k| &along[k * columns..][..columns]);
    let across: [&[T]; R] = std::array::from_fn(|k| &across[k * columns..][..columns]);
    let place = |turn: usize| if BACK { m + 1 - turn } else { turn };
    let mut delta = [T::default(); R];
    let mut first = [T::default(); R];
    let step = |k: usize, turn: usize, delta: &mut [T; R], new: &mut [&mut [T]; R], seam: T| {
        let p = place(turn);
        let mut change = new[k][p] - old[k][p] + seam;
        if k > 0 {
            change += across[k][p] * delta[k - 1];
        }
        change += along[k][p] * delta[k];
        delta[k] = change;
        new[k][p] = old[k][p] + change;
    };
    // All but the last place of every row: row k is k places behind row 0. Its change is computed before
    // that of row k − 1 moves on.
    let last = m - 1;
    for turn in 1..last + R {
        if turn >= R && turn <= last {
            for k in (0..R).rev() {
                step(k, turn - k, &mut delta, &mut new, T::default());
            }
        } else {
            for k in (0..R).rev() {
                if (1..=last).contains(&turn.wrapping_sub(k)) {
                    step(k, turn - k, &mut delta, &mut new, T::default());
                }
            }
        }
        if turn <= R
            && let Some(k) = turn.checked_sub(1)
            && last > 0
        {
            first[k] = delta[k];
        }
    }
    for k in 0..R {
        let seam = match end {
            End::Held => T::default(),
            End::Mirror => seams[k] * delta[k],
            End::Wrap => seams[k] * first[k],
        };
        step(k, m, &mut delta, &mut new, seam);
    }
}

/// ω/a times the coefficients towards the neighbours on `sides` (lower, upper) of `axis`, for all unknowns
/// of a row.
#[multiversion(targets = "simd")]
fn couplings<T: Real>(
    operator: &Operator<T>,
    omega: T,
    [plane, row]: [usize; 2],
    axis: usize,
    sides: [bool; 2],
    out: &mut [T],
) {
    let layout = operator.layout();
    let m = layout.unknowns[2];
    match operator {
        Operator::Constant(_) => {
            let at = |p: usize| omega * coupling(operator, [plane, row, p], axis, sides);
            out[1..m + 1].fill(at(2.min(m)));
            (out[1], out[m]) = (at(1), at(m));
        }
        Operator::Variable(variable) => {
            let start = plane * layout.stride(0) + row * layout.stride(1) + 1;
            let (faces, stride) = (&variable.faces[axis], layout.stride(axis));
            let (lower, upper) = (&faces[start - stride..][..m], &faces[start..][..m]);
            let (diagonal, out) = (&variable.diagonal[start..][..m], &mut out[1..m + 1]);
            match sides {
                [true, false] => (0..m).for_each(|i| out[i] = omega * lower[i] / diagonal[i]),
                [false, true] => (0..m).for_each(|i| out[i] = omega * upper[i] / diagonal[i]),
                _ => (0..m).for_each(|i| out[i] = omega * (lower[i] + upper[i]) / diagonal[i]),
            }
        }
        // Invariant: box stencils belong to coarse levels, which are not swept in this order.
        Operator::Boxes(_) => {}
    }
}

/// 1/a times the coefficients towards the neighbours on `sides` of `axis`, at one place.
fn coupling<T: Real>(operator: &Operator<T>, places: [usize; 3], axis: usize, sides: [bool; 2]) -> T {
    let layout = operator.layout();
    let (pair, diagonal) = match operator {
        Operator::Constant(constant) => (
            constant.axes[axis].at(places[axis], layout.unknowns[axis]),
            constant.row(places[0], places[1]).diagonal(places[2]),
        ),
        Operator::Variable(variable) => {
            let here = (0..3).map(|axis| places[axis] * layout.stride(axis)).sum::<usize>();
            let faces = &variable.faces[axis];
            ([faces[here - layout.stride(axis)], faces[here]], variable.diagonal[here])
        }
        Operator::Boxes(boxes) => ([T::default(); 2], boxes.row(places[0], places[1]).diagonal(places[2])),
    };
    let mut sum = T::default();
    for (c, side) in pair.into_iter().zip(sides) {
        if side {
            sum += c;
        }
    }
    sum / diagonal
}
