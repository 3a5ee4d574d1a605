//! What theory predicts for a run: the step at which Jacobi reaches each mode.
//!
//! On a box with constant coefficients the modes that follow its sides – sines, cosines, quarter waves,
//! whole waves along periodic axes – are eigenvectors of ω-Jacobi, and the amplitude of mode k after m
//! sweeps is |ê_k| |λ_k|^m with
//!
//! λ_k = 1 − ω (Σ_i 4c_i sin²(m_iπ/2n_i) + κ²) / (2Σ_i c_i + κ²), c_i = ε/h_i²,
//!
//! m_i the half-waves of the mode along axis i. An index of the full-grid DFT mixes sine modes; its
//! amplitude is their exact superposition. Gauss–Seidel and SOR mix modes, and nothing is said of them.

mod superposition;

use std::f64::consts::PI;

use modewise_problems::{Discrete, Field, Spec, transform::Sine};
use num_complex::Complex64;
use rayon::prelude::*;

use self::superposition::Factors;
use crate::{
    modes::{Amplitudes, Spectrum, TransformKind},
    store::schema::ModeName,
};

/// Predicts first passage for one run of a solver.
pub struct Prediction<'d> {
    discrete: &'d Discrete,
    /// ω over the diagonal.
    step: f64,
    /// Whose modes are eigenvectors.
    spectrum: Spectrum,
    /// Of the error at step 0.
    amplitudes: Amplitudes,
    kind: TransformKind,
}

impl<'d> Prediction<'d> {
    /// A prediction where there is a theory: for `jacobi` with constant coefficients measured against
    /// the discrete solution, from the error at step 0; under the DFT of all nodes in 1-D only.
    pub fn new(
        solver: &Spec,
        discrete: &'d Discrete,
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
        discrete.constant_coefficients()?;
        let (grid, sides) = (discrete.grid(), discrete.sides());
        // The DFT of all nodes is taken apart into sines.
        let mixed = kind == TransformKind::Fourier && discrete.is_dirichlet();
        if mixed && grid.dimension() > 1 {
            return None;
        }
        let spectrum = Spectrum::new(grid, sides, if mixed { TransformKind::Auto } else { kind });
        spectrum.eigenvalues(0, sides)?;
        let error: Vec<f64> = start.values().iter().zip(reference.values()).map(|(u, v)| u - v).collect();
        let mut amplitudes = Amplitudes::Real(Vec::new());
        spectrum.amplitudes(&error, &mut amplitudes);
        let kind = if mixed { TransformKind::Fourier } else { TransformKind::Auto };
        // Where coefficients are constant so is the diagonal.
        let step = omega / discrete.largest_diagonal();
        Some(Self { discrete, step, spectrum, amplitudes, kind })
    }

    /// The factor by which a sweep multiplies the mode at a place of the spectrum.
    fn factor(&self, place: usize) -> Option<f64> {
        let (axes, screening) = self.discrete.constant_coefficients()?;
        let eigenvalues = self.spectrum.eigenvalues(place, self.discrete.sides())?;
        let eigenvalue: f64 = axes.iter().zip(eigenvalues).map(|(c, lambda)| c * lambda).sum();
        Some(1.0 - self.step * (eigenvalue + screening))
    }

    /// The first step at which each mode is at or below `tol` times its `scale`, or `None` if that
    /// takes more than `limit` steps, or if the scale is zero.
    pub fn first_passages(&self, modes: &[(ModeName, f64)], tol: f64, limit: u64) -> Vec<Option<u64>> {
        match self.kind {
            TransformKind::Fourier => self.fourier_passages(modes, tol, limit),
            _ => modes.iter().map(|(name, scale)| self.passage(name, tol * scale, limit)).collect(),
        }
    }

    fn passage(&self, name: &ModeName, target: f64, limit: u64) -> Option<u64> {
        let ModeName::Single(k) = name else { return None };
        let place = self.spectrum.place(k)?;
        let (amplitude, factor) = (self.amplitudes.modulus(place), self.factor(place)?.abs());
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
        let places = 0..self.spectrum.places();
        let factors: Option<Vec<f64>> = places.clone().map(|place| self.factor(place)).collect();
        let Some(factors) = factors else { return vec![None; modes.len()] };
        let factors = Factors::new(factors, limit);
        let sine = Sine::new(self.discrete.grid());
        let nodes = self.discrete.grid().nodes();
        let passage = |(name, scale): &(ModeName, f64)| {
            let ModeName::Single(q) = name else { return None };
            let &[q] = q.as_slice() else { return None };
            let mut terms = mixture(&sine, q.rem_euclid(nodes as i64), nodes);
            terms.iter_mut().zip(places.clone()).for_each(|(term, k)| *term *= self.amplitudes.at(k));
            factors.first_within(&terms, tol * scale, limit)
        };
        modes.par_iter().map(passage).collect()
    }
}

