//! The eigenvectors of the whole discrete operator, whatever its coefficients.
//!
//! With half weights W on Neumann sides WA is symmetric, and so is S = W^{1/2}AW^{−1/2} = VΛVᵀ. The modes
//! φ_k = sW^{−1/2}v_k are eigenvectors of A, Aφ_k = λ_kφ_k, and orthogonal in the scalar product weighted
//! with W: a field is Σ b_kφ_k with
//!
//! b_k = (1/s) Σ_p √W_p v_kp u_p, s² = ∏ n_i/2.
//!
//! The scale s is that of products of sines, so that with constant coefficients and Dirichlet sides b_k is, but
//! for its sign, the amplitude of a sine transform. Modes are in the order of their eigenvalues; those of a
//! multiple one may be any basis of its space, the same on every machine that rounds alike.
//!
//! **Cost.** m² memory and some 9m³ flops for m unknowns (tridiagonal form, divide and conquer), 2m² flops a
//! field: for small systems, to see in which modes of its own a problem with jumping coefficients converges.
//!
//! Source: Golub & Van Loan, *Matrix Computations*, 4th ed. 2013, §8.3 to 8.5.

use faer::{Mat, Side};
use modewise_problems::Discrete;
use rayon::prelude::*;

use super::matrix::{Unknowns, diagonal, neighbour};
use crate::{SolverError, Unsupported};

/// The most unknowns: their eigenvectors take 128 MiB.
const LARGEST: usize = 4096;
/// Modes that one thread computes at a time.
const MODES: usize = 16;

/// The eigenvectors and eigenvalues of a system.
pub struct Eigenmodes {
    nodes: Vec<usize>,
    /// √W.
    roots: Vec<f64>,
    /// s.
    scale: f64,
    values: Vec<f64>,
    /// v_k, one after the other.
    vectors: Vec<f64>,
}

impl Eigenmodes {
    /// Those of `discrete`.
    ///
    /// # Errors
    /// More than some 4000 unknowns, and eigenvectors that cannot be found.
    pub fn of(discrete: &Discrete) -> Result<Self, SolverError> {
        let unknowns = Unknowns::new(discrete);
        let m = unknowns.len();
        if m > LARGEST {
            return Err(Unsupported {
                solver: "eigen".into(),
                reason: format!("the eigenvectors of {m} unknowns are too many, {LARGEST} are the most"),
                advice: "take a coarser --grid, or --transform auto, which splits into waves of the box"
                    .into(),
            }
            .into());
        }
        let roots: Vec<f64> = unknowns.weights.iter().map(|weight| weight.sqrt()).collect();
        let pairs = symmetric(discrete, &unknowns, &roots)
            .self_adjoint_eigen(Side::Lower)
            .map_err(|_| SolverError::Algebra("the eigenvectors were not found".into()))?;
        let cells = discrete.grid().axes().iter().map(|axis| axis.cells as f64);
        Ok(Self {
            scale: cells.map(|n| n / 2.0).product::<f64>().sqrt(),
            values: pairs.S().column_vector().iter().copied().collect(),
            vectors: (0..m).flat_map(|k| pairs.U().col(k).iter().copied()).collect(),
            nodes: unknowns.nodes,
            roots,
        })
    }

    /// λ, ascending.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The amplitude of every mode in a field given at all nodes; one value a mode.
    pub fn forward(&self, nodal: &[f64], out: &mut [f64]) {
        let weighted: Vec<f64> =
            self.nodes.iter().zip(&self.roots).map(|(&node, root)| root / self.scale * nodal[node]).collect();
        let vectors = self.vectors.par_chunks_exact(self.roots.len());
        out.par_iter_mut().zip(vectors).with_min_len(MODES).for_each(|(out, vector)| {
            *out = vector.iter().zip(&weighted).map(|(v, u)| v * u).sum();
        });
    }

    /// Flops of [`Eigenmodes::forward`].
    pub fn flops(&self) -> f64 {
        2.0 * (self.roots.len() as f64).powi(2)
    }
}

