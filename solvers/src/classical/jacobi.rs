//! ω-Jacobi: every unknown moves by ω towards the value that would solve its own equation.
//!
//! u ← (1 − ω)u + (ω/a)(f + Σ c u_neighbour), a the diagonal: κ² + Σ c, with c = ε/h² for each of the
//! neighbours, ε at the face between.
//!
//! **Modes.** With constant coefficients on a box with Dirichlet sides the products of sines are eigenvectors
//! of a sweep, with factors λ_k = 1 − (ω/d) Σ_i 2 sin²(k_i π/2n) when all spacings agree and κ = 0; with
//! Neumann and periodic sides the cosines and the waves that fit in between. Undamped (ω = 1) they come in
//! pairs |λ_k| = |λ_{n−k}|: the lowest and the highest mode are equally slow, the middle of the spectrum is
//! fast. ω = 2/3 (1-D), 4/5 (2-D) and 6/7 (3-D) damp the upper half of the spectrum by 1/3, 3/5 and 5/7 a
//! sweep, the best that any ω can do; ω ≤ 1/2 damps high modes before low ones throughout. ω > 1 diverges as
//! soon as a mode has |λ_k| > 1, which the highest has from ω = 1/sin²((n−1)π/2n) on. Where a system is
//! singular take ω < 1: the highest mode then has λ = −1 at ω = 1.
//!
//! **Cost.** A sweep is one work unit; 1 − λ₁ ≈ ωπ²/(2n²) makes O(n²) sweeps of the lowest mode. Good
//! as a smoother and as an object of study; as a solver it is the slowest here.
//!
//! Source: Briggs, Henson, McCormick, *A Multigrid Tutorial*, 2nd ed. 2000, chapter 2.

use std::sync::Arc;

use modewise_problems::{Grid, Parameter, Problem, Settings, Spec, SpecError};

use super::{
    layout::Layout,
    state::{self, State},
    stationary::{Stationary, Step},
    sweep::wavefront::Wavefront,
};
use crate::{Iteration, Meter, Need, Snapshot, Solver, SolverError, Task, Unsupported, registry::Entry};

pub(crate) const ENTRY: Entry = Entry {
    name: "jacobi",
    summary: "ω-Jacobi: one step is one sweep, one work unit; damps high frequencies fast and low ones slowly",
    parameters: &[Parameter {
        key: "omega",
        default: "1",
        unit: "",
        help: "damping ω in (0, 1]; 2/3 (1-D), 4/5 (2-D) or 6/7 (3-D) smooths best, above 1 it diverges",
    }],
    build,
};

/// The recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Jacobi {
    omega: f64,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Solver>, SpecError> {
    Ok(Arc::new(Jacobi { omega: settings.number("omega", "a positive number", |omega| omega > 0.0)? }))
}

impl Solver for Jacobi {
    fn spec(&self) -> Spec {
        Spec::new(ENTRY.name).with("omega", self.omega)
    }

    fn check(&self, problem: &dyn Problem, grid: Option<&Grid>) -> Result<Need, Unsupported> {
        let grid = state::linear(problem, grid, ENTRY.name)?;
        let waves = Wavefront::<f64>::total(&Layout::with_sides(grid, problem.domain().sides())) as u64;
        let values = state::system_values(problem, grid) + state::array_values(problem, grid) + waves;
        Ok(Need { bytes: 8 * values, uses_initial: true, discrete: true })
    }

