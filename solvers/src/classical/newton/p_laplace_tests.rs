//! Newton's method for p-Laplacians against exact solutions.

use std::sync::Arc;

use modewise_problems::{Discrete, Field, Problem, order};

use crate::{
    Initial,
    classical::testing::{Live, catalogued, discretise, distance, of_text},
};

/// What a run was at its end.
struct Run {
    /// Of every step.
    residuals: Vec<f64>,
    exponents: Vec<f64>,
    u: Field,
}

fn run(problem: &dyn Problem, discrete: &Discrete, initial: Initial, goal: f64) -> Run {
    let mut live = Live::start("newton", problem, discrete, initial);
    let mut run = Run { residuals: vec![f64::INFINITY], exponents: Vec::new(), u: live.u.clone() };
    while run.residuals.last().is_some_and(|last| *last > goal) && run.residuals.len() < 100 {
        live.advance(1);
        let mut scalars = [0.0; 3];
        live.iteration.scalars(&mut scalars);
        run.exponents.push(scalars[2]);
        run.residuals.push(discrete.relative_residual(live.u.values()));
    }
    run.u = live.u;
    run
}

/// Steps from zero and maximum error.
fn solve(problem: &dyn Problem, cells: usize) -> (usize, f64) {
    let discrete = discretise(problem, &vec![cells; problem.domain().dimension()]);
    let Run { residuals, u, .. } = run(problem, &discrete, Initial::Zero, 1e-10);
    let exact = Field::from_batch(discrete.grid(), |points, out| {
        problem.exact(points, out);
    });
    (residuals.len() - 1, distance(&u, &exact))
}

/// Second order with and without points where ∇u = 0; in `p-laplace-2d` ∇u is no smoother than r^{1/(p−1)} in the middle, and
/// the maximum error of order p/(p − 1).
#[test]
fn orders_are_those_that_solutions_allow() {
    let smooth = "box = [[0, 1], [0, 2]]\npermittivity = \"1 + x*y/4\"\nexponent = \"p\"\nexact = \"x + y/2 + \
                  sin(pi*x)*cos(pi*y)/8\"\n[parameters]\np = ";
    for (spec, sizes, [least, most], steps) in [
        ("p-laplace-1d,p=5", [128, 256, 512], [1.9, 2.1], 18),
        ("p-laplace-1d,p=8", [128, 256, 512], [1.9, 2.2], 30),
        ("p=3", [16, 32, 64], [1.85, 2.15], 12),
        ("p=5", [16, 32, 64], [1.85, 2.15], 16),
        ("p=8", [16, 32, 64], [1.8, 2.15], 26),
        ("p-laplace-2d,p=5", [16, 32, 64], [1.15, 1.35], 18),
        ("p-laplace-2d,p=8", [16, 32, 64], [1.05, 1.25], 20),
        ("p-laplace-3d,p=5", [8, 12, 16], [1.8, 2.15], 16),
        ("p-laplace-3d,p=8", [8, 12, 16], [1.6, 2.15], 20),
    ] {
        let problem = match spec.strip_prefix("p=") {
            Some(p) => of_text(&format!("{smooth}{p}")),
            None => catalogued(spec),
        };
        let found = sizes.map(|n| solve(problem.as_ref(), n));
        let orders = order::observed(&sizes.map(|n| 1.0 / n as f64), &found.map(|(_, error)| error));
        println!("{spec}: (steps, error) {found:?}, orders {orders:?}");
        assert!(orders.iter().all(|order| (least..most).contains(order)), "{spec}: {orders:?}, {found:?}");
        assert!(found.iter().all(|(count, _)| *count <= steps), "{spec}: {found:?}");
    }
}

/// Dozens of points where ∇u = 0: between first and second order in the maximum, and more steps.
#[test]
fn many_critical_points_are_passed() {
    for (p, steps) in [(5, 25), (8, 40)] {
        let problem = catalogued(&format!("multiscale-elliptic-2d,p={p}"));
        let found = [32, 64, 128].map(|n| solve(problem.as_ref(), n));
        println!("p = {p}: (steps, error) {found:?}");
        let order = (found[1].1 / found[2].1).log2();
        assert!((1.3..2.2).contains(&order), "p = {p}: {found:?}");
        assert!(found.iter().all(|(count, _)| *count <= steps), "p = {p}: {found:?}");
    }
}

