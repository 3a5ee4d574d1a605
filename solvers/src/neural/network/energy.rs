//! Losses of the value and the gradient in x, without streams for the gradient: one reverse pass in x, then
//! reverse over it.
//!
//! ```text
//! forward   z = W a + b, a = σ(z)                     values
//! upwards   p = Wᵀs, s = σ′ p                         s = ∂u/∂z, and ∇u = K W₁ᵀ s₁
//! tangent   ż₁ = K W₁ ū′, ȧ = σ′ ż, ż = W ȧ           along ū′ = ∂loss/∂∇u, point by point
//! reverse   z̄ = σ′ ā + σ″ p ż, ā = Wᵀ z̄               W̄ = z̄ aᵀ + s ȧᵀ
//! ```
//!
//! ū′·∇u is the derivative of u along ū′, which the tangent carries forward; the adjoint of the tangent is
//! (p, s), at hand from the pass upwards. Six products a layer for a point, whatever the dimension; streams
//! for the gradient take 3(1 + d), which is no more in one dimension.
//!
//! Rows of z hold the memo of σ, ż and p; rows of a hold a and ȧ.

use super::{Jet, Network, Rows, product};
use crate::neural::{activation, real::Real};

/// Whether these passes are cheaper than those with streams.
pub(in crate::neural) fn pays(gradients: usize, laplacian: bool) -> bool {
    gradients >= 2 && !laplacian
}

/// The rows of values alone, and of values with a tangent.
fn narrow(rows: Rows) -> [Rows; 2] {
    [0, 1].map(|gradients| Rows { gradients, laplacian: false, ..rows })
}

impl Network {
    /// Flops of the matrix products of both passes for one point.
    pub fn energy_flops(&self) -> f64 {
        self.products(5.0, 6.0)
    }

    /// As [`Network::forward`]: value and gradient at the points in `jet.x`, to `jet.out`.
    pub fn energy_forward<T: Real>(&self, parameters: &[T], rows: Rows, jet: &mut Jet<T>) {
        let [values, _] = narrow(rows);
        self.forward(parameters, values, jet);
        let Jet { out, z, a, bar, below, slopes, .. } = jet;
        let (n, stride) = (rows.points, rows.stride);
        let slopes = &mut slopes[..self.dimension * n];
        slopes.fill(T::of(0.0));
        let mut end = self.neurons() * stride;
        for subnet in self.subnets.iter().rev() {
            let (hidden, output) = subnet.split();
            for (bar, weight) in bar.chunks_mut(stride).zip(output.weights()) {
                bar[..n].fill(parameters[weight]);
            }
            for (depth, layer) in hidden.iter().enumerate().rev() {
                let start = end - layer.outputs * stride;
                for (z, p) in z[start..end].chunks_mut(stride).zip(bar.chunks(stride)) {
                    z[2 * n..3 * n].copy_from_slice(&p[..n]);
                }
                activation::reverse(self.activation, values, layer.outputs, &z[start..], &a[start..], bar);
                let w = &parameters[layer.weights()];
                if depth == 0 {
                    let neurons = subnet.scales.iter().zip(w.chunks(layer.inputs)).zip(bar.chunks(stride));
                    for ((&scale, w), s) in neurons {
                        for (&w, slope) in w.iter().zip(slopes.chunks_mut(n)) {
                            product::add_scaled(slope, T::of(scale) * w, &s[..n]);
                        }
                    }
                } else {
                    product::apply_transposed(w, layer.outputs, bar, below, n, stride);
                    std::mem::swap(bar, below);
                }
                end = start;
            }
        }
        for (out, slope) in out[n..rows.columns()].iter_mut().zip(slopes) {
            *out = slope.wide();
        }
    }

