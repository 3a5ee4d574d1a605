//! Sweeps and cycles of the classical solvers beside a triad over arrays of the same length.
//!
//! `cargo bench --bench classical`. Points a second come from the nodes swept; bytes a second count what
//! a sweep has to move at least: u and f read, u written, 24 bytes a node, the same as the triad.

use std::{hint::black_box, num::NonZeroU64};

use divan::{
    Bencher,
    counter::{BytesCount, ItemsCount},
};
use modewise_problems::{Discrete, Grid, Problem, catalog};
use modewise_solvers::{Initial, Meter, Task, registry};
use rayon::{ThreadPool, ThreadPoolBuilder, prelude::*};

fn main() {
    divan::main();
}

const THREADS: [usize; 2] = [1, 2];
/// Cells a side: 1023² and 4095² unknowns.
const CELLS: [usize; 2] = [1024, 4096];

/// `steps` steps of `spec` on `problem` in one call, in nodes and bytes a second.
fn steps(bencher: Bencher<'_, '_>, spec: &str, problem: &str, cells: usize, steps: u64, threads: usize) {
    // Invariant: catalog names and specs written in this file.
    let problem = catalog::build(&problem.parse().expect("a spec")).expect("a catalog problem");
    let grid = Grid::new(problem.domain().bounds(), &[cells]).expect("a grid");
    let discrete = Discrete::new(problem.as_ref(), &grid).expect("a system");
    let solver = registry::build(&spec.parse().expect("a spec")).expect("a solver");
    let problem: &dyn Problem = problem.as_ref();
    let task = Task::new(problem, &discrete).with_initial(Initial::Random);
    let mut meter = Meter::new(discrete.sweep_flops());
    let mut live = solver.init(&task, &mut meter).expect("a start");
    let steps = NonZeroU64::new(steps).expect("a step");
    let nodes = grid.nodes() as u64 * steps.get();
    let pool = pool(threads);
    bencher
        .counter(ItemsCount::new(nodes))
        .counter(BytesCount::new(24 * nodes))
        .bench_local(|| pool.install(|| live.advance(steps, &mut meter).expect("a step")));
}

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool")
}

/// a = b + sc over as many values as the grid has nodes.
#[divan::bench(args = CELLS, consts = THREADS)]
fn triad<const N: usize>(bencher: Bencher<'_, '_>, cells: usize) {
    let nodes = (cells + 1) * (cells + 1);
    let (mut a, b, c) = (vec![0.0; nodes], vec![1.0; nodes], vec![2.0; nodes]);
    let s = black_box(3.0);
    let pool = pool(N);
    let mut sweep = || {
        let blocks = a.par_chunks_mut(1 << 15).zip(b.par_chunks(1 << 15).zip(c.par_chunks(1 << 15)));
        blocks.for_each(|(a, (b, c))| {
            for ((a, b), c) in a.iter_mut().zip(b).zip(c) {
                *a = b + s * c;
            }
        });
    };
    bencher
        .counter(ItemsCount::new(nodes))
        .counter(BytesCount::new(24 * nodes))
        .bench_local(|| pool.install(&mut sweep));
}

/// 10 000 steps: a call hands over to another thread, which takes longer than a step.
#[divan::bench(args = ["jacobi", "gauss-seidel", "gauss-seidel,order=red-black", "multigrid"])]
fn line_500(bencher: Bencher<'_, '_>, spec: &str) {
    steps(bencher, spec, "fprinciple-1d", 500, 10_000, 1);
}

#[divan::bench(args = CELLS, consts = THREADS)]
fn jacobi<const N: usize>(bencher: Bencher<'_, '_>, cells: usize) {
    steps(bencher, "jacobi,omega=0.8", "two-tone-2d", cells, 1, N);
}

#[divan::bench(args = CELLS)]
fn lexicographic(bencher: Bencher<'_, '_>, cells: usize) {
    steps(bencher, "gauss-seidel", "two-tone-2d", cells, 1, 1);
}

#[divan::bench(args = CELLS, consts = THREADS)]
fn red_black<const N: usize>(bencher: Bencher<'_, '_>, cells: usize) {
    steps(bencher, "gauss-seidel,order=red-black", "two-tone-2d", cells, 1, N);
}

#[divan::bench(args = CELLS, consts = THREADS)]
fn v_cycle<const N: usize>(bencher: Bencher<'_, '_>, cells: usize) {
    steps(bencher, "multigrid", "two-tone-2d", cells, 1, N);
}

/// Set-up and solution; no counters, for it is cubic in the side.
#[divan::bench(args = [256, 512], sample_count = 3, sample_size = 1)]
fn direct(bencher: Bencher<'_, '_>, cells: usize) {
    // Invariant: a catalog name and a grid written in this file.
    let problem = catalog::build(&"two-tone-2d".parse().expect("a spec")).expect("a catalog problem");
    let grid = Grid::new(problem.domain().bounds(), &[cells]).expect("a grid");
    let discrete = Discrete::new(problem.as_ref(), &grid).expect("a system");
    bencher.bench_local(|| modewise_solvers::classical::direct::solve(&discrete).expect("a solution"));
}
