//! The matrix A of a system, matrix-free: what relaxation and residuals read along one row of a
//! [`Layout`].
//!
//! (Au)_p = Σ_axes [c₋(u_p − u₋) + c₊(u_p − u₊)] + κ²u_p.
//!
//! Three kinds: [`Constant`], whose c are the same but next to the ends of an axis and are never loaded
//! from memory, [`Variable`], whose c stand in arrays, and [`Boxes`], coupled to diagonal neighbours too.
//! Sweeps are written once, over [`Rows`].

mod bands;
mod blocks;
mod boxes;
mod colour;
mod constant;
mod prefetch;
mod variable;

use modewise_problems::Discrete;
use rayon::prelude::*;

use super::{layout::Layout, real::Real};
use crate::memory::Buffer;

pub(crate) use bands::Bands;
pub(crate) use boxes::{Boxes, later};
pub(crate) use colour::{Colour, Computed, Relaxed};
pub(crate) use constant::{AxisWeights, Constant};
pub(crate) use variable::Variable;

/// The matrix of a system, of either kind.
#[derive(Debug, Clone)]
pub(crate) enum Operator<T: Real> {
    /// Constant coefficients.
    Constant(Constant<T>),
    /// Coefficients in arrays.
    Variable(Variable<T>),
    /// Couplings to all places around, in arrays.
    Boxes(Boxes<T>),
}

/// Steps along planes, rows and columns from a place to one around it.
pub(crate) type Offset = [i8; 3];

/// A matrix in arrays by its entries, for making coarser ones: slices hold the unknowns of a row.
pub(crate) trait Couplings<T: Real>: Sync {
    /// The diagonal.
    fn diagonal(&self, place: [usize; 2]) -> &[T];
    /// The other entries with their sign changed, those of the places at `offset`; none if all are zero.
    fn coupling(&self, place: [usize; 2], offset: Offset) -> Option<&[T]>;
}

/// A matrix as its rows; `plane` and `row` are places in the layout.
pub(crate) trait Rows<T: Real>: Sync {
    /// What one row of unknowns needs.
    type Row<'a>: Row<T>
    where
        Self: 'a;
    /// The layout.
    fn layout(&self) -> &Layout;
    /// The equations of one row.
    fn row(&self, plane: usize, row: usize) -> Self::Row<'_>;
}

/// The equations of one row. Slices are whole rows with their outer values; `across` holds the
/// neighbour rows: none (1-D), lower and upper row (2-D), then lower and upper plane, and the lower and
/// upper row of either (3-D). Results go to places 1 to m of `out`; its outer values are left alone.
pub(crate) trait Row<T: Real>: Copy {
    /// out = (1 − ω)u + ω(f + Σ c u_neighbour)/a, a the diagonal.
    fn relax(self, omega: T, here: &[T], across: &[&[T]], f: &[T], out: &mut [T]);
    /// out = (f + Σ c u_neighbour)/a: relaxation with ω = 1, without a product.
    fn solve(self, here: &[T], across: &[&[T]], f: &[T], out: &mut [T]);
    /// [`Row::relax`] in place, or [`Row::solve`] if there is no ω, at the places of one colour. Outer values are read as
    /// they stand and not sealed. `new` is scratch, a row that may be left as it is.
    #[inline(always)]
    fn colour(
        self,
        omega: Option<T>,
        colour: Colour<'_, T>,
        here: &mut [T],
        across: &[&[T]],
        f: &[T],
        new: &mut [T],
    ) {
        match omega {
            None => self.solve(here, across, f, new),
            Some(omega) => self.relax(omega, here, across, f, new),
        }
        colour.replace(here, &Computed(new));
    }
    /// out = ωf/a: what relaxation makes of u = 0.
    fn start(self, omega: T, f: &[T], out: &mut [T]) {
        for p in 1..out.len() - 1 {
            out[p] = omega * f[p] / self.diagonal(p);
        }
    }
    /// out = f − Au.
    fn residual(self, here: &[T], across: &[&[T]], f: &[T], out: &mut [T]);
    /// out = Au.
    fn apply(self, here: &[T], across: &[&[T]], out: &mut [T]);
    /// The diagonal at place `p`.
    fn diagonal(self, p: usize) -> T;
}

