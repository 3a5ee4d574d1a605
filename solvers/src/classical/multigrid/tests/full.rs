use std::f64::consts::PI;

use modewise_problems::Condition;

use super::*;
use crate::{
    Phase,
    classical::{direct, testing::distance},
};

/// −Δu = f with u = ∏ sin πx_i.
fn sines(dimension: usize) -> Made {
    Made::new(
        &vec![[0.0, 1.0]; dimension],
        |x| x.iter().map(|x| (PI * x).sin()).product(),
        |x| x.len() as f64 * PI * PI * x.iter().map(|x| (PI * x).sin()).product::<f64>(),
    )
}

/// ‖u_FMG − u‖/‖u_h − u‖ after the first step of `spec`, and its work units. u_h is u times the ratio of
/// the eigenvalues of the two operators.
fn ratio(spec: &str, dimension: usize, n: usize) -> (f64, f64) {
    let problem = sines(dimension);
    let discrete = problem.on(&[n]);
    let exact = problem.solution(discrete.grid());
    let h = 1.0 / n as f64;
    let discrete_eigenvalue = 4.0 / (h * h) * (0.5 * PI * h).sin().powi(2);
    let discretisation = (PI * PI / discrete_eigenvalue - 1.0) * norm(&exact);
    let mut live = Live::start(spec, &problem, &discrete, Initial::Random);
    let u = live.advance(1);
    let mut error = u.clone();
    error.values_mut().iter_mut().zip(exact.values()).for_each(|(e, u)| *e -= u);
    (norm(&error) / discretisation, live.meter.work_units_of(Phase::Iterate))
}

#[test]
fn one_step_is_as_accurate_as_the_grid() {
    for (spec, dimension, n, most, work) in [
        ("fmg", 2, 512, 1.8, 10.0),
        ("fmg,cycle=f", 2, 512, 1.1, 12.0),
        ("fmg,cycles=2", 2, 512, 1.1, 17.0),
        ("fmg", 3, 64, 2.8, 8.0),
        ("fmg,cycle=f", 3, 64, 1.1, 8.0),
        ("fmg", 1, 1024, 1.1, 20.0),
        ("fmg", 2, 333, 1.8, 10.0),
        ("fmg", 3, 45, 2.8, 8.0),
    ] {
        let (ratio, units) = ratio(spec, dimension, n);
        assert!(ratio < most && units < work, "{spec} {dimension}-D n = {n}: {ratio:.3}, {units:.2}");
    }
}

#[test]
fn boundary_values_come_along_to_coarse_grids() {
    let problem = Made::new(
        &[[0.0, 1.0], [0.0, 1.0]],
        |x| 3.0 + x[0] * x[0] - x[1] + (3.0 * x[0] + x[1]).sin(),
        |x| -2.0 + 10.0 * (3.0 * x[0] + x[1]).sin(),
    );
    for cells in [[64, 64], [63, 50], [37, 111]] {
        let discrete = problem.on(&cells);
        let exact = direct::solve(&discrete).unwrap();
        let total = distance(&exact, &problem.solution(discrete.grid()));
        let mut live = Live::start("fmg,cycles=2", &problem, &discrete, Initial::Zero);
        let error = distance(live.advance(1), &exact);
        assert!(error < 0.5 * total, "{cells:?}: {error:e} beside a discretisation error of {total:e}");
        let error = distance(live.advance(14), &exact);
        assert!(error < 1e-12, "{cells:?}: {error:e}");
    }
}

#[test]
fn neumann_and_periodic_sides_start_well_too() {
    use Condition::{Dirichlet as D, Neumann as N, Periodic as P};
    for (sides, cells) in [
        ([[N, D], [P, P]], [64, 64]),
        ([[D, N], [D, D]], [61, 75]),
        ([[N, N], [P, P]], [33, 47]),
        ([[P, P], [P, P]], [48, 64]),
    ] {
        let domain = modewise_problems::Domain::new(&[[0.0, 1.0]; 2], &sides).unwrap();
        let problem = Made::new(
            &[[0.0, 1.0]; 2],
            |_| 0.0,
            |x| (2.0 * PI * x[0]).cos() * (1.0 + (2.0 * PI * x[1]).sin()),
        )
        .on_sides(domain);
        let discrete = problem.on(&cells);
        let mut live = Live::start("fmg", &problem, &discrete, Initial::Random);
        let first = live.advance(1).clone();
        let last = live.advance(20);
        let error = distance(&first, last) / distance(last, &Field::zeros(discrete.grid()));
        let residual = discrete.relative_residual(last.values());
        assert!(error < 0.01, "{sides:?} {cells:?}: {error:e}");
        assert!(residual < 1e-10, "{sides:?} {cells:?}: {residual:e}");
    }
}
