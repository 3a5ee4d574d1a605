//! What a layer does besides its matrix product: the first layer of both kinds, σ with its derivatives, and
//! residual connections, forwards and back.
//!
//! A Fourier layer is computed as one of twice as many neurons that share their weights: z = K ⊙ (W x) lies in the
//! rows of the cosines and again in those of the sines. On the way back the adjoints of both are added up, after which
//! it is a layer like any other. s multiplies a and what the derivatives of sine and cosine are computed
//! from; they are linear in both, so that from there on they are those of s cos and s sin.

use super::{
    Rows,
    layout::{First, Layer, Subnet},
    product,
};
use crate::neural::{
    activation::{self, Activation, energy},
    real::Real,
};

/// What of a row is meant: all of its streams, or some.
type Columns = std::ops::Range<usize>;

impl Subnet {
    /// s, in a Fourier layer.
    fn relaxation(&self, depth: usize) -> Option<f64> {
        match self.first {
            First::Fourier { relaxation, .. } if depth == 0 => Some(relaxation),
            _ => None,
        }
    }

    /// From z to the neurons of a layer, with as many streams as `rows` has.
    pub(super) fn activate<T: Real>(
        &self,
        depth: usize,
        layer: &Layer,
        rows: Rows,
        parameters: &[T],
        z: &mut [T],
        a: &mut [T],
    ) {
        let Some(relaxation) = self.relaxation(depth) else {
            activation::forward(self.activation, rows, &parameters[layer.biases()], z, a);
            return;
        };
        spread(layer, rows, 0..rows.columns(), z);
        let s = T::of(relaxation);
        let neurons = z.chunks_mut(rows.stride).zip(a.chunks_mut(rows.stride));
        for (neuron, (z, a)) in neurons.take(layer.neurons).enumerate() {
            let wave = if neuron < layer.outputs { Activation::Cos } else { Activation::Sin };
            activation::forward(wave, rows, &[T::of(0.0)], z, a);
            product::scale(&mut a[..rows.columns()], s);
            product::scale(&mut z[..rows.points], s);
        }
    }

    /// From the adjoint of the neurons of a layer to that of z, in the first `layer.outputs` rows of `bar`.
    pub(super) fn pull_back<T: Real>(
        &self,
        depth: usize,
        layer: &Layer,
        rows: Rows,
        [z, a]: [&[T]; 2],
        bar: &mut [T],
    ) {
        self.pull_back_by(depth, layer, rows, 0..rows.columns(), bar, |sigma, neurons, bar| {
            let at = neurons.start * rows.stride;
            activation::reverse(sigma, rows, neurons.len(), &z[at..], &a[at..], bar);
        });
    }

    /// As [`Subnet::pull_back`], with `reverse` for what neurons of one activation do to their rows of `bar`, and only
    /// some columns of these.
    pub(super) fn pull_back_by<T: Real>(
        &self,
        depth: usize,
        layer: &Layer,
        rows: Rows,
        columns: Columns,
        bar: &mut [T],
        mut reverse: impl FnMut(Activation, std::ops::Range<usize>, &mut [T]),
    ) {
        if self.relaxation(depth).is_none() {
            reverse(self.activation, 0..layer.neurons, bar);
            return;
        }
        let waves = layer.outputs;
        let (cosines, sines) = bar.split_at_mut(waves * rows.stride);
        reverse(Activation::Cos, 0..waves, cosines);
        reverse(Activation::Sin, waves..2 * waves, sines);
        for (cosine, sine) in cosines.chunks_mut(rows.stride).zip(sines.chunks(rows.stride)) {
            product::add_scaled(&mut cosine[columns.clone()], T::of(1.0), &sine[columns.clone()]);
        }
    }

    /// From the tangent of z to that of the neurons, both in the second stream.
    pub(super) fn push_forward<T: Real>(
        &self,
        depth: usize,
        layer: &Layer,
        rows: Rows,
        z: &mut [T],
        a: &mut [T],
    ) {
        if self.relaxation(depth).is_none() {
            energy::tangent(self.activation, rows, layer.neurons, z, a);
            return;
        }
        spread(layer, rows, rows.points..2 * rows.points, z);
        let split = layer.outputs * rows.stride;
        energy::tangent(Activation::Cos, rows, layer.outputs, z, a);
        energy::tangent(Activation::Sin, rows, layer.outputs, &z[split..], &mut a[split..]);
    }
}