/// S, both triangles.
fn symmetric(discrete: &Discrete, unknowns: &Unknowns, roots: &[f64]) -> Mat<f64> {
    let mut number = vec![usize::MAX; discrete.grid().nodes()];
    for (index, &node) in unknowns.nodes.iter().enumerate() {
        number[node] = index;
    }
    let mut matrix = Mat::zeros(roots.len(), roots.len());
    for (row, &node) in unknowns.nodes.iter().enumerate() {
        matrix[(row, row)] += diagonal(discrete, node);
        for side in 0..2 * discrete.grid().dimension() {
            let (other, coefficient) = neighbour(discrete, node, side / 2, side % 2 == 1);
            let column = number[other];
            if column != usize::MAX {
                matrix[(row, column)] -= coefficient * roots[row] / roots[column];
            }
        }
    }
    matrix
}

#[cfg(test)]
mod tests {
    use modewise_problems::{
        Grid, catalog,
        transform::{Modal, Sine},
    };

    use super::*;
    use crate::{
        Initial,
        classical::testing::{Live, Made},
    };

    fn system(problem: &str, cells: &[usize]) -> Discrete {
        let problem = catalog::build(&problem.parse().unwrap()).unwrap();
        let grid = Grid::new(problem.domain().bounds(), cells).unwrap();
        Discrete::new(problem.as_ref(), &grid).unwrap()
    }

    /// φ_k at all nodes.
    fn mode(modes: &Eigenmodes, discrete: &Discrete, k: usize) -> Vec<f64> {
        let m = modes.roots.len();
        let mut nodal = vec![0.0; discrete.grid().nodes()];
        let vector = &modes.vectors[k * m..][..m];
        for ((&node, root), v) in modes.nodes.iter().zip(&modes.roots).zip(vector) {
            nodal[node] = modes.scale * v / root;
        }
        discrete.impose_boundary(&mut nodal);
        nodal
    }

    /// Aφ = λφ by the operator's own residual, and φ_j has amplitude 1 in mode j and 0 in all others, with
    /// jumping coefficients, Neumann and periodic sides and a singular system.
    #[test]
    fn modes_are_orthogonal_eigenvectors_of_the_operator() {
        for (problem, cells) in [
            ("jump-2d", &[12, 9][..]),
            ("jump-3d", &[5, 6, 4]),
            ("sines-2d,sides=[neumann,dirichlet],kappa2=5", &[6, 9]),
            ("sines-2d,sides=[dirichlet,periodic]", &[7, 8]),
            ("sines-2d,sides=[periodic,neumann]", &[5, 6]),
        ] {
            let discrete = system(problem, cells);
            let modes = Eigenmodes::of(&discrete).unwrap();
            assert!(modes.values().is_sorted());
            let m = modes.values().len();
            let largest = modes.values()[m - 1];
            let nodes = discrete.grid().nodes();
            let (mut with, mut without, mut amplitudes) = (vec![0.0; nodes], vec![0.0; nodes], vec![0.0; m]);
            let mut zero = vec![0.0; nodes];
            discrete.impose_boundary(&mut zero);
            discrete.residual(&zero, &mut without);
            for (k, lambda) in modes.values().iter().enumerate() {
                let phi = mode(&modes, &discrete, k);
                let lifted: Vec<f64> = phi.iter().zip(&zero).map(|(phi, zero)| phi + zero).collect();
                discrete.residual(&lifted, &mut with);
                for &node in &modes.nodes {
                    let off = (without[node] - with[node] - lambda * phi[node]).abs();
                    assert!(off < 1e-11 * largest * modes.scale, "{problem}, mode {k}: {off:e}");
                }
                modes.forward(&phi, &mut amplitudes);
                amplitudes[k] -= 1.0;
                let off = amplitudes.iter().fold(0.0, |off: f64, b| off.max(b.abs()));
                assert!(off < 1e-12, "{problem}, mode {k}: {off:e}");
            }
        }
    }