/// S_kq for all k: (1/N) Σ_j sin(kπj/n) e^{−2πiqj/N}, two sine transforms.
fn mixture(sine: &Sine, q: i64, nodes: usize) -> Vec<Complex64> {
    let n = nodes as f64;
    let wave: Vec<Complex64> =
        (0..nodes).map(|j| Complex64::from_polar(1.0 / n, -2.0 * PI * (q * j as i64) as f64 / n)).collect();
    let mut parts = [vec![0.0; sine.len()], vec![0.0; sine.len()]];
    let [re, im] = &mut parts;
    sine.forward(&wave.iter().map(|c| c.re).collect::<Vec<_>>(), re);
    sine.forward(&wave.iter().map(|c| c.im).collect::<Vec<_>>(), im);
    // The transform carries 2/n; the sum does not.
    let undo = (sine.len() + 1) as f64 / 2.0;
    re.iter().zip(im.iter()).map(|(re, im)| Complex64::new(re * undo, im * undo)).collect()
}

#[cfg(test)]
mod tests {
    use modewise_problems::{Coefficient, Condition, Domain, Grid, Points, Problem, catalog};
    use modewise_solvers::{Initial, Reference, ReferenceKind, classical};

    use super::*;
    use crate::modes::{ModeChoice, ModeWatch};

    /// A watch over all modes of the error against `reference`.
    fn watch(discrete: &Discrete, kind: TransformKind, reference: &Field, tol: f64) -> ModeWatch {
        let spectrum = Spectrum::new(discrete.grid(), discrete.sides(), kind);
        let reference = Reference::new(ReferenceKind::Discrete, reference.clone());
        ModeWatch::new(&reference, spectrum, &ModeChoice::All, false, tol).unwrap()
    }

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
            let spectrum = Spectrum::new(&grid, discrete.sides(), kind);
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
            let mut watch = watch(&discrete, kind, &reference, 0.2);
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

    /// −εΔu + κ²u = f on a box with any sides; of its data only the operator matters here.
    #[derive(Debug)]
    struct Plain {
        domain: Domain,
        screening: f64,
    }

    impl Problem for Plain {
        fn spec(&self) -> Spec {
            Spec::new("plain")
        }
        fn title(&self) -> String {
            String::new()
        }
        fn domain(&self) -> &Domain {
            &self.domain
        }
        fn permittivity(&self) -> Coefficient {
            Coefficient::Constant(2.0)
        }
        fn screening(&self) -> Coefficient {
            Coefficient::Constant(self.screening)
        }
        fn source(&self, _points: Points<'_>, out: &mut [f64]) {
            out.fill(0.0);
        }
        fn exact(&self, _points: Points<'_>, _out: &mut [f64]) -> bool {
            false
        }
        fn wave_number(&self) -> Option<f64> {
            None
        }
    }

    /// Boxes with every kind of side and κ²: sweeps by the residual, u ← u + (ω/d)(b − Au), reach every mode
    /// and every wave at the step predicted. The solution is zero, so that the start is the error.
    #[test]
    fn predicts_sweeps_on_boxes_with_any_sides() {
        use Condition::{Dirichlet as D, Neumann as N, Periodic as P};
        for (sides, screening) in [
            (vec![[N, N]], 3.0),
            (vec![[P, P], [D, D]], 0.0),
            (vec![[D, N], [N, D]], 5.0),
            (vec![[N, N], [P, P], [D, N]], 0.0),
        ] {
            let cells = &[8, 6, 5][..sides.len()];
            let bounds = &[[0.0, 1.0], [0.0, 0.7], [0.0, 1.2]][..sides.len()];
            let domain = Domain::new(bounds, &sides).unwrap();
            let problem = Plain { domain, screening };
            let grid = Grid::new(bounds, cells).unwrap();
            let discrete = Discrete::new(&problem, &grid).unwrap();
            let reference = Field::zeros(&grid);
            let mut u = Initial::Random.resolve(&discrete, None, 5);
            let spec: Spec = "jacobi,omega=0.7".parse().unwrap();
            let kind = TransformKind::Auto;
            let prediction = Prediction::new(&spec, &discrete, kind, &reference, &u).unwrap();
            let mut watch = watch(&discrete, kind, &reference, 0.1);
            let mut residual = vec![0.0; grid.nodes()];
            let limit = 40;
            watch.look(0, 0.0, 0.0, &u);
            let modes: Vec<_> = watch.scales().map(|(name, scale)| (name.clone(), scale)).collect();
            for step in 1..=limit {
                discrete.residual(u.values(), &mut residual);
                let weight = 0.7 / discrete.largest_diagonal();
                u.values_mut().iter_mut().zip(&residual).for_each(|(u, r)| *u += weight * r);
                discrete.impose_boundary(u.values_mut());
                watch.look(step, 0.0, 0.0, &u);
            }
            let predicted = prediction.first_passages(&modes, 0.1, limit);
            let found: Vec<_> =
                watch.passages().map(|(.., passage)| passage.reached.map(|(step, ..)| step)).collect();
            assert_eq!(predicted, found, "{sides:?}");
            assert!(found.iter().filter(|step| step.is_some()).count() > modes.len() / 2);
        }
    }
}
