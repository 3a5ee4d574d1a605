//! Watches the error mode by mode: relative errors, first passage and settling.

use modewise_problems::Field;
use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use super::{ModeChoice, ModeChoiceError, Spectrum, TransformKind, kendall_tau_b};
use crate::store::schema::ModeName;

/// When a tracked mode was reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// Step, work units and seconds of the first watched step with Δ ≤ tol.
    pub reached: Option<(u64, f64, f64)>,
    /// The first watched step after which Δ ≤ tol has held so far.
    pub settled: Option<u64>,
}

/// One reported mode at the current step.
#[derive(Debug, Clone, Copy, Default)]
pub struct ModeState {
    /// Amplitude of the error; for a shell the root of the summed squares.
    pub amplitude: f64,
    /// The complex amplitude; not-a-number for a shell.
    pub complex: Complex64,
    /// Δ = amplitude over that of the reference (or of the white start), where there is one.
    pub relative: Option<f64>,
}

enum Members {
    Single(usize),
    Shell(Vec<usize>),
}

struct Reported {
    name: ModeName,
    members: Members,
    /// What Δ is relative to.
    scale: f64,
    reference_amplitude: f64,
}

/// Below this share of the largest reference amplitude a mode is rounding and has no relative error.
const NOTHING: f64 = 1e-12;

/// The error of a run, mode by mode.
pub struct ModeWatch {
    spectrum: Spectrum,
    reference: Field,
    /// Δ is relative to the error at step 0.
    against_start: bool,
    tol: f64,
    reported: Vec<Reported>,
    /// Indices into `reported`.
    tracked: Vec<usize>,
    error: Vec<f64>,
    amplitudes: Vec<Complex64>,
    states: Vec<ModeState>,
    passages: Vec<Passage>,
    watched: Watched,
}

/// Which steps were watched: all gaps between them but the last, which ends with the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Watched {
    last: Option<u64>,
    gap: Option<u64>,
    pending: Option<u64>,
    uneven: bool,
}

impl Watched {
    fn add(&mut self, step: u64) {
        if let Some(gap) = self.pending {
            self.uneven |= self.gap.is_some_and(|before| before != gap);
            self.gap = Some(gap);
        }
        self.pending = self.last.map(|last| step - last);
        self.last = Some(step);
    }

