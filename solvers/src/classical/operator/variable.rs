//! Variable coefficients: one coefficient a face, in arrays of the shape of the unknowns.
//!
//! Equations are multiplied by the volume of the unknown's cell in units of a whole cell, which makes the
//! matrix symmetric on every kind of side: on a Neumann side faces along the side and κ² count half, and no
//! coefficient leads out of the box.

use modewise_problems::{Coefficients, Condition, Discrete, Field};

use super::{Row, Rows, volume};
use crate::{
    classical::{
        layout::{End, Layout},
        real::Real,
    },
    memory::Buffer,
};

/// A matrix of variable coefficients.
#[derive(Debug, Clone)]
pub(crate) struct Variable<T: Real> {
    layout: Layout,
    /// Along planes, rows and columns: the coefficient of the face between a place and the next, from the
    /// layer below the first unknown on; empty along absent axes.
    pub faces: [Buffer<T>; 3],
    /// The diagonal: the coefficients of all faces of the cell, and κ² times its volume.
    pub diagonal: Buffer<T>,
}

impl<T: Real> Variable<T> {
    /// The matrix of `discrete`, whose coefficients may be constant too.
    pub fn of(discrete: &Discrete) -> Self {
        let layout = Layout::of(discrete);
        let (grid, absent) = (discrete.grid(), 3 - layout.dimension);
        let mut faces: [Buffer<T>; 3] = std::array::from_fn(|_| Buffer::zeroed(0));
        for axis in absent..3 {
            let mut out = Buffer::zeroed(layout.len());
            let at = axis - absent;
            let (stride, cells) = (grid.stride(at), grid.axes()[at].cells);
            for_places(&layout, |places, index| {
                // The face above this place lies between its node and the next.
                let node = node(discrete, &layout, places);
                let coefficient = match discrete.coefficients() {
                    Coefficients::Constant { axes, .. } => axes[at],
                    Coefficients::Variable { faces, .. } => faces[at][node],
                };
                let others: f64 = (absent..3)
                    .filter(|&other| other != axis)
                    .map(|other| volume(&layout, other, places[other]))
                    .product();
                let i = node / stride % (cells + 1);
                let leads_out = i == cells && discrete.sides()[at][1] == Condition::Neumann;
                out[index] = T::from_f64(if leads_out { 0.0 } else { coefficient * others });
            });
            // The face below the first unknown: towards a held layer, or the last face of a periodic axis.
            let place = layout.stride(axis);
            for_places(&layout, |places, index| {
                if places[axis] != 1 {
                    return;
                }
                let first = node(discrete, &layout, places);
                let others: f64 = (absent..3)
                    .filter(|&other| other != axis)
                    .map(|other| volume(&layout, other, places[other]))
                    .product();
                let coefficient = match (layout.ends[axis][0], discrete.coefficients()) {
                    (End::Mirror, _) => 0.0,
                    (_, Coefficients::Constant { axes, .. }) => axes[at],
                    (End::Held, Coefficients::Variable { faces, .. }) => faces[at][first - stride],
                    (End::Wrap, Coefficients::Variable { faces, .. }) => {
                        faces[at][first + (cells - 1) * stride]
                    }
                };
                out[index - place] = T::from_f64(coefficient * others);
            });
            faces[axis] = out;
        }
        let mut screening = Buffer::zeroed(layout.len());
        match discrete.coefficients() {
            Coefficients::Constant { screening: k, .. } => screening.fill(T::from_f64(*k)),
            Coefficients::Variable { screening: k, .. } if !k.is_empty() => {
                // Invariant: one value a node.
                let field = Field::from_values(grid, k.clone()).expect("as many values as nodes");
                layout.load(grid, field.values(), &mut screening);
            }
            Coefficients::Variable { .. } => {}
        }
        super::scale_by_volumes(&layout, &mut screening);
        Self::new(layout, faces, screening)
    }

    /// A matrix from its faces and κ² times volumes.
    pub fn new(layout: Layout, faces: [Buffer<T>; 3], mut screening: Buffer<T>) -> Self {
        for_places(&layout, |_, index| {
            let mut sum = screening[index];
            for axis in 3 - layout.dimension..3 {
                sum += faces[axis][index] + faces[axis][index - layout.stride(axis)];
            }
            screening[index] = sum;
        });
        Self { layout, faces, diagonal: screening }
    }
}

impl Variable<f64> {
    /// The same in single precision.
    pub fn to_single(&self) -> Variable<f32> {
        let single = |values: &Buffer<f64>| {
            let mut out = Buffer::zeroed(values.len());
            out.iter_mut().zip(values.iter()).for_each(|(to, from)| *to = *from as f32);
            out
        };
        Variable {
            layout: self.layout.clone(),
            faces: self.faces.each_ref().map(single),
            diagonal: single(&self.diagonal),
        }
    }
}

