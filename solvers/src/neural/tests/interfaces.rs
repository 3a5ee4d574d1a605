//! Networks that see an interface: their derivatives on either side, flux jumps, gradients of losses, and solutions.

use std::sync::Arc;

use modewise_problems::{MOST_AXES, file::ProblemFile, geometry::points_on};
use rand::RngExt;

use super::{
    gradients::check,
    runs::{bits, trained},
    structures::{self, parameters},
    *,
};
use crate::neural::{
    activation::Activation,
    boundary::{Built, Local, Trial},
    kink::Kink,
    loss::{self, Equation, Objective},
    network::{Jet, Network},
    recipe,
    sampler::{Batch, Sampler, Sampling, Wanted, generator},
    tiles::{place, rows},
    trainer::Trainer,
};

/// ε varies on either side of an ellipse, an interval or a ball, and jumps there.
fn jumping(dimension: usize) -> Arc<dyn Problem> {
    let text = match dimension {
        3 => {
            "box = [[-1, 1], [-1, 1.5], [-1, 1]]\ninterface = \"a\"\n\
             permittivity = \"if((x - 0.1)^2 + y^2 + (z + 0.1)^2 < 0.36, 1 + x^2, 3 + x*y)\"\nkappa2 = \"2 + y\"\n\
             source = \"1 + x\"\n[shapes.a]\nball = { centre = [0.1, 0, -0.1], radius = 0.6 }\n[sides]\n\
             all = { dirichlet = \"x + y - z\" }\n"
        }
        1 => {
            "box = [[-1, 1.5]]\ninterface = \"a\"\npermittivity = \"if((x - 0.3)^2 < 0.16, 1 + x^2, 3 + x)\"\nkappa2 = 2\n\
             source = \"1 + x\"\n[shapes.a]\ninterval = [-0.1, 0.7]\n[sides]\nall = { dirichlet = \"x\" }\n"
        }
        _ => {
            "box = [[-1, 1], [-1, 1.5]]\ninterface = \"a\"\n\
             permittivity = \"if(((x - 0.1)/0.5)^2 + (y/0.7)^2 < 1, 1 + x^2, 3 + x*y)\"\nkappa2 = \"2 + y\"\n\
             source = \"1 + x\"\n[shapes.a]\nellipse = { centre = [0.1, 0], axes = [0.5, 0.7] }\n[sides]\n\
             all = { dirichlet = \"x + y\" }\n"
        }
    };
    ProblemFile::new("jumping.toml", text).build(&Spec::new("jumping.toml")).unwrap()
}

/// A trainer and a batch that has flux jumps if the loss has.
fn setup(problem: &dyn Problem, network: Network, loss: Loss, exact: bool) -> (Trainer, Batch) {
    let wanted = Wanted {
        loss,
        sampling: Sampling::Uniform,
        points: 40,
        boundary_points: 30,
        is_penalised: !exact,
        has_jumps: loss == Loss::Residual,
        resample: 1,
        seed: 2,
    };
    let sampler = Sampler::new(wanted, problem);
    let mut batch = sampler.batch(problem, 0);
    let (trial, kink) = (exact.then(|| Trial::new(problem).unwrap()), Kink::new(problem));
    sampler.fill(0, problem, None, trial.as_ref(), kink.as_ref(), &mut batch);
    let equation = recipe::equation("dnn", problem).unwrap();
    let objective = Objective { loss, equation, trial, kink, beta: 7.0, jump_weight: 3.0, gamma: 20.0 };
    (Trainer::new(network, objective, &batch), batch)
}

/// u at points, from the trainer.
fn values(trainer: &Trainer, problem: &dyn Problem, theta: &[f64], points: &[[f64; 3]]) -> Vec<f64> {
    let d = problem.domain().dimension();
    let mut out = vec![0.0; points.len()];
    trainer.sample(problem, theta, |i, x| x.copy_from_slice(&points[i][..d]), &mut out);
    out
}

