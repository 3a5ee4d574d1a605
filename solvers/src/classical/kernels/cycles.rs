//! What a multigrid cycle does on its finest level, fused as cycles do it, and the transfers alone.

use std::sync::Arc;

use modewise_problems::Discrete;

use super::{Kernel, Sweepable, matrix_bytes, single, sweepable};
use crate::classical::{multigrid::halves::Halves, real::Real};

/// With constant coefficients.
pub(super) fn constant(discrete: &Arc<Discrete>) -> Vec<Kernel> {
    let coarse = coarse_bytes(discrete);
    let bytes = 24.0 + coarse;
    vec![
        Kernel::new("half a cycle, down", bytes, discrete, |d| of(sweepable(&d), Halves::down)),
        Kernel::new("half a cycle, up", bytes, discrete, |d| of(sweepable(&d), Halves::up)),
        Kernel::new("half a cycle, down, f32", 0.5 * bytes, discrete, |d| of(single(&d), Halves::down)),
        Kernel::new("half a cycle, up, f32", 0.5 * bytes, discrete, |d| of(single(&d), Halves::up)),
        Kernel::new("restriction of the residual alone", 16.0 + coarse, discrete, |d| {
            of(sweepable(&d), Halves::restrict)
        }),
        Kernel::new("linear correction alone", 16.0 + coarse, discrete, |d| {
            of(sweepable(&d), Halves::correct)
        }),
        Kernel::new("cubic interpolation", 8.0 + coarse, discrete, |d| {
            of(sweepable(&d), Halves::interpolate)
        }),
    ]
}

/// With coefficients that vary.
pub(super) fn variable(discrete: &Arc<Discrete>) -> Vec<Kernel> {
    let bytes = 24.0 + coarse_bytes(discrete) + matrix_bytes(discrete);
    // The diagonal on the way down, and the weights of the interpolation: one a fine place for every coarse
    // place that it lies between.
    let weights = 8.0 * 1.5f64.powi(discrete.grid().dimension() as i32);
    let [down, up] = [bytes + weights + 8.0, bytes + weights];
    vec![
        Kernel::new("half a cycle, down, they vary", down, discrete, |d| of(sweepable(&d), Halves::down)),
        Kernel::new("half a cycle, up, they vary", up, discrete, |d| of(sweepable(&d), Halves::up)),
        Kernel::new("half a cycle, down, they vary, f32", 0.5 * down, discrete, |d| {
            of(single(&d), Halves::down)
        }),
        Kernel::new("half a cycle, up, they vary, f32", 0.5 * up, discrete, |d| of(single(&d), Halves::up)),
    ]
}

/// A number of the coarser grid for 2^d unknowns.
fn coarse_bytes(discrete: &Discrete) -> f64 {
    8.0 / 2f64.powi(discrete.grid().dimension() as i32)
}

fn of<T: Real>((operator, f, u): Sweepable<T>, pass: fn(&mut Halves<T>)) -> impl FnMut() + Send {
    let mut halves = Halves::new(operator, f, u);
    // A grid of a few cells has none coarser, and nothing to measure.
    move || halves.iter_mut().for_each(pass)
}
