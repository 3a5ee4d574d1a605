//! Poisson problems.
