//! Variable coefficients: one coefficient a face, in arrays of the shape of the unknowns.
//!
//! Equations are multiplied by the volume of the unknown's cell in units of a whole cell, which makes the
//! matrix symmetric on every kind of side: on a Neumann side faces along the side and κ² count half, and no
//! coefficient leads out of the box.
//!
//! Beside the faces stand the diagonal, for products and residuals, and its inverse, for relaxation: a
//! division a value is dearer than the array. Memory: d + 2 arrays.

mod assemble;

use rayon::prelude::*;

use super::{Couplings, Offset, Row, Rows, blocks, to_single};
use crate::{
    classical::{layout::Layout, real::Real},
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
    /// Its inverse; zero outside the unknowns.
    inverse: Buffer<T>,
}

impl<T: Real> Variable<T> {
    /// A matrix from its faces and κ² times volumes.
    pub fn new(layout: Layout, faces: [Buffer<T>; 3], mut screening: Buffer<T>) -> Self {
        let (m, columns) = (layout.unknowns[2], layout.extent(2));
        let start = |plane: usize, row: usize| plane * layout.stride(0) + row * columns;
        for_rows(&layout, &mut screening, |[plane, row], out| {
            if !layout.has_unknowns(plane, row) {
                return;
            }
            let first = start(plane, row) + 1;
            for (axis, faces) in faces.iter().enumerate().skip(3 - layout.dimension) {
                let stride = layout.stride(axis);
                let (above, below) = (&faces[first..], &faces[first - stride..]);
                for ((sum, above), below) in out[1..=m].iter_mut().zip(above).zip(below) {
                    *sum += *above + *below;
                }
            }
        });
        let mut inverse = Buffer::zeroed(layout.len());
        invert(&layout, &screening, &mut inverse);
        Self { layout, faces, diagonal: screening, inverse }
    }

    /// Has `fill(first place of a row, diagonal of its unknowns)` write the diagonal anew.
    pub fn fill_diagonal(&mut self, fill: impl Fn(usize, &mut [T]) + Sync) {
        let Self { layout, diagonal, inverse, .. } = self;
        let m = layout.unknowns[2];
        for_rows(layout, diagonal, |[plane, row], out| {
            if layout.has_unknowns(plane, row) {
                fill(plane * layout.stride(0) + row * layout.stride(1) + 1, &mut out[1..=m]);
            }
        });
        invert(layout, diagonal, inverse);
    }
}

/// The inverse of a diagonal.
fn invert<T: Real>(layout: &Layout, diagonal: &[T], inverse: &mut [T]) {
    let m = layout.unknowns[2];
    for_rows(layout, inverse, |[plane, row], out| {
        if layout.has_unknowns(plane, row) {
            let first = plane * layout.stride(0) + row * layout.stride(1) + 1;
            for (inverse, diagonal) in out[1..=m].iter_mut().zip(&diagonal[first..]) {
                *inverse = T::from_f64(1.0) / *diagonal;
            }
        }
    });
}

impl Variable<f64> {
    /// The same in single precision.
    pub fn to_single(&self) -> Variable<f32> {
        Variable {
            layout: self.layout.clone(),
            faces: self.faces.each_ref().map(to_single),
            diagonal: to_single(&self.diagonal),
            inverse: to_single(&self.inverse),
        }
    }
}

/// Rows that one thread fills at a time, in values.
const PIECE: usize = 1 << 15;

/// Calls `fill([plane, row], values)` for every row of an array.
fn for_rows<T: Real>(layout: &Layout, values: &mut [T], fill: impl Fn([usize; 2], &mut [T]) + Sync) {
    let (columns, rows) = (layout.extent(2), layout.extent(1));
    let few = (PIECE / columns).max(1);
    values
        .par_chunks_mut(columns)
        .with_min_len(few)
        .enumerate()
        .for_each(|(number, values)| fill([number / rows, number % rows], values));
}

impl<T: Real> Couplings<T> for Variable<T> {
    fn diagonal(&self, [plane, row]: [usize; 2]) -> &[T] {
        let start = plane * self.layout.stride(0) + row * self.layout.stride(1);
        &self.diagonal[start..][self.layout.places(2)]
    }

