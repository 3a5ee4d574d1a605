//! The demonstration of the MscaleDNN authors.
//!
//! Liu, Cai, Xu, *Multi-scale deep neural network (MscaleDNN) for solving Poisson–Boltzmann equation
//! in complex domains* (arXiv 2007.11207) and the code published with it.

use std::{f64::consts::PI, sync::Arc};

use super::Entry;
use crate::{Domain, Points, Problem, Spec};

pub(super) const ENTRY: Entry = Entry {
    name: "mscale-demo-1d",
    summary: "−u″ = 36π² sin 6πx on (−1, 1), u = sin 6πx (the MscaleDNN authors' demonstration, arXiv 2007.11207)",
    parameters: &[],
    build: |_| Ok(Arc::new(MscaleDemo { domain: Domain::dirichlet(&[[-1.0, 1.0]]) })),
};

#[derive(Debug)]
struct MscaleDemo {
    domain: Domain,
}

const K: f64 = 6.0 * PI;

impl Problem for MscaleDemo {
    fn spec(&self) -> Spec {
        Spec::new(ENTRY.name)
    }

    fn title(&self) -> String {
        "−u″ = 36π² sin 6πx on (−1, 1), u(±1) = 0; u = sin 6πx".into()
    }

    fn domain(&self) -> &Domain {
        &self.domain
    }

    fn source(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| K * K * (K * x[0]).sin());
    }

    fn exact(&self, points: Points<'_>, out: &mut [f64]) -> bool {
        points.evaluate(out, |x| (K * x[0]).sin());
        true
    }

    fn wave_number(&self) -> Option<f64> {
        Some(K)
    }

    fn published(&self, solver: &str) -> toml::Table {
        // 1000 × the mean over the two ends is β = 500 on their sum.
        let mut keys = toml::toml! {
            activation = "sin"
            loss = "ritz"
            boundary = "penalty"
            beta = 500.0
            depth = 3
            lr = 1e-4
            lr_decay = 5e-7
            points = 1000
            boundary_points = 100
            resample = 1
            init = "glorot-double"
        };
        let own = match solver {
            "dnn" => toml::toml! { width = 180 },
            "mscale-dnn" => toml::toml! {
                structure = 2
                scales = [1, 2, 4, 8, 16, 32]
                width = 30
            },
            _ => return toml::Table::new(),
        };
        keys.extend(own);
        keys
    }
}
