//! Watches the error mode by mode: relative errors, first passage and settling.

use std::sync::Arc;

use modewise_problems::{Field, reduce};
use modewise_solvers::Reference;
use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use super::{
    ModeChoice, ModeChoiceError, Spectrum,
    chosen::{Chosen, Members, Reported},
    kendall_tau_b,
    watched::Watched,
    way::Way,
};
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

/// Below this share of the largest reference amplitude a mode is rounding and has no relative error.
const NOTHING: f64 = 1e-12;

/// An error larger than this many times 1, the reference and the start is that of a diverged run: its
/// modes are not reached, though some may be zero by rounding.
const GROWTH: f64 = 1e6;

/// What every watch over errors against one reference shares.
struct Plan {
    spectrum: Spectrum,
    reference: Reference,
    /// ‖u_ref‖∞.
    reference_size: f64,
    /// Δ is relative to the error at step 0.
    against_start: bool,
    tol: f64,
    reported: Vec<Reported>,
    /// What Δ of each reported mode is relative to, before the first look.
    scales: Vec<f64>,
    /// Indices into `reported`.
    tracked: Vec<usize>,
    /// How a watch begins to compute amplitudes.
    way: Way,
}

/// The error of a run, mode by mode.
///
/// A copy shares the plan, the modes and the reference; [`ModeWatch::fresh`] starts another run
/// without computing any of them again.
#[derive(Clone)]
pub struct ModeWatch {
    plan: Arc<Plan>,
    scales: Vec<f64>,
    /// ‖u‖∞ at step 0; 0 where that is not finite.
    start_size: f64,
    way: Way,
    states: Vec<ModeState>,
    passages: Vec<Passage>,
    watched: Watched,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    scales: Vec<f64>,
    #[serde(default)]
    start_size: f64,
    passages: Vec<Passage>,
    watched: Watched,
}

impl ModeWatch {
    /// Watches errors against `reference`. In 1-D all modes are reported, or those listed; in 2-D and 3-D
    /// the tracked ones, and all shells of |k| if any is tracked, if more than 40 modes or all are tracked,
    /// or if the grid has 65536 nodes at most. With `white`, or a reference that is zero, Δ is relative to
    /// the error at step 0.
    ///
    /// # Errors
    /// A chosen mode that the grid does not have, or a reference without a grid.
    pub fn new(
        reference: &Reference,
        spectrum: Spectrum,
        choice: &ModeChoice,
        white: bool,
        tol: f64,
    ) -> Result<Self, ModeChoiceError> {
        let Chosen { reported, tracked, largest, against_start } =
            Chosen::new(reference, &spectrum, choice, white)?;
        let scale = |amplitude: f64| if amplitude <= NOTHING * largest { 0.0 } else { amplitude };
        let plan = Plan {
            reference_size: reduce::max_abs(reference.values()),
            reference: reference.clone(),
            against_start,
            tol,
            scales: reported.iter().map(|mode| scale(mode.reference_amplitude)).collect(),
            way: Way::cheapest(&spectrum, &reported),
            reported,
            tracked,
            spectrum,
        };
        Ok(Self::of(Arc::new(plan)))
    }

    fn of(plan: Arc<Plan>) -> Self {
        Self {
            scales: plan.scales.clone(),
            start_size: 0.0,
            way: plan.way.clone(),
            states: vec![ModeState::default(); plan.reported.len()],
            passages: vec![Passage::default(); plan.tracked.len()],
            watched: Watched::default(),
            plan,
        }
    }

