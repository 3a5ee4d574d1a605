//! Sparse Cholesky factors of the whole matrix, and dense ones where it is small: what works whatever the
//! coefficients are. Next to interfaces, where it is not symmetric, LU factors.

use faer::{
    MatMut, Side,
    prelude::Solve,
    sparse::{
        SparseColMat, SymbolicSparseColMat,
        linalg::solvers::{Llt, Lu},
    },
};
use modewise_problems::Discrete;
use ndarray::Array2;

use super::{
    dense::Cholesky,
    matrix::{Matrix, Unknowns},
    refined::Factors,
};
use crate::SolverError;

/// Up to here dense factors are as fast.
const SMALL: usize = 400;

pub(super) struct Sparse {
    unknowns: Unknowns,
    factor: Factor,
    work: Vec<f64>,
    entries: f64,
}

enum Factor {
    Dense(Cholesky),
    Sparse(Llt<usize, f64>),
    General(Box<Lu<usize, f64>>),
}

impl Sparse {
    pub fn new(discrete: &Discrete) -> Result<Self, SolverError> {
        let mut matrix = Matrix::new(discrete);
        let size = matrix.starts.len() - 1;
        let is_symmetric = discrete.couplings().is_empty();
        let factor = if is_symmetric && size <= SMALL {
            let mut dense = Array2::zeros((size, size));
            for column in 0..size {
                for entry in matrix.starts[column]..matrix.starts[column + 1] {
                    let row = matrix.rows[entry];
                    dense[[row, column]] = matrix.values[entry];
                    dense[[column, row]] = matrix.values[entry];
                }
            }
            Factor::Dense(Cholesky::new(dense, false)?)
        } else {
            let [starts, rows] = [&mut matrix.starts, &mut matrix.rows].map(std::mem::take);
            let values = std::mem::take(&mut matrix.values);
            let symbolic = SymbolicSparseColMat::new_checked(size, size, starts, None, rows);
            let matrix = SparseColMat::new(symbolic, values);
            if is_symmetric {
                let factor = matrix.sp_cholesky(Side::Lower);
                Factor::Sparse(factor.map_err(|error| SolverError::Algebra(error.to_string()))?)
            } else {
                let factor = matrix.sp_lu().map_err(|error| SolverError::Algebra(error.to_string()))?;
                Factor::General(Box::new(factor))
            }
        };
        let entries = Self::entries(discrete.grid().dimension(), size);
        Ok(Self { unknowns: matrix.into_unknowns(), factor, work: vec![0.0; size], entries })
    }

    /// Entries of the factor of a matrix with `size` unknowns, estimated: 31 n log₂ n in 2-D and 10 n^{4/3} in
    /// 3-D are generous for good orderings; n² if it is dense.
    pub fn entries(dimension: usize, size: usize) -> f64 {
        let n = size as f64;
        match dimension {
            _ if size <= SMALL => n * n,
            3 => 10.0 * n.powf(4.0 / 3.0),
            _ => 31.0 * n * n.log2(),
        }
    }

    /// Memory in bytes: the factor, whose rows are mostly numbered once a block of columns; the matrix with
    /// seven entries a column, and five numbers an unknown.
    pub fn bytes(dimension: usize, size: usize) -> u64 {
        (8.0 * Self::entries(dimension, size) + 160.0 * size as f64) as u64
    }

    /// Flops to factor, by order of magnitude: those of the dense blocks of the largest separators.
    pub fn setup_flops(dimension: usize, size: usize) -> f64 {
        let n = size as f64;
        match dimension {
            _ if size <= SMALL => Cholesky::setup_flops(size),
            3 => 10.0 * n * n,
            _ => 10.0 * n.powf(1.5),
        }
    }
}

impl Factors for Sparse {
    fn solve(&mut self, r: &mut [f64]) {
        self.unknowns.gather(r, &mut self.work);
        match &self.factor {
            Factor::Dense(factor) => factor.solve_in_place(&mut self.work),
            Factor::Sparse(factor) => {
                let size = self.work.len();
                factor.solve_in_place(MatMut::from_column_major_slice_mut(&mut self.work, size, 1));
            }
            Factor::General(factor) => {
                let size = self.work.len();
                factor.solve_in_place(MatMut::from_column_major_slice_mut(&mut self.work, size, 1));
            }
        }
        self.unknowns.scatter(&self.work, r);
    }

    fn flops(&self) -> f64 {
        match &self.factor {
            Factor::Dense(_) => Cholesky::flops(self.unknowns.len()),
            Factor::Sparse(_) | Factor::General(_) => 4.0 * self.entries,
        }
    }
}
