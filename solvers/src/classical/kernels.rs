//! The inner loops that classical solvers spend their time in, one call each, for benchmarks: what a pass
//! over the grid moves at least, and a closure that makes one.

mod cycles;
mod sweeps;
mod vectors;

use std::sync::Arc;

use modewise_problems::{Discrete, Field, Grid, catalog};

use super::operator::{Operator, to_single};
use crate::memory::Buffer;

/// One pass of an inner loop, ready to be repeated.
pub type Pass = Box<dyn FnMut() + Send>;

/// An inner loop on a grid.
pub struct Kernel {
    /// What it does.
    pub name: &'static str,
    /// Bytes that a pass has to move a point, each array counted once for reading and once for writing.
    pub bytes_a_point: f64,
    /// Unknowns a pass goes over.
    pub points: usize,
    /// Passes that one call makes.
    pub passes: usize,
    /// Allocates and fills its arrays; only then does it need memory.
    pub start: Box<dyn FnOnce() -> Pass + Send>,
}

impl Kernel {
    fn new<P: FnMut() + Send + 'static>(
        name: &'static str,
        bytes_a_point: f64,
        discrete: &Arc<Discrete>,
        start: impl FnOnce(Arc<Discrete>) -> P + Send + 'static,
    ) -> Self {
        let (points, discrete) = (discrete.unknowns(), Arc::clone(discrete));
        Self { name, bytes_a_point, points, passes: 1, start: Box::new(move || Box::new(start(discrete))) }
    }

    /// With a closure that makes `passes` passes.
    fn of_passes(self, passes: usize) -> Self {
        Self { passes, ..self }
    }
}

/// The kernels for −Δu = 1, and for coefficients that vary, on the unit box in 2-D or 3-D with `cells` cells
/// a side; none where there is no such grid.
pub fn kernels(dimension: usize, cells: usize) -> Vec<Kernel> {
    let Some(discrete) = system("bump", dimension, cells).map(Arc::new) else { return Vec::new() };
    let mut kernels = sweeps::constant(&discrete);
    kernels.extend(cycles::constant(&discrete));
    kernels.extend(vectors::kernels(&discrete));
    if let Some(variable) = system("jump", dimension, cells).map(Arc::new) {
        kernels.push(sweeps::variable(&variable));
        kernels.extend(cycles::variable(&variable));
    }
    kernels
}

/// Bytes a point of the coefficients of a matrix: a face along every axis, and the inverse of the diagonal.
fn matrix_bytes(discrete: &Discrete) -> f64 {
    8.0 * (discrete.grid().dimension() + 1) as f64
}

/// A matrix, a right-hand side and some u.
type Sweepable<T> = (Operator<T>, Buffer<T>, Buffer<T>);

/// The matrix, the right-hand side and some u in the layout of sweeps.
fn sweepable(discrete: &Discrete) -> Sweepable<f64> {
    let operator = Operator::of(discrete);
    let f = operator.load_source(discrete);
    let mut u = Buffer::zeroed(operator.layout().len());
    operator.layout().load(discrete.grid(), wavy(discrete).values(), &mut u);
    (operator, f, u)
}

/// The same in single precision.
fn single(discrete: &Discrete) -> Sweepable<f32> {
    let (operator, f, u) = sweepable(discrete);
    (operator.to_single(), to_single(&f), to_single(&u))
}

/// The problem `name` of the catalog in 2-D or 3-D.
fn system(name: &str, dimension: usize, cells: usize) -> Option<Discrete> {
    if !(2..=3).contains(&dimension) {
        return None;
    }
    let problem = catalog::build(&format!("{name}-{dimension}d").parse().ok()?).ok()?;
    let grid = Grid::new(problem.domain().bounds(), &[cells]).ok()?;
    Discrete::new(problem.as_ref(), &grid).ok()
}

/// Numbers of ordinary size that no loop is special for; zero on the boundary.
fn wavy(discrete: &Discrete) -> Field {
    let mut u = Field::zeros(discrete.grid());
    u.values_mut().iter_mut().enumerate().for_each(|(i, u)| *u = 1.0 + (i % 7) as f64);
    discrete.impose_boundary(u.values_mut());
    u
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_can_be_repeated_and_counts_unknowns() {
        for (dimension, points) in [(2, 49), (3, 343)] {
            let kernels = kernels(dimension, 8);
            assert!(kernels.len() >= 2);
            for kernel in kernels {
                assert_eq!(kernel.points, points, "{}", kernel.name);
                assert!(kernel.bytes_a_point >= 8.0, "{}", kernel.name);
                let mut pass = (kernel.start)();
                pass();
                pass();
            }
        }
        assert!(kernels(2, 1).is_empty() && kernels(4, 8).is_empty());
    }
}
