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
//! Functions that the network sees beside x are more inputs at first: s₁ gives the derivative by each, which joins ∇u times
//! its own gradient, and ū′ along x has a component along each of them.
//!
//! Rows of z hold the memo of σ, ż and p; rows of a hold a and ȧ. A residual connection adds a to both, and p to what
//! comes down from above.

use super::{
    Jet, Network, Rows,
    layers::{bypass, connect},
    product, seeds,
};
use crate::neural::{activation::energy, real::Real};

/// Whether these passes are cheaper than those with streams.
pub(in crate::neural) fn pays(gradients: usize, laplacian: bool) -> bool {
    gradients >= 2 && !laplacian
}

impl Network {
    /// Flops of the matrix products of both passes for one point.
    pub fn energy_flops(&self) -> f64 {
        self.products(5.0, 6.0)
    }

    /// As [`Network::forward`]: value and gradient at the points in `jet.x`, to `jet.out`.
    pub fn energy_forward<T: Real>(&self, parameters: &[T], rows: Rows, jet: &mut Jet<T>) {
        let values = Rows { gradients: 0, laplacian: false, ..rows };
        self.forward(parameters, values, jet);
        let Jet { out, z, a, bar, below, slopes, functions, .. } = jet;
        let (n, stride) = (rows.points, rows.stride);
        let slopes = &mut slopes[..(self.dimension + self.functions) * n];
        slopes.fill(T::of(0.0));
        for subnet in &self.subnets {
            let (hidden, output) = subnet.split();
            let weight: T = subnet.weight(parameters);
            for (bar, index) in bar.chunks_mut(stride).zip(output.weights()) {
                bar[..n].fill(weight * parameters[index]);
            }
            for (depth, layer) in hidden.iter().enumerate().rev() {
                let bypassed = bypass(layer, rows, 0..n, bar, below);
                subnet.pull_back_by(depth, layer, rows, 0..n, bar, |sigma, neurons, bar| {
                    let at = (layer.at + neurons.start) * stride;
                    energy::upwards(sigma, rows, neurons.len(), &mut z[at..], &a[at..], bar);
                });
                let w = &parameters[layer.weights()];
                if depth == 0 {
                    let neurons = subnet.scales.iter().zip(w.chunks(layer.inputs)).zip(bar.chunks(stride));
                    for ((&scale, w), s) in neurons {
                        for (&w, slope) in w.iter().zip(slopes.chunks_mut(n)) {
                            product::add_scaled(slope, T::of(scale) * w, &s[..n]);
                        }
                    }
                } else {
                    product::apply_transposed(w, layer.outputs, bar, below, bypassed, n, stride);
                    std::mem::swap(bar, below);
                }
            }
        }
        let (slopes, by_functions) = slopes.split_at_mut(self.dimension * n);
        for (by, function) in by_functions.chunks(n).zip(functions.chunks(stride)) {
            for (slope, own) in slopes.chunks_mut(n).zip(function[n..].chunks(n)) {
                product::add_product(slope, by, own);
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
        let Jet { out_bar, parts_bar, points, functions, z, a, bar, below, slopes, row, own, .. } = jet;
        let (n, stride) = (rows.points, rows.stride);
        for (slope, bar) in slopes.iter_mut().zip(&out_bar[n..rows.columns()]) {
            *slope = T::of(*bar);
        }
        let functions = &functions[..self.functions * stride];
        let (along_axes, along) = slopes.split_at_mut(self.dimension * n);
        for (along, function) in along.chunks_mut(n).zip(functions.chunks(stride)) {
            along.fill(T::of(0.0));
            for (slope, own) in along_axes.chunks(n).zip(function[n..].chunks(n)) {
                product::add_product(along, slope, own);
            }
        }
        let slopes = &slopes[..(self.dimension + self.functions) * n];
        self.tangents(parameters, rows, slopes, z, a);
        let value_bar = &mut row[..n];
        for (value, bar) in value_bar.iter_mut().zip(out_bar.iter()) {
            *value = T::of(*bar);
        }
        for (index, subnet) in self.subnets.iter().enumerate() {
            let (hidden, _) = subnet.split();
            let value_bar = seeds(index, n, value_bar, parts_bar, own);
            let last = a[super::top(hidden) * stride..].chunks(stride);
            let totals = last.map(|a| product::dot(&a[..n], value_bar) + product::sum(&a[n..2 * n]));
            subnet.reverse_output(parameters, totals, product::sum(value_bar), gradient, add);
            subnet.fill_bar(parameters, value_bar, stride, bar);
            for (depth, layer) in hidden.iter().enumerate().rev() {
                let bypassed = bypass(layer, rows, 0..n, bar, below);
                subnet.pull_back_by(depth, layer, rows, 0..2 * n, bar, |sigma, neurons, bar| {
                    let at = (layer.at + neurons.start) * stride;
                    energy::downwards(sigma, rows, neurons.len(), &z[at..], &a[at..], bar);
                });
                for (slot, bar) in gradient[layer.biases()].iter_mut().zip(bar.chunks(stride)) {
                    product::put(slot, add, product::sum(&bar[..n]));
                }
                let w_bar = &mut gradient[layer.weights()];
                if depth > 0 {
                    let a = &a[hidden[depth - 1].top() * stride..];
                    let w = &parameters[layer.weights()];
                    product::weight_gradient(w_bar, add, layer.outputs, bar, a, 2 * n, stride);
                    product::apply_transposed(w, layer.outputs, bar, below, bypassed, n, stride);
                    std::mem::swap(bar, below);
                } else if subnet.is_frozen() {
                    w_bar.iter_mut().for_each(|slot| product::put(slot, add, T::of(0.0)));
                } else {
                    let neurons = subnet.scales.iter().zip(w_bar.chunks_mut(layer.inputs));
                    for ((&scale, w_bar), bar) in neurons.zip(bar.chunks(stride)) {
                        let axes = points.chunks(n).take(self.dimension);
                        let inputs = axes.chain(functions.chunks(stride).map(|function| &function[..n]));
                        for (slot, (x, slope)) in w_bar.iter_mut().zip(inputs.zip(slopes.chunks(n))) {
                            let total = product::dot(&bar[..n], x) + product::dot(&bar[n..2 * n], slope);
                            product::put(slot, add, T::of(scale) * total);
                        }
                    }
                }
            }
        }
    }

    /// ż and ȧ of all layers along `directions`.
    fn tangents<T: Real>(&self, parameters: &[T], rows: Rows, directions: &[T], z: &mut [T], a: &mut [T]) {
        let (n, stride) = (rows.points, rows.stride);
        for subnet in &self.subnets {
            let mut below = 0;
            for (depth, layer) in subnet.split().0.iter().enumerate() {
                let (done, own) = a.split_at_mut(layer.at * stride);
                let z = &mut z[layer.at * stride..];
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
                    product::apply(w, layer.outputs, &done[below * stride + n..], &mut z[n..], n, stride);
                }
                subnet.push_forward(depth, layer, rows, z, own);
                connect(layer, below, rows, n..2 * n, a);
                below = layer.top();
            }
        }
    }
}
