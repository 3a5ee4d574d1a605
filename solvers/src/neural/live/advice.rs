//! What a trained network warns of: traps in which the loss is low and u is wrong.

use super::Live;
use crate::{Status, neural::loss::Loss};

/// A penalty β holds back boundary errors of waves up to k⁴ = β times this: the residual counts a wave k by k⁴, so
/// that beyond it waves that fit the residual cost less than the boundary values they spoil.
const PENALTY_REACH: f64 = 10.0;

/// Points for each parameter from which on the energy of a jumping ε is its integral rather than a sum that a second-order
/// method fits between the points: 5 leave an error of 16 %, 20 one of 0.3 % (`dielectric-disc-2d`, see the results).
const POINTS_AT_A_JUMP: usize = 16;

impl Live<'_> {
    /// The last optimiser has found no step that lowers the loss.
    pub(super) fn no_way_down(&self) -> Option<String> {
        (self.status() == Status::Finished).then(|| {
            format!(
                "optimizer={} found no step that lowers the loss further (step {}); where the error is not small enough, \
                 take more points and neurons, another optimizer before it, or another seed",
                self.sequence.method().name(),
                self.step
            )
        })
    }

    /// More parameters than numbers that the loss looks at, at points that stay: it can be low there, and u wrong
    /// everywhere else.
    pub(super) fn too_few_equations(&self) -> Option<String> {
        let parameters = self.parameters.len() - self.trainer.network.frozen();
        let rows = self.layout.true_rows();
        (self.config.resample == 0 && parameters > rows).then(|| {
            format!(
                "{parameters} parameters are more than the {rows} equations at the points: the loss may be low there \
                 and u wrong between them; compare the error, or take more points"
            )
        })
    }

    /// An energy whose density jumps, at points that stay and are few: sums over points miss its integral in first order of
    /// their distance, and what minimises the sum need not be near what minimises the integral.
    pub(super) fn too_coarse_at_a_jump(&self) -> Option<String> {
        let parameters = self.parameters.len() - self.trainer.network.frozen();
        let (points, needed) = (self.config.points, POINTS_AT_A_JUMP * parameters);
        let is_coarse = self.config.loss == Loss::Ritz
            && self.config.resample == 0
            && self.problem.interface().is_some()
            && points < needed;
        is_coarse.then(|| {
            format!(
                "the energy jumps at the interface, and {points} points that stay are few for {parameters} parameters: \
                 its sum over them may be low where its integral is not; take points={needed}, or loss=residual"
            )
        })
    }

    /// Waves in the first layer that the penalty cannot hold at the boundary.
    pub(super) fn too_high_frequencies(&self) -> Option<String> {
        let network = &self.trainer.network;
        if self.config.loss != Loss::Residual || !self.is_penalised() || network.dimension() < 2 {
            return None;
        }
        let highest = network.first_layers().flat_map(|(layer, scales)| {
            let waves = self.parameters[layer.weights()].chunks(layer.inputs);
            waves.zip(scales).map(|(wave, scale)| scale * wave.iter().map(|w| w * w).sum::<f64>().sqrt())
        });
        let highest = highest.fold(0.0, f64::max);
        let beta = self.trainer.objective.beta;
        (highest.powi(4) > PENALTY_REACH * beta).then(|| {
            format!(
                "first-layer waves up to {highest:.0} are too high for beta={beta:e}: the residual may fall while u \
                 goes wrong from the boundary; use boundary=exact, beta={:.0e} or lower frequencies",
                highest.powi(4)
            )
        })
    }
}
