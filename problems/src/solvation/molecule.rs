//! The potential of a molecule as a problem: the reaction potential inside, the whole outside.

use super::Solvation;
use crate::{
    Coefficient, Domain, Points, Problem, Spec,
    geometry::{Region, Shape},
};

/// The exact solution, where it is known.
pub(crate) type Exact = fn(&Solvation, &[f64]) -> f64;

/// −∇·(ε∇u) + ε_sκ²u = 0 in a box around a molecule, u + G inside going on as u outside.
#[derive(Debug)]
pub struct Molecule {
    spec: Spec,
    title: String,
    solvation: Solvation,
    domain: Domain,
    surface: Region,
    exact: Option<Exact>,
}

impl Molecule {
    /// In the cube of this side around the origin, or `bounds`; with the exact solution, if it is known. `None` where a sphere has no
    /// radius, or there is none.
    pub(crate) fn new(
        spec: Spec,
        title: String,
        solvation: Solvation,
        bounds: &[[f64; 2]; 3],
        exact: Option<Exact>,
    ) -> Option<Self> {
        let mut shapes = Vec::new();
        for (number, sphere) in solvation.spheres.iter().enumerate() {
            shapes.push((format!("s{number}"), Shape::ball(&sphere.centre, sphere.radius).ok()?));
        }
        let names: Vec<String> = shapes.iter().map(|(name, _)| name.clone()).collect();
        let surface = Region::new(shapes, &names.join(" | ")).ok()?;
        Some(Self { spec, title, solvation, domain: Domain::dirichlet(bounds), surface, exact })
    }

    fn screening_outside(&self) -> f64 {
        self.solvation.eps_out * self.solvation.kappa().powi(2)
    }

    fn screening_of(&self, x: &[f64]) -> f64 {
        if self.solvation.distance(x) > self.solvation.stern { self.screening_outside() } else { 0.0 }
    }
}

impl Problem for Molecule {
    fn spec(&self) -> Spec {
        self.spec.clone()
    }

    fn title(&self) -> String {
        self.title.clone()
    }

    fn domain(&self) -> &Domain {
        &self.domain
    }

    fn permittivity(&self) -> Coefficient {
        Coefficient::Variable
    }

    fn permittivity_at(&self, points: Points<'_>, out: &mut [f64]) {
        let Solvation { eps_in, eps_out, .. } = self.solvation;
        points.evaluate(out, |x| if self.solvation.distance(x) < 0.0 { eps_in } else { eps_out });
    }

    fn screening(&self) -> Coefficient {
        if self.screening_outside() > 0.0 { Coefficient::Variable } else { Coefficient::Constant(0.0) }
    }

    fn screening_at(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| self.screening_of(x));
    }

    fn source(&self, _points: Points<'_>, out: &mut [f64]) {
        out.fill(0.0);
    }

    fn boundary(&self, points: Points<'_>, out: &mut [f64]) {
        points.evaluate(out, |x| match self.exact {
            Some(exact) => exact(&self.solvation, x),
            None => self.solvation.debye_hueckel(x),
        });
    }

    fn interface(&self) -> Option<&Region> {
        Some(&self.surface)
    }

    fn interface_lift(&self, points: Points<'_>, out: &mut [f64]) -> bool {
        points.evaluate(out, |x| self.solvation.coulomb(x));
        true
    }

    fn solvation(&self) -> Option<&Solvation> {
        Some(&self.solvation)
    }

    fn exact(&self, points: Points<'_>, out: &mut [f64]) -> bool {
        let Some(exact) = self.exact else { return false };
        points.evaluate(out, |x| exact(&self.solvation, x));
        true
    }

    fn wave_number(&self) -> Option<f64> {
        None
    }

    fn to_file(&self) -> Result<String, &'static str> {
        Err("a part of its solution is split off, which no formula of a file states")
    }
}
