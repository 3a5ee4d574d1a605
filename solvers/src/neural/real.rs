//! The scalars a network computes in: f64, or f32 for twice the speed of its passes.

use std::{
    fmt::Debug,
    ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub},
};

use super::elementary::{self, single};
use crate::memory::Zeroed;

/// What the passes of training compute in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dtype {
    /// Double precision.
    F64,
    /// Single precision; parameters, losses and samples stay in double.
    F32,
}

impl Dtype {
    /// The names a spec may use, in the order of [`Dtype::ALL`].
    pub const NAMES: [&'static str; 2] = ["f64", "f32"];
    /// Both.
    pub const ALL: [Self; 2] = [Self::F64, Self::F32];
}

/// f32 or f64, with the elementary functions that activations are made of.
pub(super) trait Real:
    Zeroed
    + Debug
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + MulAssign
{
    /// Beyond this modulus [`Real::sine_cosine`] is inaccurate.
    const SIN_COS_LIMIT: f64;

    /// The nearest number of this kind.
    fn of(number: f64) -> Self;

    /// The same number in f64.
    fn wide(self) -> f64;

    /// |x|.
    fn modulus(self) -> Self;

    /// tanh x, for loops that the compiler vectorises.
    fn tangent<const FMA: bool>(self) -> Self;

    /// sin x and cos x, for loops that the compiler vectorises.
    fn sine_cosine<const FMA: bool>(self) -> (Self, Self);
}

impl Real for f64 {
    const SIN_COS_LIMIT: f64 = elementary::SIN_COS_LIMIT;

    #[inline(always)]
    fn of(number: f64) -> Self {
        number
    }
    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }
    #[inline(always)]
    fn modulus(self) -> Self {
        self.abs()
    }
    #[inline(always)]
    fn tangent<const FMA: bool>(self) -> Self {
        elementary::tanh::<FMA>(self)
    }
    #[inline(always)]
    fn sine_cosine<const FMA: bool>(self) -> (Self, Self) {
        elementary::sin_cos::<FMA>(self)
    }
}

impl Real for f32 {
    const SIN_COS_LIMIT: f64 = single::SIN_COS_LIMIT as f64;

    #[inline(always)]
    fn of(number: f64) -> Self {
        number as f32
    }
    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn modulus(self) -> Self {
        self.abs()
    }
    #[inline(always)]
    fn tangent<const FMA: bool>(self) -> Self {
        single::tanh::<FMA>(self)
    }
    #[inline(always)]
    fn sine_cosine<const FMA: bool>(self) -> (Self, Self) {
        single::sin_cos::<FMA>(self)
    }
}
