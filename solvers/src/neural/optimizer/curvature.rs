//! Steps from a matrix of curvature: d = −(JᵀJ + λI)⁻¹ ∇L.
//!
//! Three ways to the same d, the cheapest that fits:
//!
//! - n ≤ m: JᵀJ, n × n, by Cholesky: mn² + n³/3 flops;
//! - m < n, for a sum of squares: ∇L = Jᵀρ, so d = −Jᵀ(JJᵀ + λI)⁻¹ρ with an m × m matrix: nm² + m³/3 flops;
//! - more than [`MOST_DENSE`] of both: conjugate gradients on JᵀJ + λI without a matrix; every iteration
//!   costs about as much as a gradient. They end at a relative residual of a tenth, or of √(‖∇L‖/‖∇L₀‖)
//!   once that is less: far from the minimum an exact d is not worth its iterations (Eisenstat and Walker,
//!   *Choosing the forcing terms in an inexact Newton method*, 1996).

use super::{
    cholesky::{self, Cholesky},
    function::Function,
    vector,
};

/// Unknowns of the largest system that is factored: 128 MB a matrix.
pub(in crate::neural) const MOST_DENSE: usize = 4000;
/// Iterations of conjugate gradients at most.
const MOST_ITERATIONS: usize = 250;

/// How d is found.
#[derive(Debug)]
enum Way {
    /// JᵀJ.
    Parameters(Dense),
    /// JJᵀ, ρ, and the solution of its system.
    Equations(Dense, Vec<f64>, Vec<f64>),
    /// Residual, search direction and its product.
    Iterations { residual: Vec<f64>, search: Vec<f64>, product: Vec<f64> },
}

/// A matrix and the factor of it plus λI.
#[derive(Debug)]
struct Dense {
    n: usize,
    matrix: Vec<f64>,
    factor: Vec<f64>,
    cholesky: Cholesky,
}

impl Dense {
    fn new(n: usize) -> Self {
        Self { n, matrix: vec![0.0; n * n], factor: vec![0.0; n * n], cholesky: Cholesky::new(n) }
    }

    /// x ← (A + λI)⁻¹x; whether that is positive definite.
    fn solve(&mut self, damping: f64, x: &mut [f64]) -> bool {
        self.factor.copy_from_slice(&self.matrix);
        self.factor.iter_mut().step_by(self.n + 1).for_each(|diagonal| *diagonal += damping);
        let is_definite = self.cholesky.factor(&mut self.factor);
        if is_definite {
            self.cholesky.solve(&self.factor, x);
        }
        is_definite
    }
}

/// The curvature at the parameters of the last [`Curvature::look`].
#[derive(Debug)]
pub(super) struct Curvature {
    way: Way,
    /// ‖∇L‖ of the first solution by iterations.
    first_norm: f64,
}

/// The way for a function of `n` parameters and `rows` rows: whether JJᵀ, and the size of the matrix, if any.
fn choose(n: usize, rows: usize, are_residuals: bool) -> (bool, Option<usize>) {
    let is_kernel = are_residuals && rows < n;
    let size = if is_kernel { rows } else { n };
    (is_kernel, (size <= MOST_DENSE).then_some(size))
}

impl Curvature {
    pub fn new(function: &dyn Function) -> Self {
        let (n, equations) = (function.len(), function.equations());
        let way = match choose(n, equations.rows, equations.are_residuals) {
            (false, Some(size)) => Way::Parameters(Dense::new(size)),
            (true, Some(size)) => Way::Equations(Dense::new(size), vec![0.0; size], vec![0.0; size]),
            (_, None) => {
                Way::Iterations { residual: vec![0.0; n], search: vec![0.0; n], product: vec![0.0; n] }
            }
        };
        Self { way, first_norm: 0.0 }
    }

    /// Bytes of such a curvature, without J.
    pub fn bytes(n: usize, rows: usize, are_residuals: bool) -> f64 {
        let numbers = match choose(n, rows, are_residuals).1 {
            Some(size) => 2 * size * size,
            None => 3 * n,
        };
        8.0 * numbers as f64
    }

    /// Looks at the curvature at `theta`.
    pub fn look(&mut self, function: &mut dyn Function, theta: &[f64]) {
        match &mut self.way {
            Way::Parameters(dense) => function.normal(theta, &mut dense.matrix),
            Way::Equations(dense, rho, _) => function.kernel(theta, &mut dense.matrix, rho),
            Way::Iterations { .. } => {}
        }
    }

    /// What λ is measured by: the largest diagonal entry of the matrix, or the curvature along the gradient.
    pub fn scale(&mut self, function: &mut dyn Function, theta: &[f64], gradient: &[f64]) -> f64 {
        match &mut self.way {
            Way::Parameters(dense) | Way::Equations(dense, ..) => {
                dense.matrix.iter().step_by(dense.n + 1).fold(0.0, |m, x| x.max(m))
            }
            Way::Iterations { product, .. } => {
                function.product(theta, gradient, product);
                vector::norm(product) / vector::norm(gradient)
            }
        }
    }

