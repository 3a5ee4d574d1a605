//! What theory predicts for a run: the step at which Jacobi reaches each mode.
//!
//! On a box with Dirichlet sides the sine modes are eigenvectors of ω-Jacobi, and the amplitude of
//! mode k after m sweeps is |ê_k| |λ_k|^m with λ_k = 1 − (2ω/Σc) Σ_i c_i sin²(k_iπ/2n_i), c_i = ε/h_i².
//! An index of the full-grid DFT mixes sine modes; its amplitude is their exact superposition.

mod superposition;

use std::f64::consts::PI;

use modewise_problems::{
    Discrete, Field, Spec,
    transform::{Fourier, Sine},
};
use num_complex::Complex64;
use rayon::prelude::*;

use self::superposition::Factors;
use crate::{modes::TransformKind, store::schema::ModeName};

/// The factor by which one sweep of ω-Jacobi multiplies the sine mode `k`.
pub fn jacobi_factor(discrete: &Discrete, omega: f64, k: &[i64]) -> f64 {
    Sweep::new(discrete, omega).factor(k)
}

/// A sweep of ω-Jacobi: what its factors depend on.
struct Sweep {
    omega: f64,
    coefficients: Vec<f64>,
    cells: Vec<usize>,
}

impl Sweep {
    fn new(discrete: &Discrete, omega: f64) -> Self {
        Self {
            omega,
            coefficients: discrete.constant_coefficients().map(|(axes, _)| axes.to_vec()).unwrap_or_default(),
            cells: discrete.grid().cells(),
        }
    }

    fn factor(&self, k: &[i64]) -> f64 {
        let sum: f64 = self.coefficients.iter().sum();
        let axes = self.coefficients.iter().zip(&self.cells).zip(k);
        let weighted: f64 =
            axes.map(|((c, &cells), &k)| c * (k as f64 * PI / (2.0 * cells as f64)).sin().powi(2)).sum();
        1.0 - 2.0 * self.omega * weighted / sum
    }
}

/// Predicts first passage for one run of a solver.
pub struct Prediction {
    sweep: Sweep,
    /// Of the error at step 0, per interior sine mode in the order of the transform.
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
        let fourier_nodes = Fourier::new(grid).shape().iter().product();
        let (sweep, shape) = (Sweep::new(discrete, omega), grid.interior_shape());
        Some(Self { sweep, amplitudes, shape, kind, fourier_nodes, sine, field_nodes: grid.nodes() })
    }

    /// The first step at which each mode is at or below `tol` times its `scale`, or `None` if that
    /// takes more than `limit` steps, or if the scale is zero.
    pub fn first_passages(&self, modes: &[(ModeName, f64)], tol: f64, limit: u64) -> Vec<Option<u64>> {
        match self.kind {
            TransformKind::Sine => {
                modes.iter().map(|(name, scale)| self.sine_passage(name, tol * scale, limit)).collect()
            }
            TransformKind::Fourier => self.fourier_passages(modes, tol, limit),
        }
    }

    fn sine_passage(&self, name: &ModeName, target: f64, limit: u64) -> Option<u64> {
        let ModeName::Single(k) = name else { return None };
        let inside = |(&k, &m): (&i64, &usize)| (1..=m as i64).contains(&k);
        if k.len() != self.shape.len() || !k.iter().zip(&self.shape).all(inside) {
            return None;
        }
        let place = k.iter().zip(&self.shape).fold(0, |place, (&k, &m)| place * m + (k as usize - 1));
        let (amplitude, factor) = (self.amplitudes[place].abs(), self.sweep.factor(k).abs());
        if target.is_nan() || target <= 0.0 {
            return None;
        }
        if amplitude <= target {
            return Some(0);
        }
        if factor >= 1.0 {
            return None;
        }
        // A factor that is zero but for rounding takes one sweep.
        let steps = if factor < 1e-14 { 1.0 } else { ((target / amplitude).ln() / factor.ln()).ceil() };
        Some(steps.max(1.0) as u64).filter(|&steps| steps <= limit)
    }

    /// The amplitude at index q after m sweeps is |Σ_k b_k S_kq λ_k^m| with S_kq the DFT of sine
    /// mode k at index q.
    fn fourier_passages(&self, modes: &[(ModeName, f64)], tol: f64, limit: u64) -> Vec<Option<u64>> {
        let factors = (1..=self.amplitudes.len() as i64).map(|k| self.sweep.factor(&[k])).collect();
        let factors = Factors::new(factors, limit);
        let nodes = self.fourier_nodes;
        let passage = |(name, scale): &(ModeName, f64)| {
            let ModeName::Single(q) = name else { return None };
            let &[q] = q.as_slice() else { return None };
            let mut terms = self.mixture(q.rem_euclid(nodes as i64), nodes as f64);
            terms.iter_mut().zip(&self.amplitudes).for_each(|(term, b)| *term *= b);
            factors.first_within(&terms, tol * scale, limit)
        };
        modes.par_iter().map(passage).collect()
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

#[cfg(test)]
mod tests {
    use modewise_problems::{Grid, catalog};
    use modewise_solvers::{Initial, classical};

    use super::*;
    use crate::modes::{ModeChoice, ModeWatch};

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

    /// All modes of a small grid, for damping below and above 1 and from a rough start: the step
    /// predicted is the one at which Jacobi itself, swept step by step and transformed, arrives.
    #[test]
    fn predicts_what_sweeping_finds() {
        let problem = catalog::build(&"fprinciple-1d".parse().unwrap()).unwrap();
        let grid = Grid::new(problem.domain().bounds(), &[24]).unwrap();
        let discrete = Discrete::new(problem.as_ref(), &grid).unwrap();
        let reference = classical::direct::solve(&discrete).unwrap();
        let limit = 150;
        for (kind, omega, initial) in [TransformKind::Sine, TransformKind::Fourier]
            .into_iter()
            .flat_map(|kind| [0.5, 2.0 / 3.0, 1.0, 1.01].map(|omega| (kind, omega)))
            .flat_map(|(kind, omega)| [Initial::Zero, Initial::Random].map(|initial| (kind, omega, initial)))
        {
            let start = initial.resolve(&discrete, None, 3);
            let spec: Spec = format!("jacobi,omega={omega}").parse().unwrap();
            let prediction = Prediction::new(&spec, &discrete, kind, &reference, &start).unwrap();
            let mut watch = ModeWatch::new(&reference, kind, &ModeChoice::All, false, 0.2).unwrap();
            let modes: Vec<_> = watch.scales().map(|(name, scale)| (name.clone(), scale)).collect();
            let predicted = prediction.first_passages(&modes, 0.2, limit);
            // One sweep on the error: e_j ← (1 − ω) e_j + ω (e_{j−1} + e_{j+1})/2.
            let mut u = start;
            for step in 0..=limit {
                watch.look(step, 0.0, 0.0, &u);
                let e: Vec<f64> = u.values().iter().zip(reference.values()).map(|(u, v)| u - v).collect();
                for j in 1..24 {
                    let swept = (1.0 - omega) * e[j] + omega * (e[j - 1] + e[j + 1]) / 2.0;
                    u.values_mut()[j] = reference.values()[j] + swept;
                }
            }
            let found = watch.passages().map(|(.., passage)| passage.reached.map(|(step, ..)| step));
            assert_eq!(predicted, found.collect::<Vec<_>>(), "{kind:?}, ω = {omega}, {initial:?}");
        }
    }
}
