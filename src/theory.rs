//! What theory predicts for a run: the step at which Jacobi reaches each mode.
//!
//! On a box with Dirichlet sides the sine modes are eigenvectors of ω-Jacobi, and the amplitude of
//! mode k after m sweeps is |ê_k| |λ_k|^m with λ_k = 1 − (2ω/Σc) Σ_i c_i sin²(k_iπ/2n_i), c_i = ε/h_i².
//! An index of the full-grid DFT mixes sine modes; its amplitude is their exact superposition.

use std::f64::consts::PI;

use modewise_problems::{
    Discrete, Field, Spec,
    transform::{Fourier, Sine},
};
use num_complex::Complex64;

use crate::{modes::TransformKind, store::schema::ModeName};

/// The factor by which one sweep of ω-Jacobi multiplies the sine mode `k`.
pub fn jacobi_factor(discrete: &Discrete, omega: f64, k: &[i64]) -> f64 {
    let axes = discrete.grid().axes();
    let sum: f64 = discrete.coefficients().iter().sum();
    let weighted: f64 = discrete
        .coefficients()
        .iter()
        .zip(axes.iter().zip(k))
        .map(|(c, (axis, &k))| c * (k as f64 * PI / (2.0 * axis.cells as f64)).sin().powi(2))
        .sum();
    1.0 - 2.0 * omega * weighted / sum
}

/// Predicts first passage for one run of a solver.
pub struct Prediction {
    /// Per interior sine mode, in the order of the transform.
    factors: Vec<f64>,
    amplitudes: Vec<f64>,
    shape: Vec<usize>,
    kind: TransformKind,
    fourier_nodes: usize,
    sine: Sine,
    field_nodes: usize,
}

impl Prediction {
    /// A prediction where there is a theory: for `jacobi` measured against the discrete solution,
    /// from the error at step 0; under the DFT in 1-D only.
    pub fn new(
        solver: &Spec,
        discrete: &Discrete,
        kind: TransformKind,
        reference: &Field,
        start: &Field,
    ) -> Option<Self> {
        let omega = match solver.name.as_str() {
            "jacobi" => {
                solver.keys.get("omega").and_then(|v| v.as_float().or(v.as_integer().map(|n| n as f64)))?
            }
            _ => return None,
        };
        let grid = discrete.grid();
        if kind == TransformKind::Fourier && grid.dimension() > 1 {
            return None;
        }
        let sine = Sine::new(grid);
        let error: Vec<f64> = start.values().iter().zip(reference.values()).map(|(u, v)| u - v).collect();
        let mut amplitudes = vec![0.0; sine.len()];
        sine.forward(&error, &mut amplitudes);
        let shape = grid.interior_shape();
        let factors =
            (0..sine.len()).map(|place| jacobi_factor(discrete, omega, &indices(place, &shape))).collect();
        let fourier_nodes = Fourier::new(grid).shape().iter().product();
        Some(Self { factors, amplitudes, shape, kind, fourier_nodes, sine, field_nodes: grid.nodes() })
    }

    /// The first step at which each mode is at or below `tol` times its `scale`, or `None` if that
    /// takes more than `limit` steps.
    pub fn first_passages(&self, modes: &[(ModeName, f64)], tol: f64, limit: u64) -> Vec<Option<u64>> {
        match self.kind {
            TransformKind::Sine => {
                modes.iter().map(|(name, scale)| self.sine_passage(name, tol * scale)).collect()
            }
            TransformKind::Fourier => self.fourier_passages(modes, tol, limit),
        }
    }

    fn sine_passage(&self, name: &ModeName, target: f64) -> Option<u64> {
        let ModeName::Single(k) = name else { return None };
        let place = k.iter().zip(&self.shape).fold(0, |place, (&k, &m)| place * m + (k as usize - 1));
        let (amplitude, factor) = (self.amplitudes[place].abs(), self.factors[place].abs());
        if amplitude <= target {
            return Some(0);
        }
        if target <= 0.0 || factor >= 1.0 {
            return None;
        }
        // A factor that is zero but for rounding takes one sweep.
        let steps = if factor < 1e-14 { 1.0 } else { ((target / amplitude).ln() / factor.ln()).ceil() };
        Some(steps.max(1.0) as u64)
    }

