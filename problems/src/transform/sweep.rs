//! A transform along one axis of an array: rows two by two, columns gathered into rows a few cache
//! lines at a time.

use std::cell::RefCell;

use ndarray::{ArrayViewMut2, ArrayViewMut3, Axis, parallel::prelude::*};

use super::line::{Direction, Line, Scratch};

/// Fewer values than this stay on the calling thread.
const PARALLEL: usize = 1 << 14;

/// Rows a task; even, so that pairs are the same however the tasks are spread.
const ROWS: usize = 8;

/// Columns gathered at a time: two cache lines.
const COLUMNS: usize = 16;

#[derive(Default)]
struct Workspace {
    scratch: Scratch,
    rows: Vec<f64>,
}

thread_local! {
    /// One workspace a thread, kept, so that repeated transforms allocate nothing.
    static WORKSPACE: RefCell<Workspace> = RefCell::default();
}

/// Transforms the planes of `values` (the last two axes, or the very last one) by `lines`.
pub(super) fn planes(
    mut values: ArrayViewMut3<'_, f64>,
    direction: Direction,
    middle: Option<&Line>,
    last: Option<&Line>,
) {
    let parallel = values.len() >= PARALLEL;
    // A plane stays in cache from one axis to the other; a single one is shared among the threads.
    let single = values.len_of(Axis(0)) == 1;
    let plane = |mut plane: ArrayViewMut2<'_, f64>| {
        let order: [Axis; 2] = match direction {
            Direction::Forward => [Axis(1), Axis(0)],
            Direction::Inverse => [Axis(0), Axis(1)],
        };
        for axis in order {
            match (axis, middle, last) {
                (Axis(1), _, Some(line)) => {
                    chunks(plane.view_mut(), Axis(0), ROWS, parallel && single, |block| {
                        rows(line, direction, block);
                    });
                }
                (Axis(0), Some(line), _) => {
                    chunks(plane.view_mut(), Axis(1), COLUMNS, parallel && single, |block| {
                        columns(line, direction, block);
                    });
                }
                _ => {}
            }
        }
    };
    if parallel && !single {
        values.axis_iter_mut(Axis(0)).into_par_iter().for_each(plane);
    } else {
        values.axis_iter_mut(Axis(0)).for_each(plane);
    }
}

/// Transforms `values` along their first axis.
pub(super) fn first_axis(mut values: ArrayViewMut3<'_, f64>, direction: Direction, line: &Line) {
    let parallel = values.len() >= PARALLEL;
    values.swap_axes(0, 1);
    let single = values.len_of(Axis(0)) == 1;
    let plane = |plane: ArrayViewMut2<'_, f64>| {
        chunks(plane, Axis(1), COLUMNS, parallel && single, |block| columns(line, direction, block));
    };
    if parallel && !single {
        values.axis_iter_mut(Axis(0)).into_par_iter().for_each(plane);
    } else {
        values.axis_iter_mut(Axis(0)).for_each(plane);
    }
}

fn chunks(
    mut plane: ArrayViewMut2<'_, f64>,
    axis: Axis,
    size: usize,
    parallel: bool,
    work: impl Fn(ArrayViewMut2<'_, f64>) + Sync + Send,
) {
    if parallel {
        plane.axis_chunks_iter_mut(axis, size).into_par_iter().for_each(work);
    } else {
        plane.axis_chunks_iter_mut(axis, size).for_each(work);
    }
}

fn rows(line: &Line, direction: Direction, mut block: ArrayViewMut2<'_, f64>) {
    WORKSPACE.with_borrow_mut(|Workspace { scratch, rows }| {
        let mut pairs = block.rows_mut().into_iter();
        while let Some(x) = pairs.next() {
            let x = contiguous(x);
            match pairs.next() {
                Some(y) => line.transform(direction, x, contiguous(y), scratch),
                None => {
                    rows.clear();
                    rows.resize(x.len(), 0.0);
                    line.transform(direction, x, rows, scratch);
                }
            }
        }
    });
}

fn columns(line: &Line, direction: Direction, mut block: ArrayViewMut2<'_, f64>) {
    WORKSPACE.with_borrow_mut(|Workspace { scratch, rows }| {
        let (length, width) = block.dim();
        let even = width + width % 2;
        rows.resize((even * length).max(rows.len()), 0.0);
        let gathered = &mut rows[..even * length];
        gathered[width * length..].fill(0.0);
        for (i, row) in block.rows().into_iter().enumerate() {
            for (column, value) in row.iter().enumerate() {
                gathered[column * length + i] = *value;
            }
        }
        for pair in gathered.chunks_exact_mut(2 * length) {
            let (x, y) = pair.split_at_mut(length);
            line.transform(direction, x, y, scratch);
        }
        for (i, mut row) in block.rows_mut().into_iter().enumerate() {
            for (column, value) in row.iter_mut().enumerate() {
                *value = gathered[column * length + i];
            }
        }
    });
}

fn contiguous(row: ndarray::ArrayViewMut1<'_, f64>) -> &mut [f64] {
    // Invariant: rows are slices of the last axis of an array in row-major order.
    row.into_slice().expect("a row lies in one piece")
}