/// The jet of u at one point of the interior or, at a given slope of |φ|, of the interface.
fn jet(trainer: &Trainer, problem: &dyn Problem, theta: &[f64], x: &[f64], seen: Local) -> Local {
    let d = x.len();
    let tile = rows(1, d, true);
    let mut jet: Jet = Jet::new(&trainer.network, tile.stride);
    let sampled = loss::Sampled {
        points: x,
        data: &[0.0],
        weights: &[1.0],
        coefficients: &[],
        built: &[],
        seen: &[seen],
        jumps: 0,
    };
    place(&trainer.network, sampled, tile, &mut jet);
    trainer.network.forward(theta, tile, &mut jet);
    let net = loss::jet_at(tile, &jet.out, 0);
    match &trainer.objective.trial {
        None => net,
        Some(trial) => {
            let Built { lift, factor } = trial.at(problem, x);
            loss::compose(&lift, &factor, &net, d)
        }
    }
}

/// Every structure, in one to three dimensions, with the data built in or not.
fn networks() -> impl Iterator<Item = (String, Arc<dyn Problem>, Network, bool)> {
    [1, 2, 3].into_iter().flat_map(|dimension| {
        structures::all(Activation::Sin).into_iter().flat_map(move |(name, parts)| {
            [true, false].map(|exact| {
                let network = structures::network(name, dimension, 1, &parts);
                (format!("{name}, {dimension}-D, exact={exact}"), jumping(dimension), network, exact)
            })
        })
    })
}

/// Gradients and Laplacians against differences of values, on either side.
#[test]
fn derivatives_on_either_side_are_those_of_values() {
    for (what, problem, network, exact) in networks() {
        let problem = problem.as_ref();
        let theta = parameters(&network, 5);
        let d = network.dimension();
        let (trainer, _) = setup(problem, network, Loss::Residual, exact);
        let (kink, bounds) = (Kink::new(problem).unwrap(), problem.domain().bounds());
        let mut random = generator(1, 1);
        let h = 1e-3;
        let mut sides = [0, 0];
        while sides.iter().sum::<usize>() < 20 {
            let mut x = [0.0; 3];
            x.iter_mut()
                .zip(bounds)
                .for_each(|(x, [a, b])| *x = a + (b - a) * (0.1 + 0.8 * random.random::<f64>()));
            let distance = problem.interface().unwrap().signed_distance(&x[..d]);
            if distance.abs() < 5.0 * h {
                continue;
            }
            sides[usize::from(distance > 0.0)] += 1;
            let u = jet(&trainer, problem, &theta, &x[..d], kink.at(&x[..d]));
            let mut laplacian = 0.0;
            for axis in 0..d {
                let near: Vec<[f64; 3]> = [-2.0, -1.0, 0.0, 1.0, 2.0]
                    .map(|k| std::array::from_fn(|j| x[j] + if j == axis { k * h } else { 0.0 }))
                    .to_vec();
                let at = values(&trainer, problem, &theta, &near);
                assert!((at[2] - u.value).abs() < 1e-12 * u.value.abs().max(1.0), "{what}");
                let slope = (8.0 * (at[3] - at[1]) - (at[4] - at[0])) / (12.0 * h);
                assert!((slope - u.gradient[axis]).abs() < 1e-6 * slope.abs().max(1.0), "{what} at {x:?}");
                laplacian += (16.0 * (at[3] + at[1]) - (at[4] + at[0]) - 30.0 * at[2]) / (12.0 * h * h);
            }
            let size = laplacian.abs().max(10.0);
            assert!((laplacian - u.laplacian).abs() < 1e-5 * size, "{what}: {laplacian} {}", u.laplacian);
        }
        assert!(sides.iter().all(|count| *count > 0), "{what}: {sides:?}");
    }
}