    /// With constant coefficients the eigenvalues are Σ 4c sin²(kπ/2n), and the amplitudes of any field those of
    /// its sine transform.
    #[test]
    fn constant_coefficients_give_the_sine_transform() {
        for cells in [vec![17], vec![9, 14], vec![4, 5, 7]] {
            let problem = Made::nothing(cells.len());
            let discrete = problem.on(&cells);
            let modes = Eigenmodes::of(&discrete).unwrap();
            let (sine, modal) = (Sine::new(discrete.grid()), Modal::new(discrete.grid(), discrete.sides()));
            let field: Vec<f64> = {
                let mut u = Live::start("jacobi", &problem, &discrete, Initial::Random).u;
                discrete.impose_boundary(u.values_mut());
                u.values().to_vec()
            };
            let (mut sines, mut found) = (vec![0.0; sine.len()], vec![0.0; sine.len()]);
            sine.forward(&field, &mut sines);
            modes.forward(&field, &mut found);
            let (c, _) = discrete.constant_coefficients().unwrap();
            let eigenvalue = |place: usize| {
                let mut rest = place;
                let axes = modal.shape().into_iter().enumerate().rev();
                let terms = axes.map(|(axis, m)| {
                    let index = rest % m;
                    rest /= m;
                    c[axis] * modal.eigenvalue(axis, index)
                });
                terms.sum::<f64>()
            };
            let mut expected: Vec<(f64, f64)> =
                sines.iter().enumerate().map(|(place, b)| (eigenvalue(place), b.abs())).collect();
            expected.sort_by(|a, b| a.0.total_cmp(&b.0));
            let largest = expected[expected.len() - 1].0;
            for (k, (value, amplitude)) in expected.iter().enumerate() {
                assert!((modes.values()[k] - value).abs() < 1e-13 * largest, "{cells:?}, mode {k}");
                // Modes with the same eigenvalue may be mixed.
                let alone = |other: Option<&(f64, f64)>| {
                    other.is_none_or(|other| (other.0 - value).abs() > 1e-9 * largest)
                };
                if alone(expected.get(k + 1)) && alone(k.checked_sub(1).map(|k| &expected[k])) {
                    assert!((found[k].abs() - amplitude).abs() < 1e-11, "{cells:?}, mode {k}");
                }
            }
        }
    }

    /// Where the diagonal is constant ω-Jacobi multiplies mode k by 1 − ωλ_k/a, on sides of every kind.
    #[test]
    fn jacobi_damps_every_mode_by_its_eigenvalue() {
        let (problem, omega) = ("sines-2d,sides=[neumann,dirichlet],kappa2=5", 0.7);
        let built = catalog::build(&problem.parse().unwrap()).unwrap();
        let grid = Grid::new(built.domain().bounds(), &[6, 8]).unwrap();
        let discrete = Discrete::new(built.as_ref(), &grid).unwrap();
        let modes = Eigenmodes::of(&discrete).unwrap();
        let exact = super::super::solve(&discrete).unwrap();
        let solver = crate::registry::build(&format!("jacobi,omega={omega}").parse().unwrap()).unwrap();
        let task = crate::Task::new(built.as_ref(), &discrete).with_initial(Initial::Random).with_seed(7);
        let amplitudes = |sweeps: u64| {
            let mut meter = crate::Meter::new(1.0);
            let mut live = solver.init(&task, &mut meter).unwrap();
            if let Some(sweeps) = std::num::NonZeroU64::new(sweeps) {
                live.advance(sweeps, &mut meter).unwrap();
            }
            let mut u = vec![0.0; grid.nodes()];
            live.sample(&crate::Sites::Grid(&grid), &mut u, &mut meter).unwrap();
            u.iter_mut().zip(exact.values()).for_each(|(u, exact)| *u -= exact);
            let mut out = vec![0.0; modes.values().len()];
            modes.forward(&u, &mut out);
            out
        };
        let (start, end) = (amplitudes(0), amplitudes(6));
        for ((lambda, start), end) in modes.values().iter().zip(start).zip(end) {
            let factor = (1.0 - omega * lambda / discrete.largest_diagonal()).powi(6);
            assert!((end - factor * start).abs() < 1e-12, "{lambda}: {start} to {end}, {factor}");
        }
    }

    #[test]
    fn too_many_unknowns_are_refused_with_advice() {
        let error = Eigenmodes::of(&system("bump-2d", &[100])).err().unwrap().to_string();
        assert!(error.contains("9801") && error.contains("coarser --grid"), "{error}");
    }
}
