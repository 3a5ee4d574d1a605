//! What an optimiser sees: a function of the parameters and its derivatives.

/// A function L(θ) to be minimised.
///
/// Second-order methods also see it as a sum of squares, L = ½ ‖ρ(θ)‖² with the Jacobian J = ∂ρ/∂θ, or
/// as an energy whose Hessian the rows of J make up in the same way, JᵀJ (a Ritz loss).
pub(in crate::neural) trait Function {
    /// Number of parameters n.
    fn len(&self) -> usize;

    /// L(θ); its gradient goes to `gradient`.
    fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> f64;

    /// Rows m of J, and whether L = ½ ‖ρ‖².
    fn equations(&self) -> Equations;

    /// The lower triangle of JᵀJ, n × n, row by row.
    fn normal(&mut self, theta: &[f64], matrix: &mut [f64]);

    /// The lower triangle of JJᵀ, m × m, row by row, and ρ. J itself stays where
    /// [`Function::pull_back`] finds it.
    fn kernel(&mut self, theta: &[f64], matrix: &mut [f64], rho: &mut [f64]);

    /// Jᵀy with the Jacobian of the last [`Function::kernel`].
    fn pull_back(&mut self, y: &[f64], out: &mut [f64]);

    /// JᵀJ v without any matrix.
    fn product(&mut self, theta: &[f64], v: &[f64], out: &mut [f64]);

    /// Counts `flops` that the optimiser itself spent.
    fn charge(&mut self, flops: f64);
}

/// The shape of a least-squares problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::neural) struct Equations {
    /// Rows of J.
    pub rows: usize,
    /// Whether the loss is half the sum of the squares of ρ; an energy has J, but no ρ.
    pub are_residuals: bool,
}
