//! Box stencils: every unknown is coupled to all 3^d − 1 places around it, with coefficients in arrays. What
//! Galerkin's coarse matrices Pᵀ A P are, and the second derivatives of a p-Laplacian's energy.
//!
//! (Au)_p = a u_p − Σ c u_neighbour. The matrix is symmetric, so that only couplings to the half of the
//! neighbours that come later are kept, each read from both of its ends: with the diagonal and its inverse
//! 6 values an unknown in 2-D and 15 in 3-D. Places of one colour are coupled, so that red-black sweeps are not
//! for these matrices; Jacobi's are. Nothing couples to held layers, which hold zeros: a coarse level's u and a step of
//! Newton's method.

use super::{Bands, Couplings, Offset, Row, Rows, blocks};
use crate::classical::{layout::Layout, real::Real};

/// Couplings to later neighbours in three dimensions; the last four of them in two, the last in one.
const LATER: [Offset; 13] = [
    [1, -1, -1],
    [1, -1, 0],
    [1, -1, 1],
    [1, 0, -1],
    [1, 0, 0],
    [1, 0, 1],
    [1, 1, -1],
    [1, 1, 0],
    [1, 1, 1],
    [0, 1, -1],
    [0, 1, 0],
    [0, 1, 1],
    [0, 0, 1],
];
const DIAGONAL: usize = 0;
const INVERSE: usize = 1;
/// The band of the first coupling.
const FIRST: usize = 2;

/// The neighbours that come later, in `dimension` dimensions.
pub(crate) fn later(dimension: usize) -> &'static [Offset] {
    &LATER[match dimension {
        1 => 12,
        2 => 9,
        _ => 0,
    }..]
}

/// A matrix of box stencils.
#[derive(Debug, Clone)]
pub(crate) struct Boxes<T: Real> {
    bands: Bands<T>,
}

impl<T: Real> Boxes<T> {
    /// A matrix whose rows `fill([plane, row], diagonal, couplings)` writes: whole rows, the couplings to
    /// [`later`] neighbours one after the other.
    pub fn new(layout: Layout, fill: impl Fn([usize; 2], &mut [T], &mut [T]) + Sync) -> Self {
        let bands = Bands::new(layout.clone(), FIRST + later(layout.dimension).len());
        let mut matrix = Self { bands };
        matrix.fill(fill);
        matrix
    }

    /// Has `fill` write all rows anew, as in [`Boxes::new`]; what it does not write stays.
    pub fn fill(&mut self, fill: impl Fn([usize; 2], &mut [T], &mut [T]) + Sync) {
        let layout = self.bands.layout();
        let (columns, places) = (layout.extent(2), layout.places(2));
        self.bands.fill(|place, rows| {
            let (head, couplings) = rows.split_at_mut(FIRST * columns);
            let (diagonal, inverse) = head.split_at_mut(columns);
            fill(place, diagonal, couplings);
            for p in places.clone() {
                inverse[p] = T::from_f64(1.0) / diagonal[p];
            }
        });
    }

    /// The coefficient along `axis`, on average: what is left of a row where u varies along that axis alone.
    pub fn mean_along(&self, axis: usize) -> f64 {
        let layout = self.bands.layout();
        let bands = later(layout.dimension).iter().enumerate().filter(|(_, offset)| offset[axis] != 0);
        let of_row = |place: [usize; 2]| {
            let row = |k: usize| self.bands.row(FIRST + k, place)[layout.places(2)].iter();
            bands.clone().flat_map(|(k, _)| row(k)).map(|c| c.to_f64()).sum::<f64>()
        };
        let rows = layout.places(0).flat_map(|plane| layout.places(1).map(move |row| [plane, row]));
        rows.map(of_row).sum::<f64>() / layout.count() as f64
    }

    /// Bytes of a matrix.
    pub fn bytes(layout: &Layout) -> u64 {
        Bands::<T>::bytes(layout, FIRST + later(layout.dimension).len())
    }
}

impl Boxes<f64> {
    /// The same in single precision.
    pub fn to_single(&self) -> Boxes<f32> {
        Boxes { bands: self.bands.to_single() }
    }
}

impl<T: Real> Couplings<T> for Boxes<T> {
    fn diagonal(&self, place: [usize; 2]) -> &[T] {
        &self.bands.row(DIAGONAL, place)[self.layout().places(2)]
    }

    #[inline(always)]
    fn coupling(&self, [plane, row]: [usize; 2], offset: Offset) -> Option<&[T]> {
        let m = self.bands.layout().unknowns[2];
        let list = later(self.bands.layout().dimension);
        if let Some(k) = list.iter().position(|o| *o == offset) {
            return Some(&self.bands.row(FIRST + k, [plane, row])[1..=m]);
        }
        // The coupling of the neighbour to this place.
        let k = list.iter().position(|o| o.map(|o| -o) == offset)?;
        let at = |place: usize, offset: i8| place.wrapping_add_signed(isize::from(offset));
        let columns = self.bands.row(FIRST + k, [at(plane, offset[0]), at(row, offset[1])]);
        Some(&columns[at(1, offset[2])..][..m])
    }
}

impl<T: Real> Rows<T> for Boxes<T> {
    type Row<'a> = BoxesRow<'a, T>;

    fn layout(&self) -> &Layout {
        self.bands.layout()
    }

