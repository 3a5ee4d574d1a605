//! Problems of the user's own: TOML files in which formulas say what is solved.
//!
//! ```toml
//! title = "A wave of frequency {mu}"         # {mu} is replaced by the parameter's value
//! box = [[0, 1], [0, "2*pi"]]                # lower and upper end of every axis
//! permittivity = "1 + x^2"                   # ε > 0; 1 where nothing is said
//! exponent = 2                               # p ≥ 2 of the flux ε|∇u|^(p−2)∇u; 2 where nothing is said
//! kappa2 = "mu^2"                            # κ² ≥ 0, the coefficient of g(u); 0 where nothing is said
//! reaction = "linear"                        # g(u) = u, or "sinh": g(u) = sinh u; linear where nothing is said
//! source = "s*cos(y)"                        # f; derived where `exact` is given
//! exact = "sin(mu*x)*cos(y)"                 # u, where it is known
//! domain = "box - hole"                      # what the shapes below make of the box
//! wave_number = "mu"                         # the highest k in sin kx that a grid has to resolve
//!
//! [parameters]                               # what `file.toml,mu=30` may change
//! mu = 15
//!
//! [define]                                   # names for parts of formulas, each may use those above it
//! s = "sin(mu*x)"
//!
//! [shapes.hole]                              # a shape, and u on its boundary; 0 where nothing is said
//! disc = { centre = [0.5, "pi"], radius = 0.2 }
//! dirichlet = "1 + y"                        # or neumann = "2*nx", a flux; nx, ny, nz are the normal out of the domain
//!
//! [sides]                                    # `x-lower` comes before `x`, `x` before `all`
//! all = "dirichlet"                          # or "neumann", "periodic"
//! y = "periodic"
//! x-upper = { neumann = 0 }                  # the flux ε ∂u/∂n; { dirichlet = "sin(y)" } gives u, and
//!                                            # { robin = { coefficient = "a", value = "g" } } ε ∂u/∂n + au = g, a ≥ 0
//!
//! [published.dnn]                            # a solver's settings, where its spec is silent
//! width = 64
//! ```
//!
//! With `exponent` = p > 2 the equation is −∇·(ε|∇u|^{p−2}∇u) = f, a p-Laplacian: on whole boxes with u given on all
//! sides, and without `kappa2` or `interface`.
//!
//! Axes are `x`, `y`, `z`, or `x1` to `x10` (boxes of more than three are for networks alone, and have no shapes);
//! formulas are those of [`crate::expression`], and a number may
//! stand for one. Either `source` or `exact` is given. From `exact` alone the source
//! −∇·(ε∇u) + κ²g(u), boundary values u and fluxes ±ε ∂u/∂x are derived exactly (a manufactured solution:
//! Roache, *J. Fluids Eng.* 124, 2002). What is given besides is checked against it. A side without data
//! has u = 0 or no flux.
//!
//! Shapes are
//!
//! - in 1-D `interval = [0.2, 0.5]`;
//! - in 2-D `disc = { centre = [0, 0], radius = 1 }`, `ellipse = { centre = [0, 0], axes = [2, 1], angle = 0 }` with its
//!   semi-axes, `polygon = [[0, 0], [1, 0], [0, 1]]`, `half-plane = { point = [0, 0], normal = [1, 0] }`, the side that the
//!   normal points away from;
//! - in 3-D `ball`, `ellipsoid` and `half-space`, written alike;
//! - `box = [[0, 1], [0, 2]]` in any of these.
//!
//! `domain` combines their names and `box`, the whole: `a | b` is a union, `a & b` an intersection, `a - b` a
//! difference, `!a` a complement, `-` before `&` before `|` as for sets in Python. The sides of the box keep their
//! conditions as far as they bound the domain. On the boundary of a shape one of `dirichlet = "g"`, `neumann = "g"` and
//! `robin = { coefficient = "a", value = "g" }` holds, u = 0 where nothing is said; `neumann = true` leaves the flux to `exact`,
//! or it is 0. Formulas of fluxes know the components `nx`, `ny` and `nz` of the normal, which points out of the domain. Where
//! both kinds of shapes are there, the domain has to be an intersection of them: `outer - hole`, and no union of one of each.
//!
//! `interface = "disc"` names, in the same words, a region at whose boundary `permittivity` jumps while u and ε ∂u/∂n go
//! on; `kappa2`, `source` and `exact` may jump there too. Finite differences are then second-order accurate across it
//! (see [`crate::discrete`]); without it they take ε as it is in the middle between nodes.
//!
//! # Molecules
//!
//! In place of formulas a file may have point charges in the union of spheres, in salt water:
//!
//! ```toml
//! [parameters]
//! d = 4
//!
//! [solvation]
//! atoms = [                                  # Å and elementary charges
//!     { at = [0, 0, 0], charge = 1, radius = 2 },
//!     { at = ["d", 0, 0], radius = 1.5 },    # a sphere without a charge
//!     { at = ["d", 0.5, 0], charge = -1 },   # a charge without a sphere, inside that of another one
//! ]                                          # or pqr = "my.pqr", a PQR file beside this one, in place of atoms
//! eps_in = 1                                 # what follows are the defaults: ε inside
//! eps_out = 78.54                            # ε of the solvent
//! ionic_strength = 0                         # mol/L
//! temperature = 298.15                       # K
//! stern = 0                                  # Å, how far ions stay away from the spheres
//! margin = 9                                 # Å between the spheres and the sides of the box
//! ```
//!
//! The box is a cube around the molecule, or what `box` says. What is solved, and the free energy that comes of it, is
//! that of [`crate::solvation`]: the linear Poisson–Boltzmann equation with the charges' own potentials split off.

