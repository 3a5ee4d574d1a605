//! Why a problem has no discrete system, with the point and what to do.

use thiserror::Error;

use crate::{GridError, Problem};

/// Why a problem has no discrete system.
#[derive(Debug, Error)]
pub enum DiscreteError {
    /// A problem of another dimension than the grid.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// Dimension without a stencil.
    #[error("finite differences are for 1-D, 2-D and 3-D, this problem is {0}-D")]
    Dimension(usize),
    /// A function of the problem is not a number somewhere.
    #[error("the {what} is not a finite number at {at:?}{}", stated(.formula))]
    NotFinite {
        /// `source`, `permittivity`, `boundary value` or the like.
        what: &'static str,
        /// The point.
        at: Vec<f64>,
        /// The formula that states it, where there is one.
        formula: Option<String>,
    },
    /// ε ≤ 0 or κ² < 0.
    #[error("the {what} is {value:e} at {at:?}; {wanted}{}", stated(.formula))]
    Sign {
        /// `permittivity` or `screening`.
        what: &'static str,
        /// Its value.
        value: f64,
        /// What it has to be.
        wanted: &'static str,
        /// The point.
        at: Vec<f64>,
        /// The formula that states it, where there is one.
        formula: Option<String>,
    },
    /// A periodic axis whose sides are cut in different places.
    #[error(
        "axis {} is periodic, but {at:?} and its image on the opposite side are not both inside the domain; let the shapes \
         go on across that side, or give u on it",
        .axis + 1
    )]
    NotPeriodic {
        /// The axis, from 0.
        axis: usize,
        /// The node.
        at: Vec<f64>,
    },
    /// An interface next to a side of the box or of the domain.
    #[error(
        "the interface comes within two cells of the boundary of the domain at {at:?}; take a finer grid (for a molecule, or a \
         larger margin) if it ends before the boundary, which it has to; else leave `interface` out, and ε is taken as it is \
         in the middle between nodes"
    )]
    InterfaceAtSide {
        /// A node of a cell that it cuts.
        at: Vec<f64>,
    },
    /// A p-Laplacian that there are no finite differences for.
    #[error(
        "finite differences of a p-Laplacian are for p ≥ 2 on whole boxes with u given on all sides and without κ² or an \
         interface; here p is {exponent}{}",
        .obstacle.map(|what| format!(" and {what}")).unwrap_or_default()
    )]
    PLaplace {
        /// p.
        exponent: f64,
        /// What is in the way besides.
        obstacle: Option<&'static str>,
    },
    /// What u jumps by at an interface has no value at a node next to it: a charge lies there.
    #[error(
        "a charge lies on the node {at:?}, right at the interface on this grid, where its potential has no value; take a \
         finer grid, or one of another number of cells"
    )]
    LiftAtNode {
        /// The node.
        at: Vec<f64>,
    },
    /// ‖b‖ is beyond the largest number.
    #[error(
        "source and data are so large that the norm of the right-hand side is beyond double precision; measure u in a larger unit"
    )]
    TooLarge,
    /// No node of the grid is inside.
    #[error("no node of the grid is inside the domain; check its shapes, or take a finer grid")]
    NothingInside,
    /// No side holds u and the source does not add up to zero.
    #[error(
        "no side holds u and κ² is zero, so the source and the fluxes have to add up to zero; their mean is {mean:.3e} \
         of a largest value {largest:.3e}: change the source, give u on one side or, if they do add up, take more cells"
    )]
    Incompatible {
        /// The mean of the right-hand side.
        mean: f64,
        /// Its largest value.
        largest: f64,
    },
}

fn stated(formula: &Option<String>) -> String {
    formula.as_ref().map(|formula| format!(" ({formula})")).unwrap_or_default()
}

impl DiscreteError {
    /// The same with the formula of `problem` that it is about.
    pub(super) fn stated_by(mut self, problem: &dyn Problem) -> Self {
        if let Self::NotFinite { what, formula, .. } | Self::Sign { what, formula, .. } = &mut self {
            *formula = problem.stated(what);
        }
        self
    }
}
