//! What is solved: Poisson and Poisson–Boltzmann problems −∇·(ε∇u) + κ²g(u) = f on boxes, g(u) = u or sinh u, their
//! grids and fields, the finite-difference system, sine and Fourier transforms, and a catalog of named problems.
//!
//! ```
//! use modewise_problems::{catalog, Discrete, Grid};
//! let problem = catalog::build(&"sines-1d,modes=[1,5]".parse()?)?;
//! let grid = Grid::new(problem.domain().bounds(), &[64])?;
//! let discrete = Discrete::new(problem.as_ref(), &grid)?;
//! assert_eq!(discrete.grid().interior_nodes(), 63);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod catalog;
pub mod discrete;
pub mod error;
pub mod expression;
pub mod field;
pub mod file;
pub mod geometry;
pub mod grid;
pub mod memory;
pub mod order;
pub mod points;
pub mod problem;
pub mod reaction;
pub mod reduce;
pub mod solvation;
pub mod spec;
pub mod transform;

pub use discrete::{Coefficients, Discrete, PLaplace};
pub use error::Errors;
pub use field::Field;
pub use grid::{Grid, GridError};
pub use points::Points;
pub use problem::{Coefficient, Condition, Domain, MOST_AXES, Problem, axis_names};
pub use reaction::Reaction;
pub use spec::{Parameter, Settings, Spec, SpecError};
