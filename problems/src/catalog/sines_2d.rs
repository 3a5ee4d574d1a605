//! Sums of products of sines on the unit square: the modes of the five-point stencil, one by one.

use super::{Entry, Make, sines};

pub(super) const ENTRY: Entry = Entry {
    name: "sines-2d",
    summary: "−Δu + κ²u = f on (0, 1)², u = Σ a sin kπx sin lπy with the modes (k, l) you choose; cosines on Neumann sides",
    parameters: &sines::parameters(
        "[1,1]",
        "the wave numbers of the solution: [k,l], a list of such pairs, or k for [k,k]",
    ),
    make: Make::Program(|settings| sines::build(ENTRY.name, 2, settings)),
};
