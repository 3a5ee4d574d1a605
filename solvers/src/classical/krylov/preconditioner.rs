//! Preconditioners of conjugate gradients: cheap approximate inverses of A, symmetric and positive definite
//! in the scalar product of the system.

use multiversion::multiversion;
use rayon::prelude::*;

use crate::{
    classical::{
        layout::Layout,
        operator::{Operator, Row, Rows},
        real::Real,
        sweep::{
            Layers,
            colours::{self, Order, Workspace},
            lexicographic::{self, Direction, Scratch},
            slabs::Slabs,
        },
    },
    memory::Buffer,
};

/// Values that one thread clears at a time.
const PIECE: usize = 1 << 16;

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
    let (slabs, stride) = (Slabs::of(layers), layers.stride());
    slabs.for_each(slabs.cut(z, stride), &|k, z| {
        for (l, z) in slabs.places(k).zip(z.values.chunks_exact_mut(stride)) {
            divide_layer(rows, l, r, z);
        }
    });
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

/// Symmetric successive over-relaxation from zero, a sweep and its adjoint:
/// M = (D/ω + L)((2/ω − 1)D)⁻¹(D/ω + Lᵀ), L the coefficients towards unknowns visited before.
pub(crate) struct Ssor<T: Real> {
    omega: T,
    order: Visits<T>,
    flops: f64,
}

/// The order of the sweeps.
enum Visits<T: Real> {
    /// Red and black, then black and red.
    Colours(Workspace<T>),
    /// From the first to the last and back, where colours do not close: across the seam of a periodic axis
    /// of odd length red unknowns would move together, which is too far for a large ω.
    Rows(Buffer<T>, Scratch<T>),
}

impl<T: Real> Ssor<T> {
    pub fn new(operator: &Operator<T>, omega: f64) -> Self {
        let layout = operator.layout();
        let order = if layout.has_odd_seam() {
            Visits::Rows(Buffer::zeroed(layout.len()), Scratch::new(layout))
        } else {
            Visits::Colours(Workspace::new(layout))
        };
        Self { omega: T::from_f64(omega), order, flops: 2.0 * operator.pass_flops() }
    }
}

impl<T: Real> Preconditioner<T> for Ssor<T> {
    fn apply(&mut self, operator: &Operator<T>, r: &[T], z: &mut [T]) {
        z.par_chunks_mut(PIECE).for_each(|z| z.fill(T::default()));
        match &mut self.order {
            Visits::Colours(work) => {
                for order in [Order::RedBlack, Order::BlackRed] {
                    colours::sweep(operator, order, Some(self.omega), z, r, work);
                }
            }
            Visits::Rows(next, scratch) => {
                lexicographic::sweep(operator, Direction::Forward, self.omega, z, r, next, scratch);
                lexicographic::sweep(operator, Direction::Backward, self.omega, next, r, z, scratch);
            }
        }
    }

    fn flops(&self) -> f64 {
        self.flops
    }
}
