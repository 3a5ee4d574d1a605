//! Sums of products of sines on the unit cube: the modes of the seven-point stencil, one by one.

use super::{Entry, Make, sines};

pub(super) const ENTRY: Entry = Entry {
    name: "sines-3d",
    summary: "−Δu + κ²u = f on (0, 1)³, u = Σ a sin kπx sin lπy sin mπz with the modes (k, l, m) you choose; cosines on \
              Neumann sides",
    parameters: &sines::parameters(
        "[1,1,1]",
        "the wave numbers of the solution: [k,l,m], a list of such triples, or k for [k,k,k]",
    ),
    make: Make::Program(|settings| sines::build(ENTRY.name, 3, settings)),
};
