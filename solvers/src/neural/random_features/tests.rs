//! Against exact solutions.

use modewise_problems::{Discrete, Field, Grid, Problem, Spec, catalog};

use crate::{Iteration, Meter, Sites, Task, registry};

/// The relative L2 error after the step, and the scalars.
fn error(problem: &dyn Problem, cells: usize, spec: &str, seed: u64) -> (f64, [f64; 3]) {
    let grid = Grid::new(problem.domain().bounds(), &[cells]).unwrap();
    let discrete = Discrete::new(problem, &grid).unwrap();
    let task = Task::new(problem, &discrete).with_seed(seed);
    let mut meter = Meter::new(1.0);
    let solver = registry::build(&spec.parse::<Spec>().unwrap()).unwrap();
    let mut live: Box<dyn Iteration> = solver.init(&task, &mut meter).unwrap();
    live.advance(std::num::NonZeroU64::MIN, &mut meter).unwrap();
    let mut u = Field::zeros(&grid);
    live.sample(&Sites::Grid(&grid), u.values_mut(), &mut meter).unwrap();
    let exact = Field::from_batch(&grid, |points, out| {
        problem.exact(points, out);
    });
    let square = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>();
    let difference = square(&mut u.values().iter().zip(exact.values()).map(|(u, e)| u - e));
    let mut scalars = [0.0; 3];
    live.scalars(&mut scalars);
    ((difference / square(&mut exact.values().iter().copied())).sqrt(), scalars)
}

fn problem(spec: &str) -> std::sync::Arc<dyn Problem> {
    catalog::build(&spec.parse().unwrap()).unwrap()
}

/// Exponential: twice the features are worth more than two digits, and a hundred reach rounding.
#[test]
fn errors_fall_exponentially_with_the_number_of_features() {
    let problem = problem("fprinciple-1d");
    for seed in 0..3 {
        let [few, more, many] = [20, 40, 100].map(|count| {
            let (error, scalars) =
                error(problem.as_ref(), 100, &format!("random-features,count={count}"), seed);
            println!("fprinciple-1d {count}: {error:.1e} {scalars:?}");
            error
        });
        assert!(more < 1e-2 * few && many < 1e-10, "seed {seed}: {few:.1e} {more:.1e} {many:.1e}");
    }
}

/// Features are nearly dependent long before there are 400 of them; what is left out costs no accuracy.
#[test]
fn the_rank_is_reported_and_singular_values_agree() {
    let problem = problem("fprinciple-1d");
    for method in ["qr", "svd"] {
        let spec = format!("random-features,count=400,rcond=1e-13,solver={method}");
        let (error, [rank, fit, frequency]) = error(problem.as_ref(), 100, &spec, 1);
        println!("{method}: {error:.1e} rank {rank} fit {fit:.1e}");
        assert!((20.0..200.0).contains(&rank), "{method}: rank {rank}");
        assert!(error < 1e-9 && fit < 1e-9, "{method}: {error:.1e} {fit:.1e}");
        assert!((24.0..48.0).contains(&frequency));
    }
}

/// Both ways of meeting the boundary, all samplings, both features, in two dimensions.
#[test]
fn every_choice_solves_in_the_square() {
    let problem = problem("sines-2d,kappa2=3");
    let choices = ["", ",boundary=penalty", ",sampling=lattice", ",sampling=sobol", ",sampling=uniform"];
    for choice in choices {
        let spec = format!("random-features,count=200{choice}");
        let (error, scalars) = error(problem.as_ref(), 32, &spec, 2);
        println!("sines-2d {choice}: {error:.1e} {scalars:?}");
        assert!(error < 1e-5, "{choice}: {error:.1e}");
    }
    let spec = "random-features,count=300,features=tanh,frequency=4";
    let (error, scalars) = error(problem.as_ref(), 32, spec, 2);
    println!("sines-2d tanh: {error:.1e} {scalars:?}");
    assert!(error < 1e-3, "tanh: {error:.1e}");
}

/// Cosine and sine of each wave, and one or two frozen layers below the features, whatever σ. Waves of waves reach
/// several times as far as the first layer, and take as many more features.
#[test]
fn frozen_layers_below_the_features_solve_too() {
    let line = problem("fprinciple-1d");
    let mut missed = Vec::new();
    for (choice, least) in [
        ("count=100,features=fourier", 1e-10),
        ("count=400,hidden=60", 1e-10),
        ("count=400,hidden=[40,60],frequency=10", 1e-10),
        ("count=400,hidden=80,features=tanh", 1e-8),
        ("count=400,hidden=60,features=fourier,frequency=[6,12,24],boundary=penalty", 1e-10),
    ] {
        let (error, scalars) = error(line.as_ref(), 100, &format!("random-features,{choice}"), 1);
        println!("{choice}: {error:.1e} {scalars:?}");
        missed.extend((error >= least).then(|| format!("{choice}: {error:.1e}")));
    }
    let square = problem("sines-2d,kappa2=3");
    let spec = "random-features,count=500,hidden=100,frequency=4,sampling=sobol,boundary=penalty";
    let (error, scalars) = error(square.as_ref(), 32, spec, 2);
    println!("sines-2d: {error:.1e} {scalars:?}");
    missed.extend((error >= 1e-9).then(|| format!("sines-2d: {error:.1e}")));
    assert!(missed.is_empty(), "{missed:?}");
}

/// The frequency of the fast tone comes from the source.
#[test]
fn two_tones_are_met_by_features_as_fast_as_the_source() {
    let problem = problem("two-tone-2d");
    let (error, scalars) = error(problem.as_ref(), 100, "random-features,count=1000", 1);
    println!("two-tone-2d: {error:.1e} {scalars:?}");
    assert!(error < 5e-2, "{error:.1e}");
}

#[test]
fn what_it_cannot_do_is_refused_with_advice() {
    let check = |name: &str, spec: &str| {
        let solver = registry::build(&spec.parse::<Spec>().unwrap()).unwrap();
        solver.check(problem(name).as_ref(), None).map_err(|error| error.to_string())
    };
    let error = check("sines-2d,sides=[periodic,dirichlet]", "random-features").unwrap_err();
    assert!(error.contains("periodic") && error.contains("multigrid"), "{error}");
    let error = check("dielectric-disc-2d", "random-features").unwrap_err();
    assert!(error.contains("interface") && error.contains("bicgstab"), "{error}");
    let error = check("two-tone-2d", "random-features,frequency=1e12").unwrap_err();
    assert!(error.contains("too high") && error.contains("smaller"), "{error}");
    // Bytes grow with the square of the features.
    let need = check("two-tone-2d", "random-features,count=1000000").unwrap();
    assert!(need.bytes > 16_000_000_000_000 / 2);
}
