//! Self-scaled Broyden: a quasi-Newton method that keeps H, the inverse Hessian, as a matrix, and scales it.
//!
//! With s = Δθ, y = Δg and v = s/yᵀs − Hy/yᵀHy, the members of Broyden's family are
//!
//! ```text
//! H ← (1/τ) [ H − Hy(Hy)ᵀ/yᵀHy + φ (yᵀHy) vvᵀ ] + ssᵀ/yᵀs
//! ```
//!
//! φ = 1, τ = 1 is BFGS. τ < 1 shrinks curvature that the matrix overestimates, which losses of networks,
//! ill-conditioned over ten orders of magnitude, need; φ follows the same measures of the last step,
//!
//! ```text
//! b = sᵀH⁻¹s/yᵀs   h = yᵀHy/yᵀs   a = hb − 1
//! ```
//!
//! ([`Scaling`]). Urbán, Stefanou and Pons reach errors with it that are orders of magnitude below those
//! of BFGS and L-BFGS on the same networks.
//!
//! Cost of a step: 8 n² flops, three passes over n² numbers, and the evaluations of a strong Wolfe search:
//! for n up to a few thousand. The loss has to be the same function at every step (`resample=0`).
//!
//! Al-Baali and Khalfan, *Wide interval for efficient self-scaling quasi-Newton algorithms* (2005); Urbán,
//! Stefanou and Pons (arXiv 2405.04230), formulas 13 to 23.

use rayon::prelude::*;

use super::{
    Optimizer, Step,
    function::Function,
    lbfgs::{difference, first_length},
    vector,
    wolfe::{Line, Trial},
};
use crate::{Snapshot, SolverError};

/// Rows of H that a thread takes at a time.
const ROWS: usize = 32;

/// The live method.
#[derive(Debug)]
pub(super) struct SsBroyden {
    line: Line,
    gradient: Vec<f64>,
    direction: Vec<f64>,
    s: Vec<f64>,
    y: Vec<f64>,
    hy: Vec<f64>,
    /// H, row by row; meaningless before the first update.
    inverse: Vec<f64>,
    updates: u64,
    /// As in L-BFGS.
    value: f64,
}

/// τ and φ of an update.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scaling {
    tau: f64,
    phi: f64,
}

impl Scaling {
    /// From b and h (see above) in n dimensions.
    fn new(b: f64, h: f64, n: usize) -> Self {
        // a ≥ 0 by the Cauchy–Schwarz inequality; zero where s and Hy are parallel, and φ does not matter.
        let a = (h * b - 1.0).max(1e-12);
        let c = (a / (1.0 + a)).sqrt();
        let lower_rho = (h * (1.0 - c)).min(1.0);
        let upper_rho = (1.0 / b).min(1.0);
        let (least, most) = ((lower_rho - 1.0) / a, 1.0 / lower_rho);
        let theta = ((1.0 - b) / b).min(most).max(least);
        let sigma = 1.0 + theta * a;
        let root = sigma.abs().powf(1.0 / (1.0 - n.max(2) as f64));
        let tau =
            if theta <= 0.0 { (upper_rho * root).min(sigma) } else { upper_rho * root.min(1.0 / theta) };
        Self { tau, phi: (1.0 - theta) / sigma }
    }
}

impl SsBroyden {
    pub fn new(len: usize) -> Self {
        let zeros = || vec![0.0; len];
        Self {
            line: Line::new(len),
            gradient: zeros(),
            direction: zeros(),
            s: zeros(),
            y: zeros(),
            hy: zeros(),
            inverse: vec![0.0; len * len],
            updates: 0,
            value: f64::NAN,
        }
    }

    /// Bytes of a run with `len` parameters.
    pub fn bytes(len: usize) -> f64 {
        8.0 * len as f64 * (len + 7) as f64
    }

    /// The update for the step to where the search, which went `alpha` along the direction, ended.
    fn update(&mut self, alpha: f64, theta: &[f64]) {
        let n = theta.len();
        difference(&mut self.s, &self.line.theta, theta);
        difference(&mut self.y, &self.line.gradient, &self.gradient);
        let ys = vector::dot(&self.y, &self.s);
        if ys <= 0.0 {
            return;
        }
        if self.updates == 0 {
            // H₀ = (yᵀs/yᵀy) I.
            let scale = ys / vector::dot(&self.y, &self.y);
            self.inverse.fill(0.0);
            self.inverse.iter_mut().step_by(n + 1).for_each(|diagonal| *diagonal = scale);
        }
        apply(&self.inverse, &self.y, &mut self.hy);
        let yhy = vector::dot(&self.y, &self.hy);
        // H⁻¹s = −αg, except at the first step, whose direction was not made with H.
        let b = if self.updates == 0 { 1.0 } else { -alpha * vector::dot(&self.s, &self.gradient) / ys };
        self.updates += 1;
        if !(yhy > 0.0 && b > 0.0) {
            return;
        }
        let Scaling { tau, phi } = Scaling::new(b, yhy / ys, n);
        let (s, hy) = (&self.s, &self.hy);
        let keep = 1.0 / tau;
        // The coefficients of ssᵀ, s(Hy)ᵀ + (Hy)sᵀ and Hy(Hy)ᵀ once vvᵀ is multiplied out.
        let ss = 1.0 / ys + keep * phi * yhy / (ys * ys);
        let mixed = -keep * phi / ys;
        let squares = keep * (phi - 1.0) / yhy;
        rows(&mut self.inverse, n, |i, row| {
            let (of_s, of_hy) = (ss * s[i] + mixed * hy[i], mixed * s[i] + squares * hy[i]);
            for ((h, s), hy) in row.iter_mut().zip(s).zip(hy) {
                *h = keep * *h + of_s * s + of_hy * hy;
            }
        });
    }
}

