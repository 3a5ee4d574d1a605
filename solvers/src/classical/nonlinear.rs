//! What makes a system nonlinear: the reaction Wg(u) beside its linear part, Lu + Wg(u) = f.
//!
//! L is the matrix of the fluxes alone and W = κ², or κ² times volumes where equations are. In a linear system κ²
//! stays in the matrix and there is no reaction left.
//!
//! Times volumes the system is the gradient of E(u) = ½uᵀLu + Σ WG(u) − fᵀu, G′ = g, which is convex: a step that does
//! not make E smaller goes too far, whatever its residual looks like (`energy`).

mod energy;
mod rows;
mod scalar;

use modewise_problems::{Discrete, Reaction};

use super::{
    layout::Layout,
    operator::{Constant, Operator, Rows, Variable, scale_by_volumes},
    sweep::{
        colours::{self, Order, Workspace},
        pass::{self, Formula},
    },
};
use crate::memory::Buffer;
pub(crate) use energy::{At, longest};
use rows::Reactive;

/// Flops that g and g′ at a node are counted as: an exponential and what is made of it.
pub(crate) const REACTION_FLOPS: f64 = 20.0;

/// Wg of a system.
#[derive(Debug)]
pub(crate) struct Term {
    pub reaction: Reaction,
    /// W in the layout of the unknowns, 0 outside of them; empty in a linear system.
    pub weights: Buffer<f64>,
}

/// The matrix beside the reaction: of the fluxes alone, of a linear system with κ². Its equations are times volumes
/// if `symmetric`, else as they are for the coefficients.
pub(crate) fn linear_part(discrete: &Discrete, symmetric: bool) -> Operator<f64> {
    let is_linear = discrete.reaction() == Reaction::Linear;
    match discrete.constant_coefficients().filter(|_| !symmetric) {
        Some((axes, screening)) => {
            let screening = if is_linear { screening } else { 0.0 };
            Operator::Constant(Constant::new(Layout::of(discrete), axes, screening))
        }
        None if is_linear => Operator::Variable(Variable::of(discrete)),
        None => Operator::Variable(Variable::of_fluxes(discrete)),
    }
}

impl Term {
    /// The reaction of `discrete` beside `operator`, its [`linear_part`].
    pub fn of(discrete: &Discrete, operator: &Operator<f64>) -> Self {
        let (layout, reaction) = (operator.layout(), discrete.reaction());
        if reaction == Reaction::Linear {
            return Self { reaction, weights: Buffer::zeroed(0) };
        }
        let mut weights = Buffer::zeroed(layout.len());
        layout.load(discrete.grid(), discrete.screening().values(), &mut weights);
        if !operator.is_per_volume() {
            scale_by_volumes(layout, &mut weights);
        }
        Self { reaction, weights }
    }

    /// That of a coarser level, whose W `restrict` makes of those here.
    pub fn coarser(&self, coarse: &Layout, restrict: impl FnOnce(&[f64], &mut [f64])) -> Self {
        if self.is_linear() {
            return Self { reaction: self.reaction, weights: Buffer::zeroed(0) };
        }
        let mut weights = Buffer::zeroed(coarse.len());
        restrict(&self.weights, &mut weights);
        Self { reaction: self.reaction, weights }
    }

    /// Whether there is none.
    pub fn is_linear(&self) -> bool {
        self.reaction == Reaction::Linear
    }

    /// Writes `formula` of u and f for the whole system to `out`, whose outer values along rows are sealed.
    pub fn apply(
        &self,
        operator: &Operator<f64>,
        formula: Formula<f64>,
        u: &[f64],
        f: &[f64],
        out: &mut [f64],
    ) {
        if self.is_linear() {
            return pass::apply(operator, formula, u, f, out);
        }
        match operator {
            Operator::Constant(rows) => pass::apply_rows(&self.beside(rows), formula, u, f, out),
            Operator::Variable(rows) => pass::apply_rows(&self.beside(rows), formula, u, f, out),
            Operator::Boxes(rows) => pass::apply_rows(&self.beside(rows), formula, u, f, out),
        }
    }

    /// One red-black sweep of Gauss–Seidel for the whole system in place; not for box stencils, which couple places of
    /// one colour.
    pub fn sweep(
        &self,
        operator: &Operator<f64>,
        order: Order,
        u: &mut [f64],
        f: &[f64],
        work: &mut Workspace<f64>,
    ) {
        if self.is_linear() {
            return colours::sweep(operator, order, None, u, f, work);
        }
        match operator {
            Operator::Constant(rows) => colours::sweep_rows(&self.beside(rows), order, None, u, f, work),
            Operator::Variable(rows) => colours::sweep_rows(&self.beside(rows), order, None, u, f, work),
            Operator::Boxes(rows) => colours::sweep_rows(&self.beside(rows), order, None, u, f, work),
        }
    }

    /// Wg′ for a u at `place`.
    #[inline]
    pub fn slope(&self, place: usize, u: f64) -> f64 {
        match self.weights.get(place) {
            // No infinity where there is no reaction, whatever u is.
            Some(weight) if *weight > 0.0 => weight * self.reaction.slope(u),
            _ => 0.0,
        }
    }

    /// Flops of g at `count` places; none in a linear system.
    pub fn flops(&self, count: f64) -> f64 {
        if self.is_linear() { 0.0 } else { REACTION_FLOPS * count }
    }

    fn beside<'s, R: Rows<f64>>(&'s self, linear: &'s R) -> Reactive<'s, R> {
        Reactive { linear, weights: &self.weights, reaction: self.reaction }
    }
}