    fn init<'p>(&self, task: &Task<'p>, _meter: &mut Meter) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(Box::new(Stationary::new(State::start(task, ENTRY.name)?, Step::Jacobi(self.omega))))
    }

    fn resume<'p>(
        &self,
        task: &Task<'p>,
        from: &Snapshot,
        _meter: &mut Meter,
    ) -> Result<Box<dyn Iteration + 'p>, SolverError> {
        Ok(Box::new(Stationary::new(State::resume(task, from, ENTRY.name)?, Step::Jacobi(self.omega))))
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use modewise_problems::{Discrete, transform::Sine};

    use crate::{
        Initial,
        classical::testing::{Live, Made, bits},
        registry,
    };

    /// 1 − (ω/a) Σ_i 4c_i sin²(k_i π/2n_i), in the order of the sine transform.
    fn factors(discrete: &Discrete, omega: f64) -> Vec<f64> {
        let shape = discrete.grid().interior_shape();
        let mut factors = vec![1.0; shape.iter().product()];
        for (index, factor) in factors.iter_mut().enumerate() {
            let mut rest = index;
            for (&m, c) in shape.iter().zip(discrete.constant_coefficients().unwrap().0).rev() {
                let (k, n) = (rest % m + 1, m + 1);
                let s = (k as f64 * PI / (2 * n) as f64).sin();
                *factor -= omega / discrete.largest_diagonal() * 4.0 * c * s * s;
                rest /= m;
            }
        }
        factors
    }

    #[test]
    fn every_mode_decays_by_its_theoretical_factor() {
        for cells in [vec![64], vec![65], vec![32, 32], vec![24, 40], vec![12, 10, 16]] {
            let problem = Made::nothing(cells.len());
            let discrete = problem.on(&cells);
            let sine = Sine::new(discrete.grid());
            for omega in [1.0, 2.0 / 3.0, 0.5] {
                let theory = factors(&discrete, omega);
                let spec = format!("jacobi,omega={omega:?}");
                let mut live = Live::start(&spec, &problem, &discrete, Initial::White);
                let (mut start, mut now) = (vec![0.0; sine.len()], vec![0.0; sine.len()]);
                sine.forward(live.u.values(), &mut start);
                let (mut checked, mut sweeps) = (0, 0);
                for more in [1, 1, 2, 4, 8, 16, 32, 64, 128, 256] {
                    sweeps += more;
                    sine.forward(live.advance(more).values(), &mut now);
                    for ((theory, start), now) in theory.iter().zip(&start).zip(&now) {
                        let factor = theory.powi(sweeps as i32);
                        if factor.abs() > 1e-4 {
                            let relative = (now / start - factor).abs() / factor.abs();
                            assert!(relative < 1e-10, "{cells:?} {spec}: {relative:e} after {sweeps}");
                            checked += 1;
                        }
                    }
                }
                assert!(checked > sine.len(), "only {checked} amplitudes were above 1e-4");
            }
        }
    }

    #[test]
    fn the_best_damping_smooths_by_the_textbook_factor() {
        for (cells, omega, smoothing) in [
            (vec![256], 2.0 / 3.0, 1.0 / 3.0),
            (vec![128, 128], 0.8, 0.6),
            (vec![64, 64, 64], 6.0 / 7.0, 5.0 / 7.0),
        ] {
            let problem = Made::nothing(cells.len());
            let discrete = problem.on(&cells);
            let sine = Sine::new(discrete.grid());
            let mut live =
                Live::start(&format!("jacobi,omega={omega:?}"), &problem, &discrete, Initial::White);
            let mut amplitudes = vec![0.0; sine.len()];
            sine.forward(live.advance(1).values(), &mut amplitudes);
            let m = cells[0] - 1;
            let digits = |index: usize| [index / (m * m), index / m % m, index % m];
            let high = |index: usize| digits(index).iter().any(|k| k + 1 >= cells[0] / 2);
            let worst = (0..sine.len()).filter(|&i| high(i)).map(|i| amplitudes[i].abs()).fold(0.0, f64::max);
            assert!((worst - smoothing).abs() < 1e-3, "{worst} for {smoothing}");
        }
    }

    #[test]
    fn a_sweep_is_one_work_unit_and_setup_costs_nothing() {
        let problem = Made::nothing(2);
        let discrete = problem.on(&[8, 12]);
        let mut live = Live::start("jacobi", &problem, &discrete, Initial::Random);
        live.advance(37);
        assert_eq!(live.meter.work_units(), 37.0);
    }

    #[test]
    fn threads_do_not_change_bits() {
        for cells in [vec![512, 300], vec![100_000]] {
            assert_eq!(bits("jacobi", &cells, 5, 1), bits("jacobi", &cells, 5, 2));
        }
    }

    #[test]
    fn damping_above_one_is_taken_and_diverges_and_nonsense_is_refused() {
        for text in ["jacobi,omega=0", "jacobi,omega=-1", "jacobi,omega=nan", "jacobi,omega=inf"] {
            let error = registry::build(&text.parse().unwrap()).unwrap_err().to_string();
            assert!(error.contains("omega"), "{error}");
        }
        let problem = Made::nothing(1);
        let discrete = problem.on(&[16]);
        let mut live = Live::start("jacobi,omega=2.5", &problem, &discrete, Initial::Random);
        assert!(live.advance(50).values().iter().any(|u| u.abs() > 1e6));
    }
}
