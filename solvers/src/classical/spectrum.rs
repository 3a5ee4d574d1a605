//! The ends of the spectrum of D⁻¹A, on which over-relaxation and Chebyshev's method depend.
//!
//! With constant coefficients and sides of one kind an axis, eigenvectors are products of waves of angle θ
//! from node to node, and
//!
//! λ = (κ² + Σ_axes 2c(1 − cos θ)) / (κ² + Σ_axes 2c),   c = ε/h²,
//!
//! with θ = kπ/n, k from 1 to n − 1 (Dirichlet) or from 0 to n (Neumann), (k − ½)π/n, k from 1 to n (one of
//! each), 2kπ/n (periodic). Variable coefficients take Lanczos' method: D⁻¹A is symmetric in the scalar
//! product with D, and the ends of the spectrum come out first, the lower one after about twice as many steps as
//! there are unknowns along the longest axis; four times as many are the most. Where u is defined up to a constant the
//! constant is taken out of every vector: what rounding leaves of it would grow to an eigenvalue 0.
//!
//! Sources: LeVeque, *Finite Difference Methods*, 2007, §2.10; Golub, Van Loan, *Matrix Computations*, 4th
//! ed. 2013, §10.1.

use std::f64::consts::PI;

use modewise_problems::{Condition, Discrete};
use rayon::prelude::*;

use super::{
    operator::{Operator, Variable},
    sweep::{
        Layers,
        pass::{self, Formula},
    },
};
use crate::memory::Buffer;

/// The smallest and the largest eigenvalue of D⁻¹A, of those that are not zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ends {
    pub smallest: f64,
    pub largest: f64,
    /// Flops that finding them took.
    pub flops: f64,
}

/// The ends of the spectrum of D⁻¹A of `discrete`, whose matrix is `operator`.
pub(crate) fn ends(discrete: &Discrete, operator: &Operator<f64>) -> Ends {
    match (operator, discrete.constant_coefficients()) {
        (Operator::Variable(variable), None) => lanczos(operator, variable, discrete.is_singular()),
        // Invariant: a matrix has constant coefficients if its system has.
        (_, constant) => closed_form(discrete, constant.unwrap_or_default()),
    }
}

fn closed_form(discrete: &Discrete, (axes, screening): (&[f64], f64)) -> Ends {
    let diagonal = discrete.largest_diagonal();
    let (mut smallest, mut largest) = (screening, screening);
    let mut least_step = f64::INFINITY;
    for ((c, sides), axis) in axes.iter().zip(discrete.sides()).zip(discrete.grid().axes()) {
        use Condition::{Dirichlet, Neumann, Periodic};
        let n = axis.cells as f64;
        // The smallest angle, the one after it, and the largest.
        let [low, next, high] = match sides {
            [Periodic, _] => [0.0, 2.0 * PI / n, 2.0 * PI * (n / 2.0).floor() / n],
            [Neumann, Neumann] => [0.0, PI / n, PI],
            [Dirichlet, Dirichlet] => [PI / n, 2.0 * PI / n, PI - PI / n],
            _ => [0.5 * PI / n, 1.5 * PI / n, PI - 0.5 * PI / n],
        };
        // 2c(1 − cos θ), without cancellation.
        let value = |angle: f64| 4.0 * c * (0.5 * angle).sin().powi(2);
        smallest += value(low);
        largest += value(high);
        least_step = least_step.min(value(next) - value(low));
    }
    if discrete.is_singular() {
        smallest = least_step;
    }
    Ends { smallest: smallest / diagonal, largest: largest / diagonal, flops: 0.0 }
}

/// Steps between two looks at the estimates.
const LOOK: usize = 16;
/// The lower end is taken as found when it has not moved by more than this share over a quarter of all
/// steps.
const SETTLED: f64 = 1e-3;
/// What estimates may still miss: Lanczos' values lie inside the spectrum.
const MARGIN: f64 = 1e-2;

/// A β below this means that the vectors so far span all there is.
const EXHAUSTED: f64 = 1e-8;
/// Values that a thread takes at a time.
const CHUNK: usize = 1 << 14;

/// Calls `each` with the values of `w` and of `others` at the same places, on all threads.
fn update<const N: usize>(w: &mut [f64], others: [&[f64]; N], each: impl Fn(&mut f64, [f64; N]) + Sync) {
    w.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, w)| {
        let others = others.map(|other| &other[chunk * CHUNK..][..w.len()]);
        w.iter_mut().enumerate().for_each(|(i, w)| each(w, others.map(|other| other[i])));
    });
}

/// The constant where it solves Ax = 0: 1 there, 0 where nodes are no part of the region.
fn constant(operator: &Operator<f64>, matrix: &Variable<f64>) -> Buffer<f64> {
    let layout = operator.layout();
    let (mut ones, mut image) = (Buffer::zeroed(layout.len()), Buffer::zeroed(layout.len()));
    ones.fill(1.0);
    pass::apply(operator, Formula::Apply, &ones, &ones, &mut image);
    update(&mut ones, [&image, &matrix.diagonal], |one, [sum, diagonal]| {
        *one = if diagonal > 0.0 && sum.abs() < 0.5 * diagonal { 1.0 } else { 0.0 };
    });
    layout.seal_all(&mut ones);
    ones
}

