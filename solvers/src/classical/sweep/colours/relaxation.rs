//! One colour of a layer or of a row, relaxed in place. Compiled once for each kind of rows and not once more for whatever
//! comes before and after a sweep.

use std::cmp::Ordering;

use multiversion::multiversion;

use crate::classical::{
    layout::Layout,
    operator::{Colour, Row, Rows},
    real::Real,
    sweep::{Across, Layers},
};

/// How unknowns are relaxed: by Gauss–Seidel, over-relaxed by ω if there is one.
pub(super) struct Relaxation<'s, T, R> {
    pub rows: &'s R,
    pub omega: Option<T>,
    pub f: &'s [T],
}

/// Relaxes the unknowns of one colour in layer `l`. Meanwhile asks for what comes next: `ahead`. Two rows of scratch.
#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx+avx2+bmi1+bmi2+lzcnt",
    "x86_64+avx+avx2+bmi1+bmi2+lzcnt"
))]
pub(super) fn layer<T: Real, R: Rows<T>>(
    relaxation: &Relaxation<'_, T, R>,
    l: usize,
    colour: usize,
    here: &mut [T],
    [below, above]: [&[T]; 2],
    [new, copy]: [&mut [T]; 2],
    ahead: [&[T]; 2],
) {
    let layout = relaxation.rows.layout();
    let columns = layout.extent(2);
    for j in Layers::of(layout).rows() {
        let beside = [below, above].map(|layer| move |j: usize| &layer[j * columns..][..columns]);
        let ahead = ahead.map(|rows| rows.get(j * columns..).unwrap_or_default());
        relaxation.row([l, j], colour, here, beside, [&mut *new, &mut *copy], ahead);
    }
}

/// Relaxes the unknowns of one colour in row `j` of layer `l` between two rows of the layers next to it: not for matrices
/// that couple more of these. Two rows of scratch.
#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx+avx2+bmi1+bmi2+lzcnt",
    "x86_64+avx+avx2+bmi1+bmi2+lzcnt"
))]
pub(super) fn row<T: Real, R: Rows<T>>(
    relaxation: &Relaxation<'_, T, R>,
    l: usize,
    j: usize,
    colour: usize,
    here: &mut [T],
    beside: [&[T]; 2],
    scratch: [&mut [T]; 2],
) {
    relaxation.row([l, j], colour, here, beside.map(|row| move |_| row), scratch, [&[]; 2]);
}

/// The first colour in layer `l` where u is zero: the layers next to it are not read, and held values are zero too. Three
/// rows of scratch.
pub(super) fn start_layer<T: Real, R: Rows<T>>(
    relaxation: &Relaxation<'_, T, R>,
    l: usize,
    colour: usize,
    here: &mut [T],
    [new, copy, zero]: [&mut [T]; 3],
) {
    here.fill(T::default());
    zero.fill(T::default());
    for j in Layers::of(relaxation.rows.layout()).rows() {
        row(relaxation, l, j, colour, here, [&*zero; 2], [&mut *new, &mut *copy]);
    }
}

impl<T: Real, R: Rows<T>> Relaxation<'_, T, R> {
    #[inline(always)]
    fn row<'h>(
        &self,
        [l, j]: [usize; 2],
        colour: usize,
        here: &'h mut [T],
        beside: [impl Fn(usize) -> &'h [T]; 2],
        [new, copy]: [&'h mut [T]; 2],
        ahead: [&[T]; 2],
    ) {
        let layout = self.rows.layout();
        let layers = Layers::of(layout);
        let columns = layout.extent(2);
        let [plane, number] = layers.place(l, j);
        let (row, others) = apart(layout, here, j, copy);
        let across = Across::of(layout, j, others, beside);
        let f = &layers.of_array(self.f, l)[j * columns..][..columns];
        let places = Colour { parity: (plane + number + colour) & 1, ahead };
        self.rows.row(plane, number).colour(self.omega, places, row, &across, f, new);
        layout.seal(row);
    }
}

/// Row `j` of a layer, to be written, and what reads the others. Where a periodic axis has one row alone, that row is
/// its own neighbour: a copy of it.
#[inline(always)]
fn apart<'h, T: Real>(
    layout: &Layout,
    layer: &'h mut [T],
    j: usize,
    copy: &'h mut [T],
) -> (&'h mut [T], impl Fn(usize) -> &'h [T]) {
    let columns = layout.extent(2);
    let (before, rest) = layer.split_at_mut(j * columns);
    let (row, after) = rest.split_at_mut(columns);
    if layout.dimension == 3 && layout.unknowns[1] == 1 {
        copy.copy_from_slice(row);
    }
    let (before, after, copy): (&[T], &[T], &[T]) = (before, after, copy);
    // A row is its own neighbour nowhere else.
    let others = move |n: usize| match n.cmp(&j) {
        Ordering::Less => &before[n * columns..][..columns],
        Ordering::Equal => copy,
        Ordering::Greater => &after[(n - j - 1) * columns..][..columns],
    };
    (row, others)
}
