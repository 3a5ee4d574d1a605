//! Neural solvers: the solution is a network, and training it solves the problem.
//!
//! A fully connected network N(x; θ) stands for u, alone or built into a trial function u = L + B N
//! that carries the boundary data ([`Boundary`]). A [`Loss`] over sampled points measures how far
//! it is from solving −∇·(ε∇u) + κ²u = f; an `optimizer` lowers it by its derivatives in θ. What makes this work is
//! that a network is smooth in x, with derivatives that are exact and cheap:
//!
//! 1. *forward*: the value, the gradient and the Laplacian in x of every neuron are carried through the
//!    layers together, as streams (`activation`, `network`): the forward Laplacian of Li et al.
//!    (arXiv 2307.08214);
//! 2. *loss*: a function of the streams at the output (`loss`, `boundary`);
//! 3. *reverse*: one pass back through the same layers gives the derivative with respect to all
//!    parameters;
//! 4. *step*: an optimiser (`optimizer`), on new points every so often (`sampler`).
//!
//! All streams of a tile of points are columns of one matrix a layer, so that a layer is one matrix
//! product (`product`, `trainer`). The energy needs value and gradient alone: there, from two dimensions on, a
//! reverse pass in x and reverse over it are cheaper than streams (`network::energy`). Passes run in f64 or
//! f32 ([`Dtype`]); what goes into them and comes out of them is f64.
//!
//! Where ε jumps, ∇u does: there a network can see a function with a kink beside x (`kink`), and the flux across the
//! interface is a term of the loss.
//!
//! All structures are sums of parts that are data (`network::layout`): plain and multi-scale networks, first layers of waves
//! ([`fourier_dnn`]), a slow and a fast part ([`subspace_dnn`]), residual connections. [`multi_stage`] trains one network
//! after another, each on the residual of those before.
//!
//! Which frequencies of u come first is what modewise is there to watch: networks tend to learn
//! low ones first (the frequency principle, arXiv 1901.06523), which [`mscale_dnn`] counters with scaled
//! inputs.

mod activation;
mod architecture;
mod boundary;
mod bumps;
mod config;
mod coupling;
pub mod dnn;
mod elementary;
pub mod fourier_dnn;
mod init;
mod kink;
mod live;
mod loss;
mod memory;
pub mod mscale_dnn;
pub mod multi_stage;
mod network;
mod optimizer;
mod parameters;
mod penalty;
mod product;
pub mod random_features;
mod real;
mod recipe;
mod sampler;
mod sigma;
mod source_spectrum;
mod spectrum;
pub mod subspace_dnn;
mod tiles;
mod trained;
mod trainer;

#[cfg(test)]
mod tests;

pub use activation::Activation;
pub use config::{Boundary, Config, Interface};
pub use init::Init;
pub use loss::Loss;
pub use real::Dtype;
pub use recipe::Neural;
pub use sampler::Sampling;