/// Copies what the cosines have to the sines.
fn spread<T: Real>(layer: &Layer, rows: Rows, columns: Columns, z: &mut [T]) {
    let (cosines, sines) = z.split_at_mut(layer.outputs * rows.stride);
    for (cosine, sine) in cosines.chunks(rows.stride).zip(sines.chunks_mut(rows.stride)).take(layer.outputs) {
        sine[columns.clone()].copy_from_slice(&cosine[columns.clone()]);
    }
}

/// The rows of the sum, where there is a residual connection: what came in and σ(z).
pub(super) fn connect<T: Real>(layer: &Layer, below: usize, rows: Rows, columns: Columns, a: &mut [T]) {
    let Some(sum) = layer.sum else { return };
    let (done, sums) = a.split_at_mut(sum * rows.stride);
    let incoming = done[below * rows.stride..].chunks(rows.stride);
    let neurons = done[layer.at * rows.stride..].chunks(rows.stride);
    for (sum, (incoming, neuron)) in sums.chunks_mut(rows.stride).zip(incoming.zip(neurons)) {
        product::sum_of(&mut sum[columns.clone()], &incoming[columns.clone()], &neuron[columns.clone()]);
    }
}

/// Before σ is pulled back: the adjoint of what came in starts with that of the sum, where there is a residual
/// connection. Whether there is.
pub(super) fn bypass<T: Real>(
    layer: &Layer,
    rows: Rows,
    columns: Columns,
    bar: &[T],
    below: &mut [T],
) -> bool {
    if layer.sum.is_some() {
        let both = below.chunks_mut(rows.stride).zip(bar.chunks(rows.stride));
        for (below, bar) in both.take(layer.neurons) {
            below[columns.clone()].copy_from_slice(&bar[columns.clone()]);
        }
    }
    layer.sum.is_some()
}

/// z = K ⊙ (W x) with its jet: the gradient in the coordinates is K ⊙ W at every point, the Laplacian zero; functions that
/// follow them in x bring their own.
pub(super) fn first_layer<T: Real>(
    scales: &[f64],
    w: &[T],
    [x, functions]: [&[T]; 2],
    rows: Rows,
    z: &mut [T],
) {
    let n = rows.points;
    let inputs = w.len() / scales.len();
    let dimension = inputs - functions.len() / rows.stride;
    for ((&scale, w), z) in scales.iter().zip(w.chunks(inputs)).zip(z.chunks_mut(rows.stride)) {
        let (w, beyond) = w.split_at(dimension);
        let jet = &mut z[..rows.columns()];
        let (value, z) = jet.split_at_mut(n);
        value.fill(T::of(0.0));
        for (&w, x) in w.iter().zip(x.chunks(n)) {
            product::add_scaled(value, T::of(scale) * w, x);
        }
        let (slopes, laplacian) = z.split_at_mut(rows.gradients * n);
        for (&w, slope) in w.iter().zip(slopes.chunks_mut(n)) {
            slope.fill(T::of(scale) * w);
        }
        laplacian.fill(T::of(0.0));
        for (&w, function) in beyond.iter().zip(functions.chunks(rows.stride)) {
            product::add_scaled(jet, T::of(scale) * w, function);
        }
    }
}

/// W̄ᵢⱼ = Kᵢ Σ (z̄ xⱼ + ∂ⱼz̄), and of functions the sum over all of their streams.
pub(super) fn first_layer_gradient<T: Real>(
    scales: &[f64],
    bar: &[T],
    [x, functions]: [&[T]; 2],
    rows: Rows,
    w_bar: &mut [T],
    add: bool,
) {
    let n = rows.points;
    let inputs = w_bar.len() / scales.len();
    let dimension = inputs - functions.len() / rows.stride;
    for ((&scale, w_bar), bar) in scales.iter().zip(w_bar.chunks_mut(inputs)).zip(bar.chunks(rows.stride)) {
        let (w_bar, beyond) = w_bar.split_at_mut(dimension);
        let bar = &bar[..rows.columns()];
        for (slot, function) in beyond.iter_mut().zip(functions.chunks(rows.stride)) {
            product::put(slot, add, T::of(scale) * product::dot(bar, &function[..bar.len()]));
        }
        let (value, slopes) = bar.split_at(n);
        for (j, slot) in w_bar.iter_mut().enumerate() {
            let mut total = product::dot(value, &x[j * n..(j + 1) * n]);
            if rows.gradients > 0 {
                total += product::sum(&slopes[j * n..(j + 1) * n]);
            }
            product::put(slot, add, T::of(scale) * total);
        }
    }
}
