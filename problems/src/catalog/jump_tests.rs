//! The two problems with a jump of ε, against published and closed-form values at their centre.

use std::f64::consts::PI;

use crate::{Discrete, Grid, catalog, reduce};

/// Conjugate gradients from zero, with nothing but [`Discrete::residual`]: Ap = b − (b − Ap).
fn centre(problem: &str, cells: usize) -> f64 {
    let problem = catalog::build(&problem.parse().unwrap()).unwrap();
    let grid = Grid::new(problem.domain().bounds(), &[cells]).unwrap();
    let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
    let b = discrete.source().values();
    let (mut u, mut ap) = (vec![0.0; b.len()], vec![0.0; b.len()]);
    let (mut r, mut p) = (b.to_vec(), b.to_vec());
    let mut squares = reduce::sum_of_squares(&r);
    let goal = 1e-24 * squares;
    while squares > goal {
        discrete.residual(&p, &mut ap);
        // Outside the unknowns b, the residual and p are zero.
        ap.iter_mut().zip(b).for_each(|(ap, b)| *ap = b - *ap);
        let alpha = squares / p.iter().zip(&ap).map(|(p, ap)| p * ap).sum::<f64>();
        for i in 0..u.len() {
            u[i] += alpha * p[i];
            r[i] -= alpha * ap[i];
        }
        let next = reduce::sum_of_squares(&r);
        p.iter_mut().zip(&r).for_each(|(p, r)| *p = r + next / squares * *p);
        squares = next;
    }
    let middle: usize = (0..grid.dimension()).map(|axis| cells / 2 * grid.stride(axis)).sum();
    u[middle]
}

#[test]
fn the_centre_of_the_disc_approaches_the_published_value() {
    // With 1024 cells a side 0.2114345, the same by hypre and by PETSc. The staircase that stands
    // for the circle leaves an error that falls by a factor of two to eight a refinement.
    let errors = [64, 128].map(|cells| (centre("jump-2d", cells) - 0.211_434_5).abs());
    assert!(errors[0] < 3e-3 && errors[1] < 5e-4, "{errors:?}");
}

/// In free space (Born): inside the field of the charge with ε_in, outside that of a screened sphere,
/// 4πu(0) = (√(2/π)/σ − 1/R)/ε_in + 1/(ε_out R (1 + R√(κ²/ε_out))). Sides two screening lengths away
/// change the last term, a six-hundredth of the sum, by a few hundredths.
#[test]
fn the_centre_of_the_ball_is_that_of_the_born_ion() {
    let (inside, outside, kappa2, radius, sigma) = (2.0, 80.0, 8000.0f64, 0.3, 0.05);
    let screened = 1.0 / (outside * radius * (1.0 + radius * (kappa2 / outside).sqrt()));
    let born = (((2.0 / PI).sqrt() / sigma - 1.0 / radius) / inside + screened) / (4.0 * PI);
    let [coarse, fine] = [32, 64].map(|cells| centre("jump-3d", cells));
    let extrapolated = fine + (fine - coarse) / 3.0;
    assert!((extrapolated - born).abs() < 1e-3 * born, "{coarse}, {fine} and {born}");
}
