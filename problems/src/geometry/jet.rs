//! Functions of a point with their gradient and Laplacian, and the arithmetic of them.
//!
//! Sums, products and compositions of such functions need nothing else: Δ(fg) = gΔf + 2∇f·∇g + fΔg and
//! Δφ(f) = φ′Δf + φ″|∇f|². So formulas for distances are written once, and their derivatives are exact.

use std::ops::{Add, Mul, Neg, Sub};

/// Axes of a jet.
pub const JET_AXES: usize = 3;

/// Value, gradient and Laplacian at a point; axes that a point does not have are zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Jet {
    /// f.
    pub value: f64,
    /// ∇f.
    pub gradient: [f64; JET_AXES],
    /// Δf.
    pub laplacian: f64,
}

impl Jet {
    /// The same everywhere.
    pub const fn constant(value: f64) -> Self {
        Self { value, gradient: [0.0; JET_AXES], laplacian: 0.0 }
    }

    /// normal·(x − point).
    pub(super) fn linear(point: &[f64], normal: &[f64], x: &[f64]) -> Self {
        let mut jet = Self::constant(0.0);
        for (axis, n) in normal.iter().enumerate() {
            jet.value += n * (x[axis] - point[axis]);
            jet.gradient[axis] = *n;
        }
        jet
    }

    /// |x − centre|².
    pub(super) fn square_of_distance(centre: &[f64], x: &[f64]) -> Self {
        let mut jet = Self::constant(0.0);
        for (axis, c) in centre.iter().enumerate() {
            let off = x[axis] - c;
            jet.value += off * off;
            jet.gradient[axis] = 2.0 * off;
            jet.laplacian += 2.0;
        }
        jet
    }

    /// |∇f|².
    pub(super) fn slope_squared(&self) -> f64 {
        self.gradient.iter().map(|g| g * g).sum()
    }

    /// φ(f) from φ, φ′ and φ″ at f.
    #[must_use]
    pub fn then(self, [value, first, second]: [f64; 3]) -> Self {
        Self {
            value,
            gradient: self.gradient.map(|g| first * g),
            laplacian: first * self.laplacian + second * self.slope_squared(),
        }
    }

    /// 1/f.
    #[must_use]
    pub fn reciprocal(self) -> Self {
        let one = 1.0 / self.value;
        self.then([one, -one * one, 2.0 * one * one * one])
    }

    /// √f; where f vanishes, zero with no slope.
    #[must_use]
    pub fn root(self) -> Self {
        if self.value <= 0.0 {
            return Self::constant(0.0);
        }
        let root = self.value.sqrt();
        self.then([root, 0.5 / root, -0.25 / (root * self.value)])
    }

    /// f².
    #[must_use]
    pub fn square(self) -> Self {
        self.then([self.value * self.value, 2.0 * self.value, 2.0])
    }

    /// Rvachev's conjunction f + g − √(f² + g²): positive where both are.
    pub(super) fn and(self, other: Self) -> Self {
        self + other - (self.square() + other.square()).root()
    }

    /// Rvachev's disjunction f + g + √(f² + g²): positive where one is.
    pub(super) fn or(self, other: Self) -> Self {
        self + other + (self.square() + other.square()).root()
    }
}

impl Add for Jet {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            gradient: std::array::from_fn(|axis| self.gradient[axis] + other.gradient[axis]),
            laplacian: self.laplacian + other.laplacian,
        }
    }
}

impl Neg for Jet {
    type Output = Self;

    fn neg(self) -> Self {
        self * -1.0
    }
}

impl Sub for Jet {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul<f64> for Jet {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self {
            value: factor * self.value,
            gradient: self.gradient.map(|g| factor * g),
            laplacian: factor * self.laplacian,
        }
    }
}

impl Mul for Jet {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let mixed: f64 = self.gradient.iter().zip(other.gradient).map(|(f, g)| f * g).sum();
        Self {
            value: self.value * other.value,
            gradient: std::array::from_fn(|axis| {
                self.gradient[axis] * other.value + self.value * other.gradient[axis]
            }),
            laplacian: self.laplacian * other.value + 2.0 * mixed + self.value * other.laplacian,
        }
    }
}
