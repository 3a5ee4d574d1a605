//! Fast diagonalisation on a box with constant coefficients, by dense eigenvectors of each axis.

use std::{ops::Range, sync::Arc};

use modewise_problems::{Condition, Discrete};
use ndarray::{
    Array2, ArrayView2, ArrayViewMut2, Axis,
    linalg::general_mat_mul,
    parallel::prelude::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator},
};
use ndarray_linalg::{EighInto, UPLO};
use rayon::slice::{ParallelSlice, ParallelSliceMut};

use super::{dense::one_blas_thread, refined::Factors};
use crate::SolverError;

/// Rows of a matrix product that one thread computes at a time.
const ROWS: usize = 128;

/// An axis: its cells, conditions and c = ε/h².
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Side {
    pub cells: usize,
    pub conditions: [Condition; 2],
    pub coefficient: f64,
}

impl Side {
    /// The nodes that are unknowns.
    pub fn unknowns(&self) -> Range<usize> {
        modewise_problems::transform::Basis::of(self.conditions).unknowns(self.cells)
    }
}

/// The eigenpairs of an axis' second differences (−1, 2, −1), made symmetric by S = W^{1/2}AW^{−1/2} with half
/// weights W on Neumann ends: S = VΛVᵀ.
struct Eigenpairs {
    values: Vec<f64>,
    vectors: Array2<f64>,
    /// √W.
    roots: Vec<f64>,
}

/// The eigenpairs of all axes, with room for two products.
pub(super) struct Diagonalisation {
    sides: Vec<Side>,
    screening: f64,
    is_singular: bool,
    axes: Vec<Arc<Eigenpairs>>,
    work: [Vec<f64>; 2],
}

impl Diagonalisation {
    /// The factors of `discrete`, whose coefficients are `axes` and `screening`.
    pub fn new(discrete: &Discrete, axes: &[f64], screening: f64) -> Result<Self, SolverError> {
        let sides = discrete.grid().axes().iter().zip(discrete.sides()).zip(axes);
        let sides: Vec<Side> = sides
            .map(|((axis, conditions), c)| Side {
                cells: axis.cells,
                conditions: *conditions,
                coefficient: *c,
            })
            .collect();
        Self::of(sides, screening, discrete.is_singular())
    }

    fn of(sides: Vec<Side>, screening: f64, is_singular: bool) -> Result<Self, SolverError> {
        one_blas_thread();
        let mut axes: Vec<Arc<Eigenpairs>> = Vec::new();
        for (index, side) in sides.iter().enumerate() {
            // Eigenvectors do not depend on c.
            let same = (0..index).find(|&other| {
                (sides[other].cells, sides[other].conditions) == (side.cells, side.conditions)
            });
            axes.push(match same {
                Some(other) => Arc::clone(&axes[other]),
                None => Arc::new(Eigenpairs::new(side)?),
            });
        }
        let unknowns = sides.iter().map(|side| side.unknowns().len()).product();
        let work = [vec![0.0; unknowns], vec![0.0; unknowns]];
        Ok(Self { sides, screening, is_singular, axes, work })
    }

    /// Memory in bytes: eigenvectors, which LAPACK puts where the operator stood, and the two products.
    pub fn bytes(sides: &[Side]) -> u64 {
        let unknowns: u64 = sides.iter().map(|side| side.unknowns().len() as u64).product();
        let vectors: u64 = distinct(sides).map(|side| (side.unknowns().len() as u64).pow(2)).sum();
        8 * (vectors + 2 * unknowns)
    }

    /// Symmetric QR with eigenvectors: 9m³ (Golub & Van Loan, 4th ed., §8.3).
    pub fn setup_flops(sides: &[Side]) -> f64 {
        distinct(sides).map(|side| 9.0 * (side.unknowns().len() as f64).powi(3)).sum()
    }

    /// Two products an axis, and as many flops a point as it takes to add eigenvalues and divide.
    pub fn solution_flops(sides: &[Side]) -> f64 {
        let sizes = || sides.iter().map(|side| side.unknowns().len() as f64);
        let unknowns: f64 = sizes().product();
        unknowns * sizes().map(|m| 4.0 * m + 1.0).sum::<f64>()
    }

    /// Calls `visit(first node of a row of unknowns, its values among the unknowns, the product of √W of the
    /// slower axes)`.
    fn rows(sides: &[Side], axes: &[Arc<Eigenpairs>], mut visit: impl FnMut(usize, Range<usize>, f64)) {
        let (last, leading) = match sides.split_last() {
            Some(split) => split,
            None => return,
        };
        let columns = last.unknowns().len();
        let rows: usize = leading.iter().map(|side| side.unknowns().len()).product();
        for row in 0..rows {
            let (mut rest, mut node, mut stride, mut root) =
                (row, last.unknowns().start, last.cells + 1, 1.0);
            for (side, axis) in leading.iter().zip(axes).rev() {
                let unknowns = side.unknowns();
                let index = rest % unknowns.len();
                rest /= unknowns.len();
                root *= axis.roots[index];
                node += (unknowns.start + index) * stride;
                stride *= side.cells + 1;
            }
            visit(node, row * columns..(row + 1) * columns, root);
        }
    }

    /// a ← V applied along every axis, or Vᵀ; b is overwritten.
    fn products(&mut self, transposed: bool) {
        let [a, b] = &mut self.work;
        let (mut outer, mut inner) = (1, a.len());
        for axis in &self.axes {
            let m = axis.values.len();
            inner /= m;
            along(axis.vectors.view(), transposed, [outer, m, inner], a, b);
            std::mem::swap(a, b);
            outer *= m;
        }
    }
}

