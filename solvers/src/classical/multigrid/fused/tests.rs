//! Fused halves of a cycle against the separate steps, bit for bit.

use crate::{
    classical::{
        layout::Layout,
        multigrid::{
            hierarchy::{Coarse, Hierarchy, Recipe},
            level::{self, Guess, Level},
            smoother::{Kind, Sense},
        },
        operator::{Operator, tests::systems},
        real::Real,
    },
    memory::Buffer,
};

fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// Numbers at unknowns, zero in held layers.
fn noise<T: Real>(layout: &Layout, seed: usize) -> Buffer<T> {
    let mut values = Buffer::zeroed(layout.len());
    for plane in layout.places(0) {
        for row in layout.places(1) {
            for column in layout.places(2) {
                let at = plane * layout.stride(0) + row * layout.stride(1) + column;
                values[at] = T::from_f64(((at + seed) * (at + 7) % 1013) as f64 / 500.0 - 1.0);
            }
        }
    }
    layout.seal_all(&mut values);
    values
}

fn first_level<T: Real>(operator: &Operator<T>, coarse: Coarse) -> Option<Level<T>> {
    let recipe = Recipe {
        kind: Kind::RedBlack,
        omega: None,
        below: None,
        half: false,
        cubic: false,
        coarse: Some(coarse),
        over_relaxed: false,
        symmetric: false,
    };
    let mut levels = Hierarchy::new(operator, false, recipe).levels;
    (!levels.is_empty()).then(|| levels.remove(0))
}

/// u and the coarse right-hand side after the way down, then u after the way up.
fn both_ways<T: Real>(
    operator: &Operator<T>,
    coarse: Coarse,
    fused: bool,
    sweeps: usize,
    guess: Guess,
) -> [Vec<f64>; 3] {
    let Some(mut level) = first_level(operator, coarse) else { return Default::default() };
    let layout = operator.layout();
    let (mut u, f) = (noise::<T>(layout, 3), noise::<T>(layout, 11));
    if guess == Guess::Zero {
        // What stands in u, held values included, is not read.
        u.fill(T::from_f64(7.0));
    }
    let e = noise::<T>(level.coarse.layout(), 5);
    let mut coarse_f = Buffer::zeroed(level.coarse.layout().len());
    if fused {
        level::descend(&mut level, operator, sweeps, guess, &mut u, &f, &mut coarse_f);
    } else {
        level::apart::descend(&mut level, operator, sweeps, guess, &mut u, &f, &mut coarse_f);
    }
    let after = |u: &[T]| u.iter().map(|x| x.to_f64()).collect();
    let way_down: Vec<f64> = after(&u);
    let sense = Sense::Adjoint;
    if fused {
        level::ascend(&mut level, operator, sweeps, sense, &mut u, &f, &e);
    } else {
        level::apart::ascend(&mut level, operator, sweeps, sense, &mut u, &f, &e);
    }
    // Outer values of a right-hand side are never read.
    let coarse = level.coarse.layout();
    let mut inner = Vec::new();
    for plane in coarse.places(0) {
        for row in coarse.places(1) {
            let start = plane * coarse.stride(0) + row * coarse.stride(1);
            inner.extend(coarse.places(2).map(|column| coarse_f[start + column].to_f64()));
        }
    }
    [way_down, inner, after(&u)]
}

#[test]
fn fused_passes_have_the_bits_of_separate_steps_on_any_threads() {
    let mut compared = 0;
    for (name, discrete) in systems(&[8, 9, 30]) {
        let (double, single) = (Operator::<f64>::of(&discrete), Operator::<f32>::of(&discrete));
        for coarse in [Coarse::Rediscretised, Coarse::Galerkin] {
            for (sweeps, guess) in [(1, Guess::Zero), (1, Guess::Given), (2, Guess::Zero)] {
                let apart = on_threads(1, || both_ways(&double, coarse, false, sweeps, guess));
                compared += usize::from(!apart[1].is_empty());
                for threads in [1, 2, 3, 8] {
                    let fused = on_threads(threads, || both_ways(&double, coarse, true, sweeps, guess));
                    let case =
                        format!("{name}, {coarse:?}, {sweeps} sweeps from {guess:?}, {threads} threads");
                    assert!(fused == apart, "{case}: {}", differing(&fused, &apart));
                }
                let apart = on_threads(1, || both_ways(&single, coarse, false, sweeps, guess));
                let fused = on_threads(3, || both_ways(&single, coarse, true, sweeps, guess));
                assert!(fused == apart, "{name}, {coarse:?}, f32: {}", differing(&fused, &apart));
            }
        }
    }
    assert!(compared > 120, "{compared}");
}

fn differing(a: &[Vec<f64>; 3], b: &[Vec<f64>; 3]) -> String {
    let count = |k: usize| a[k].iter().zip(&b[k]).filter(|(a, b)| a != b).count();
    format!("{}, {} and {} values differ", count(0), count(1), count(2))
}
