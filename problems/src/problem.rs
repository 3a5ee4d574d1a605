//! The continuous problem −∇·(ε∇u) = f on a box with boundary data.

use std::fmt::Debug;

use crate::{Points, Spec};

/// What holds on one side of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// u is given.
    Dirichlet,
}

/// A box and the condition on the lower and upper side of every axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    bounds: Vec<[f64; 2]>,
    sides: Vec<[Condition; 2]>,
}

impl Domain {
    /// The box ∏ (lower, upper) with u given on every side.
    pub fn dirichlet(bounds: &[[f64; 2]]) -> Self {
        Self { bounds: bounds.to_vec(), sides: vec![[Condition::Dirichlet; 2]; bounds.len()] }
    }

    /// Lower and upper end per axis.
    pub fn bounds(&self) -> &[[f64; 2]] {
        &self.bounds
    }

    /// The condition on the lower and upper side per axis.
    pub fn sides(&self) -> &[[Condition; 2]] {
        &self.sides
    }

    /// Number of axes.
    pub fn dimension(&self) -> usize {
        self.bounds.len()
    }

    /// Length, area or volume.
    pub fn measure(&self) -> f64 {
        self.bounds.iter().map(|[lower, upper]| upper - lower).product()
    }
}

/// A coefficient of the equation.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Coefficient {
    /// The same everywhere.
    Constant(f64),
}

/// A continuous problem. Functions are batched: points in, one value a point out.
pub trait Problem: Debug + Send + Sync {
    /// Its catalog name and parameters; building that spec gives this problem again.
    fn spec(&self) -> Spec;

    /// One line for captions: the equation, the domain and, where known, the solution.
    fn title(&self) -> String;

    /// The box and its sides.
    fn domain(&self) -> &Domain;

    /// ε.
    fn permittivity(&self) -> Coefficient {
        Coefficient::Constant(1.0)
    }

    /// f at interior points.
    fn source(&self, points: Points<'_>, out: &mut [f64]);

    /// The Dirichlet data at boundary points; zero unless said otherwise.
    fn boundary(&self, _points: Points<'_>, out: &mut [f64]) {
        out.fill(0.0);
    }

    /// The exact solution u, if it is known: `false`, with `out` untouched, where it is not.
    fn exact(&self, points: Points<'_>, out: &mut [f64]) -> bool;

    /// The highest wave number k (in sin kx) of a smooth exact solution: what a grid has to
    /// resolve. `None` where the solution is not smooth.
    fn wave_number(&self) -> Option<f64>;

    /// Published settings of `solver` for this problem, merged into a spec where it is silent.
    fn published(&self, _solver: &str) -> toml::Table {
        toml::Table::new()
    }

    /// Whether [`Problem::exact`] answers.
    fn has_exact(&self) -> bool {
        self.exact(Points::new(&[], self.domain().dimension()), &mut [])
    }
}
