//! tanh and the pair (sin, cos) as branch-free arithmetic, for loops that the compiler vectorises.
//!
//! The functions here are inlined into loops compiled once for every instruction set
//! (`multiversion`). With `FMA` every `a·b + c` is one fused instruction; without it, on processors
//! that lack one, two.

pub(super) mod single;

/// Above this modulus [`sin_cos`] loses accuracy: q·π/2 is then no longer exact in three parts.
pub(super) const SIN_COS_LIMIT: f64 = 1.0e6;

/// 3·2⁵¹: adding it rounds a moderate number to the nearest whole one, which then stands in the low
/// bits of the sum.
const ROUND: f64 = 6_755_399_441_055_744.0;

#[inline(always)]
fn fma<const FMA: bool>(a: f64, b: f64, c: f64) -> f64 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// Σ c_i x^i by Horner's rule, the highest coefficient last.
#[inline(always)]
fn polynomial<const FMA: bool, const N: usize>(x: f64, coefficients: &[f64; N]) -> f64 {
    let mut sum = coefficients[N - 1];
    for &c in coefficients[..N - 1].iter().rev() {
        sum = fma::<FMA>(sum, x, c);
    }
    sum
}

/// tanh x to about two units in the last place, for every x; not-a-number stays so.
///
/// With y = 2|x| = k ln 2 + r and p = eʳ − 1: tanh |x| = (2ᵏp + 2ᵏ − 1)/(2ᵏp + 2ᵏ + 1). Nothing
/// cancels: for small x, k = 0 and the numerator is p.
#[inline(always)]
pub(super) fn tanh<const FMA: bool>(x: f64) -> f64 {
    // ln 2 in two parts, the first with 21 trailing zero bits.
    const LN2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
    // (eʳ − 1 − r − r²/2)/r³ interpolated at the Chebyshev nodes of |r| ≤ 0.3475.
    const TAIL: [f64; 9] = [
        0.166_666_666_666_666_66,
        0.041_666_666_666_651_04,
        0.008_333_333_333_332_131,
        0.001_388_888_890_614_567_6,
        0.000_198_412_698_545_417_4,
        2.480_153_586_236_618_4e-5,
        2.755_727_966_225_757e-6,
        2.761_409_818_752_996e-7,
        2.509_577_871_472_342_7e-8,
    ];
    let y = 2.0 * x.abs();
    // tanh 20 rounds to 1. A comparison, not `min`, so that not-a-number passes.
    let y = if y > 40.0 { 40.0 } else { y };
    let shifted = fma::<FMA>(y, std::f64::consts::LOG2_E, ROUND);
    let k = shifted - ROUND;
    let r = fma::<FMA>(-k, LN2[1], fma::<FMA>(-k, LN2[0], y));
    let square = r * r;
    let p = fma::<FMA>(square * r, polynomial::<FMA, 9>(r, &TAIL), fma::<FMA>(square, 0.5, r));
    let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    let scaled = power * p;
    ((scaled + (power - 1.0)) / (scaled + (power + 1.0))).copysign(x)
}

/// (sin x, cos x) to about one unit in the last place for |x| up to [`SIN_COS_LIMIT`].
///
/// x = qπ/2 + r with π/2 in three parts (Cody and Waite); on |r| ≤ π/4 the polynomials of FDLIBM
/// (Sun Microsystems, `k_sin.c` and `k_cos.c`).
#[inline(always)]
pub(super) fn sin_cos<const FMA: bool>(x: f64) -> (f64, f64) {
    // The first two have 33 bits, so that their products with |q| < 2²⁰ are exact.
    const HALF_PI: [f64; 3] =
        [1.570_796_326_734_125_6, 6.077_100_506_303_966e-11, 2.022_266_248_795_950_6e-21];
    const SIN: [f64; 6] = [
        -1.666_666_666_666_663_2e-1,
        8.333_333_333_322_49e-3,
        -1.984_126_982_985_795e-4,
        2.755_731_370_707_006_8e-6,
        -2.505_076_025_340_686_3e-8,
        1.589_690_995_211_55e-10,
    ];
    const COS: [f64; 6] = [
        4.166_666_666_666_66e-2,
        -1.388_888_888_887_411e-3,
        2.480_158_728_947_673e-5,
        -2.755_731_435_139_066_3e-7,
        2.087_572_321_298_175e-9,
        -1.135_964_755_778_819_5e-11,
    ];
    let shifted = fma::<FMA>(x, std::f64::consts::FRAC_2_PI, ROUND);
    let quadrant = shifted.to_bits();
    let q = shifted - ROUND;
    let r = fma::<FMA>(-q, HALF_PI[0], x);
    let r = fma::<FMA>(-q, HALF_PI[1], r);
    let r = fma::<FMA>(-q, HALF_PI[2], r);
    let square = r * r;
    let sin = fma::<FMA>(square * r, polynomial::<FMA, 6>(square, &SIN), r);
    let half = 0.5 * square;
    let near = 1.0 - half;
    let rest = fma::<FMA>(square * square, polynomial::<FMA, 6>(square, &COS), (1.0 - near) - half);
    let cos = near + rest;
    let swap = quadrant & 1 != 0;
    let (s, c) = if swap { (cos, sin) } else { (sin, cos) };
    let flip = |value: f64, bit: u64| f64::from_bits(value.to_bits() ^ (bit & 2) << 62);
    (flip(s, quadrant), flip(c, quadrant.wrapping_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distance in units in the last place of `right`, no finer than those of 2⁻⁶⁰.
    fn ulps(value: f64, right: f64) -> f64 {
        let unit = right.abs().max(2f64.powi(-60)) * f64::EPSILON;
        (value - right).abs() / unit
    }

    fn arguments() -> impl Iterator<Item = f64> {
        // A Weyl sequence over the exponents from 1e-20 to 1e6, both signs.
        (0..200_000).map(|i| {
            let t = (i as f64 * 0.618_033_988_749_895).fract();
            let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
            sign * 10f64.powf(-20.0 + 26.0 * t) * (1.0 - 1e-9)
        })
    }

    #[test]
    fn tanh_agrees_with_std() {
        for x in arguments().chain((0..100_000).map(|i| (i as f64 - 5e4) * 1e-4)) {
            assert!(ulps(tanh::<true>(x), x.tanh()) <= 4.0, "tanh {x}: {}", tanh::<true>(x));
            assert!(ulps(tanh::<false>(x), x.tanh()) <= 4.0, "tanh {x}: {}", tanh::<false>(x));
        }
        for x in [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 5e-324, -1e-310] {
            assert_eq!(tanh::<true>(x).to_bits(), x.tanh().to_bits(), "{x}");
        }
        assert!(tanh::<true>(f64::NAN).is_nan() && tanh::<false>(f64::NAN).is_nan());
    }

    #[test]
    fn sine_and_cosine_agree_with_std() {
        let multiples = (-20_000..20_000).map(|q| q as f64 * std::f64::consts::FRAC_PI_2);
        let near = (0..100_000).map(|i| (i as f64 - 5e4) * 1e-3);
        for x in arguments().chain(multiples).chain(near) {
            let (s, c) = sin_cos::<true>(x);
            assert!(ulps(s, x.sin()) <= 2.0 && ulps(c, x.cos()) <= 2.0, "{x}: {s} {c}");
            let (s, c) = sin_cos::<false>(x);
            assert!(ulps(s, x.sin()) <= 2.0 && ulps(c, x.cos()) <= 2.0, "{x}: {s} {c}");
        }
        assert_eq!(sin_cos::<true>(0.0), (0.0, 1.0));
    }
}
