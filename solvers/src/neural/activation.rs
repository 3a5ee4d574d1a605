//! Activation functions σ with the derivatives their losses need, applied to a whole layer at once.
//!
//! A layer of a tile is a matrix with one row a neuron; a row holds the streams of the network's
//! jet one after the other, each a run of `points` numbers: the value z, the gradient ∂₁z … ∂_d z
//! and, for second derivatives, Δz. Through a = σ(z) they become
//!
//! ```text
//! a = σ(z)      ∂ⱼa = σ′ ∂ⱼz      Δa = σ′ Δz + σ″ Σⱼ (∂ⱼz)²
//! ```
//!
//! and back, with a bar for the derivative of the loss with respect to a quantity,
//!
//! ```text
//! z̄   = σ′ ā + σ″ (Σⱼ ∂ⱼā ∂ⱼz + Δā Δz) + σ‴ Δā Σⱼ (∂ⱼz)²
//! ∂ⱼz̄ = σ′ ∂ⱼā + 2σ″ Δā ∂ⱼz         Δz̄ = σ′ Δā
//! ```
//!
//! The Laplacian needs no second derivatives one by one: it is carried as one stream.

use multiversion::{multiversion, target::target_cfg_f};

use super::{
    bumps::{Phi, PhiHalf, S2Relu, SRelu, SRelu2, SRelu3},
    real::Real,
    sigma::{Cos, Gelu, Relu, Sigma, Silu, Sin, Tanh},
};

/// An activation function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// tanh x.
    Tanh,
    /// sin x.
    Sin,
    /// cos x.
    Cos,
    /// x₊(1 − x)₊ (MscaleDNN, arXiv 2007.11207): compact support, kinks at 0 and 1.
    SRelu,
    /// (x₊(1 − x)₊)².
    SRelu2,
    /// (x₊(1 − x)₊)³.
    SRelu3,
    /// x₊² − 3(x−1)₊² + 3(x−2)₊² − (x−3)₊² (arXiv 2007.11207): the quadratic B-spline times 2,
    /// support (0, 3), peak 1.5.
    Phi,
    /// Half of φ, as in the code published with arXiv 2007.11207: the quadratic B-spline.
    PhiHalf,
    /// sin(2πx) x₊(1 − x)₊ (arXiv 2009.14597).
    S2Relu,
    /// x₊.
    Relu,
    /// x Φ(x) with the normal distribution's Φ (Hendrycks and Gimpel, arXiv 1606.08415).
    Gelu,
    /// x/(1 + e⁻ˣ).
    Silu,
}

impl Activation {
    /// The names a spec may use, in the order of [`Activation::ALL`].
    pub const NAMES: [&'static str; 12] = [
        "tanh", "sin", "cos", "srelu", "srelu2", "srelu3", "phi", "phi-half", "s2relu", "relu", "gelu",
        "silu",
    ];
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Tanh,
        Self::Sin,
        Self::Cos,
        Self::SRelu,
        Self::SRelu2,
        Self::SRelu3,
        Self::Phi,
        Self::PhiHalf,
        Self::S2Relu,
        Self::Relu,
        Self::Gelu,
        Self::Silu,
    ];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Whether σ″ is a function. Where σ′ jumps it is not: a strong-form residual built from the
    /// pieces would miss the Dirac masses at the kinks.
    pub fn has_second_derivative(self) -> bool {
        !matches!(self, Self::SRelu | Self::Relu)
    }

    /// Whether all derivatives are continuous.
    #[cfg(test)]
    pub fn is_smooth(self) -> bool {
        matches!(self, Self::Tanh | Self::Sin | Self::Cos | Self::Gelu | Self::Silu)
    }
}

/// Calls a function generic over a [`Sigma`] with the type that stands for `sigma`.
macro_rules! dispatch {
    ($sigma:expr, $function:ident, $($argument:expr),*) => {
        match $sigma {
            Activation::Tanh => $function::<Tanh, _>($($argument),*),
            Activation::Sin => $function::<Sin, _>($($argument),*),
            Activation::Cos => $function::<Cos, _>($($argument),*),
            Activation::SRelu => $function::<SRelu, _>($($argument),*),
            Activation::SRelu2 => $function::<SRelu2, _>($($argument),*),
            Activation::SRelu3 => $function::<SRelu3, _>($($argument),*),
            Activation::Phi => $function::<Phi, _>($($argument),*),
            Activation::PhiHalf => $function::<PhiHalf, _>($($argument),*),
            Activation::S2Relu => $function::<S2Relu, _>($($argument),*),
            Activation::Relu => $function::<Relu, _>($($argument),*),
            Activation::Gelu => $function::<Gelu, _>($($argument),*),
            Activation::Silu => $function::<Silu, _>($($argument),*),
        }
    };
}

