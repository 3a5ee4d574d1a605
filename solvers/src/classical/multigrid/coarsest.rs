//! The coarsest level, solved directly: so few unknowns that the inverse itself is kept.
//!
//! The matrix comes from applying the operator to unit vectors, weighted with volumes where equations are per
//! unit of volume, so that it is symmetric. Where u is defined up to a constant only, α vvᵀ is added, v the
//! volumes: the sum is positive definite, and its inverse gives the solution whose mean vᵀu is zero.

use ndarray::Array2;
use ndarray_linalg::{Inverse, InverseC};

use super::line::Line;
use crate::{
    classical::{
        direct::dense::one_blas_thread,
        operator::Operator,
        real::Real,
        sweep::pass::{self, Formula},
    },
    memory::Buffer,
};

/// A⁻¹ of the coarsest level.
#[derive(Debug)]
pub(super) struct Coarsest<T: Real> {
    /// Row by row; of VA where equations are per unit of volume.
    inverse: Vec<T>,
    /// Places of the unknowns in an array.
    places: Vec<usize>,
    /// The factors V.
    volumes: Vec<T>,
    residual: Buffer<T>,
    right: Vec<T>,
}

/// The matrix of the coarsest level, entry by entry.
#[derive(Debug)]
pub(super) struct Dense {
    /// Places of the unknowns in an array.
    pub places: Vec<usize>,
    /// The volumes of their cells.
    volumes: Vec<f64>,
    /// What makes equations symmetric: their volumes where they are per unit of volume, else 1.
    pub factors: Vec<f64>,
    /// Row by row, times factors.
    pub matrix: Vec<f64>,
}

impl Dense {
    pub fn new<T: Real>(operator: &Operator<T>, lines: &[Option<Line>; 3]) -> Self {
        let layout = operator.layout();
        let per_volume = operator.is_per_volume();
        let volume = |axis: usize, p: usize| lines[axis].as_ref().map_or(1.0, |line| line.volume(p));
        let (mut places, mut volumes) = (Vec::new(), Vec::new());
        for plane in layout.places(0) {
            for row in layout.places(1) {
                for column in layout.places(2) {
                    places.push(plane * layout.stride(0) + row * layout.stride(1) + column);
                    volumes.push(volume(0, plane) * volume(1, row) * volume(2, column));
                }
            }
        }
        let n = places.len();
        let factors = if per_volume { volumes.clone() } else { vec![1.0; n] };
        let mut matrix = vec![0.0; n * n];
        let (mut unit, mut image) = (Buffer::<T>::zeroed(layout.len()), Buffer::<T>::zeroed(layout.len()));
        for j in 0..n {
            unit.fill(T::default());
            unit[places[j]] = T::from_f64(1.0);
            layout.seal_all(&mut unit);
            pass::apply(operator, Formula::Apply, &unit, &unit, &mut image);
            for i in 0..n {
                matrix[i * n + j] = factors[i] * image[places[i]].to_f64();
            }
        }
        for i in 0..n {
            for j in 0..i {
                let mean = 0.5 * (matrix[i * n + j] + matrix[j * n + i]);
                (matrix[i * n + j], matrix[j * n + i]) = (mean, mean);
            }
        }
        Self { places, volumes, factors, matrix }
    }
}

impl<T: Real> Coarsest<T> {
    pub fn new(operator: &Operator<T>, lines: &[Option<Line>; 3], singular: bool) -> Self {
        let Dense { places, volumes, factors, mut matrix } = Dense::new(operator, lines);
        let n = places.len();
        let trace: f64 = (0..n).map(|i| matrix[i * n + i]).sum();
        let squares: f64 = volumes.iter().map(|v| v * v).sum();
        let alpha = if singular { trace / (n as f64 * squares) } else { 0.0 };
        for i in 0..n {
            for j in 0..n {
                matrix[i * n + j] += alpha * volumes[i] * volumes[j];
            }
        }
        invert(&mut matrix, n);
        Self {
            inverse: matrix.into_iter().map(T::from_f64).collect(),
            volumes: factors.into_iter().map(T::from_f64).collect(),
            right: vec![T::default(); n],
            residual: Buffer::zeroed(operator.layout().len()),
            places,
        }
    }

    /// u = A⁻¹f; held values of u count.
    pub fn solve(&mut self, operator: &Operator<T>, f: &[T], u: &mut [T]) {
        let layout = operator.layout();
        self.places.iter().for_each(|place| u[*place] = T::default());
        layout.seal_all(u);
        pass::apply(operator, Formula::Residual, u, f, &mut self.residual);
        for ((right, place), volume) in self.right.iter_mut().zip(&self.places).zip(&self.volumes) {
            *right = *volume * self.residual[*place];
        }
        for (row, place) in self.inverse.chunks_exact(self.places.len()).zip(&self.places) {
            // Four sums side by side: one vector, and the same order on every machine.
            let mut sums = [T::default(); 4];
            let (a, a_rest) = row.as_chunks::<4>();
            let (b, b_rest) = self.right.as_chunks::<4>();
            for (a, b) in a.iter().zip(b) {
                for k in 0..4 {
                    sums[k] += a[k] * b[k];
                }
            }
            let mut value = (sums[0] + sums[1]) + (sums[2] + sums[3]);
            for (a, b) in a_rest.iter().zip(b_rest) {
                value += *a * *b;
            }
            u[*place] = value;
        }
        layout.seal_all(u);
    }

    /// Flops of setting up and of solving.
    pub fn flops(&self) -> [f64; 2] {
        let n = self.places.len() as f64;
        [2.0 * n.powi(3), 2.0 * n * n]
    }
}

/// The inverse of a symmetric positive definite matrix in its place, through LAPACK: by Cholesky's factors, or where rounding
/// has made it indefinite by Gaussian elimination. What has no inverse is left to be noticed: it becomes not-a-number.
fn invert(a: &mut [f64], n: usize) {
    one_blas_thread();
    // Invariant: the matrix is n by n.
    let matrix = Array2::from_shape_vec((n, n), a.to_vec()).expect("a square matrix");
    match matrix.invc().or_else(|_| matrix.inv()) {
        Ok(inverse) => a.iter_mut().zip(inverse.iter()).for_each(|(a, b)| *a = *b),
        Err(_) => a.fill(f64::NAN),
    }
}
