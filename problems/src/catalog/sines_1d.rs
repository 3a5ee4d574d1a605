//! Sums of sines with a known amplitude for every mode: the clean way to see each mode decay.

use std::{f64::consts::PI, sync::Arc};

use super::Entry;
use crate::{Domain, Parameter, Points, Problem, Settings, Spec, SpecError};

pub(super) const ENTRY: Entry = Entry {
    name: "sines-1d",
    summary: "−u″ = f on (0, 1), u = Σ aₖ sin kπx with the modes k and amplitudes aₖ you choose",
    parameters: &[
        Parameter {
            key: "modes",
            default: "[1,4,16]",
            unit: "half waves",
            help: "the wave numbers k of the solution",
        },
        Parameter {
            key: "amplitudes",
            default: "1",
            unit: "",
            help: "one amplitude a mode, or one for all of them",
        },
    ],
    build,
};

#[derive(Debug)]
struct Sines {
    domain: Domain,
    modes: Vec<usize>,
    amplitudes: Vec<f64>,
}

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Problem>, SpecError> {
    let modes = settings.counts("modes", 1)?;
    let mut amplitudes = settings.numbers("amplitudes", "a finite number, or one a mode", |_| true)?;
    if amplitudes.len() == 1 {
        amplitudes = vec![amplitudes[0]; modes.len()];
    }
    if amplitudes.len() != modes.len() {
        return Err(
            settings.bad("amplitudes", &format!("one number, or one for each of the {} modes", modes.len()))
        );
    }
    Ok(Arc::new(Sines { domain: Domain::dirichlet(&[[0.0, 1.0]]), modes, amplitudes }))
}

impl Sines {
    /// Σ a_k (kπ)^(2·halves) sin kπx.
    fn sum(&self, x: f64, halves: i32) -> f64 {
        let terms = self.modes.iter().zip(&self.amplitudes);
        terms
            .map(|(&k, a)| {
                let k = k as f64 * PI;
                a * k.powi(2 * halves) * (k * x).sin()
            })
            .sum()
    }
}

impl Problem for Sines {
    fn spec(&self) -> Spec {
        let modes: Vec<i64> = self.modes.iter().map(|&k| k as i64).collect();
        Spec::new(ENTRY.name).with("modes", modes).with("amplitudes", self.amplitudes.clone())
    }

    fn title(&self) -> String {
        let count = self.modes.len();
        if count > 6 {
            return format!("−u″ = f on (0, 1), u(0) = u(1) = 0; u a sum of {count} sines");
        }
        let terms: Vec<String> = self
            .modes
            .iter()
            .zip(&self.amplitudes)
            .map(|(k, a)| {
                let wave = if *k == 1 { "sin πx".to_string() } else { format!("sin {k}πx") };
                if *a == 1.0 { wave } else { format!("{a} {wave}") }
            })
            .collect();
        format!("−u″ = f on (0, 1), u(0) = u(1) = 0; u = {}", terms.join(" + ").replace("+ -", "− "))
    }

    fn domain(&self) -> &Domain {
        &self.domain
    }

    fn source(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| self.sum(x[0], 1));
    }

    fn exact(&self, points: Points<'_>, out: &mut [f64]) -> bool {
        points.evaluate(out, |x| self.sum(x[0], 0));
        true
    }

    fn wave_number(&self) -> Option<f64> {
        self.modes.iter().max().map(|&k| k as f64 * PI)
    }
}