    fn describe(&self) -> String {
        match (self.uneven, self.gap.or(self.pending)) {
            (false, Some(gap)) => gap.to_string(),
            (true, _) => "log".into(),
            (false, None) => String::new(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Saved {
    scales: Vec<f64>,
    passages: Vec<Passage>,
    watched: Watched,
}

impl ModeWatch {
    /// Watches errors against `reference`. In 1-D all modes are reported, or those listed; in 2-D
    /// the tracked ones and all shells of |k|. With `white`, or a reference that is zero, Δ is
    /// relative to the error at step 0.
    ///
    /// # Errors
    /// A chosen mode that the grid does not have.
    pub fn new(
        reference: &Field,
        kind: TransformKind,
        choice: &ModeChoice,
        white: bool,
        tol: f64,
    ) -> Result<Self, ModeChoiceError> {
        let grid = reference.grid();
        let mut spectrum = Spectrum::new(grid, kind);
        let amplitudes = spectrum.of(reference);
        let largest = amplitudes.iter().map(|c| c.norm()).fold(0.0, f64::max);
        let against_start = white || largest == 0.0;
        let (singles, rings) =
            choice.select(spectrum.names(), spectrum.shells(), &amplitudes, against_start)?;
        let listed = matches!(choice, ModeChoice::Listed(_));
        let mut reported: Vec<Reported> = Vec::new();
        let flat = grid.dimension() == 1;
        let shown: Vec<usize> =
            if flat && !listed { (0..amplitudes.len()).collect() } else { singles.clone() };
        for place in shown {
            let amplitude = amplitudes[place].norm();
            reported.push(Reported {
                name: spectrum.names()[place].clone(),
                members: Members::Single(place),
                scale: amplitude,
                reference_amplitude: amplitude,
            });
        }
        let highest = if flat { None } else { spectrum.shells().iter().max() };
        for shell in 0..=highest.copied().unwrap_or(0) {
            let places: Vec<usize> =
                (0..amplitudes.len()).filter(|&place| !flat && spectrum.shells()[place] == shell).collect();
            if !places.is_empty() {
                let amplitude = root_sum_of_squares(&amplitudes, &places);
                reported.push(Reported {
                    name: ModeName::Shell(shell as u64),
                    members: Members::Shell(places),
                    scale: amplitude,
                    reference_amplitude: amplitude,
                });
            }
        }
        let is_tracked = |mode: &Reported| match (&mode.name, &mode.members) {
            (ModeName::Shell(s), _) => rings.contains(s),
            (_, Members::Single(place)) => singles.binary_search(place).is_ok(),
            _ => false,
        };
        let tracked: Vec<usize> = (0..reported.len()).filter(|&i| is_tracked(&reported[i])).collect();
        for mode in &mut reported {
            if mode.scale <= NOTHING * largest {
                mode.scale = 0.0;
            }
        }
        Ok(Self {
            reference: reference.clone(),
            against_start,
            tol,
            error: vec![0.0; grid.nodes()],
            states: vec![ModeState::default(); reported.len()],
            passages: vec![Passage::default(); tracked.len()],
            reported,
            tracked,
            amplitudes,
            spectrum,
            watched: Watched::default(),
        })
    }

    /// Flops of one look.
    pub fn flops(&self) -> f64 {
        self.spectrum.flops() + (self.error.len() + 4 * self.amplitudes.len()) as f64
    }

    /// Looks at one step.
    pub fn look(&mut self, step: u64, work_units: f64, seconds: f64, u: &Field) {
        for ((e, u), v) in self.error.iter_mut().zip(u.values()).zip(self.reference.values()) {
            *e = u - v;
        }
        self.spectrum.amplitudes(&self.error, &mut self.amplitudes);
        for (mode, state) in self.reported.iter_mut().zip(&mut self.states) {
            (state.amplitude, state.complex) = match &mode.members {
                Members::Single(place) => (self.amplitudes[*place].norm(), self.amplitudes[*place]),
                Members::Shell(places) => {
                    (root_sum_of_squares(&self.amplitudes, places), Complex64::new(f64::NAN, f64::NAN))
                }
            };
            if self.against_start && step == 0 {
                mode.scale = state.amplitude;
            }
            state.relative = (mode.scale > 0.0).then(|| state.amplitude / mode.scale);
        }
        for (&mode, passage) in self.tracked.iter().zip(&mut self.passages) {
            if self.states[mode].relative.is_some_and(|delta| delta <= self.tol) {
                passage.reached.get_or_insert((step, work_units, seconds));
                passage.settled.get_or_insert(step);
            } else {
                passage.settled = None;
            }
        }
        self.watched.add(step);
    }

    /// Every reported mode with its state after the last look.
    pub fn states(&self) -> impl Iterator<Item = (&ModeName, &ModeState)> {
        self.reported.iter().map(|mode| &mode.name).zip(&self.states)
    }

    /// Every tracked mode with its reference amplitude and its passage.
    pub fn passages(&self) -> impl Iterator<Item = (&ModeName, f64, &Passage)> {
        let modes = self.tracked.iter().map(|&mode| &self.reported[mode]);
        modes.zip(&self.passages).map(|(mode, passage)| (&mode.name, mode.reference_amplitude, passage))
    }

    /// What Δ of each tracked mode is relative to.
    pub fn scales(&self) -> impl Iterator<Item = (&ModeName, f64)> {
        self.tracked.iter().map(|&mode| (&self.reported[mode].name, self.reported[mode].scale))
    }

    /// Names of the tracked modes, lowest |k| first.
    pub fn tracked(&self) -> impl Iterator<Item = &ModeName> {
        self.tracked.iter().map(|&mode| &self.reported[mode].name)
    }

    /// How many modes are reported at a recorded step.
    pub fn reported(&self) -> usize {
        self.reported.len()
    }

    /// Kendall's τ_b between |k| and first passage over the tracked modes.
    pub fn order_index(&self) -> Option<f64> {
        let pairs: Vec<(f64, f64)> = self
            .passages()
            .map(|(name, _, passage)| {
                (name.magnitude(), passage.reached.map_or(f64::INFINITY, |(step, ..)| step as f64))
            })
            .collect();
        kendall_tau_b(&pairs)
    }

    /// `1`, `5`, … for every so many steps, `log` where the steps were not evenly spaced.
    pub fn watched_every(&self) -> String {
        self.watched.describe()
    }

    /// Its state as JSON.
    ///
    /// # Errors
    /// Never for finite states.
    pub fn save(&self) -> serde_json::Result<String> {
        serde_json::to_string(&Saved {
            scales: self.reported.iter().map(|mode| mode.scale).collect(),
            passages: self.passages.clone(),
            watched: self.watched,
        })
    }

    /// Takes back a state it saved.
    ///
    /// # Errors
    /// Not such a state.
    pub fn restore(&mut self, state: &str) -> Result<(), String> {
        let saved: Saved = serde_json::from_str(state).map_err(|error| error.to_string())?;
        if saved.scales.len() != self.reported.len() || saved.passages.len() != self.passages.len() {
            return Err("the checkpoint tracks other modes".into());
        }
        for (mode, scale) in self.reported.iter_mut().zip(saved.scales) {
            mode.scale = scale;
        }
        self.passages = saved.passages;
        self.watched = saved.watched;
        Ok(())
    }
}

fn root_sum_of_squares(amplitudes: &[Complex64], places: &[usize]) -> f64 {
    places.iter().map(|&place| amplitudes[place].norm_sqr()).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use modewise_problems::Grid;

    use super::*;

    fn field(grid: &Grid, a: f64, b: f64) -> Field {
        Field::from_batch(grid, |points, out| {
            points.evaluate(out, |x| a * (PI * x[0]).sin() + b * (3.0 * PI * x[0]).sin());
        })
    }

    #[test]
    fn first_passage_settling_and_order() {
        let grid = Grid::new(&[[0.0, 1.0]], &[16]).unwrap();
        let reference = field(&grid, 1.0, 0.5);
        let mut watch =
            ModeWatch::new(&reference, TransformKind::Sine, &ModeChoice::Auto, false, 0.1).unwrap();
        // Mode 3 is reached at step 2, lost at 3 and settled at 4; mode 1 is never reached.
        for (step, third) in [(0, 0.0), (1, 0.3), (2, 0.49), (3, 0.4), (4, 0.5), (5, 0.5)] {
            watch.look(step, step as f64, 0.0, &field(&grid, 0.0, third));
        }
        let passages: Vec<_> =
            watch.passages().map(|(name, _, passage)| (name.to_string(), *passage)).collect();
        assert_eq!(passages[0], ("1".into(), Passage::default()));
        assert_eq!(passages[1].1, Passage { reached: Some((2, 2.0, 0.0)), settled: Some(4) });
        assert_eq!(watch.order_index(), Some(-1.0));
        assert_eq!(watch.watched_every(), "1");
        let state = watch.save().unwrap();
        let mut again =
            ModeWatch::new(&reference, TransformKind::Sine, &ModeChoice::Auto, false, 0.1).unwrap();
        again.restore(&state).unwrap();
        assert_eq!(again.save().unwrap(), state);
    }

    #[test]
    fn the_difference_is_complex() {
        // A field with the right amplitude and the wrong sign is wrong, not exact.
        let grid = Grid::new(&[[0.0, 1.0]], &[16]).unwrap();
        let reference = field(&grid, 1.0, 0.0);
        let mut watch =
            ModeWatch::new(&reference, TransformKind::Sine, &ModeChoice::Auto, false, 0.1).unwrap();
        watch.look(0, 0.0, 0.0, &field(&grid, -1.0, 0.0));
        let (_, state) = watch.states().next().unwrap();
        assert!((state.relative.unwrap() - 2.0).abs() < 1e-14);
        let (_, untracked) = watch.states().nth(1).unwrap();
        assert_eq!(untracked.relative, None, "a mode the reference lacks has no relative error");
    }

    #[test]
    fn shells_collect_the_modes_of_a_ring() {
        let grid = Grid::new(&[[0.0, 1.0]; 2], &[16]).unwrap();
        let waves = |a: f64| {
            Field::from_batch(&grid, |points, out| {
                points.evaluate(out, |x| {
                    let sine = |k: f64, t: f64| (k * PI * t).sin();
                    a * (3.0 * sine(3.0, x[0]) * sine(4.0, x[1]) + 4.0 * sine(4.0, x[0]) * sine(3.0, x[1]))
                });
            })
        };
        let choice = "3:4,shell:5".parse().unwrap();
        let mut watch = ModeWatch::new(&waves(1.0), TransformKind::Sine, &choice, false, 0.1).unwrap();
        watch.look(0, 0.0, 0.0, &waves(0.5));
        let tracked: Vec<String> = watch.tracked().map(ModeName::to_string).collect();
        assert_eq!(tracked, ["3:4", "shell:5"]);
        let (_, shell) = watch.states().find(|(name, _)| **name == ModeName::Shell(5)).unwrap();
        assert!((shell.amplitude - 2.5).abs() < 1e-13 && (shell.relative.unwrap() - 0.5).abs() < 1e-13);
    }
}
