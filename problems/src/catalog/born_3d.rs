//! An ion in water: Born's, with salt and a Stern layer if wanted.
//!
//! A charge z at the centre of a sphere of radius a. Without salt the free energy of solvation is
//! (z²K/2a)(1/ε_s − 1/ε_p), K = N_A e²/(4πε₀) (Born, *Z. Phys.* 1 (1920) 45); salt adds −(z²K/2ε_s) κ/(1 + κb), b the
//! radius of a and the Stern layer together (Debye, Hückel, *Phys. Z.* 24 (1923) 185).

use std::sync::Arc;

use super::{Entry, Make, solvents};
use crate::{
    Parameter, Problem, Settings, Spec, SpecError,
    solvation::{Charge, Molecule, Solvation, Sphere},
};

pub(super) const ENTRY: Entry = Entry {
    name: "born-3d",
    summary: "Born's ion in water: the reaction potential of a charge in a sphere, and its free energy of solvation",
    parameters: &[
        Parameter { key: "charge", default: "1", unit: "e", help: "the charge z of the ion" },
        solvents::RADIUS,
        solvents::EPS_IN,
        solvents::EPS_OUT,
        solvents::IONIC_STRENGTH,
        solvents::TEMPERATURE,
        solvents::STERN,
        solvents::SIDE,
    ],
    make: Make::Program(build),
};

fn build(settings: &Settings<'_>) -> Result<Arc<dyn Problem>, SpecError> {
    let z = settings.number("charge", "a finite number", f64::is_finite)?;
    let (solvation, side) = solvents::read(settings, vec![Charge { at: [0.0; 3], z }])?;
    let title = format!(
        "An ion of charge {z} e and radius {} Å, ε = {} in a solvent of ε = {}: reaction potential in kT/e",
        solvation.spheres[0].radius, solvation.eps_in, solvation.eps_out
    );
    let spec = solvents::spec(Spec::new(ENTRY.name).with("charge", z), &solvation, side);
    let bounds = [[-0.5 * side, 0.5 * side]; 3];
    // Invariant: the radius is positive.
    Ok(Arc::new(Molecule::new(spec, title, solvation, &bounds, Some(exact)).expect("a sphere")))
}

/// In kT/e: φ, constant, inside; Coulomb's u with ε_s within the Stern layer, screened beyond it.
fn exact(solvation: &Solvation, x: &[f64]) -> f64 {
    let (Sphere { radius, .. }, Charge { z, .. }) = (solvation.spheres[0], solvation.charges[0]);
    let Solvation { eps_in, eps_out, .. } = *solvation;
    let (kappa, b, l) = (solvation.kappa(), radius + solvation.stern, z * solvation.bjerrum());
    let r = x.iter().map(|x| x * x).sum::<f64>().sqrt();
    if r > b {
        return l * (-kappa * (r - b)).exp() / (eps_out * (1.0 + kappa * b) * r);
    }
    let ions = -l * kappa / (eps_out * (1.0 + kappa * b));
    if r >= radius { ions + l / (eps_out * r) } else { ions + l / radius * (1.0 / eps_out - 1.0 / eps_in) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half the charge times φ at the centre is the energy of problems with trusted answers.
    #[test]
    fn energies_are_those_of_born_and_of_debye_and_hueckel() {
        for (spec, energy) in [
            ("born-3d", -228.610_801),
            ("born-3d,ionic_strength=0.1", -228.610_801 - 0.700_736),
            ("born-3d,ionic_strength=0.1,stern=2", -228.610_801 - 0.604_891),
        ] {
            let problem = crate::catalog::build(&spec.parse().unwrap()).unwrap();
            let solvation = problem.solvation().unwrap();
            let own = 0.5 * exact(solvation, &[0.0; 3]) * solvation.thermal();
            assert!((own - energy).abs() < 2e-6 * energy.abs(), "{spec}: {own}");
        }
    }
}
