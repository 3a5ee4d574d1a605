//! How the unknowns of a system lie in memory: a box of `unknowns` values with one more layer on every
//! side, so that stencils read neighbours without asking where they are.
//!
//! Axes are planes, rows and columns; columns run fastest. A 2-D system has one plane, a 1-D system one
//! plane of one row, and along such an absent axis there is no further layer. With Dirichlet sides all
//! around, this is the nodal array with its boundary nodes.
//!
//! What stands in the layer beyond a side depends on its [`End`]. Across rows and planes only `Held`
//! layers are read, and [`Layout::neighbours`] says which layer is read instead of the others; along a
//! row the two outer values are kept up to date by [`Layout::seal`].

use modewise_problems::{Condition, Discrete, Grid};
use rayon::prelude::*;

use super::real::Real;

/// What lies beyond one end of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The given boundary values.
    Held,
    /// The values on the near side of the last unknown, in reverse: a Neumann side.
    Mirror,
    /// The values at the other end: a periodic axis.
    Wrap,
}

/// The shape of an array of unknowns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    /// Unknowns along planes, rows and columns; 1 along absent axes.
    pub unknowns: [usize; 3],
    /// The ends of the axes.
    pub ends: [[End; 2]; 3],
    /// 1, 2 or 3: the last axes are present.
    pub dimension: usize,
}

/// Values that one thread copies at a time.
const COPY: usize = 1 << 16;

impl Layout {
    /// The layout of the unknowns of `discrete`.
    pub fn of(discrete: &Discrete) -> Self {
        Self::with_sides(discrete.grid(), discrete.sides())
    }

    /// The layout of unknowns on `grid` with these sides.
    pub fn with_sides(grid: &Grid, sides: &[[Condition; 2]]) -> Self {
        let dimension = grid.dimension();
        let absent = 3 - dimension;
        let mut layout = Self { unknowns: [1; 3], ends: [[End::Held; 2]; 3], dimension };
        for (axis, (sides, along)) in sides.iter().zip(grid.axes()).enumerate() {
            let dirichlet = sides.iter().filter(|side| **side == Condition::Dirichlet).count();
            let images = usize::from(sides[1] == Condition::Periodic);
            layout.unknowns[absent + axis] = along.cells + 1 - dirichlet - images;
            layout.ends[absent + axis] = sides.map(|side| match side {
                Condition::Neumann => End::Mirror,
                Condition::Periodic => End::Wrap,
                _ => End::Held,
            });
        }
        layout
    }

    /// Whether the two colours of unknowns do not close: across the seam of a periodic axis of an odd number of unknowns
    /// a colour meets itself.
    pub fn has_odd_seam(&self) -> bool {
        (0..3).any(|axis| self.ends[axis][1] == End::Wrap && !self.unknowns[axis].is_multiple_of(2))
    }

    /// Values along `axis` with the outer layers.
    pub fn extent(&self, axis: usize) -> usize {
        if self.is_absent(axis) { 1 } else { self.unknowns[axis] + 2 }
    }

    /// Whether the system has no such axis.
    pub fn is_absent(&self, axis: usize) -> bool {
        axis + self.dimension < 3
    }

    /// All values of an array.
    pub fn len(&self) -> usize {
        (0..3).map(|axis| self.extent(axis)).product()
    }

    /// Values from one layer along `axis` to the next.
    pub fn stride(&self, axis: usize) -> usize {
        (axis + 1..3).map(|axis| self.extent(axis)).product()
    }

    /// The number of unknowns.
    pub fn count(&self) -> usize {
        self.unknowns.iter().product()
    }

    /// The places of unknowns along `axis`, in an array: 1 to m, or 0 alone on an absent axis.
    pub fn places(&self, axis: usize) -> std::ops::Range<usize> {
        if self.is_absent(axis) { 0..1 } else { 1..self.unknowns[axis] + 1 }
    }

    /// Whether a row holds unknowns, and no outer layer.
    pub fn has_unknowns(&self, plane: usize, row: usize) -> bool {
        self.places(0).contains(&plane) && self.places(1).contains(&row)
    }

    /// The lower and upper neighbour along `axis` of place `p`, one of [`Layout::places`] of a present
    /// axis.
    #[inline(always)]
    pub fn neighbours(&self, axis: usize, p: usize) -> [usize; 2] {
        let m = self.unknowns[axis];
        let lower = match self.ends[axis][0] {
            End::Mirror if p == 1 => 2,
            End::Wrap if p == 1 => m,
            _ => p - 1,
        };
        let upper = match self.ends[axis][1] {
            End::Mirror if p == m => m - 1,
            End::Wrap if p == m => 1,
            _ => p + 1,
        };
        [lower, upper]
    }

    /// Brings the two outer values of a row up to date; those of `Held` ends are given and stay.
    #[inline(always)]
    pub fn seal<T: Real>(&self, row: &mut [T]) {
        let m = self.unknowns[2];
        match self.ends[2][0] {
            End::Held => {}
            End::Mirror => row[0] = row[2],
            End::Wrap => row[0] = row[m],
        }
        match self.ends[2][1] {
            End::Held => {}
            End::Mirror => row[m + 1] = row[m - 1],
            End::Wrap => row[m + 1] = row[1],
        }
    }

