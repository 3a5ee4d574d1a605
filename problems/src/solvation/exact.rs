//! Potentials that are known: those of charges in one sphere.
//!
//! A charge z at the centre of a sphere of radius a (Born, *Z. Phys.* 1 (1920) 45) in salt water (Debye, Hückel, *Phys. Z.* 24
//! (1923) 185): with b the radius of sphere and Stern layer together, u = l_B z e^{−κ(r − b)}/(ε_s (1 + κb) r) where ions are,
//! Coulomb's potential in ε_s up to a constant within the Stern layer, and a constant φ inside. The free energy is
//! (z²K/2a)(1/ε_s − 1/ε_p) − (z²K/2ε_s) κ/(1 + κb), K = N_A e²/(4πε₀).
//!
//! A charge off the centre (Kirkwood, *J. Chem. Phys.* 2 (1934) 351), without salt: with Legendre polynomials about the axis
//! through the charge and r₀ its distance from the centre, inside
//!
//! φ = l_B z Σ_n (r₀ r)ⁿ/a²ⁿ⁺¹ (n+1)(ε_p − ε_s)/(ε_p[(n+1)ε_s + nε_p]) P_n(cos θ),
//!
//! and outside u = l_B z Σ_n (2n+1)/((n+1)ε_s + nε_p) r₀ⁿ/rⁿ⁺¹ P_n(cos θ). The potentials of several charges add up.

use super::{Charge, Solvation, Solvent, Sphere, distance};

/// Terms that are this small a share of the first are left out.
const SMALL: f64 = 1e-17;
/// A charge farther from the centre, as a share of the radius, takes too many terms.
const FARTHEST: f64 = 0.99;

impl Solvation {
    /// Whether [`Solvation::exact`] knows the potential: there is one sphere, and every charge is at its centre, or
    /// anywhere well inside it where there is no salt.
    pub fn is_known(&self) -> bool {
        let [sphere] = self.spheres[..] else { return false };
        let farthest = if self.solvent.ionic_strength > 0.0 { 0.0 } else { FARTHEST * sphere.radius };
        self.charges.iter().all(|charge| distance(&charge.at, &sphere.centre) <= farthest)
    }

    /// φ inside and u outside in kT/e at `x`, if it is known.
    pub fn exact(&self, x: &[f64]) -> Option<f64> {
        let sphere = self.spheres.first().filter(|_| self.is_known())?;
        let of = |charge: &Charge| {
            let off = distance(&charge.at, &sphere.centre);
            if off == 0.0 { self.centred(sphere, charge, x) } else { self.off_centre(sphere, charge, off, x) }
        };
        Some(self.charges.iter().map(of).sum())
    }

    fn centred(&self, sphere: &Sphere, charge: &Charge, x: &[f64]) -> f64 {
        let Solvent { eps_in, eps_out, stern, .. } = self.solvent;
        let radius = sphere.radius;
        let (kappa, b, l) = (self.kappa(), radius + stern, charge.z * self.bjerrum());
        let r = distance(x, &sphere.centre);
        if r > b {
            return l * (-kappa * (r - b)).exp() / (eps_out * (1.0 + kappa * b) * r);
        }
        let ions = -l * kappa / (eps_out * (1.0 + kappa * b));
        if r >= radius {
            ions + l / (eps_out * r)
        } else {
            ions + l / radius * (1.0 / eps_out - 1.0 / eps_in)
        }
    }

    fn off_centre(&self, sphere: &Sphere, charge: &Charge, off: f64, x: &[f64]) -> f64 {
        let Solvent { eps_in, eps_out, .. } = self.solvent;
        let (a, r) = (sphere.radius, distance(x, &sphere.centre));
        let along: f64 = (0..3)
            .map(|axis| (x[axis] - sphere.centre[axis]) * (charge.at[axis] - sphere.centre[axis]))
            .sum();
        let cosine = if r > 0.0 { along / (r * off) } else { 1.0 };
        let is_inside = r < a;
        let ratio = if is_inside { off * r / (a * a) } else { off / r };
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
        let l = charge.z * self.bjerrum();
        if is_inside { l / a * sum } else { l / r * sum }
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog;

    /// Half the charge times φ at it is the energy of problems with trusted answers.
    #[test]
    fn energies_are_those_of_born_of_debye_and_hueckel_and_of_kirkwood() {
        for (spec, energy, tolerance) in [
            ("born-3d", -228.610_801, 2e-6),
            ("born-3d,ionic_strength=0.1", -228.610_801 - 0.700_736, 2e-6),
            ("born-3d,ionic_strength=0.1,stern=2", -228.610_801 - 0.604_891, 2e-6),
            ("kirkwood-3d,offset=1", -256.999_347, 1e-8),
            ("kirkwood-3d,offset=2", -410.120_487, 1e-8),
        ] {
            let problem = catalog::build(&spec.parse().unwrap()).unwrap();
            let solvation = problem.solvation().unwrap();
            let own = 0.5 * solvation.exact(&solvation.charges()[0].at).unwrap() * solvation.thermal();
            assert!((own - energy).abs() < tolerance * energy.abs(), "{spec}: {own}");
        }
    }

    /// φ + G goes on as u across the surface.
    #[test]
    fn both_series_agree_on_the_surface() {
        let problem = catalog::build(&"kirkwood-3d,offset=2".parse().unwrap()).unwrap();
        let solvation = problem.solvation().unwrap();
        for direction in [[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [-0.6, 0.0, 0.8]] {
            let [inside, outside] =
                [3.0 - 1e-9, 3.0 + 1e-9].map(|r| solvation.exact(&direction.map(|d: f64| r * d)).unwrap());
            let whole = inside + solvation.coulomb(&direction.map(|d: f64| 3.0 * d));
            assert!((whole - outside).abs() < 1e-5, "{whole} and {outside}");
        }
    }
}
