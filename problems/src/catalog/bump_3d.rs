//! The box under even load: no closed form, but an integral of products of functions of one variable.
//!
//! The heat equation w_t = Δw from w = 1, w = 0 on the sides, has ∫₀^∞ w dt = u with −Δu = 1, and its
//! solution is a product of 1-D ones:
//!
//! u = ∫₀^∞ θ(x/a, t/a²) θ(y/b, t/b²) θ(z/c, t/c²) dt
//!
//! in a box of lengths a, b and c, θ being that of the unit interval.
//!
//! θ is analytic in ln t, so that the trapezoidal rule in ln t converges geometrically (Trefethen &
//! Weideman, *SIAM Review* 56, 2014). Its values are made once for every coordinate that occurs among a
//! batch of points, which on a grid are few: then a node costs three factors a quadrature point.

use std::{collections::HashMap, f64::consts::PI, sync::Arc};

use rayon::prelude::*;

use super::{Entry, Make, bump};
use crate::{Domain, Points, Problem, Spec};

pub(super) const ENTRY: Entry = Entry {
    name: "bump-3d",
    summary: "−Δu = 1 on a box, u = 0 on the sides: a cube under even load; u is known as an integral",
    parameters: &bump::PARAMETERS,
    make: Make::Program(|settings| Ok(Arc::new(Bump::new(bump::lengths(settings)?)))),
};

/// Spacing of the quadrature points in ln t, and the range outside of which less than 1e-17 is left, in
/// 3/(a⁻² + b⁻² + c⁻²): ∫ dt below e^FIRST, ∫ θθθ ≈ (4/π)³ ∫ exp(−3π²t) dt above e^LAST.
const STEP: f64 = 0.25;
const FIRST: f64 = -39.0;
const LAST: f64 = 0.5;
/// Up to this t a wall does not feel the opposite one: erfc(1/2√t) is below rounding.
const SHORT: f64 = 1.0 / 144.0;
/// From this on erf is 1 in double precision.
const ERF_IS_ONE: f64 = 6.0;
/// Points a table of θ is made for: bounds its memory where no two coordinates agree.
const TABLE: usize = 1 << 14;

#[derive(Debug)]
struct Bump {
    lengths: [f64; 3],
    domain: Domain,
    /// (t, weight).
    quadrature: Vec<(f64, f64)>,
}

impl Bump {
    fn new(lengths: [f64; 3]) -> Self {
        let points = ((LAST - FIRST) / STEP) as usize;
        let unit = 3.0 / lengths.iter().map(|length| length.powi(-2)).sum::<f64>();
        let quadrature = (0..=points).map(|i| {
            let t = unit * (FIRST + i as f64 * STEP).exp();
            (t, t * STEP)
        });
        Self { lengths, domain: bump::domain(&lengths), quadrature: quadrature.collect() }
    }

    /// θ(x/length, t/length²) at all quadrature points: walls of their own while t is short, then the series
    /// Σ_{k odd} 4/(kπ) exp(−k²π²t) sin kπx of the unit interval.
    fn theta(&self, length: f64, x: f64, out: &mut [f64]) {
        out.fill(0.0);
        let (x, square) = (x / length, length * length);
        if x <= 0.0 || x >= 1.0 {
            return;
        }
        let (short, long) =
            self.quadrature.split_at(self.quadrature.partition_point(|(t, _)| *t <= SHORT * square));
        let (at_short, at_long) = out.split_at_mut(short.len());
        for (theta, (t, _)) in at_short.iter_mut().zip(short) {
            let width = 2.0 * (t / square).sqrt();
            *theta = erf(x / width) + (erf((1.0 - x) / width) - 1.0);
        }
        for k in (1..).step_by(2).map(f64::from) {
            let wave = 4.0 / (k * PI) * (k * PI * x).sin();
            for (theta, (t, _)) in at_long.iter_mut().zip(long) {
                *theta += wave * (-k * k * PI * PI * t / square).exp();
            }
            if k * k * PI * PI * SHORT > 40.0 {
                break;
            }
        }
    }

    /// u at a few points.
    fn load(&self, points: Points<'_>, out: &mut [f64]) {
        let mut rows = HashMap::new();
        let mut table = Vec::new();
        let size = self.quadrature.len();
        let name = |axis: usize, x: f64| (self.lengths[axis].to_bits(), x.to_bits());
        for x in points.iter() {
            for (axis, &x) in x.iter().enumerate() {
                rows.entry(name(axis, x)).or_insert_with(|| {
                    table.resize(table.len() + size, 0.0);
                    let row = table.len() - size;
                    self.theta(self.lengths[axis], x, &mut table[row..]);
                    row
                });
            }
        }
        let row = |axis: usize, x: f64| &table[rows[&name(axis, x)]..][..size];
        for (u, x) in out.iter_mut().zip(points.iter()) {
            let factors = row(0, x[0]).iter().zip(row(1, x[1])).zip(row(2, x[2])).zip(&self.quadrature);
            *u = factors.map(|(((a, b), c), (_, weight))| weight * (a * b) * c).sum();
        }
    }
}

