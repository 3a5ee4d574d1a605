//! The coupling term of a sum of two parts (Li, Xu, Zhang, arXiv 2112.06660): γ m² with m = mean (v₁ v₂).
//!
//! v₁ and v₂ are the two parts of u, without the lift of the data. Of all ways to write u as a sum, the term asks for one
//! whose parts are orthogonal, so that they do not undo each other: one takes the slow, the other the fast.
//!
//! m is a number of all points at once. It is found first, by a pass of values alone; then every point adds
//! 2γ m ω v₂ to the adjoint of v₁ and 2γ m ω v₁ to that of v₂, ω its share in the mean. For second-order methods the
//! term is half the square of √(2γ) m: one row of J more.

use super::{
    activation::Rows,
    loss::{Objective, Sampled},
    network::{Jet, Network},
    real::Real,
    tiles::transpose,
};

/// Σ ω v₁ v₂ over the points of a tile after a forward pass, each counting `share` of its weight; `jet.parts_bar` is
/// `pull` times its derivative.
pub(super) fn tile<T: Real>(
    network: &Network,
    objective: &Objective,
    parameters: &[T],
    rows: Rows,
    sampled: Sampled<'_>,
    [share, pull]: [f64; 2],
    jet: &mut Jet<T>,
) -> f64 {
    network.part_values(parameters, rows, jet);
    let n = rows.points;
    let d = network.dimension();
    let (first, second) = jet.parts.split_at(n);
    let (first_bar, second_bar) = jet.parts_bar.split_at_mut(n);
    first_bar.fill(0.0);
    second_bar.fill(0.0);
    let mut sum = 0.0;
    for (i, x) in sampled.points.chunks(d).enumerate() {
        // Both parts are multiplied by B, where the data are built in.
        let factor = objective.trial.as_ref().map_or(1.0, |trial| trial.factor(x).value);
        let counts = share * sampled.weights[i] * factor * factor;
        sum += counts * first[i] * second[i];
        first_bar[i] = pull * counts * second[i];
        second_bar[i] = pull * counts * first[i];
    }
    sum
}

/// As [`tile`], with the forward pass, of values alone.
pub(super) fn values<T: Real>(
    network: &Network,
    objective: &Objective,
    parameters: &[T],
    rows: Rows,
    sampled: Sampled<'_>,
    counts: [f64; 2],
    jet: &mut Jet<T>,
) -> f64 {
    transpose(sampled.points, network.dimension(), rows, &mut jet.x);
    network.forward(parameters, rows, jet);
    tile(network, objective, parameters, rows, sampled, counts, jet)
}
