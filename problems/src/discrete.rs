//! The second-order finite-difference system on a uniform grid.
//!
//! At every interior node Σ_axes (ε/h²)(2u − u₋ − u₊) = f; Dirichlet values stand on the boundary
//! nodes, so that the residual of a field that carries them is that of the system with the boundary
//! eliminated (LeVeque, *Finite Difference Methods*, 2007, ch. 2 and 3).

use rayon::prelude::*;
use thiserror::Error;

use crate::{Coefficient, Field, Grid, GridError, Points, Problem, reduce};

/// The discrete system of a problem on a grid.
#[derive(Debug, Clone)]
pub struct Discrete {
    coefficients: Vec<f64>,
    source: Field,
    boundary: Field,
    rhs_norm: f64,
}

/// Why a problem has no discrete system.
#[derive(Debug, Error)]
pub enum DiscreteError {
    /// A problem of another dimension than the grid.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// Dimension without a stencil.
    #[error("finite differences are for 1-D and 2-D, this problem is {0}-D")]
    Dimension(usize),
    /// f or the boundary data is not a number somewhere.
    #[error("the {what} is not a finite number at {at:?}")]
    NotFinite {
        /// `source` or `boundary value`.
        what: &'static str,
        /// The point.
        at: Vec<f64>,
    },
}

impl Discrete {
    /// Assembles f and the boundary values of `problem` on `grid`.
    ///
    /// # Errors
    /// A dimension without a stencil, or data that is not finite, with the point.
    pub fn new(problem: &dyn Problem, grid: &Grid) -> Result<Self, DiscreteError> {
        let dimension = grid.dimension();
        if problem.domain().dimension() != dimension {
            return Err(
                GridError::Dimension { given: dimension, dimension: problem.domain().dimension() }.into()
            );
        }
        if !(1..=2).contains(&dimension) {
            return Err(DiscreteError::Dimension(dimension));
        }
        let Coefficient::Constant(permittivity) = problem.permittivity();
        let coefficients: Vec<f64> =
            grid.axes().iter().map(|axis| permittivity / axis.spacing().powi(2)).collect();
        let mut source = Field::from_batch(grid, |points, out| problem.source(points, out));
        let mut boundary = Field::zeros(grid);
        for node in 0..grid.nodes() {
            if !grid.is_boundary(node) {
                continue;
            }
            source.values_mut()[node] = 0.0;
            let indices = grid.indices(node);
            let x: Vec<f64> = indices.iter().zip(grid.axes()).map(|(&i, axis)| axis.coordinate(i)).collect();
            problem
                .boundary(Points::new(&x, dimension), std::slice::from_mut(&mut boundary.values_mut()[node]));
        }
        finite(&source, "source")?;
        finite(&boundary, "boundary value")?;
        let mut discrete = Self { coefficients, source, boundary, rhs_norm: 0.0 };
        // b with the boundary eliminated is the residual of the field that is zero inside.
        discrete.rhs_norm = discrete.residual_squares(discrete.boundary.values()).sqrt();
        Ok(discrete)
    }

    /// Its grid.
    pub fn grid(&self) -> &Grid {
        self.source.grid()
    }

    /// ε/h² per axis.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// The diagonal 2 Σ ε/h².
    pub fn diagonal(&self) -> f64 {
        2.0 * self.coefficients.iter().sum::<f64>()
    }

    /// f at interior nodes, 0 on the boundary.
    pub fn source(&self) -> &Field {
        &self.source
    }

    /// The Dirichlet values on boundary nodes, 0 inside.
    pub fn boundary(&self) -> &Field {
        &self.boundary
    }

    /// ‖b‖₂, the right-hand side with the boundary eliminated.
    pub fn rhs_norm(&self) -> f64 {
        self.rhs_norm
    }

