//! The two passes of conjugate gradients, and the parts of the fast Fourier solver.

use std::sync::Arc;

use modewise_problems::Discrete;

use super::{Kernel, sweepable, wavy};
use crate::classical::{
    fft::Transformed,
    krylov::vectors::{self, Workspace},
};

pub(super) fn kernels(discrete: &Arc<Discrete>) -> Vec<Kernel> {
    // In place, along all axes but the first.
    let transforms = 16.0 * (discrete.grid().dimension() - 1) as f64;
    vec![
        Kernel::new("direction and product of cg", 32.0, discrete, |discrete| {
            let (operator, z, mut p) = sweepable(&discrete);
            let (mut q, mut work) = (p.clone(), Workspace::new(operator.layout()));
            move || {
                std::hint::black_box(vectors::direction(
                    &operator,
                    [1.0, 0.5],
                    &z[..],
                    &mut p,
                    &mut q,
                    &mut work,
                ));
            }
        }),
        Kernel::new("update and norm of cg", 48.0, discrete, |discrete| {
            let (operator, mut r, mut u) = sweepable(&discrete);
            let (p, q, mut work) = (u.clone(), u.clone(), Workspace::new(operator.layout()));
            move || {
                std::hint::black_box(vectors::update(&operator, 1e-3, &p, &q, &mut u, &mut r, &mut work));
            }
        }),
        Kernel::new("transforms of fft, there or back", transforms, discrete, |discrete| {
            let (transformed, mut u) = (Transformed::new(&discrete), wavy(&discrete));
            // There and back: sines of sines of sines would end below the smallest number.
            move || {
                if let Some(transformed) = &transformed {
                    transformed.forward(u.values_mut());
                    transformed.inverse(u.values_mut());
                }
            }
        })
        .of_passes(2),
        Kernel::new("elimination of fft", 16.0, discrete, |discrete| {
            let (transformed, mut u) = (Transformed::new(&discrete), wavy(&discrete));
            move || transformed.iter().for_each(|transformed| transformed.eliminate(u.values_mut()))
        }),
    ]
}
