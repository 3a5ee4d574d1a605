//! Rows without a matrix: residuals are right-hand sides, so that what restricts residuals restricts any array.

use crate::classical::{
    layout::Layout,
    operator::{Row, Rows},
    real::Real,
};

/// The matrix 0 on a layout. There is nothing to relax.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain<'l>(pub &'l Layout);

/// A row of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlainRow;

impl<T: Real> Rows<T> for Plain<'_> {
    type Row<'a>
        = PlainRow
    where
        Self: 'a;

    fn layout(&self) -> &Layout {
        self.0
    }

    #[inline(always)]
    fn row(&self, _plane: usize, _row: usize) -> PlainRow {
        PlainRow
    }
}

impl<T: Real> Row<T> for PlainRow {
    fn relax(self, _omega: T, here: &[T], _across: &[&[T]], _f: &[T], out: &mut [T]) {
        out.copy_from_slice(here);
    }

    fn solve(self, here: &[T], _across: &[&[T]], _f: &[T], out: &mut [T]) {
        out.copy_from_slice(here);
    }

    #[inline(always)]
    fn residual(self, _here: &[T], _across: &[&[T]], f: &[T], out: &mut [T]) {
        out.copy_from_slice(f);
    }

    fn apply(self, _here: &[T], _across: &[&[T]], out: &mut [T]) {
        out.fill(T::default());
    }

    fn diagonal(self, _p: usize) -> T {
        T::default()
    }
}
