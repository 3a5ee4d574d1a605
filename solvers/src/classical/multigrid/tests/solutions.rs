use modewise_problems::{Condition, Discrete, Domain, Settings, Spec};

use super::*;
use crate::{
    Phase,
    classical::{
        direct,
        krylov::preconditioner::Preconditioner,
        multigrid::{self, Multigrid},
        operator::Operator,
        sweep::{
            Layers,
            pass::{self, Formula},
        },
        testing::{bits, distance},
    },
    memory::Buffer,
};

#[test]
fn one_cycle_of_red_black_sweeps_is_a_direct_solver_in_1d() {
    let problem = Made::new(&[[0.0, 2.0]], |x| 3.0 - x[0], |x| (7.0 * x[0]).sin());
    for n in [2, 3, 64, 1024, 96, 1001, 33] {
        let discrete = problem.on(&[n]);
        let exact = direct::solve(&discrete).unwrap();
        for spec in ["multigrid,pre=1,post=0", "two-grid,pre=1,post=0", "fmg,pre=1,post=0"] {
            let mut live = Live::start(spec, &problem, &discrete, Initial::Random);
            let error = distance(live.advance(1), &exact);
            assert!(error < 1e-15 * (n * n) as f64, "{spec} n = {n}: {error:e}");
        }
    }
}

#[test]
fn cycles_converge_to_the_discrete_solution_whatever_the_cells() {
    let problem = Made::new(&[[0.0, 1.0], [-1.0, 1.0]], |x| 1.0 + x[0] * x[1], |x| (9.0 * x[0] * x[1]).sin());
    for cells in [vec![2, 2], vec![2, 64], vec![48, 96], vec![7, 9], vec![96, 100], vec![64, 33]] {
        let discrete = problem.on(&cells);
        let exact = direct::solve(&discrete).unwrap();
        for keys in [
            "multigrid,pre=2",
            "multigrid,smoother=jacobi,pre=2",
            "multigrid,smoother=chebyshev,pre=2",
            "multigrid,cycle=w,prolongation=cubic",
            "multigrid,cycle=f,restriction=half",
            "multigrid,dtype=mixed",
            "two-grid",
        ] {
            let mut live = Live::start(keys, &problem, &discrete, Initial::Random);
            let error = distance(live.advance(60), &exact);
            assert!(error < 1e-12, "{cells:?} {keys}: {error:e}");
        }
    }
}

/// Every kind of side with even and odd numbers of cells, constant and variable coefficients.
fn systems() -> Vec<(String, Made, Discrete)> {
    use Condition::{Dirichlet as D, Neumann as N, Periodic as P};
    let mut systems = Vec::new();
    for sides in [
        vec![[N, D]],
        vec![[P, P]],
        vec![[N, D], [P, P]],
        vec![[P, P], [D, N]],
        vec![[N, N], [N, N]],
        vec![[P, P], [P, P]],
        vec![[D, D], [D, D], [D, D]],
        vec![[N, N], [P, P], [D, D]],
        vec![[P, P], [D, N], [N, N]],
        vec![[N, N], [P, P], [N, N]],
    ] {
        for varies in [false, true] {
            for base in if sides.len() == 3 { vec![16, 13, 17] } else { vec![64, 51, 65] } {
                let cells: Vec<usize> = (0..sides.len()).map(|axis| base + 2 * axis).collect();
                let bounds = vec![[0.0, 1.0]; sides.len()];
                let problem = Made::new(
                    &bounds,
                    |x| x[0],
                    |x| {
                        let wave = |x: f64| (std::f64::consts::TAU * x).cos();
                        wave(x[0]) + x.iter().map(|x| wave(*x)).product::<f64>()
                    },
                )
                .on_sides(Domain::new(&bounds, &sides).unwrap());
                let problem = if varies { problem.varying() } else { problem };
                let discrete = problem.on(&cells);
                systems.push((format!("{sides:?} {cells:?} varies {varies}"), problem, discrete));
            }
        }
    }
    systems
}

#[test]
fn cycles_solve_every_kind_of_system() {
    let mut misses = Vec::new();
    for (name, problem, discrete) in systems() {
        let mut live = Live::start("multigrid", &problem, &discrete, Initial::Random);
        let residual = discrete.relative_residual(live.advance(8).values());
        let later = discrete.relative_residual(live.advance(4).values());
        let last = discrete.relative_residual(live.advance(18).values());
        let factor = (later / residual).powf(0.25);
        // In 1-D cycles are direct solvers: the residual is rounding from the first one on.
        let limit = if discrete.grid().dimension() == 1 { f64::INFINITY } else { 0.25 };
        if last > 1e-12 || factor > limit {
            misses.push(format!("{name}: {factor:.3} a cycle, {last:e}"));
        }
    }
    assert!(misses.is_empty(), "{misses:#?}");
}

#[test]
fn a_symmetric_cycle_is_a_symmetric_operator_near_the_inverse() {
    let spec = Spec::new("multigrid");
    let settings = Settings::new(&spec, multigrid::ENTRY.parameters).unwrap();
    let recipe = Multigrid::preconditioner(&settings).unwrap();
    for (name, _, discrete) in systems() {
        let operator = Operator::<f64>::of(&discrete);
        let layout = operator.layout().clone();
        let mut sums = vec![0.0; Layers::of(&layout).places().len()];
        let mut cycle = recipe.symmetric_cycle(&operator, discrete.is_singular());
        let array = || Buffer::<f64>::zeroed(layout.len());
        // Right-hand sides A v are in the range of a singular A.
        let right = |seed: usize| {
            let mut field = Field::zeros(discrete.grid());
            field.values_mut().iter_mut().enumerate().for_each(|(i, u)| {
                *u = ((i + seed) * (i + 3) % 101) as f64;
            });
            let (mut v, mut out) = (array(), array());
            layout.load(discrete.grid(), field.values(), &mut v);
            pass::apply(&operator, Formula::Apply, &v, &v, &mut out);
            out
        };
        let (a, b) = (right(1), right(17));
        let (mut za, mut zb) = (array(), array());
        cycle.apply(&operator, &a, &mut za);
        cycle.apply(&operator, &b, &mut zb);
        let one = pass::scalar_product(&operator, &za, &b, &mut sums);
        let other = pass::scalar_product(&operator, &a, &zb, &mut sums);
        let size = pass::scalar_product(&operator, &za, &a, &mut sums);
        assert!(size > 0.0);
        assert!((one - other).abs() < 1e-11 * size, "{name}: {one:e}, {other:e}");
    }
}

