//! Residuals and sweeps.

use std::sync::Arc;

use modewise_problems::{Discrete, Field};

use super::{Kernel, Sweepable, matrix_bytes, single, sweepable, wavy};
use crate::classical::{
    real::Real,
    sweep::{
        colours::{self, Order, Workspace},
        lexicographic::{self, Direction, Scratch},
        pass::{self, Formula},
        wavefront::{self, Wavefront},
    },
};

/// With constant coefficients.
pub(super) fn constant(discrete: &Arc<Discrete>) -> Vec<Kernel> {
    vec![
        Kernel::new("residual, stored", 24.0, discrete, |discrete| {
            let (u, mut r) = (wavy(&discrete), Field::zeros(discrete.grid()));
            move || discrete.residual(u.values(), r.values_mut())
        }),
        Kernel::new("residual, its norm", 16.0, discrete, |discrete| {
            let u = wavy(&discrete);
            move || {
                std::hint::black_box(discrete.residual_squares(u.values()));
            }
        }),
        Kernel::new("jacobi sweep", 24.0, discrete, |discrete| jacobi(sweepable(&discrete))),
        Kernel::new("jacobi sweep, f32", 12.0, discrete, |discrete| jacobi(single(&discrete))),
        Kernel::new("jacobi sweeps, several in one pass", 24.0, discrete, |discrete| {
            let (operator, f, mut u) = sweepable(&discrete);
            let mut next = u.clone();
            let mut waves = Wavefront::new(operator.layout());
            move || waves.sweep(&operator, 0.8, wavefront::MOST as u64, &mut u, &f, &mut next)
        })
        .of_passes(wavefront::MOST),
        Kernel::new("red-black gauss-seidel sweep", 24.0, discrete, |discrete| {
            let (operator, f, mut u) = sweepable(&discrete);
            let mut work = Workspace::new(operator.layout());
            move || colours::sweep(&operator, Order::RedBlack, None, &mut u, &f, &mut work)
        }),
        Kernel::new("lexicographic gauss-seidel sweep", 24.0, discrete, |discrete| {
            let (operator, f, mut u) = sweepable(&discrete);
            let mut next = u.clone();
            let mut scratch = Scratch::new(operator.layout());
            move || {
                lexicographic::sweep(&operator, Direction::Forward, 1.0, &u, &f, &mut next, &mut scratch);
                std::mem::swap(&mut u, &mut next);
            }
        }),
    ]
}

/// With coefficients that vary.
pub(super) fn variable(discrete: &Arc<Discrete>) -> Kernel {
    Kernel::new("jacobi sweep, ε and κ² vary", 24.0 + matrix_bytes(discrete), discrete, |discrete| {
        jacobi(sweepable(&discrete))
    })
}

fn jacobi<T: Real>((operator, f, mut u): Sweepable<T>) -> impl FnMut() + Send {
    let mut next = u.clone();
    move || {
        pass::apply(&operator, Formula::Relax(T::from_f64(0.8)), &u, &f, &mut next);
        std::mem::swap(&mut u, &mut next);
    }
}
