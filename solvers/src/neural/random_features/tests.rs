//! Against exact solutions.

use modewise_problems::{Discrete, Field, Grid, Problem, Spec, catalog};

use crate::{Iteration, Meter, Sites, Task, registry};

/// The relative L2 error after the step, and the scalars.
fn error(problem: &dyn Problem, cells: usize, spec: &str, seed: u64) -> (f64, [f64; 3]) {
    let grid = Grid::new(problem.domain().bounds(), &[cells]).unwrap();
    let discrete = Discrete::new(problem, &grid).unwrap();
    let task = Task::new(problem, &discrete).with_seed(seed);
    let mut meter = Meter::new(1.0);
    let solver = registry::build(&spec.parse::<Spec>().unwrap()).unwrap();
    let mut live: Box<dyn Iteration> = solver.init(&task, &mut meter).unwrap();
    live.advance(std::num::NonZeroU64::MIN, &mut meter).unwrap();
    let mut u = Field::zeros(&grid);
    live.sample(&Sites::Grid(&grid), u.values_mut(), &mut meter).unwrap();
    let exact = Field::from_batch(&grid, |points, out| {
        problem.exact(points, out);
    });
    let square = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>();
    let difference = square(&mut u.values().iter().zip(exact.values()).map(|(u, e)| u - e));
    let mut scalars = [0.0; 3];
    live.scalars(&mut scalars);
    ((difference / square(&mut exact.values().iter().copied())).sqrt(), scalars)
}

fn problem(spec: &str) -> std::sync::Arc<dyn Problem> {
    catalog::build(&spec.parse().unwrap()).unwrap()
}

#[test]
fn probe() {
    for (name, list) in [("two-tone-2d", vec![1000, 1200, 1400, 1800, 2400]), ("fprinciple-1d", vec![60, 100, 200]), ("bump-2d", vec![200, 400])] {
        let p = problem(name);
        for extra in ["", ",boundary=penalty", ",sampling=lattice", ",sampling=sobol", ",oversampling=1.5", ",rcond=1e-13", ",rcond=1e-12", ",rcond=1e-15"] {
            for &m in &list {
                let start = std::time::Instant::now();
                let (e, s) = error(p.as_ref(), 100, &format!("random-features,count={m}{extra}"), 1);
                println!("{name} {extra} {m} {e:.1e} rank {} fit {:.1e} k {:.1}  {:.3} s", s[0], s[1], s[2], start.elapsed().as_secs_f64());
            }
        }
    }
}
