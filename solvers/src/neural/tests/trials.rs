//! Trial functions: they meet the data, and their derivatives are right.

use modewise_problems::{Points, Problem, catalog};

use super::Tilted;
use crate::{
    neural::{
        boundary::{Built, Local, Trial},
        sampler::generator,
    },
    registry,
};

/// A function of the point.
type Function<'f> = &'f dyn Fn(&[f64]) -> f64;

/// Gradients and Laplacians of G and ω at points inside against differences of values, which `value` gives: G where the
/// network is 0, and ω as what 1 adds.
fn check_derivatives(problem: &dyn Problem, tolerance: f64) {
    use rand::RngExt;
    let trial = Trial::new(problem).unwrap();
    let bounds = problem.domain().bounds();
    // Small beside the distance from corners, where derivatives grow.
    let (d, h) = (bounds.len(), 3e-4);
    let mut random = generator(7, 0);
    let mut x = vec![0.0; d];
    let has_corner = ["l-shape-2d", "reentrant-corner-2d"].contains(&problem.spec().name.as_str());
    let mut checked = 0;
    while checked < 40 {
        x.iter_mut().zip(bounds).for_each(|(x, [a, b])| *x = a + (b - a) * random.random::<f64>());
        let is_near = |x: &[f64]| {
            problem.domain().region().is_some_and(|region| {
                let mut foot = [0.0; 3];
                // Data are differentiated by differences, which r^α near a corner at the origin is too steep for.
                let is_steep = has_corner
                    && region.pieces().unwrap().iter().any(|piece| {
                        piece.foot(x, &mut foot[..d]);
                        foot[0].hypot(foot[1]) < 0.1
                    });
                is_steep || region.signed_distance(x) > -0.02
            })
        };
        if is_near(&x) {
            continue;
        }
        checked += 1;
        let Built { lift, factor } = trial.at(problem, &x);
        let parts: [(&Local, Function<'_>); 2] = [
            (&lift, &|x| trial.value(problem, x, 0.0)),
            (&factor, &|x| trial.value(problem, x, 1.0) - trial.value(problem, x, 0.0)),
        ];
        for (part, value) in parts {
            let mut laplacian = 0.0;
            let here = value(&x);
            let size = part.gradient.iter().fold(part.laplacian.abs().max(1.0), |m, g| m.max(g.abs()));
            for axis in 0..d {
                let at = |steps: f64| {
                    let mut x = x.clone();
                    x[axis] += steps * h;
                    value(&x)
                };
                let [near, far] = [1.0, 2.0].map(|k| [at(k), at(-k)]);
                let slope = (8.0 * (near[0] - near[1]) - (far[0] - far[1])) / (12.0 * h);
                let error = (slope - part.gradient[axis]).abs();
                assert!(error < tolerance * size, "{} at {x:?}: {slope} off by {error:e}", problem.spec());
                laplacian += (16.0 * (near[0] + near[1]) - (far[0] + far[1]) - 30.0 * here) / (12.0 * h * h);
            }
            let error = (laplacian - part.laplacian).abs();
            assert!(error < tolerance * size, "{} at {x:?}: {laplacian} off by {error:e}", problem.spec());
        }
    }
}

/// On every part of the boundary where u is given it is, whatever the network.
fn check_data(problem: &dyn Problem) {
    use crate::neural::{
        loss::Loss,
        sampler::{Sampler, Sampling, Wanted},
    };
    let trial = Trial::new(problem).unwrap();
    let wanted = Wanted {
        loss: Loss::Residual,
        sampling: Sampling::Uniform,
        points: 10,
        boundary_points: 300,
        is_penalised: true,
        has_jumps: false,
        resample: 1,
        seed: 3,
    };
    let sampler = Sampler::new(wanted, problem);
    let mut batch = sampler.batch(problem, 0);
    sampler.fill(0, problem, None, None, None, &mut batch);
    let d = problem.domain().dimension();
    let largest = batch.side_data.iter().fold(1e-3, |m: f64, g| m.max(g.abs()));
    for (i, x) in batch.sides.chunks(d).enumerate() {
        let is_flux = batch
            .side_operators
            .get(i * (1 + d)..(i + 1) * (1 + d))
            .is_some_and(|numbers| numbers[1..].iter().any(|v| *v != 0.0));
        let off = (trial.value(problem, x, 1.0) - batch.side_data[i]).abs();
        assert!(is_flux || off < 1e-6 * largest, "{} at {x:?}: {off:e}", problem.spec());
    }
}

#[test]
fn trial_functions_carry_the_data_and_their_derivatives_are_right() {
    for dimension in [1, 2] {
        check_derivatives(&Tilted::new(dimension), 1e-7);
        check_data(&Tilted::new(dimension));
    }
    for spec in [
        "pinnacle-pb-2d",
        "disc-2d",
        "annulus-2d",
        "l-shape-2d",
        "reentrant-corner-2d",
        "holes-waves-2d",
        "perforated-square-2d",
        "ball-3d",
        "chirp-2d",
        "screened-waves-2d",
        "variable-reaction-3d",
        "sines-2d,sides=[neumann,dirichlet],kappa2=5",
    ] {
        let problem = catalog::build(&spec.parse().unwrap()).unwrap();
        check_derivatives(problem.as_ref(), 2e-4);
        check_data(problem.as_ref());
    }
}

/// Regions whose boundaries have no pieces are refused with what to use instead.
#[test]
fn what_cannot_be_built_in_is_refused_with_the_penalty() {
    let text = "box = [[-1, 1], [-1, 1]]\ndomain = \"(a - b) | (b - a)\"\nsource = 1\n[shapes.a]\ndisc = { centre = \
                [0, 0], radius = 0.5 }\n[shapes.b]\ndisc = { centre = [0.3, 0], radius = 0.5 }\n";
    let problem = modewise_problems::file::ProblemFile::new("twice", text).build(&"twice".parse().unwrap());
    let problem = problem.unwrap();
    let dnn = registry::build(&"dnn".parse().unwrap()).unwrap();
    let error = dnn.check(problem.as_ref(), None).unwrap_err().to_string();
    assert!(error.contains("more than once") && error.contains("boundary=penalty"), "{error}");
    let dnn = registry::build(&"dnn,boundary=penalty".parse().unwrap()).unwrap();
    assert!(dnn.check(problem.as_ref(), None).is_ok());
    let periodic = catalog::build(&"sines-2d,sides=[dirichlet,periodic]".parse().unwrap()).unwrap();
    let error = dnn.check(periodic.as_ref(), None).unwrap_err().to_string();
    assert!(error.contains("multigrid"), "{error}");
    let data = problem.domain().dimension();
    let mut values = [0.0];
    problem.boundary(Points::new(&[0.0, 0.0], data), &mut values);
}
