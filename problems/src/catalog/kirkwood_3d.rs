//! A charge off the centre of a sphere in water (Kirkwood, *J. Chem. Phys.* 2 (1934) 351).
//!
//! With Legendre polynomials about the axis through the charge, a the radius and r₀ the distance of the charge from the
//! centre, inside
//!
//! φ = l_B z Σ_n (r₀ r)ⁿ/a²ⁿ⁺¹ (n+1)(ε_p − ε_s)/(ε_p[(n+1)ε_s + nε_p]) P_n(cos θ),
//!
//! and outside u = l_B z Σ_n (2n+1)/((n+1)ε_s + nε_p) r₀ⁿ/rⁿ⁺¹ P_n(cos θ).

use std::sync::Arc;

use super::{Entry, Make, solvents};
use crate::{
    Parameter, Problem, Settings, Spec, SpecError,
    solvation::{Charge, Molecule, Solvation, Sphere},
};

pub(super) const ENTRY: Entry = Entry {
    name: "kirkwood-3d",
    summary: "Kirkwood's sphere in water: a charge off its centre, and its free energy of solvation",
    parameters: &[
        Parameter { key: "charge", default: "1", unit: "e", help: "the charge z" },
        Parameter { key: "offset", default: "1", unit: "Å", help: "its distance from the centre, along x" },
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
    let offset = settings.number("offset", "not negative", |r| r >= 0.0 && r.is_finite())?;
    let (solvation, side) = solvents::read(settings, vec![Charge { at: [offset, 0.0, 0.0], z }])?;
    if offset >= solvation.spheres[0].radius {
        return Err(settings.bad("offset", "less than the radius: the charge has to be inside"));
    }
    let title = format!(
        "A charge of {z} e, {offset} Å off the centre of a sphere of radius {} Å, ε = {} in a solvent of ε = {}: reaction \
         potential in kT/e",
        solvation.spheres[0].radius, solvation.eps_in, solvation.eps_out
    );
    let spec = Spec::new(ENTRY.name).with("charge", z).with("offset", offset);
    let spec = solvents::spec(spec, &solvation, side);
    let bounds = [[-0.5 * side, 0.5 * side]; 3];
    let known = (solvation.ionic_strength == 0.0).then_some(exact as fn(&Solvation, &[f64]) -> f64);
    // Invariant: the radius is positive.
    Ok(Arc::new(Molecule::new(spec, title, solvation, &bounds, known).expect("a sphere")))
}

/// Terms that are this small a share of the first are left out.
const SMALL: f64 = 1e-17;

/// φ inside and u outside in kT/e, without salt.
fn exact(solvation: &Solvation, x: &[f64]) -> f64 {
    let (Sphere { radius: a, .. }, Charge { at, z }) = (solvation.spheres[0], solvation.charges[0]);
    let Solvation { eps_in, eps_out, .. } = *solvation;
    let (offset, r) = (at[0], x.iter().map(|x| x * x).sum::<f64>().sqrt());
    let cosine = if r > 0.0 { x[0] / r } else { 1.0 };
    let is_inside = r < a;
    let ratio = if is_inside { offset * r / (a * a) } else { offset / r };
    // P_n by its recurrence, Pₙ₊₁ = ((2n+1) c Pₙ − n Pₙ₋₁)/(n+1).
    let (mut before, mut legendre, mut power, mut sum) = (0.0, 1.0, 1.0, 0.0);
    let mut n = 0.0;
    while power > SMALL {
        let scale = (n + 1.0) * eps_out + n * eps_in;
        let factor = if is_inside {
            (n + 1.0) * (eps_in - eps_out) / (eps_in * scale)
        } else {
            (2.0 * n + 1.0) / scale
        };
        sum += power * factor * legendre;
        let next = ((2.0 * n + 1.0) * cosine * legendre - n * before) / (n + 1.0);
        (before, legendre) = (legendre, next);
        power *= ratio;
        n += 1.0;
    }
    let l = z * solvation.bjerrum();
    if is_inside { l / a * sum } else { l / r * sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energies_are_those_of_kirkwoods_series() {
        for (offset, energy) in [(1, -256.999_347), (2, -410.120_487)] {
            let problem =
                crate::catalog::build(&format!("kirkwood-3d,offset={offset}").parse().unwrap()).unwrap();
            let solvation = problem.solvation().unwrap();
            let own = 0.5 * exact(solvation, &solvation.charges[0].at) * solvation.thermal();
            assert!((own - energy).abs() < 1e-8 * energy.abs(), "{offset} Å: {own}");
        }
    }

    /// φ + G goes on as u across the surface.
    #[test]
    fn both_series_agree_on_the_surface() {
        let problem = crate::catalog::build(&"kirkwood-3d,offset=2".parse().unwrap()).unwrap();
        let solvation = problem.solvation().unwrap();
        for direction in [[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [-0.6, 0.0, 0.8]] {
            let [inside, outside] =
                [3.0 - 1e-9, 3.0 + 1e-9].map(|r| exact(solvation, &direction.map(|d: f64| r * d)));
            let whole = inside + solvation.coulomb(&direction.map(|d: f64| 3.0 * d));
            assert!((whole - outside).abs() < 1e-5, "{whole} and {outside}");
        }
    }
}