impl Factors for Diagonalisation {
    fn solve(&mut self, r: &mut [f64]) {
        let last = Arc::clone(&self.axes[self.axes.len() - 1]);
        Self::rows(&self.sides, &self.axes, |node, range, root| {
            let out = &mut self.work[0][range];
            for ((out, r), w) in out.iter_mut().zip(&r[node..]).zip(&last.roots) {
                *out = root * w * r;
            }
        });
        self.products(true);
        let mut index = vec![0; self.axes.len()];
        let columns = last.values.len();
        for (number, row) in self.work[0].chunks_exact_mut(columns).enumerate() {
            let mut rest = number;
            for (index, axis) in index.iter_mut().zip(&self.axes).rev().skip(1) {
                *index = rest % axis.values.len();
                rest /= axis.values.len();
            }
            let leading: f64 = index[..self.axes.len() - 1]
                .iter()
                .zip(&self.axes)
                .zip(&self.sides)
                .map(|((&i, axis), side)| side.coefficient * axis.values[i])
                .sum();
            let c = self.sides[self.sides.len() - 1].coefficient;
            for (value, lambda) in row.iter_mut().zip(&last.values) {
                *value /= leading + c * lambda + self.screening;
            }
        }
        if self.is_singular {
            // Eigenvalues come in ascending order: the constant is the first of every axis.
            self.work[0][0] = 0.0;
        }
        self.products(false);
        Self::rows(&self.sides, &self.axes, |node, range, root| {
            for ((r, value), w) in r[node..].iter_mut().zip(&self.work[0][range]).zip(&last.roots) {
                *r = value / (root * w);
            }
        });
    }

    fn flops(&self) -> f64 {
        Self::solution_flops(&self.sides)
    }
}

impl Eigenpairs {
    fn new(side: &Side) -> Result<Self, SolverError> {
        let m = side.unknowns().len();
        let [lower, upper] = side.conditions;
        let mut matrix = Array2::zeros((m, m));
        for i in 0..m {
            matrix[[i, i]] = 2.0;
            if i + 1 < m {
                matrix[[i + 1, i]] = -1.0;
                matrix[[i, i + 1]] = -1.0;
            }
        }
        let mut roots = vec![1.0; m];
        // The rows (2, −2) of Neumann ends, made symmetric.
        let half = 0.5f64.sqrt();
        if lower == Condition::Neumann {
            roots[0] = half;
            matrix[[1, 0]] = -2.0 * half;
            matrix[[0, 1]] = -2.0 * half;
        }
        if upper == Condition::Neumann {
            roots[m - 1] = half;
            matrix[[m - 1, m - 2]] = -2.0 * half;
            matrix[[m - 2, m - 1]] = -2.0 * half;
        }
        if lower == Condition::Periodic {
            matrix[[m - 1, 0]] -= 1.0;
            matrix[[0, m - 1]] -= 1.0;
        }
        let (values, vectors) =
            matrix.eigh_into(UPLO::Lower).map_err(|error| SolverError::Algebra(error.to_string()))?;
        Ok(Self { values: values.to_vec(), vectors, roots })
    }
}

/// The sides without those whose eigenvectors another one has.
fn distinct(sides: &[Side]) -> impl Iterator<Item = &Side> {
    let key = |side: &Side| (side.cells, side.conditions);
    sides
        .iter()
        .enumerate()
        .filter(move |(index, side)| !sides[..*index].iter().any(|other| key(other) == key(side)))
        .map(|(_, side)| side)
}

/// out = V or Vᵀ applied along the middle of three axes, by fixed blocks: the bits do not depend on the number
/// of threads.
fn along(
    v: ArrayView2<'_, f64>,
    transposed: bool,
    [outer, m, inner]: [usize; 3],
    x: &[f64],
    out: &mut [f64],
) {
    if inner == 1 {
        let right = if transposed { v } else { v.t() };
        return product(matrix(x, outer, m), right, matrix_mut(out, outer, m));
    }
    let left = if transposed { v.t() } else { v };
    let slab = |x: &[f64], out: &mut [f64]| product(left, matrix(x, m, inner), matrix_mut(out, m, inner));
    if outer == 1 {
        return slab(x, out);
    }
    let slabs = out.par_chunks_exact_mut(m * inner).zip(x.par_chunks_exact(m * inner));
    slabs.for_each(|(out, x)| slab(x, out));
}

fn matrix(values: &[f64], rows: usize, columns: usize) -> ArrayView2<'_, f64> {
    // Invariant: `along` cuts its arrays into pieces of this shape.
    ArrayView2::from_shape((rows, columns), values).expect("one value an entry")
}

fn matrix_mut(values: &mut [f64], rows: usize, columns: usize) -> ArrayViewMut2<'_, f64> {
    // Invariant: as in `matrix`.
    ArrayViewMut2::from_shape((rows, columns), values).expect("one value an entry")
}

/// out = ab.
fn product(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>, mut out: ArrayViewMut2<'_, f64>) {
    if out.nrows() <= ROWS {
        return general_mat_mul(1.0, &a, &b, 0.0, &mut out);
    }
    let blocks = out.axis_chunks_iter_mut(Axis(0), ROWS).into_par_iter();
    blocks
        .zip(a.axis_chunks_iter(Axis(0), ROWS))
        .for_each(|(mut out, a)| general_mat_mul(1.0, &a, &b, 0.0, &mut out));
}
