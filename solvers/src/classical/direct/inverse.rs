//! A⁻¹ on a line or plane with u given on its sides: the coarsest grid of multigrid.

use super::{
    diagonalisation::{Diagonalisation, stencil_sides},
    refined::Factors,
    tridiagonal::Tridiagonal,
};
use crate::{SolverError, classical::stencil::Stencil};

/// A⁻¹ in factored form, with all the memory that applying it needs.
pub(crate) struct Inverse {
    stencil: Stencil,
    factors: Box<dyn Factors>,
    residual: Vec<f64>,
}

impl Inverse {
    /// Factors A.
    pub fn new(stencil: &Stencil) -> Result<Self, SolverError> {
        let factors: Box<dyn Factors> = match stencil.dimension() {
            1 => Box::new(Tridiagonal::of_stencil(stencil)),
            _ => Box::new(Diagonalisation::of_stencil(stencil)?),
        };
        Ok(Self { stencil: *stencil, factors, residual: vec![0.0; stencil.nodes()] })
    }

    /// u ← u + A⁻¹(f − Au) at interior nodes: the solution, whatever u was, up to rounding.
    pub fn correct(&mut self, f: &[f64], u: &mut [f64]) {
        self.stencil.apply(self.stencil.residual_weights(), u, f, &mut self.residual);
        self.factors.solve(&mut self.residual);
        for (row, (u, correction)) in u
            .chunks_exact_mut(self.stencil.columns)
            .zip(self.residual.chunks_exact(self.stencil.columns))
            .enumerate()
        {
            if self.stencil.dimension() == 1 || row > 0 && row + 1 < self.stencil.rows {
                let inner = 1..self.stencil.columns - 1;
                for (u, correction) in u[inner.clone()].iter_mut().zip(&correction[inner]) {
                    *u += correction;
                }
            }
        }
    }

    /// Memory in bytes that factors for `stencil` will take.
    pub fn bytes(stencil: &Stencil) -> u64 {
        8 * stencil.nodes() as u64
            + match stencil.dimension() {
                1 => Tridiagonal::bytes(stencil.nodes()),
                _ => Diagonalisation::bytes(&stencil_sides(stencil)),
            }
    }

    /// Flops of [`Inverse::new`].
    pub fn setup_flops(stencil: &Stencil) -> f64 {
        match stencil.dimension() {
            1 => Tridiagonal::setup_flops(stencil.nodes()),
            _ => Diagonalisation::setup_flops(&stencil_sides(stencil)),
        }
    }

    /// Flops of one [`Inverse::correct`].
    pub fn flops(stencil: &Stencil) -> f64 {
        stencil.pass_flops()
            + match stencil.dimension() {
                1 => (6 * stencil.nodes()) as f64,
                _ => Diagonalisation::solution_flops(&stencil_sides(stencil)),
            }
    }
}
