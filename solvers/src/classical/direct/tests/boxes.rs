//! All exact methods on boxes of one to three dimensions with every mixture of sides: transforms, dense
//! eigenvectors and Cholesky factors know nothing of each other.

use std::f64::consts::PI;

use modewise_problems::{
    Coefficient, Condition, Discrete, Domain, Field, Grid, Points, Problem, Spec, order, reduce,
};

use crate::{
    Initial, SolverError, Status,
    classical::{
        direct::{self, OneStep, Refined, factor, sparse::Sparse},
        fft::Transformed,
        testing::{Live, discretise, distance, norm},
    },
    registry,
};
use Condition::{Dirichlet as D, Neumann as N, Periodic as P};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// ε = 2, κ = 0.
    Plain,
    /// ε = 2, κ² = 3.
    Screened,
    /// Both vary along x.
    Variable,
}

/// u = ∏ cos(2πx_i + phase_i), whose mean is zero, on the unit box.
#[derive(Debug)]
struct Waves {
    domain: Domain,
    kind: Kind,
}

const PHASE: [f64; 3] = [0.3, -0.2, 0.5];

impl Waves {
    fn new(sides: &[[Condition; 2]], kind: Kind) -> Self {
        Self { domain: Domain::new(&vec![[0.0, 1.0]; sides.len()], sides).unwrap(), kind }
    }

    fn solution(&self, grid: &Grid) -> Field {
        Field::from_batch(grid, |points, out| {
            self.exact(points, out);
        })
    }

    fn value(x: &[f64]) -> f64 {
        x.iter().zip(PHASE).map(|(x, phase)| (2.0 * PI * x + phase).cos()).product()
    }

    fn slope(x: &[f64], axis: usize) -> f64 {
        let phase = 2.0 * PI * x[axis] + PHASE[axis];
        let others = (0..x.len()).filter(|&i| i != axis).map(|i| (2.0 * PI * x[i] + PHASE[i]).cos());
        -2.0 * PI * phase.sin() * others.product::<f64>()
    }

    fn epsilon(&self, x: &[f64]) -> f64 {
        if self.kind == Kind::Variable { 1.5 + 0.5 * (2.0 * PI * x[0]).sin() } else { 2.0 }
    }

    fn kappa(&self, x: &[f64]) -> f64 {
        match self.kind {
            Kind::Plain => 0.0,
            Kind::Screened => 3.0,
            Kind::Variable => 1.0 + x[0] * (1.0 - x[0]),
        }
    }

    fn coefficient(&self, constant: f64) -> Coefficient {
        if self.kind == Kind::Variable { Coefficient::Variable } else { Coefficient::Constant(constant) }
    }
}

impl Problem for Waves {
    fn spec(&self) -> Spec {
        Spec::new("waves")
    }
    fn title(&self) -> String {
        "waves".into()
    }
    fn domain(&self) -> &Domain {
        &self.domain
    }
    fn permittivity(&self) -> Coefficient {
        self.coefficient(2.0)
    }
    fn permittivity_at(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| self.epsilon(x));
    }
    fn screening(&self) -> Coefficient {
        self.coefficient(if self.kind == Kind::Plain { 0.0 } else { 3.0 })
    }
    fn screening_at(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| self.kappa(x));
    }
    fn source(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| {
            let change = if self.kind == Kind::Variable { PI * (2.0 * PI * x[0]).cos() } else { 0.0 };
            let waves = 4.0 * PI * PI * x.len() as f64;
            (self.epsilon(x) * waves + self.kappa(x)) * Self::value(x) - change * Self::slope(x, 0)
        });
    }
    fn boundary(&self, points: Points<'_>, out: &mut [f64]) {
        self.exact(points, out);
    }
    fn flux(&self, axis: usize, upper: bool, points: Points<'_>, out: &mut [f64]) {
        let sign = if upper { 1.0 } else { -1.0 };
        points.evaluate(out, |x| sign * self.epsilon(x) * Self::slope(x, axis));
    }
    fn exact(&self, points: Points<'_>, out: &mut [f64]) -> bool {
        points.evaluate(out, Self::value);
        true
    }
    fn wave_number(&self) -> Option<f64> {
        None
    }
}

fn boxes() -> Vec<(Vec<[Condition; 2]>, Vec<usize>)> {
    let every = [[D, D], [N, N], [D, N], [N, D], [P, P]];
    let mut boxes = Vec::new();
    for sides in every {
        boxes.extend([2, 3, 8, 41].map(|n| (vec![sides], vec![n])));
        for other in every {
            boxes.extend(
                [[9, 8], [6, 15], [2, 3], [30, 21]].map(|cells| (vec![sides, other], cells.to_vec())),
            );
        }
    }
    for sides in [
        vec![[D, D], [D, D], [D, D]],
        vec![[N, N], [N, N], [N, N]],
        vec![[P, P], [P, P], [P, P]],
        vec![[D, N], [P, P], [N, N]],
        vec![[P, P], [N, D], [D, D]],
        vec![[N, N], [D, D], [N, D]],
    ] {
        boxes.push((sides.clone(), vec![5, 8, 7]));
        boxes.push((sides, vec![10, 9, 12]));
    }
    boxes
}

fn run(mut method: impl OneStep, discrete: &Discrete) -> Field {
    // Something no method may read.
    let mut u = Field::zeros(discrete.grid());
    u.values_mut().fill(1e3);
    method.solve(discrete, &mut u);
    u
}

