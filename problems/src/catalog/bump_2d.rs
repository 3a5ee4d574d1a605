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
    // Waves and exponentials of k + 2 from those of k: a rotation and three products, where a sine and three
    // exponentials a term would take most of the time of solving on a large grid.
    let (mut sine, mut cosine) = (PI * x).sin_cos();
    let (turn_sine, turn_cosine) = (2.0 * PI * x).sin_cos();
    let exponentials = |k: f64| [(-k * PI * y).exp(), (-k * PI * (1.0 - y)).exp(), (-k * PI).exp()];
    let (mut fall, step) = (exponentials(1.0), exponentials(2.0));
    let mut sum = 0.0;
    let mut k = 1.0;
    loop {
        let term = (fall[0] + fall[1]) / ((1.0 + fall[2]) * k * k * k);
        sum += term * sine;
        if term < 1e-18 {
            break;
        }
        k += 2.0;
        (sine, cosine) = (sine * turn_cosine + cosine * turn_sine, cosine * turn_cosine - sine * turn_sine);
        fall.iter_mut().zip(step).for_each(|(fall, step)| *fall *= step);
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

    /// Thousands of terms: what repeated products gather of rounding stays far below any discretisation error.
    #[test]
    fn terms_from_each_other_are_those_of_the_formula() {
        use std::f64::consts::PI;
        for (x, y) in [(0.5, 0.5), (0.3, 0.4), (0.02, 0.05), (0.001, 0.001), (0.9991, 0.0012)] {
            let (a, b) = if (0.5f64 - y).abs() <= (0.5f64 - x).abs() { (x, y) } else { (y, x) };
            let term = |k: f64| {
                let fall = (-k * PI * b).exp() + (-k * PI * (1.0 - b)).exp();
                fall / (1.0 + (-k * PI).exp()) / k.powi(3) * (k * PI * a).sin()
            };
            let series: f64 = (0..20_000).map(|j| term(2.0 * f64::from(j) + 1.0)).sum();
            let u = 0.5 * a * (1.0 - a) - 4.0 / PI.powi(3) * series;
            assert!((super::membrane(x, y) - u).abs() < 1e-14, "{x} {y}: {} for {u}", super::membrane(x, y));
        }
    }
}