    /// As [`Network::reverse`], after [`Network::energy_forward`].
    pub fn energy_reverse<T: Real>(
        &self,
        parameters: &[T],
        rows: Rows,
        jet: &mut Jet<T>,
        gradient: &mut [T],
        add: bool,
    ) {
        let [_, tangent] = narrow(rows);
        let Jet { out_bar, points, z, a, bar, below, slopes, row, .. } = jet;
        let (n, stride) = (rows.points, rows.stride);
        for (slope, bar) in slopes.iter_mut().zip(&out_bar[n..rows.columns()]) {
            *slope = T::of(*bar);
        }
        let slopes = &slopes[..self.dimension * n];
        self.tangents(parameters, rows, slopes, z, a);
        let value_bar = &mut row[..n];
        for (value, bar) in value_bar.iter_mut().zip(out_bar.iter()) {
            *value = T::of(*bar);
        }
        let keep = T::of(if add { 1.0 } else { 0.0 });
        let mut end = self.neurons() * stride;
        for subnet in self.subnets.iter().rev() {
            let (hidden, output) = subnet.split();
            let mut start = end - output.inputs * stride;
            let last = a[start..end].chunks(stride).zip(bar.chunks_mut(stride));
            for ((a, bar), weight) in last.zip(output.weights()) {
                let total = product::dot(&a[..n], value_bar) + product::sum(&a[n..2 * n]);
                gradient[weight] = keep * gradient[weight] + total;
                product::set_scaled(&mut bar[..n], parameters[weight], value_bar);
            }
            let slot = &mut gradient[output.biases().start];
            *slot = keep * *slot + product::sum(value_bar);
            for (depth, layer) in hidden.iter().enumerate().rev() {
                for (z, bar) in z[start..].chunks(stride).zip(bar.chunks_mut(stride)).take(layer.outputs) {
                    bar[n..2 * n].copy_from_slice(&z[2 * n..3 * n]);
                }
                activation::reverse(self.activation, tangent, layer.outputs, &z[start..], &a[start..], bar);
                for (slot, bar) in gradient[layer.biases()].iter_mut().zip(bar.chunks(stride)) {
                    *slot = keep * *slot + product::sum(&bar[..n]);
                }
                let w_bar = &mut gradient[layer.weights()];
                if depth == 0 {
                    let neurons = subnet.scales.iter().zip(w_bar.chunks_mut(layer.inputs));
                    for ((&scale, w_bar), bar) in neurons.zip(bar.chunks(stride)) {
                        let axes = points.chunks(n).zip(slopes.chunks(n));
                        for (slot, (x, slope)) in w_bar.iter_mut().zip(axes) {
                            let total = product::dot(&bar[..n], x) + product::dot(&bar[n..2 * n], slope);
                            *slot = keep * *slot + T::of(scale) * total;
                        }
                    }
                } else {
                    let inner = start - layer.inputs * stride;
                    let (w, a) = (&parameters[layer.weights()], &a[inner..start]);
                    product::weight_gradient(w_bar, add, layer.outputs, bar, a, 2 * n, stride);
                    product::apply_transposed(w, layer.outputs, bar, below, n, stride);
                    std::mem::swap(bar, below);
                    start = inner;
                }
            }
            end = start;
        }
    }

    /// ż and ȧ of all layers along `directions`.
    fn tangents<T: Real>(&self, parameters: &[T], rows: Rows, directions: &[T], z: &mut [T], a: &mut [T]) {
        let (n, stride) = (rows.points, rows.stride);
        let mut at = 0;
        for subnet in &self.subnets {
            let mut below = 0;
            for (depth, layer) in subnet.split().0.iter().enumerate() {
                let (done, a) = a.split_at_mut(at);
                let z = &mut z[at..at + layer.outputs * stride];
                let w = &parameters[layer.weights()];
                if depth == 0 {
                    let neurons = subnet.scales.iter().zip(w.chunks(layer.inputs));
                    for ((&scale, w), z) in neurons.zip(z.chunks_mut(stride)) {
                        let z = &mut z[n..2 * n];
                        z.fill(T::of(0.0));
                        for (&w, direction) in w.iter().zip(directions.chunks(n)) {
                            product::add_scaled(z, T::of(scale) * w, direction);
                        }
                    }
                } else {
                    product::apply(w, layer.outputs, &done[below + n..], &mut z[n..], n, stride);
                }
                activation::tangent(self.activation, rows, layer.outputs, z, a);
                below = at;
                at += layer.outputs * stride;
            }
        }
    }
}