fn lanczos(operator: &Operator<f64>, matrix: &Variable<f64>, singular: bool) -> Ends {
    let layout = operator.layout();
    let layers = Layers::of(layout);
    let mut sums = vec![0.0; layers.places().len()];
    let mut weighted: Buffer<f64> = Buffer::zeroed(layout.len());
    let mut dot = |a: &[f64], b: &[f64]| {
        update(&mut weighted, [a, &matrix.diagonal], |w, [a, d]| *w = d * a);
        pass::scalar_product(operator, &weighted, b, &mut sums)
    };
    let zero: Buffer<f64> = Buffer::zeroed(layout.len());
    let null = singular.then(|| constant(operator, matrix));
    let null = null.map(|ones| (dot(&ones, &ones), ones));
    let mut q = start(operator);
    let mut before: Buffer<f64> = Buffer::zeroed(layout.len());
    let mut w: Buffer<f64> = Buffer::zeroed(layout.len());
    if let Some((square, ones)) = &null {
        let mean = dot(&q, ones) / square;
        update(&mut q, [ones], |q, [one]| *q = (*q - mean) * one);
    }
    let norm = dot(&q, &q).sqrt();
    update(&mut q, [], |q, []| *q /= norm);
    let (mut diagonal, mut beside) = (Vec::new(), Vec::new());
    let longest = layout.unknowns.into_iter().max().unwrap_or(1);
    let most = (4 * longest + 64).min(layout.count());
    let mut history: Vec<f64> = Vec::new();
    for step in 1..=most {
        // With f = 0 a sweep of Jacobi is (I − D⁻¹A)q.
        pass::apply(operator, Formula::Relax(1.0), &q, &zero, &mut w);
        let alpha = dot(&w, &q);
        let beta_before = beside.last().copied().unwrap_or(0.0);
        update(&mut w, [&q, &before], |w, [q, before]| *w -= alpha * q + beta_before * before);
        if let Some((square, ones)) = &null {
            let mean = dot(&w, ones) / square;
            update(&mut w, [ones], |w, [one]| *w -= mean * one);
        }
        diagonal.push(1.0 - alpha);
        let beta = dot(&w, &w).sqrt();
        if beta < EXHAUSTED {
            break;
        }
        if step % LOOK == 0 {
            history.push(extreme(&diagonal, &beside, false));
            let earlier = (history.len() - 1).checked_sub(history.len().div_ceil(4));
            if let (Some(now), Some(then)) = (history.last(), earlier.map(|earlier| history[earlier]))
                && then - now < SETTLED * now
            {
                break;
            }
        }
        beside.push(beta);
        update(&mut w, [], |w, []| *w /= beta);
        std::mem::swap(&mut before, &mut q);
        std::mem::swap(&mut q, &mut w);
    }
    beside.truncate(diagonal.len() - 1);
    let flops = diagonal.len() as f64 * (operator.pass_flops() + 13.0 * layout.count() as f64);
    Ends {
        smallest: extreme(&diagonal, &beside, false) * (1.0 - MARGIN),
        largest: (extreme(&diagonal, &beside, true) * (1.0 + MARGIN)).min(2.0),
        flops,
    }
}

/// A smooth vector with every frequency in it, the same every time; zero at boundary values.
fn start(operator: &Operator<f64>) -> Buffer<f64> {
    let layout = operator.layout();
    let mut q = Buffer::zeroed(layout.len());
    let mut random = 1u64;
    for plane in layout.places(0) {
        for row in layout.places(1) {
            let place = plane * layout.stride(0) + row * layout.stride(1);
            for value in &mut q[place + layout.places(2).start..place + layout.places(2).end] {
                // Knuth's linear congruential generator; the upper bits are good.
                random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                *value = 1.0 + (random >> 40) as f64 / (1u64 << 24) as f64;
            }
        }
    }
    layout.seal_all(&mut q);
    q
}

/// The smallest or largest eigenvalue of a symmetric tridiagonal matrix, by bisection on the number of
/// negative pivots of T − xI.
fn extreme(diagonal: &[f64], beside: &[f64], largest: bool) -> f64 {
    let below = |x: f64| {
        let mut pivot = 1.0f64;
        let mut count = 0;
        for (i, d) in diagonal.iter().enumerate() {
            let b = if i == 0 { 0.0 } else { beside[i - 1] };
            pivot = d - x - b * b / pivot;
            if pivot == 0.0 {
                pivot = f64::MIN_POSITIVE;
            }
            count += usize::from(pivot < 0.0);
        }
        count
    };
    // D⁻¹A has its eigenvalues in [0, 2] (Gershgorin).
    let (mut low, mut high) = (0.0, 2.0);
    let wanted = if largest { diagonal.len() } else { 1 };
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if below(middle) < wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}
