//! The two kinds of numbers that grids hold: f64, and f32 for the inner cycles of mixed precision.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

use crate::memory::Zeroed;

/// A floating-point number that kernels are written for.
pub(crate) trait Real:
    Zeroed
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + PartialOrd
    + std::fmt::Debug
{
    /// The nearest number to `x`.
    fn from_f64(x: f64) -> Self;
    /// The same number in double precision.
    fn to_f64(self) -> f64;
    /// As many bits as the number has.
    type Bits: Copy + Default;
    /// All of them set, or none.
    fn bits(all: bool) -> Self::Bits;
    /// The bits of `self` where those of `mask` are set, those of `other` elsewhere: a choice that a processor makes
    /// for a whole vector at once.
    fn where_set(self, mask: Self::Bits, other: Self) -> Self;
}

impl Real for f64 {
    #[inline(always)]
    fn from_f64(x: f64) -> Self {
        x
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    type Bits = u64;
    #[inline(always)]
    fn bits(all: bool) -> u64 {
        if all { u64::MAX } else { 0 }
    }
    #[inline(always)]
    fn where_set(self, mask: u64, other: Self) -> Self {
        Self::from_bits((self.to_bits() & mask) | (other.to_bits() & !mask))
    }
}

impl Real for f32 {
    #[inline(always)]
    fn from_f64(x: f64) -> Self {
        x as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    type Bits = u32;
    #[inline(always)]
    fn bits(all: bool) -> u32 {
        if all { u32::MAX } else { 0 }
    }
    #[inline(always)]
    fn where_set(self, mask: u32, other: Self) -> Self {
        Self::from_bits((self.to_bits() & mask) | (other.to_bits() & !mask))
    }
}
