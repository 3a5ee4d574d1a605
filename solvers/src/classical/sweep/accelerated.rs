//! A sweep of ω-Jacobi accelerated by the iterate before the last, in one pass over memory.

use multiversion::multiversion;

use super::{
    Layers, View,
    slabs::{Cut, Slabs},
};
use crate::{
    classical::{
        layout::Layout,
        operator::{Operator, Row, Rows},
        real::Real,
    },
    memory::Buffer,
};

/// The memory of passes over one layout.
#[derive(Debug)]
pub(crate) struct Workspace<T: Real> {
    slabs: Slabs,
    /// A row a slab.
    rows: Buffer<T>,
}

impl<T: Real> Workspace<T> {
    pub fn new(layout: &Layout) -> Self {
        let slabs = Slabs::of(Layers::of(layout));
        Self { slabs, rows: Buffer::zeroed(slabs.number() * layout.extent(2)) }
    }
}

/// before ← before + ω(J(u) − before), J(u) = u + γD⁻¹(f − Au).
pub(crate) fn step<T: Real>(
    operator: &Operator<T>,
    gamma: T,
    omega: T,
    u: &[T],
    f: &[T],
    before: &mut [T],
    work: &mut Workspace<T>,
) {
    match operator {
        Operator::Constant(rows) => step_rows(rows, [gamma, omega], u, f, before, work),
        Operator::Variable(rows) => step_rows(rows, [gamma, omega], u, f, before, work),
        Operator::Boxes(rows) => step_rows(rows, [gamma, omega], u, f, before, work),
    }
}

fn step_rows<T: Real, R: Rows<T>>(
    rows: &R,
    factors: [T; 2],
    u: &[T],
    f: &[T],
    before: &mut [T],
    work: &mut Workspace<T>,
) {
    let (slabs, stride) = (work.slabs, Layers::of(rows.layout()).stride());
    let scratch = Cut { values: &mut work.rows[..], each: rows.layout().extent(2) };
    slabs.for_each((slabs.cut(before, stride), scratch), &|k, (before, row)| {
        layers_of(rows, factors, u, f, slabs.places(k).start, before.values, row.values);
    });
}

#[multiversion(targets("x86_64+avx+avx2+bmi1+bmi2+lzcnt"))]
fn layers_of<T: Real, R: Rows<T>>(
    rows: &R,
    [gamma, omega]: [T; 2],
    u: &[T],
    f: &[T],
    first: usize,
    before: &mut [T],
    relaxed: &mut [T],
) {
    let layout = rows.layout();
    let layers = Layers::of(layout);
    let columns = layout.extent(2);
    for (l, before) in (first..).zip(before.chunks_exact_mut(layers.stride())) {
        let view = View::of_array(layers, u, l);
        let f = layers.of_array(f, l);
        for j in layers.rows() {
            let [plane, row] = layers.place(l, j);
            let (here, f) = (view.row(layout, j), &f[j * columns..][..columns]);
            rows.row(plane, row).relax(gamma, here, &view.across(layout, j), f, relaxed);
            let before = &mut before[j * columns..][..columns];
            for (before, relaxed) in before[1..columns - 1].iter_mut().zip(&relaxed[1..columns - 1]) {
                *before += omega * (*relaxed - *before);
            }
            layout.seal(before);
        }
    }
}
