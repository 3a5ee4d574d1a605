//! Gaussian elimination for c(−1, 2, −1) in 1-D (the Thomas algorithm).

use crate::classical::stencil::Stencil;

/// The factors of elimination. No pivoting is needed: A is symmetric and positive definite.
pub(super) struct Tridiagonal {
    /// p_i = 1/(2 − p_{i−1}), the upper factor.
    pivots: Vec<f64>,
    /// c.
    coefficient: f64,
}

impl Tridiagonal {
    pub fn new(stencil: &Stencil) -> Self {
        let mut pivot = 0.0;
        let pivots = (0..stencil.interior()).map(|_| {
            pivot = 1.0 / (2.0 - pivot);
            pivot
        });
        Self { pivots: pivots.collect(), coefficient: stencil.along }
    }

    /// u ← u + A⁻¹r at interior nodes; r is overwritten.
    pub fn add_solution(&self, r: &mut [f64], u: &mut [f64]) {
        let interior = 1..self.pivots.len() + 1;
        let r = &mut r[interior.clone()];
        let mut before = 0.0;
        for (r, p) in r.iter_mut().zip(&self.pivots) {
            before = (*r / self.coefficient + before) * p;
            *r = before;
        }
        let mut after = 0.0;
        for ((u, r), p) in u[interior].iter_mut().zip(r.iter()).zip(&self.pivots).rev() {
            after = r + p * after;
            *u += after;
        }
    }

    pub fn values(stencil: &Stencil) -> u64 {
        stencil.interior() as u64
    }

    /// A difference and a quotient a pivot.
    pub fn setup_flops(stencil: &Stencil) -> f64 {
        (2 * stencil.interior()) as f64
    }

    /// Three forward, two back and the addition to u.
    pub fn flops(stencil: &Stencil) -> f64 {
        (6 * stencil.interior()) as f64
    }
}
