//! What a run remembers of its loss: the lowest so far, when, and with which parameters.

use crate::{Snapshot, SolverError};

/// Which parameters count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The last.
    Last,
    /// Those of the lowest loss so far.
    Best,
}

impl Keep {
    /// The names a spec may use, in the order of [`Keep::ALL`].
    pub const NAMES: [&'static str; 2] = ["last", "best"];
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Last, Self::Best];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// A loss has to fall by this share to end a plateau.
const FALL: f64 = 1e-3;

/// The lowest loss so far.
#[derive(Debug)]
pub(super) struct Memory {
    lowest: f64,
    best: Option<Vec<f64>>,
    /// The last loss that was lower by a share worth the name, and its step.
    mark: f64,
    marked: u64,
}

impl Memory {
    /// Before the first step, whose parameters are `start`.
    pub fn new(keep: Keep, start: &[f64]) -> Self {
        let best = (keep == Keep::Best).then(|| start.to_vec());
        Self { lowest: f64::INFINITY, best, mark: f64::INFINITY, marked: 0 }
    }

    /// The best parameters, where they are kept and there is a loss to tell.
    pub fn best(&self) -> Option<&[f64]> {
        self.best.as_deref().filter(|_| self.lowest.is_finite())
    }

    /// Whether the parameters of a loss are asked for.
    pub fn keeps(&self) -> bool {
        self.best.is_some()
    }

    /// Takes note of the loss of `parameters` after `step` steps.
    pub fn note(&mut self, step: u64, loss: f64, parameters: &[f64]) {
        if loss < self.lowest {
            self.lowest = loss;
            if let Some(best) = &mut self.best {
                best.copy_from_slice(parameters);
            }
        }
        if !self.mark.is_finite() || loss < self.mark - FALL * self.mark.abs() {
            (self.mark, self.marked) = (loss, step);
        }
    }

    /// Steps since the loss last fell.
    pub fn since(&self, step: u64) -> u64 {
        step - self.marked
    }

    /// The loss is another function from now on: what was low before says nothing.
    pub fn forget(&mut self, step: u64) {
        (self.lowest, self.mark, self.marked) = (f64::INFINITY, f64::INFINITY, step);
    }

    pub fn snapshot(&self, into: &mut Snapshot) {
        into.arrays.insert("lowest".into(), vec![self.lowest, self.mark]);
        into.counters.insert("marked".into(), self.marked);
        if let Some(best) = &self.best {
            into.arrays.insert("best".into(), best.clone());
        }
    }

    pub fn restore(&mut self, from: &Snapshot) -> Result<(), SolverError> {
        let numbers = from.array("lowest", 2)?;
        (self.lowest, self.mark) = (numbers[0], numbers[1]);
        self.marked = from.counter("marked")?;
        match &mut self.best {
            Some(best) => from.read("best", best),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_is_kept_and_small_falls_end_no_plateau() {
        let mut memory = Memory::new(Keep::Best, &[0.0]);
        for (step, loss) in [(1, 5.0), (2, 3.0), (3, 2.9999), (4, 4.0), (5, f64::NAN)] {
            memory.note(step, loss, &[loss]);
        }
        assert_eq!(memory.best(), Some(&[2.9999][..]));
        assert_eq!(memory.since(5), 3);
        // Energies are negative: lower is lower.
        memory.forget(5);
        assert_eq!(memory.best(), None);
        memory.note(6, -1.0, &[1.0]);
        memory.note(7, -1.1, &[2.0]);
        assert_eq!((memory.since(9), memory.best()), (2, Some(&[2.0][..])));
    }
}
