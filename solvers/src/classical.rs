//! Classical solvers, one method a file. They work on nodal arrays that carry their boundary
//! values, so that stencils read neighbours without asking whether they lie on the boundary.

pub mod jacobi;