// After the macro, which they use.
pub(super) mod energy;
#[cfg(test)]
mod tests;

/// How the rows of a layer are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rows {
    /// Points of the tile, a multiple of [`ABREAST`].
    pub points: usize,
    /// Gradient streams: the dimension, or 0 where only values are carried.
    pub gradients: usize,
    /// Whether Δ is carried.
    pub laplacian: bool,
    /// Distance between rows.
    pub stride: usize,
}

impl Rows {
    /// Streams of a row.
    pub fn streams(&self) -> usize {
        1 + self.gradients + usize::from(self.laplacian)
    }

    /// Numbers of a row.
    pub fn columns(&self) -> usize {
        self.streams() * self.points
    }
}

/// a = σ(z + bias) with its jet, row by row. Afterwards the value stream of `z` holds what
/// [`reverse`] needs of it.
pub(super) fn forward<T: Real>(sigma: Activation, rows: Rows, bias: &[T], z: &mut [T], a: &mut [T]) {
    dispatch!(sigma, forward_with, rows, bias, z, a);
}

/// Turns the adjoint of a layer's output, in `bar`, into that of its argument, in place.
pub(super) fn reverse<T: Real>(sigma: Activation, rows: Rows, count: usize, z: &[T], a: &[T], bar: &mut [T]) {
    dispatch!(sigma, reverse_with, rows, count, z, a, bar);
}

#[multiversion(targets = "simd")]
fn forward_with<S: Sigma<T>, T: Real>(rows: Rows, bias: &[T], z: &mut [T], a: &mut [T]) {
    match (target_cfg_f!(target_feature = "fma"), size_of::<T>() == 4) {
        (true, true) => forward_rows::<S, T, true, ABREAST>(rows, bias, z, a),
        (true, false) => forward_rows::<S, T, true, HALF_ABREAST>(rows, bias, z, a),
        (false, true) => forward_rows::<S, T, false, ABREAST>(rows, bias, z, a),
        (false, false) => forward_rows::<S, T, false, HALF_ABREAST>(rows, bias, z, a),
    }
}

#[inline(always)]
fn forward_rows<S: Sigma<T>, T: Real, const FMA: bool, const N: usize>(
    rows: Rows,
    bias: &[T],
    z: &mut [T],
    a: &mut [T],
) {
    let n = rows.points;
    let limit = T::of(S::LIMIT);
    for ((&b, z), a) in bias.iter().zip(z.chunks_mut(rows.stride)).zip(a.chunks_mut(rows.stride)) {
        let (value, z) = z[..rows.columns()].split_at_mut(n);
        let (out, a) = a[..rows.columns()].split_at_mut(n);
        let mut near = true;
        for z in value.iter_mut() {
            *z += b;
            near &= z.modulus() <= limit;
        }
        if near {
            for (z, a) in value.iter_mut().zip(out.iter_mut()) {
                (*a, *z) = S::value::<FMA>(*z);
            }
        } else {
            for (z, a) in value.iter_mut().zip(out.iter_mut()) {
                (*a, *z) = if z.modulus() <= limit { S::value::<FMA>(*z) } else { S::far(*z) };
            }
        }
        if rows.gradients == 0 {
            continue;
        }
        let (slopes, curvature) = z.split_at(rows.gradients * n);
        let (a, laplacian) = a.split_at_mut(rows.gradients * n);
        for at in (0..n).step_by(N) {
            let [first, second, _] =
                derivatives::<S, T, N>(abreast::<T, N>(out, at), abreast::<T, N>(value, at));
            let mut squares = [T::of(0.0); N];
            for (z, a) in slopes.chunks_exact(n).zip(a.chunks_exact_mut(n)) {
                let (z, a) = (abreast::<T, N>(z, at), abreast_mut::<T, N>(a, at));
                for i in 0..N {
                    a[i] = first[i] * z[i];
                    squares[i] += z[i] * z[i];
                }
            }
            if rows.laplacian {
                let (z, a) = (abreast::<T, N>(curvature, at), abreast_mut::<T, N>(laplacian, at));
                for i in 0..N {
                    a[i] = first[i] * z[i] + second[i] * squares[i];
                }
            }
        }
    }
}