#[test]
fn mixed_precision_loses_nothing() {
    // Not even with data that single precision has no numbers for.
    for cells in [vec![100, 100], vec![20, 31, 24]] {
        let problem =
            Made::new(&vec![[0.0, 1.0]; cells.len()], |x| 1e-39 * x[0], |x| 1e-42 * (9.0 * x[0]).sin());
        let discrete = problem.on(&cells);
        let mut live = Live::start("multigrid,dtype=mixed", &problem, &discrete, Initial::Zero);
        let residual = discrete.relative_residual(live.advance(20).values());
        let floor = discrete.residual_floor(live.u.values(), norm(&live.u), f64::INFINITY);
        assert!(residual < floor && floor < 1e-13, "{cells:?}: {residual:e}, floor {floor:e}");
    }
}

#[test]
fn a_cycle_costs_a_few_work_units_and_reads_back_its_spec() {
    let problem = Made::nothing(2);
    let discrete = problem.on(&[256]);
    let mut live = Live::start("multigrid", &problem, &discrete, Initial::Random);
    live.advance(1);
    // Two sweeps at 7/9, a residual, 15/4 to restrict it and 1 + 3/2 + 3/4 to interpolate, times 4/3.
    let units = live.meter.work_units_of(Phase::Iterate);
    let expected = 4.0 / 3.0 * (14.0 + 9.0 + 3.75 + 3.25) / 9.0;
    assert!((units - expected).abs() < 0.05, "{units} for {expected}");
    for (text, word) in [
        ("multigrid,pre=0,post=0", "both be 0"),
        ("multigrid,pre=1000000000000", "from 0 to 1000"),
        ("fmg,cycles=1001", "from 1 to 1000"),
        ("multigrid,omega=2", "below 2"),
        ("multigrid,smoother=chebyshev,omega=1", "has no ω"),
        ("multigrid,pre=-1", "from 0 to 1000"),
        ("multigrid,omega=nan", "auto"),
        ("multigrid,omega=best", "auto"),
        ("multigrid,smoother=sor", "jacobi"),
        ("multigrid,cycle=x", "one of v, w, f"),
        ("multigrid,dtype=f16", "mixed"),
        ("fmg,cycles=0", "from 1 to 1000"),
        ("two-grid,cycle=w", "cycle"),
    ] {
        let error = crate::registry::build(&text.parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn threads_do_not_change_bits() {
    for (cells, spec) in [
        (vec![512, 320], "multigrid"),
        (vec![320, 512], "multigrid,smoother=jacobi"),
        (vec![301, 201], "multigrid,smoother=chebyshev,pre=2,prolongation=cubic"),
        (vec![301, 201], "multigrid,dtype=mixed,cycle=f"),
        (vec![40, 51, 62], "multigrid"),
        (vec![40, 51, 62], "fmg"),
        (vec![40, 31, 62], "two-grid,restriction=half"),
    ] {
        let one = bits(spec, &cells, 2, 1);
        for threads in [2, 3, 8] {
            assert!(one == bits(spec, &cells, 2, threads), "{spec} on {threads} threads");
        }
    }
}

#[test]
fn a_run_takes_less_than_48_bytes_an_unknown() {
    for cells in [vec![2048, 2048], vec![1501, 2003], vec![256, 256, 256], vec![201, 211, 223]] {
        let problem = Made::nothing(cells.len());
        let grid = modewise_problems::Grid::new(&vec![[0.0, 1.0]; cells.len()], &cells).unwrap();
        for spec in ["multigrid", "multigrid,dtype=mixed", "fmg"] {
            let solver = crate::registry::build(&spec.parse().unwrap()).unwrap();
            let bytes =
                solver.check(&problem, Some(&grid)).unwrap().bytes as f64 / grid.interior_nodes() as f64;
            assert!((16.0..48.0).contains(&bytes), "{spec} on {cells:?}: {bytes:.1} bytes an unknown");
        }
    }
}

#[test]
fn runs_go_on_from_a_snapshot_with_the_same_bits() {
    let problem = Made::new(&[[0.0, 1.0]; 2], |x| x[0], |x| (9.0 * x[1]).sin());
    let discrete = problem.on(&[37, 50]);
    for spec in ["multigrid", "multigrid,smoother=chebyshev", "multigrid,dtype=mixed", "fmg", "two-grid"] {
        for before in [0, 1, 2] {
            let mut whole = Live::start(spec, &problem, &discrete, Initial::Random);
            whole.advance(before);
            let snapshot = whole.iteration.snapshot().unwrap();
            let solver = crate::registry::build(&spec.parse().unwrap()).unwrap();
            let task = crate::Task::new(&problem, &discrete);
            let mut resumed = Live::start(spec, &problem, &discrete, Initial::Zero);
            resumed.iteration = solver.resume(&task, &snapshot, &mut resumed.meter).unwrap();
            assert_eq!(whole.advance(2), resumed.advance(2), "{spec} after {before} steps");
        }
    }
}
