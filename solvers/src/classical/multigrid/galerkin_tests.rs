//! Interpolation and coarse matrices for variable coefficients against dense matrices and linear interpolation.

use modewise_problems::{Condition, Discrete, Domain, Grid, Problem, Settings, catalog};

use super::{
    hierarchy::{Hierarchy, Recipe},
    recipe,
    weighted,
};
use crate::{
    classical::{
        layout::Layout,
        operator::{Operator, tests::Any},
        sweep::pass::{self, Formula},
    },
};

const D: Condition = Condition::Dirichlet;
const N: Condition = Condition::Neumann;
const P: Condition = Condition::Periodic;

fn recipe(keys: &str) -> Recipe {
    let spec = keys.parse().unwrap();
    recipe::Recipe::read(&Settings::new(&spec, &recipe::PARAMETERS).unwrap()).unwrap().levels
}

fn systems(variable: bool) -> Vec<(String, Discrete)> {
    let mut systems = Vec::new();
    for (sides, cells) in [
        (vec![[D, D]], vec![202]),
        (vec![[N, P].map(|_| P)], vec![208]),
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
            let mut scratch = vec![0.0; 64 * layout.len()];
            let p = columns(coarse, layout, |e, u| {
                weighted::add_correction(layout, weights, e, u, &mut vec![0.0; layout.len()]);
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
            scratch.clear();
            fine = &level.coarse;
        }
    }
}

#[test]
fn measure() {
    use crate::classical::testing::Live;
    use std::time::Instant;
    let specs = std::env::var("SPECS").unwrap_or("multigrid".into());
    let cases = std::env::var("CASES").unwrap_or("jump-2d:64;jump-2d:128;jump-2d:256;jump-3d:32".into());
    let threads: usize = std::env::var("THREADS").unwrap_or("2".into()).parse().unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| for case in cases.split(';') {
        let (name, cells) = case.split_once(':').unwrap();
        let problem = catalog::build(&name.parse().unwrap()).unwrap();
        let cells: Vec<usize> = cells.split('x').map(|c| c.parse().unwrap()).collect();
        let discrete = crate::classical::testing::discretise(&*problem, &cells);
        let n = discrete.unknowns() as f64;
        for spec in specs.split(';') {
            let start = Instant::now();
            let mut live = Live::start(spec, &*problem, &discrete, crate::Initial::Zero);
            let setup = start.elapsed().as_secs_f64();
            let start = Instant::now();
            let (mut steps, mut seconds) = (0, 0.0);
            let mut residual = 1.0;
            let mut marks = String::new();
            while residual > 1e-8 && steps < 60 {
                live.iteration.advance(std::num::NonZeroU64::MIN, &mut live.meter).unwrap();
                steps += 1;
                seconds = start.elapsed().as_secs_f64() - 0.0 * seconds;
                let now = Instant::now();
                live.advance(0);
                let r = discrete.relative_residual(live.u.values());
                if residual > 1e-6 && r <= 1e-6 { marks = format!(" 1e-6 after {steps}"); }
                residual = r;
                let _ = now;
            }
            // Again, without looking.
            let mut best = f64::INFINITY;
            for _ in 0..3 {
                let mut live = Live::start(spec, &*problem, &discrete, crate::Initial::Zero);
                let start = Instant::now();
                live.iteration.advance(std::num::NonZeroU64::new(steps).unwrap(), &mut live.meter).unwrap();
                best = f64::min(best, start.elapsed().as_secs_f64());
            }
            let mut centre = [0.0];
            live.u.interpolate(modewise_problems::Points::new(&vec![0.5; cells.len().max(problem.domain().dimension())], problem.domain().dimension()), &mut centre);
            println!("{case} {spec}: {steps} steps{marks}, residual {residual:.2e}, {:.1} ns/unknown, {:.2} a step, set-up {:.1} ns/unknown, centre {:.7}", best / n * 1e9, best / n / steps as f64 * 1e9, setup / n * 1e9, centre[0]);
            let _ = seconds;
        }
    });
}
