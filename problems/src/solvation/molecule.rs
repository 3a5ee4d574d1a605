//! The potential of a molecule as a problem: the reaction potential inside, the whole outside.

use toml::{Table, Value};

use super::Solvation;
use crate::{
    Coefficient, Domain, Points, Problem, Spec,
    geometry::{Region, Shape, ShapeError},
};

/// −∇·(ε∇u) + ε_sκ²u = 0 in a box around a molecule, u + G inside going on as u outside.
#[derive(Debug)]
pub struct Molecule {
    about: About,
    solvation: Solvation,
    domain: Domain,
    surface: Region,
    is_known: bool,
}

/// What a problem of solvation is called, and the file that states it.
#[derive(Debug)]
pub(crate) struct About {
    pub spec: Spec,
    pub title: String,
    pub file: String,
    /// A table a solver.
    pub published: Table,
}

impl Molecule {
    /// In the box `bounds`.
    ///
    /// # Errors
    /// A sphere without a radius.
    pub(crate) fn new(
        about: About,
        solvation: Solvation,
        bounds: &[[f64; 2]; 3],
    ) -> Result<Self, ShapeError> {
        let ball = |(number, sphere): (usize, &super::Sphere)| {
            Ok((format!("s{number}"), Shape::ball(&sphere.centre, sphere.radius)?))
        };
        let shapes = solvation.spheres.iter().enumerate().map(ball).collect::<Result<_, _>>()?;
        let is_known = solvation.is_known();
        Ok(Self {
            about,
            solvation,
            domain: Domain::dirichlet(bounds),
            surface: Region::union(shapes),
            is_known,
        })
    }

    fn screening_outside(&self) -> f64 {
        self.solvation.solvent.eps_out * self.solvation.kappa().powi(2)
    }

    fn screening_of(&self, x: &[f64]) -> f64 {
        let is_free = self.surface.signed_distance(x) > self.solvation.solvent.stern;
        if is_free { self.screening_outside() } else { 0.0 }
    }
}

impl Problem for Molecule {
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
        Coefficient::Variable
    }

    fn permittivity_at(&self, points: Points<'_>, out: &mut [f64]) {
        let solvent = self.solvation.solvent;
        points.evaluate(out, |x| if self.surface.contains(x) { solvent.eps_in } else { solvent.eps_out });
    }

    fn screening(&self) -> Coefficient {
        if self.screening_outside() > 0.0 { Coefficient::Variable } else { Coefficient::Constant(0.0) }
    }

    fn screening_at(&self, points: Points<'_>, out: &mut [f64]) {
        if self.screening_outside() > 0.0 {
            points.evaluate(out, |x| self.screening_of(x));
        } else {
            out.fill(0.0);
        }
    }

    fn source(&self, _points: Points<'_>, out: &mut [f64]) {
        out.fill(0.0);
    }

    fn boundary(&self, points: Points<'_>, out: &mut [f64]) {
        // Invariant: of a molecule whose potential is known it is known everywhere.
        points.evaluate(out, |x| match self.is_known {
            true => self.solvation.exact(x).expect("a known potential"),
            false => self.solvation.debye_hueckel(x),
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
        if self.is_known {
            // Invariant: as in `boundary`.
            points.evaluate(out, |x| self.solvation.exact(x).expect("a known potential"));
        }
        self.is_known
    }

    fn wave_number(&self) -> Option<f64> {
        None
    }

    fn published(&self, solver: &str) -> Table {
        self.about.published.get(solver).and_then(Value::as_table).cloned().unwrap_or_default()
    }

    fn to_file(&self) -> Result<String, &'static str> {
        Ok(self.about.file.clone())
    }
}
