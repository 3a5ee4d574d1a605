//! A sweep of ω-Jacobi accelerated by the iterate before the last, in one pass over memory.

use multiversion::multiversion;
use rayon::prelude::*;

use super::{Layers, View};
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
    /// Layers of a slab, the last of which may have fewer.
    layers: usize,
    /// A row a slab.
    rows: Buffer<T>,
}

impl<T: Real> Workspace<T> {
    pub fn new(layout: &Layout) -> Self {
        let layers = Layers::of(layout);
        let (count, slabs) = (layers.places().len(), layers.slabs().len());
        let a_slab = count.div_ceil(slabs);
        Self { layers: a_slab, rows: Buffer::zeroed(count.div_ceil(a_slab) * layout.extent(2)) }
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
    let layers = Layers::of(rows.layout());
    let (stride, places, many) = (layers.stride(), layers.places(), work.layers);
    let before = &mut before[places.start * stride..places.end * stride];
    if many == places.len() {
        return layers_of(rows, factors, u, f, places.start, before, &mut work.rows);
    }
    before
        .par_chunks_mut(many * stride)
        .zip(work.rows.par_chunks_exact_mut(rows.layout().extent(2)))
        .enumerate()
        .for_each(|(slab, (before, row))| {
            layers_of(rows, factors, u, f, places.start + slab * many, before, row);
        });
}

#[multiversion(targets = "simd")]
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
            let across = view.across(layout, j);
            rows.row(plane, row).relax(gamma, here, &across, f, relaxed);
            let before = &mut before[j * columns..][..columns];
            for (before, relaxed) in before[1..columns - 1].iter_mut().zip(&relaxed[1..columns - 1]) {
                *before += omega * (*relaxed - *before);
            }
            layout.seal(before);
        }
    }
}
