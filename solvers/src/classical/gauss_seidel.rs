//! Gauss–Seidel: every unknown in turn takes the value that solves its own equation, with the newest
//! values of its neighbours.
//!
//! u_p ← (f_p + Σ c u_neighbour)/a, a = κ² + Σ c, neighbours old or new by the order:
//!
//! - `lexicographic`: row by row, so that lower neighbours are new and upper ones old;
//! - `red-black`: first all unknowns with an even sum of places (red), then the odd ones (black). Neighbours
//!   have the other colour, so that each half runs in parallel;
//! - `symmetric`: a lexicographic sweep forwards and one backwards, which together are symmetric in the
//!   scalar product of the system: a step is both.
//!
//! **Modes.** With Dirichlet sides both orders have spectral radius cos²(π/n), the square of Jacobi's: half
//! the sweeps, still O(n²) of them. Sines are not eigenvectors of a sweep: red-black mixes k with n − k on
//! every axis, lexicographic order mixes all modes, so mode errors need not fall monotonically. As smoothers
//! they damp the upper half of the spectrum by 0.447 (1-D), 1/2 (2-D) and 0.567 (3-D) a lexicographic sweep,
//! 1/4 a red-black sweep in 2-D and 4/9 in 3-D.
//!
//! **Cost.** Two flops an unknown less than ω-Jacobi: 7/9 of a work unit in 2-D, twice that a symmetric step.
//!
//! Source: Trottenberg, Oosterlee, Schüller, *Multigrid*, 2001, §2.1 and §4.3; Young, *Iterative Solution
//! of Large Linear Systems*, 1971, chapter 5, for consistently ordered matrices.

use std::sync::Arc;

use modewise_problems::{Grid, Parameter, Problem, Settings, Spec, SpecError};

use super::{
    state::{self, State},
    stationary::{Stationary, Step},
};
use crate::{Iteration, Meter, Need, Snapshot, Solver, SolverError, Task, Unsupported, registry::Entry};

pub(crate) const ENTRY: Entry = Entry {
    name: "gauss-seidel",
    summary: "Gauss–Seidel: each unknown in turn solves its own equation; half the sweeps of Jacobi",
    parameters: &[Parameter {
        key: "order",
        default: "lexicographic",
        unit: "lexicographic | red-black | symmetric",
        help: "row by row, all unknowns of even places before the odd ones (parallel), or row by row forwards and back",
    }],
    build,
};

/// The words of `order`, and what they stand for.
const ORDERS: ([&str; 3], [Step; 3]) = (
    ["lexicographic", "red-black", "symmetric"],
    [Step::Lexicographic(None), Step::RedBlack(None), Step::Symmetric],
);

/// The recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussSeidel {
    order: usize,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    Ok(Arc::new(GaussSeidel { order: settings.choice("order", &ORDERS.0)? }))
}

impl GaussSeidel {
    fn step(&self) -> Step {
        ORDERS.1[self.order]
    }
}

impl Solver for GaussSeidel {
    fn spec(&self) -> Spec {
        Spec::new(ENTRY.name).with("order", ORDERS.0[self.order])
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = state::linear(problem, grid, ENTRY.name)?;
        let arrays = self.step().arrays() * state::array_values(problem, grid);
        Ok(Need {
            bytes: 8 * (state::system_values(problem, grid) + arrays),
            uses_initial: true,
            discrete: true,
        })
    }

    fn init<'p>(&self, task: &Task<'p>, _meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(Box::new(Stationary::new(State::start(task, ENTRY.name)?, self.step())))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        _meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(Box::new(Stationary::new(State::resume(task, from, ENTRY.name)?, self.step())))
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use modewise_problems::{Discrete, Field, transform::Sine};

    use crate::{
        Initial,
        classical::testing::{Live, Made, bits, distance, norm},
    };

    /// A sweep as the textbook has it, node by node in the order given, in place.
    fn textbook(discrete: &Discrete, u: &mut Field, order: impl Fn(&[usize]) -> usize) {
        let grid = discrete.grid().clone();
        for turn in 0..2 {
            for node in (0..grid.nodes()).filter(|&node| !grid.is_boundary(node)) {
                if order(&grid.indices(node)) == turn {
                    let mut sum = discrete.source().values()[node];
                    for (axis, c) in discrete.constant_coefficients().unwrap().0.iter().enumerate() {
                        let stride = grid.stride(axis);
                        sum += c * (u.values()[node - stride] + u.values()[node + stride]);
                    }
                    u.values_mut()[node] = sum / discrete.largest_diagonal();
                }
            }
        }
    }

