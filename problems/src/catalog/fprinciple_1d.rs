//! The central experiment of the Frequency Principle: a network against Jacobi.
//!
//! Xu, Zhang, Luo, Xiao, Ma, *Frequency principle: Fourier analysis sheds light on deep neural
//! networks* (arXiv 1901.06523), Fig. 4.

use std::sync::Arc;

use super::Entry;
use crate::{Domain, Points, Problem, Spec};

pub(super) const ENTRY: Entry = Entry {
    name: "fprinciple-1d",
    summary: "−u″ = sin x + 4 sin 4x − 8 sin 8x + 16 sin 24x on (−1, 1), u = 0 at both ends (arXiv 1901.06523, Fig. 4)",
    parameters: &[],
    build: |_| Ok(Arc::new(FPrinciple { domain: Domain::dirichlet(&[[-1.0, 1.0]]) })),
};

/// The terms a sin kx of the source; each adds (a/k²) sin kx to the solution.
const TERMS: [(f64, f64); 4] = [(1.0, 1.0), (4.0, 4.0), (-8.0, 8.0), (16.0, 24.0)];

#[derive(Debug)]
struct FPrinciple {
    domain: Domain,
}

/// g0 with −g0″ = f.
fn particular(x: f64) -> f64 {
    TERMS.iter().map(|(a, k)| a / (k * k) * (k * x).sin()).sum()
}

impl Problem for FPrinciple {
    fn spec(&self) -> Spec {
        Spec::new(ENTRY.name)
    }

    fn title(&self) -> String {
        "−u″ = sin x + 4 sin 4x − 8 sin 8x + 16 sin 24x on (−1, 1), u(±1) = 0".into()
    }

    fn domain(&self) -> &Domain {
        &self.domain
    }

    fn source(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| TERMS.iter().map(|(a, k)| a * (k * x[0]).sin()).sum());
    }

    fn exact(&self, points: Points<'_>, out: &mut [f64]) -> bool {
        // g0 is odd, so the line that carries it to zero at both ends goes through the origin.
        let slope = particular(1.0);
        points.evaluate(out, |x| particular(x[0]) - slope * x[0]);
        true
    }

    fn wave_number(&self) -> Option<f64> {
        Some(24.0)
    }

    fn published(&self, solver: &str) -> toml::Table {
        // The paper's network and loss; tanh is our reading, the paper does not say. Its figure
        // matches 500 cells, so 501 points.
        match solver {
            "dnn" => toml::toml! {
                width = [4000, 500, 400]
                activation = "tanh"
                loss = "ritz"
                boundary = "penalty"
                beta = 10.0
                lr = 5e-4
                points = 501
                resample = 0
                init = "normal:0.02"
            },
            _ => toml::Table::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maximum_is_the_published_one() {
        let problem = FPrinciple { domain: Domain::dirichlet(&[[-1.0, 1.0]]) };
        let x: Vec<f64> = (0..=20_000).map(|i| -1.0 + i as f64 * 1e-4).collect();
        let mut u = vec![0.0; x.len()];
        problem.exact(Points::new(&x, 1), &mut u);
        let best = (0..x.len()).max_by(|&i, &j| u[i].abs().total_cmp(&u[j].abs())).unwrap();
        assert!((u[best].abs() - 0.5912).abs() < 5e-5 && (x[best].abs() - 0.576).abs() < 1e-3);
        assert!((-particular(1.0) - -0.503_445_6).abs() < 1e-7);
    }
}
