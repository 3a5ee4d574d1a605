//! Gauss–Newton with the damping of Levenberg and Marquardt.
//!
//! Near θ a sum of squares L = ½ ‖ρ‖² is ½ ‖ρ + Jd‖², whose minimum solves the normal equations
//! JᵀJ d = −Jᵀρ. J of a network is close to rank-deficient, so they are damped:
//!
//! ```text
//! (JᵀJ + λI) d = −∇L
//! ```
//!
//! Large λ gives short steps along the gradient, small λ the full step. What decides is the gain, the
//! decrease of L over that of the quadratic (Nielsen, *Damping parameter in Marquardt's method*, 1999):
//! λ falls by up to 3 where it is near 1, and grows by 2, 4, 8, … until a step lowers L.
//!
//! With JᵀJ the step costs nothing that looks like a Hessian, and yet convergence is nearly quadratic where
//! ρ → 0: tens of steps where Adam takes ten thousand. The frequencies whose residuals are small weigh as
//! much as others, once λ is below their share of JᵀJ.
//!
//! Cost of a step: J, the matrix and its factor ([`super::curvature`]), and a gradient for every attempt. Its
//! precision ends near the square root of rounding: the condition of JᵀJ is the square of J's. The loss
//! has to be the same function over a step; points may be drawn anew between steps.
//!
//! Levenberg (1944), Marquardt (1963); Nocedal and Wright, chapter 10.

use super::{Optimizer, Step, curvature::Curvature, function::Function, vector};
use crate::{Snapshot, SolverError};

/// λ of the first attempt, over the largest diagonal entry of JᵀJ.
const FIRST: f64 = 1e-3;
/// Attempts of one step before the method is through.
const ATTEMPTS: usize = 12;
/// λ over that entry at least: less is lost in the rounding of JᵀJ.
const LEAST: f64 = 1e-16;

/// The live method.
#[derive(Debug)]
pub(super) struct GaussNewton {
    curvature: Curvature,
    gradient: Vec<f64>,
    direction: Vec<f64>,
    trial: Vec<f64>,
    trial_gradient: Vec<f64>,
    /// λ; not a number before the first step.
    damping: f64,
    /// What the next rejection multiplies λ by.
    growth: f64,
    /// L at the current parameters; not a number if it has to be computed.
    value: f64,
}

impl GaussNewton {
    pub fn new(function: &dyn Function) -> Self {
        let zeros = || vec![0.0; function.len()];
        Self {
            curvature: Curvature::new(function),
            gradient: zeros(),
            direction: zeros(),
            trial: zeros(),
            trial_gradient: zeros(),
            damping: f64::NAN,
            growth: 2.0,
            value: f64::NAN,
        }
    }
}

impl Optimizer for GaussNewton {
    fn step(&mut self, function: &mut dyn Function, theta: &mut [f64]) -> Result<Step, SolverError> {
        if self.value.is_nan() {
            self.value = function.gradient(theta, &mut self.gradient);
        }
        self.curvature.look(function, theta);
        let scale = self.curvature.scale(function, theta, &self.gradient);
        if self.damping.is_nan() {
            self.damping = FIRST * scale;
        }
        for _ in 0..ATTEMPTS {
            self.damping = self.damping.max(LEAST * scale);
            let is_definite =
                self.curvature.solve(function, theta, self.damping, &self.gradient, &mut self.direction);
            if is_definite {
                vector::along(&mut self.trial, theta, 1.0, &self.direction);
                let value = function.gradient(&self.trial, &mut self.trial_gradient);
                // −∇Lᵀd − ½dᵀJᵀJd, where JᵀJd = −∇L − λd.
                let promised = 0.5
                    * (self.damping * vector::dot(&self.direction, &self.direction)
                        - vector::dot(&self.gradient, &self.direction));
                let gain = (self.value - value) / promised;
                if gain > 0.0 && value < self.value {
                    self.damping *= (1.0 - (2.0 * gain - 1.0).powi(3)).max(1.0 / 3.0);
                    self.growth = 2.0;
                    theta.copy_from_slice(&self.trial);
                    std::mem::swap(&mut self.gradient, &mut self.trial_gradient);
                    let before = std::mem::replace(&mut self.value, value);
                    return Ok(Step::moved(before, value));
                }
            }
            self.damping *= self.growth;
            self.growth *= 2.0;
        }
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
        let numbers = vec![self.damping, self.growth, self.value, self.curvature.memory()];
        into.arrays.insert("numbers".into(), numbers);
    }

    fn restore(&mut self, from: &Snapshot) -> Result<(), SolverError> {
        from.read("gradient", &mut self.gradient)?;
        let numbers = from.array("numbers", 4)?;
        [self.damping, self.growth, self.value] = [numbers[0], numbers[1], numbers[2]];
        self.curvature.restore(numbers[3]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::optimizer::testing::{LeastSquares, Rosenbrock, Squares, minimise};

    /// y = θ₀ + θ₁x + θ₂x² through `points` points.
    struct Parabola {
        points: usize,
    }

    impl Squares for Parabola {
        fn len(&self) -> usize {
            3
        }
        fn rows(&self) -> usize {
            self.points
        }
        fn linearise(&self, theta: &[f64], rho: &mut [f64], jacobian: &mut [f64]) {
            for (i, (rho, row)) in rho.iter_mut().zip(jacobian.chunks_mut(3)).enumerate() {
                let x = i as f64 / self.points as f64;
                row.copy_from_slice(&[1.0, x, x * x]);
                *rho = vector::dot(row, theta) - (2.0 - 3.0 * x + 5.0 * x * x);
            }
        }
    }

    /// With many points by JᵀJ, with two by JJᵀ; where they determine the coefficients, those are found.
    #[test]
    fn a_linear_fit_is_found_in_a_few_steps_both_ways() {
        for points in [2, 40] {
            let mut function = LeastSquares::of(Parabola { points });
            let mut theta = [0.0; 3];
            let mut method = GaussNewton::new(&function);
            let steps = minimise(&mut method, &mut function, &mut theta, 1e-22);
            let value = function.gradient(&theta, &mut [0.0; 3]);
            assert!(steps < 25 && value < 1e-20, "{points}: {steps}, {value:e}");
            if points > 2 {
                let error =
                    theta.iter().zip([2.0, -3.0, 5.0]).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                assert!(error < 1e-9, "{theta:?}");
            }
        }
    }

    #[test]
    fn rosenbrock_is_solved() {
        let mut function = Rosenbrock::default();
        let mut theta = [-1.2, 1.0];
        let mut method = GaussNewton::new(&function);
        let steps = minimise(&mut method, &mut function, &mut theta, 1e-25);
        assert!(steps < 40 && theta.iter().all(|x| (x - 1.0).abs() < 1e-11), "{steps}: {theta:?}");
    }
}
