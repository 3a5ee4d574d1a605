//! tanh and the pair (sin, cos) in single precision: the same reductions as in double precision, with
//! shorter polynomials.

/// Above this modulus [`sin_cos`] loses accuracy: q times the first parts of π/2 is then no longer exact.
pub(in crate::neural) const SIN_COS_LIMIT: f32 = 4096.0;

/// 3·2²²: adding it rounds a moderate number to the nearest whole one, which then stands in the low
/// bits of the sum.
const ROUND: f32 = 12_582_912.0;

#[inline(always)]
fn fma<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// Σ c_i x^i by Horner's rule, the highest coefficient last.
#[inline(always)]
fn polynomial<const FMA: bool, const N: usize>(x: f32, coefficients: &[f32; N]) -> f32 {
    let mut sum = coefficients[N - 1];
    for &c in coefficients[..N - 1].iter().rev() {
        sum = fma::<FMA>(sum, x, c);
    }
    sum
}

/// tanh x to a few units in the last place, for every x; not-a-number stays so.
#[inline(always)]
pub(in crate::neural) fn tanh<const FMA: bool>(x: f32) -> f32 {
    // ln 2 in two parts, the first with nine bits.
    const LN2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    // Taylor's series of (eʳ − 1 − r − r²/2)/r³: the next term is 1.6e-8 of r at |r| = 0.3466.
    const TAIL: [f32; 5] = [1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0, 1.0 / 5040.0];
    let y = 2.0 * x.abs();
    // tanh 10 rounds to 1. A comparison, not `min`, so that not-a-number passes.
    let y = if y > 20.0 { 20.0 } else { y };
    let shifted = fma::<FMA>(y, std::f32::consts::LOG2_E, ROUND);
    let k = shifted - ROUND;
    let r = fma::<FMA>(-k, LN2[1], fma::<FMA>(-k, LN2[0], y));
    let square = r * r;
    let p = fma::<FMA>(square * r, polynomial::<FMA, 5>(r, &TAIL), fma::<FMA>(square, 0.5, r));
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    let scaled = power * p;
    ((scaled + (power - 1.0)) / (scaled + (power + 1.0))).copysign(x)
}

/// (sin x, cos x) to 1e-7 for |x| up to [`SIN_COS_LIMIT`].
///
/// x = qπ/2 + r with π/2 in three parts; on |r| ≤ π/4 the polynomials of the Cephes library (Moshier,
/// `sinf.c`).
#[inline(always)]
pub(in crate::neural) fn sin_cos<const FMA: bool>(x: f32) -> (f32, f32) {
    // The first two have 8 and 11 bits, so that their products with q are exact.
    const HALF_PI: [f32; 3] = [1.570_312_5, 4.837_513e-4, 7.549_79e-8];
    const SIN: [f32; 3] = [-1.666_665_5e-1, 8.332_161e-3, -1.951_529_6e-4];
    const COS: [f32; 3] = [4.166_664_6e-2, -1.388_731_6e-3, 2.443_315_7e-5];
    let shifted = fma::<FMA>(x, std::f32::consts::FRAC_2_PI, ROUND);
    let quadrant = shifted.to_bits();
    let q = shifted - ROUND;
    let r = fma::<FMA>(-q, HALF_PI[0], x);
    let r = fma::<FMA>(-q, HALF_PI[1], r);
    let r = fma::<FMA>(-q, HALF_PI[2], r);
    let square = r * r;
    let sin = fma::<FMA>(square * r, polynomial::<FMA, 3>(square, &SIN), r);
    let cos = fma::<FMA>(square * square, polynomial::<FMA, 3>(square, &COS), fma::<FMA>(square, -0.5, 1.0));
    let swap = quadrant & 1 != 0;
    let (s, c) = if swap { (cos, sin) } else { (sin, cos) };
    let flip = |value: f32, bit: u32| f32::from_bits(value.to_bits() ^ (bit & 2) << 30);
    (flip(s, quadrant), flip(c, quadrant.wrapping_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments() -> impl Iterator<Item = f32> {
        let near = (0..200_000).map(|i| (i as f32 - 1e5) * 1e-4);
        near.chain((0..200_000).map(|i| (i as f32 - 1e5) * 0.04)).chain((0..40).map(|k| 0.1f32.powi(k)))
    }

    #[test]
    fn tanh_agrees_with_double_precision() {
        for x in arguments() {
            let right = f64::from(x).tanh();
            for value in [tanh::<true>(x), tanh::<false>(x)] {
                let error = (f64::from(value) - right).abs();
                assert!(error <= 4.0 * f64::from(f32::EPSILON) * right.abs() + 1e-44, "{x}: {error:e}");
            }
        }
        for x in [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
            assert_eq!(tanh::<true>(x).to_bits(), x.tanh().to_bits(), "{x}");
        }
        assert!(tanh::<true>(f32::NAN).is_nan() && tanh::<false>(f32::NAN).is_nan());
    }

    #[test]
    fn sine_and_cosine_agree_with_double_precision() {
        for x in arguments().filter(|x| x.abs() <= SIN_COS_LIMIT) {
            let (sin, cos) = f64::from(x).sin_cos();
            for (s, c) in [sin_cos::<true>(x), sin_cos::<false>(x)] {
                let error = (f64::from(s) - sin).abs().max((f64::from(c) - cos).abs());
                assert!(error <= 1.2e-7, "{x}: {error:e}");
            }
        }
        assert_eq!(sin_cos::<true>(0.0), (0.0, 1.0));
    }
}
