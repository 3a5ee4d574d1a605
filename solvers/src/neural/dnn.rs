//! A plain fully connected network.
//!
//! The solver of the central experiment of arXiv 1901.06523, where it is set against Jacobi.

use super::{architecture::Kind, parameters as p, recipe};
use crate::registry::Entry;

pub(crate) const ENTRY: Entry = Entry {
    name: "dnn",
    summary: "a fully connected network trained on the energy, the residual or a given function",
    parameters: &p::with_training![p::width("64"), p::DEPTH, p::activation("tanh"), p::RESIDUAL],
    build: |settings| recipe::build(Kind::Plain, settings),
};
