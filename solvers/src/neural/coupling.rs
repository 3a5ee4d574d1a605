//! The coupling term of a sum of two parts (Li, Xu, Zhang, arXiv 2112.06660): γ m² with m = mean (v₁ v₂).
//!
//! v₁ and v₂ are the two parts of u, without the lift of the data. Of all ways to write u as a sum, the term asks for one
//! whose parts are orthogonal, so that they do not undo each other: one takes the slow, the other the fast.
//!
//! m is a number of all points at once. It is found first, by a pass of values alone; then every point adds
//! 2γ m s v₂ to the adjoint of v₁ and 2γ m s v₁ to that of v₂, s its share in the mean. For second-order methods the
//! term is half the square of √(2γ) m: one row of J more.

use super::{
    activation::Rows,
    loss::Sampled,
    network::{Jet, Network},
    real::Real,
    tiles::place,
};

/// Σ s v₁ v₂ over the points of a tile after a forward pass, each counting `share` of its weight; `jet.parts_bar` is
/// `pull` times its derivative.
pub(super) fn tile<T: Real>(
    network: &Network,
    parameters: &[T],
    rows: Rows,
    sampled: Sampled<'_>,
    [share, pull]: [f64; 2],
    jet: &mut Jet<T>,
) -> f64 {
    network.part_values(parameters, rows, jet);
    let n = rows.points;
    let (first, second) = jet.parts.split_at(n);
    let (first_bar, second_bar) = jet.parts_bar.split_at_mut(n);
    first_bar.fill(0.0);
    second_bar.fill(0.0);
    let mut sum = 0.0;
    for i in 0..sampled.data.len() {
        // Both parts are multiplied by ω, where the data are built in.
        let factor = sampled.built.get(i).map_or(1.0, |built| built.factor.value);
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
    parameters: &[T],
    rows: Rows,
    sampled: Sampled<'_>,
    counts: [f64; 2],
    jet: &mut Jet<T>,
) -> f64 {
    place(network, sampled, rows, jet);
    network.forward(parameters, rows, jet);
    tile(network, parameters, rows, sampled, counts, jet)
}
