//! How much a step changes the energy, without the digits that a difference of two energies would lose.
//!
//! With Δ = v − u, r(u) = f − Lu − Wg(u) and m = (u + v)/2
//!
//! E(v) − E(u) = −½ Σ Δ(r(u) + r(v)) + Σ W [G(v) − G(u) − ½Δ(g(u) + g(v))],
//!
//! and the bracket, the error of the trapezoidal rule, is 2 sinh m (sinh ½Δ − ½Δ cosh ½Δ) for g = sinh: no two large
//! numbers are subtracted, and at the end of an iteration the change is as accurate as the residuals are.

use modewise_problems::Reaction;

use super::Term;
use crate::classical::{
    operator::{Operator, volume},
    sweep::{Layers, pass},
};

/// Steps that are tried at most: the last is a millionth of a millionth of the first.
const TRIES: usize = 40;
/// The share of what the slope promises that the energy has to fall by (Armijo; Nocedal & Wright, *Numerical
/// Optimization*, 2nd ed. 2006, §3.1).
const SHARE: f64 = 1e-4;

/// A state with its residual.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub u: &'a [f64],
    pub r: &'a [f64],
}

impl Term {
    /// E(to) − E(from); not finite where it is too large for a number. `sums` has room for a number a layer.
    pub fn energy_change(&self, operator: &Operator<f64>, from: At<'_>, to: At<'_>, sums: &mut [f64]) -> f64 {
        let layout = operator.layout();
        let (layers, columns, m) = (Layers::of(layout), layout.extent(2), layout.unknowns[2]);
        let weigh =
            |axis: usize, p: usize| if operator.is_per_volume() { volume(layout, axis, p) } else { 1.0 };
        pass::sum_layers(layers, sums, |l, sum| {
            for j in layers.rows() {
                let [plane, row] = layers.place(l, j);
                let start = l * layers.stride() + j * columns;
                let at = |p: usize| {
                    let (u, v) = (from.u[start + p], to.u[start + p]);
                    let step = v - u;
                    let linear = -0.5 * step * (from.r[start + p] + to.r[start + p]);
                    match self.weights.get(start + p) {
                        Some(weight) if *weight > 0.0 => linear + weight * trapezoid(self.reaction, u, step),
                        _ => linear,
                    }
                };
                let inner: f64 = (1..=m).map(at).sum();
                let ends = (1.0 - weigh(2, 1)) * at(1) + (1.0 - weigh(2, m)) * at(m);
                *sum += weigh(0, plane) * weigh(1, row) * (inner - ends);
            }
        })
    }
}

/// G(u + Δ) − G(u) − ½Δ(g(u) + g(u + Δ)).
fn trapezoid(reaction: Reaction, u: f64, step: f64) -> f64 {
    match reaction {
        Reaction::Linear => 0.0,
        _ => {
            let half = 0.5 * step;
            // sinh x − x cosh x, by its series where the two are nearly the same.
            let square = half * half;
            let difference = if half.abs() < 0.1 {
                -half
                    * square
                    * (1.0 / 3.0 + square * (1.0 / 30.0 + square * (1.0 / 840.0 + square / 45_360.0)))
            } else {
                half.sinh() - half * half.cosh()
            };
            2.0 * (u + half).sinh() * difference
        }
    }
}

/// The longest of the steps λ, ½λ, ¼λ, … that makes the energy fall: `change(λ)` tells by how much step λ changes it,
/// `slope` < 0 by how much step 1 would along a straight line. 0 if none does.
pub(crate) fn longest(mut lambda: f64, slope: f64, mut change: impl FnMut(f64) -> f64) -> f64 {
    for _ in 0..TRIES {
        // Not so where the change is not a number.
        if change(lambda) <= SHARE * lambda * slope {
            return lambda;
        }
        lambda *= 0.5;
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bracket_is_that_of_the_definition() {
        for u in [-3.0f64, 0.0, 0.7, 12.0] {
            for step in [-5.0f64, -0.3, -0.19, 0.05, 0.201, 1.0, 4.0] {
                let v = u + step;
                let plain = v.cosh() - u.cosh() - 0.5 * step * (u.sinh() + v.sinh());
                let scale = v.cosh() + u.cosh();
                assert!((trapezoid(Reaction::Sinh, u, step) - plain).abs() < 1e-14 * scale, "{u} {step}");
            }
        }
        // A step of 1e-4 leaves of the difference nothing but rounding, of the bracket all digits: −Δ³ sinh(m)/12.
        let short = trapezoid(Reaction::Sinh, 1.0, 1e-4);
        assert!((short / (-1e-12 * 1.00005f64.sinh() / 12.0) - 1.0).abs() < 1e-8);
    }

    #[test]
    fn steps_are_halved_until_the_energy_falls() {
        // E = cosh(30λ) − 100λ: its slope at 0 is −100.
        assert_eq!(longest(1.0, -100.0, |lambda| (30.0 * lambda).cosh() - 1.0 - 100.0 * lambda), 0.0625);
        assert_eq!(longest(1.0, -1.0, |_| f64::NAN), 0.0);
        assert_eq!(longest(0.25, -1.0, |lambda| -0.5 * lambda), 0.25);
    }
}