    /// d for the damping λ; whether the matrix is positive definite, without which d means nothing.
    pub fn solve(
        &mut self,
        function: &mut dyn Function,
        theta: &[f64],
        damping: f64,
        gradient: &[f64],
        direction: &mut [f64],
    ) -> bool {
        match &mut self.way {
            Way::Parameters(dense) => {
                function.charge(cholesky::flops(dense.n));
                negative(direction, gradient);
                dense.solve(damping, direction)
            }
            Way::Equations(dense, rho, y) => {
                function.charge(cholesky::flops(dense.n));
                negative(y, rho);
                let is_definite = dense.solve(damping, y);
                if is_definite {
                    function.pull_back(y, direction);
                }
                is_definite
            }
            Way::Iterations { residual, search, product } => {
                let norm = vector::norm(gradient);
                if self.first_norm == 0.0 {
                    self.first_norm = norm;
                }
                let tolerance = norm * (norm / self.first_norm).sqrt().min(0.1);
                direction.fill(0.0);
                negative(residual, gradient);
                search.copy_from_slice(residual);
                let mut square = vector::dot(residual, residual);
                for _ in 0..MOST_ITERATIONS {
                    function.product(theta, search, product);
                    function.charge(10.0 * search.len() as f64);
                    vector::add_scaled(product, damping, search);
                    let step = square / vector::dot(search, product);
                    if !(step.is_finite() && step > 0.0) {
                        return vector::norm(direction) > 0.0;
                    }
                    vector::add_scaled(direction, step, search);
                    vector::add_scaled(residual, -step, product);
                    let next = vector::dot(residual, residual);
                    if next.sqrt() <= tolerance {
                        break;
                    }
                    let share = next / square;
                    square = next;
                    for (s, r) in search.iter_mut().zip(&*residual) {
                        *s = r + share * *s;
                    }
                }
                true
            }
        }
    }

    /// ‖∇L‖ that the tolerance of the iterations is relative to: part of a checkpoint.
    pub fn memory(&self) -> f64 {
        self.first_norm
    }

    pub fn restore(&mut self, first_norm: f64) {
        self.first_norm = first_norm;
    }
}

/// out = −x.
fn negative(out: &mut [f64], x: &[f64]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = -x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::optimizer::function::Equations;

    /// An energy whose JᵀJ is diagonal, 1 to 3, and has too many rows for a matrix.
    struct Ramp {
        gradient: Vec<f64>,
        flops: f64,
    }

    impl Ramp {
        fn weight(&self, k: usize) -> f64 {
            1.0 + 2.0 * k as f64 / self.gradient.len() as f64
        }
    }

    impl Function for Ramp {
        fn len(&self) -> usize {
            self.gradient.len()
        }
        fn gradient(&mut self, _: &[f64], gradient: &mut [f64]) -> f64 {
            gradient.copy_from_slice(&self.gradient);
            0.0
        }
        fn equations(&self) -> Equations {
            Equations { rows: self.gradient.len(), are_residuals: false }
        }
        fn normal(&mut self, _: &[f64], matrix: &mut [f64]) {
            matrix.fill(0.0);
            for k in 0..self.len() {
                matrix[k * (self.len() + 1)] = self.weight(k);
            }
        }
        fn kernel(&mut self, _: &[f64], _: &mut [f64], _: &mut [f64]) {}
        fn pull_back(&mut self, _: &[f64], _: &mut [f64]) {}
        fn product(&mut self, _: &[f64], v: &[f64], out: &mut [f64]) {
            for (k, (out, v)) in out.iter_mut().zip(v).enumerate() {
                *out = self.weight(k) * v;
            }
        }
        fn charge(&mut self, flops: f64) {
            self.flops += flops;
        }
    }

    #[test]
    fn directions_solve_their_system_with_and_without_a_matrix() {
        for (n, share) in [(50, 1e-12), (MOST_DENSE + 1, 0.11)] {
            let gradient: Vec<f64> = (0..n).map(|k| (k as f64).sin()).collect();
            let mut function = Ramp { gradient: gradient.clone(), flops: 0.0 };
            let mut curvature = Curvature::new(&function);
            let mut direction = vec![0.0; n];
            curvature.look(&mut function, &[]);
            assert!(curvature.solve(&mut function, &[], 0.5, &gradient, &mut direction));
            assert!(function.flops > 0.0);
            let left = direction.iter().zip(&gradient).enumerate();
            let left: Vec<f64> = left.map(|(k, (d, g))| (function.weight(k) + 0.5) * d + g).collect();
            assert!(vector::norm(&left) <= share * vector::norm(&gradient), "{n}");
            let scale = curvature.scale(&mut function, &[], &gradient);
            assert!(scale > 1.0 && scale < 3.0, "{n}: {scale}");
        }
    }
}