#[test]
fn transforms_eigenvectors_and_cholesky_factors_agree() {
    let mut compared = [0; 3];
    for (sides, cells) in boxes() {
        for kind in [Kind::Plain, Kind::Screened, Kind::Variable] {
            let discrete = discretise(&Waves::new(&sides, kind), &cells);
            let sparse =
                run(Refined::new(Box::new(Sparse::new(&discrete).unwrap()), 2, &discrete), &discrete);
            let factored = run(Refined::new(factor(&discrete).unwrap(), 2, &discrete), &discrete);
            let transformed = Transformed::new(&discrete).map(|method| run(method, &discrete));
            compared[cells.len() - 1] += usize::from(transformed.is_some());
            // One pass of the transforms leaves a few roundings, which the reference refines away.
            let reference = direct::solve(&discrete).ok();
            for (u, roundings) in [(Some(factored), 1.0), (reference, 1.0), (transformed, 4.0)] {
                let Some(u) = u else { continue };
                let apart = distance(&u, &sparse) / reduce::max_abs(sparse.values());
                assert!(apart < 1e-12, "{sides:?} {cells:?} {kind:?}: {apart:e}");
                let residual = discrete.relative_residual(u.values());
                let floor = roundings
                    * discrete.residual_floor(
                        u.values(),
                        modewise_problems::reduce::sum_of_squares(u.values()).sqrt(),
                        f64::INFINITY,
                    );
                assert!(residual <= floor, "{sides:?} {cells:?} {kind:?}: {residual:e} above {floor:e}");
            }
        }
    }
    assert_eq!(compared, [0, 200, 24]);
}

#[test]
fn solutions_approach_the_exact_one_to_second_order() {
    for (sides, cells) in boxes() {
        if cells.iter().any(|&n| n < 8) || cells.contains(&41) {
            continue;
        }
        for kind in [Kind::Plain, Kind::Screened, Kind::Variable] {
            let problem = Waves::new(&sides, kind);
            let errors = [2, 3].map(|factor| {
                let cells: Vec<usize> = cells.iter().map(|n| factor * n).collect();
                let discrete = discretise(&problem, &cells);
                distance(&direct::solve(&discrete).unwrap(), &problem.solution(discrete.grid()))
            });
            let order = order::observed(&[1.0 / 2.0, 1.0 / 3.0], &errors)[0];
            assert!((1.8..2.3).contains(&order), "{sides:?} {cells:?} {kind:?}: {errors:?}, order {order}");
        }
    }
}

#[test]
fn threads_do_not_change_bits() {
    for (sides, cells) in [
        (vec![[P, P], [N, D]], vec![131, 160]),
        (vec![[D, D], [D, D]], vec![200, 131]),
        (vec![[N, N], [D, N], [P, P]], vec![30, 24, 31]),
    ] {
        for solver in ["fft", "direct"] {
            let problem = Waves::new(&sides, Kind::Screened);
            let discrete = discretise(&problem, &cells);
            let [one, two, three] = [1, 2, 3].map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| {
                    Live::start(solver, &problem, &discrete, Initial::Random).advance(1).values().to_vec()
                })
            });
            assert!(one == two && one == three, "{solver} on {cells:?}");
        }
    }
}

#[test]
fn large_systems_are_solved_to_rounding() {
    for (sides, cells) in [
        (vec![[D, D], [D, D]], vec![512, 400]),
        (vec![[P, P], [P, P]], vec![300, 512]),
        (vec![[N, N], [N, N], [N, N]], vec![48, 40, 64]),
    ] {
        let discrete = discretise(&Waves::new(&sides, Kind::Plain), &cells);
        let u = direct::solve(&discrete).unwrap();
        let (residual, floor) = (
            discrete.relative_residual(u.values()),
            discrete.residual_floor(
                u.values(),
                modewise_problems::reduce::sum_of_squares(u.values()).sqrt(),
                f64::INFINITY,
            ),
        );
        assert!(residual < floor, "{cells:?}: {residual:e} above {floor:e}");
    }
}

#[test]
fn the_fast_solver_finishes_in_one_step_from_anywhere() {
    for sides in [vec![[D, N]], vec![[D, D], [P, P]]] {
        let problem = Waves::new(&sides, Kind::Plain);
        let discrete = discretise(&problem, &[20]);
        let exact = direct::solve(&discrete).unwrap();
        for initial in [Initial::Zero, Initial::Random] {
            let mut live = Live::start("fft", &problem, &discrete, initial);
            let progress = live.iteration.advance(std::num::NonZeroU64::MIN, &mut live.meter).unwrap();
            assert_eq!((progress.steps, progress.status), (1, Status::Finished));
            // The reference is refined once more.
            let apart = distance(live.advance(1), &exact);
            assert!(apart < 1e-13 * norm(&exact), "{sides:?}: {apart:e}");
        }
    }
}

#[test]
fn what_cannot_be_is_refused_with_advice() {
    let problem = Waves::new(&[[D, D]; 3], Kind::Variable);
    let grid = Grid::new(problem.domain().bounds(), &[64]).unwrap();
    for solver in ["fft", "direct"] {
        let solver = registry::build(&Spec::new(solver)).unwrap();
        let refused = solver.check(&problem, Some(&grid)).unwrap_err();
        assert!(refused.advice.contains("pcg"), "{refused}");
        assert!(solver.check(&problem, None).unwrap_err().advice.contains("dnn"));
    }
    let discrete = Discrete::new(&problem, &grid).unwrap();
    assert!(matches!(direct::solve(&discrete), Err(SolverError::Unsupported(_))));
}
