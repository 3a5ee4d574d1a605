//! The Jacobian against finite differences, and what is made of it against the gradient.

use modewise_problems::{Field, Grid, Problem, Reaction, catalog};

use super::*;
use crate::neural::{
    activation::Activation,
    boundary::Trial,
    init::Init,
    kink::Kink,
    loss::{Equation, Objective},
    network::Part,
    sampler::{Sampler, Sampling, Wanted, generator},
    tests::structures,
};

struct Setup {
    trainer: Trainer,
    batch: Batch,
    jacobian: Jacobian,
    theta: Vec<f64>,
}

impl Setup {
    fn new(problem: &str, (name, parts): (&str, &[Part]), loss: Loss, exact: bool, points: usize) -> Self {
        let problem = catalog::build(&problem.parse().unwrap()).unwrap();
        let problem: &dyn Problem = problem.as_ref();
        let kink = Kink::new(problem);
        let network = structures::network(name, problem.domain().dimension(), kink.iter().count(), parts);
        let theta = Init::GlorotDouble.draw(&network, problem, &mut generator(4, 0));
        let sampling = Sampling::Uniform;
        let (is_penalised, has_jumps) = (!exact, loss == Loss::Residual && kink.is_some());
        let boundary_points = 11;
        let wanted =
            Wanted { loss, sampling, points, boundary_points, is_penalised, has_jumps, resample: 1, seed: 2 };
        let sampler = Sampler::new(wanted, problem);
        let grid = Grid::new(problem.domain().bounds(), &[8]).unwrap();
        let target = Field::from_batch(&grid, |points, out| points.evaluate(out, |x| x[0].cos()));
        let mut batch = sampler.batch(problem, grid.nodes());
        let trial = exact.then(|| Trial::new(problem).unwrap());
        sampler.fill(0, problem, Some(&target), trial.as_ref(), kink.as_ref(), &mut batch);
        let equation = Equation { reaction: problem.reaction(), ..Equation::constant(1.5, 2.5) };
        let objective = Objective { loss, equation, trial, kink, beta: 7.0, jump_weight: 3.0, gamma: 20.0 };
        let (inside, sides) = (batch.data.len(), batch.side_data.len());
        let layout = Layout::new(&network, loss, true, [inside, sides], batch.has_fluxes());
        let jacobian = Jacobian::new(&network, layout, loss);
        let trainer = Trainer::new(network, objective, &batch);
        Self { trainer, batch, jacobian, theta }
    }

    fn function(&mut self) -> Training<'_> {
        let terms = Terms::all(0.0);
        Training {
            trainer: &mut self.trainer,
            batch: &self.batch,
            jacobian: Some(&mut self.jacobian),
            terms,
            flops: 0.0,
        }
    }
}

/// Fewer points than parameters, so that JJᵀ is what there is.
const FEW: usize = 16;
const PROBLEMS: [&str; 7] = [
    "sines-1d",
    "gouy-chapman-1d,u0=3,length=2",
    "two-tone-2d",
    "jump-2d,eps_in=2,eps_out=2.5",
    "annulus-2d",
    "robin-2d",
    "dielectric-disc-2d,eps_out=3",
];

/// Every problem, structure and loss that is a sum of squares, with the boundary exact and by a penalty.
fn sums_of_squares() -> impl Iterator<Item = (String, Setup)> {
    PROBLEMS.iter().flat_map(|problem| {
        structures::all(Activation::Sin).into_iter().flat_map(move |(name, parts)| {
            [Loss::Residual, Loss::Regression].into_iter().flat_map(move |loss| {
                let parts = parts.clone();
                [true, false].map(|exact| {
                    let what = format!("{problem}, {name}, {loss:?}, exact={exact}");
                    (what, Setup::new(problem, (name, &parts), loss, exact, FEW))
                })
            })
        })
    })
}

