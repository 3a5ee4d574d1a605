//! Named problems, one a file. To add one: write its file and add its `ENTRY` to [`entries`].

mod bump_2d;
mod fprinciple_1d;
mod mscale_demo_1d;
mod sines_1d;
mod two_tone_2d;

use std::sync::Arc;

use crate::{Parameter, Problem, Settings, Spec, SpecError};

/// A problem of the catalog.
#[derive(Debug)]
pub struct Entry {
    /// Its fixed name.
    pub name: &'static str,
    /// One sentence for `modewise list`.
    pub summary: &'static str,
    /// What a spec may set.
    pub parameters: &'static [Parameter],
    build: fn(&Settings<'_>) -> Result<Arc<dyn Problem>, SpecError>,
}

/// All problems, by name.
pub fn entries() -> [&'static Entry; 5] {
    [&bump_2d::ENTRY, &fprinciple_1d::ENTRY, &mscale_demo_1d::ENTRY, &sines_1d::ENTRY, &two_tone_2d::ENTRY]
}

/// The problem that `spec` names.
///
/// # Errors
/// An unknown name or key, or a value out of range.
pub fn build(spec: &Spec) -> Result<Arc<dyn Problem>, SpecError> {
    let entry = entries().into_iter().find(|entry| entry.name == spec.name).ok_or_else(|| {
        let known = entries().iter().map(|entry| entry.name.to_string()).collect();
        SpecError::UnknownName { kind: "problem", name: spec.name.clone(), known }
    })?;
    (entry.build)(&Settings::new(spec, entry.parameters)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Points;

    /// −u″ along every axis by central differences of order eight, against f.
    #[test]
    fn sources_are_those_of_the_exact_solutions() {
        const WEIGHTS: [f64; 5] = [-205.0 / 72.0, 8.0 / 5.0, -1.0 / 5.0, 8.0 / 315.0, -1.0 / 560.0];
        let mut checked = 0;
        for entry in entries() {
            let problem = build(&Spec::new(entry.name)).unwrap();
            if !problem.has_exact() {
                continue;
            }
            let bounds = problem.domain().bounds().to_vec();
            let h = 0.05 / problem.wave_number().unwrap_or(5.0);
            let value = |x: &[f64]| {
                let mut out = [f64::NAN];
                assert!(problem.exact(Points::new(x, x.len()), &mut out));
                out[0]
            };
            let (mut worst, mut scale) = (0.0f64, 0.0f64);
            for sample in 0..200 {
                // A Weyl sequence, kept away from the sides by the width of the stencil.
                let x: Vec<f64> = bounds
                    .iter()
                    .zip([0.618_033_988_75, 0.414_213_562_37])
                    .map(|(&[a, b], step)| {
                        let t = (0.37 + sample as f64 * step).fract();
                        a + 5.0 * h + t * (b - a - 10.0 * h)
                    })
                    .collect();
                let mut f = [0.0];
                problem.source(Points::new(&x, x.len()), &mut f);
                let mut second = 0.0;
                for axis in 0..x.len() {
                    for (offset, weight) in WEIGHTS.iter().enumerate() {
                        let (mut below, mut above) = (x.clone(), x.clone());
                        below[axis] -= offset as f64 * h;
                        above[axis] += offset as f64 * h;
                        let pair = if offset == 0 { value(&x) } else { value(&below) + value(&above) };
                        second += weight * pair / (h * h);
                    }
                }
                worst = worst.max((second + f[0]).abs());
                scale = scale.max(f[0].abs());
            }
            assert!(worst < 1e-7 * scale, "{}: −Δu misses f by {worst:e} of {scale:e}", entry.name);
            checked += 1;
        }
        assert!(checked >= 5, "only {checked} problems have an exact solution");
    }

    #[test]
    fn exact_solutions_carry_their_boundary_data() {
        for entry in entries() {
            let problem = build(&Spec::new(entry.name)).unwrap();
            let bounds = problem.domain().bounds();
            for corner in 0..1 << bounds.len() {
                let x: Vec<f64> = bounds.iter().enumerate().map(|(i, side)| side[corner >> i & 1]).collect();
                let (mut u, mut g) = ([f64::NAN], [f64::NAN]);
                problem.boundary(Points::new(&x, x.len()), &mut g);
                if problem.exact(Points::new(&x, x.len()), &mut u) {
                    assert!((u[0] - g[0]).abs() < 1e-12, "{} at {x:?}", entry.name);
                }
            }
        }
    }

    #[test]
    fn specs_build_the_same_problem_again() {
        for entry in entries() {
            let problem = build(&Spec::new(entry.name)).unwrap();
            let again = build(&problem.spec()).unwrap();
            assert_eq!(problem.spec(), again.spec());
            assert_eq!(problem.spec().name, entry.name);
        }
    }

    #[test]
    fn unknown_problems_name_the_nearest() {
        let error = build(&Spec::new("sine-1d")).unwrap_err().to_string();
        assert!(error.contains("did you mean `sines-1d`?"), "{error}");
    }
}
