//! Multigrid against local Fourier analysis, asymptotic factors computed elsewhere, and solutions.

mod factors;
mod full;
mod solutions;
mod transfers;

use modewise_problems::Field;

use crate::{
    Initial,
    classical::testing::{Live, Made, norm},
};

/// The asymptotic factor: f = 0, random start, mean over steps 90 to 100, the iterate rescaled halfway.
fn factor(spec: &str, cells: &[usize]) -> f64 {
    let problem = Made::nothing(cells.len());
    let discrete = problem.on(cells);
    let mut live = Live::start(spec, &problem, &discrete, Initial::Random);
    for _ in 0..9 {
        let u = rescaled(live.advance(10));
        live = Live::from(spec, &problem, &discrete, &u);
    }
    let before = norm(&live.u);
    (norm(live.advance(10)) / before).powf(0.1)
}

fn rescaled(u: &Field) -> Field {
    let scale = 1.0 / norm(u);
    let mut scaled = u.clone();
    scaled.values_mut().iter_mut().for_each(|u| *u *= scale);
    scaled
}
