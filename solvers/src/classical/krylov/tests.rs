use std::num::NonZeroU64;

use modewise_problems::{Condition, Discrete, Field};

use crate::{
    Initial, Sites,
    classical::{
        operator::tests::systems,
        testing::{Live, Made, bits, distance},
    },
};

const SPECS: [&str; 7] = [
    "cg",
    "pcg,preconditioner=jacobi,dtype=f64",
    "pcg,preconditioner=ssor,dtype=f64",
    "pcg,preconditioner=ssor,omega=1.4",
    "pcg",
    "pcg,dtype=f64",
    "pcg,preconditioner=(multigrid,cycle=w,pre=2,post=2,smoother=jacobi)",
];

/// A solution to compare with: what many steps give.
fn solution(discrete: &Discrete) -> Field {
    let problem = Made::nothing(discrete.grid().dimension());
    Live::start("cg", &problem, discrete, Initial::Zero).advance(2 * discrete.unknowns() as u64).clone()
}

/// e·Ae in the plain scalar product over unknowns, each weighted with its cell: Σ V e (Au − Au*).
fn energy(discrete: &Discrete, u: &Field, exact: &Field) -> f64 {
    let grid = discrete.grid();
    let (mut ru, mut re) = (vec![0.0; grid.nodes()], vec![0.0; grid.nodes()]);
    discrete.residual(u.values(), &mut ru);
    discrete.residual(exact.values(), &mut re);
    let volume = |node: usize| -> f64 {
        let indices = grid.indices(node);
        (0..indices.len())
            .map(|axis| {
                let (i, range) = (indices[axis], discrete.unknowns_along(axis));
                let neumann = |at: usize| discrete.sides()[axis][at] == modewise_problems::Condition::Neumann;
                match i {
                    i if !range.contains(&i) => 0.0,
                    0 if neumann(0) => 0.5,
                    i if i == grid.axes()[axis].cells && neumann(1) => 0.5,
                    _ => 1.0,
                }
            })
            .product()
    };
    (0..grid.nodes())
        .map(|node| volume(node) * (u.values()[node] - exact.values()[node]) * (re[node] - ru[node]))
        .sum()
}

/// The residual that a step reports is that of its u, or on Neumann sides, whose rows count less, a little
/// smaller: a driver that believes it never misses a tolerance.
#[test]
fn the_reported_residual_is_the_true_one() {
    for (name, discrete) in systems(&[8, 9]) {
        let problem = Made::nothing(discrete.grid().dimension());
        let neumann = discrete.sides().iter().flatten().any(|side| *side == Condition::Neumann);
        for spec in SPECS {
            let mut live = Live::start(spec, &problem, &discrete, Initial::Random);
            for step in 0..6 {
                let progress = live.iteration.advance(NonZeroU64::MIN, &mut live.meter).unwrap();
                live.iteration
                    .sample(&Sites::Grid(discrete.grid()), live.u.values_mut(), &mut live.meter)
                    .unwrap();
                let (told, found) = (progress.residual.unwrap(), discrete.relative_residual(live.u.values()));
                let least = if neumann { 0.1 } else { 1.0 - 1e-6 };
                assert!(
                    told <= found * (1.0 + 1e-6) + 1e-13 && told >= least * found - 1e-13,
                    "{name}, {spec} at {step}: {told:e}, {found:e}"
                );
            }
        }
    }
}

#[test]
fn the_error_falls_at_every_step_in_the_norm_of_the_matrix() {
    for (name, discrete) in systems(&[8, 9]) {
        let problem = Made::nothing(discrete.grid().dimension());
        let exact = solution(&discrete);
        for spec in SPECS {
            let mut live = Live::start(spec, &problem, &discrete, Initial::Random);
            let start = energy(&discrete, &live.u, &exact);
            let mut before = start;
            for step in 0..30 {
                let after = energy(&discrete, live.advance(1), &exact);
                assert!(
                    after <= before || after < 1e-20 * start,
                    "{name}, {spec} at {step}: {after:e} of {before:e}"
                );
                before = after;
            }
            assert!(before < 1e-3 * start, "{name}, {spec}: {before:e} of {start:e}");
        }
    }
}