    /// [`Layout::seal`] for every row of an array.
    pub fn seal_all<T: Real>(&self, values: &mut [T]) {
        if self.ends[2].iter().any(|end| *end != End::Held) {
            values.chunks_exact_mut(self.extent(2)).for_each(|row| self.seal(row));
        }
    }

    /// Calls `visit(row of an array, its first value in an array, first node of the row's unknowns)` for
    /// every row that has nodes: unknowns and `Held` layers.
    fn rows(&self, grid: &Grid) -> Vec<[usize; 2]> {
        let absent = 3 - self.dimension;
        let shift = |axis: usize| usize::from(self.ends[axis][0] != End::Held);
        let stride = |axis: usize| if self.is_absent(axis) { 0 } else { grid.stride(axis - absent) };
        let nodes = |axis: usize| {
            let (shift, extent) = (shift(axis), self.extent(axis));
            let first = if self.is_absent(axis) { 0 } else { shift };
            let last =
                if self.is_absent(axis) || self.ends[axis][1] == End::Held { extent } else { extent - 1 };
            first..last
        };
        let mut rows = Vec::new();
        for plane in nodes(0) {
            for row in nodes(1) {
                let node = |axis: usize, p: usize| {
                    if self.is_absent(axis) { 0 } else { (p - shift(axis)) * stride(axis) }
                };
                let place = plane * self.stride(0) + row * self.stride(1);
                rows.push([place, node(0, plane) + node(1, row)]);
            }
        }
        rows
    }

    /// Whether arrays are nodal arrays.
    pub fn is_nodal(&self) -> bool {
        (3 - self.dimension..3).all(|axis| self.ends[axis] == [End::Held; 2])
    }

    /// Copies a nodal array on `grid` into an array of this layout, `scale` telling the factor of a row's
    /// values; outer values along rows are sealed.
    pub fn load<T: Real>(&self, grid: &Grid, nodal: &[f64], out: &mut [T]) {
        if self.is_nodal() {
            out.par_chunks_mut(COPY).zip(nodal.par_chunks(COPY)).for_each(|(out, nodal)| {
                for (to, from) in out.iter_mut().zip(nodal) {
                    *to = T::from_f64(*from);
                }
            });
            return;
        }
        let (first, len) = self.row_span();
        for [place, node] in self.rows(grid) {
            for (to, from) in out[place + first..][..len].iter_mut().zip(&nodal[node..]) {
                *to = T::from_f64(*from);
            }
            self.seal(&mut out[place..place + self.extent(2)]);
        }
    }

    /// Copies an array of this layout into the nodal array on `grid`: unknowns and `Held` layers. Periodic
    /// images are for [`Discrete::impose_boundary`].
    pub fn store<T: Real>(&self, grid: &Grid, values: &[T], nodal: &mut [f64]) {
        if self.is_nodal() {
            nodal.par_chunks_mut(COPY).zip(values.par_chunks(COPY)).for_each(|(nodal, values)| {
                for (to, from) in nodal.iter_mut().zip(values) {
                    *to = from.to_f64();
                }
            });
            return;
        }
        let (first, len) = self.row_span();
        for [place, node] in self.rows(grid) {
            for (to, from) in nodal[node..][..len].iter_mut().zip(&values[place + first..]) {
                *to = from.to_f64();
            }
        }
    }

    /// The first place of a row that is a node, and how many of them are.
    fn row_span(&self) -> (usize, usize) {
        let [lower, upper] = self.ends[2];
        let first = usize::from(lower != End::Held);
        let last = self.extent(2) - usize::from(upper != End::Held);
        (first, last - first)
    }
}

#[cfg(test)]
mod tests {
    use modewise_problems::{Domain, Field};

    use super::*;
    use crate::classical::testing::Made;

    #[test]
    fn nodal_arrays_come_back_and_neighbours_follow_the_sides() {
        use Condition::{Dirichlet as D, Neumann as N, Periodic as P};
        for sides in [vec![[D, N]], vec![[P, P], [N, D]], vec![[D, D], [P, P], [N, N]], vec![[D, D], [D, D]]]
        {
            let bounds = vec![[0.0, 1.0]; sides.len()];
            let problem = Made::nothing(sides.len()).on_sides(Domain::new(&bounds, &sides).unwrap());
            let cells: Vec<usize> = (0..sides.len()).map(|axis| 4 + axis).collect();
            let discrete = problem.on(&cells);
            let grid = discrete.grid();
            let layout = Layout::of(&discrete);
            assert_eq!(layout.count(), discrete.unknowns());
            let mut field = Field::zeros(grid);
            field.values_mut().iter_mut().enumerate().for_each(|(i, u)| *u = (i * i % 31) as f64);
            for (axis, side) in sides.iter().enumerate() {
                if side[0] == D || side[1] == D {
                    continue;
                }
                assert_eq!(
                    layout.neighbours(3 - sides.len() + axis, 1)[0],
                    match side[0] {
                        N => 2,
                        _ => layout.unknowns[3 - sides.len() + axis],
                    }
                );
            }
            // Images and given values are part of the nodal array.
            discrete.impose_boundary(field.values_mut());
            let mut values = vec![f64::NAN; layout.len()];
            layout.load(grid, field.values(), &mut values);
            let mut back = Field::zeros(grid);
            layout.store(grid, &values, back.values_mut());
            discrete.impose_boundary(back.values_mut());
            assert_eq!(field, back, "{sides:?}");
        }
    }
}
