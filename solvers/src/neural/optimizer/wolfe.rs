//! A line search for the strong Wolfe conditions.
//!
//! Along a descent direction d, with φ(α) = L(θ + αd), a step α is taken that satisfies
//!
//! ```text
//! φ(α) ≤ φ(0) + c₁ α φ′(0)      it falls by a fair share of what the slope promises
//! |φ′(α)| ≤ c₂ |φ′(0)|          it goes far enough for the curvature yᵀs to be positive
//! ```
//!
//! Steps grow until they bracket such an α (algorithm 3.5 of Nocedal and Wright, *Numerical
//! Optimization*, 2nd edition); the bracket then shrinks, by the minimiser of the cubic through values
//! and slopes of its two ends (algorithm 3.6), until it has found one.

use super::{function::Function, vector};

/// Share of the promised decrease that is asked for.
const C1: f64 = 1e-4;
/// Share of the slope that may be left; loose, as quasi-Newton steps are good ones.
const C2: f64 = 0.9;
/// Evaluations at most.
const MOST: usize = 30;

/// A point on the line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trial {
    pub alpha: f64,
    pub value: f64,
    /// φ′.
    pub slope: f64,
}

/// Memory of a search: where it ends, and the gradient there.
#[derive(Debug)]
pub(super) struct Line {
    pub theta: Vec<f64>,
    pub gradient: Vec<f64>,
}

impl Line {
    pub fn new(len: usize) -> Self {
        Self { theta: vec![0.0; len], gradient: vec![0.0; len] }
    }

    /// A step along `direction` from `from`, where L is `value` with slope `slope` < 0; first tries
    /// `alpha`. `None` if no step lowers L: the slope is rounding.
    pub fn search(
        &mut self,
        function: &mut dyn Function,
        from: &[f64],
        direction: &[f64],
        start: Trial,
        alpha: f64,
    ) -> Option<Trial> {
        let mut at = |alpha: f64| {
            vector::along(&mut self.theta, from, alpha, direction);
            let value = function.gradient(&self.theta, &mut self.gradient);
            Trial { alpha, value, slope: vector::dot(&self.gradient, direction) }
        };
        let falls = |trial: &Trial| trial.value <= start.value + C1 * trial.alpha * start.slope;
        let flat = |trial: &Trial| trial.slope.abs() <= -C2 * start.slope;
        let (mut low, mut alpha) = (start, alpha);
        // `high`, where there is one, closes a bracket with `low`, the best end of it.
        let mut high: Option<Trial> = None;
        for _ in 0..MOST {
            let trial = at(alpha);
            if !falls(&trial) || (trial.value >= low.value && low.alpha > 0.0) {
                high = Some(trial);
            } else if flat(&trial) {
                return Some(trial);
            } else {
                let uphill = trial.slope * high.map_or(1.0, |high| high.alpha - low.alpha) >= 0.0;
                if uphill {
                    high = Some(low);
                }
                low = trial;
            }
            alpha = match high {
                None => 2.0 * alpha,
                Some(high) => inside(&low, &high),
            };
            if !alpha.is_finite()
                || high.is_some_and(|high| (high.alpha - low.alpha).abs() <= f64::EPSILON * low.alpha)
            {
                break;
            }
        }
        // Not flat enough, but lower: better than nothing.
        (low.alpha > 0.0 && low.value < start.value).then(|| at(low.alpha))
    }
}

/// The minimiser of the cubic between two ends, kept a tenth of the bracket away from both.
fn inside(low: &Trial, high: &Trial) -> f64 {
    let width = high.alpha - low.alpha;
    let d1 = low.slope + high.slope - 3.0 * (high.value - low.value) / width;
    let root = (d1 * d1 - low.slope * high.slope).sqrt().copysign(width);
    let cubic = high.alpha - width * (high.slope + root - d1) / (high.slope - low.slope + 2.0 * root);
    let (least, most) = (low.alpha + 0.1 * width, high.alpha - 0.1 * width);
    let middle = low.alpha + 0.5 * width;
    // Not a number where the far end overflows.
    if cubic.is_finite() { cubic.clamp(least.min(most), least.max(most)) } else { middle }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::optimizer::testing::Rosenbrock;

    #[test]
    fn steps_satisfy_both_conditions_from_many_starts_and_scales() {
        let mut function = Rosenbrock::default();
        let mut gradient = [0.0; 2];
        for (i, scale) in (0..200).flat_map(|i| [1e-6, 1e-2, 1.0, 30.0].map(|scale| (i, scale))) {
            let theta = [(f64::from(i) * 0.37).sin() * 2.0, (f64::from(i) * 0.91).cos() * 2.0];
            let value = function.gradient(&theta, &mut gradient);
            let direction = gradient.map(|g| -scale * g);
            let slope = vector::dot(&gradient, &direction);
            let mut line = Line::new(2);
            let start = Trial { alpha: 0.0, value, slope };
            let found = line.search(&mut function, &theta, &direction, start, 1.0).unwrap();
            assert!(found.value <= value + C1 * found.alpha * slope, "{i} {scale}: {found:?}");
            assert!(found.slope.abs() <= -C2 * slope, "{i} {scale}: {found:?}");
            assert_eq!(function.gradient(&line.theta, &mut gradient), found.value);
            assert_eq!(gradient.as_slice(), line.gradient);
        }
    }

    #[test]
    fn an_ascent_direction_ends_the_search() {
        let mut function = Rosenbrock::default();
        let mut gradient = [0.0; 2];
        let theta = [1.0, 1.0];
        let value = function.gradient(&theta, &mut gradient);
        let start = Trial { alpha: 0.0, value, slope: -1e-30 };
        assert!(Line::new(2).search(&mut function, &theta, &[1.0, 0.5], start, 1.0).is_none());
    }
}