impl<T: Real> Operator<T> {
    /// The matrix of `discrete`.
    pub fn of(discrete: &Discrete) -> Self {
        match discrete.constant_coefficients() {
            Some((axes, screening)) => Self::Constant(Constant::new(Layout::of(discrete), axes, screening)),
            None => Self::Variable(Variable::of(discrete)),
        }
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        match self {
            Self::Constant(constant) => constant.layout(),
            Self::Variable(variable) => variable.layout(),
            Self::Boxes(boxes) => boxes.layout(),
        }
    }

    /// The right-hand side of `discrete` for this matrix.
    pub fn load_source(&self, discrete: &Discrete) -> Buffer<T> {
        let layout = self.layout();
        let mut f = Buffer::zeroed(layout.len());
        layout.load(discrete.grid(), discrete.source().values(), &mut f);
        if !self.is_per_volume() {
            scale_by_volumes(layout, &mut f);
        }
        f
    }

    /// Whether equations are per unit of volume, and not times volume.
    pub fn is_per_volume(&self) -> bool {
        matches!(self, Self::Constant(_))
    }

    /// Flops of a pass over all unknowns that relaxes or takes a residual: per axis an addition, a
    /// product and an addition (constant) or two products and two additions (variable), or a product and an
    /// addition for each place around (boxes), then three.
    pub fn pass_flops(&self) -> f64 {
        let dimension = self.layout().dimension;
        let sums = match self {
            Self::Constant(_) => 3 * dimension,
            Self::Variable(_) => 4 * dimension,
            Self::Boxes(_) => 4 * later(dimension).len(),
        };
        ((sums + 3) * self.layout().count()) as f64
    }
}

impl Operator<f64> {
    /// The same in single precision.
    pub fn to_single(&self) -> Operator<f32> {
        match self {
            Self::Constant(constant) => Operator::Constant(constant.to_single()),
            Self::Variable(variable) => Operator::Variable(variable.to_single()),
            Self::Boxes(boxes) => Operator::Boxes(boxes.to_single()),
        }
    }
}

/// Values that one thread rounds at a time.
const PIECE: usize = 1 << 14;

/// Values in single precision.
pub(crate) fn to_single(values: &Buffer<f64>) -> Buffer<f32> {
    let mut out = Buffer::zeroed(values.len());
    out.par_chunks_mut(PIECE).zip(values.par_chunks(PIECE)).for_each(|(out, values)| {
        out.iter_mut().zip(values).for_each(|(out, value)| *out = *value as f32);
    });
    out
}

/// The share of a cell that belongs to place `p` of `axis`: a half on a Neumann side.
#[inline(always)]
pub(crate) fn volume(layout: &Layout, axis: usize, p: usize) -> f64 {
    let m = layout.unknowns[axis];
    if layout.is_absent(axis) {
        return 1.0;
    }
    let [lower, upper] = layout.ends[axis];
    let half = |end, at_end: bool| if at_end && end == super::layout::End::Mirror { 0.5 } else { 1.0 };
    half(lower, p == 1) * half(upper, p == m)
}

/// f ← V f, V the volumes of the unknowns' cells in units of a whole cell.
pub(crate) fn scale_by_volumes<T: Real>(layout: &Layout, f: &mut [T]) {
    let columns = layout.extent(2);
    let rows = layout.extent(1);
    for (number, row) in f.chunks_exact_mut(columns).enumerate() {
        let (plane, j) = (number / rows, number % rows);
        let outer = volume(layout, 0, plane) * volume(layout, 1, j);
        for p in layout.places(2) {
            row[p] = row[p] * T::from_f64(outer * volume(layout, 2, p));
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
