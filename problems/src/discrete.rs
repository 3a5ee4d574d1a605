//! The second-order finite-difference system on a uniform grid of 1, 2 or 3 dimensions.
//!
//! At every unknown Σ_axes [c₋(u − u₋) + c₊(u − u₊)] + κ²g(u) = f with c = ε/h², ε at the middle of the
//! face between two nodes, the mean of both sides where it jumps there (LeVeque, *Finite Difference Methods*, 2007, ch. 2 and
//! 3). Unknowns are the
//! nodes that no Dirichlet side holds:
//!
//! - Dirichlet values stand on the boundary nodes, so that the residual of a field that carries them is
//!   that of the system with the boundary eliminated;
//! - on a Neumann side the ghost node beyond it is eliminated by the central difference of the flux g:
//!   u₋ = u₊ + 2hg/ε, c₋ = c₊, which leaves the term 2g/h on the right-hand side;
//! - on a Robin side, ε ∂u/∂n + au = g, the same elimination adds 2a/h to the diagonal;
//! - on shapes (`region`) nodes outside have the equation u = 0 and no neighbours, and at those next to a curved
//!   boundary the distance to it takes the place of h; where a flux is given on a shape, cells that its boundary cuts are
//!   balanced as they are (`cut_cells`);
//! - at an interface where ε jumps (`interface`) the equations next to it are those of immersed finite elements, in
//!   which neighbours along diagonals are coupled too;
//! - on a periodic axis the last node is the first one again and carries its value.
//!
//! Where no side and no κ² holds u, it is defined up to a constant: f has to be compatible, and the
//! solution is the one whose mean (the trapezoidal rule) is zero.
//!
//! Where the flux is ε|∇u|^{p−2}∇u, p > 2, the differences are those of a discrete energy (`p_laplace`).
//!
//! Times the volumes of cells, the system is the gradient of a convex function of the unknowns (see
//! [`crate::reaction`]), so that a nonlinear one has one solution too. Where a matrix A is spoken of, it is that of
//! the system linearised at u = 0, g′(0) = 1.

mod assemble;
mod at_points;
mod cut_cells;
mod diagonal;
mod error;
mod extend;
mod immersed;
mod interface;
mod p_laplace;
#[cfg(test)]
mod p_laplace_tests;
mod precision;
#[cfg(test)]
mod reaction_tests;
mod region;
mod residual;
mod shapes;
mod sides_of_box;
mod sides_of_faces;
mod simplex;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::{Condition, Field, Grid, Problem, Reaction, reduce};

pub use at_points::check_at;
pub use error::DiscreteError;
pub use interface::Coupling;
pub use p_laplace::PLaplace;
pub(crate) use p_laplace::obstacle;

/// Residuals within this factor of their floor are told from it with more care.
const FLOOR_LOOK: f64 = 1e3;

/// The coefficients of the system.
#[derive(Debug, Clone, PartialEq)]
pub enum Coefficients {
    /// ε and κ² are constants.
    Constant {
        /// ε/h² per axis.
        axes: Vec<f64>,
        /// κ².
        screening: f64,
    },
    /// One of them varies.
    Variable {
        /// Per axis and node: ε/h² at the face between a node and the next along that axis. What lies
        /// beyond the upper side is 0.
        faces: Vec<Vec<f64>>,
        /// κ² per node, and what shapes and Robin sides add to the diagonal; empty where it is zero everywhere.
        screening: Vec<f64>,
    },
}

/// The discrete system of a problem on a grid.
#[derive(Debug, Clone)]
pub struct Discrete {
    sides: Vec<[Condition; 2]>,
    coefficients: Coefficients,
    reaction: Reaction,
    /// Where p is not 2.
    p_laplace: Option<PLaplace>,
    largest_diagonal: f64,
    /// Without what shapes add.
    largest_regular: f64,
    /// ‖·‖₂ of what values on shapes add to the right-hand side.
    held_norm: f64,
    is_singular: bool,
    /// The mean that was taken out of the source of a singular system, over its largest value.
    imbalance: f64,
    /// κ² alone, where something else stands beside it; empty where it is zero.
    kappa2: Option<Vec<f64>>,
    /// Whether nodes are inside the region; `None` without shapes.
    inside: Option<Vec<bool>>,
    /// Nodes outside whose cells are partly inside, which makes them unknowns; ascending.
    ghosts: Vec<usize>,
    /// The shares of cells that are inside, where they are neither 0 nor 1, of a singular system; ascending.
    shares: Vec<(usize, f64)>,
    /// Couplings besides those of faces, by node and other node.
    couplings: Vec<Coupling>,
    source: Field,
    boundary: Option<Field>,
    rhs_norm: f64,
}

