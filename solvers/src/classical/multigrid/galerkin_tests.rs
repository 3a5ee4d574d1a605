//! Interpolation and coarse matrices for variable coefficients against dense matrices and linear interpolation.

use std::sync::Arc;

use modewise_problems::{Condition, Discrete, Domain, Field, Grid, Points, Problem, Settings, catalog};

use super::{
    hierarchy::{Hierarchy, Recipe},
    recipe, weighted,
};
use crate::{
    Initial,
    classical::{
        layout::Layout,
        operator::{Operator, tests::Any},
        sweep::pass::{self, Formula},
        testing::{Live, discretise, distance},
    },
};

const D: Condition = Condition::Dirichlet;
const N: Condition = Condition::Neumann;
const P: Condition = Condition::Periodic;

fn recipe(keys: &str) -> Recipe {
    let spec = keys.parse().unwrap();
    recipe::Recipe::read(&Settings::new(&spec, super::ENTRY.parameters).unwrap()).unwrap().levels
}

fn systems(variable: bool) -> Vec<(String, Discrete)> {
    let mut systems = Vec::new();
    for (sides, cells) in [
        (vec![[D, D]], vec![202]),
        (vec![[P, P]], vec![192]),
        (vec![[D, D], [D, D]], vec![12, 13]),
        (vec![[N, D], [P, P]], vec![11, 12]),
        (vec![[N, N], [D, N]], vec![13, 12]),
        (vec![[D, D], [D, D], [D, D]], vec![6, 7, 6]),
        (vec![[N, N], [P, P], [D, N]], vec![5, 6, 6]),
        (vec![[P, P], [P, P], [P, P]], vec![6, 6, 8]),
    ] {
        let domain = Domain::new(&vec![[0.0, 1.0]; sides.len()], &sides).unwrap();
        let problem = Any { domain, variable };
        let grid = Grid::new(problem.domain().bounds(), &cells).unwrap();
        systems.push((format!("{sides:?} {cells:?}"), Discrete::new(&problem, &grid).unwrap()));
    }
    systems
}

fn places(layout: &Layout) -> Vec<usize> {
    let mut places = Vec::new();
    for plane in layout.places(0) {
        for row in layout.places(1) {
            for column in layout.places(2) {
                places.push(plane * layout.stride(0) + row * layout.stride(1) + column);
            }
        }
    }
    places
}

/// The columns of a linear map from one layout to another.
fn columns(from: &Layout, to: &Layout, map: impl Fn(&[f64], &mut [f64])) -> Vec<Vec<f64>> {
    let to_places = places(to);
    let column = |place: usize| {
        let (mut unit, mut image) = (vec![0.0; from.len()], vec![0.0; to.len()]);
        unit[place] = 1.0;
        from.seal_all(&mut unit);
        map(&unit, &mut image);
        to_places.iter().map(|place| image[*place]).collect()
    };
    places(from).into_iter().map(column).collect()
}

fn apply(operator: &Operator<f64>) -> Vec<Vec<f64>> {
    columns(operator.layout(), operator.layout(), |u, out| pass::apply(operator, Formula::Apply, u, u, out))
}

