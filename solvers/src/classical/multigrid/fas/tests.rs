//! Full approximation storage against `multigrid` on linear problems, and against Newton's method on others.

use modewise_problems::{Discrete, Field, Problem};

use crate::{
    Initial,
    classical::testing::{Live, catalogued, discretise, distance, of_text},
};

/// The solution, by Newton's method to rounding.
fn solution(problem: &dyn Problem, discrete: &Discrete) -> Field {
    let mut live = Live::start("newton", problem, discrete, Initial::Zero);
    for _ in 0..60 {
        live.advance(1);
        if discrete.relative_residual(live.u.values()) < 1e-13 {
            break;
        }
    }
    live.u
}

/// Relative residuals from step 0 on, until one is at `goal`.
fn residuals(spec: &str, problem: &dyn Problem, discrete: &Discrete, goal: f64) -> (Vec<f64>, Field) {
    let mut live = Live::start(spec, problem, discrete, Initial::Zero);
    let mut residuals = vec![discrete.relative_residual(live.u.values())];
    while residuals.last().is_some_and(|last| last.is_nan() || *last > goal) && residuals.len() < 100 {
        live.advance(1);
        residuals.push(discrete.relative_residual(live.u.values()));
    }
    (residuals, live.u)
}

#[test]
fn on_linear_problems_it_is_multigrid() {
    for (spec, cells) in [
        ("sines-1d,kappa2=3", vec![50]),
        ("bump-2d", vec![24, 20]),
        ("sines-2d,sides=[neumann,periodic],kappa2=2", vec![16, 24]),
        ("sines-2d,sides=neumann", vec![16, 16]),
        ("jump-2d", vec![24, 24]),
        ("sines-3d", vec![12, 8, 10]),
    ] {
        let problem = catalogued(spec);
        let discrete = discretise(problem.as_ref(), &cells);
        for keys in ["", ",cycle=w,pre=2,post=1"] {
            let solve = |name: &str| {
                let spec = format!("{name}{keys}");
                let mut live = Live::start(&spec, problem.as_ref(), &discrete, Initial::Random);
                live.advance(3).clone()
            };
            let [fas, multigrid] = ["fas", "multigrid"].map(solve);
            let difference = distance(&fas, &multigrid);
            assert!(difference < 1e-11, "{spec}{keys}: {difference:e}");
        }
    }
}

/// The factor a cycle is about that of multigrid for Poisson's equation (0.12 in 2-D and 0.22 in 3-D for V(1,1)), and the
/// number of cycles does not depend on the grid.
#[test]
fn cycles_are_as_fast_as_those_of_multigrid_on_every_grid() {
    for (spec, sizes, factor) in [
        ("sinh-waves-2d", vec![16, 32, 64], 0.15),
        ("sinh-waves-2d,amplitude=12", vec![32, 64], 0.15),
        ("sinh-waves-3d", vec![8, 16], 0.35),
    ] {
        let problem = catalogued(spec);
        let mut counts = Vec::new();
        for n in sizes {
            let discrete = discretise(problem.as_ref(), &vec![n; problem.domain().dimension()]);
            let (residuals, u) = residuals("fas", problem.as_ref(), &discrete, 1e-11);
            let last = &residuals[residuals.len() - 4..];
            let mean = (last[3] / last[0]).powf(1.0 / 3.0);
            assert!(mean < factor, "{spec} on {n} cells: {residuals:?}");
            assert!(distance(&u, &solution(problem.as_ref(), &discrete)) < 1e-9, "{spec} on {n} cells");
            counts.push(residuals.len());
        }
        assert!(counts.iter().all(|count| count.abs_diff(counts[0]) <= 2), "{spec}: {counts:?}");
    }
}

/// In 1-D cycles are exact for linear problems; steep layers leave the coarse grids something to do.
#[test]
fn steep_layers_are_solved_from_zero() {
    for u0 in [1, 4, 8, 12, 100] {
        let problem = catalogued(&format!("gouy-chapman-1d,u0={u0}"));
        for cells in [100, 1024] {
            let discrete = discretise(problem.as_ref(), &[cells]);
            let (residuals, u) = residuals("fas", problem.as_ref(), &discrete, 1e-11);
            assert!(residuals.len() < 40, "u0 = {u0}, {cells} cells: {residuals:?}");
            let difference = distance(&u, &solution(problem.as_ref(), &discrete));
            assert!(difference < 1e-8, "u0 = {u0}, {cells} cells: {difference:e}");
        }
    }
}

#[test]
fn every_kind_of_side_and_coefficient_is_solved() {
    let waves = "exact = \"3*sin(2*pi*x)*cos(pi*y)\"\n[sides]\nx = \"periodic\"\ny = \"neumann\"";
    let jump = "permittivity = \"if(x < 0.4, 80, 2)\"\nkappa2 = \"if(x < 0.4, 800, 0)\"\nsource = \"1000*exp(-100*((x - 0.7)^2 \
                + (y - 0.5)^2))\"";
    let hole = "[sides]\nx-upper = { robin = { coefficient = 2, value = 5 } }\n[shapes.hole]\ndisc = { centre = [0.4, 0.6], radius = 0.22 }";
    for (keys, text) in [
        ("", format!("box = [[0, 1], [0, 1]]\nkappa2 = 5\n{waves}")),
        (",coarse=galerkin", format!("box = [[0, 1], [0, 1]]\nkappa2 = 5\n{waves}")),
        (
            "",
            format!(
                "box = [[0, 1], [0, 1]]\npermittivity = \"2 + sin(2*pi*x)\"\nkappa2 = \"1 + y\"\n{waves}"
            ),
        ),
        (",pre=2,post=2", format!("box = [[0, 1], [0, 1]]\n{jump}")),
        ("", format!("box = [[0, 1], [0, 1]]\nkappa2 = 40\nsource = 300\ndomain = \"box - hole\"\n{hole}")),
        ("", "box = [[0, 1]]\nkappa2 = \"x\"\nsource = 1e8\n[sides]\nall = \"neumann\"".to_string()),
    ] {
        let problem = of_text(&text.replacen('\n', "\nreaction = \"sinh\"\n", 1));
        let discrete = discretise(problem.as_ref(), &vec![21; problem.domain().dimension()]);
        let spec = format!("fas{keys}");
        let (residuals, u) = residuals(&spec, problem.as_ref(), &discrete, 1e-11);
        assert!(residuals.len() < 40, "{text}: {residuals:?}");
        assert!(distance(&u, &solution(problem.as_ref(), &discrete)) < 1e-8, "{text}");
    }
}

/// A start far outside is brought in by a few sweeps, since every node knows how far it may go.
#[test]
fn any_start_will_do() {
    let problem = catalogued("gouy-chapman-1d,u0=4");
    let discrete = discretise(problem.as_ref(), &[64]);
    for value in [50.0, -300.0, 1e6] {
        let mut start = Field::zeros(discrete.grid());
        start.values_mut().fill(value);
        let mut live = Live::from("fas", problem.as_ref(), &discrete, &start);
        let residual = discrete.relative_residual(live.advance(30).values());
        assert!(residual < 1e-11, "{value}: {residual:e}");
    }
}
