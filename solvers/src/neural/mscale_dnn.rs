//! The multi-scale network MscaleDNN (Liu, Cai, Xu, arXiv 2007.11207).
//!
//! Networks learn low frequencies first. Fed with a·x, a frequency k becomes k/a: with several scales
//! every frequency is a low one to some part of the network.
//!
//! Structure 1 is one network whose first layer is σ(K ⊙ (Wx) + b), K in blocks, one scale each; structure 2 is the sum
//! Σᵢ cᵢ fᵢ(aᵢx) of independent subnets, with weights cᵢ that are fixed or trained.

use modewise_problems::Parameter;

use super::{architecture::Kind, parameters as p, recipe};
use crate::registry::Entry;

pub(crate) const ENTRY: Entry = Entry {
    name: "mscale-dnn",
    summary: "a multi-scale network: subnets or blocks of neurons that see the input at several scales",
    parameters: &p::with_training![
        p::scales("[1,2,4,8,16,32]"),
        Parameter {
            key: "structure",
            default: "2",
            unit: "1 or 2",
            help: "1: one network whose first layer is cut into blocks, one scale each; 2: a sum of subnets, one scale each",
        },
        Parameter {
            key: "weights",
            default: "1",
            unit: "",
            help: "structure=2: the factors of the subnets in the sum, one for all, a list, or trained (from 1 on)",
        },
        p::width("32"),
        p::DEPTH,
        p::activation("sin"),
        p::RESIDUAL,
    ],
    build: |settings| recipe::build(Kind::Mscale, settings),
};