impl Discrete {
    /// Assembles the system of `problem` on `grid`.
    ///
    /// # Errors
    /// A dimension without a stencil, data that is not finite or has the wrong sign, with the point,
    /// or a singular system without a solution.
    pub fn new(problem: &dyn Problem, grid: &Grid) -> Result<Self, DiscreteError> {
        assemble::assemble(problem, grid).map_err(|error| error.stated_by(problem))
    }

    /// Its grid.
    pub fn grid(&self) -> &Grid {
        self.source.grid()
    }

    /// The condition on the lower and upper side per axis.
    pub fn sides(&self) -> &[[Condition; 2]] {
        &self.sides
    }

    /// Whether u is given on every side.
    pub fn is_dirichlet(&self) -> bool {
        self.sides.iter().flatten().all(|side| *side == Condition::Dirichlet)
    }

    /// The indices along `axis` of nodes that are unknowns.
    pub fn unknowns_along(&self, axis: usize) -> Range<usize> {
        let cells = self.grid().axes()[axis].cells;
        let [lower, upper] = self.sides[axis];
        let first = usize::from(lower == Condition::Dirichlet);
        first..if upper == Condition::Neumann { cells + 1 } else { cells }
    }

    /// The number of unknowns; on shapes nodes outside, whose equation is u = 0, are some too.
    pub fn unknowns(&self) -> usize {
        (0..self.grid().dimension()).map(|axis| self.unknowns_along(axis).len()).product()
    }

    /// The coefficients.
    pub fn coefficients(&self) -> &Coefficients {
        &self.coefficients
    }

    /// Whether `node` is inside the region, or on a side of the box that bounds it: all nodes without shapes.
    pub fn is_inside(&self, node: usize) -> bool {
        self.inside.as_ref().is_none_or(|inside| inside[node])
    }

    /// [`Discrete::is_inside`] for all nodes; `None` without shapes.
    pub fn inside(&self) -> Option<&[bool]> {
        self.inside.as_deref()
    }

    /// Writes `value` to all nodes outside the region.
    pub fn fill_outside(&self, values: &mut [f64], value: f64) {
        for (out, _) in values.iter_mut().zip(self.inside.iter().flatten()).filter(|(_, inside)| !**inside) {
            *out = value;
        }
    }

    /// Whether there are nodes outside that have values of their own: their cells are partly inside.
    pub fn has_ghosts(&self) -> bool {
        !self.ghosts.is_empty()
    }

    /// Whether `node` is inside, or outside with a cell that is partly inside: whether its equation is more than u = 0.
    pub fn is_active(&self, node: usize) -> bool {
        self.is_inside(node) || self.ghosts.binary_search(&node).is_ok()
    }

    /// Writes `value` to all nodes whose equation is u = 0.
    pub fn fill_inactive(&self, values: &mut [f64], value: f64) {
        let ghosts: Vec<f64> = self.ghosts.iter().map(|node| values[*node]).collect();
        self.fill_outside(values, value);
        self.ghosts.iter().zip(ghosts).for_each(|(node, ghost)| values[*node] = ghost);
    }

    /// Whether shapes or Robin sides add to the diagonal.
    pub fn is_held(&self) -> bool {
        self.kappa2.is_some()
    }

    /// κ² alone at `node`, without what shapes and Robin sides add to the diagonal.
    pub fn kappa2_at(&self, node: usize) -> f64 {
        match (&self.kappa2, &self.coefficients) {
            (Some(kappa2), _) => kappa2.get(node).copied().unwrap_or(0.0),
            (None, Coefficients::Constant { screening, .. }) => *screening,
            (None, Coefficients::Variable { screening, .. }) => screening.get(node).copied().unwrap_or(0.0),
        }
    }

    /// What shapes and Robin sides add to the diagonal at `node`.
    pub fn held_at(&self, node: usize) -> f64 {
        match (&self.kappa2, &self.coefficients) {
            (Some(kappa2), Coefficients::Variable { screening, .. }) => {
                screening[node] - kappa2.get(node).copied().unwrap_or(0.0)
            }
            _ => 0.0,
        }
    }

    /// ε/h² per axis, where ε and κ² are constant.
    pub fn constant_coefficients(&self) -> Option<(&[f64], f64)> {
        match &self.coefficients {
            Coefficients::Constant { axes, screening } => Some((axes, *screening)),
            Coefficients::Variable { .. } => None,
        }
    }

    /// Couplings besides those of faces, which there are next to interfaces, by node and other node. Where there are any,
    /// the matrix is not symmetric.
    pub fn couplings(&self) -> &[Coupling] {
        &self.couplings
    }

