//! Repetition: the smallest of several times is what the machine can do, the median what it does.

use std::time::Instant;

use serde::Serialize;

/// Seconds of several repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// The smallest.
    pub min: f64,
    /// The median.
    pub median: f64,
}

impl Spread {
    /// Of at least one number.
    pub fn of(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        let at = |index: usize| seconds.get(index).copied().unwrap_or(f64::NAN);
        let (low, high) = (at(seconds.len().saturating_sub(1) / 2), at(seconds.len() / 2));
        Self { min: at(0), median: 0.5 * (low + high) }
    }
}

/// Seconds that `job` takes.
pub(super) fn seconds(job: impl FnOnce()) -> f64 {
    let start = Instant::now();
    job();
    start.elapsed().as_secs_f64()
}

/// Repetitions of a job that took `once` seconds: enough for a median, but no more than patience allows.
pub(super) fn repetitions(once: f64, quick: bool) -> usize {
    const PATIENCE: f64 = 2.0;
    const TOO_LONG: f64 = 15.0;
    if quick || once > TOO_LONG { 1 } else { ((PATIENCE / once.max(1e-9)) as usize).clamp(3, 15) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_and_even_numbers_of_times() {
        assert_eq!(Spread::of(vec![3.0, 1.0, 2.0]), Spread { min: 1.0, median: 2.0 });
        assert_eq!(Spread::of(vec![4.0, 1.0, 2.0, 3.0]), Spread { min: 1.0, median: 2.5 });
        assert_eq!(Spread::of(vec![5.0]), Spread { min: 5.0, median: 5.0 });
    }
}
