//! Asking for memory before it is read.
//!
//! A fused pass reads new rows from memory in one of its steps and computes on rows in cache in the others.
//! Asked for while those compute, the new rows are there when their turn comes; left to the processor, the
//! two times add up.

/// Bytes of a line of cache.
pub(super) const LINE: usize = 64;

/// Asks for the line of `values[i]`; does nothing beyond their end, and where there is no such instruction.
#[inline(always)]
pub(super) fn ask<T>(values: &[T], i: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(value) = values.get(i) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint about an address inside a slice; every x86-64 processor has the instruction.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (values, i);
}
