//! The Jacobian of a network: for every point of a tile the derivative of one number made of the streams of
//! its output, with respect to all parameters.
//!
//! The reverse pass is that of training ([`Network::reverse`]), with the derivatives of the number at the
//! output. It treats every point by itself up to the parameters, where training adds the points up and
//! this one does not:
//!
//! ```text
//! ∂r_p/∂Wᵢⱼ = Σ_s z̄ᵢ(s, p) aⱼ(s, p)      s over the streams
//! ```
//!
//! Cost: as the reverse pass, 2 · streams · parameters flops a point for the last of it, which writes as many
//! numbers as the Jacobian has and nothing else.

use multiversion::multiversion;

use super::{
    Jet, Network, Rows,
    layers::bypass,
    layout::{Factor, Subnet},
};
use crate::neural::product;

/// Where a pass puts its columns: entry (parameter, point) at parameter · `width` + `at` + point.
#[derive(Debug, Clone, Copy)]
pub(in crate::neural) struct Columns {
    /// Points between the rows of the block.
    pub width: usize,
    /// The first column.
    pub at: usize,
}

impl Network {
    /// After [`Network::forward`], with ∂r/∂out in `jet.out_bar`: the derivatives of r for all points of the
    /// tile and all parameters, in `block`.
    pub fn point_gradients(
        &self,
        parameters: &[f64],
        rows: Rows,
        jet: &mut Jet,
        block: &mut [f64],
        to: Columns,
    ) {
        let Jet { x, seen, out_bar, z, a, bar, below, .. } = jet;
        let (columns, stride) = (rows.columns(), rows.stride);
        let out_bar = &out_bar[..columns];
        for subnet in &self.subnets {
            let (hidden, _) = subnet.split();
            let last = &a[super::top(hidden) * stride..];
            output(subnet, parameters, rows, [out_bar, last], block, to);
            subnet.fill_bar(parameters, out_bar, stride, bar);
            for (depth, layer) in hidden.iter().enumerate().rev() {
                let at = layer.at * stride;
                let bypassed = bypass(layer, rows, 0..columns, bar, below);
                subnet.pull_back(depth, layer, rows, [&z[at..], &a[at..]], bar);
                for (index, bar) in layer.biases().zip(bar.chunks(stride)) {
                    values(rows, bar, &mut block[index * to.width..], to);
                }
                let weights = &mut block[layer.start * to.width..];
                let neurons = bar.chunks(stride).zip(weights.chunks_mut(layer.inputs * to.width));
                let neurons = neurons.take(layer.outputs);
                if depth > 0 {
                    let a = &a[hidden[depth - 1].top() * stride..];
                    neurons.for_each(|(bar, weights)| outer(rows, bar, a, layer.inputs, weights, to));
                    let w = &parameters[layer.weights()];
                    product::apply_transposed(w, layer.outputs, bar, below, bypassed, columns, stride);
                    std::mem::swap(bar, below);
                } else if !subnet.is_frozen() {
                    for ((bar, weights), &scale) in neurons.zip(&subnet.scales) {
                        let (weights, beyond) = weights.split_at_mut(self.dimension * to.width);
                        first(rows, scale, bar, x, self.dimension, weights, to);
                        outer(rows, bar, seen, self.functions, beyond, to);
                        for row in beyond.chunks_mut(to.width).take(self.functions) {
                            product::scale(&mut row[to.at..to.at + rows.points], scale);
                        }
                    }
                }
            }
        }
    }
}

/// The derivatives by the output layer and by cᵢ.
fn output(
    subnet: &Subnet,
    parameters: &[f64],
    rows: Rows,
    [out_bar, a]: [&[f64]; 2],
    block: &mut [f64],
    to: Columns,
) {
    let (_, layer) = subnet.split();
    let own = layer.start..layer.biases().end;
    outer(rows, out_bar, a, layer.inputs, &mut block[own.start * to.width..], to);
    values(rows, out_bar, &mut block[layer.biases().start * to.width..], to);
    let place = |index: usize| index * to.width + to.at;
    if let Factor::Trained(index, _) = subnet.factor {
        let (done, along) = block.split_at_mut(place(index));
        let along = &mut along[..rows.points];
        along.fill(0.0);
        for index in own.clone() {
            product::add_scaled(along, parameters[index], &done[place(index)..][..rows.points]);
        }
    }
    let weight: f64 = subnet.weight(parameters);
    if weight != 1.0 {
        own.for_each(|index| product::scale(&mut block[place(index)..][..rows.points], weight));
    }
}

/// The value stream of `bar` is the derivative by a bias.
fn values(rows: Rows, bar: &[f64], block: &mut [f64], to: Columns) {
    block[to.at..to.at + rows.points].copy_from_slice(&bar[..rows.points]);
}

/// Σ over the streams of `bar` · aⱼ, for the `inputs` rows of `a`.
#[multiversion(targets = "simd")]
fn outer(rows: Rows, bar: &[f64], a: &[f64], inputs: usize, block: &mut [f64], to: Columns) {
    let n = rows.points;
    for (a, row) in a.chunks(rows.stride).zip(block.chunks_mut(to.width)).take(inputs) {
        let out = &mut row[to.at..to.at + n];
        let (bar, a) = (&bar[..rows.columns()], &a[..rows.columns()]);
        for ((out, bar), a) in out.iter_mut().zip(&bar[..n]).zip(&a[..n]) {
            *out = bar * a;
        }
        for (bar, a) in bar.chunks_exact(n).zip(a.chunks_exact(n)).skip(1) {
            for ((out, bar), a) in out.iter_mut().zip(bar).zip(a) {
                *out += bar * a;
            }
        }
    }
}

/// K (z̄ xⱼ + ∂ⱼz̄) of one neuron of the first layer.
#[multiversion(targets = "simd")]
fn first(rows: Rows, scale: f64, bar: &[f64], x: &[f64], inputs: usize, block: &mut [f64], to: Columns) {
    let n = rows.points;
    for (j, row) in block.chunks_mut(to.width).take(inputs).enumerate() {
        let out = &mut row[to.at..to.at + n];
        for ((out, bar), x) in out.iter_mut().zip(&bar[..n]).zip(&x[j * n..(j + 1) * n]) {
            *out = scale * bar * x;
        }
        if rows.gradients > 0 {
            for (out, slope) in out.iter_mut().zip(&bar[(1 + j) * n..(2 + j) * n]) {
                *out += scale * slope;
            }
        }
    }
}
