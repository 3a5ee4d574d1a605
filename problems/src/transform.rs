//! The functions that diagonalise second differences on a box, and transforms of fields into them.
//!
//! Each axis has the [`Basis`] that its two sides ask for: sines where u is given, cosines where the flux
//! is, quarter-wave sines or cosines where one is given at either end, the real Fourier basis where u
//! is periodic. [`Modal`] expands a field in products of them, for any mixture of sides; [`Sine`] and
//! [`Cosine`] are the two cases with the same condition everywhere. [`Fourier`] is the other way of
//! looking, the discrete Fourier transform over all nodes whatever the sides are.
//!
//! All return amplitudes: a field sin(kπx) on (0, 1) has sine amplitude 1 at k, a field cos(2πjx) over the
//! N nodes has Fourier amplitude ½ at ±j.
//!
//! Cost: O(N log N) for N nodes. Every real transform is a complex Fourier transform of two rows at once
//! (Swarztrauber, *SIAM Review* 19 (1977) 490; Press et al., *Numerical Recipes*, §12.4), and rows go over
//! the threads in fixed pairs, so that the bits do not depend on their number.

mod basis;
mod fourier;
mod line;
mod modal;
mod sweep;
#[cfg(test)]
mod tests;

pub use basis::Basis;
pub use fourier::Fourier;
pub use modal::{Cosine, Modal, Sine};
