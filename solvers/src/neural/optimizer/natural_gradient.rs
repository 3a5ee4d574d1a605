//! Energy natural gradient: steepest descent in the space of functions instead of parameters.
//!
//! A step d of the parameters changes the function by Jd = Σ dᵢ ∂u/∂θᵢ. Of all steps of equal length in the
//! *energy norm* of that change, the one that lowers L most is
//!
//! ```text
//! d = −G⁺ ∇L      Gᵢⱼ = ⟨∂u/∂θᵢ, ∂u/∂θⱼ⟩
//! ```
//!
//! with the inner product of the loss: ∫ ε∇v·∇w + κ²vw for the energy, ∫ (Av)(Aw) for the residual of Au = f,
//! boundary terms included. In function space d is the best approximation that the tangents of the
//! network allow of the whole error, so one step would solve the problem if the network were linear. G is
//! JᵀJ with the rows of [`super::Function`]; for a residual d is that of Gauss–Newton.
//!
//! G is close to singular: λ on its diagonal stands for the pseudoinverse, and follows ‖∇L‖ down. The
//! length of the step, α in 1, ½, ¼, …, is the one with the smallest L.
//!
//! Cost of a step: J, the matrix and one factor ([`super::curvature`]), and one gradient for every α tried. For
//! Ritz losses it is what Gauss–Newton is for residuals, and needs no third derivatives.
//!
//! Müller and Zeinhofer, *Achieving high accuracy with PINNs via energy natural gradients* (ICML 2023, arXiv
//! 2302.13163).

use super::{Optimizer, Step, curvature::Curvature, function::Function, vector};
use crate::{Snapshot, SolverError};

/// λ over the largest entry of G: at least this, more where G is found indefinite.
const LEAST: f64 = 1e-14;
/// The largest share it may grow to before the method is through.
const MOST: f64 = 1.0;
/// Halvings of the step at most.
const HALVINGS: i32 = 30;

/// The live method.
#[derive(Debug)]
pub(super) struct NaturalGradient {
    curvature: Curvature,
    gradient: Vec<f64>,
    direction: Vec<f64>,
    trial: Vec<f64>,
    trial_gradient: Vec<f64>,
    best_gradient: Vec<f64>,
    /// λ over the largest entry of G.
    share: f64,
    value: f64,
    damping: f64,
}

impl NaturalGradient {
    pub fn new(function: &dyn Function) -> Self {
        let zeros = || vec![0.0; function.len()];
        Self {
            curvature: Curvature::new(function),
            gradient: zeros(),
            direction: zeros(),
            trial: zeros(),
            trial_gradient: zeros(),
            best_gradient: zeros(),
            share: LEAST,
            value: f64::NAN,
            damping: f64::NAN,
        }
    }

    /// The best α of the grid: the last before L grows again, once it is below the start.
    fn line(&mut self, function: &mut dyn Function, theta: &[f64]) -> Option<(f64, f64)> {
        let mut best: Option<(f64, f64)> = None;
        for halving in 0..HALVINGS {
            let alpha = 0.5f64.powi(halving);
            vector::along(&mut self.trial, theta, alpha, &self.direction);
            let value = function.gradient(&self.trial, &mut self.trial_gradient);
            if best.is_some_and(|(_, least)| value >= least) {
                break;
            }
            if value < self.value {
                best = Some((alpha, value));
                std::mem::swap(&mut self.best_gradient, &mut self.trial_gradient);
            }
        }
        best
    }
}

impl Optimizer for NaturalGradient {
    fn step(&mut self, function: &mut dyn Function, theta: &mut [f64]) -> Result<Step, SolverError> {
        if self.value.is_nan() {
            self.value = function.gradient(theta, &mut self.gradient);
        }
        self.curvature.look(function, theta);
        let scale = self.curvature.scale(function, theta, &self.gradient);
        while self.share <= MOST {
            self.damping = self.share * scale;
            let is_definite =
                self.curvature.solve(function, theta, self.damping, &self.gradient, &mut self.direction);
            let found = if is_definite { self.line(function, theta) } else { None };
            if let Some((alpha, value)) = found {
                let start = std::mem::replace(&mut self.value, value);
                vector::add_scaled(theta, alpha, &self.direction);
                std::mem::swap(&mut self.gradient, &mut self.best_gradient);
                // Full steps ask for less damping, short ones for more.
                self.share *= if alpha > 0.5 {
                    0.25
                } else if alpha < 0.1 {
                    4.0
                } else {
                    1.0
                };
                self.share = self.share.clamp(LEAST, MOST);
                return Ok(Step::moved(start, value));
            }
            self.share *= 100.0;
        }
        self.share = MOST;
        Ok(Step::stuck(self.value))
    }

    fn forget(&mut self) {
        self.value = f64::NAN;
    }

    fn damping(&self) -> Option<f64> {
        Some(self.damping)
    }

    fn snapshot(&self, into: &mut Snapshot) {
        into.arrays.insert("gradient".into(), self.gradient.clone());
        let numbers = vec![self.share, self.value, self.damping, self.curvature.memory()];
        into.arrays.insert("numbers".into(), numbers);
    }

    fn restore(&mut self, from: &Snapshot) -> Result<(), SolverError> {
        from.read("gradient", &mut self.gradient)?;
        let numbers = from.array("numbers", 4)?;
        [self.share, self.value, self.damping] = [numbers[0], numbers[1], numbers[2]];
        self.curvature.restore(numbers[3]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::optimizer::testing::{Quadratic, Rosenbrock, minimise};

    /// A quadratic with its own Hessian for G is solved by one step.
    #[test]
    fn a_quadratic_ends_at_once_and_rosenbrock_soon() {
        let mut function = Quadratic::new(12);
        let mut theta = vec![1.0; 12];
        let mut method = NaturalGradient::new(&function);
        assert_eq!(minimise(&mut method, &mut function, &mut theta, 1e-18), 1);
        let mut function = Rosenbrock::default();
        let mut theta = [-1.2, 1.0];
        let mut method = NaturalGradient::new(&function);
        let steps = minimise(&mut method, &mut function, &mut theta, 1e-24);
        assert!(steps < 60 && theta.iter().all(|x| (x - 1.0).abs() < 1e-10), "{steps}: {theta:?}");
    }
}
