//! One slow and one fast mode on a square.

use std::{f64::consts::PI, sync::Arc};

use super::Entry;
use crate::{Domain, Points, Problem, Spec};

pub(super) const ENTRY: Entry = Entry {
    name: "two-tone-2d",
    summary: "−Δu = f on (−1, 1)², u = sin πx sin πy + 0.1 sin 10πx sin 10πy",
    parameters: &[],
    build: |_| Ok(Arc::new(TwoTone { domain: Domain::dirichlet(&[[-1.0, 1.0]; 2]) })),
};

/// The terms a sin kπx sin kπy.
const TERMS: [(f64, f64); 2] = [(1.0, PI), (0.1, 10.0 * PI)];

#[derive(Debug)]
struct TwoTone {
    domain: Domain,
}

impl Problem for TwoTone {
    fn spec(&self) -> Spec {
        Spec::new(ENTRY.name)
    }

    fn title(&self) -> String {
        "−Δu = f on (−1, 1)², u = 0 on the sides; u = sin πx sin πy + 0.1 sin 10πx sin 10πy".into()
    }

    fn domain(&self) -> &Domain {
        &self.domain
    }

    fn source(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| {
            TERMS.iter().map(|(a, k)| 2.0 * k * k * a * (k * x[0]).sin() * (k * x[1]).sin()).sum()
        });
    }

    fn exact(&self, points: Points<'_>, out: &mut [f64]) -> bool {
        points.evaluate(out, |x| TERMS.iter().map(|(a, k)| a * (k * x[0]).sin() * (k * x[1]).sin()).sum());
        true
    }

    fn wave_number(&self) -> Option<f64> {
        Some(10.0 * PI)
    }
}