/// A 1-D system has as many distinct eigenvalues as unknowns; on a square λ_kl = λ_lk, and a start that is
/// symmetric has a share in k, l odd only.
#[test]
fn it_is_through_after_as_many_steps_as_there_are_eigenvalues() {
    let line = Made::new(&[[0.0, 1.0]], |x| x[0], |x| (5.0 * x[0]).exp());
    let square = Made::new(&[[0.0, 1.0]; 2], |_| 0.0, |_| 1.0);
    // On the square of 8 cells: k, l in 1, 3, 5, 7; ten pairs, of which k + l = 8 share an eigenvalue.
    for (problem, cells, steps) in [(line, 12, 11), (square, 8, 9)] {
        let discrete = problem.on(&vec![cells; if steps == 11 { 1 } else { 2 }]);
        let mut live = Live::start("cg", &problem, &discrete, Initial::Zero);
        let early = discrete.relative_residual(live.advance(steps - 1).values());
        let through = discrete.relative_residual(live.advance(1).values());
        assert!(early > 1e-6 && through < 1e-13, "{steps} steps: {early:e}, then {through:e}");
        // Further steps do no harm.
        assert!(discrete.relative_residual(live.advance(50).values()) < 1e-13);
    }
}

#[test]
fn relative_residuals_of_one_in_ten_billion_are_true_ones() {
    let made = |d: usize| Made::new(&vec![[0.0, 1.0]; d], |x| x[0], |x| 1.0 + (7.0 * x[0]).sin());
    for (cells, most) in [(vec![256], 300), (vec![64, 64], 250), (vec![16, 16, 16], 80)] {
        let problem = made(cells.len());
        let discrete = problem.on(&cells);
        for spec in SPECS {
            let mut live = Live::start(spec, &problem, &discrete, Initial::Zero);
            let residual = discrete.relative_residual(live.advance(most).values());
            assert!(residual < 1e-10, "{cells:?}, {spec}: {residual:e}");
        }
    }
    for (name, discrete) in systems(&[8, 9]) {
        let problem = Made::nothing(discrete.grid().dimension());
        for spec in SPECS {
            let mut live = Live::start(spec, &problem, &discrete, Initial::Random);
            let residual = discrete.relative_residual(live.advance(200).values());
            assert!(residual < 1e-10, "{name}, {spec}: {residual:e}");
        }
    }
}

/// The reduced system of one colour has a quarter of the condition number: half the steps. A cycle leaves
/// hardly any spectrum at all.
#[test]
fn a_symmetric_sweep_halves_the_steps() {
    let problem = Made::new(&[[0.0, 1.0]; 2], |_| 0.0, |x| 1.0 + x[0]);
    let discrete = problem.on(&[64]);
    let steps = |spec: &str| {
        let mut live = Live::start(spec, &problem, &discrete, Initial::Random);
        (1..).find(|_| discrete.relative_residual(live.advance(1).values()) < 1e-8).unwrap()
    };
    let (plain, ssor, multigrid) = (steps("cg"), steps("pcg,preconditioner=ssor"), steps("pcg"));
    assert!(2 * ssor <= plain + 6, "{ssor} for {plain}");
    assert!(4 * multigrid <= ssor, "{multigrid} for {ssor}");
    // With constant coefficients the diagonal changes nothing.
    assert_eq!(plain, steps("pcg,preconditioner=jacobi,dtype=f64"));
}

#[test]
fn the_mean_of_a_singular_system_is_taken_out() {
    use modewise_problems::{Condition, Domain};
    let domain = Domain::new(&[[0.0, 1.0]; 2], &[[Condition::Neumann; 2], [Condition::Periodic; 2]]).unwrap();
    let problem =
        Made::new(&[[0.0, 1.0]; 2], |_| 0.0, |x| (std::f64::consts::PI * x[0]).cos()).on_sides(domain);
    let discrete = problem.on(&[32, 24]);
    assert!(discrete.is_singular());
    let mut answers = Vec::new();
    for spec in SPECS {
        let mut live = Live::start(spec, &problem, &discrete, Initial::Random);
        let u = live.advance(200).clone();
        let residual = discrete.relative_residual(u.values());
        assert!(residual < 1e-11, "{spec}: {residual:e}");
        answers.push(u);
    }
    for other in &answers[1..] {
        assert!(distance(&answers[0], other) < 1e-11);
    }
}

#[test]
fn threads_do_not_change_bits() {
    for spec in SPECS {
        for cells in [vec![300, 200], vec![40, 30, 20]] {
            let one = bits(spec, &cells, 4, 1);
            for threads in [2, 3, 8] {
                assert!(one == bits(spec, &cells, 4, threads), "{spec}, {cells:?}, {threads} threads");
            }
        }
    }
}