    /// Writes the Dirichlet values onto the boundary nodes of `u`.
    pub fn impose_boundary(&self, u: &mut [f64]) {
        let grid = self.grid();
        let columns = grid.axes()[grid.dimension() - 1].cells + 1;
        let rows = u.len() / columns;
        for row in 0..rows {
            let nodes = row * columns..(row + 1) * columns;
            let values = &self.boundary.values()[nodes.clone()];
            if grid.dimension() == 2 && (row == 0 || row == rows - 1) {
                u[nodes].copy_from_slice(values);
            } else {
                u[nodes.start] = values[0];
                u[nodes.end - 1] = values[columns - 1];
            }
        }
    }

    /// ‖b − Au‖₂², without storing the residual.
    pub fn residual_squares(&self, u: &[f64]) -> f64 {
        let rows_a_block = self.rows_a_block();
        let rows = u.len() / self.columns();
        let blocks = rows.div_ceil(rows_a_block);
        let block = |block: usize| {
            let mut sum = 0.0;
            for row in block * rows_a_block..((block + 1) * rows_a_block).min(rows) {
                self.residual_row(u, row, |_, value| sum += value * value);
            }
            sum
        };
        if blocks == 1 {
            return block(0);
        }
        let parts: Vec<f64> = (0..blocks).into_par_iter().map(block).collect();
        parts.into_iter().sum()
    }

    /// ‖b − Au‖₂/‖b‖₂; the absolute norm if b = 0, which the driver divides by that of the start.
    pub fn relative_residual(&self, u: &[f64]) -> f64 {
        let scale = if self.rhs_norm > 0.0 { self.rhs_norm } else { 1.0 };
        self.residual_squares(u).sqrt() / scale
    }

    /// The relative residual that rounding alone leaves: machine epsilon times ‖A‖∞‖u‖₂/‖b‖₂.
    pub fn residual_floor(&self, u: &[f64]) -> f64 {
        let scale = if self.rhs_norm > 0.0 { self.rhs_norm } else { 1.0 };
        f64::EPSILON * 2.0 * self.diagonal() * reduce::sum_of_squares(u).sqrt() / scale
    }

    /// Flops of one ω-Jacobi sweep, the work unit: per point and axis an addition, a product and
    /// an addition; then ω/diagonal, (1 − ω)u and their sum.
    pub fn sweep_flops(&self) -> f64 {
        ((3 * self.grid().dimension() + 3) * self.grid().interior_nodes()) as f64
    }

    fn columns(&self) -> usize {
        self.grid().axes()[self.grid().dimension() - 1].cells + 1
    }

    fn rows_a_block(&self) -> usize {
        (reduce::BLOCK / self.columns()).max(1)
    }

    fn is_boundary_row(&self, row: usize) -> bool {
        self.grid().dimension() == 2 && (row == 0 || row == self.grid().axes()[0].cells)
    }

    #[inline(always)]
    fn residual_row(&self, u: &[f64], row: usize, mut put: impl FnMut(usize, f64)) {
        if self.is_boundary_row(row) {
            return;
        }
        let columns = self.columns();
        let start = row * columns;
        let here = &u[start..start + columns];
        let f = &self.source.values()[start..start + columns];
        let diagonal = self.diagonal();
        let along = self.coefficients[self.coefficients.len() - 1];
        if self.grid().dimension() == 1 {
            for j in 1..columns - 1 {
                put(j, f[j] - (diagonal * here[j] - along * (here[j - 1] + here[j + 1])));
            }
        } else {
            let across = self.coefficients[0];
            let below = &u[start - columns..start];
            let above = &u[start + columns..start + 2 * columns];
            for j in 1..columns - 1 {
                let neighbours = along * (here[j - 1] + here[j + 1]) + across * (below[j] + above[j]);
                put(j, f[j] - (diagonal * here[j] - neighbours));
            }
        }
    }
}

fn finite(field: &Field, what: &'static str) -> Result<(), DiscreteError> {
    match field.values().iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(node) => {
            let grid = field.grid();
            let indices = grid.indices(node);
            let at = indices.iter().zip(grid.axes()).map(|(&i, axis)| axis.coordinate(i)).collect();
            Err(DiscreteError::NotFinite { what, at })
        }
    }
}
