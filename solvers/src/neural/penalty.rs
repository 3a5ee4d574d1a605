//! The weight β of the boundary penalty over a run.
//!
//! A penalty β Σ w (u − g)² leaves u off by O(1/β) on the boundary, and a large β from the start makes the
//! loss ill-conditioned. Two ways out besides `boundary=exact`: β grows in stages, or it follows the
//! gradients of the two terms.

/// How β goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BetaSchedule {
    /// As given.
    Fixed,
    /// Times 1, 10, 50, 100, 200, 500 from 0, 10, 20, 25, 50 and 75 % of all steps on (Li, Xu and Zhang, arXiv
    /// 2009.14597).
    Staged,
    /// While Adam is at work: every ten steps a tenth of the way to max |∇ interior| / mean |∇ boundary|, so that both
    /// terms pull alike (Wang, Teng and Perdikaris, *Understanding and mitigating gradient flow
    /// pathologies in physics-informed neural networks*, 2021).
    Balanced,
}

/// Steps between two balances, and how far β goes.
pub(super) const BALANCE_EVERY: u64 = 10;
const BALANCE_SHARE: f64 = 0.1;

/// From which share of all steps on, in per cent, and times what.
const STAGES: [(u64, f64); 6] = [(0, 1.0), (10, 10.0), (20, 50.0), (25, 100.0), (50, 200.0), (75, 500.0)];

impl BetaSchedule {
    /// The names a spec may use, in the order of [`BetaSchedule::ALL`].
    pub const NAMES: [&'static str; 3] = ["fixed", "staged", "balanced"];
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Fixed, Self::Staged, Self::Balanced];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// The factor of stage `step` of `steps`.
pub(super) fn staged(step: u64, steps: u64) -> f64 {
    let percent = u128::from(step) * 100;
    let begun = STAGES.iter().take_while(|(from, _)| percent >= u128::from(*from) * u128::from(steps));
    begun.last().map_or(1.0, |(_, factor)| *factor)
}

/// β once it has gone towards the ratio of the gradients of the interior and of the boundary term, the
/// latter without β.
pub(super) fn balanced(beta: f64, interior: &[f64], boundary: &[f64]) -> f64 {
    let largest = interior.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
    let mean = boundary.iter().map(|g| g.abs()).sum::<f64>() / boundary.len() as f64;
    let aim = largest / mean;
    if aim.is_finite() { beta + BALANCE_SHARE * (aim - beta) } else { beta }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_the_published_ones() {
        let factors =
            [0, 999, 1000, 1999, 2000, 2500, 4999, 5000, 7500, 20_000].map(|step| staged(step, 10_000));
        assert_eq!(factors, [1.0, 1.0, 10.0, 10.0, 50.0, 100.0, 100.0, 200.0, 500.0, 500.0]);
    }

    /// The fixed point is where the largest entry of one gradient is the mean of β times the other.
    #[test]
    fn balancing_ends_where_both_gradients_pull_alike() {
        let (interior, boundary) = ([3.0, -6.0], [0.5, -0.1]);
        let mut beta = 1.0;
        for _ in 0..400 {
            beta = balanced(beta, &interior, &boundary);
        }
        assert!((beta - 20.0).abs() < 1e-9);
        assert_eq!(balanced(5.0, &interior, &[0.0, 0.0]), 5.0);
    }
}