    fn coupling(&self, [plane, row]: [usize; 2], offset: Offset) -> Option<&[T]> {
        let axis = offset.iter().position(|step| *step != 0)?;
        if offset[axis + 1..].iter().any(|step| *step != 0) || self.layout.is_absent(axis) {
            return None;
        }
        let stride = self.layout.stride(axis);
        let first = plane * self.layout.stride(0) + row * self.layout.stride(1) + 1;
        let first = if offset[axis] < 0 { first - stride } else { first };
        Some(&self.faces[axis][first..][..self.layout.unknowns[2]])
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
            inverse: &self.inverse[start..start + columns],
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
    inverse: &'a [T],
}

/// What a row of unknowns reads, cut to one length.
#[derive(Clone, Copy)]
struct Operands<'a, T, const A: usize> {
    /// The coefficients below and above along the row, and those across.
    ends: [&'a [T]; 2],
    faces: [&'a [T]; 4],
    /// The lower neighbours along the row, the unknowns, the upper neighbours; the neighbour rows.
    along: [&'a [T]; 3],
    rows: [&'a [T]; A],
    /// f, and the diagonal or its inverse.
    given: [&'a [T]; 2],
}

impl<T: Real> VariableRow<'_, T> {
    /// out = finish(Σ c u_neighbour, f, scale, u), `scale` the diagonal or its inverse.
    #[inline(always)]
    fn run<const A: usize>(
        self,
        here: &[T],
        across: [&[T]; A],
        f: &[T],
        scale: &[T],
        out: &mut [T],
        finish: impl Fn(T, T, T, T) -> T,
    ) {
        let m = self.m;
        // Slices cut to one length: the bounds checks leave the loop, and the loop becomes vectors.
        let rows = across.map(|row| &row[1..m + 1]);
        let faces = self.across.map(|faces| &faces[1..m + 1]);
        let (lower, upper) = (&self.along[..m], &self.along[1..m + 1]);
        let (left, here, right) = (&here[..m], &here[1..m + 1], &here[2..m + 2]);
        let (f, scale, out) = (&f[1..m + 1], &scale[1..m + 1], &mut out[1..m + 1]);
        let operands =
            Operands { ends: [lower, upper], faces, along: [left, here, right], rows, given: [f, scale] };
        match m {
            blocks::LONG.. => Self::blocks::<A, { blocks::LONG }>(operands, out, finish),
            blocks::SHORT.. => Self::blocks::<A, { blocks::SHORT }>(operands, out, finish),
            _ => Self::blocks::<A, 1>(operands, out, finish),
        }
    }

    #[inline(always)]
    fn blocks<const A: usize, const N: usize>(
        operands: Operands<'_, T, A>,
        out: &mut [T],
        finish: impl Fn(T, T, T, T) -> T,
    ) {
        let Operands { ends: [lower, upper], faces, along: [left, here, right], rows, given: [f, scale] } =
            operands;
        for start in blocks::starts(out.len(), N) {
            let block = start..start + N;
            let [lower, upper] = [lower, upper].map(|values| &values[block.clone()]);
            let [left, here, right] = [left, here, right].map(|values| &values[block.clone()]);
            let [f, scale] = [f, scale].map(|values| &values[block.clone()]);
            let (faces, rows) =
                (faces.map(|values| &values[block.clone()]), rows.map(|values| &values[block.clone()]));
            let out = &mut out[block];
            for i in 0..N {
                let mut sum = lower[i] * left[i] + upper[i] * right[i];
                for k in 0..A {
                    sum += faces[k][i] * rows[k][i];
                }
                out[i] = finish(sum, f[i], scale[i], here[i]);
            }
        }
    }

    #[inline(always)]
    fn any(
        self,
        here: &[T],
        across: &[&[T]],
        f: &[T],
        scale: &[T],
        out: &mut [T],
        finish: impl Fn(T, T, T, T) -> T,
    ) {
        match *across {
            [] => self.run::<0>(here, [], f, scale, out, finish),
            [below, above] => self.run::<2>(here, [below, above], f, scale, out, finish),
            [a, b, c, d, ..] => self.run::<4>(here, [a, b, c, d], f, scale, out, finish),
            // Invariant: a row has no other number of neighbour rows.
            _ => {}
        }
    }
}

impl<T: Real> Row<T> for VariableRow<'_, T> {
    #[inline(always)]
    fn relax(self, omega: T, here: &[T], across: &[&[T]], f: &[T], out: &mut [T]) {
        self.any(here, across, f, self.inverse, out, |sum, f, inverse, u| {
            u + omega * ((f + sum) * inverse - u)
        });
    }

    #[inline(always)]
    fn solve(self, here: &[T], across: &[&[T]], f: &[T], out: &mut [T]) {
        self.any(here, across, f, self.inverse, out, |sum, f, inverse, _| (f + sum) * inverse);
    }

    #[inline(always)]
    fn residual(self, here: &[T], across: &[&[T]], f: &[T], out: &mut [T]) {
        self.any(here, across, f, self.diagonal, out, |sum, f, a, u| f + sum - a * u);
    }

    #[inline(always)]
    fn apply(self, here: &[T], across: &[&[T]], out: &mut [T]) {
        self.any(here, across, here, self.diagonal, out, |sum, _, a, u| a * u - sum);
    }

    #[inline(always)]
    fn diagonal(self, p: usize) -> T {
        self.diagonal[p]
    }
}