    /// Those in the equations of `nodes`.
    pub fn couplings_of(&self, nodes: Range<usize>) -> &[Coupling] {
        let start = self.couplings.partition_point(|coupling| coupling.node < nodes.start);
        let rest = &self.couplings[start..];
        &rest[..rest.partition_point(|coupling| coupling.node < nodes.end)]
    }

    /// g; linear where κ² is zero everywhere.
    pub fn reaction(&self) -> Reaction {
        self.reaction
    }

    /// The energy of the fluxes where they are those of a p-Laplacian; `None` where p is 2. Matrices and coefficients
    /// are those of p = 2.
    pub fn p_laplace(&self) -> Option<&PLaplace> {
        self.p_laplace.as_ref()
    }

    /// What residuals of a p-Laplacian with the fluxes of `flux` are measured by: ‖f‖₂, and the size of the fluxes between the
    /// values on sides.
    pub fn size_of(&self, flux: &PLaplace) -> f64 {
        let source = reduce::sum_of_squares(self.source.values()).sqrt();
        source + self.boundary.as_ref().map_or(0.0, |boundary| flux.norm_of(self, boundary.values()))
    }

    /// κ² at unknowns, 0 elsewhere.
    pub fn screening(&self) -> Field {
        let mut field = Field::zeros(self.grid());
        field.values_mut().iter_mut().enumerate().for_each(|(node, k)| *k = self.kappa2_at(node));
        self.keep_unknowns(&mut field);
        field
    }

    /// The largest entry of the diagonal of A, Σ (c₋ + c₊) + κ².
    pub fn largest_diagonal(&self) -> f64 {
        self.largest_diagonal
    }

    /// Whether u is defined up to a constant only.
    pub fn is_singular(&self) -> bool {
        self.is_singular
    }

    /// The mean that was taken out of the source of a singular system, over the source's largest value; 0 of others.
    pub fn imbalance(&self) -> f64 {
        self.imbalance
    }

    /// f and the terms of the fluxes at unknowns, 0 elsewhere.
    pub fn source(&self) -> &Field {
        &self.source
    }

    /// The Dirichlet values on boundary nodes, 0 elsewhere; `None` if all of them are zero.
    pub fn boundary(&self) -> Option<&Field> {
        self.boundary.as_ref()
    }

    /// The field that is zero at unknowns and carries the Dirichlet values.
    pub fn lift(&self) -> Field {
        self.boundary.clone().unwrap_or_else(|| Field::zeros(self.grid()))
    }

    /// ‖b‖₂ over unknowns, the right-hand side with the boundary eliminated: the residual of u = 0 inside. With a p-Laplacian,
    /// whose residual would be enormous next to sides there, ‖f‖₂ and the size of the fluxes between the values on sides.
    pub fn rhs_norm(&self) -> f64 {
        self.rhs_norm
    }

    /// ‖b − Au‖₂/‖b‖₂; the absolute norm if b = 0, which the driver divides by that of the start.
    pub fn relative_residual(&self, u: &[f64]) -> f64 {
        self.residual_squares(u).sqrt() / self.residual_scale()
    }

    /// The relative residual that rounding alone leaves at `u`, which has this ‖u‖₂: machine epsilon times
    /// ‖A‖∞‖u‖₂/‖b‖₂, with A the matrix at `u` where the fluxes are not linear. Next to shapes, where rows may be as large as
    /// the boundary is near, it is that of what u is compared with. Where coefficients vary, so that u may be small where they
    /// are large, and `residual` is within a factor 1000 of that, equation by equation: ‖2Du‖₂ instead, D the diagonal.
    pub fn residual_floor(&self, u: &[f64], norm: f64, residual: f64) -> f64 {
        let largest = self.p_laplace.as_ref().map_or(self.largest_regular, |flux| flux.largest_diagonal(u));
        let unit = f64::EPSILON / self.residual_scale();
        let most = unit * (2.0 * largest * norm + self.held_norm);
        let varies = matches!(self.coefficients, Coefficients::Variable { .. }) && self.p_laplace.is_none();
        if varies && residual <= FLOOR_LOOK * most {
            most.min(unit * (self.size_of_terms(u) + self.held_norm))
        } else {
            most
        }
    }

    fn residual_scale(&self) -> f64 {
        if self.rhs_norm > 0.0 { self.rhs_norm } else { 1.0 }
    }

    /// Flops of one ω-Jacobi sweep, the work unit. Per unknown and axis an addition, a product and an
    /// addition, or two products and two additions where coefficients vary; then ω/diagonal, (1 − ω)u and
    /// their sum.
    pub fn sweep_flops(&self) -> f64 {
        let axis = if self.constant_coefficients().is_some() { 3 } else { 4 };
        ((axis * self.grid().dimension() + 3) * self.unknowns()) as f64
    }
}