/// ε₊ ∂u/∂n − ε₋ ∂u/∂n by differences from either side.
#[test]
fn flux_jumps_are_those_of_differences_from_either_side() {
    for (what, problem, network, exact) in networks() {
        let problem = problem.as_ref();
        let theta = parameters(&network, 5);
        let d = network.dimension();
        let (trainer, batch) = setup(problem, network, Loss::Residual, exact);
        let kink = Kink::new(problem).unwrap();
        let region = problem.interface().unwrap();
        assert!(batch.jumps >= [2, 5, 4][d - 1], "{what}: {}", batch.jumps);
        for x in batch.sides.chunks(d).skip(batch.penalised()) {
            assert!(region.signed_distance(x).abs() < 1e-12, "{what}: {x:?} is not on the interface");
            let jump = kink.jump(problem, x);
            let u = jet(&trainer, problem, &theta, x, jump.seen);
            let ours: f64 = jump.direction.iter().zip(u.gradient).map(|(v, g)| v * g).sum();
            // n points to where the distance grows.
            let mut normal = [0.0; 3];
            for axis in 0..d {
                let near = |step: f64| {
                    let mut near = x.to_vec();
                    near[axis] += step;
                    region.signed_distance(&near)
                };
                normal[axis] = (near(1e-5) - near(-1e-5)) / 2e-5;
            }
            let length = normal.iter().map(|n| n * n).sum::<f64>().sqrt();
            let flux = |side: f64| {
                let h = 5e-4;
                let away =
                    |k: f64| std::array::from_fn(|j| x.get(j).map_or(0.0, |x| x + k * normal[j] / length));
                let places: Vec<[f64; 3]> = (0..4).map(|k| away(side * h * f64::from(k))).collect();
                let at = values(&trainer, problem, &theta, &places);
                let slope = (-11.0 * at[0] + 18.0 * at[1] - 9.0 * at[2] + 2.0 * at[3]) / (6.0 * side * h);
                let mut permittivity = [0.0];
                let place: [f64; 3] = away(side * 1e-7);
                problem.permittivity_at(Points::new(&place[..d], d), &mut permittivity);
                permittivity[0] * slope
            };
            let (outside, inside) = (flux(1.0), flux(-1.0));
            let size = outside.abs().max(inside.abs()).max(1.0);
            assert!((outside - inside - ours).abs() < 1e-5 * size, "{what}: {} {ours}", outside - inside);
        }
    }
}

/// Gradients of both losses with respect to all parameters against differences; ∇ε is that of its own side.
#[test]
fn gradients_with_an_interface_are_those_of_differences() {
    for (what, problem, network, exact) in networks() {
        for loss in [Loss::Ritz, Loss::Residual] {
            let theta = parameters(&network, 6);
            let (mut trainer, batch) = setup(problem.as_ref(), network.clone(), loss, exact);
            assert_eq!(batch.jumps > 0, loss == Loss::Residual);
            check(&format!("{what}, {loss:?}"), &mut trainer, &theta, &batch);
            let d = network.dimension();
            let slopes = batch.coefficients.chunks(Equation::numbers(d)).zip(batch.points.chunks(d));
            for (numbers, x) in slopes {
                let inside = problem.interface().unwrap().contains(x);
                let right: &[f64] = match (d, inside) {
                    (1, true) => &[2.0 * x[0]],
                    (1, false) => &[1.0],
                    (_, true) => &[2.0 * x[0], 0.0, 0.0],
                    (_, false) => &[x[1], x[0], 0.0],
                };
                assert!(numbers[2..].iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-7), "{what} at {x:?}");
            }
        }
    }
}

