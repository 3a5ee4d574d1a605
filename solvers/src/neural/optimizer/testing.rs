//! Functions with known minima.

use super::{
    Optimizer,
    function::{Equations, Function},
};

/// A sum of squares given by ρ(θ) and J(θ), row by row.
pub(super) trait Squares {
    fn len(&self) -> usize;
    fn rows(&self) -> usize;
    fn linearise(&self, theta: &[f64], rho: &mut [f64], jacobian: &mut [f64]);
}

/// What is common to all of them.
#[derive(Debug, Default)]
pub(super) struct LeastSquares<S> {
    pub squares: S,
    jacobian: Vec<f64>,
    pub evaluations: usize,
    pub flops: f64,
}

pub(super) type Rosenbrock = LeastSquares<RosenbrockSquares>;
pub(super) type Quadratic = LeastSquares<Scaled>;

/// 10(y − x²), 1 − x, times √2: (1 − x)² + 100(y − x²)² has its minimum 0 at (1, 1).
#[derive(Debug, Default)]
pub(super) struct RosenbrockSquares;

impl Squares for RosenbrockSquares {
    fn len(&self) -> usize {
        2
    }
    fn rows(&self) -> usize {
        2
    }
    fn linearise(&self, theta: &[f64], rho: &mut [f64], jacobian: &mut [f64]) {
        let s = 2f64.sqrt();
        rho.copy_from_slice(&[10.0 * s * (theta[1] - theta[0] * theta[0]), s * (1.0 - theta[0])]);
        jacobian.copy_from_slice(&[-20.0 * s * theta[0], 10.0 * s, -s, 0.0]);
    }
}

/// (k + 1) θ_k: a quadratic with condition number n².
#[derive(Debug, Default)]
pub(super) struct Scaled(usize);

impl Squares for Scaled {
    fn len(&self) -> usize {
        self.0
    }
    fn rows(&self) -> usize {
        self.0
    }
    fn linearise(&self, theta: &[f64], rho: &mut [f64], jacobian: &mut [f64]) {
        jacobian.fill(0.0);
        for (k, x) in theta.iter().enumerate() {
            rho[k] = (k + 1) as f64 * x;
            jacobian[k * self.0 + k] = (k + 1) as f64;
        }
    }
}

impl Quadratic {
    pub fn new(n: usize) -> Self {
        Self::of(Scaled(n))
    }
}

impl<S: Squares> LeastSquares<S> {
    pub fn of(squares: S) -> Self {
        Self { squares, jacobian: Vec::new(), evaluations: 0, flops: 0.0 }
    }

    fn linearise(&mut self, theta: &[f64]) -> Vec<f64> {
        let mut rho = vec![0.0; self.squares.rows()];
        self.jacobian.resize(self.squares.rows() * self.squares.len(), 0.0);
        self.squares.linearise(theta, &mut rho, &mut self.jacobian);
        rho
    }
}

impl<S: Squares> Function for LeastSquares<S> {
    fn len(&self) -> usize {
        self.squares.len()
    }
    fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> f64 {
        self.evaluations += 1;
        let rho = self.linearise(theta);
        self.pull_back(&rho, gradient);
        0.5 * rho.iter().map(|r| r * r).sum::<f64>()
    }
    fn equations(&self) -> Equations {
        Equations { rows: self.squares.rows(), are_residuals: true }
    }
    fn normal(&mut self, theta: &[f64], matrix: &mut [f64]) {
        let (n, m) = (self.len(), self.squares.rows());
        self.linearise(theta);
        for i in 0..n {
            for j in 0..=i {
                let column = |k: usize| (0..m).map(move |row| row * n + k);
                matrix[i * n + j] =
                    column(i).zip(column(j)).map(|(a, b)| self.jacobian[a] * self.jacobian[b]).sum();
            }
        }
    }
    fn kernel(&mut self, theta: &[f64], matrix: &mut [f64], rho: &mut [f64]) {
        rho.copy_from_slice(&self.linearise(theta));
        let (n, m) = (self.len(), rho.len());
        let row = |i: usize| &self.jacobian[i * n..(i + 1) * n];
        for i in 0..m {
            for j in 0..=i {
                matrix[i * m + j] = row(i).iter().zip(row(j)).map(|(a, b)| a * b).sum();
            }
        }
    }
    fn pull_back(&mut self, y: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (row, y) in self.jacobian.chunks(out.len()).zip(y) {
            out.iter_mut().zip(row).for_each(|(out, j)| *out += y * j);
        }
    }
    fn product(&mut self, theta: &[f64], v: &[f64], out: &mut [f64]) {
        self.linearise(theta);
        let y: Vec<f64> =
            self.jacobian.chunks(v.len()).map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum()).collect();
        self.pull_back(&y, out);
    }
    fn charge(&mut self, flops: f64) {
        self.flops += flops;
    }
}

/// Steps until L < `tolerance`, at most a thousand.
pub(super) fn minimise(
    optimizer: &mut dyn Optimizer,
    function: &mut dyn Function,
    theta: &mut [f64],
    tolerance: f64,
) -> usize {
    let mut steps = 0;
    while steps < 1000 {
        let step = optimizer.step(function, theta).unwrap();
        steps += 1;
        if step.is_stuck || step.after.is_some_and(|value| value < tolerance) {
            break;
        }
    }
    steps
}
