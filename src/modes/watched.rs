//! Which steps were watched, in a word.

use serde::{Deserialize, Serialize};

/// What is known of the gaps between watched steps: of all but the last, which ends with the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Watched {
    last: Option<u64>,
    gap: Option<u64>,
    pending: Option<u64>,
    uneven: bool,
    /// The largest gap, and the largest two in a row.
    #[serde(default)]
    largest: [u64; 2],
    /// A gap, or two in a row, were smaller than before by more than rounding.
    #[serde(default)]
    shrank: bool,
}

impl Watched {
    /// Counts a watched step.
    pub fn add(&mut self, step: u64) {
        if let Some(gap) = self.pending {
            self.uneven |= self.gap.is_some_and(|before| before != gap);
            let two = self.gap.map(|before| before + gap);
            for (size, largest) in [Some(gap), two].into_iter().zip(&mut self.largest) {
                let size = size.unwrap_or(*largest);
                // Rounding both ends of a growing gap makes it smaller than an earlier one by 1 at most.
                self.shrank |= size + 1 < *largest;
                *largest = size.max(*largest);
            }
            self.gap = Some(gap);
        }
        self.pending = self.last.map(|last| step.saturating_sub(last));
        self.last = Some(step);
    }

    /// `5` for every five steps, `log` where the gaps grow but for the rounding of the steps, else
    /// `uneven`; nothing before the second step.
    pub fn describe(&self) -> String {
        match (self.uneven, self.gap.or(self.pending)) {
            (false, Some(gap)) => gap.to_string(),
            (true, _) => if self.shrank { "uneven" } else { "log" }.into(),
            (false, None) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use modewise_solvers::{Schedule, observe::Cost};

    use super::*;

    fn described(steps: impl IntoIterator<Item = u64>) -> String {
        let mut watched = Watched::default();
        steps.into_iter().for_each(|step| watched.add(step));
        watched.describe()
    }

    fn scheduled(schedule: &Schedule, last: u64) -> String {
        let next = |step: &u64| Some(schedule.next(*step, Cost::default())).filter(|next| *next < last);
        described(std::iter::successors(Some(0), next).chain([last]))
    }

    #[test]
    fn even_growing_and_other_gaps() {
        assert_eq!(described([]), "");
        assert_eq!(described([0]), "");
        assert_eq!(described([0, 4]), "4");
        assert_eq!(described([0, 1, 2, 3, 4]), "1");
        assert_eq!(described([0, 5, 10, 12]), "5", "the last gap ends with the run");
        assert_eq!(described([0, 1, 2, 4, 8, 16, 17]), "log");
        assert_eq!(described([0, 10, 11, 20, 30]), "uneven");
        for per_decade in [1, 2, 5, 20, 100] {
            assert_eq!(scheduled(&Schedule::Log { per_decade }, 1_000_000), "log", "{per_decade} a decade");
        }
        let both = |a: Schedule, b: Schedule| Schedule::Either(Box::new(a), Box::new(b));
        for (a, b) in [(2, 3), (2, 5), (3, 4), (3, 5), (4, 6), (7, 100)] {
            let schedule = both(Schedule::Every(a), Schedule::Every(b));
            assert_eq!(scheduled(&schedule, 1000), "uneven", "every {a} and every {b}");
        }
        let schedule = both(Schedule::Every(100), Schedule::Log { per_decade: 20 });
        assert_eq!(scheduled(&schedule, 10_000), "uneven");
    }
}
