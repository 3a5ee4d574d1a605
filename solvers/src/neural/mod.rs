//! Neural solvers.