    /// Steps the sine amplitudes one sweep at a time and sums them up for the indices not yet
    /// reached: Σ_k b_k λ_k^m S_kq with S_kq the DFT of sine mode k at index q.
    fn fourier_passages(&self, modes: &[(ModeName, f64)], tol: f64, limit: u64) -> Vec<Option<u64>> {
        let n = self.fourier_nodes as f64;
        let mut found = vec![None; modes.len()];
        let mut waiting: Vec<(usize, Vec<Complex64>, f64)> = modes
            .iter()
            .enumerate()
            .filter_map(|(i, (name, scale))| match name {
                ModeName::Single(q) => Some((i, self.mixture(q[0], n), tol * scale)),
                ModeName::Shell(_) => None,
            })
            .collect();
        let mut amplitudes = self.amplitudes.clone();
        for step in 0..=limit {
            waiting.retain(|(i, mixture, target)| {
                let sum: Complex64 = mixture.iter().zip(&amplitudes).map(|(s, b)| s * b).sum();
                let reached = sum.norm() <= *target;
                if reached {
                    found[*i] = Some(step);
                }
                !reached
            });
            if waiting.is_empty() {
                break;
            }
            for (b, factor) in amplitudes.iter_mut().zip(&self.factors) {
                *b *= factor;
            }
        }
        found
    }

    /// S_kq for all k: (1/N) Σ_j sin(kπj/n) e^{−2πiqj/N}, two sine transforms.
    fn mixture(&self, q: i64, n: f64) -> Vec<Complex64> {
        let wave: Vec<Complex64> = (0..self.field_nodes)
            .map(|j| Complex64::from_polar(1.0 / n, -2.0 * PI * (q * j as i64) as f64 / n))
            .collect();
        let mut parts = [vec![0.0; self.sine.len()], vec![0.0; self.sine.len()]];
        let [re, im] = &mut parts;
        self.sine.forward(&wave.iter().map(|c| c.re).collect::<Vec<_>>(), re);
        self.sine.forward(&wave.iter().map(|c| c.im).collect::<Vec<_>>(), im);
        // The transform carries 2/n; the sum does not.
        let undo = (self.sine.len() + 1) as f64 / 2.0;
        re.iter().zip(im.iter()).map(|(re, im)| Complex64::new(re * undo, im * undo)).collect()
    }
}

fn indices(mut place: usize, shape: &[usize]) -> Vec<i64> {
    let mut k = vec![0; shape.len()];
    for (k, m) in k.iter_mut().zip(shape).rev() {
        *k = (place % m) as i64 + 1;
        place /= m;
    }
    k
}

#[cfg(test)]
mod tests {
    use modewise_problems::{Grid, catalog};
    use modewise_solvers::{Initial, classical};

    use super::*;

    /// The published sweeps until Δ < 0.5 at DFT indices 1, 3, 8 from a zero start.
    #[test]
    fn predicts_the_sweeps_of_the_central_experiment() {
        let problem = catalog::build(&"fprinciple-1d".parse().unwrap()).unwrap();
        for (cells, expected) in [(200, [1404, 162, 23]), (500, [8778, 991, 139])] {
            let grid = Grid::new(problem.domain().bounds(), &[cells]).unwrap();
            let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
            let reference = classical::direct::solve(&discrete).unwrap();
            let start = Initial::Zero.resolve(&discrete, None, 0);
            let spec: Spec = "jacobi,omega=1.0".parse().unwrap();
            let kind = TransformKind::Fourier;
            let prediction = Prediction::new(&spec, &discrete, kind, &reference, &start).unwrap();
            let spectrum = crate::modes::Spectrum::new(&grid, kind);
            let scales = spectrum.of(&reference);
            let modes: Vec<_> =
                [1, 3, 8].iter().map(|&q| (ModeName::Single(vec![q]), scales.modulus(q as usize))).collect();
            for (found, expected) in prediction.first_passages(&modes, 0.5, 20_000).iter().zip(expected) {
                let found = found.unwrap();
                assert!(found.abs_diff(expected) <= 2, "{cells} cells: {found} against {expected}");
            }
        }
    }
}