    #[inline(always)]
    fn row(&self, plane: usize, row: usize) -> BoxesRow<'_, T> {
        let layout = self.bands.layout();
        let m = layout.unknowns[2];
        let list = later(layout.dimension);
        let inner = |k: usize| &self.bands.row(k, [plane, row])[1..=m];
        let diagonal = inner(DIAGONAL);
        let mut couplings = [[diagonal; 2]; 13];
        for (k, (coupling, [dz, dy, dx])) in couplings.iter_mut().zip(list).enumerate() {
            let at = |place: usize, offset: i8| place.wrapping_add_signed(-isize::from(offset));
            let earlier = self.bands.row(FIRST + k, [at(plane, *dz), at(row, *dy)]);
            *coupling = [inner(FIRST + k), &earlier[at(1, *dx)..][..m]];
        }
        BoxesRow { list, diagonal, inverse: inner(INVERSE), couplings }
    }
}

/// One row of [`Boxes`]; slices hold the unknowns only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BoxesRow<'a, T> {
    list: &'static [Offset],
    diagonal: &'a [T],
    inverse: &'a [T],
    /// To the later neighbour and to the earlier one at the opposite offset.
    couplings: [[&'a [T]; 2]; 13],
}

impl<T: Real> BoxesRow<'_, T> {
    /// The row that holds the neighbours at `offset`.
    #[inline(always)]
    fn neighbour<'u>(here: &'u [T], across: &[&'u [T]], [dz, dy, _]: Offset) -> &'u [T] {
        let lower_upper = |lower: usize, d: i8| across[lower + usize::from(d > 0)];
        match (dz, dy) {
            (0, 0) => here,
            (0, dy) => lower_upper(0, dy),
            (dz, 0) => lower_upper(2, dz),
            (-1, dy) => lower_upper(4, dy),
            (_, dy) => lower_upper(6, dy),
        }
    }

    /// out = finish(Σ c u_neighbour, f, scale, u).
    #[inline(always)]
    fn run(
        self,
        here: &[T],
        across: &[&[T]],
        f: &[T],
        scale: &[T],
        out: &mut [T],
        finish: impl Fn(T, T, T, T) -> T,
    ) {
        let m = self.diagonal.len();
        let mut neighbours = [[here; 2]; 13];
        for (pair, offset) in neighbours.iter_mut().zip(self.list) {
            for (row, offset) in pair.iter_mut().zip([*offset, offset.map(|o| -o)]) {
                let row_at = Self::neighbour(here, across, offset);
                *row = &row_at[1usize.wrapping_add_signed(offset[2].into())..][..m];
            }
        }
        let (here, f, out) = (&here[1..=m], &f[1..=m], &mut out[1..=m]);
        let (couplings, neighbours) = (&self.couplings[..self.list.len()], &neighbours[..self.list.len()]);
        let rows = [f, scale, here];
        match m {
            blocks::LONG.. => Self::blocks::<{ blocks::LONG }>(couplings, neighbours, rows, out, finish),
            blocks::SHORT.. => Self::blocks::<{ blocks::SHORT }>(couplings, neighbours, rows, out, finish),
            _ => Self::blocks::<1>(couplings, neighbours, rows, out, finish),
        }
    }

    #[inline(always)]
    fn blocks<const N: usize>(
        couplings: &[[&[T]; 2]],
        neighbours: &[[&[T]; 2]],
        [f, scale, here]: [&[T]; 3],
        out: &mut [T],
        finish: impl Fn(T, T, T, T) -> T,
    ) {
        for start in blocks::starts(out.len(), N) {
            let block = start..start + N;
            let mut sums = [T::default(); N];
            for (c, u) in couplings.iter().flatten().zip(neighbours.iter().flatten()) {
                let (c, u) = (&c[block.clone()], &u[block.clone()]);
                for i in 0..N {
                    sums[i] += c[i] * u[i];
                }
            }
            let (f, scale, here) = (&f[block.clone()], &scale[block.clone()], &here[block.clone()]);
            for (i, out) in out[block].iter_mut().enumerate() {
                *out = finish(sums[i], f[i], scale[i], here[i]);
            }
        }
    }
}

impl<T: Real> Row<T> for BoxesRow<'_, T> {
    #[inline(always)]
    fn relax(self, omega: T, here: &[T], across: &[&[T]], f: &[T], out: &mut [T]) {
        self.run(here, across, f, self.inverse, out, |sum, f, inverse, u| {
            u + omega * ((f + sum) * inverse - u)
        });
    }

    #[inline(always)]
    fn solve(self, here: &[T], across: &[&[T]], f: &[T], out: &mut [T]) {
        self.run(here, across, f, self.inverse, out, |sum, f, inverse, _| (f + sum) * inverse);
    }

    #[inline(always)]
    fn start(self, omega: T, f: &[T], out: &mut [T]) {
        let m = self.inverse.len();
        for ((out, f), inverse) in out[1..=m].iter_mut().zip(&f[1..=m]).zip(self.inverse) {
            *out = omega * (*f * *inverse);
        }
    }

    #[inline(always)]
    fn residual(self, here: &[T], across: &[&[T]], f: &[T], out: &mut [T]) {
        self.run(here, across, f, self.diagonal, out, |sum, f, a, u| f + sum - a * u);
    }

    #[inline(always)]
    fn apply(self, here: &[T], across: &[&[T]], out: &mut [T]) {
        self.run(here, across, here, self.diagonal, out, |sum, _, a, u| a * u - sum);
    }

    #[inline(always)]
    fn diagonal(self, p: usize) -> T {
        self.diagonal[p - 1]
    }
}
