//! modewise: solve Poisson problems with classical and neural solvers and see which frequencies
//! converge first.

pub mod experiment;
pub mod figure;
pub mod modes;
pub mod store;
pub mod theory;
