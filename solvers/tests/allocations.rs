//! No step of a classical solver allocates memory: whatever it needs is there after `init`.
//!
//! Every allocation of the process is counted, on all threads, while solvers take steps. Not held to it are
//! `fft`, `direct` and `random-features`, whose only step is the whole solution; `newton`, each of whose steps sets up a
//! linear system anew, with its factors or its levels; and networks, whose products pack their matrices in memory that
//! the crate `gemm` asks for each time.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    num::NonZeroU64,
    sync::atomic::{AtomicUsize, Ordering},
};

use modewise_problems::{Discrete, Grid, Spec, catalog};
use modewise_solvers::{Initial, Meter, Phase, Task, registry};

/// The system's allocator, counted.
struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Allocations of `count` steps after a first one.
fn allocations(solver: &str, problem: &str, cells: &[usize], count: u64) -> Option<usize> {
    let problem = catalog::build(&problem.parse().unwrap()).unwrap();
    let grid = Grid::new(problem.domain().bounds(), cells).unwrap();
    let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
    let solver = registry::build(&solver.parse::<Spec>().unwrap()).unwrap();
    solver.check(problem.as_ref(), Some(&grid)).ok()?;
    let task = Task::new(problem.as_ref(), &discrete).with_initial(Initial::Random);
    let mut meter = Meter::new(discrete.sweep_flops());
    let mut live = solver.init(&task, &mut meter).unwrap();
    meter.enter(Phase::Iterate);
    let before = COUNT.load(Ordering::Relaxed);
    for steps in [1, count] {
        live.advance(NonZeroU64::new(steps).unwrap(), &mut meter).unwrap();
    }
    Some(COUNT.load(Ordering::Relaxed) - before)
}

/// Not held to it.
const EXEMPT: [&str; 9] = [
    "fft",
    "direct",
    "random-features",
    "newton",
    "dnn",
    "mscale-dnn",
    "fourier-dnn",
    "subspace-dnn",
    "multi-stage",
];

#[test]
fn steps_of_classical_solvers_allocate_nothing() {
    let problems: [(&str, &[usize]); 7] = [
        ("sines-1d", &[64]),
        ("bump-2d", &[40, 56]),
        ("sines-2d,sides=[neumann,periodic],kappa2=5", &[32, 24]),
        ("jump-2d", &[48]),
        ("sines-3d", &[24, 20, 16]),
        ("sinh-waves-2d", &[32, 40]),
        ("sinh-waves-3d", &[16]),
    ];
    // One thread: rayon's queues grow now and then when threads take each other's work.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(16 << 20).build().unwrap();
    let mut counted = 0;
    for entry in registry::entries().into_iter().filter(|entry| !EXEMPT.contains(&entry.name)) {
        for (problem, cells) in problems {
            let Some(found) = pool.install(|| allocations(entry.name, problem, cells, 4)) else { continue };
            assert_eq!(found, 0, "{} on {problem}", entry.name);
            counted += 1;
        }
    }
    assert!(counted > 40, "{counted}");
}
