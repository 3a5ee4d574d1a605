//! Smoothers: relaxation sweeps that take the high half of the spectrum out of the error.

use rayon::prelude::*;

use crate::{
    classical::{
        layout::Layout,
        operator::Operator,
        real::Real,
        sweep::{
            colours::{self, Order, Workspace},
            pass::{self, Formula},
        },
    },
    memory::Buffer,
};

use super::level::Guess;

/// Which smoother.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Red-black Gauss–Seidel.
    RedBlack,
    /// ω-Jacobi.
    Jacobi,
}

/// The order of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sense {
    /// As it is.
    Forward,
    /// That of the adjoint: what makes a cycle a symmetric preconditioner.
    Adjoint,
}

/// A smoother with its memory for one level.
#[derive(Debug)]
pub(crate) enum Smoother<T: Real> {
    RedBlack(Workspace<T>),
    Jacobi { omega: T, next: Buffer<T> },
}

/// ω = 2d/(2d + 1) makes the damping of the lowest and of the highest mode of the upper half of the
/// spectrum equal, (2d − 1)/(2d + 1): the smoothing factor (Trottenberg et al., §2.1).
fn best_omega(dimension: usize) -> f64 {
    let d = dimension as f64;
    2.0 * d / (2.0 * d + 1.0)
}

/// Values that one thread copies at a time.
const PIECE: usize = 1 << 14;

/// to = from, on all threads where there is much to copy.
pub(super) fn copy<T: Real>(from: &[T], to: &mut [T]) {
    to.par_chunks_mut(PIECE).zip(from.par_chunks(PIECE)).for_each(|(to, from)| to.copy_from_slice(from));
}

/// values = 0.
pub(super) fn clear<T: Real>(values: &mut [T]) {
    if values.len() <= PIECE {
        return values.fill(T::default());
    }
    values.par_chunks_mut(PIECE).for_each(|values| values.fill(T::default()));
}

impl<T: Real> Smoother<T> {
    /// `omega` is that of Jacobi; none for the best of the dimension.
    pub fn new(kind: Kind, omega: Option<f64>, layout: &Layout) -> Self {
        match kind {
            Kind::RedBlack => Self::RedBlack(Workspace::new(layout)),
            Kind::Jacobi => Self::Jacobi {
                omega: T::from_f64(omega.unwrap_or_else(|| best_omega(layout.dimension))),
                next: Buffer::zeroed(layout.len()),
            },
        }
    }

    /// `sweeps` sweeps over Au = f.
    pub fn smooth(
        &mut self,
        operator: &Operator<T>,
        sweeps: usize,
        sense: Sense,
        guess: Guess,
        u: &mut [T],
        f: &[T],
    ) {
        if guess == Guess::Zero {
            clear(u);
        }
        match self {
            Self::RedBlack(work) => {
                let order = match sense {
                    Sense::Forward => Order::RedBlack,
                    Sense::Adjoint => Order::BlackRed,
                };
                (0..sweeps).for_each(|_| colours::sweep(operator, order, None, u, f, work));
            }
            Self::Jacobi { omega, next } => {
                for _ in 0..sweeps {
                    pass::apply(operator, Formula::Relax(*omega), u, f, next);
                    copy(next, u);
                }
            }
        }
    }

    /// Bytes of the memory for one level.
    pub fn bytes(kind: Kind, layout: &Layout) -> u64 {
        let values = match kind {
            Kind::RedBlack => Workspace::<T>::total(layout),
            Kind::Jacobi => layout.len(),
        };
        (values * size_of::<T>()) as u64
    }

    /// Flops of a sweep over `count` unknowns, `pass` those of a pass of the operator: Gauss–Seidel does
    /// without the product and the addition for (1 − ω)u.
    pub fn flops(&self, pass: f64, count: f64) -> f64 {
        match self {
            Self::RedBlack(_) => pass - 2.0 * count,
            Self::Jacobi { .. } => pass,
        }
    }
}
