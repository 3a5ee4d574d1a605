//! Dirichlet data built into the trial function: u = G + ωN.
//!
//! ω vanishes on every part of the boundary where u is given and is positive inside, N is the network, and the lift G
//! carries the data. On a box ([`sides`]) both are polynomials. Where shapes are cut out, every piece i of their boundaries
//! has a function ωᵢ that vanishes on it and nowhere else ([`modewise_problems::geometry::Piece`]), and so have all sides
//! of the box together; then
//!
//! ```text
//! ω = ∏ ωᵢ,      G = Σ gᵢ ∏_{j≠i} ωⱼ / Σ ∏_{j≠i} ωⱼ
//! ```
//!
//! with gᵢ the data of piece i carried inside along [`modewise_problems::geometry::Piece::foot`]. G is gᵢ on piece i:
//! transfinite interpolation with weights 1/ωᵢ (Rvachev, Sheiko, Shapiro and Tsukanov, *Comput. Mech.* 25 (2000) 305). With
//! distances fᵢ that are normalised, ωᵢ = fᵢ/(fᵢ + ℓᵢ), which is one far from the piece; about a disc of radius R with
//! ℓ = R/2 it is 1 − R²/r². Derivatives of G and ω are exact but for those of data that are formulas, which are
//! differences of fourth order. Where pieces meet, second derivatives of G may be infinite like those of u.

mod lift;
mod shapes;
mod sides;

use modewise_problems::{
    MOST_AXES, Problem,
    geometry::{JET_AXES, Jet},
};

use self::{shapes::Shapes, sides::Sides};
use crate::Unsupported;

/// Value, gradient and Laplacian of a function at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Local {
    pub value: f64,
    pub gradient: [f64; MOST_AXES],
    pub laplacian: f64,
}

impl Local {
    /// The same everywhere.
    pub const fn constant(value: f64) -> Self {
        Self { value, gradient: [0.0; MOST_AXES], laplacian: 0.0 }
    }

    fn jet(&self) -> Jet {
        let mut jet = Jet::constant(self.value);
        jet.gradient.copy_from_slice(&self.gradient[..JET_AXES]);
        jet.laplacian = self.laplacian;
        jet
    }
}

impl From<Jet> for Local {
    fn from(jet: Jet) -> Self {
        let mut local = Self { laplacian: jet.laplacian, ..Self::constant(jet.value) };
        local.gradient[..JET_AXES].copy_from_slice(&jet.gradient);
        local
    }
}

/// G and ω at a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Built {
    pub lift: Local,
    pub factor: Local,
}

/// What is asked of data at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Value,
    Derivatives,
}

/// G and ω on a domain.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    sides: Sides,
    shapes: Option<Shapes>,
}

/// Why data cannot be built in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NotBuilt(String);

impl NotBuilt {
    /// What `solver` says of it.
    pub fn of(self, solver: &str) -> Unsupported {
        let reason = format!("boundary=exact cannot build in the data: {}", self.0);
        Unsupported { solver: solver.into(), reason, advice: "use boundary=penalty".into() }
    }
}

impl Trial {
    /// The trial functions of `problem`.
    ///
    /// # Errors
    /// Data or shapes that no G and ω are known for.
    pub fn new(problem: &dyn Problem) -> Result<Self, NotBuilt> {
        let sides = Sides::new(problem)?;
        let shapes = problem.domain().region_of_values();
        let shapes = shapes.map(|region| Shapes::new(problem, region)).transpose()?;
        Ok(Self { sides, shapes })
    }

    /// G and ω with their derivatives at a point inside.
    pub fn at(&self, problem: &dyn Problem, x: &[f64]) -> Built {
        self.look(problem, x, Ask::Derivatives)
    }

    fn look(&self, problem: &dyn Problem, x: &[f64], ask: Ask) -> Built {
        let side = |lift| Built { lift, factor: self.sides.factor(x) };
        match &self.shapes {
            None => side(self.sides.lift(problem, x, ask)),
            Some(shapes) => {
                let side = self.sides.is_any_given().then(|| side(self.sides.lift(problem, x, ask)));
                shapes.join(problem, x, ask, side)
            }
        }
    }

    /// u = G + ωN for a value of the network.
    pub fn value(&self, problem: &dyn Problem, x: &[f64], network: f64) -> f64 {
        let Built { lift, factor } = self.look(problem, x, Ask::Value);
        lift.value + factor.value * network
    }
}
