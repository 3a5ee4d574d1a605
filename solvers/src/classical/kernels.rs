//! The inner loops that classical solvers spend their time in, one call each, for benchmarks: what a pass
//! over the grid moves at least, and a closure that makes one.

use std::sync::Arc;

use modewise_problems::{Discrete, Field, Grid, catalog};

use super::{
    multigrid::halves::Halves,
    operator::{Operator, to_single},
    real::Real,
    sweep::{
        colours::{self, Order, Workspace},
        pass::{self, Formula},
        wavefront::{self, Wavefront},
    },
};
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
}

/// The kernels for −Δu = 1, and for coefficients that vary, on the unit box in 2-D or 3-D with `cells` cells
/// a side; none where there is no such grid.
pub fn kernels(dimension: usize, cells: usize) -> Vec<Kernel> {
    let Some(discrete) = system("bump", dimension, cells).map(Arc::new) else { return Vec::new() };
    let mut kernels = vec![
        Kernel::new("residual, stored", 24.0, &discrete, |discrete| {
            let (u, mut r) = (wavy(&discrete), Field::zeros(discrete.grid()));
            move || discrete.residual(u.values(), r.values_mut())
        }),
        Kernel::new("residual, its norm", 16.0, &discrete, |discrete| {
            let u = wavy(&discrete);
            move || {
                std::hint::black_box(discrete.residual_squares(u.values()));
            }
        }),
    ];
    kernels.extend([
        Kernel::new("jacobi sweep", 24.0, &discrete, |discrete| jacobi(sweepable(&discrete))),
        Kernel::new("jacobi sweep, f32", 12.0, &discrete, |discrete| jacobi(single(&discrete))),
        Kernel {
            passes: wavefront::MOST,
            ..Kernel::new("jacobi sweeps, several in one pass", 24.0, &discrete, |discrete| {
                let (operator, f, mut u) = sweepable(&discrete);
                let mut next = u.clone();
                let mut waves = Wavefront::new(operator.layout());
                move || waves.sweep(&operator, 0.8, wavefront::MOST as u64, &mut u, &f, &mut next)
            })
        },
        Kernel::new("red-black gauss-seidel sweep", 24.0, &discrete, |discrete| {
            let (operator, f, mut u) = sweepable(&discrete);
            let mut work = Workspace::new(operator.layout());
            move || colours::sweep(&operator, Order::RedBlack, None, &mut u, &f, &mut work)
        }),
    ]);
    // A number of the coarser grid for 2^d unknowns.
    let bytes = 24.0 + 8.0 / 2f64.powi(dimension as i32);
    kernels.extend([
        Kernel::new("half a cycle, down", bytes, &discrete, |d| half(sweepable(&d), Halves::down)),
        Kernel::new("half a cycle, up", bytes, &discrete, |d| half(sweepable(&d), Halves::up)),
        Kernel::new("half a cycle, down, f32", 0.5 * bytes, &discrete, |d| half(single(&d), Halves::down)),
        Kernel::new("half a cycle, up, f32", 0.5 * bytes, &discrete, |d| half(single(&d), Halves::up)),
    ]);
    if let Some(variable) = system("jump", dimension, cells).map(Arc::new) {
        // A face along every axis, and the inverse of the diagonal.
        let matrix = 8.0 * (dimension + 1) as f64;
        // The diagonal on the way down, and the weights of the interpolation: one a fine place for every coarse
        // place that it lies between.
        let weights = 8.0 * 1.5f64.powi(dimension as i32);
        let [down, up] = [bytes + matrix + weights + 8.0, bytes + matrix + weights];
        kernels.extend([
            Kernel::new("jacobi sweep, ε and κ² vary", 24.0 + matrix, &variable, |d| {
                jacobi(sweepable(&d))
            }),
            Kernel::new("half a cycle, down, they vary", down, &variable, |d| {
                half(sweepable(&d), Halves::down)
            }),
            Kernel::new("half a cycle, up, they vary", up, &variable, |d| half(sweepable(&d), Halves::up)),
            Kernel::new("half a cycle, down, they vary, f32", 0.5 * down, &variable, |d| {
                half(single(&d), Halves::down)
            }),
            Kernel::new("half a cycle, up, they vary, f32", 0.5 * up, &variable, |d| {
                half(single(&d), Halves::up)
            }),
        ]);
    }
    kernels
}

/// A matrix, a right-hand side and some u.
type Sweepable<T> = (Operator<T>, Buffer<T>, Buffer<T>);

fn jacobi<T: Real>((operator, f, mut u): Sweepable<T>) -> impl FnMut() + Send {
    let mut next = u.clone();
    move || {
        pass::apply(&operator, Formula::Relax(T::from_f64(0.8)), &u, &f, &mut next);
        std::mem::swap(&mut u, &mut next);
    }
}

fn half<T: Real>((operator, f, u): Sweepable<T>, pass: fn(&mut Halves<T>)) -> impl FnMut() + Send {
    let mut halves = Halves::new(operator, f, u);
    // A grid of a few cells has none coarser, and nothing to measure.
    move || halves.iter_mut().for_each(pass)
}

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
