//! Activation functions with compact support: those of MscaleDNN (Liu, Cai, Xu, arXiv 2007.11207) and
//! of its successors (Li, Xu, Zhang, arXiv 2009.14597). All are polynomials between whole numbers, s2ReLU times a sine.

use std::f64::consts::TAU;

use super::{real::Real, sigma::Sigma};

pub(super) struct SRelu;
pub(super) struct SRelu2;
pub(super) struct SRelu3;
pub(super) struct Phi;
pub(super) struct PhiHalf;
pub(super) struct S2Relu;

/// z where it lies in (lower, upper), else the nearer end; not-a-number stays.
#[inline(always)]
fn clamp<T: Real>(z: T, lower: f64, upper: f64) -> T {
    let z = if z < T::of(lower) { T::of(lower) } else { z };
    if z > T::of(upper) { T::of(upper) } else { z }
}

/// 1 in (lower, upper), else 0.
#[inline(always)]
fn within<T: Real>(z: T, lower: f64, upper: f64) -> T {
    T::of(if z > T::of(lower) && z < T::of(upper) { 1.0 } else { 0.0 })
}

/// y(1 − y) with y = z in (0, 1), else 0, and its slope 1 − 2y there, else 0.
#[inline(always)]
fn hat<T: Real>(z: T) -> (T, T) {
    let y = clamp(z, 0.0, 1.0);
    (y * (T::of(1.0) - y), within(z, 0.0, 1.0) * (T::of(1.0) - T::of(2.0) * y))
}

/// q = z₊(1 − z)₊.
impl<T: Real> Sigma<T> for SRelu {
    #[inline(always)]
    fn value<const FMA: bool>(z: T) -> (T, T) {
        (hat(z).0, z)
    }
    #[inline(always)]
    fn derivatives(_: T, z: T) -> [T; 3] {
        [hat(z).1, T::of(-2.0) * within(z, 0.0, 1.0), T::of(0.0)]
    }
}

/// q²: 2qq′, 2q′² − 4q, −12q′.
impl<T: Real> Sigma<T> for SRelu2 {
    #[inline(always)]
    fn value<const FMA: bool>(z: T) -> (T, T) {
        let (q, _) = hat(z);
        (q * q, z)
    }
    #[inline(always)]
    fn derivatives(_: T, z: T) -> [T; 3] {
        let (q, slope) = hat(z);
        let two = T::of(2.0);
        [two * q * slope, two * slope * slope - T::of(4.0) * q, T::of(-12.0) * slope]
    }
}

/// q³: 3q²q′, 6q(q′² − q), 6q′³ − 36qq′.
impl<T: Real> Sigma<T> for SRelu3 {
    #[inline(always)]
    fn value<const FMA: bool>(z: T) -> (T, T) {
        let (q, _) = hat(z);
        (q * q * q, z)
    }
    #[inline(always)]
    fn derivatives(_: T, z: T) -> [T; 3] {
        let (q, slope) = hat(z);
        let (six, square) = (T::of(6.0), slope * slope);
        [T::of(3.0) * q * q * slope, six * q * (square - q), six * slope * (square - six * q)]
    }
}

/// The quadratic B-spline, times `2·factor`.
#[inline(always)]
fn spline<T: Real>(z: T, factor: f64) -> [T; 3] {
    let y = clamp(z, 0.0, 3.0);
    let (one, two) = (clamp(y - T::of(1.0), 0.0, 2.0), clamp(y - T::of(2.0), 0.0, 1.0));
    let value = y * y - T::of(3.0) * one * one + T::of(3.0) * two * two;
    let slope = T::of(2.0) * y - T::of(6.0) * one + T::of(6.0) * two;
    let curvature = T::of(2.0) * within(z, 0.0, 3.0) - T::of(6.0) * within(z, 1.0, 2.0);
    [value, slope, curvature].map(|number| T::of(factor) * number)
}

impl<T: Real> Sigma<T> for Phi {
    #[inline(always)]
    fn value<const FMA: bool>(z: T) -> (T, T) {
        (spline(z, 1.0)[0], z)
    }
    #[inline(always)]
    fn derivatives(_: T, z: T) -> [T; 3] {
        let [_, slope, curvature] = spline(z, 1.0);
        [slope, curvature, T::of(0.0)]
    }
}

impl<T: Real> Sigma<T> for PhiHalf {
    #[inline(always)]
    fn value<const FMA: bool>(z: T) -> (T, T) {
        (spline(z, 0.5)[0], z)
    }
    #[inline(always)]
    fn derivatives(_: T, z: T) -> [T; 3] {
        let [_, slope, curvature] = spline(z, 0.5);
        [slope, curvature, T::of(0.0)]
    }
}

/// S q with S = sin 2πz, C = cos 2πz, w = 2π: wCq + Sq′, 2wCq′ − (w²q + 2)S, −(w³q + 6w)C − 3w²Sq′.
impl<T: Real> Sigma<T> for S2Relu {
    #[inline(always)]
    fn value<const FMA: bool>(z: T) -> (T, T) {
        let (sine, _) = (T::of(TAU) * clamp(z, 0.0, 1.0)).sine_cosine::<FMA>();
        (sine * hat(z).0, z)
    }
    #[inline(always)]
    fn derivatives(_: T, z: T) -> [T; 3] {
        let (sine, cosine) = (T::of(TAU) * clamp(z, 0.0, 1.0)).sine_cosine::<false>();
        let (q, slope) = hat(z);
        let inside = within(z, 0.0, 1.0);
        let [w, two, three, six] = [TAU, 2.0, 3.0, 6.0].map(T::of);
        [
            w * cosine * q + sine * slope,
            inside * (two * w * cosine * slope - (w * w * q + two) * sine),
            inside * (-(w * w * q + six) * w * cosine - three * w * w * sine * slope),
        ]
    }
}