/// p grows to its own by steps of one at most, and in the end every residual is the square of the one before, up to a factor.
#[test]
fn p_grows_and_convergence_is_quadratic() {
    // The factor is larger where u is smooth and has a point with ∇u = 0.
    for (spec, last, most) in
        [("p-laplace-2d,p=5", 5.0, 100.0), ("p-laplace-2d,p=6.5", 6.5, 100.0), ("p-laplace-1d,p=5", 5.0, 1e4)]
    {
        let problem = catalogued(spec);
        let discrete = discretise(problem.as_ref(), &vec![64; problem.domain().dimension()]);
        let Run { residuals, exponents, .. } = run(problem.as_ref(), &discrete, Initial::Zero, 1e-12);
        assert!(exponents[0] == 2.0 && *exponents.last().unwrap() == last, "{spec}: {exponents:?}");
        assert!(exponents.windows(2).all(|p| (0.0..=1.0).contains(&(p[1] - p[0]))), "{spec}: {exponents:?}");
        let near = residuals.windows(2).filter(|r| r[0] < 2e-2 && r[1] > 1e-12);
        let factors: Vec<f64> = near.map(|r| r[1] / (r[0] * r[0])).collect();
        assert!(
            factors.len() >= 2 && factors.iter().all(|factor| *factor < most),
            "{spec}: {residuals:?}: {factors:?}"
        );
    }
}

/// What it starts from is forgotten; so is which p the steps before were for.
#[test]
fn any_start_will_do() {
    let problem = catalogued("p-laplace-2d,p=5");
    let discrete = discretise(problem.as_ref(), &[24, 24]);
    let zero = run(problem.as_ref(), &discrete, Initial::Zero, 1e-12).u;
    let mut far = Field::zeros(discrete.grid());
    far.values_mut().iter_mut().enumerate().for_each(|(i, u)| *u = 1e3 * (i as f64).sin());
    for initial in [Initial::Random, Initial::Field(Arc::new(far))] {
        let other = run(problem.as_ref(), &discrete, initial, 1e-12).u;
        assert!(distance(&zero, &other) < 1e-9);
    }
}

/// Where nothing drives it u is what its sides say: constant, or linear.
#[test]
fn constants_and_linear_functions_are_exact() {
    // Around a constant a residual as small as rounding is that of a gradient as large as its root of order p − 1.
    for (data, most) in [("3", 1e-3), ("1e-3*x - 2e-3*y", 1e-12), ("1e3*x + y", 1e-6)] {
        for p in [3, 8] {
            let problem = of_text(&format!(
                "box = [[0, 1], [0, 1]]\nexponent = {p}\nsource = 0\n[sides]\nall = {{ dirichlet = \"{data}\" }}"
            ));
            let discrete = discretise(problem.as_ref(), &[12, 9]);
            let u = run(problem.as_ref(), &discrete, Initial::Zero, 1e-13).u;
            let right = Field::from_batch(discrete.grid(), |points, out| problem.boundary(points, out));
            assert!(distance(&u, &right) < most, "{data}, p = {p}: {:e}", distance(&u, &right));
        }
    }
}

#[test]
fn coarse_grids_are_made_by_the_matrix() {
    let problem = catalogued("p-laplace-2d");
    let grid = modewise_problems::Grid::new(problem.domain().bounds(), &[16]).unwrap();
    let solver =
        crate::registry::build(&"newton,preconditioner=(multigrid,coarse=rediscretised)".parse().unwrap())
            .unwrap();
    let error = solver.check(problem.as_ref(), Some(&grid)).unwrap_err().to_string();
    assert!(error.contains("coarse=rediscretised is for matrices of fluxes ε∇u"), "{error}");
}
