//! The lexicographic sweep: row by row, each row from its first node to its last.

use multiversion::multiversion;

use crate::classical::stencil::Stencil;

/// One sweep from `u` to `next`.
///
/// The new left neighbour is what makes the loop along a row a recurrence. It is split in two: first
/// all that does not depend on it, as vectors, then u_j ← u_j + q u_{j−1} with q = c/a.
#[multiversion(targets = "simd")]
pub(crate) fn sweep(stencil: Stencil, u: &[f64], f: &[f64], next: &mut [f64]) {
    let weights = stencil.relaxation_weights(1.0);
    for run in stencil.runs(0, stencil.nodes()) {
        let old = stencil.run(u, run.clone());
        let (done, here) = next.split_at_mut(run.start);
        let out = &mut here[..run.len()];
        let n = out.len();
        let (right, f) = (&old.right[..n], &f[run.clone()][..n]);
        match old.across {
            None => {
                for i in 0..n {
                    out[i] = weights.source * f[i] + weights.along * right[i];
                }
            }
            Some([_, above]) => {
                let below = &done[run.start - stencil.columns..][..n];
                let above = &above[..n];
                for i in 0..n {
                    out[i] = weights.source * f[i]
                        + weights.along * right[i]
                        + weights.across * (below[i] + above[i]);
                }
            }
        }
        let mut left = done[run.start - 1];
        for value in out {
            *value += weights.along * left;
            left = *value;
        }
    }
}
