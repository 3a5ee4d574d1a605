//! The equation of a single node, u + ρg(u) = z: what is left of a system when all neighbours stand still.

use modewise_problems::Reaction;

/// A Newton step as short as this from where the node was leaves an error of less than half its square, which another
/// visit takes away.
const SHORT: f64 = 0.25;
/// Newton steps at most; rounding ends it long before.
const MOST: usize = 60;

/// The u with u + ρg(u) = z, ρ ≥ 0, for a node that is at `near`: by one step of Newton's method from there if that is
/// short, else from scratch.
#[inline]
pub(crate) fn relaxed(reaction: Reaction, rho: f64, z: f64, near: f64) -> f64 {
    let [value, slope] = reaction.value_and_slope(near);
    let step = (z - near - rho * value) / (1.0 + rho * slope);
    // Not so for what is not a number.
    if step.abs() < SHORT { near + step } else { root(reaction, rho, z) }
}

/// The u with u + ρg(u) = z, ρ ≥ 0, to rounding.
///
/// For z ≥ 0 both z/(1 + ρ) and g⁻¹(z/ρ) are bounds from above, since g(u) ≥ u. The left side grows and is convex
/// there, so that Newton's method falls from the lower of them to the solution, and g is never evaluated beyond z/ρ.
pub(crate) fn root(reaction: Reaction, rho: f64, z: f64) -> f64 {
    let size = z.abs();
    let alone = match reaction {
        Reaction::Linear => return z / (1.0 + rho),
        _ if rho == 0.0 => return z,
        _ => (size / rho).asinh(),
    };
    let mut u = (size / (1.0 + rho)).min(alone);
    for _ in 0..MOST {
        let [value, slope] = reaction.value_and_slope(u);
        let step = (u + rho * value - size) / (1.0 + rho * slope);
        u -= step;
        // Rounding may turn it round.
        if step.is_nan() || step <= f64::EPSILON * u {
            break;
        }
    }
    u.copysign(z)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_solve_their_equation_whatever_its_numbers() {
        for rho in [1e-200, 1e-12, 1e-3, 1.0, 7.0, 1e9] {
            for z in [0.0, 1e-280, 1e-9, 0.3, 2.0, 50.0, 1e4, 1e12, 1e90] {
                let u = root(Reaction::Sinh, rho, z);
                let left = u + rho * u.sinh();
                // What rounding of u alone makes of it.
                let slope = u + rho * u * u.cosh();
                assert!((left - z).abs() <= 8.0 * f64::EPSILON * slope.max(z), "ρ = {rho:e}, z = {z:e}: {u}");
                assert_eq!(root(Reaction::Sinh, rho, -z), -u);
                for near in [-300.0, -2.0, u, 1.001 * u + 1e-3, 90.0] {
                    let found = relaxed(Reaction::Sinh, rho, z, near);
                    let far = (u - near).abs();
                    assert!(
                        (found - u).abs() <= 1e-13 * u.max(1.0) + far.min(SHORT) * far,
                        "{near}: {found}"
                    );
                }
            }
        }
        assert_eq!((root(Reaction::Linear, 1.0, 3.0), root(Reaction::Sinh, 0.0, -1e4)), (1.5, -1e4));
        assert!(root(Reaction::Sinh, 1.0, f64::NAN).is_nan());
    }
}
