//! The multi-scale network MscaleDNN (Liu, Cai, Xu, arXiv 2007.11207).
//!
//! Networks learn low frequencies first. Fed with a·x, a frequency k becomes k/a: with several scales
//! every frequency is a low one to some part of the network.

use modewise_problems::Parameter;

use super::{parameters as p, recipe};
use crate::registry::Entry;

pub(crate) const ENTRY: Entry = Entry {
    name: "mscale-dnn",
    summary: "a multi-scale network: subnets or blocks of neurons that see the input at several scales",
    parameters: &[
        Parameter {
            key: "scales",
            default: "[1,2,4,8,16,32]",
            unit: "",
            help: "the factors a_i the input is multiplied by",
        },
        Parameter {
            key: "structure",
            default: "2",
            unit: "1 or 2",
            help: "1: one network whose first layer is cut into blocks, one scale each; 2: a sum of subnets, one scale each",
        },
        p::width("32"),
        p::DEPTH,
        p::activation("sin"),
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
    build: |settings| recipe::build("mscale-dnn", true, settings),
};