/// erf z for z ≥ 0 by its series of positive terms, 2/√π exp(−z²) Σ 2ⁿ z²ⁿ⁺¹/(2n+1)!!.
fn erf(z: f64) -> f64 {
    if z >= ERF_IS_ONE {
        return 1.0;
    }
    let (mut term, mut sum, mut odd) = (z, z, 1.0);
    while term > 1e-17 * sum {
        odd += 2.0;
        term *= 2.0 * z * z / odd;
        sum += term;
    }
    2.0 / PI.sqrt() * (-z * z).exp() * sum
}

impl Problem for Bump {
    fn spec(&self) -> Spec {
        bump::spec(ENTRY.name, &self.lengths)
    }

    fn title(&self) -> String {
        bump::title(&self.lengths)
    }

    fn domain(&self) -> &Domain {
        &self.domain
    }

    fn source(&self, _points: Points<'_>, out: &mut [f64]) {
        out.fill(1.0);
    }

    fn exact(&self, points: Points<'_>, out: &mut [f64]) -> bool {
        out.par_chunks_mut(TABLE)
            .zip(points.coordinates().par_chunks(3 * TABLE))
            .for_each(|(out, x)| self.load(Points::new(x, 3), out));
        true
    }

    fn to_file(&self) -> Result<String, &'static str> {
        Err("its solution is an integral, which no formula states")
    }

    fn wave_number(&self) -> Option<f64> {
        // Its second derivatives jump at the edges.
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// −Δu = 1 by sines in x and y and hyperbolic cosines in z: Σ_{k,l odd} 16/(π²klγ²)
    /// (1 − cosh γ(z−c/2)/cosh γc/2) sin kπx/a sin lπy/b with γ = π√(k²/a²+l²/b²). The 1 sums to the 2-D solution,
    /// whose own series in the cosh of y converges as fast.
    fn by_series([a, b, c]: [f64; 3], [x, y, z]: [f64; 3], terms: usize) -> f64 {
        let fall = |gamma: f64, z: f64, side: f64| {
            ((-gamma * z).exp() + (-gamma * (side - z)).exp()) / (1.0 + (-gamma * side).exp())
        };
        let odd = || (0..terms).map(|i| (2 * i + 1) as f64);
        let mut u = 0.5 * x * (a - x);
        for k in odd() {
            let wave = (k * PI * x / a).sin();
            u -= 4.0 * a * a / (k * PI).powi(3) * wave * fall(k * PI / a, y, b);
            for l in odd() {
                let gamma = PI * (k / a).hypot(l / b);
                let waves = wave * (l * PI * y / b).sin();
                u -= 16.0 / (PI * PI * k * l * gamma * gamma) * waves * fall(gamma, z, c);
            }
        }
        u
    }

    #[test]
    fn the_integral_is_the_double_series() {
        for (lengths, x, terms) in [
            ([1.0; 3], [0.5, 0.5, 0.5], 20),
            ([1.0; 3], [0.1, 0.3, 0.4], 30),
            ([1.0; 3], [0.01, 0.02, 0.07], 150),
            ([1.0; 3], [1e-5, 0.6, 0.5], 20),
            ([1.0; 3], [0.97, 0.9, 0.95], 220),
            ([1.0, 2.0, 3.0], [0.4, 0.7, 1.1], 40),
            ([1.0, 2.0, 3.0], [0.9, 1.5, 2.9], 160),
            ([4.0, 0.5, 0.7], [3.1, 0.3, 0.6], 220),
        ] {
            let mut u = [0.0];
            Bump::new(lengths).exact(Points::new(&x, 3), &mut u);
            let series = by_series(lengths, x, terms);
            assert!((u[0] - series).abs() < 2e-15, "{lengths:?} {x:?}: {} and {series}", u[0]);
        }
    }

    #[test]
    fn the_centre_is_the_known_value() {
        // Also by the triple series Σ 64/(π⁵ klm (k²+l²+m²)) sin sin sin over odd numbers.
        let mut u = [0.0];
        Bump::new([1.0; 3]).exact(Points::new(&[0.5; 3], 3), &mut u);
        assert!((u[0] - 0.056_212_8).abs() < 5e-8, "{}", u[0]);
    }
}
