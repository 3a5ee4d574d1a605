//! Variable coefficients: one coefficient a face, in arrays of the shape of the unknowns.
//!
//! Equations are multiplied by the volume of the unknown's cell in units of a whole cell, which makes the
//! matrix symmetric on every kind of side: on a Neumann side faces along the side and κ² count half, and no
//! coefficient leads out of the box.
//!
//! Beside the faces stand the diagonal, for products and residuals, and its inverse, for relaxation: a
//! division a value is dearer than the array. Memory: d + 2 arrays.

use modewise_problems::{Coefficients, Condition, Discrete};
use rayon::prelude::*;

use super::{Constant, Couplings, Offset, Row, Rows, volume};
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
    /// Its inverse; zero outside the unknowns.
    inverse: Buffer<T>,
}

/// The nodes of a row: the first of its unknowns', if the row has any, along planes, rows and columns.
struct Nodes<'d> {
    discrete: &'d Discrete,
    layout: Layout,
}

impl Nodes<'_> {
    /// The axis of the grid.
    fn grid_axis(&self, axis: usize) -> usize {
        axis + self.layout.dimension - 3
    }

    /// The node at the first unknown of a row.
    fn first(&self, plane: usize, row: usize) -> usize {
        let absent = 3 - self.layout.dimension;
        (absent..3)
            .zip([plane, row, 1].into_iter().skip(absent))
            .map(|(axis, place)| {
                let at = self.grid_axis(axis);
                (place - 1 + self.discrete.unknowns_along(at).start) * self.discrete.grid().stride(at)
            })
            .sum()
    }

    /// ε/h² at the faces above the nodes from `node` on, for each of `out`.
    fn faces<T: Real>(&self, axis: usize, node: usize, share: impl Fn(usize) -> f64, out: &mut [T]) {
        match self.discrete.coefficients() {
            Coefficients::Constant { axes, .. } => {
                let c = axes[self.grid_axis(axis)];
                out.iter_mut().enumerate().for_each(|(i, out)| *out = T::from_f64(share(i) * c));
            }
            Coefficients::Variable { faces, .. } => {
                let faces = &faces[self.grid_axis(axis)][node..];
                for (i, (out, c)) in out.iter_mut().zip(faces).enumerate() {
                    *out = T::from_f64(share(i) * c);
                }
            }
        }
    }

    /// The row of faces above (`plane`, `row`) along `axis`, the layer below the first unknown included.
    fn row<T: Real>(&self, axis: usize, [plane, row]: [usize; 2], out: &mut [T]) {
        let layout = &self.layout;
        let m = layout.unknowns[2];
        let places = [plane, row];
        let held = |other: usize| layout.is_absent(other) || layout.places(other).contains(&places[other]);
        let across: f64 =
            (0..2).filter(|other| *other != axis).map(|other| volume(layout, other, places[other])).product();
        let along = |i: usize| if axis == 2 { across } else { across * volume(layout, 2, i + 1) };
        let at = self.grid_axis(axis);
        let (stride, cells) = (self.discrete.grid().stride(at), self.discrete.grid().axes()[at].cells);
        if axis == 2 {
            if !held(0) || !held(1) {
                return;
            }
            let node = self.first(plane, row);
            self.faces(2, node, along, &mut out[1..=m]);
            // The face below the first unknown: towards a held layer, or the last face of a periodic axis.
            match layout.ends[2][0] {
                End::Held => self.faces(2, node - 1, along, &mut out[..1]),
                End::Wrap => self.faces(2, node + cells - 1, along, &mut out[..1]),
                End::Mirror => {}
            }
            if self.discrete.sides()[at][1] == Condition::Neumann {
                out[m] = T::default();
            }
            return;
        }
        let other = 1 - axis;
        let leads_out =
            places[axis] == layout.unknowns[axis] && self.discrete.sides()[at][1] == Condition::Neumann;
        if !held(other) || places[axis] > layout.unknowns[axis] || leads_out {
            return;
        }
        let mut unknown = places;
        unknown[axis] = unknown[axis].max(1);
        let first = self.first(unknown[0], unknown[1]);
        let node = match (places[axis], layout.ends[axis][0]) {
            (0, End::Held) => first - stride,
            (0, End::Wrap) => first + (cells - 1) * stride,
            (0, End::Mirror) => return,
            _ => first,
        };
        self.faces(axis, node, along, &mut out[1..=m]);
    }
}

