//! A membrane under even load: no closed form, but a series.

use std::{f64::consts::PI, sync::Arc};

use super::{Entry, Make, bump};
use crate::{Domain, Points, Problem, Spec};

pub(super) const ENTRY: Entry = Entry {
    name: "bump-2d",
    summary: "−Δu = 1 on a rectangle, u = 0 on the sides: a membrane under even load; u is known as a series",
    parameters: &bump::PARAMETERS,
    make: Make::Program(|settings| {
        let lengths = bump::lengths(settings)?;
        Ok(Arc::new(Bump { lengths, domain: bump::domain(&lengths) }))
    }),
};

#[derive(Debug)]
struct Bump {
    lengths: [f64; 2],
    domain: Domain,
}

/// u = a²(x(1−x)/2 − (4/π³) Σ_{k odd} k⁻³ sin(kπx) cosh(kπ(y−½)b/a)/cosh(kπb/2a)) at (ax, by) in the rectangle of sides a
/// and b, the separated solution (Timoshenko & Goodier, *Theory of Elasticity*, §109, torsion of a rectangular bar).
/// Terms fall like exp(−kπ·distance of y to its sides·b/a), so the coordinate further inside is taken for y.
fn membrane([a, b]: [f64; 2], x: f64, y: f64) -> f64 {
    let depth = |t: f64| t.min(1.0 - t);
    let swap = depth(y) * b * b < depth(x) * a * a;
    let ([a, b], x, y) = if swap { ([b, a], y, x) } else { ([a, b], x, y) };
    if depth(y) <= 0.0 || depth(x) <= 0.0 {
        return 0.0;
    }
    let ratio = b / a;
    // Waves and exponentials of k + 2 from those of k: a rotation and three products, where a sine and three
    // exponentials a term would take most of the time of solving on a large grid.
    let (mut sine, mut cosine) = (PI * x).sin_cos();
    let (turn_sine, turn_cosine) = (2.0 * PI * x).sin_cos();
    let exponentials = |k: f64| [y, 1.0 - y, 1.0].map(|t| (-k * PI * ratio * t).exp());
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
    a * a * (0.5 * x * (1.0 - x) - 4.0 / PI.powi(3) * sum)
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
        let [a, b] = self.lengths;
        points.evaluate(out, |x| membrane(self.lengths, x[0] / a, x[1] / b));
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
        let square = [1.0; 2];
        assert!((super::membrane(square, 0.5, 0.5) - 0.073_671_353_3).abs() < 1e-9);
        assert!((super::membrane(square, 0.1, 0.3) - super::membrane(square, 0.3, 0.9)).abs() < 1e-14);
    }

    /// Their table for a rectangle of sides 1 and 2 has τ_max = 0.930 Gθ·1, which is −∂φ/∂x = 2u_x in the middle of the
    /// longer sides.
    #[test]
    fn rectangles_have_the_shear_of_the_textbook() {
        let (rectangle, step) = ([1.0, 2.0], 1e-5);
        let shear = 2.0 * super::membrane(rectangle, step, 0.5) / step;
        assert!((shear - 0.930).abs() < 5e-4, "{shear}");
    }

    /// Thousands of terms: what repeated products gather of rounding stays far below any discretisation error. In a
    /// rectangle the series along x and the one along y are the same function.
    #[test]
    fn terms_from_each_other_are_those_of_the_formula() {
        use std::f64::consts::PI;
        let along_x = |[a, b]: [f64; 2], x: f64, y: f64| {
            let term = |k: f64| {
                let fall = (-k * PI * y * b / a).exp() + (-k * PI * (1.0 - y) * b / a).exp();
                fall / (1.0 + (-k * PI * b / a).exp()) / k.powi(3) * (k * PI * x).sin()
            };
            let series: f64 = (0..20_000).map(|j| term(2.0 * f64::from(j) + 1.0)).sum();
            a * a * (0.5 * x * (1.0 - x) - 4.0 / PI.powi(3) * series)
        };
        for (lengths, x, y) in [
            ([1.0, 1.0], 0.5, 0.5),
            ([1.0, 1.0], 0.3, 0.4),
            ([1.0, 1.0], 0.02, 0.05),
            ([1.0, 1.0], 0.001, 0.001),
            ([1.0, 1.0], 0.9991, 0.0012),
            ([1.0, 2.0], 0.3, 0.1),
            ([3.0, 1.0], 0.4, 0.6),
        ] {
            let u = super::membrane(lengths, x, y);
            let [a, b] = lengths;
            for series in [along_x([a, b], x, y), along_x([b, a], y, x)] {
                assert!((u - series).abs() < 1e-14 * a * b, "{lengths:?} {x} {y}: {u} for {series}");
            }
        }
    }
}
