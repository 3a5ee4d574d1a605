//! A problem whose functions are formulas.

use toml::{Table, Value};

use super::equation;
use crate::{Coefficient, Domain, Points, Problem, Reaction, Spec, expression::Program, geometry::Region};

/// A formula ready to be evaluated, and the words that state it.
#[derive(Debug)]
pub(super) struct Term {
    pub constant: Option<f64>,
    pub program: Program,
    pub stated: String,
}

/// What a file says besides formulas.
#[derive(Debug)]
pub(super) struct About {
    pub spec: Spec,
    /// The file with the parameters as they are set.
    pub text: String,
    pub title: String,
    pub wave_number: Option<f64>,
    pub published: Table,
}

/// A problem that a file states.
#[derive(Debug)]
pub(super) struct FileProblem {
    pub about: About,
    pub domain: Domain,
    pub epsilon: Term,
    /// p.
    pub exponent: f64,
    pub kappa2: Term,
    pub reaction: Reaction,
    pub source: Term,
    pub boundary: Term,
    /// Per axis, lower and upper.
    pub fluxes: Vec<[Term; 2]>,
    /// The coefficient a of Robin sides.
    pub robin: Vec<[Option<Term>; 2]>,
    /// On the shapes.
    pub shapes: Vec<ShapeData>,
    /// Where ε jumps.
    pub interface: Option<Region>,
    pub exact: Option<Term>,
}

/// What holds on the boundary of a shape.
#[derive(Debug)]
pub(super) struct ShapeData {
    /// u; or ε ∂u/∂n + au, a formula of coordinates and components of the normal.
    pub value: Term,
    /// a, where it is given.
    pub robin: Option<Term>,
}

impl Term {
    fn coefficient(&self) -> Coefficient {
        self.constant.map_or(Coefficient::Variable, Coefficient::Constant)
    }

    fn evaluate(&self, points: Points<'_>, out: &mut [f64]) {
        self.program.evaluate(points, out);
    }
}

/// What states several terms, each once.
fn joined<'t>(terms: impl Iterator<Item = &'t Term>) -> String {
    let mut stated: Vec<&str> = terms.map(|term| term.stated.as_str()).collect();
    stated.dedup();
    stated.join(" or ")
}

impl Problem for FileProblem {
    fn spec(&self) -> Spec {
        self.about.spec.clone()
    }

    fn title(&self) -> String {
        self.about.title.clone()
    }

    fn domain(&self) -> &Domain {
        &self.domain
    }

    fn permittivity(&self) -> Coefficient {
        self.epsilon.coefficient()
    }

    fn permittivity_at(&self, points: Points<'_>, out: &mut [f64]) {
        self.epsilon.evaluate(points, out);
    }

    fn exponent(&self) -> f64 {
        self.exponent
    }

    fn screening(&self) -> Coefficient {
        self.kappa2.coefficient()
    }

    fn screening_at(&self, points: Points<'_>, out: &mut [f64]) {
        self.kappa2.evaluate(points, out);
    }

    fn reaction(&self) -> Reaction {
        self.reaction
    }

    fn source(&self, points: Points<'_>, out: &mut [f64]) {
        self.source.evaluate(points, out);
    }

    fn boundary(&self, points: Points<'_>, out: &mut [f64]) {
        self.boundary.evaluate(points, out);
    }

    fn flux(&self, axis: usize, upper: bool, points: Points<'_>, out: &mut [f64]) {
        self.fluxes[axis][usize::from(upper)].evaluate(points, out);
    }

    fn robin(&self, axis: usize, upper: bool, points: Points<'_>, out: &mut [f64]) -> bool {
        match &self.robin[axis][usize::from(upper)] {
            Some(coefficient) => coefficient.evaluate(points, out),
            None => return false,
        }
        true
    }

    fn shape_boundary(&self, part: usize, points: Points<'_>, out: &mut [f64]) {
        self.shapes[part].value.evaluate(points, out);
    }

    fn shape_flux(&self, part: usize, points: Points<'_>, normals: &[f64], out: &mut [f64]) {
        let d = points.dimension();
        let both = equation::with_normals(points.coordinates(), normals, d);
        self.shapes[part].value.evaluate(Points::new(&both, 2 * d), out);
    }

    fn shape_robin(&self, part: usize, points: Points<'_>, out: &mut [f64]) -> bool {
        match &self.shapes[part].robin {
            Some(coefficient) => coefficient.evaluate(points, out),
            None => return false,
        }
        true
    }

    fn interface(&self) -> Option<&Region> {
        self.interface.as_ref()
    }

    fn exact(&self, points: Points<'_>, out: &mut [f64]) -> bool {
        match &self.exact {
            Some(exact) => exact.evaluate(points, out),
            None => return false,
        }
        true
    }

    fn wave_number(&self) -> Option<f64> {
        self.about.wave_number
    }

    fn published(&self, solver: &str) -> Table {
        self.about.published.get(solver).and_then(Value::as_table).cloned().unwrap_or_default()
    }

    fn stated(&self, what: &str) -> Option<String> {
        let term = match what {
            "source" => &self.source,
            "permittivity" => &self.epsilon,
            "screening" => &self.kappa2,
            "exact solution" => self.exact.as_ref()?,
            "boundary value" => &self.boundary,
            "value on a shape" | "flux on a shape" => {
                return Some(joined(self.shapes.iter().map(|shape| &shape.value)));
            }
            "coefficient of a Robin shape" => {
                return Some(joined(self.shapes.iter().filter_map(|shape| shape.robin.as_ref())));
            }
            "coefficient of a Robin side" => return Some(joined(self.robin.iter().flatten().flatten())),
            _ => return None,
        };
        Some(term.stated.clone())
    }

    fn to_file(&self) -> Result<String, &'static str> {
        Ok(self.about.text.clone())
    }
}