    /// A watch over the same modes that has seen nothing yet.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self::of(Arc::clone(&self.plan))
    }

    /// Flops of one look.
    pub fn flops(&self) -> f64 {
        let modes = 4 * self.plan.reported.len();
        modes as f64
            + match &self.way {
                Way::Few { projection, .. } => projection.flops(),
                Way::Whole { .. } => {
                    let nodes = self.plan.reference.values().len();
                    self.plan.spectrum.flops() + (3 * nodes) as f64
                }
            }
    }

    /// The name of the transform, axis by axis where they differ.
    pub fn transform_name(&self) -> String {
        self.plan.spectrum.transform_name()
    }

    /// Looks at one step. A field that is not finite, or has grown beyond all bounds, has no relative
    /// errors and reaches nothing.
    pub fn look(&mut self, step: u64, work_units: f64, seconds: f64, u: &Field) {
        let plan = &*self.plan;
        if step == 0 {
            let size = reduce::max_abs(u.values());
            self.start_size = if size.is_finite() { size } else { 0.0 };
        }
        let size = self.way.take(&plan.spectrum, u.values(), plan.reference.values());
        // False for not-a-number too.
        let sound = size <= GROWTH * plan.reference_size.max(self.start_size).max(1.0);
        let has_shells = matches!(plan.reported.last(), Some(Reported { members: Members::Shell(_), .. }));
        let shells = match &self.way {
            Way::Whole { amplitudes, .. } if has_shells => plan.spectrum.shell_amplitudes(amplitudes),
            _ => Vec::new(),
        };
        let reported = plan.reported.iter().zip(&mut self.scales).zip(&mut self.states);
        for (number, ((mode, scale), state)) in reported.enumerate() {
            (state.amplitude, state.complex) = match (&mode.members, &self.way) {
                (Members::Shell(s), _) => (shells[*s], Complex64::new(f64::NAN, f64::NAN)),
                (Members::Single(place), Way::Whole { amplitudes, .. }) => {
                    (amplitudes.modulus(*place), amplitudes.at(*place))
                }
                (Members::Single(_), Way::Few { amplitudes, .. }) => {
                    (amplitudes[number].norm(), amplitudes[number])
                }
            };
            if plan.against_start && step == 0 {
                *scale = if sound { state.amplitude } else { 0.0 };
            }
            state.relative = (sound && *scale > 0.0).then(|| state.amplitude / *scale);
        }
        for (&mode, passage) in plan.tracked.iter().zip(&mut self.passages) {
            if self.states[mode].relative.is_some_and(|delta| delta <= plan.tol) {
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
        self.plan.reported.iter().map(|mode| &mode.name).zip(&self.states)
    }

    /// Every tracked mode with its reference amplitude and its passage.
    pub fn passages(&self) -> impl Iterator<Item = (&ModeName, f64, &Passage)> {
        let modes = self.plan.tracked.iter().map(|&mode| &self.plan.reported[mode]);
        modes.zip(&self.passages).map(|(mode, passage)| (&mode.name, mode.reference_amplitude, passage))
    }

    /// What Δ of each tracked mode is relative to.
    pub fn scales(&self) -> impl Iterator<Item = (&ModeName, f64)> {
        self.plan.tracked.iter().map(|&mode| (&self.plan.reported[mode].name, self.scales[mode]))
    }

    /// Names of the tracked modes, lowest |k| first.
    pub fn tracked(&self) -> impl Iterator<Item = &ModeName> {
        self.plan.tracked.iter().map(|&mode| &self.plan.reported[mode].name)
    }

    /// How many modes are reported at a recorded step.
    pub fn reported(&self) -> usize {
        self.plan.reported.len()
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

    /// `1`, `5`, … for every so many steps, `log` where the gaps between them grew, else `uneven`.
    pub fn watched_every(&self) -> String {
        self.watched.describe()
    }

    /// Its state as JSON.
    ///
    /// # Errors
    /// Never for finite states.
    pub fn save(&self) -> serde_json::Result<String> {
        serde_json::to_string(&Saved {
            scales: self.scales.clone(),
            start_size: self.start_size,
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
        if saved.scales.len() != self.scales.len() || saved.passages.len() != self.passages.len() {
            return Err("the checkpoint tracks other modes".into());
        }
        self.scales = saved.scales;
        self.start_size = saved.start_size;
        self.passages = saved.passages;
        self.watched = saved.watched;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
