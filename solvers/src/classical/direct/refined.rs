//! Factors and iterative refinement: corrections from the residual until rounding is all that is left.

use modewise_problems::{Discrete, Field, reduce};

use super::once::OneStep;

/// Something that solves Ax = r.
pub(crate) trait Factors: Send {
    /// r ← A⁻¹r at unknowns; r is zero at other nodes, and stays so.
    fn solve(&mut self, r: &mut [f64]);

    /// Flops of that.
    fn flops(&self) -> f64;
}

/// Corrections at most: more than two are needed only where a nearly singular matrix has cost digits.
const MOST: usize = 4;

/// A solution of A from factors that may be rounded.
pub(super) struct Refined {
    factors: Box<dyn Factors>,
    /// Corrections at least.
    least: usize,
    residual: Vec<f64>,
}

impl Refined {
    /// At least `least` corrections; the second one takes what rounding left of the first.
    pub fn new(factors: Box<dyn Factors>, least: usize, discrete: &Discrete) -> Self {
        Self { factors, least, residual: vec![0.0; discrete.grid().nodes()] }
    }
}

impl OneStep for Refined {
    fn solve(&mut self, discrete: &Discrete, u: &mut Field) -> f64 {
        // From zero inside, so that no trace of the initial guess is left, not even its rounding.
        *u = discrete.lift();
        let u = u.values_mut();
        let scale = if discrete.rhs_norm() > 0.0 { discrete.rhs_norm() } else { 1.0 };
        let mut done = 0;
        loop {
            discrete.residual(u, &mut self.residual);
            let relative = reduce::sum_of_squares(&self.residual).sqrt() / scale;
            if done == MOST
                || done >= self.least
                    && relative <= discrete.residual_floor(u, reduce::sum_of_squares(u).sqrt(), relative)
            {
                return done as f64 * self.factors.flops() + (done + 1) as f64 * discrete.sweep_flops();
            }
            self.factors.solve(&mut self.residual);
            for (u, correction) in u.iter_mut().zip(&self.residual) {
                *u += correction;
            }
            discrete.impose_boundary(u);
            discrete.fix_constant(u);
            done += 1;
        }
    }
}
