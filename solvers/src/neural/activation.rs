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

use super::sigma::{Phi, Relu, SRelu, Sigma, Sin, Tanh};

/// The most points a tile may have.
pub(super) const MOST_POINTS: usize = 256;

/// An activation function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// tanh x.
    Tanh,
    /// sin x.
    Sin,
    /// x₊(1 − x)₊ (MscaleDNN, arXiv 2007.11207): compact support, kinks at 0 and 1.
    SRelu,
    /// x₊² − 3(x−1)₊² + 3(x−2)₊² − (x−3)₊² (arXiv 2007.11207): the quadratic B-spline times 2,
    /// support (0, 3), peak 1.5.
    Phi,
    /// x₊.
    Relu,
}

impl Activation {
    /// The names a spec may use, in the order of [`Activation::ALL`].
    pub const NAMES: [&'static str; 5] = ["tanh", "sin", "srelu", "phi", "relu"];
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Tanh, Self::Sin, Self::SRelu, Self::Phi, Self::Relu];

    /// Its name in a spec.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Whether σ″ is a function. Where σ′ jumps it is not: a strong-form residual built from the
    /// pieces would miss the Dirac masses at the kinks.
    pub fn has_second_derivative(self) -> bool {
        !matches!(self, Self::SRelu | Self::Relu)
    }
}

/// How the rows of a layer are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rows {
    /// Points of the tile, a multiple of 8 and at most [`MOST_POINTS`].
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
pub(super) fn forward(sigma: Activation, rows: Rows, bias: &[f64], z: &mut [f64], a: &mut [f64]) {
    match sigma {
        Activation::Tanh => forward_with::<Tanh>(rows, bias, z, a),
        Activation::Sin => forward_with::<Sin>(rows, bias, z, a),
        Activation::SRelu => forward_with::<SRelu>(rows, bias, z, a),
        Activation::Phi => forward_with::<Phi>(rows, bias, z, a),
        Activation::Relu => forward_with::<Relu>(rows, bias, z, a),
    }
}

/// Turns the adjoint of a layer's output, in `bar`, into that of its argument, in place.
pub(super) fn reverse(sigma: Activation, rows: Rows, count: usize, z: &[f64], a: &[f64], bar: &mut [f64]) {
    match sigma {
        Activation::Tanh => reverse_with::<Tanh>(rows, count, z, a, bar),
        Activation::Sin => reverse_with::<Sin>(rows, count, z, a, bar),
        Activation::SRelu => reverse_with::<SRelu>(rows, count, z, a, bar),
        Activation::Phi => reverse_with::<Phi>(rows, count, z, a, bar),
        Activation::Relu => reverse_with::<Relu>(rows, count, z, a, bar),
    }
}

#[multiversion(targets = "simd")]
fn forward_with<S: Sigma>(rows: Rows, bias: &[f64], z: &mut [f64], a: &mut [f64]) {
    if target_cfg_f!(target_feature = "fma") {
        forward_rows::<S, true>(rows, bias, z, a);
    } else {
        forward_rows::<S, false>(rows, bias, z, a);
    }
}

#[inline(always)]
fn forward_rows<S: Sigma, const FMA: bool>(rows: Rows, bias: &[f64], z: &mut [f64], a: &mut [f64]) {
    let n = rows.points;
    let mut first = [0.0; MOST_POINTS];
    let mut second = [0.0; MOST_POINTS];
    let mut squares = [0.0; MOST_POINTS];
    let (first, second, squares) = (&mut first[..n], &mut second[..n], &mut squares[..n]);
    for ((&b, z), a) in bias.iter().zip(z.chunks_mut(rows.stride)).zip(a.chunks_mut(rows.stride)) {
        let (value, z) = z[..rows.columns()].split_at_mut(n);
        let (out, a) = a[..rows.columns()].split_at_mut(n);
        let mut near = true;
        for z in value.iter_mut() {
            *z += b;
            near &= z.abs() <= S::LIMIT;
        }
        if near {
            for (z, a) in value.iter_mut().zip(out.iter_mut()) {
                (*a, *z) = S::value::<FMA>(*z);
            }
        } else {
            for (z, a) in value.iter_mut().zip(out.iter_mut()) {
                (*a, *z) = if z.abs() <= S::LIMIT { S::value::<FMA>(*z) } else { S::far(*z) };
            }
        }
        if rows.gradients == 0 {
            continue;
        }
        for i in 0..n {
            [first[i], second[i], _] = S::derivatives(out[i], value[i]);
        }
        for (z, a) in z.chunks_exact(n).zip(a.chunks_exact_mut(n)) {
            for i in 0..n {
                a[i] = first[i] * z[i];
            }
        }
        if rows.laplacian {
            sum_of_squares(z, rows.gradients, squares);
            let laplacian = &mut a[rows.gradients * n..];
            for i in 0..n {
                laplacian[i] += second[i] * squares[i];
            }
        }
    }
}

