//! Activation functions at one argument, with three derivatives: those that are analytic. Those with
//! compact support are in [`super::bumps`].

use super::real::Real;

/// One activation, at one argument.
pub(super) trait Sigma<T: Real> {
    /// σ(z), and what the derivatives are to be computed from besides it.
    fn value<const FMA: bool>(z: T) -> (T, T);

    /// σ′, σ″, σ‴ (at kinks: from one side, as everybody does).
    fn derivatives(a: T, memo: T) -> [T; 3];

    /// Up to which modulus [`Sigma::value`] is right.
    const LIMIT: f64 = f64::INFINITY;

    /// Beyond the limit, and for what is not a number.
    fn far(z: T) -> (T, T) {
        Self::value::<false>(z)
    }
}

pub(super) struct Tanh;
pub(super) struct Sin;
pub(super) struct Cos;
pub(super) struct Relu;
pub(super) struct Gelu;
pub(super) struct Silu;

impl<T: Real> Sigma<T> for Tanh {
    #[inline(always)]
    fn value<const FMA: bool>(z: T) -> (T, T) {
        (z.tangent::<FMA>(), T::of(0.0))
    }
    #[inline(always)]
    fn derivatives(a: T, _: T) -> [T; 3] {
        let first = T::of(1.0) - a * a;
        let second = T::of(-2.0) * a * first;
        [first, second, first * (T::of(4.0) - T::of(6.0) * first)]
    }
}

impl<T: Real> Sigma<T> for Sin {
    const LIMIT: f64 = T::SIN_COS_LIMIT;
    #[inline(always)]
    fn value<const FMA: bool>(z: T) -> (T, T) {
        z.sine_cosine::<FMA>()
    }
    #[inline(always)]
    fn derivatives(a: T, cosine: T) -> [T; 3] {
        [cosine, -a, -cosine]
    }
    fn far(z: T) -> (T, T) {
        let (sine, cosine) = z.wide().sin_cos();
        (T::of(sine), T::of(cosine))
    }
}

impl<T: Real> Sigma<T> for Cos {
    const LIMIT: f64 = T::SIN_COS_LIMIT;
    #[inline(always)]
    fn value<const FMA: bool>(z: T) -> (T, T) {
        let (sine, cosine) = z.sine_cosine::<FMA>();
        (cosine, -sine)
    }
    #[inline(always)]
    fn derivatives(a: T, slope: T) -> [T; 3] {
        [slope, -a, -slope]
    }
    fn far(z: T) -> (T, T) {
        let (sine, cosine) = z.wide().sin_cos();
        (T::of(cosine), T::of(-sine))
    }
}

impl<T: Real> Sigma<T> for Relu {
    #[inline(always)]
    fn value<const FMA: bool>(z: T) -> (T, T) {
        (if z < T::of(0.0) { T::of(0.0) } else { z }, z)
    }
    #[inline(always)]
    fn derivatives(_: T, z: T) -> [T; 3] {
        [T::of(if z > T::of(0.0) { 1.0 } else { 0.0 }), T::of(0.0), T::of(0.0)]
    }
}

/// Where z Φ(z) and z/(1 + e⁻ᶻ) are z or 0 to the last bit, with room to spare.
const TAILS: f64 = 800.0;

/// z or 0, and an end of the range in which derivatives are computed.
fn tail<T: Real>(z: T) -> (T, T) {
    if z < T::of(0.0) {
        (T::of(0.0), T::of(-TAILS))
    } else if z > T::of(0.0) {
        (z, T::of(TAILS))
    } else {
        (z, z)
    }
}

/// z Φ(z) with the normal distribution's Φ and density φ: σ′ = Φ + zφ, σ″ = (2 − z²)φ,
/// σ‴ = (z³ − 4z)φ. By the scalar erfc, which is not vectorised.
impl<T: Real> Sigma<T> for Gelu {
    const LIMIT: f64 = TAILS;
    #[inline(always)]
    fn value<const FMA: bool>(z: T) -> (T, T) {
        let wide = z.wide();
        (T::of(0.5 * wide * libm::erfc(-wide * std::f64::consts::FRAC_1_SQRT_2)), z)
    }
    #[inline(always)]
    fn derivatives(a: T, z: T) -> [T; 3] {
        let square = z * z;
        // 1/√(2π).
        let density = T::of(0.398_942_280_401_432_7 * (-0.5 * square.wide()).exp());
        let distribution = if z.modulus() > T::of(0.0) { a / z } else { T::of(0.5) };
        let second = (T::of(2.0) - square) * density;
        [distribution + z * density, second, (square - T::of(4.0)) * z * density]
    }
    fn far(z: T) -> (T, T) {
        tail(z)
    }
}

/// z s(z) with s(z) = 1/(1 + e⁻ᶻ) = (1 + tanh(z/2))/2, s′ = s(1 − s), s″ = s′(1 − 2s), s‴ = s′(1 − 6s′).
impl<T: Real> Sigma<T> for Silu {
    const LIMIT: f64 = TAILS;
    #[inline(always)]
    fn value<const FMA: bool>(z: T) -> (T, T) {
        let half = T::of(0.5) * z;
        (half + half * half.tangent::<FMA>(), z)
    }
    #[inline(always)]
    fn derivatives(_: T, z: T) -> [T; 3] {
        let [one, two, three] = [1.0, 2.0, 3.0].map(T::of);
        let tangent = (T::of(0.5) * z).tangent::<false>();
        let s = T::of(0.5) * (one + tangent);
        let first = T::of(0.25) * (one - tangent * tangent);
        let second = -first * tangent;
        let third = first * (one - T::of(6.0) * first);
        [s + z * first, two * first + z * second, three * second + z * third]
    }
    fn far(z: T) -> (T, T) {
        tail(z)
    }
}
