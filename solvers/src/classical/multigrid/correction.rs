//! Corrections up by linear interpolation: u ← u + Pe, row by row.

use multiversion::multiversion;

use super::{
    level::for_slabs,
    restriction::add_scaled,
    transfer::{AxisTransfer, Transfer},
};
use crate::classical::{
    layout::Layout,
    real::Real,
    sweep::{Layers, colours::Before},
};

/// A correction e of the coarse level, to be interpolated.
pub(super) struct Correction<'a, T> {
    pub fine: &'a Layout,
    pub transfer: &'a Transfer<T>,
    pub coarse: &'a Layout,
    pub e: &'a [T],
}

/// Adds P e to the row of u at `place`; `sum` is scratch.
#[multiversion(targets(
    "x86_64+avx512f+avx512vl+avx512dq+avx512bw+avx+avx2+bmi1+bmi2+lzcnt",
    "x86_64+avx+avx2+bmi1+bmi2+lzcnt"
))]
fn add<T: Real>(correction: &Correction<'_, T>, place: [usize; 2], u: &mut [T], sum: &mut [T]) {
    let Correction { fine, transfer, coarse, e } = *correction;
    let columns = coarse.extent(2);
    let sum = &mut sum[..columns];
    let mut fresh = true;
    for (plane, outer) in transfer.axes[0].parents(place[0]) {
        for (row, inner) in transfer.axes[1].parents(place[1]) {
            let weight = outer * inner;
            if weight != T::default() {
                let start = plane * coarse.stride(0) + row * coarse.stride(1);
                add_scaled(fresh, weight, &e[start..start + columns], sum);
                fresh = false;
            }
        }
    }
    correct_row(&transfer.axes[2], sum, u);
    fine.seal(u);
}

impl<T: Real> Before<T> for Correction<'_, T> {
    const CHANGES: bool = true;
    #[inline(always)]
    fn row(&self, place: [usize; 2], row: &mut [T], scratch: &mut [T]) {
        add(self, place, row, scratch);
    }
}

/// u ← u + P e.
pub(super) fn add_correction<T: Real>(correction: &Correction<'_, T>, u: &mut [T], scratch: &mut [T]) {
    let layers = Layers::of(correction.fine);
    let columns = correction.fine.extent(2);
    for_slabs(correction.fine, u, scratch, correction.coarse.extent(2), |first, u, sum| {
        for (l, u) in (first..).zip(u.chunks_exact_mut(layers.stride())) {
            for j in layers.rows() {
                add(correction, layers.place(l, j), &mut u[j * columns..][..columns], sum);
            }
        }
    });
}

/// Adds the interpolation of a row of corrections to a row of u.
#[inline(always)]
fn correct_row<T: Real>(axis: &AxisTransfer<T>, e: &[T], u: &mut [T]) {
    let [m, coarse] = axis.unknowns;
    if !axis.coarsened {
        for (u, e) in u[1..=m].iter_mut().zip(&e[1..=m]) {
            *u += *e;
        }
        return;
    }
    let half = T::from_f64(0.5);
    // A first place below the first coarse one; what stands below that is zero.
    if axis.shift == 0 {
        u[1] += half * e[1];
    }
    let pairs = &mut u[2 - axis.shift..][..2 * (coarse - 1)];
    for (u, e) in pairs.as_chunks_mut::<2>().0.iter_mut().zip(e[1..=coarse].windows(2)) {
        u[0] += e[0];
        u[1] += half * (e[0] + e[1]);
    }
    u[2 * coarse - axis.shift] += e[coarse];
    if let Some([lower, upper]) = axis.last {
        u[m] += lower * e[coarse] + upper * e[coarse + 1];
    }
    if let Some(seam) = axis.seam {
        for (u, [lower, upper]) in u[m - 1..=m].iter_mut().zip(seam.interpolation) {
            *u += lower * e[coarse] + upper * e[coarse + 1];
        }
    }
}
