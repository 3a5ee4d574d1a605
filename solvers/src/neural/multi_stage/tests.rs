//! Stages against exact solutions, and what is refused.

use modewise_problems::{Discrete, Field, Grid, catalog};

use super::*;
use crate::Status;
use std::num::NonZeroU64;

/// Relative errors against the exact solution at the end of each stage.
fn errors(problem: &str, spec: &str, cells: usize, seed: u64) -> Vec<f64> {
    let problem = catalog::build(&problem.parse().unwrap()).unwrap();
    let grid = Grid::new(problem.domain().bounds(), &[cells]).unwrap();
    let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
    let task = Task::new(problem.as_ref(), &discrete).with_seed(seed);
    let solver = registry::build(&spec.parse().unwrap()).unwrap();
    solver.check(problem.as_ref(), Some(&grid)).unwrap();
    let mut meter = Meter::new(1.0);
    let mut run = solver.init(&task, &mut meter).unwrap();
    let exact = Field::from_batch(&grid, |points, out| assert!(problem.exact(points, out)));
    let size = exact.values().iter().map(|u| u * u).sum::<f64>();
    let mut errors = Vec::new();
    let mut u = Field::zeros(&grid);
    loop {
        let progress = run.advance(NonZeroU64::MAX, &mut meter).unwrap();
        run.sample(&crate::Sites::Grid(&grid), u.values_mut(), &mut meter).unwrap();
        let square: f64 = u.values().iter().zip(exact.values()).map(|(a, b)| (a - b) * (a - b)).sum();
        errors.push((square / size).sqrt());
        if progress.status != Status::Running {
            return errors;
        }
    }
}

/// The second network takes two digits and more off what the first has left, which ends where it cannot go on, on the strong
/// form and the energy, with the boundary exact and by a penalty, for constant and variable coefficients. (Most take off
/// four; how low the energy's rounding lets the second go differs from one processor to the next: 1.1e-3 and less were seen.)
#[test]
fn each_stage_takes_digits_off_the_error() {
    let stages = |rest: &str| {
        let stage = |width: usize, points: usize| {
            format!(
                "(dnn,width={width},depth=2,activation=sin,init=source,points={points},\
                 optimizer=natural-gradient:40,{rest})"
            )
        };
        format!("multi-stage,stages=[{},{}]", stage(12, 400), stage(20, 800))
    };
    for (problem, rest) in [
        ("fprinciple-1d", "loss=residual"),
        ("fprinciple-1d", "loss=residual,boundary=penalty"),
        ("fprinciple-1d", "loss=ritz,sampling=gauss"),
        ("multiscale-elliptic-1d", "loss=residual"),
    ] {
        let errors = errors(problem, &stages(rest), 200, 1);
        assert_eq!(errors.len(), 2, "{problem}, {rest}: {errors:?}");
        assert!(errors[1] < 1e-2 * errors[0], "{problem}, {rest}: {errors:?}");
    }
}

#[test]
fn stages_that_cannot_follow_each_other_are_refused() {
    let problem = catalog::build(&"fprinciple-1d".parse().unwrap()).unwrap();
    for (stages, part) in [
        ("(dnn),(dnn)", "has no end"),
        ("(dnn,loss=regression)", "learn residuals"),
        ("(dnn,optimizer=adam:5,activation=relu),(dnn)", "second derivatives of relu"),
        ("(dnn,optimizer=adam:5,boundary=penalty),(dnn)", "the same boundary="),
        ("(jacobi)", "a list of networks (dnn"),
        ("(dnn,widht=3)", "did you mean `width`?"),
    ] {
        let built = registry::build(&format!("multi-stage,stages=[{stages}]").parse().unwrap());
        let error = match built {
            Ok(solver) => solver.check(problem.as_ref(), None).unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(part), "{stages}: {error}");
    }
}
