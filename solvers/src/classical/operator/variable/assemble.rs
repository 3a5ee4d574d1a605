//! From a discrete system, or from constants, to the arrays of a [`Variable`] matrix: row by row, on all threads.

use modewise_problems::{Coefficients, Condition, Discrete};

use super::{Variable, for_rows};
use crate::{
    classical::{
        layout::{End, Layout},
        operator::{Constant, Rows, scale_by_volumes, volume},
        real::Real,
    },
    memory::Buffer,
};

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

    /// The faces of all axes.
    fn all_faces<T: Real>(&self) -> [Buffer<T>; 3] {
        std::array::from_fn(|axis| {
            if self.layout.is_absent(axis) {
                return Buffer::zeroed(0);
            }
            let mut faces = Buffer::zeroed(self.layout.len());
            for_rows(&self.layout, &mut faces, |place, out| self.row(axis, place, out));
            faces
        })
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
    /// The matrix of `discrete` without κ², whose ε may be constant too.
    pub fn of_fluxes(discrete: &Discrete) -> Self {
        Self::with_diagonal(discrete, |node| discrete.held_at(node))
    }

    /// The matrix of `discrete`, whose coefficients may be constant too.
    pub fn of(discrete: &Discrete) -> Self {
        match discrete.coefficients() {
            Coefficients::Constant { screening, .. } => Self::with_diagonal(discrete, |_| *screening),
            Coefficients::Variable { screening, .. } => {
                Self::with_diagonal(discrete, |node| screening.get(node).copied().unwrap_or(0.0))
            }
        }
    }

    /// The faces of `discrete`, and `more(node)` beside them on the diagonal.
    fn with_diagonal(discrete: &Discrete, more: impl Fn(usize) -> f64 + Sync) -> Self {
        let nodes = Nodes { discrete, layout: Layout::of(discrete) };
        let layout = &nodes.layout;
        let faces = nodes.all_faces();
        let mut screening = Buffer::zeroed(layout.len());
        for_rows(layout, &mut screening, |[plane, row], out| {
            if !layout.has_unknowns(plane, row) {
                return;
            }
            let across = volume(layout, 0, plane) * volume(layout, 1, row);
            let share = |i: usize| across * volume(layout, 2, i + 1);
            let out = &mut out[1..=layout.unknowns[2]];
            let first = nodes.first(plane, row);
            out.iter_mut().enumerate().for_each(|(i, out)| *out = T::from_f64(share(i) * more(first + i)));
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
        scale_by_volumes(&layout, &mut screening);
        Self::new(layout, faces, screening)
    }
}
