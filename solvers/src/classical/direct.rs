//! The direct solver: the solution of the discrete system itself, to rounding, whatever the problem. It is the
//! reference that every iteration is measured against.
//!
//! **1-D: elimination.** A is tridiagonal and Gaussian elimination takes O(n) flops and memory, on a ring too.
//! Source: Golub & Van Loan, *Matrix Computations*, 4th ed. 2013, §4.3.6.
//!
//! **Constant coefficients: fast diagonalisation.** On a box A = Σ I ⊗ A_i ⊗ I + κ², with A_i the 1-D operators,
//! symmetric once the rows of Neumann ends are halved. With their eigenpairs A_i = V_iΛ_iV_iᵀ from LAPACK,
//!
//! u = (V₁ ⊗ … ⊗ V_d) (Σ λ_{k_i} + κ²)⁻¹ (V₁ ⊗ … ⊗ V_d)ᵀ f.
//!
//! Cost: 9m³ flops an axis for the eigenpairs and 4m a solution, axis and unknown, for m unknowns a side; m²
//! memory for each V. It knows nothing of sines, which makes it a check on `fft`, the faster way by far.
//! Source: Lynch, Rice, Thomas, *Numer. Math.* 6 (1964) 185.
//!
//! **Variable coefficients: sparse Cholesky.** A = LLᵀ with the unknowns in an order that keeps L sparse
//! (approximate minimum degree: Amestoy, Davis, Duff, *SIAM J. Matrix Anal. Appl.* 17 (1996) 886), columns of like
//! structure taken together (Davis, *Direct Methods for Sparse Linear Systems*, SIAM 2006). Cost for n unknowns
//! in 2-D: O(n log n) entries and O(n^{3/2}) flops; in 3-D O(n^{4/3}) and O(n²), which is why it stops at some 60³.
//!
//! **Rounding.** The residual is solved for again (iterative refinement) until it is at its rounding floor.
//! Boundary values are never unknowns: corrections are solved from the residual of a field that carries them.
//! Where u is defined up to a constant, one unknown is pinned and the mean taken out at the end.
//!
//! **When.** Small systems, and wherever the answer has to be beyond doubt. One step is the whole solution and
//! the initial guess does not matter.

pub(crate) mod dense;
mod diagonalisation;
mod eigenmodes;
mod matrix;
pub(crate) mod once;
pub(super) mod refined;
mod sparse;
pub(super) mod tridiagonal;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use modewise_problems::{Condition, Discrete, Field, Grid, Problem, Settings, Spec, SpecError};

use super::fft::Transformed;
use crate::{
    Iteration, Meter, Need, Snapshot, Solver, SolverError, Task, Unsupported,
    registry::Entry,
    solver::{needs_grid, needs_linear},
};
use diagonalisation::{Diagonalisation, Side};
pub use eigenmodes::Eigenmodes;
pub(super) use matrix::neighbour;
use once::{Once, OneStep};
use refined::{Factors, Refined};
use sparse::Sparse;
#[cfg(test)]
pub(super) use tests::slope;
use tridiagonal::Tridiagonal;

pub(crate) const ENTRY: Entry = Entry {
    name: "direct",
    summary: "the exact discrete solution in one step: elimination, fast diagonalisation or sparse Cholesky",
    parameters: &[],
    build,
};

/// Unknowns in 3-D beyond which the factors of a sparse matrix take minutes.
const LARGEST_3D: usize = 61 * 61 * 61;

/// The recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Direct;

fn build(_settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    Ok(Arc::new(Direct))
}

/// The solution of `discrete`, to rounding, by the fastest exact method there is: fast transforms where
/// coefficients are constant, elimination in 1-D, sparse Cholesky elsewhere.
///
/// # Errors
/// [`SolverError::Unsupported`] where none is fast enough: variable coefficients in 3-D on more than some 60³
/// unknowns, for which an iteration has to do. Factors that cannot be found.
pub fn solve(discrete: &Discrete) -> Result<Field, SolverError> {
    let mut u = discrete.lift();
    let mut method = match Transformed::new(discrete) {
        Some(transformed) => Refined::new(Box::new(transformed), 2, discrete),
        None => Refined::new(factor(discrete)?, 2, discrete),
    };
    method.solve(discrete, &mut u);
    Ok(u)
}

/// Bytes of the factors of a sparse matrix with the graph of a grid.
pub(super) fn sparse_bytes(dimension: usize, unknowns: usize) -> u64 {
    Sparse::bytes(dimension, unknowns)
}