/// `work` on all rows of a matrix with `n` columns, in parallel where that pays; rows know nothing of each
/// other, so that threads change no bits.
fn rows(matrix: &mut [f64], n: usize, work: impl Fn(usize, &mut [f64]) + Sync) {
    matrix.par_chunks_mut(ROWS * n).enumerate().for_each(|(block, rows)| {
        rows.chunks_mut(n).enumerate().for_each(|(i, row)| work(block * ROWS + i, row))
    });
}

/// out = H x.
fn apply(matrix: &[f64], x: &[f64], out: &mut [f64]) {
    rows(out, 1, |i, out| out[0] = vector::dot(&matrix[i * x.len()..(i + 1) * x.len()], x));
}

impl Optimizer for SsBroyden {
    fn step(&mut self, function: &mut dyn Function, theta: &mut [f64]) -> Result<Step, SolverError> {
        if self.value.is_nan() {
            self.value = function.gradient(theta, &mut self.gradient);
        }
        let n = theta.len() as f64;
        function.charge(8.0 * n * n);
        loop {
            if self.updates == 0 {
                self.direction.copy_from_slice(&self.gradient);
            } else {
                apply(&self.inverse, &self.gradient, &mut self.direction);
            }
            self.direction.iter_mut().for_each(|d| *d = -*d);
            let slope = vector::dot(&self.gradient, &self.direction);
            let start = Trial { alpha: 0.0, value: self.value, slope };
            let first = first_length(self.updates > 0, &self.gradient);
            let found = (slope < 0.0)
                .then(|| self.line.search(function, theta, &self.direction, start, first))
                .flatten();
            if let Some(found) = found {
                self.update(found.alpha, theta);
                theta.copy_from_slice(&self.line.theta);
                std::mem::swap(&mut self.gradient, &mut self.line.gradient);
                let before = std::mem::replace(&mut self.value, found.value);
                return Ok(Step::moved(before, found.value));
            }
            if self.updates == 0 {
                return Ok(Step::stuck(self.value));
            }
            self.updates = 0;
        }
    }

    fn forget(&mut self) {
        self.value = f64::NAN;
    }

    fn snapshot(&self, into: &mut Snapshot) {
        into.arrays.insert("gradient".into(), self.gradient.clone());
        into.arrays.insert("inverse".into(), self.inverse.clone());
        into.arrays.insert("value".into(), vec![self.value]);
        into.counters.insert("updates".into(), self.updates);
    }

    fn restore(&mut self, from: &Snapshot) -> Result<(), SolverError> {
        from.read("gradient", &mut self.gradient)?;
        from.read("inverse", &mut self.inverse)?;
        self.value = from.array("value", 1)?[0];
        self.updates = from.counter("updates")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::optimizer::testing::{Quadratic, Rosenbrock, minimise};

    #[test]
    fn rosenbrock_and_a_quadratic_are_solved() {
        let mut theta = [-1.2, 1.0];
        let steps = minimise(&mut SsBroyden::new(2), &mut Rosenbrock::default(), &mut theta, 1e-20);
        assert!(steps < 60 && theta.iter().all(|x| (x - 1.0).abs() < 1e-9), "{steps}: {theta:?}");
        let n = 12;
        let mut theta = vec![1.0; n];
        let steps = minimise(&mut SsBroyden::new(n), &mut Quadratic::new(n), &mut theta, 1e-20);
        assert!(steps < 5 * n, "{steps}");
    }

    /// Every member of the family maps y to s: the secant equation.
    #[test]
    fn an_update_satisfies_the_secant_equation() {
        let n = 7;
        let mut method = SsBroyden::new(n);
        let mut theta: Vec<f64> = (0..n).map(|k| (k as f64).cos()).collect();
        let mut function = Quadratic::new(n);
        for _ in 0..4 {
            method.step(&mut function, &mut theta).unwrap();
            apply(&method.inverse, &method.y, &mut method.hy);
            let size = vector::norm(&method.s);
            let worst = method.hy.iter().zip(&method.s).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-12 * size, "{worst:e} {size:e}");
        }
    }

    /// b = h = 1 asks for no scaling; an H that is four times too large is divided by four.
    #[test]
    fn scaling_follows_the_measures_of_the_step() {
        let same = Scaling::new(1.0, 1.0, 50);
        assert!((same.tau - 1.0).abs() < 1e-6 && (same.phi - 1.0).abs() < 1e-5, "{same:?}");
        let (small, large) = (Scaling::new(0.25, 6.0, 50), Scaling::new(4.0, 0.5, 50));
        assert!(small.tau <= 1.0 && large.tau < 0.3 && large.tau > 0.2, "{small:?} {large:?}");
    }
}