    #[test]
    fn sweeps_are_those_of_the_textbook() {
        for cells in [vec![2], vec![9], vec![70_000], vec![2, 2], vec![3, 8], vec![13, 10], vec![300, 200]] {
            let bounds = vec![[-1.0, 1.0]; cells.len()];
            let problem = Made::new(&bounds, |x| 1.0 + x[0], |x| (5.0 * x[0]).cos());
            let discrete = problem.on(&cells);
            for order in ["lexicographic", "red-black"] {
                let spec = format!("gauss-seidel,order={order}");
                let mut live = Live::start(&spec, &problem, &discrete, Initial::Random);
                let mut expected = live.u.clone();
                for _ in 0..3 {
                    textbook(&discrete, &mut expected, |indices| match order {
                        "red-black" => indices.iter().sum::<usize>() % 2,
                        _ => 0,
                    });
                }
                let worst = distance(live.advance(3), &expected);
                assert!(worst < 1e-14, "{cells:?} {order}: {worst:e}");
            }
        }
    }

    #[test]
    fn the_spectral_radius_is_the_square_of_jacobis() {
        for (n, dimension) in [(64, 1), (32, 2)] {
            let problem = Made::nothing(dimension);
            let discrete = problem.on(&[n]);
            let rho = (PI / n as f64).cos().powi(2);
            for order in ["lexicographic", "red-black"] {
                let spec = format!("gauss-seidel,order={order}");
                let mut live = Live::start(&spec, &problem, &discrete, Initial::Random);
                let before = norm(live.advance(4000));
                let measured = (norm(live.advance(1000)) / before).powf(1e-3);
                assert!((measured - rho).abs() < 1e-6, "{spec} at n = {n}: {measured} for {rho}");
            }
        }
    }

    /// The smoothing factor: the radius of sweeps each followed by deleting the low half of modes along every
    /// axis.
    fn smoothing(spec: &str, dimension: usize, n: usize, sweeps: u64, rounds: usize) -> f64 {
        let problem = Made::nothing(dimension);
        let discrete = problem.on(&[n]);
        let sine = Sine::new(discrete.grid());
        let mut u = Initial::Random.resolve(&discrete, None, 3);
        let mut amplitudes = vec![0.0; sine.len()];
        let mut factor = 0.0;
        for _ in 0..rounds {
            let before = norm(&u);
            let mut live = Live::from(spec, &problem, &discrete, &u);
            sine.forward(live.advance(sweeps).values(), &mut amplitudes);
            let m = n - 1;
            for (index, b) in amplitudes.iter_mut().enumerate() {
                let digits = [index / (m * m), index / m % m, index % m];
                if digits[3 - dimension..].iter().all(|k| 2 * (k + 1) < n) {
                    *b = 0.0;
                }
            }
            sine.inverse(&amplitudes, u.values_mut());
            factor = (norm(&u) / before).powf(1.0 / sweeps as f64);
        }
        factor
    }

    #[test]
    fn red_black_sweeps_smooth_by_the_textbook_factor() {
        for (dimension, n, sweeps, expected) in [
            (2, 128, 1, 0.25),
            (2, 128, 2, 0.25),
            (2, 128, 3, 0.322),
            (2, 128, 4, 0.396),
            (3, 64, 1, 4.0 / 9.0),
        ] {
            let factor = smoothing("gauss-seidel,order=red-black", dimension, n, sweeps, 25);
            assert!(
                (factor - expected).abs() < 0.03 * expected,
                "{dimension}-D, {sweeps}: {factor} for {expected}"
            );
        }
    }

    #[test]
    fn threads_do_not_change_bits() {
        for cells in [vec![512, 300], vec![100_000]] {
            let spec = "gauss-seidel,order=red-black";
            assert_eq!(bits(spec, &cells, 5, 1), bits(spec, &cells, 5, 2));
        }
    }
}