#[test]
fn coarse_matrices_are_the_products_with_interpolation_and_its_transpose() {
    for (name, discrete) in systems(true) {
        let finest = Operator::<f64>::of(&discrete);
        let hierarchy = Hierarchy::new(&finest, discrete.is_singular(), recipe("multigrid,coarse=galerkin"));
        assert!(!hierarchy.levels.is_empty(), "{name}");
        let mut fine = &finest;
        for level in &hierarchy.levels {
            let weights = level.weights.as_ref().unwrap();
            let (layout, coarse) = (fine.layout(), level.coarse.layout());
            let p = columns(coarse, layout, |e, u| {
                let correction = weighted::Correction { fine: layout, weights, e };
                weighted::add_correction(&correction, u, &mut vec![0.0; layout.len()]);
            });
            let (a, galerkin) = (apply(fine), apply(&level.coarse));
            let scale = a.iter().flatten().fold(0.0, |m: f64, a| m.max(a.abs()));
            let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
            for (j, column) in p.iter().enumerate() {
                let mut image = vec![0.0; column.len()];
                for (weight, a) in column.iter().zip(&a) {
                    image.iter_mut().zip(a).for_each(|(image, a)| *image += weight * a);
                }
                for (i, other) in p.iter().enumerate() {
                    let difference = (dot(other, &image) - galerkin[j][i]).abs();
                    assert!(difference < 1e-13 * scale, "{name}: entry {i}, {j} differs by {difference:e}");
                    assert!((galerkin[i][j] - galerkin[j][i]).abs() < 1e-13 * scale, "{name}: not symmetric");
                }
            }
            // Restriction of −f is that of the residual of u = 0.
            let zero = vec![0.0; layout.len()];
            let r = columns(layout, coarse, |f, out| {
                weighted::restrict_residual(fine, weights, &zero, f, out, &mut vec![0.0; 64 * layout.len()]);
            });
            for (i, row) in r.iter().enumerate() {
                for (j, r) in row.iter().enumerate() {
                    assert!((r - p[j][i]).abs() < 1e-14, "{name}: restriction is not the transpose");
                }
            }
            fine = &level.coarse;
        }
    }
}

/// Steps of conjugate gradients until the true residual is 1e-8 of the right-hand side.
fn steps(problem: &dyn Problem, cells: &[usize], keys: &str) -> (u64, Field) {
    let discrete = discretise(problem, cells);
    let spec = format!("pcg,preconditioner=(multigrid{keys})");
    let mut live = Live::start(&spec, problem, &discrete, Initial::Zero);
    let mut steps = 0;
    while discrete.relative_residual(live.u.values()) > 1e-8 {
        assert!(steps < 40, "{cells:?} {keys}: no convergence");
        live.advance(1);
        steps += 1;
    }
    (steps, live.u)
}

fn jump(spec: &str) -> Arc<dyn Problem> {
    catalog::build(&spec.parse().unwrap()).unwrap()
}

#[test]
fn jumps_take_a_dozen_steps_on_any_grid() {
    for (spec, most, grids) in [
        ("jump-2d", 11, [vec![32], vec![64], vec![128], vec![97, 154], vec![255]]),
        ("jump-2d,eps_out=2e4", 12, [vec![32], vec![64], vec![128], vec![97, 154], vec![255]]),
        (
            "jump-2d,eps_in=80,eps_out=2,kappa2=0",
            11,
            [vec![32], vec![64], vec![128], vec![97, 154], vec![255]],
        ),
        ("jump-3d", 12, [vec![8], vec![16], vec![24], vec![32], vec![13, 20, 31]]),
    ] {
        let problem = jump(spec);
        let counts: Vec<u64> = grids.iter().map(|cells| steps(&*problem, cells, "").0).collect();
        println!("{spec}: {counts:?}");
        assert!(counts.iter().all(|steps| *steps <= most), "{spec}: {counts:?}");
    }
}

#[test]
fn the_value_at_the_centre_converges_to_that_of_fine_grids() {
    // 0.2114345 at 1024 cells, computed by five other programs.
    let (_, u) = steps(&*jump("jump-2d"), &[256], "");
    let mut centre = [0.0];
    u.interpolate(Points::new(&[0.5, 0.5], 2), &mut centre);
    assert!((centre[0] - 0.2114345).abs() < 1e-3 * 0.2114345, "{}", centre[0]);
}

