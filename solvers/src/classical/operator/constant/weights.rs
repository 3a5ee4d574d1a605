//! Weighted sums along a row whose weights are the same at every place: what relaxation, residuals and products with a
//! matrix of constant coefficients come down to.

use crate::classical::{
    operator::{Colour, Relaxed},
    real::Real,
};

/// out = here·u + source·f + along·(u₋ + u₊) + Σ across·u_neighbour.
#[derive(Clone, Copy)]
pub(super) struct Weights<T> {
    pub here: T,
    pub source: T,
    pub along: [T; 2],
    pub across: [T; 4],
}

impl<T: Real> Weights<T> {
    /// Whether the coefficients of two neighbours across agree, as they do but next to ends.
    #[inline(always)]
    fn are_paired<const A: usize>(self) -> bool {
        (0..A / 2).all(|k| self.across[2 * k] == self.across[2 * k + 1])
    }

    /// Writes the sums of a row of m places to `out`.
    #[inline(always)]
    pub fn run<const A: usize, const HERE: bool, const SOURCE: bool>(
        self,
        m: usize,
        here: &[T],
        across: [&[T]; A],
        f: &[T],
        out: &mut [T],
    ) {
        // Slices cut to one length: the bounds checks leave the loop, and the loop becomes vectors.
        let across = across.map(|row| &row[1..m + 1]);
        let (left, here, right) = (&here[..m], &here[1..m + 1], &here[2..m + 2]);
        let out = &mut out[1..m + 1];
        let f = if SOURCE { &f[1..m + 1] } else { here };
        if self.are_paired::<A>() {
            for i in 0..m {
                let mut value = self.along[0] * (left[i] + right[i]);
                if HERE {
                    value += self.here * here[i];
                }
                if SOURCE {
                    value += self.source * f[i];
                }
                for k in 0..A / 2 {
                    value += self.across[2 * k] * (across[2 * k][i] + across[2 * k + 1][i]);
                }
                out[i] = value;
            }
        } else {
            for i in 0..m {
                let mut value = self.along[0] * (left[i] + right[i]);
                if HERE {
                    value += self.here * here[i];
                }
                if SOURCE {
                    value += self.source * f[i];
                }
                for (c, row) in self.across.iter().zip(across) {
                    value += *c * row[i];
                }
                out[i] = value;
            }
        }
    }

    /// The same in place, at the places of one colour.
    #[inline(always)]
    pub fn replace<const A: usize, const HERE: bool>(
        self,
        colour: Colour<'_, T>,
        here: &mut [T],
        across: [&[T]; A],
        f: &[T],
    ) {
        if self.are_paired::<A>() {
            colour.replace(here, &Weighed::<T, A, HERE, true> { weights: self, across, f });
        } else {
            colour.replace(here, &Weighed::<T, A, HERE, false> { weights: self, across, f });
        }
    }
}

/// Sums with weights of whole rows, as new values of a row; with one product for two neighbours across where their
/// coefficients agree.
struct Weighed<'a, T, const A: usize, const HERE: bool, const PAIRED: bool> {
    weights: Weights<T>,
    across: [&'a [T]; A],
    f: &'a [T],
}

impl<T: Real, const A: usize, const HERE: bool, const PAIRED: bool> Relaxed<T>
    for Weighed<'_, T, A, HERE, PAIRED>
{
    // One short loop after the other: that becomes vectors whatever the number of neighbours.
    #[inline(always)]
    fn block<const N: usize>(&self, row: &[T], start: usize, out: &mut [T; N]) {
        let w = self.weights;
        let [left, here, right] = [&row[start..][..N], &row[start + 1..][..N], &row[start + 2..][..N]];
        for i in 0..N {
            out[i] = w.along[0] * (left[i] + right[i]);
        }
        if HERE {
            for i in 0..N {
                out[i] += w.here * here[i];
            }
        }
        let f = &self.f[start + 1..][..N];
        for i in 0..N {
            out[i] += w.source * f[i];
        }
        let across = |k: usize| &self.across[k][start + 1..][..N];
        if PAIRED {
            if A >= 2 {
                add_pair(w.across[0], across(0), across(1), out);
            }
            if A >= 4 {
                add_pair(w.across[2], across(2), across(3), out);
            }
        } else {
            for k in 0..A {
                let row = across(k);
                for i in 0..N {
                    out[i] += w.across[k] * row[i];
                }
            }
        }
    }
}

/// out ← out + c(a + b).
#[inline(always)]
fn add_pair<T: Real, const N: usize>(c: T, a: &[T], b: &[T], out: &mut [T; N]) {
    let (a, b) = (&a[..N], &b[..N]);
    for i in 0..N {
        out[i] += c * (a[i] + b[i]);
    }
}