#[test]
fn rows_are_derivatives_of_residuals_and_add_up_to_the_gradient() {
    for (what, mut setup) in sums_of_squares() {
        let theta = setup.theta.clone();
        // The first layer of the only part.
        let frozen = setup.trainer.network.frozen();
        let mut function = setup.function();
        let (n, m) = (function.len(), function.equations().rows);
        assert!(m < n, "{what}: {m} {n}");
        let mut matrix = vec![0.0; m * m];
        let mut rho_at = |function: &mut Training<'_>, theta: &[f64]| {
            let mut rho = vec![0.0; m];
            function.kernel(theta, &mut matrix, &mut rho);
            rho
        };
        let h = 1e-4;
        let mut differences = vec![0.0; m * n];
        for k in 0..n {
            let mut shifted = |steps: f64| {
                let mut theta = theta.clone();
                theta[k] += steps * h;
                rho_at(&mut function, &theta)
            };
            let near: Vec<f64> = shifted(1.0).iter().zip(shifted(-1.0)).map(|(a, b)| a - b).collect();
            let far: Vec<f64> = shifted(2.0).iter().zip(shifted(-2.0)).map(|(a, b)| a - b).collect();
            for i in 0..m {
                differences[i * n + k] = (8.0 * near[i] - far[i]) / (12.0 * h);
            }
        }
        let rho = rho_at(&mut function, &theta);
        let largest = differences.iter().fold(0.0, |m: f64, d| m.max(d.abs()));
        let mut row = vec![0.0; n];
        for i in 0..m {
            let unit: Vec<f64> = (0..m).map(|j| f64::from(i == j)).collect();
            function.pull_back(&unit, &mut row);
            assert!(row[..frozen].iter().all(|entry| *entry == 0.0), "{what}: a frozen layer");
            for k in frozen..n {
                let error = (row[k] - differences[i * n + k]).abs();
                assert!(error < 1e-7 * largest, "{what}: row {i}, {k}: {error:e}");
            }
        }
        let mut gradient = vec![0.0; n];
        function.pull_back(&rho, &mut row);
        let value = function.gradient(&theta, &mut gradient);
        let squares = 0.5 * vector::dot(&rho, &rho);
        assert!((value - squares).abs() < 1e-12 * value, "{what}: {value} {squares}");
        let error = row.iter().zip(&gradient).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(error < 1e-11 * vector::norm(&gradient), "{what}: {error:e}");
    }
}

/// JᵀJ, its products, and JJᵀ are the same J.
#[test]
fn matrices_and_products_agree() {
    for (what, mut setup) in sums_of_squares() {
        let theta = setup.theta.clone();
        let mut function = setup.function();
        let (n, m) = (function.len(), function.equations().rows);
        let v: Vec<f64> = (0..n).map(|k| (k as f64).sin()).collect();
        let mut normal = vec![f64::NAN; n * n];
        function.normal(&theta, &mut normal);
        let full = |i: usize, j: usize| normal[i.max(j) * n + i.min(j)];
        let mut product = vec![0.0; n];
        function.product(&theta, &v, &mut product);
        let size = vector::norm(&product);
        for (i, product) in product.iter().enumerate() {
            let right: f64 = (0..n).map(|j| full(i, j) * v[j]).sum();
            assert!((product - right).abs() < 1e-12 * size, "{what}");
        }
        // The traces of JᵀJ and JJᵀ are both the sum of all squares.
        let mut kernel = vec![0.0; m * m];
        function.kernel(&theta, &mut kernel, &mut vec![0.0; m]);
        let trace = |matrix: &[f64], n: usize| matrix.iter().step_by(n + 1).sum::<f64>();
        let (a, b) = (trace(&normal, n), trace(&kernel, m));
        assert!((a - b).abs() < 1e-12 * a, "{what}: {a} {b}");
        assert!(function.flops > 0.0);
    }
}

/// u is linear in the weights of the output layer, so that there JᵀJ is the Hessian, which differences of the gradient
/// give: of any length where the energy is quadratic in u.
#[test]
fn the_energy_matrix_is_the_hessian_where_u_is_linear() {
    for problem in PROBLEMS {
        for (name, parts) in structures::all(Activation::Sin) {
            for exact in [true, false] {
                let mut setup = Setup::new(problem, (name, &parts), Loss::Ritz, exact, 300);
                let theta = setup.theta.clone();
                let output = setup.trainer.network.layers().last().unwrap().weights();
                let is_quadratic = setup.trainer.objective.equation.reaction == Reaction::Linear;
                let (h, share) = if is_quadratic { (0.5, 1e-9) } else { (1e-3, 1e-5) };
                let mut function = setup.function();
                let n = function.len();
                let mut matrix = vec![0.0; n * n];
                function.normal(&theta, &mut matrix);
                for k in output.clone() {
                    let mut gradient = |shift: f64| {
                        let mut theta = theta.clone();
                        theta[k] += shift;
                        let mut gradient = vec![0.0; n];
                        function.gradient(&theta, &mut gradient);
                        gradient
                    };
                    let (above, below) = (gradient(h), gradient(-h));
                    for i in output.clone() {
                        let entry = matrix[i.max(k) * n + i.min(k)];
                        let right = (above[i] - below[i]) / (2.0 * h);
                        assert!(
                            (entry - right).abs() < share * matrix[k * n + k],
                            "{problem}, {name}, exact={exact}: {entry} {right}"
                        );
                    }
                }
            }
        }
    }
}
