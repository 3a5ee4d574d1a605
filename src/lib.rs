//! modewise: solve Poisson problems with classical and neural solvers and see which frequencies converge first.

pub mod figure;
pub mod store;
