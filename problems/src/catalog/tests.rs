//! Every problem of the catalog, and some specs that turn on what defaults leave out, against the
//! differential equation, its sides and the discrete system.

use std::sync::Arc;

use super::*;
use crate::{Coefficient, Condition, Discrete, Grid, Points};

/// Besides the defaults.
const MORE: [&str; 8] = [
    "sines-1d,modes=[1,3],sides=neumann,kappa2=40",
    "sines-1d,sides=dirichlet-neumann",
    "sines-1d,sides=neumann-dirichlet,amplitudes=[1,-2,0.5]",
    "sines-1d,modes=[1,2],sides=periodic",
    "sines-2d,modes=[[1,2],[4,3]],amplitudes=[1,-0.5],sides=[periodic,neumann-dirichlet],kappa2=7",
    "sines-2d,sides=neumann",
    "sines-3d,modes=[2,1,3],sides=[neumann,dirichlet,periodic],kappa2=1",
    "sines-3d,sides=periodic",
];

fn all() -> Vec<Arc<dyn Problem>> {
    let defaults = entries().into_iter().map(|entry| Spec::new(entry.name));
    let more = MORE.iter().map(|spec| spec.parse().unwrap());
    defaults.chain(more).map(|spec| build(&spec).unwrap()).collect()
}

fn exact(problem: &dyn Problem, x: &[f64]) -> f64 {
    let mut out = [f64::NAN];
    assert!(problem.exact(Points::new(x, x.len()), &mut out));
    out[0]
}

fn constant(coefficient: Coefficient) -> f64 {
    match coefficient {
        Coefficient::Constant(value) => value,
        Coefficient::Variable => panic!("no problem with an exact solution has variable coefficients"),
    }
}

/// Points of a Weyl sequence in the box, at least `margin` from its sides.
fn samples(problem: &dyn Problem, margin: f64) -> impl Iterator<Item = Vec<f64>> {
    (0..200).map(move |sample| {
        let steps = [0.618_033_988_75, 0.414_213_562_37, 0.732_050_807_57];
        let bounds = problem.domain().bounds().iter();
        bounds
            .zip(steps)
            .map(|(&[a, b], step)| {
                a + margin + (0.37 + f64::from(sample) * step).fract() * (b - a - 2.0 * margin)
            })
            .collect()
    })
}

fn moved(x: &[f64], axis: usize, by: f64) -> Vec<f64> {
    let mut x = x.to_vec();
    x[axis] += by;
    x
}

/// The spacing of differences.
fn spacing(problem: &dyn Problem) -> f64 {
    0.05 / problem.wave_number().unwrap_or(5.0)
}

/// −εΔu + κ²u along every axis by central differences of order eight, against f.
#[test]
fn sources_are_those_of_the_exact_solutions() {
    const WEIGHTS: [f64; 5] = [-205.0 / 72.0, 8.0 / 5.0, -1.0 / 5.0, 8.0 / 315.0, -1.0 / 560.0];
    let mut checked = 0;
    for problem in all().iter().map(Arc::as_ref).filter(|problem| problem.has_exact()) {
        let (epsilon, kappa2) = (constant(problem.permittivity()), constant(problem.screening()));
        let h = spacing(problem);
        let (mut worst, mut scale) = (0.0f64, 0.0f64);
        for x in samples(problem, 5.0 * h) {
            let mut f = [0.0];
            problem.source(Points::new(&x, x.len()), &mut f);
            let mut second = 0.0;
            for axis in 0..x.len() {
                for (offset, weight) in WEIGHTS.iter().enumerate() {
                    let by = offset as f64 * h;
                    let below = if offset == 0 { 0.0 } else { exact(problem, &moved(&x, axis, -by)) };
                    second += weight * (below + exact(problem, &moved(&x, axis, by))) / (h * h);
                }
            }
            worst = worst.max((kappa2 * exact(problem, &x) - epsilon * second - f[0]).abs());
            scale = scale.max(f[0].abs());
        }
        assert!(worst < 1e-7 * scale, "{}: −εΔu + κ²u misses f by {worst:e} of {scale:e}", problem.spec());
        checked += 1;
    }
    assert_eq!(checked, entries().len() - 2 + MORE.len(), "all but the two jumps have an exact solution");
}

