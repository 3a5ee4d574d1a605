//! Multigrid against local Fourier analysis and asymptotic factors computed elsewhere.

use crate::{
    Initial, Phase,
    classical::{
        direct,
        testing::{Live, Made, bits, distance, norm},
    },
};

/// The asymptotic factor: f = 0, random start, mean over cycles 90 to 100. The iteration is linear and
/// 0.06¹⁰⁰ is still far from underflow, so that rescaling the iterate would change nothing.
fn factor(spec: &str, dimension: usize, n: usize) -> f64 {
    let problem = Made::nothing(dimension);
    let discrete = problem.on(&[n]);
    let mut live = Live::start(spec, &problem, &discrete, Initial::Random);
    let before = norm(live.advance(90));
    (norm(live.advance(10)) / before).powf(0.1)
}

#[test]
fn factors_are_those_of_theory_and_do_not_depend_on_n() {
    for (keys, dimension, theory) in [
        ("pre=1,post=1", 2, 0.120),
        ("pre=2,post=1", 2, 0.081),
        ("pre=2,post=2", 2, 0.061),
        ("smoother=jacobi,pre=1,post=1", 2, 0.364),
        ("smoother=jacobi,pre=2,post=1", 2, 0.237),
        ("smoother=jacobi,pre=1,post=1", 1, 0.195),
        ("smoother=jacobi,pre=2,post=1", 1, 0.112),
    ] {
        let spec = format!("multigrid,{keys}");
        let grids = if dimension == 1 { [256, 512, 1024] } else { [64, 128, 256] };
        let factors = grids.map(|n| factor(&spec, dimension, n));
        println!("{dimension}-D {spec}: {factors:.4?} on {grids:?}, theory {theory}");
        assert!((factors[2] / theory - 1.0).abs() < 0.05, "{spec}: {factors:?} for {theory}");
        for factor in factors {
            assert!((factor / factors[2] - 1.0).abs() < 0.04, "{spec}: {factors:?} depend on n");
        }
    }
}

#[test]
fn one_cycle_of_red_black_sweeps_is_a_direct_solver_in_1d() {
    let problem = Made::new(&[[0.0, 2.0]], |x| 3.0 - x[0], |x| (7.0 * x[0]).sin());
    for n in [2, 64, 1024, 96] {
        let discrete = problem.on(&[n]);
        let exact = direct::solve(&discrete).unwrap();
        let mut live = Live::start("multigrid,pre=1,post=0", &problem, &discrete, Initial::Random);
        let error = distance(live.advance(1), &exact);
        assert!(error < 1e-15 * (n * n) as f64, "n = {n}: {error:e}");
    }
}

#[test]
fn cycles_converge_to_the_discrete_solution_whatever_the_cells() {
    let problem = Made::new(&[[0.0, 1.0], [-1.0, 1.0]], |x| 1.0 + x[0] * x[1], |x| (9.0 * x[0] * x[1]).sin());
    for cells in [vec![2, 2], vec![2, 64], vec![48, 96], vec![7, 9], vec![96, 100], vec![64, 33]] {
        let discrete = problem.on(&cells);
        let exact = direct::solve(&discrete).unwrap();
        for smoother in ["red-black", "jacobi"] {
            let spec = format!("multigrid,smoother={smoother},pre=2");
            let mut live = Live::start(&spec, &problem, &discrete, Initial::Random);
            let error = distance(live.advance(60), &exact);
            assert!(error < 1e-12, "{cells:?} {smoother}: {error:e}");
        }
    }
}

#[test]
fn a_cycle_costs_a_few_work_units_and_reads_back_its_spec() {
    let problem = Made::nothing(2);
    let discrete = problem.on(&[256]);
    let mut live = Live::start("multigrid", &problem, &discrete, Initial::Random);
    live.advance(1);
    // Two sweeps at 7/9, a residual, transfers, times 4/3.
    let units = live.meter.work_units_of(Phase::Iterate);
    assert!((units - 4.0 / 3.0 * (14.0 + 9.0 + 2.5 + 3.0) / 9.0).abs() < 0.05, "{units}");
    for (text, word) in [
        ("multigrid,pre=0,post=0", "both be 0"),
        ("multigrid,pre=-1", "at least 0"),
        ("multigrid,omega=nan", "auto"),
        ("multigrid,omega=best", "auto"),
        ("multigrid,smoother=sor", "jacobi"),
    ] {
        let error = crate::registry::build(&text.parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn threads_do_not_change_bits() {
    for (cells, smoother) in [([512, 320], "red-black"), ([320, 512], "jacobi")] {
        let spec = format!("multigrid,smoother={smoother}");
        assert_eq!(bits(&spec, &cells, 3, 1), bits(&spec, &cells, 3, 2));
    }
    assert_eq!(bits("multigrid", &[160_000], 2, 1), bits("multigrid", &[160_000], 2, 2));
}

#[test]
fn explore() {
    for (keys, cells) in [
        ("pre=1", vec![256, 256]),
        ("cycle=w", vec![256, 256]),
        ("pre=1", vec![64, 64, 64]),
        ("pre=2,post=2", vec![64, 64, 64]),
        ("cycle=w", vec![64, 64, 64]),
        ("smoother=jacobi", vec![64, 64, 64]),
        ("pre=1", vec![1001, 1001]),
        ("pre=1", vec![778, 1235]),
        ("pre=1", vec![129, 129]),
        ("pre=1", vec![65, 65, 65]),
        ("pre=1", vec![101, 201, 301]),
        ("pre=1", vec![100, 180, 300]),
        ("restriction=half,post=0", vec![64, 64]),
    ] {
        let clock = std::time::Instant::now();
        let problem = Made::nothing(cells.len());
        let discrete = problem.on(&cells);
        let spec = format!("multigrid,{keys}");
        let mut live = Live::start(&spec, &problem, &discrete, Initial::Random);
        let before = norm(live.advance(20));
        let factor = (norm(live.advance(10)) / before).powf(0.1);
        let seconds = clock.elapsed().as_secs_f64() / 30.0 / discrete.unknowns() as f64 * 1e9;
        println!("{spec} {cells:?}: {factor:.4}, {seconds:.1} ns a cycle and unknown");
    }
}
