//! Activation functions at one argument, with three derivatives.

use super::elementary::{SIN_COS_LIMIT, sin_cos, tanh};

/// One activation, at one argument.
pub(super) trait Sigma {
    /// σ(z), and what the derivatives are to be computed from besides it.
    fn value<const FMA: bool>(z: f64) -> (f64, f64);

    /// σ′, σ″, σ‴ (at kinks: from one side, as everybody does).
    fn derivatives(a: f64, memo: f64) -> [f64; 3];

    /// Up to which modulus [`Sigma::value`] is right.
    const LIMIT: f64 = f64::INFINITY;

    /// Beyond the limit, and for what is not a number.
    fn far(z: f64) -> (f64, f64) {
        Self::value::<false>(z)
    }
}

pub(super) struct Tanh;
pub(super) struct Sin;
pub(super) struct SRelu;
pub(super) struct Phi;
pub(super) struct Relu;

impl Sigma for Tanh {
    #[inline(always)]
    fn value<const FMA: bool>(z: f64) -> (f64, f64) {
        (tanh::<FMA>(z), 0.0)
    }
    #[inline(always)]
    fn derivatives(a: f64, _: f64) -> [f64; 3] {
        let first = 1.0 - a * a;
        let second = -2.0 * a * first;
        [first, second, first * (4.0 - 6.0 * first)]
    }
}

impl Sigma for Sin {
    const LIMIT: f64 = SIN_COS_LIMIT;
    #[inline(always)]
    fn value<const FMA: bool>(z: f64) -> (f64, f64) {
        sin_cos::<FMA>(z)
    }
    #[inline(always)]
    fn derivatives(a: f64, cosine: f64) -> [f64; 3] {
        [cosine, -a, -cosine]
    }
    fn far(z: f64) -> (f64, f64) {
        z.sin_cos()
    }
}

/// z where it lies in (lower, upper), else the nearer end; not-a-number stays.
#[inline(always)]
fn clamp(z: f64, lower: f64, upper: f64) -> f64 {
    let z = if z < lower { lower } else { z };
    if z > upper { upper } else { z }
}

impl Sigma for SRelu {
    #[inline(always)]
    fn value<const FMA: bool>(z: f64) -> (f64, f64) {
        let y = clamp(z, 0.0, 1.0);
        (y * (1.0 - y), z)
    }
    #[inline(always)]
    fn derivatives(_: f64, z: f64) -> [f64; 3] {
        let inside = if z > 0.0 && z < 1.0 { 1.0 } else { 0.0 };
        [inside * (1.0 - 2.0 * clamp(z, 0.0, 1.0)), -2.0 * inside, 0.0]
    }
}

impl Sigma for Phi {
    #[inline(always)]
    fn value<const FMA: bool>(z: f64) -> (f64, f64) {
        let y = clamp(z, 0.0, 3.0);
        let (one, two) = (clamp(y - 1.0, 0.0, 2.0), clamp(y - 2.0, 0.0, 1.0));
        (y * y - 3.0 * one * one + 3.0 * two * two, z)
    }
    #[inline(always)]
    fn derivatives(_: f64, z: f64) -> [f64; 3] {
        let y = clamp(z, 0.0, 3.0);
        let (one, two) = (clamp(y - 1.0, 0.0, 2.0), clamp(y - 2.0, 0.0, 1.0));
        let inside = if z > 0.0 && z < 3.0 { 2.0 } else { 0.0 };
        let middle = if z > 1.0 && z < 2.0 { 6.0 } else { 0.0 };
        [2.0 * y - 6.0 * one + 6.0 * two, inside - middle, 0.0]
    }
}

impl Sigma for Relu {
    #[inline(always)]
    fn value<const FMA: bool>(z: f64) -> (f64, f64) {
        (if z < 0.0 { 0.0 } else { z }, z)
    }
    #[inline(always)]
    fn derivatives(_: f64, z: f64) -> [f64; 3] {
        [if z > 0.0 { 1.0 } else { 0.0 }, 0.0, 0.0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neural::Activation;

    fn at(sigma: Activation, z: f64) -> [f64; 4] {
        fn of<S: Sigma>(z: f64) -> [f64; 4] {
            let (a, memo) = S::value::<false>(z);
            let [first, second, third] = S::derivatives(a, memo);
            [a, first, second, third]
        }
        match sigma {
            Activation::Tanh => of::<Tanh>(z),
            Activation::Sin => of::<Sin>(z),
            Activation::SRelu => of::<SRelu>(z),
            Activation::Phi => of::<Phi>(z),
            Activation::Relu => of::<Relu>(z),
        }
    }

    #[test]
    fn each_derivative_is_that_of_the_one_before() {
        let h = 1e-5;
        for sigma in Activation::ALL {
            // Away from the kinks, which are whole numbers.
            for z in [-7.3, -1.7, -0.4, 0.2, 0.7, 1.3, 1.8, 2.4, 2.9, 3.6, 12.2] {
                let (below, here, above) = (at(sigma, z - h), at(sigma, z), at(sigma, z + h));
                for order in 0..3 {
                    let difference = (above[order] - below[order]) / (2.0 * h);
                    let error = (difference - here[order + 1]).abs();
                    assert!(error < 1e-8, "{sigma:?} {order} at {z}: {error:e}");
                }
            }
        }
        assert_eq!(at(Activation::Phi, 1.5)[0], 1.5);
        assert_eq!(at(Activation::SRelu, 0.5)[0], 0.25);
    }
}