/// Whether [`solve`] takes a time in proportion to the unknowns, or nearly, so that no iteration is faster: it does
/// where nothing has to be factored, and where there are few unknowns.
pub fn is_quick(problem: &dyn Problem, grid: &Grid) -> bool {
    let unknowns = grid.interior_nodes();
    let method = Method::of(grid.dimension(), problem.is_uniform(), problem.interface().is_none(), unknowns);
    method.is_ok_and(|method| method != Method::Cholesky || unknowns < MANY)
}

/// Cells along an axis whose eigenvectors are found in half a minute.
const LONGEST: usize = 2048;
/// Unknowns from which sparse factors take several times as long as an iteration to rounding.
const MANY: usize = 1 << 14;

/// How a system is factored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Elimination,
    Diagonalisation,
    Cholesky,
}

impl Method {
    fn of(
        dimension: usize,
        is_constant: bool,
        is_symmetric: bool,
        unknowns: usize,
    ) -> Result<Self, Unsupported> {
        let largest_3d = if is_symmetric { LARGEST_3D } else { LARGEST_3D / 8 };
        match dimension {
            1 => Ok(Self::Elimination),
            _ if is_constant => Ok(Self::Diagonalisation),
            3 if unknowns > largest_3d => Err(refuse(
                &format!("factors of {unknowns} unknowns in 3-D with variable coefficients take too long"),
                "take pcg, multigrid or, with an interface, bicgstab, or a coarser grid",
            )),
            _ => Ok(Self::Cholesky),
        }
    }
}

fn factor(discrete: &Discrete) -> Result<Box<dyn Factors>, SolverError> {
    let constant = discrete.constant_coefficients();
    let is_symmetric = discrete.couplings().is_empty();
    let method =
        Method::of(discrete.grid().dimension(), constant.is_some(), is_symmetric, discrete.unknowns())?;
    Ok(match (method, constant) {
        (Method::Elimination, _) => Box::new(Tridiagonal::new(discrete)),
        (Method::Diagonalisation, Some((axes, screening))) => {
            Box::new(Diagonalisation::new(discrete, axes, screening)?)
        }
        _ => Box::new(Sparse::new(discrete)?),
    })
}

/// The sides of a box with c = 1, for what depends on sizes only.
fn sides(grid: &Grid, conditions: &[[Condition; 2]]) -> Vec<Side> {
    let axes = grid.axes().iter().zip(conditions);
    axes.map(|(axis, &conditions)| Side { cells: axis.cells, conditions, coefficient: 1.0 }).collect()
}

/// Factors, to be refined.
pub(super) fn prepare(discrete: &Discrete, meter: &mut Meter) -> Result<Box<dyn OneStep>, SolverError> {
    let (d, unknowns) = (discrete.grid().dimension(), discrete.unknowns());
    let is_symmetric = discrete.couplings().is_empty();
    let method = Method::of(d, discrete.constant_coefficients().is_some(), is_symmetric, unknowns)?;
    meter.charge(match method {
        Method::Elimination => Tridiagonal::setup_flops(unknowns),
        Method::Diagonalisation => Diagonalisation::setup_flops(&sides(discrete.grid(), discrete.sides())),
        Method::Cholesky => Sparse::setup_flops(d, unknowns),
    });
    Ok(Box::new(Refined::new(factor(discrete)?, 2, discrete)))
}

impl Solver for Direct {
    fn spec(&self) -> Spec {
        Spec::new(ENTRY.name)
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = needs_grid(grid, ENTRY.name)?;
        needs_linear(problem, ENTRY.name)?;
        let d = grid.dimension();
        let sides = sides(grid, problem.domain().sides());
        let unknowns = sides.iter().map(|side| side.unknowns().len()).product();
        let factors = match Method::of(d, problem.is_uniform(), problem.interface().is_none(), unknowns)? {
            Method::Elimination => Tridiagonal::bytes(unknowns),
            Method::Diagonalisation => {
                let longest = sides.iter().map(|side| side.cells).max().unwrap_or(0);
                if longest > LONGEST {
                    return Err(refuse(
                        &format!("eigenvectors of {longest} cells along an axis take too long"),
                        "take fft, which knows them, or a coarser grid",
                    ));
                }
                Diagonalisation::bytes(&sides)
            }
            Method::Cholesky => Sparse::bytes(d, unknowns),
        };
        // u and the residual.
        let bytes = factors.saturating_add(16 * grid.nodes() as u64);
        Ok(Need { bytes, uses_initial: false, discrete: true })
    }

    fn init<'p>(&self, task: &Task<'p>, meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(Box::new(Once::start(task, ENTRY.name, |discrete| prepare(discrete, meter))?))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(Box::new(Once::resume(task, from, ENTRY.name, |discrete| prepare(discrete, meter))?))
    }
}

fn refuse(reason: &str, advice: &str) -> Unsupported {
    Unsupported { solver: ENTRY.name.into(), reason: reason.into(), advice: advice.into() }
}