/// The node of `discrete` at `places`.
fn node(discrete: &Discrete, layout: &Layout, places: [usize; 3]) -> usize {
    let absent = 3 - layout.dimension;
    (absent..3)
        .map(|axis| {
            let first = discrete.unknowns_along(axis - absent).start;
            (places[axis] - 1 + first) * discrete.grid().stride(axis - absent)
        })
        .sum()
}

/// Calls `visit(places, index)` for every unknown.
fn for_places(layout: &Layout, mut visit: impl FnMut([usize; 3], usize)) {
    for plane in layout.places(0) {
        for row in layout.places(1) {
            for column in layout.places(2) {
                let places = [plane, row, column];
                visit(places, plane * layout.stride(0) + row * layout.stride(1) + column);
            }
        }
    }
}

impl<T: Real> Rows<T> for Variable<T> {
    type Row<'a> = VariableRow<'a, T>;

    fn layout(&self) -> &Layout {
        &self.layout
    }

    #[inline(always)]
    fn row(&self, plane: usize, row: usize) -> VariableRow<'_, T> {
        let columns = self.layout.extent(2);
        let start = plane * self.layout.stride(0) + row * self.layout.stride(1);
        let along = &self.faces[2][start..start + columns];
        let mut across = [along; 4];
        for (axis, at) in [(1, 0), (0, 2)] {
            if !self.layout.is_absent(axis) {
                let below = start - self.layout.stride(axis);
                across[at] = &self.faces[axis][below..below + columns];
                across[at + 1] = &self.faces[axis][start..start + columns];
            }
        }
        VariableRow {
            m: self.layout.unknowns[2],
            along,
            across,
            diagonal: &self.diagonal[start..start + columns],
        }
    }
}

/// One row of [`Variable`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct VariableRow<'a, T> {
    m: usize,
    along: &'a [T],
    across: [&'a [T]; 4],
    diagonal: &'a [T],
}

impl<T: Real> VariableRow<'_, T> {
    /// out = finish(Σ c u_neighbour, f, diagonal, u).
    #[inline(always)]
    fn run<const A: usize>(
        self,
        here: &[T],
        across: [&[T]; A],
        f: &[T],
        out: &mut [T],
        finish: impl Fn(T, T, T, T) -> T,
    ) {
        let m = self.m;
        let rows = across.map(|row| &row[1..m + 1]);
        let faces = self.across.map(|faces| &faces[1..m + 1]);
        let (lower, upper) = (&self.along[..m], &self.along[1..m + 1]);
        let (left, here, right) = (&here[..m], &here[1..m + 1], &here[2..m + 2]);
        let (f, diagonal, out) = (&f[1..m + 1], &self.diagonal[1..m + 1], &mut out[1..m + 1]);
        for i in 0..m {
            let mut sum = lower[i] * left[i] + upper[i] * right[i];
            for k in 0..A {
                sum += faces[k][i] * rows[k][i];
            }
            out[i] = finish(sum, f[i], diagonal[i], here[i]);
        }
    }

    #[inline(always)]
    fn any(self, here: &[T], across: &[&[T]], f: &[T], out: &mut [T], finish: impl Fn(T, T, T, T) -> T) {
        match *across {
            [] => self.run::<0>(here, [], f, out, finish),
            [below, above] => self.run::<2>(here, [below, above], f, out, finish),
            [a, b, c, d] => self.run::<4>(here, [a, b, c, d], f, out, finish),
            // Invariant: a row has no other number of neighbour rows.
            _ => {}
        }
    }
}

impl<T: Real> Row<T> for VariableRow<'_, T> {
    #[inline(always)]
    fn relax(self, omega: T, here: &[T], across: &[&[T]], f: &[T], out: &mut [T]) {
        self.any(here, across, f, out, |sum, f, a, u| u + omega * ((f + sum) / a - u));
    }

    #[inline(always)]
    fn solve(self, here: &[T], across: &[&[T]], f: &[T], out: &mut [T]) {
        self.any(here, across, f, out, |sum, f, a, _| (f + sum) / a);
    }

    #[inline(always)]
    fn residual(self, here: &[T], across: &[&[T]], f: &[T], out: &mut [T]) {
        self.any(here, across, f, out, |sum, f, a, u| f + sum - a * u);
    }

    #[inline(always)]
    fn apply(self, here: &[T], across: &[&[T]], out: &mut [T]) {
        self.any(here, across, here, out, |sum, _, a, u| a * u - sum);
    }

    #[inline(always)]
    fn diagonal(self, p: usize) -> T {
        self.diagonal[p]
    }
}