/// Points of an interface that lies partly outside of the domain are those inside.
#[test]
fn points_of_an_interface_are_in_the_domain() {
    let text = "box = [[-1, 1], [-1, 1]]\ndomain = \"box - hole\"\ninterface = \"disc\"\nsource = 1\n\
                permittivity = \"if(x^2 + y^2 < 0.25, 1, 5)\"\n[shapes.disc]\ndisc = { centre = [0, 0], radius = 0.5 }\n\
                [shapes.hole]\ndisc = { centre = [0.5, 0], radius = 0.3 }\ndirichlet = 0\n";
    let problem = ProblemFile::new("hole.toml", text).build(&Spec::new("hole.toml")).unwrap();
    let network = Network::seeing(2, 1, &structures::all(Activation::Tanh)[0].1);
    let (_, batch) = setup(problem.as_ref(), network, Loss::Residual, false);
    let region = problem.domain().region().unwrap();
    assert!(batch.sides.chunks(2).skip(batch.penalised()).all(|x| region.contains(x)));
    // The hole takes the arc of 4 asin(0.3/(2·0.5)) of the circle of radius 0.5.
    let length: f64 = batch.side_weights[batch.penalised()..].iter().sum();
    let right = std::f64::consts::PI - 2.0 * (0.3f64).asin();
    assert!((length - right).abs() < 0.01 * right, "{length} {right}");
    let mut x = [0.0; MOST_AXES];
    points_on(problem.interface().unwrap(), &[[-1.0, 1.0]; 2], 0, |n| n.fill(0.5), &mut x[..2]);
    assert!((x[0].hypot(x[1]) - 0.5).abs() < 1e-12);
}

/// The largest error over the largest value, after so many steps.
fn error(spec: &str, problem: &dyn Problem, steps: u64, exact: impl Fn(&[f64]) -> f64) -> f64 {
    let (_, found, _) = trained(spec, problem, steps, None);
    let cells = if problem.domain().dimension() == 1 { 64 } else { 16 };
    let grid = Grid::new(problem.domain().bounds(), &[cells]).unwrap();
    let x = grid.coordinates();
    let right = x.chunks(grid.dimension()).map(exact);
    let (mut error, mut largest) = (0.0, 0.0);
    for (u, v) in found.iter().zip(right) {
        error = (u - v).abs().max(error);
        largest = v.abs().max(largest);
    }
    error / largest
}

/// −(εu′)′ = 1 on (0, 1) with ε = 1 to the left of a and 10 to the right: εu′ = c − x.
const SLOPE: &str = "box = [[0, 1]]\ninterface = \"left\"\npermittivity = \"if(x < 0.4, 1, 10)\"\nsource = 1\n\
                     [shapes.left]\ninterval = [-1, 0.4]\n";

/// Its solution.
fn slope(x: &[f64]) -> f64 {
    let a = 0.4;
    // u(0) = u(1) = 0 and u continuous at a.
    let c = (0.05 + 0.45 * a * a) / (0.1 + 0.9 * a);
    match x[0] {
        x if x < a => c * x - 0.5 * x * x,
        x => 0.1 * (c * (x - 1.0) - 0.5 * (x * x - 1.0)),
    }
}

/// By its residual.
#[test]
fn a_slope_that_jumps_is_found_in_one_dimension() {
    let problem = ProblemFile::new("slope.toml", SLOPE).build(&Spec::new("slope.toml")).unwrap();
    let keys = "dnn,width=8,depth=2,points=200,interface=kink";
    check_errors(
        problem.as_ref(),
        slope,
        [
            (format!("{keys},loss=residual,optimizer=gauss-newton"), 1e-3),
            (format!("{keys},loss=residual,boundary=penalty,optimizer=gauss-newton"), 1e-3),
            ("random-features,count=60,frequency=10,interface=kink".into(), 1e-8),
        ],
    );
}

/// The same by its energy: its density jumps at a, so that a sum over points misses the integral by a share of the distance
/// between them, and the error falls with their number. A network of few points is told so.
#[test]
fn energies_at_a_jump_need_points() {
    let problem = ProblemFile::new("slope.toml", SLOPE).build(&Spec::new("slope.toml")).unwrap();
    let of = |points: usize| {
        let spec = format!(
            "dnn,width=8,depth=2,points={points},sampling=sobol,resample=0,interface=kink,loss=ritz,optimizer=natural-gradient"
        );
        let error = error(&spec, problem.as_ref(), 60, slope);
        println!("{points} points: {error:.1e}");
        error
    };
    let (few, many) = (of(200), of(3200));
    // Sixteen times as many points: first order would make it a sixteenth.
    assert!(many < few / 4.0, "{few} {many}");
    let grid = Grid::new(problem.domain().bounds(), &[8]).unwrap();
    let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
    for (points, is_told) in [(200, true), (3200, false)] {
        let spec = format!(
            "dnn,width=8,depth=2,points={points},resample=0,interface=kink,optimizer=natural-gradient"
        );
        let solver = registry::build(&spec.parse().unwrap()).unwrap();
        let run = solver.init(&Task::new(problem.as_ref(), &discrete), &mut Meter::new(1.0)).unwrap();
        assert_eq!(run.advice().is_some_and(|advice| advice.contains("energy jumps")), is_told, "{points}");
    }
}

