//! Milliseconds of one training step, for the networks of published comparisons.
//!
//! `A64` = [2, 64, 64, 64, 1] tanh on 1024 points, `B128` = [2, 128, 128, 128, 128, 1] tanh on 5000,
//! `M6` = six subnets [2, 64, 64, 64, 1], sin, scales 1…32, on 5000; 200 boundary points each, full
//! batches, f64. Run with `cargo bench --bench neural`; `RAYON_NUM_THREADS=1` for one thread.

use std::num::NonZeroU64;

use divan::Bencher;
use modewise_problems::{Discrete, Grid, catalog};
use modewise_solvers::{Meter, Sites, Task, registry};

const STEPS: [&str; 6] = [
    "dnn,width=64,depth=3,points=1024,boundary=penalty,loss=ritz",
    "dnn,width=64,depth=3,points=1024,boundary=penalty,loss=residual",
    "dnn,width=128,depth=4,points=5000,boundary=penalty,loss=ritz",
    "dnn,width=128,depth=4,points=5000,boundary=penalty,loss=residual",
    "mscale-dnn,width=64,depth=3,points=5000,boundary=penalty,loss=ritz",
    "mscale-dnn,width=64,depth=3,points=5000,boundary=penalty,loss=residual",
];

fn main() {
    divan::main();
}

#[divan::bench(args = STEPS, max_time = 3)]
fn step(bencher: Bencher<'_, '_>, spec: &str) {
    let problem = catalog::build(&"two-tone-2d".parse().unwrap()).unwrap();
    let grid = Grid::new(problem.domain().bounds(), &[32]).unwrap();
    let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
    let solver = registry::build(&spec.parse().unwrap()).unwrap();
    let mut meter = Meter::new(1.0);
    let mut run = solver.init(&Task::new(problem.as_ref(), &discrete), &mut meter).unwrap();
    bencher.bench_local(|| run.advance(NonZeroU64::MIN, &mut meter).unwrap());
}

/// A sample on 257² nodes: what an observer asks for.
#[divan::bench(args = [STEPS[0], STEPS[4]], max_time = 3)]
fn sample(bencher: Bencher<'_, '_>, spec: &str) {
    let problem = catalog::build(&"two-tone-2d".parse().unwrap()).unwrap();
    let grid = Grid::new(problem.domain().bounds(), &[256]).unwrap();
    let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
    let solver = registry::build(&spec.parse().unwrap()).unwrap();
    let mut meter = Meter::new(1.0);
    let run = solver.init(&Task::new(problem.as_ref(), &discrete), &mut meter).unwrap();
    let mut out = vec![0.0; grid.nodes()];
    bencher.bench_local(|| run.sample(&Sites::Grid(&grid), &mut out, &mut meter).unwrap());
}