#[test]
fn solutions_are_those_of_elimination_on_every_kind_of_side() {
    for (name, discrete) in systems(true).into_iter().filter(|(_, discrete)| discrete.unknowns() < 400) {
        let operator = Operator::<f64>::of(&discrete);
        let f = operator.load_source(&discrete);
        let lift = discrete.lift();
        let layout = operator.layout();
        let mut start = vec![0.0; layout.len()];
        layout.load(discrete.grid(), lift.values(), &mut start);
        let mut right = vec![0.0; layout.len()];
        pass::apply(&operator, Formula::Residual, &start, &f, &mut right);
        let mut matrix = apply(&operator);
        let mut solution: Vec<f64> = places(layout).iter().map(|place| right[*place]).collect();
        eliminate(&mut matrix, &mut solution);
        places(layout).iter().zip(&solution).for_each(|(place, u)| start[*place] += u);
        layout.seal_all(&mut start);
        let mut expected = lift.clone();
        layout.store(discrete.grid(), &start, expected.values_mut());
        discrete.impose_boundary(expected.values_mut());
        let problem = Any {
            domain: Domain::new(&vec![[0.0, 1.0]; discrete.sides().len()], discrete.sides()).unwrap(),
            variable: true,
        };
        for spec in [
            "pcg",
            "pcg,dtype=f64",
            "pcg,preconditioner=(multigrid,coarse=rediscretised)",
            "multigrid",
            "multigrid,dtype=mixed",
            "fmg",
            "fmg,coarse=galerkin",
            "two-grid",
        ] {
            let mut live = Live::start(spec, &problem, &discrete, Initial::Zero);
            let error = distance(live.advance(30), &expected);
            assert!(error < 1e-11, "{name} {spec}: {error:e}");
        }
    }
}

/// Solves a symmetric system in place by Gaussian elimination; `matrix` holds columns.
fn eliminate(matrix: &mut [Vec<f64>], right: &mut [f64]) {
    let n = right.len();
    for k in 0..n {
        for i in k + 1..n {
            let factor = matrix[k][i] / matrix[k][k];
            (k..n).for_each(|j| matrix[j][i] -= factor * matrix[j][k]);
            right[i] -= factor * right[k];
        }
    }
    for k in (0..n).rev() {
        right[k] = (right[k] - (k + 1..n).map(|j| matrix[j][k] * right[j]).sum::<f64>()) / matrix[k][k];
    }
}

#[test]
fn smooth_coefficients_and_constants_converge_as_fast_with_either_coarse_matrix() {
    for variable in [false, true] {
        for (name, discrete) in systems(variable) {
            let domain = Domain::new(&vec![[0.0, 1.0]; discrete.sides().len()], discrete.sides()).unwrap();
            let problem = Any { domain, variable };
            for keys in ["", ",coarse=galerkin", ",coarse=rediscretised"] {
                let (steps, _) = steps(&problem, &discrete.grid().cells(), keys);
                assert!(steps <= 12, "{name} variable {variable} {keys}: {steps}");
            }
        }
    }
}

#[test]
fn full_multigrid_has_held_values_from_the_first_step_on() {
    let domain = Domain::new(&[[0.0, 1.0]; 2], &[[D, D], [D, N]]).unwrap();
    let problem = Any { domain, variable: true };
    let discrete = discretise(&problem, &[64, 65]);
    let mut exact = Live::start("pcg", &problem, &discrete, Initial::Zero);
    exact.advance(30);
    let error = |keys: &str| {
        let mut live = Live::start(&format!("fmg{keys}"), &problem, &discrete, Initial::Zero);
        distance(live.advance(1), &exact.u)
    };
    // Of values around 2, on cells of 1/64; Galerkin's coarse matrices are no discretisations up to the sides.
    let (own, galerkin) = (error(""), error(",coarse=galerkin"));
    assert!(own < 1e-4 && galerkin < 2e-2, "{own:e}, {galerkin:e}");
}

#[test]
fn threads_do_not_change_bits() {
    let problem = jump("jump-2d");
    let discrete = discretise(&*problem, &[300, 200]);
    let run = |threads: usize, spec: &str| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut live = Live::start(spec, &*problem, &discrete, Initial::Random);
            live.advance(3).values().iter().map(|u| u.to_bits()).collect::<Vec<_>>()
        })
    };
    for spec in ["pcg", "multigrid", "fmg,coarse=galerkin"] {
        let one = run(1, spec);
        assert!(one == run(2, spec) && one == run(8, spec), "{spec}");
    }
}
