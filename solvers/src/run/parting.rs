//! Whether loss and error part: a loss that goes on falling while the error rises measures something else
//! than the error, and nobody who sees the loss alone would know.

use modewise_problems::Errors;

/// The error has to be this many times the smallest one, which lies at least half of all steps back.
const RISE: f64 = 1.5;
/// The loss has to be this part of what it was there; an energy, which is negative in the end, has to have fallen
/// by this part of its fall up to there once more.
const FALL: f64 = 0.5;

/// What is remembered of a run whose loss and error are known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parting {
    /// The first look and that of the smallest error: what a checkpoint keeps.
    pub kept: [Option<Look>; 2],
    last: Option<Look>,
}

/// Loss and error at a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// The step.
    pub step: u64,
    /// The loss, a finite number.
    pub loss: f64,
    /// The relative L2 error, a finite number.
    pub error: f64,
}

impl Parting {
    /// Takes note of a look at the run.
    pub fn note(&mut self, step: u64, loss: Option<f64>, errors: Option<Errors>) {
        let Some((loss, errors)) = loss.zip(errors) else { return };
        let look = Look { step, loss, error: errors.l2 };
        self.last = Some(look);
        if !(look.loss.is_finite() && look.error.is_finite()) {
            return;
        }
        let [first, best] = &mut self.kept;
        if step > 0 && best.is_none_or(|best| look.error < best.error) {
            *best = Some(look);
        }
        *first = first.or(Some(look));
    }

    /// What to say at the end.
    pub fn advice(&self) -> Option<String> {
        let [first, best] = self.kept;
        let (best, last) = best.zip(self.last)?;
        let fell = match first {
            _ if last.loss > 0.0 => last.loss < FALL * best.loss,
            Some(first) => best.loss - last.loss > FALL * (first.loss - best.loss).abs(),
            None => false,
        };
        let parted = fell && last.error > RISE * best.error && last.step >= 2 * best.step;
        parted.then(|| {
            format!(
                "the loss fell from {:.1e} to {:.1e} while the error rose from {:.1e} (step {}) to {:.1e}: it is low \
                 where no point looks; take more points, lower first-layer frequencies or, with a penalty, a larger beta",
                best.loss, last.loss, best.error, best.step, last.error
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(looks: &[(u64, f64, f64)]) -> Option<String> {
        let mut parting = Parting::default();
        for &(step, loss, error) in looks {
            parting.note(step, Some(loss), Some(Errors { l2: error, max: error }));
        }
        parting.advice()
    }

    #[test]
    fn only_a_falling_loss_with_a_rising_error_is_told() {
        let text = advice(&[(0, 9.0, 1.0), (10, 1.0, 0.1), (20, 0.5, 0.2), (100, 0.01, 0.4)]).unwrap();
        assert!(text.contains("from 1.0e-1 (step 10) to 4.0e-1") && text.contains("larger beta"), "{text}");
        // An energy that falls below that of the solution.
        assert!(advice(&[(0, 9.0, 1.0), (10, -2.0, 0.1), (100, -9.0, 0.4)]).is_some());
        for looks in [
            &[(0, 9.0, 1.0), (10, 1.0, 0.1), (100, 0.01, 0.05)][..],
            &[(0, 9.0, 1.0), (10, 1.0, 0.1), (100, 2.0, 0.4)],
            &[(0, 9.0, 1.0), (90, 1.0, 0.1), (100, 0.01, 0.4)],
            &[(0, 9.0, 1.0), (10, -2.0, 0.1), (100, -2.5, 0.4)],
            &[],
        ] {
            assert_eq!(advice(looks), None, "{looks:?}");
        }
    }
}