/// Points whose streams go through a layer together. What lies between reading and writing them stays in
/// registers: loops over whole rows would go to the cache and back with every intermediate number.
/// As many as fill one of the widest registers in single precision.
pub(super) const ABREAST: usize = 16;

/// As many in double precision.
const HALF_ABREAST: usize = ABREAST / 2;

/// The points of a stream from `at` on.
#[inline(always)]
fn abreast<T: Real, const N: usize>(stream: &[T], at: usize) -> [T; N] {
    // Invariant: streams are whole groups of points long.
    *stream[at..].first_chunk().expect("whole groups")
}

#[inline(always)]
fn abreast_mut<T: Real, const N: usize>(stream: &mut [T], at: usize) -> &mut [T; N] {
    // Invariant: as above.
    stream[at..].first_chunk_mut().expect("whole groups")
}

/// σ′, σ″ and σ‴ of values σ and what [`forward`] has kept beside them.
#[inline(always)]
fn derivatives<S: Sigma<T>, T: Real, const N: usize>(value: [T; N], memo: [T; N]) -> [[T; N]; 3] {
    let mut all = [[T::of(0.0); N]; 3];
    for i in 0..N {
        [all[0][i], all[1][i], all[2][i]] = S::derivatives(value[i], memo[i]);
    }
    all
}

#[multiversion(targets = "simd")]
fn reverse_with<S: Sigma<T>, T: Real>(rows: Rows, count: usize, z: &[T], a: &[T], bar: &mut [T]) {
    if size_of::<T>() == 4 {
        reverse_rows::<S, T, ABREAST>(rows, count, z, a, bar);
    } else {
        reverse_rows::<S, T, HALF_ABREAST>(rows, count, z, a, bar);
    }
}

#[inline(always)]
fn reverse_rows<S: Sigma<T>, T: Real, const N: usize>(
    rows: Rows,
    count: usize,
    z: &[T],
    a: &[T],
    bar: &mut [T],
) {
    let n = rows.points;
    let layers = z.chunks(rows.stride).zip(a.chunks(rows.stride)).zip(bar.chunks_mut(rows.stride));
    for ((z, a), bar) in layers.take(count) {
        let (memo, z) = z[..rows.columns()].split_at(n);
        let (value, bar) = bar[..rows.columns()].split_at_mut(n);
        let (slopes, curvature) = z.split_at(rows.gradients * n);
        let (bar, top) = bar.split_at_mut(rows.gradients * n);
        for at in (0..n).step_by(N) {
            let [first, second, third] =
                derivatives::<S, T, N>(abreast::<T, N>(a, at), abreast::<T, N>(memo, at));
            let (mut sum, mut squares) = ([T::of(0.0); N], [T::of(0.0); N]);
            for (z, bar) in slopes.chunks_exact(n).zip(bar.chunks_exact(n)) {
                let (z, bar) = (abreast::<T, N>(z, at), abreast::<T, N>(bar, at));
                for i in 0..N {
                    sum[i] += bar[i] * z[i];
                    squares[i] += z[i] * z[i];
                }
            }
            let value = abreast_mut::<T, N>(value, at);
            let mut of_slopes = [T::of(0.0); N];
            for i in 0..N {
                value[i] *= first[i];
            }
            if rows.laplacian {
                let (z, top) = (abreast::<T, N>(curvature, at), abreast_mut::<T, N>(top, at));
                for i in 0..N {
                    sum[i] += top[i] * z[i];
                    value[i] += third[i] * top[i] * squares[i];
                    of_slopes[i] = T::of(2.0) * second[i] * top[i];
                    top[i] *= first[i];
                }
            }
            for (z, bar) in slopes.chunks_exact(n).zip(bar.chunks_exact_mut(n)) {
                let (z, bar) = (abreast::<T, N>(z, at), abreast_mut::<T, N>(bar, at));
                for i in 0..N {
                    bar[i] = first[i] * bar[i] + of_slopes[i] * z[i];
                }
            }
            for i in 0..N {
                value[i] += second[i] * sum[i];
            }
        }
    }
}