/// Σⱼ (∂ⱼz)² over the first `gradients` streams.
#[inline(always)]
fn sum_of_squares(z: &[f64], gradients: usize, out: &mut [f64]) {
    let n = out.len();
    out.fill(0.0);
    for z in z.chunks_exact(n).take(gradients) {
        for i in 0..n {
            out[i] += z[i] * z[i];
        }
    }
}

#[multiversion(targets = "simd")]
fn reverse_with<S: Sigma>(rows: Rows, count: usize, z: &[f64], a: &[f64], bar: &mut [f64]) {
    let n = rows.points;
    let mut scratch = [[0.0; MOST_POINTS]; 5];
    let [first, second, third, squares, sum] = scratch.each_mut().map(|row| &mut row[..n]);
    let layers = z.chunks(rows.stride).zip(a.chunks(rows.stride)).zip(bar.chunks_mut(rows.stride));
    for ((z, a), bar) in layers.take(count) {
        let (memo, z) = z[..rows.columns()].split_at(n);
        let out = &a[..n];
        let (value, bar) = bar[..rows.columns()].split_at_mut(n);
        for i in 0..n {
            [first[i], second[i], third[i]] = S::derivatives(out[i], memo[i]);
        }
        for i in 0..n {
            value[i] *= first[i];
        }
        if rows.gradients == 0 {
            continue;
        }
        let ends = rows.gradients * n;
        let (slopes, curvature) = z.split_at(ends);
        let (bar, top) = bar.split_at_mut(ends);
        sum.fill(0.0);
        for (z, bar) in slopes.chunks_exact(n).zip(bar.chunks_exact(n)) {
            for i in 0..n {
                sum[i] += bar[i] * z[i];
            }
        }
        if rows.laplacian {
            sum_of_squares(slopes, rows.gradients, squares);
            for i in 0..n {
                sum[i] += top[i] * curvature[i];
                value[i] += third[i] * top[i] * squares[i];
                squares[i] = 2.0 * second[i] * top[i];
                top[i] *= first[i];
            }
            for (z, bar) in slopes.chunks_exact(n).zip(bar.chunks_exact_mut(n)) {
                for i in 0..n {
                    bar[i] = first[i] * bar[i] + squares[i] * z[i];
                }
            }
        } else {
            for bar in bar.chunks_exact_mut(n) {
                for i in 0..n {
                    bar[i] *= first[i];
                }
            }
        }
        for i in 0..n {
            value[i] += second[i] * sum[i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_keeps_infinities_and_not_a_number_where_they_are() {
        let rows = Rows { points: 8, gradients: 0, laplacian: false, stride: 8 };
        let inf = f64::INFINITY;
        for sigma in Activation::ALL {
            let start = [0.3, f64::NAN, inf, -inf, 1e300, -1e300, 4e7, 0.0];
            let mut z = start;
            let mut a = [0.0; 8];
            forward(sigma, rows, &[0.0], &mut z, &mut a);
            for (z, a) in start.iter().zip(a) {
                let right = match sigma {
                    Activation::Tanh => z.tanh(),
                    Activation::Sin => z.sin(),
                    Activation::Relu => z * f64::from(*z >= 0.0),
                    _ if z.is_nan() => *z,
                    _ if *z == 0.3 => a,
                    _ => 0.0,
                };
                let right = if sigma == Activation::Relu && *z < 0.0 { 0.0 } else { right };
                let same = (a - right).abs() <= 1e-15 || (a.is_nan() && right.is_nan()) || a == right;
                assert!(same, "{sigma:?}({z}) = {a}, not {right}");
            }
        }
    }
}