/// On every side: u is the Dirichlet value, ε ∂u/∂n the flux, u and ∂u/∂n those of the opposite side.
#[test]
fn exact_solutions_carry_the_data_of_their_sides() {
    /// First derivative at the end of a one-sided stencil of order six.
    const WEIGHTS: [f64; 7] =
        [-49.0 / 20.0, 6.0, -15.0 / 2.0, 20.0 / 3.0, -15.0 / 4.0, 6.0 / 5.0, -1.0 / 6.0];
    let mut seen = [0; 3];
    for problem in all().iter().map(Arc::as_ref).filter(|problem| problem.has_exact()) {
        let h = spacing(problem);
        let epsilon = constant(problem.permittivity());
        let size = samples(problem, 0.0).map(|x| exact(problem, &x).abs()).fold(0.0, f64::max);
        for (axis, conditions) in problem.domain().sides().iter().enumerate() {
            let ends = problem.domain().bounds()[axis];
            for x in samples(problem, 0.0).take(20) {
                let on = |upper: usize| moved(&x, axis, ends[upper] - x[axis]);
                let slope = |upper: usize| -> f64 {
                    let inwards = if upper == 1 { -h } else { h };
                    let terms = WEIGHTS.iter().enumerate();
                    terms
                        .map(|(i, w)| w * exact(problem, &moved(&on(upper), axis, i as f64 * inwards)))
                        .sum::<f64>()
                        / inwards
                };
                for (upper, condition) in conditions.iter().enumerate() {
                    let x = on(upper);
                    let mut data = [f64::NAN];
                    let points = Points::new(&x, x.len());
                    let (found, tolerance) = match condition {
                        Condition::Dirichlet => {
                            problem.boundary(points, &mut data);
                            (exact(problem, &x), 1e-12 * size.max(1.0))
                        }
                        Condition::Neumann => {
                            problem.flux(axis, upper == 1, points, &mut data);
                            let outwards = if upper == 1 { 1.0 } else { -1.0 };
                            (outwards * epsilon * slope(upper), 1e-6 * size / h)
                        }
                        Condition::Periodic => {
                            let other = on(1 - upper);
                            assert!((exact(problem, &x) - exact(problem, &other)).abs() < 1e-12 * size);
                            data = [slope(1 - upper)];
                            (slope(upper), 1e-6 * size / h)
                        }
                    };
                    assert!(
                        (found - data[0]).abs() <= tolerance,
                        "{} at {x:?}: {found} and {}",
                        problem.spec(),
                        data[0]
                    );
                    seen[*condition as usize] += 1;
                }
            }
        }
    }
    assert!(seen.iter().all(|&count| count > 100), "{seen:?}");
}

/// Every problem has a discrete system, and an exact solution leaves the residual of the scheme's
/// truncation error only: a quarter of it on twice as many cells.
#[test]
fn every_problem_has_a_discrete_system() {
    for problem in all() {
        let smooth = problem.has_exact() && problem.wave_number().is_some();
        let residual = |cells: usize| {
            let grid = Grid::new(problem.domain().bounds(), &[cells]).unwrap();
            let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
            assert!(discrete.rhs_norm() > 0.0 && discrete.unknowns() > 0);
            smooth.then(|| {
                let mut u = crate::Field::from_batch(&grid, |points, out| {
                    problem.exact(points, out);
                });
                discrete.impose_boundary(u.values_mut());
                discrete.relative_residual(u.values())
            })
        };
        let k = problem.wave_number().unwrap_or(10.0);
        let coarse = 16.max((k / 2.0) as usize * 4);
        if let (Some(one), Some(two)) = (residual(coarse), residual(2 * coarse)) {
            assert!((3.5..4.5).contains(&(one / two)), "{}: {one:e}, then {two:e}", problem.spec());
        }
    }
}

#[test]
fn specs_build_the_same_problem_again() {
    for problem in all() {
        let again = build(&problem.spec().to_string().parse().unwrap()).unwrap();
        assert_eq!(problem.spec(), again.spec());
        assert_eq!(problem.title(), again.title());
    }
    for entry in entries() {
        assert_eq!(build(&Spec::new(entry.name)).unwrap().spec().name, entry.name);
    }
}

#[test]
fn unknown_problems_name_the_nearest() {
    let error = build(&Spec::new("sine-1d")).unwrap_err().to_string();
    assert!(error.contains("did you mean `sines-1d`?"), "{error}");
}
