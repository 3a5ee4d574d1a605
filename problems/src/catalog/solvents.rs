//! Parameters that problems of solvation share.

use crate::{
    Parameter, Settings, Spec, SpecError,
    solvation::{Charge, Solvation, Sphere},
};

pub(super) const RADIUS: Parameter =
    Parameter { key: "radius", default: "3", unit: "Å", help: "radius of the sphere" };
pub(super) const EPS_IN: Parameter =
    Parameter { key: "eps_in", default: "1", unit: "", help: "relative permittivity inside" };
pub(super) const EPS_OUT: Parameter =
    Parameter { key: "eps_out", default: "78.54", unit: "", help: "relative permittivity of the solvent" };
pub(super) const IONIC_STRENGTH: Parameter =
    Parameter { key: "ionic_strength", default: "0", unit: "mol/L", help: "ionic strength of the solvent" };
pub(super) const TEMPERATURE: Parameter =
    Parameter { key: "temperature", default: "298.15", unit: "K", help: "temperature" };
pub(super) const STERN: Parameter =
    Parameter { key: "stern", default: "0", unit: "Å", help: "width of the layer that ions stay out of" };
pub(super) const SIDE: Parameter =
    Parameter { key: "side", default: "24", unit: "Å", help: "side of the box, a cube about the centre" };

/// One sphere about the origin with these charges, and the side of the box.
pub(super) fn read(settings: &Settings<'_>, charges: Vec<Charge>) -> Result<(Solvation, f64), SpecError> {
    let positive = |key: &str| settings.number(key, "positive", |x| x > 0.0 && x.is_finite());
    let not_negative = |key: &str| settings.number(key, "not negative", |x| x >= 0.0 && x.is_finite());
    let radius = positive("radius")?;
    let side = positive("side")?;
    if side <= 2.0 * radius {
        return Err(settings.bad("side", "more than the diameter of the sphere"));
    }
    let solvation = Solvation {
        spheres: vec![Sphere { centre: [0.0; 3], radius }],
        charges,
        eps_in: positive("eps_in")?,
        eps_out: positive("eps_out")?,
        ionic_strength: not_negative("ionic_strength")?,
        temperature: positive("temperature")?,
        stern: not_negative("stern")?,
    };
    Ok((solvation, side))
}

/// `spec` with these parameters.
pub(super) fn spec(spec: Spec, solvation: &Solvation, side: f64) -> Spec {
    let Solvation { eps_in, eps_out, ionic_strength, temperature, stern, .. } = *solvation;
    spec.with("radius", solvation.spheres[0].radius)
        .with("eps_in", eps_in)
        .with("eps_out", eps_out)
        .with("ionic_strength", ionic_strength)
        .with("temperature", temperature)
        .with("stern", stern)
        .with("side", side)
}
