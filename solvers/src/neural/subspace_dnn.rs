//! Two networks added up, one for the slow part of u and one for the fast (SD²NN of Li, Xu, Zhang, arXiv 2112.06660).
//!
//! ```text
//! u = u_N + α u_S      loss + γ [mean (u_N · α u_S)]²
//! ```
//!
//! u_N is a plain network with tanh, which learns low frequencies first; u_S has a first layer of waves at many scales
//! (`fourier_dnn`) and s2ReLU, and learns what u_N does not reach. The papers think of the corrector of
//! homogenisation: α is as small as the fast part. The last term, γ = 20, asks for parts that are orthogonal in the mean,
//! so that they share the work rather than undo each other (`coupling`); its history has columns of its own.
//! With `boundary=exact` both parts stand without the lift, each times the function that vanishes on the boundary.
//!
//! `scales`, `relaxation` and `trainable` are those of u_S; α = 0.1 is ours.

use modewise_problems::Parameter;

use super::{architecture::Kind, parameters as p, recipe};
use crate::registry::Entry;

pub(crate) const ENTRY: Entry = Entry {
    name: "subspace-dnn",
    summary: "a network for the slow part and a Fourier network for the fast part, kept orthogonal",
    parameters: &p::with_training![
        p::width("32"),
        p::DEPTH,
        p::activation("tanh"),
        Parameter {
            key: "fine_width",
            default: "32",
            unit: "neurons",
            help: "as width, of the fast part: waves of the first layer and neurons beyond",
        },
        Parameter { key: "fine_depth", default: "3", unit: "layers", help: "as depth, of the fast part" },
        Parameter {
            key: "fine_activation",
            default: "s2relu",
            unit: "a name",
            help: "as activation, of the fast part",
        },
        p::scales("[1,2,4,8,16,32]"),
        p::RELAXATION,
        p::TRAINABLE,
        Parameter { key: "alpha", default: "0.1", unit: "", help: "the weight of the fast part in the sum" },
        Parameter {
            key: "gamma",
            default: "20",
            unit: "",
            help: "weight of the coupling: the squared mean of the product of both parts",
        },
        p::RESIDUAL,
    ],
    build: |settings| recipe::build(Kind::Subspace, settings),
};
