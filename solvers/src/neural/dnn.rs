//! A plain fully connected network.
//!
//! The solver of the central experiment of arXiv 1901.06523, where it is set against Jacobi.

use super::{parameters as p, recipe};
use crate::registry::Entry;

pub(crate) const ENTRY: Entry = Entry {
    name: "dnn",
    summary: "a fully connected network trained on the energy, the residual or a given function",
    parameters: &[
        p::width("64"),
        p::DEPTH,
        p::activation("tanh"),
        p::DTYPE,
        p::LOSS,
        p::BOUNDARY,
        p::BETA,
        p::BETA_SCHEDULE,
        p::OPTIMIZER,
        p::LR,
        p::LR_DECAY,
        p::LR_SCHEDULE,
        p::LR_PERIOD,
        p::POINTS,
        p::SAMPLING,
        p::BOUNDARY_POINTS,
        p::RESAMPLE,
        p::INIT,
        p::PLATEAU,
        p::KEEP,
    ],
    build: |settings| recipe::build("dnn", false, settings),
};
