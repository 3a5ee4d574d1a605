//! Adam (Kingma and Ba, arXiv 1412.6980) with the learning rate decay of the MscaleDNN papers.

use multiversion::multiversion;

const BETA: [f64; 2] = [0.9, 0.999];
const EPSILON: f64 = 1e-8;

/// The learning rate of step `step`, counted from 1: lr (1 − decay)^(step − 1).
pub(super) fn learning_rate(lr: f64, decay: f64, step: u64) -> f64 {
    lr * (1.0 - decay).powf(step.saturating_sub(1) as f64)
}

/// What a step multiplies m by, and 1/(1 − β₂ᵗ), for the step `step`, counted from 1.
pub(super) fn factors(rate: f64, step: u64) -> [f64; 2] {
    let t = step as f64;
    [rate / (1.0 - BETA[0].powf(t)), 1.0 / (1.0 - BETA[1].powf(t))]
}

/// One step for some of the parameters: θ −= lr m̂/(√v̂ + ε).
#[multiversion(targets = "simd")]
pub(super) fn update(theta: &mut [f64], m: &mut [f64], v: &mut [f64], gradient: &[f64], factors: [f64; 2]) {
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

    #[test]
    fn the_first_step_is_the_learning_rate_against_the_sign_of_the_gradient() {
        let (mut theta, mut m, mut v) = ([1.0, 1.0], [0.0; 2], [0.0; 2]);
        update(&mut theta, &mut m, &mut v, &[3.0, -0.2], factors(0.01, 1));
        assert!((theta[0] - 0.99).abs() < 1e-9 && (theta[1] - 1.01).abs() < 1e-9);
        assert!((learning_rate(1e-3, 0.5, 3) - 2.5e-4).abs() < 1e-18);
    }
}
