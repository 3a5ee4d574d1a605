//! The coarsest level of full approximation storage: so few unknowns that Newton's method with elimination costs less
//! than a sweep of a finer one.

use crate::{
    classical::{
        multigrid::{coarsest::Dense, hierarchy::Lines},
        nonlinear::{At, Term, longest},
        operator::Operator,
        sweep::{Layers, pass::Formula},
    },
    memory::Buffer,
};

/// Newton steps at most: far out each goes one kT/e towards the solution.
const MOST: usize = 400;
/// A step as short as this is taken as it is, and leaves an error of its square.
const SHORT: f64 = 1e-8;

/// The coarsest level.
pub(super) struct Last {
    dense: Dense,
    jacobian: Vec<f64>,
    delta: Vec<f64>,
    u: Buffer<f64>,
    r: [Buffer<f64>; 2],
    sums: Vec<f64>,
}

impl Last {
    pub fn new(operator: &Operator<f64>, lines: &Lines) -> Self {
        let layout = operator.layout();
        let dense = Dense::new(operator, lines);
        let n = dense.places.len();
        let array = || Buffer::zeroed(layout.len());
        Self {
            jacobian: vec![0.0; n * n],
            delta: vec![0.0; n],
            u: array(),
            r: [array(), array()],
            sums: vec![0.0; Layers::of(layout).places().len()],
            dense,
        }
    }

    /// N(u) = f with the reaction `term`, from u on; the flops that took.
    pub fn solve(&mut self, operator: &Operator<f64>, term: &Term, u: &mut [f64], f: &[f64]) -> f64 {
        let layout = operator.layout();
        let Self { dense, jacobian, delta, u: next, r: [r, next_r], sums } = self;
        let n = dense.places.len();
        let size = n as f64;
        let pass = operator.pass_flops() + 2.0 * term.flops(size);
        let mut flops = pass;
        term.apply(operator, Formula::Residual, u, f, r);
        for _ in 0..MOST {
            jacobian.copy_from_slice(&dense.matrix);
            for (i, (place, factor)) in dense.places.iter().zip(&dense.factors).enumerate() {
                delta[i] = factor * r[*place];
                jacobian[i * n + i] += factor * term.slope(*place, u[*place]);
            }
            let right = |i: usize| dense.factors[i] * r[dense.places[i]];
            eliminate(jacobian, delta);
            let slope: f64 = -delta.iter().enumerate().map(|(i, delta)| delta * right(i)).sum::<f64>();
            let longest_part = delta.iter().fold(0.0f64, |longest, delta| longest.max(delta.abs()));
            let short = longest_part <= SHORT;
            next.copy_from_slice(u);
            let lambda = longest(1.0, slope, |lambda| {
                for (place, delta) in dense.places.iter().zip(delta.iter()) {
                    next[*place] = u[*place] + lambda * delta;
                }
                layout.seal_all(next);
                flops += pass;
                term.apply(operator, Formula::Residual, next, f, next_r);
                let change = term.energy_change(operator, At { u, r }, At { u: next, r: next_r }, sums);
                // The last step is all rounding, which the energy says nothing of.
                if short { f64::NEG_INFINITY } else { change }
            });
            flops += size.powi(3) / 3.0;
            if lambda == 0.0 {
                break;
            }
            u.copy_from_slice(next);
            std::mem::swap(r, next_r);
            if short {
                break;
            }
        }
        flops
    }
}

/// Solves Ax = b in place, A symmetric and positive definite: elimination without pivots (Golub & Van Loan, *Matrix
/// Computations*, 4th ed. 2013, §4.2).
fn eliminate(a: &mut [f64], b: &mut [f64]) {
    let n = b.len();
    for k in 0..n {
        for i in k + 1..n {
            let factor = a[i * n + k] / a[k * n + k];
            let (above, below) = a.split_at_mut(i * n);
            let pivots = &above[k * n + k..(k + 1) * n];
            below[k..n].iter_mut().zip(pivots).for_each(|(a, pivot)| *a -= factor * pivot);
            b[i] -= factor * b[k];
        }
    }
    for k in (0..n).rev() {
        let known: f64 = a[k * n + k + 1..(k + 1) * n].iter().zip(&b[k + 1..]).map(|(a, b)| a * b).sum();
        b[k] = (b[k] - known) / a[k * n + k];
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn elimination_solves_a_small_system() {
        let a = [4.0, -1.0, 0.5, -1.0, 3.0, -0.25, 0.5, -0.25, 2.0];
        let x = [1.0, -2.0, 0.5];
        let mut b: Vec<f64> = a.chunks(3).map(|row| row.iter().zip(x).map(|(a, x)| a * x).sum()).collect();
        super::eliminate(&mut a.clone(), &mut b);
        assert!(b.iter().zip(x).all(|(b, x): (&f64, f64)| (b - x).abs() < 1e-14), "{b:?}");
    }
}
