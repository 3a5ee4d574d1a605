//! Preconditioners of conjugate gradients: cheap approximate inverses of A, symmetric and positive definite
//! in the scalar product of the system.

use multiversion::multiversion;
use rayon::prelude::*;

use crate::classical::{
    layout::Layout,
    operator::{Operator, Row, Rows},
    real::Real,
    sweep::{
        Layers,
        colours::{self, Order, Workspace},
    },
};

/// z = M⁻¹r.
pub(crate) trait Preconditioner<T: Real>: Send {
    /// Writes M⁻¹r to `z`, whose held layers are zero; the outer values of r along rows are not read.
    fn apply(&mut self, operator: &Operator<T>, r: &[T], z: &mut [T]);

    /// Flops of that.
    fn flops(&self) -> f64;
}

/// M = D.
#[derive(Debug)]
pub(crate) struct Diagonal {
    unknowns: usize,
}

impl Diagonal {
    pub fn new(layout: &Layout) -> Self {
        Self { unknowns: layout.count() }
    }
}

impl<T: Real> Preconditioner<T> for Diagonal {
    fn apply(&mut self, operator: &Operator<T>, r: &[T], z: &mut [T]) {
        match operator {
            Operator::Constant(rows) => divide(rows, r, z),
            Operator::Variable(rows) => divide(rows, r, z),
            Operator::Boxes(rows) => divide(rows, r, z),
        }
    }

    fn flops(&self) -> f64 {
        self.unknowns as f64
    }
}

fn divide<T: Real, R: Rows<T>>(rows: &R, r: &[T], z: &mut [T]) {
    let layers = Layers::of(rows.layout());
    let (stride, places) = (layers.stride(), layers.places());
    let z = &mut z[places.start * stride..places.end * stride];
    if layers.slabs().len() == 1 {
        z.chunks_exact_mut(stride).zip(places).for_each(|(z, l)| divide_layer(rows, l, r, z));
    } else {
        z.par_chunks_exact_mut(stride)
            .enumerate()
            .for_each(|(i, z)| divide_layer(rows, places.start + i, r, z));
    }
}

#[multiversion(targets = "simd")]
fn divide_layer<T: Real, R: Rows<T>>(rows: &R, l: usize, r: &[T], z: &mut [T]) {
    let layers = Layers::of(rows.layout());
    let columns = rows.layout().extent(2);
    let r = layers.of_array(r, l);
    for j in layers.rows() {
        let [plane, row] = layers.place(l, j);
        let row = rows.row(plane, row);
        for p in 1..columns - 1 {
            z[j * columns + p] = r[j * columns + p] / row.diagonal(p);
        }
    }
}

/// Symmetric successive over-relaxation from zero, red-black: M = (D/ω + L) (2/ω − 1)⁻¹ D⁻¹... (D/ω + Lᵀ), up to
/// a factor; a sweep over red and black and one over black and red.
#[derive(Debug)]
pub(crate) struct Ssor<T: Real> {
    omega: Option<T>,
    work: Workspace<T>,
    flops: f64,
}

impl<T: Real> Ssor<T> {
    pub fn new(operator: &Operator<T>, omega: f64) -> Self {
        let omega = (omega != 1.0).then(|| T::from_f64(omega));
        let plain = if omega.is_none() { 2.0 * operator.layout().count() as f64 } else { 0.0 };
        Self { omega, work: Workspace::new(operator.layout()), flops: 2.0 * (operator.pass_flops() - plain) }
    }
}

impl<T: Real> Preconditioner<T> for Ssor<T> {
    fn apply(&mut self, operator: &Operator<T>, r: &[T], z: &mut [T]) {
        z.fill(T::default());
        for order in [Order::RedBlack, Order::BlackRed] {
            colours::sweep(operator, order, self.omega, z, r, &mut self.work);
        }
    }

    fn flops(&self) -> f64 {
        self.flops
    }
}
