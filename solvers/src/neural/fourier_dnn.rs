//! A network whose first layer expands the input in waves (Li, Xu, Zhang, arXiv 2009.14597 and 2112.06660).
//!
//! ```text
//! a₁ = s [cos(K ⊙ (Wx)); sin(K ⊙ (Wx))]      a_l = σ(W_l a_{l−1} + b_l)
//! ```
//!
//! A plain network has to make waves out of σ; here they are what it starts from, of all frequencies that the scales K
//! reach, and the layers above combine them. The relaxation factor s keeps its input in the range where σ is
//! not flat: ½ for s2ReLU in the papers, whose authors' code takes K = 1, 1, 2, 3, …
//!
//! With `trainable=false` the waves stay as they are drawn: a network on random Fourier features (Tancik et
//! al., *Fourier features let networks learn high frequency functions in low dimensional domains*, NeurIPS 2020).
//!
//! `width` is the number of waves in the first layer, each of which is two neurons, and of neurons beyond.

use super::{architecture::Kind, parameters as p, recipe};
use crate::registry::Entry;

pub(crate) const ENTRY: Entry = Entry {
    name: "fourier-dnn",
    summary: "a network whose first layer is cosines and sines of the input at several scales",
    parameters: &p::with_training![
        p::scales("[1,2,4,8,16,32]"),
        p::RELAXATION,
        p::TRAINABLE,
        p::width("32"),
        p::DEPTH,
        p::activation("s2relu"),
        p::RESIDUAL,
    ],
    build: |settings| recipe::build(Kind::Fourier, settings),
};
