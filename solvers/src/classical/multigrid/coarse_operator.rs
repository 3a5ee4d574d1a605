//! Coarse operators of variable coefficients by averaging faces, one axis after the other.
//!
//! Along the axis that is coarsened two faces in a row make one: like resistances in series their
//! reciprocals add up, so that a jump of ε inside a coarse cell is seen as it is (Alcouffe, Brandt, Dendy,
//! Painter, *SIAM J. Sci. Stat. Comput.* 2 (1981) 430). All other coefficients are equations times
//! volume and add up with the weights of restriction.

use super::transfer::{AxisTransfer, Transfer};
use crate::{
    classical::{
        layout::{End, Layout},
        operator::{Rows, Variable},
        real::Real,
    },
    memory::Buffer,
};

/// The operator of the next coarser level.
pub(super) fn average<T: Real>(fine: &Variable<T>, transfer: &Transfer<T>) -> Variable<T> {
    let mut layout = fine.layout().clone();
    let mut faces = fine.faces.clone();
    let mut screening = screening(fine);
    for (axis, along) in transfer.axes.iter().enumerate().filter(|(_, along)| along.coarsened) {
        let coarse = |values: &mut Buffer<T>, line: &dyn Fn(&[T], &mut [T])| {
            if !values.is_empty() {
                *values = for_lines(&layout, axis, along.unknowns[1], values, line);
            }
        };
        for (direction, faces) in faces.iter_mut().enumerate() {
            if direction == axis {
                coarse(faces, &|fine, out| in_series(along, layout.ends[axis][0], fine, out));
            } else {
                coarse(faces, &|fine, out| side_by_side(along, fine, out));
            }
        }
        coarse(&mut screening, &|fine, out| side_by_side(along, fine, out));
        layout.unknowns[axis] = along.unknowns[1];
    }
    Variable::new(layout, faces, screening)
}

/// κ² times volume: what the diagonal has beside the faces.
fn screening<T: Real>(operator: &Variable<T>) -> Buffer<T> {
    let layout = operator.layout();
    let mut screening = operator.diagonal.clone();
    for plane in layout.places(0) {
        for row in layout.places(1) {
            for column in layout.places(2) {
                let index = plane * layout.stride(0) + row * layout.stride(1) + column;
                for axis in 3 - layout.dimension..3 {
                    let faces = &operator.faces[axis];
                    screening[index] -= faces[index] + faces[index - layout.stride(axis)];
                }
            }
        }
    }
    screening
}

/// Turns every line along `axis` of an array into one with `unknowns` unknowns.
fn for_lines<T: Real>(
    layout: &Layout,
    axis: usize,
    unknowns: usize,
    values: &[T],
    line: &dyn Fn(&[T], &mut [T]),
) -> Buffer<T> {
    let mut coarse = layout.clone();
    coarse.unknowns[axis] = unknowns;
    let mut out = Buffer::zeroed(coarse.len());
    let (stride, extents) = (layout.stride(axis), [layout.extent(axis), coarse.extent(axis)]);
    let (mut from, mut to) = (vec![T::default(); extents[0]], vec![T::default(); extents[1]]);
    for outer in 0..layout.len() / (stride * extents[0]) {
        for inner in 0..stride {
            let start = extents.map(|extent| outer * extent * stride + inner);
            from.iter_mut().enumerate().for_each(|(p, value)| *value = values[start[0] + p * stride]);
            line(&from, &mut to);
            to.iter().enumerate().for_each(|(p, value)| out[start[1] + p * stride] = *value);
        }
    }
    out
}

/// Coarse faces of faces in a row; place p holds the face above p.
fn in_series<T: Real>(along: &AxisTransfer<T>, lower: End, fine: &[T], out: &mut [T]) {
    let [m, coarse] = along.unknowns;
    let (zero, one) = (T::default(), T::from_f64(1.0));
    let above = |p: usize| match p < m {
        true if fine[p] > zero && fine[p + 1] > zero => one / (one / fine[p] + one / fine[p + 1]),
        true => zero,
        false => fine[m],
    };
    for j in 1..=coarse {
        out[j] = above(2 * j - along.shift);
    }
    out[0] = match lower {
        End::Held => above(0),
        End::Mirror => zero,
        End::Wrap => out[coarse],
    };
}

/// Sums of coefficients side by side.
fn side_by_side<T: Real>(along: &AxisTransfer<T>, fine: &[T], out: &mut [T]) {
    for j in 1..=along.unknowns[1] {
        let [a, b, c] = along.children(j).map(|(p, weight)| weight * fine[p]);
        out[j] = a + b + c;
    }
}