impl<T: Real> Variable<T> {
    /// The matrix of `discrete`, whose coefficients may be constant too.
    pub fn of(discrete: &Discrete) -> Self {
        let nodes = Nodes { discrete, layout: Layout::of(discrete) };
        let layout = &nodes.layout;
        let faces = std::array::from_fn(|axis| {
            if layout.is_absent(axis) {
                return Buffer::zeroed(0);
            }
            let mut faces = Buffer::zeroed(layout.len());
            for_rows(layout, &mut faces, |place, out| nodes.row(axis, place, out));
            faces
        });
        let mut screening = Buffer::zeroed(layout.len());
        for_rows(layout, &mut screening, |[plane, row], out| {
            if !layout.has_unknowns(plane, row) {
                return;
            }
            let across = volume(layout, 0, plane) * volume(layout, 1, row);
            let share = |i: usize| across * volume(layout, 2, i + 1);
            let out = &mut out[1..=layout.unknowns[2]];
            match discrete.coefficients() {
                Coefficients::Constant { screening, .. } => {
                    out.iter_mut().enumerate().for_each(|(i, out)| *out = T::from_f64(share(i) * screening));
                }
                Coefficients::Variable { screening, .. } if !screening.is_empty() => {
                    let screening = &screening[nodes.first(plane, row)..];
                    for (i, (out, k)) in out.iter_mut().zip(screening).enumerate() {
                        *out = T::from_f64(share(i) * k);
                    }
                }
                Coefficients::Variable { .. } => {}
            }
        });
        Self::new(nodes.layout, faces, screening)
    }

    /// The same matrix as `constant` on a uniform grid, equations times volume.
    pub fn uniform(constant: &Constant<T>) -> Self {
        let layout = constant.layout().clone();
        let faces = std::array::from_fn(|axis| {
            if layout.is_absent(axis) {
                return Buffer::zeroed(0);
            }
            let (c, m) = (constant.axes[axis].inner, layout.unknowns[axis]);
            let leads_out = layout.ends[axis].map(|end| end == End::Mirror);
            let mut faces = Buffer::zeroed(layout.len());
            for_rows(&layout, &mut faces, |[plane, row], out| {
                for (p, out) in out.iter_mut().enumerate() {
                    let places = [plane, row, p];
                    let here = places[axis];
                    let inside =
                        (0..3).all(|other| other == axis || layout.places(other).contains(&places[other]));
                    let open = here <= m && !(leads_out[0] && here == 0) && !(leads_out[1] && here == m);
                    if inside && open {
                        let share = (0..3)
                            .filter(|other| *other != axis)
                            .map(|other| volume(&layout, other, places[other]));
                        *out = c * T::from_f64(share.product());
                    }
                }
            });
            faces
        });
        let mut screening = Buffer::zeroed(layout.len());
        screening.fill(constant.screening);
        super::scale_by_volumes(&layout, &mut screening);
        Self::new(layout, faces, screening)
    }

    /// A matrix from its faces and κ² times volumes.
    pub fn new(layout: Layout, faces: [Buffer<T>; 3], mut screening: Buffer<T>) -> Self {
        let (m, columns) = (layout.unknowns[2], layout.extent(2));
        let start = |plane: usize, row: usize| plane * layout.stride(0) + row * columns;
        for_rows(&layout, &mut screening, |[plane, row], out| {
            if !layout.has_unknowns(plane, row) {
                return;
            }
            let first = start(plane, row) + 1;
            for axis in 3 - layout.dimension..3 {
                let stride = layout.stride(axis);
                let (above, below) = (&faces[axis][first..], &faces[axis][first - stride..]);
                for ((sum, above), below) in out[1..=m].iter_mut().zip(above).zip(below) {
                    *sum += *above + *below;
                }
            }
        });
        let mut inverse = Buffer::zeroed(layout.len());
        for_rows(&layout, &mut inverse, |[plane, row], out| {
            if layout.has_unknowns(plane, row) {
                let diagonal = &screening[start(plane, row) + 1..];
                for (inverse, diagonal) in out[1..=m].iter_mut().zip(diagonal) {
                    *inverse = T::from_f64(1.0) / *diagonal;
                }
            }
        });
        Self { layout, faces, diagonal: screening, inverse }
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
        for i in 0..m {
            let mut sum = lower[i] * left[i] + upper[i] * right[i];
            for k in 0..A {
                sum += faces[k][i] * rows[k][i];
            }
            out[i] = finish(sum, f[i], scale[i], here[i]);
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