/// That errors after sixty steps are at most what is said.
fn check_errors<const N: usize>(
    problem: &dyn Problem,
    exact: impl Fn(&[f64]) -> f64,
    cases: [(String, f64); N],
) {
    let mut missed = Vec::new();
    for (spec, most) in cases {
        let error = error(&spec, problem, if spec.starts_with("random") { 1 } else { 60 }, &exact);
        println!("{spec}: {error:.1e}");
        missed.extend((error >= most).then(|| format!("{spec}: {error:.1e}")));
    }
    assert!(missed.is_empty(), "{missed:?}");
}

/// A dielectric cylinder in a uniform field.
#[test]
fn a_dielectric_cylinder_is_found_by_networks_that_see_it() {
    let problem = catalog::build(&"dielectric-disc-2d".parse().unwrap()).unwrap();
    let exact = |x: &[f64]| {
        let mut u = [0.0];
        problem.exact(Points::new(x, 2), &mut u);
        u[0]
    };
    let keys = "dnn,width=15,depth=2,points=500,sampling=sobol,resample=0,interface=kink";
    let penalty = "loss=residual,boundary=penalty,beta=1e4,boundary_points=200,optimizer=gauss-newton";
    check_errors(
        problem.as_ref(),
        exact,
        [
            (format!("{keys},{penalty}"), 2e-2),
            ("random-features,count=500,frequency=8,boundary=penalty,interface=kink".into(), 1e-3),
        ],
    );
}

/// What it sees follows from the problem: an interrupted run goes on as if nothing had been.
#[test]
fn runs_that_see_an_interface_resume_bit_for_bit() {
    for problem in ["dielectric-disc-2d", "dielectric-ball-3d"] {
        let problem = catalog::build(&problem.parse().unwrap()).unwrap();
        for keys in ["resample=3", "loss=residual,optimizer=[adam:4,gauss-newton],resample=0"] {
            let spec = format!("dnn,width=6,depth=2,points=60,boundary=penalty,interface=kink,{keys}");
            let whole = trained(&spec, problem.as_ref(), 9, None);
            assert!(whole.1.iter().all(|u| u.is_finite()), "{spec}");
            assert_eq!(bits(&whole), bits(&trained(&spec, problem.as_ref(), 9, Some(5))), "{spec}");
        }
    }
}

#[test]
fn interfaces_that_a_network_cannot_see_are_refused_with_advice() {
    for (problem, spec, reason, advice) in [
        ("dielectric-disc-2d", "dnn,loss=residual", "ε jumps", "interface=kink"),
        ("dielectric-disc-2d", "random-features", "ε jumps", "interface=kink"),
        ("dielectric-disc-2d", "random-features,interface=kink,hidden=9", "hidden", "hidden=0"),
        ("two-tone-2d", "dnn,interface=kink", "names none", "interface=smooth"),
        ("born-3d", "dnn,interface=kink", "u itself jumps", "bicgstab"),
        ("dielectric-disc-2d", "multi-stage", "interface", "interface=kink"),
    ] {
        let problem = catalog::build(&problem.parse().unwrap()).unwrap();
        let solver = registry::build(&spec.parse().unwrap()).unwrap();
        let refusal = solver.check(problem.as_ref(), None).unwrap_err();
        assert!(refusal.reason.contains(reason) && refusal.advice.contains(advice), "{spec}: {refusal}");
    }
}
