//! The direct solver against solutions known in closed form, and the discretisation through it.

mod boxes;
mod fluxes_on_shapes;
mod interfaces;
mod shapes;

pub(in crate::classical) use shapes::slope;

use std::f64::consts::PI;

use modewise_problems::{Errors, Field, Problem, Spec, catalog, error, order};

use crate::{
    Initial, Status,
    classical::{
        direct,
        testing::{Live, Made, bits, discretise, distance},
    },
    registry,
};

/// f = Au for u = ∏ sin k_i π t_i is u times the eigenvalue Σ 4c sin²(kπ/2n): the discrete solution is the
/// continuous one times the ratio of the two eigenvalues.
#[test]
fn eigenmodes_come_out_exactly() {
    let square = Made::new(
        &[[0.0, 1.0], [0.0, 2.0]],
        |x| (3.0 * PI * x[0]).sin() * (PI * x[1]).sin(),
        |x| 10.0 * PI * PI * (3.0 * PI * x[0]).sin() * (PI * x[1]).sin(),
    );
    let line =
        Made::new(&[[0.0, 1.0]], |x| (5.0 * PI * x[0]).sin(), |x| 25.0 * PI * PI * (5.0 * PI * x[0]).sin());
    let cases: [(&Made, Vec<usize>, Vec<usize>, f64); 5] = [
        (&square, vec![64, 64], vec![3, 2], 10.0),
        (&square, vec![33, 70], vec![3, 2], 10.0),
        (&square, vec![200, 27], vec![3, 2], 10.0),
        (&line, vec![101], vec![5], 25.0),
        (&line, vec![1000], vec![5], 25.0),
    ];
    for (problem, cells, k, eigenvalue) in cases {
        let discrete = problem.on(&cells);
        let discrete_eigenvalue: f64 = (0..k.len())
            .map(|i| {
                let s = (k[i] as f64 * PI / (2 * cells[i]) as f64).sin();
                4.0 * discrete.constant_coefficients().unwrap().0[i] * s * s
            })
            .sum();
        let mut expected = problem.solution(discrete.grid());
        let ratio = eigenvalue * PI * PI / discrete_eigenvalue;
        expected.values_mut().iter_mut().for_each(|u| *u *= ratio);
        let error = distance(&direct::solve(&discrete).unwrap(), &expected);
        // Rounding in f is amplified by the condition number 4n²/π².
        let n = cells[0].max(cells[cells.len() - 1]);
        assert!(error < 0.1 * f64::EPSILON * (n * n) as f64, "{cells:?}: {error:e}");
    }
}

/// Second differences are exact for quadratics and for xy.
#[test]
fn boundary_data_is_met_and_quadratics_are_exact() {
    let plane = Made::new(
        &[[-1.0, 2.0], [0.5, 1.5]],
        |x| 1.0 + x[0] - 3.0 * x[1] + 2.0 * x[0] * x[1] + x[0] * x[0] - 4.0 * x[1] * x[1],
        |_| 6.0,
    );
    let line = Made::new(&[[-3.0, 1.0]], |x| 2.0 - x[0] + 0.5 * x[0] * x[0], |_| -1.0);
    let cases = [
        (&plane, vec![2, 2]),
        (&plane, vec![9, 32]),
        (&plane, vec![150, 151]),
        (&line, vec![2]),
        (&line, vec![77]),
    ];
    for (problem, cells) in cases {
        let discrete = problem.on(&cells);
        let u = direct::solve(&discrete).unwrap();
        let error = distance(&u, &problem.solution(discrete.grid()));
        assert!(error < 1e-12, "{cells:?}: {error:e}");
    }
}

#[test]
fn the_residual_is_rounding() {
    let wavy = |x: &[f64]| (20.0 * x.iter().sum::<f64>()).sin();
    for (dimension, cells) in [(1, vec![100_000]), (1, vec![500]), (2, vec![256]), (2, vec![255, 130])] {
        let problem = Made::new(&vec![[0.0, 1.0]; dimension], |x| x[0], wavy);
        let discrete = problem.on(&cells);
        let u = direct::solve(&discrete).unwrap();
        let (residual, floor) = (
            discrete.relative_residual(u.values()),
            discrete.residual_floor(u.values(), error::norm(&u), f64::INFINITY),
        );
        assert!(residual < floor, "{cells:?}: {residual:e} above {floor:e}");
    }
}

#[test]
fn as_a_solver_it_finishes_in_one_step_from_anywhere() {
    let problem = Made::new(&[[0.0, 1.0]; 2], |x| x[0], |x| x[1]);
    let discrete = problem.on(&[20, 31]);
    let exact = direct::solve(&discrete).unwrap();
    for initial in [Initial::Zero, Initial::Random] {
        let mut live = Live::start("direct", &problem, &discrete, initial);
        let one = std::num::NonZeroU64::MIN;
        let progress = live.iteration.advance(one, &mut live.meter).unwrap();
        assert_eq!((progress.steps, progress.status), (1, Status::Finished));
        assert!(distance(live.advance(1), &exact) < 1e-14);
    }
    let solver = registry::build(&Spec::new("direct")).unwrap();
    let need = solver.check(&problem, Some(discrete.grid())).unwrap();
    assert!(!need.uses_initial && need.bytes > 8 * (19 * 19 + 30 * 30 + 2 * 21 * 32));
}

#[test]
fn threads_do_not_change_bits() {
    assert_eq!(bits("direct", &[300, 280], 1, 1), bits("direct", &[300, 280], 1, 2));
}

/// The order of accuracy of the discretisation, on five grids that all resolve the problem: kh < 1/4.
#[test]
fn the_discretisation_is_of_second_order_for_every_smooth_problem() {
    let mut checked = 0;
    for entry in catalog::entries() {
        let problem = catalog::build(&Spec::new(entry.name)).unwrap();
        let planar = problem.domain().dimension() < 3;
        // Cut cells scatter more than this test allows; `shapes` is about them, `newton` about nonlinear problems.
        let fits = problem.domain().region().is_none() && problem.is_linear();
        let Some(k) = problem.wave_number().filter(|_| problem.has_exact() && planar && fits) else {
            continue;
        };
        let [lower, upper] = problem.domain().bounds()[0];
        // A multiple of 16: all five grids have whole numbers of cells and can be coarsened.
        let coarsest = ((4.0 * k * (upper - lower) / 16.0).floor() as usize + 1) * 16;
        let cells: Vec<usize> = [8, 10, 12, 16, 20].iter().map(|eighths| coarsest * eighths / 8).collect();
        let spacings: Vec<f64> = cells.iter().map(|&n| (upper - lower) / n as f64).collect();
        assert!(k * spacings[0] < 0.25, "{}: kh is {}", entry.name, k * spacings[0]);
        let errors: Vec<f64> = cells.iter().map(|&n| total_error(problem.as_ref(), n)).collect();
        let orders = order::observed(&spacings, &errors);
        println!("{}: n = {cells:?}, error_l2 = {errors:?}, p = {orders:.4?}", entry.name);
        assert!(orders.iter().all(|p| (p - 2.0).abs() <= 0.05), "{}: {orders:?}", entry.name);
        checked += 1;
    }
    assert!(checked >= 4, "only {checked} smooth problems");
}

/// error_l2 of the discrete solution against the exact one.
fn total_error(problem: &dyn Problem, n: usize) -> f64 {
    let discrete = discretise(problem, &[n]);
    let u = direct::solve(&discrete).unwrap();
    let exact = Field::from_batch(discrete.grid(), |points, out| {
        problem.exact(points, out);
    });
    Errors::between(u.values(), exact.values(), error::norm(&exact)).l2
}
