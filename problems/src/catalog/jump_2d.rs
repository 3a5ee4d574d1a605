//! A disc of low permittivity in a screening medium.

use super::{Entry, jump};

pub(super) const ENTRY: Entry = Entry {
    name: "jump-2d",
    summary: "−∇·(ε∇u) + κ²u = f on (0, 1)², u = 0 on the sides; ε = 2, κ² = 0 in a disc, 80 and 8000 outside, a source in \
              its centre",
    parameters: &jump::parameters("0.02"),
    build: |settings| jump::build(ENTRY.name, 2, settings),
};
