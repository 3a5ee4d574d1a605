//! Adam (Kingma and Ba, arXiv 1412.6980): momentum, and a step length for every parameter.
//!
//! ```text
//! m ← β₁m + (1 − β₁)g     v ← β₂v + (1 − β₂)g²     θ ← θ − η m̂/(√v̂ + ε)     m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)
//! ```
//!
//! with β₁ = 0.9, β₂ = 0.999, ε = 1e-8. The learning rate η follows a [`Rate`]. Cost of a step: one
//! gradient. The method for noisy gradients, of points drawn anew; its error stops falling at a level
//! that η sets, where second-order methods go on.

use multiversion::multiversion;
use rayon::prelude::*;

use super::{Optimizer, Step, function::Function};
use crate::{Snapshot, SolverError};

const BETA: [f64; 2] = [0.9, 0.999];
const EPSILON: f64 = 1e-8;

/// Parameters a thread updates at a time.
const CHUNK: usize = 1 << 13;

/// How the learning rate goes on from its first value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::neural) enum Schedule {
    /// η ← (1 − d)η after every step: the MscaleDNN papers.
    Decay(f64),
    /// η = η₀ (1 + cos πt/T)/2 over the T steps of Adam: one half-wave, to zero.
    Cosine,
    /// The same again and again, each wave twice as long as the one before (Loshchilov and Hutter,
    /// arXiv 1608.03983).
    Restarts(u64),
}

/// The learning rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::neural) struct Rate {
    /// Of the first step.
    pub first: f64,
    /// From then on.
    pub schedule: Schedule,
}

impl Rate {
    /// η of step `step` of `steps`, if they are limited, counted from 0.
    pub fn at(self, step: u64, steps: Option<u64>) -> f64 {
        let wave = |t: u64, period: u64| {
            0.5 * (1.0 + (std::f64::consts::PI * (t as f64 / period as f64).min(1.0)).cos())
        };
        self.first
            * match self.schedule {
                Schedule::Decay(decay) => (1.0 - decay).powf(step as f64),
                Schedule::Cosine => steps.map_or(1.0, |steps| wave(step, steps)),
                Schedule::Restarts(first) => {
                    let (mut t, mut period) = (step, first);
                    while t >= period {
                        t -= period;
                        period = period.saturating_mul(2);
                    }
                    wave(t, period)
                }
            }
    }
}

/// The live method.
#[derive(Debug)]
pub(super) struct Adam {
    rate: Rate,
    /// All that it will take, if they are limited.
    steps: Option<u64>,
    gradient: Vec<f64>,
    m: Vec<f64>,
    v: Vec<f64>,
    step: u64,
}

impl Adam {
    pub fn new(len: usize, rate: Rate, steps: Option<u64>) -> Self {
        Self { rate, steps, gradient: vec![0.0; len], m: vec![0.0; len], v: vec![0.0; len], step: 0 }
    }

    /// Bytes of a run with `len` parameters.
    pub fn bytes(len: usize) -> f64 {
        24.0 * len as f64
    }
}

impl Optimizer for Adam {
    fn step(&mut self, function: &mut dyn Function, theta: &mut [f64]) -> Result<Step, SolverError> {
        let value = function.gradient(theta, &mut self.gradient);
        let rate = self.rate.at(self.step, self.steps);
        self.step += 1;
        let t = self.step as f64;
        let factors = [rate / (1.0 - BETA[0].powf(t)), 1.0 / (1.0 - BETA[1].powf(t))];
        if theta.len() < 2 * CHUNK {
            update(theta, &mut self.m, &mut self.v, &self.gradient, factors);
        } else {
            theta
                .par_chunks_mut(CHUNK)
                .zip(self.m.par_chunks_mut(CHUNK))
                .zip(self.v.par_chunks_mut(CHUNK).zip(self.gradient.par_chunks(CHUNK)))
                .for_each(|((theta, m), (v, gradient))| update(theta, m, v, gradient, factors));
        }
        Ok(Step { before: value, after: None, is_stuck: false })
    }

    fn learning_rate(&self) -> Option<f64> {
        Some(self.rate.at(self.step.saturating_sub(1), self.steps))
    }

    fn snapshot(&self, into: &mut Snapshot) {
        into.arrays.insert("first_moments".into(), self.m.clone());
        into.arrays.insert("second_moments".into(), self.v.clone());
        into.counters.insert("steps".into(), self.step);
    }

    fn restore(&mut self, from: &Snapshot) -> Result<(), SolverError> {
        from.read("first_moments", &mut self.m)?;
        from.read("second_moments", &mut self.v)?;
        self.step = from.counter("steps")?;
        Ok(())
    }
}

/// One step for some of the parameters: θ −= η m̂/(√v̂ + ε).
#[multiversion(targets = "simd")]
fn update(theta: &mut [f64], m: &mut [f64], v: &mut [f64], gradient: &[f64], factors: [f64; 2]) {
    let [rate, correction] = factors;
    for (((theta, m), v), &g) in theta.iter_mut().zip(m).zip(v).zip(gradient) {
        *m = BETA[0] * *m + (1.0 - BETA[0]) * g;
        *v = BETA[1] * *v + (1.0 - BETA[1]) * g * g;
        *theta -= rate * *m / ((*v * correction).sqrt() + EPSILON);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::optimizer::testing::Quadratic;

    /// Whatever the gradient's size, the first step is η against its sign.
    #[test]
    fn the_first_step_is_the_learning_rate() {
        let mut adam = Adam::new(3, Rate { first: 0.01, schedule: Schedule::Decay(0.0) }, None);
        let mut theta = [1.0, -1.0, 1e3];
        adam.step(&mut Quadratic::new(3), &mut theta).unwrap();
        for (after, right) in theta.iter().zip([0.99, -0.99, 1e3 - 0.01]) {
            assert!((after - right).abs() < 1e-9, "{theta:?}");
        }
    }

    #[test]
    fn rates_follow_their_formulas() {
        let rate = |schedule, step| Rate { first: 2.0, schedule }.at(step, Some(100));
        assert!((rate(Schedule::Decay(0.5), 2) - 0.5).abs() < 1e-15);
        assert_eq!(rate(Schedule::Cosine, 0), 2.0);
        assert!((rate(Schedule::Cosine, 50) - 1.0).abs() < 1e-15);
        assert!(rate(Schedule::Cosine, 1000).abs() < 1e-15);
        // Waves of 10, 20, 40 steps start at 0, 10, 30, 70.
        for start in [0, 10, 30, 70] {
            assert_eq!(rate(Schedule::Restarts(10), start), 2.0);
        }
        assert!((rate(Schedule::Restarts(10), 20) - 1.0).abs() < 1e-15);
    }
}
