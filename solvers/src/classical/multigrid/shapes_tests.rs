//! Cycles on shapes and where coefficients jump: numbers of steps that do not grow with the grid.

use modewise_problems::{Problem, Spec, catalog};

use crate::{
    Initial,
    classical::{
        direct,
        testing::{Live, catalogued, discretise, distance, norm},
    },
    registry,
};

/// Steps to a relative residual of 10⁻⁸.
fn steps(problem: &dyn Problem, cells: usize, spec: &str) -> u64 {
    let discrete = discretise(problem, &[cells]);
    let mut live = Live::start(spec, problem, &discrete, Initial::Zero);
    (1..=60).find(|_| discrete.relative_residual(live.advance(1).values()) < 1e-8).unwrap_or(u64::MAX)
}

/// The numbers of [`steps`] on three grids, of cycles alone and of cycles inside conjugate gradients.
fn counts(problem: &str, grids: [usize; 3]) -> [[u64; 3]; 2] {
    let built = catalogued(problem);
    let counts = ["multigrid", "pcg"].map(|spec| grids.map(|cells| steps(built.as_ref(), cells, spec)));
    println!("{problem} {grids:?}: multigrid {:?}, pcg {:?}", counts[0], counts[1]);
    counts
}

#[test]
fn steps_do_not_grow_with_the_grid() {
    for (problem, grids, most) in [
        ("disc-2d", [64, 128, 256], 14),
        ("annulus-2d", [64, 128, 256], 14),
        ("perforated-square-2d", [64, 128, 256], 14),
        ("pinnacle-pb-2d", [64, 128, 256], 14),
        ("l-shape-2d", [64, 128, 256], 14),
        ("kellogg-2d", [64, 128, 256], 14),
        ("many-subdomains-2d", [80, 160, 320], 18),
        ("ball-3d", [16, 32, 48], 14),
        ("holes-waves-2d", [64, 128, 256], 14),
        ("jump-2d", [64, 128, 256], 16),
        ("jump-2d,eps_in=1,eps_out=10000", [64, 128, 256], 14),
        ("jump-3d", [16, 32, 48], 16),
        ("jump-3d,eps_in=1,eps_out=10000", [16, 32, 48], 16),
        ("multiscale-reaction-2d", [64, 128, 256], 14),
        ("variable-reaction-3d", [16, 32, 48], 14),
    ] {
        let [multigrid, pcg] = counts(problem, grids);
        // Where strong and weak quadrants or blocks meet in a point, cycles alone leave one singular function after the
        // other, which conjugate gradients take out. So do cycles at spheres and at jumps of 1 : 10⁴.
        let is_hard = |name: &&str| problem.starts_with(name);
        let is_checkered = ["kellogg-2d", "many-subdomains-2d", "jump-3d", "jump-2d,"].iter().any(is_hard);
        for counts in if is_checkered { vec![pcg] } else { vec![multigrid, pcg] } {
            let near = counts.iter().all(|count| count.abs_diff(counts[1]) <= 2 && *count <= most);
            assert!(near, "{problem}: {counts:?}");
        }
    }
}

/// All solvers of elliptic systems that do not refuse come to the same solution, and nodes outside stay zero.
#[test]
fn every_cycle_finds_the_solution_on_shapes() {
    for (problem, cells) in [("pinnacle-pb-2d", 50), ("ball-3d", 12), ("l-shape-2d", 33)] {
        let built = catalog::build(&Spec::new(problem)).unwrap();
        let discrete = discretise(built.as_ref(), &[cells]);
        let expected = direct::solve(&discrete).unwrap();
        for spec in [
            "pcg",
            "pcg,preconditioner=ssor",
            "cg",
            "multigrid",
            "multigrid,cycle=w",
            "multigrid,smoother=jacobi",
            "multigrid,smoother=chebyshev",
            "multigrid,dtype=mixed",
            "fmg",
            "fmg,cycle=f",
        ] {
            let mut live = Live::start(spec, built.as_ref(), &discrete, Initial::Random);
            let steps = if spec.contains("ssor") || spec == "cg" { 600 } else { 40 };
            let error = distance(live.advance(steps), &expected);
            assert!(error < 1e-9 * norm(&expected), "{problem} {spec}: {error:e}");
            let outside = (0..discrete.grid().nodes()).filter(|node| !discrete.is_inside(*node));
            let largest = outside.fold(0.0f64, |largest, node| largest.max(live.u.values()[node].abs()));
            assert!(largest == 0.0, "{problem} {spec}: {largest:e} outside");
        }
    }
}

/// What reads across the boundaries of shapes is refused, with what to do instead.
#[test]
fn what_is_for_whole_boxes_is_refused() {
    let problem = catalog::build(&Spec::new("disc-2d")).unwrap();
    let discrete = discretise(problem.as_ref(), &[16]);
    for spec in [
        "fft",
        "multigrid,restriction=half",
        "multigrid,prolongation=cubic",
        "multigrid,coarse=rediscretised",
        "pcg,preconditioner=(multigrid,coarse=rediscretised)",
        "fmg,restriction=half",
    ] {
        let solver = registry::build(&spec.parse().unwrap()).unwrap();
        let refused = solver.check(problem.as_ref(), Some(discrete.grid())).unwrap_err();
        assert!(refused.reason.contains("whole boxes") && !refused.advice.is_empty(), "{spec}: {refused:?}");
    }
}
