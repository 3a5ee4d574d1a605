//! A membrane under even load: no closed form, but a series.

use std::{f64::consts::PI, sync::Arc};

use super::{Entry, Make};
use crate::{Domain, Points, Problem, Spec};

pub(super) const ENTRY: Entry = Entry {
    name: "bump-2d",
    summary: "−Δu = 1 on the unit square, u = 0 on the sides: a membrane under even load; u is known as a series",
    parameters: &[],
    make: Make::Program(|_| Ok(Arc::new(Bump { domain: Domain::dirichlet(&[[0.0, 1.0]; 2]) }))),
};

#[derive(Debug)]
struct Bump {
    domain: Domain,
}

/// u = x(1−x)/2 − (4/π³) Σ_{k odd} k⁻³ sin(kπx) cosh(kπ(y−½))/cosh(kπ/2), the separated solution
/// (Timoshenko & Goodier, *Theory of Elasticity*, §109, torsion of a square bar). Terms fall like
/// exp(−kπ·distance of y to its sides), so the coordinate further inside is taken for y.
fn membrane(x: f64, y: f64) -> f64 {
    let depth = |t: f64| t.min(1.0 - t);
    let (x, y) = if depth(y) >= depth(x) { (x, y) } else { (y, x) };
    if depth(y) <= 0.0 || depth(x) <= 0.0 {
        return 0.0;
    }
    let mut sum = 0.0;
    let mut k = 1.0;
    loop {
        let fall = (-k * PI * y).exp() + (-k * PI * (1.0 - y)).exp();
        let term = fall / ((1.0 + (-k * PI).exp()) * k * k * k);
        sum += term * (k * PI * x).sin();
        if term < 1e-18 {
            break;
        }
        k += 2.0;
    }
    0.5 * x * (1.0 - x) - 4.0 / PI.powi(3) * sum
}

impl Problem for Bump {
    fn spec(&self) -> Spec {
        Spec::new(ENTRY.name)
    }

    fn title(&self) -> String {
        "−Δu = 1 on (0, 1)², u = 0 on the sides".into()
    }

    fn domain(&self) -> &Domain {
        &self.domain
    }

    fn source(&self, _points: Points<'_>, out: &mut [f64]) {
        out.fill(1.0);
    }

    fn exact(&self, points: Points<'_>, out: &mut [f64]) -> bool {
        points.evaluate(out, |x| membrane(x[0], x[1]));
        true
    }

    fn to_file(&self) -> Result<String, &'static str> {
        Err("its solution is a series, which no formula states")
    }

    fn wave_number(&self) -> Option<f64> {
        // Its second derivatives jump in the corners.
        None
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_centre_is_the_textbook_value() {
        // Timoshenko & Goodier give 0.0736713 for u(½, ½), the torsion function of the unit square.
        assert!((super::membrane(0.5, 0.5) - 0.073_671_353_3).abs() < 1e-9);
        assert!((super::membrane(0.1, 0.3) - super::membrane(0.3, 0.9)).abs() < 1e-14);
    }
}
