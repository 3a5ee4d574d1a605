//! Sums of sines with a known amplitude for every mode: the clean way to see each mode decay.

use super::{Entry, Make, sines};

pub(super) const ENTRY: Entry = Entry {
    name: "sines-1d",
    summary: "−u″ + κ²u = f on (0, 1), u = Σ aₖ sin kπx with the modes k and amplitudes aₖ you choose; cosines on Neumann sides",
    parameters: &sines::parameters("[1,4,16]", "the wave numbers k of the solution"),
    make: Make::Program(|settings| sines::build(ENTRY.name, 1, settings)),
};
