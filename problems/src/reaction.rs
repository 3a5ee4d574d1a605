//! The reaction g of −∇·(ε∇u) + κ²g(u) = f: what makes the equation linear or not.
//!
//! g is odd and grows, so that the equation says where the energy
//!
//! E(u) = ∫ ½ε|∇u|² + κ²G(u) − fu, G′ = g,
//!
//! is smallest, and E is convex: there is one solution. With g(u) = sinh u it is the Poisson–Boltzmann equation of a
//! salt of two ions of one valence, u in units of kT/e (Holst & Saied, *J. Comput. Chem.* 16 (1995) 337).

/// g.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Reaction {
    /// g(u) = u.
    #[default]
    Linear,
    /// g(u) = sinh u.
    Sinh,
}

/// The words of problem files.
pub(crate) const WORDS: [(&str, Reaction); 2] = [("linear", Reaction::Linear), ("sinh", Reaction::Sinh)];

impl Reaction {
    /// Its word in problem files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Sinh => "sinh",
        }
    }

    /// κ²g(u) as it is written: `κ²u`.
    pub fn term(self) -> &'static str {
        match self {
            Self::Linear => "κ²u",
            Self::Sinh => "κ² sinh u",
        }
    }

    /// g(u).
    pub fn value(self, u: f64) -> f64 {
        match self {
            Self::Linear => u,
            Self::Sinh => u.sinh(),
        }
    }

    /// G(u), G′ = g and G(0) = 0.
    pub fn potential(self, u: f64) -> f64 {
        match self {
            Self::Linear => 0.5 * u * u,
            // cosh u − 1 without the digits that the difference would lose.
            Self::Sinh => 2.0 * (0.5 * u).sinh().powi(2),
        }
    }

    /// g(u) and g′(u).
    pub fn value_and_slope(self, u: f64) -> [f64; 2] {
        match self {
            Self::Linear => [u, 1.0],
            // sinh u = (a + a/(a + 1))/2 and cosh u = 1 + a²/(2(a + 1)) with a = eᵘ − 1, u ≥ 0: one exponential for both.
            Self::Sinh if u.abs() < 300.0 => {
                let a = u.abs().exp_m1();
                let b = a / (a + 1.0);
                [(0.5 * (a + b)).copysign(u), 1.0 + 0.5 * a * b]
            }
            Self::Sinh => [u.sinh(), u.cosh()],
        }
    }

    /// g′(u), at least 1.
    pub fn slope(self, u: f64) -> f64 {
        match self {
            Self::Linear => 1.0,
            Self::Sinh => u.cosh(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_and_slope_are_those_of_the_library_to_rounding() {
        for reaction in [Reaction::Linear, Reaction::Sinh] {
            for i in -4000..=4000 {
                let u = f64::from(i) * f64::from(i).abs() * 2.5e-5 + 1e-9 * f64::from(i);
                let [value, slope] = reaction.value_and_slope(u);
                assert!((value - reaction.value(u)).abs() <= 4.0 * f64::EPSILON * value.abs(), "{u}");
                assert!((slope - reaction.slope(u)).abs() <= 4.0 * f64::EPSILON * slope, "{u}");
                assert_eq!(reaction.value(-u), -reaction.value(u));
                if u.abs() < 20.0 {
                    let h = 1e-3;
                    let at = |k: f64| reaction.potential(u + k * h) - reaction.potential(u - k * h);
                    let slope = (45.0 * at(1.0) - 9.0 * at(2.0) + at(3.0)) / (60.0 * h);
                    assert!((slope - value).abs() <= 1e-11 * (1.0 + reaction.potential(u)), "{u}");
                }
            }
        }
    }
}
