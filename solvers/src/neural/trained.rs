//! A network with its parameters: a function of x with its derivatives.

use modewise_problems::Problem;
use rayon::prelude::*;

use super::{
    activation::Rows,
    boundary::{Built, Local, Trial},
    loss,
    network::{Jet, Network},
    tiles::{Pool, rows, tile_points, transpose},
};

/// A trained network.
#[derive(Debug)]
pub(super) struct Trained {
    pub network: Network,
    /// G and ω, where boundary data are built in.
    pub trial: Option<Trial>,
    pub parameters: Vec<f64>,
    pool: Pool,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Values,
    /// Gradients and Laplacians too.
    Jets,
}

pub(super) const ZERO: Local = Local::constant(0.0);

impl Trained {
    pub fn new(network: Network, trial: Option<Trial>, parameters: Vec<f64>) -> Self {
        let stride = [Ask::Values, Ask::Jets].map(|ask| Self::full(&network, ask).stride);
        let pool = Pool::new(&network, stride[0].max(stride[1]), 0);
        Self { network, trial, parameters, pool }
    }

    /// The rows of a full tile.
    fn full(network: &Network, ask: Ask) -> Rows {
        let d = network.dimension();
        let (gradients, laplacian) = if ask == Ask::Jets { (d, true) } else { (0, false) };
        let streams = 1 + gradients + usize::from(laplacian);
        rows(tile_points(network.widest(), streams), gradients, laplacian)
    }

    /// Adds `scale` times u and its derivatives at `points`; data built in are those of `problem`.
    pub fn add(&self, problem: &dyn Problem, ask: Ask, scale: f64, points: &[f64], out: &mut [Local]) {
        let d = self.network.dimension();
        let full = Self::full(&self.network, ask);
        out.par_chunks_mut(full.points).zip(points.par_chunks(full.points * d)).for_each(|(out, points)| {
            let rows = rows(out.len(), full.gradients, full.laplacian);
            self.pool.with(&self.network, |jet: &mut Jet| {
                transpose(points, d, rows, &mut jet.x);
                self.network.forward(&self.parameters, rows, jet);
                for (i, (out, x)) in out.iter_mut().zip(points.chunks(d)).enumerate() {
                    let net = loss::jet_at(rows, &jet.out, i);
                    let u = match &self.trial {
                        Some(trial) => {
                            let Built { lift, factor } = trial.at(problem, x);
                            loss::compose(&lift, &factor, &net, d)
                        }
                        None => net,
                    };
                    out.value += scale * u.value;
                    out.laplacian += scale * u.laplacian;
                    for (out, u) in out.gradient.iter_mut().zip(u.gradient) {
                        *out += scale * u;
                    }
                }
            });
        });
    }
}