mod data;
mod document;
mod equation;
mod molecule;
#[cfg(test)]
mod molecule_tests;
mod parameters;
mod problem;
mod read;
mod shapes;
mod sides;
#[cfg(test)]
mod tests;

use std::{fs, sync::Arc};

use thiserror::Error;

use crate::{Problem, Spec, SpecError};

/// Why a problem file was refused.
#[derive(Debug, Error, Clone, PartialEq)]
pub enum FileError {
    /// It cannot be read at all.
    #[error("cannot read the problem file {file}: {reason}; it has to be a text file that you may read")]
    Unreadable {
        /// The file.
        file: String,
        /// The system's reason.
        reason: String,
    },
    /// It is no TOML.
    #[error("{file}, line {line}: {reason}")]
    Syntax {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A key is not what it has to be.
    #[error("{file}, line {line}: `{key}` {reason}")]
    Key {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The key, with the table it is in.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A parameter that a file declares.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// Its name.
    pub key: String,
    /// Its default as the file has it.
    pub default: String,
    /// Its unit.
    pub unit: String,
    /// One sentence.
    pub help: String,
}

/// The text of a problem file and the name of the problem.
#[derive(Debug, Clone)]
pub struct ProblemFile {
    name: String,
    text: String,
}

/// Whether a problem's name is that of a file.
pub fn is_path(name: &str) -> bool {
    name.ends_with(".toml")
}

impl ProblemFile {
    /// A file whose text is at hand.
    pub fn new(name: &str, text: &str) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// Reads the file at `path`, which is also the problem's name.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(path: &str) -> Result<Self, FileError> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(Self { name: path.into(), text }),
            Err(error) => Err(FileError::Unreadable { file: path.into(), reason: error.to_string() }),
        }
    }

    /// Its title with the defaults of its parameters, and these.
    ///
    /// # Errors
    /// It is no problem file.
    pub fn declared(&self) -> Result<(String, Vec<Declared>), SpecError> {
        let (problem, declared) = read::build(&self.name, &self.text, &toml::Table::new())?;
        Ok((problem.title(), declared))
    }

    /// The problem with the parameters that `spec` sets.
    ///
    /// # Errors
    /// It is no problem file, or has no such parameter.
    pub fn build(&self, spec: &Spec) -> Result<Arc<dyn Problem>, SpecError> {
        Ok(read::build(&self.name, &self.text, &spec.keys)?.0)
    }
}
