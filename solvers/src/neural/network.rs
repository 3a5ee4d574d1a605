//! Fully connected networks, one or a sum of several, and their passes over a tile of points.
//!
//! A *subnet* is a_0 = x, a_l = σ(W_l a_{l−1} + b_l), output W_L a_{L−1} + b_L, with one change in the
//! first layer: a_1 = σ(K ⊙ (W_1 x) + b_1) with a scale a neuron, the bias left alone. That covers
//! both structures of MscaleDNN (Liu, Cai, Xu, arXiv 2007.11207): structure 1 is one subnet whose
//! first layer is divided into blocks, one scale each; structure 2 is Σᵢ fᵢ(aᵢ x), a subnet a scale.
//!
//! The forward pass carries the jet (value, gradient, Laplacian in x) of every neuron, exactly; one
//! reverse pass then gives the derivatives of the loss with respect to all parameters.

mod jacobian;

use super::{
    activation::{self, Activation, Rows},
    product,
};
pub(super) use jacobian::Columns;

/// One layer: where its parameters lie among all of them.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub inputs: usize,
    pub outputs: usize,
    /// Where W (`outputs × inputs`, row by row) starts; b follows it.
    pub start: usize,
}

impl Layer {
    pub fn weights(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.inputs * self.outputs
    }

    pub fn biases(&self) -> std::ops::Range<usize> {
        let start = self.start + self.inputs * self.outputs;
        start..start + self.outputs
    }
}

/// One fully connected network with a linear output.
#[derive(Debug, Clone)]
pub(super) struct Subnet {
    /// The scale K of every neuron of the first layer.
    scales: Vec<f64>,
    /// The hidden layers and the output layer.
    layers: Vec<Layer>,
}

/// A sum of subnets with all their parameters in one vector.
#[derive(Debug, Clone)]
pub(super) struct Network {
    dimension: usize,
    activation: Activation,
    subnets: Vec<Subnet>,
    parameters: usize,
}

impl Network {
    /// A network with the hidden layers `widths` in every subnet. `blocks` has one entry a subnet:
    /// the scales of the blocks of its first layer.
    pub fn new(dimension: usize, widths: &[usize], activation: Activation, blocks: &[&[f64]]) -> Self {
        let mut parameters = 0;
        let subnets = blocks
            .iter()
            .map(|scales| {
                let mut inputs = dimension;
                let layers = widths
                    .iter()
                    .chain([&1])
                    .map(|&outputs| {
                        let layer = Layer { inputs, outputs, start: parameters };
                        parameters = layer.biases().end;
                        inputs = outputs;
                        layer
                    })
                    .collect();
                let first = widths[0];
                let scales = (0..first).map(|neuron| scales[neuron * scales.len() / first]).collect();
                Subnet { scales, layers }
            })
            .collect();
        Self { dimension, activation, subnets, parameters }
    }

    pub fn parameters(&self) -> usize {
        self.parameters
    }

    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// All layers, subnet by subnet.
    pub fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.subnets.iter().flat_map(|subnet| &subnet.layers)
    }

    /// The first layer of every subnet, with the scales of its neurons.
    pub fn first_layers(&self) -> impl Iterator<Item = (&Layer, &[f64])> {
        self.subnets.iter().map(|subnet| (&subnet.layers[0], subnet.scales.as_slice()))
    }

    /// Neurons of all hidden layers.
    fn neurons(&self) -> usize {
        self.layers().map(|layer| layer.outputs).sum::<usize>() - self.subnets.len()
    }

    /// Neurons of the widest layer.
    pub fn widest(&self) -> usize {
        self.layers().map(|layer| layer.outputs).max().unwrap_or(1)
    }

    /// Numbers a [`Jet`] for rows of `stride` holds.
    pub fn jet_len(&self, stride: usize) -> usize {
        (2 * self.neurons() + 2 * self.widest() + 2 + self.dimension) * stride
    }

    /// Flops of the matrix products for one point with `streams` streams: forward, and for training
    /// the two products of the reverse pass too.
    pub fn flops(&self, streams: usize, training: bool) -> f64 {
        let passes = if training { 3.0 } else { 1.0 };
        let of = |layer: &Layer| 2.0 * (layer.inputs * layer.outputs) as f64;
        self.subnets
            .iter()
            .map(|subnet| {
                let (first, rest) = (of(&subnet.layers[0]), subnet.layers[1..].iter().map(of).sum::<f64>());
                // The first layer's derivative streams are its weights; nothing flows back to x.
                first * if training { 2.0 } else { 1.0 } + passes * streams as f64 * rest
            })
            .sum()
    }
}

/// The memory of one pass over a tile.
#[derive(Debug)]
pub(super) struct Jet {
    /// Coordinates, one row an axis.
    pub x: Vec<f64>,
    /// The streams of the output.
    pub out: Vec<f64>,
    /// The derivative of the loss with respect to `out`.
    pub out_bar: Vec<f64>,
    z: Vec<f64>,
    a: Vec<f64>,
    bar: Vec<f64>,
    below: Vec<f64>,
}

impl Jet {
    /// Memory for tiles whose rows are at most `stride` long.
    pub fn new(network: &Network, stride: usize) -> Self {
        let (neurons, widest) = (network.neurons(), network.widest());
        Self {
            x: vec![0.0; network.dimension * stride],
            out: vec![0.0; stride],
            out_bar: vec![0.0; stride],
            z: vec![0.0; neurons * stride],
            a: vec![0.0; neurons * stride],
            bar: vec![0.0; widest * stride],
            below: vec![0.0; widest * stride],
        }
    }
}

impl Network {
    /// Carries the points in `jet.x` (axis `j` in `x[j·points..]`) to `jet.out`.
    pub fn forward(&self, parameters: &[f64], rows: Rows, jet: &mut Jet) {
        let Jet { x, out, z, a, .. } = jet;
        let out = &mut out[..rows.columns()];
        out.fill(0.0);
        let mut at = 0;
        for subnet in &self.subnets {
            let (hidden, output) = subnet.split();
            let mut below = 0;
            for (depth, layer) in hidden.iter().enumerate() {
                let (done, a) = a.split_at_mut(at);
                let z = &mut z[at..at + layer.outputs * rows.stride];
                let w = &parameters[layer.weights()];
                if depth == 0 {
                    first_layer(&subnet.scales, w, x, rows, z);
                } else {
                    product::apply(w, layer.outputs, &done[below..], z, rows.columns(), rows.stride);
                }
                activation::forward(self.activation, rows, &parameters[layer.biases()], z, a);
                below = at;
                at += layer.outputs * rows.stride;
            }
            let last = a[below..at].chunks(rows.stride);
            for (&w, a) in parameters[output.weights()].iter().zip(last) {
                product::add_scaled(out, w, &a[..rows.columns()]);
            }
            let bias = parameters[output.biases().start];
            out[..rows.points].iter_mut().for_each(|value| *value += bias);
        }
    }

    /// Carries `jet.out_bar` back to the parameters: `gradient = …`, or `+= …` if `add`.
    pub fn reverse(&self, parameters: &[f64], rows: Rows, jet: &mut Jet, gradient: &mut [f64], add: bool) {
        let Jet { x, out_bar, z, a, bar, below, .. } = jet;
        let (columns, stride) = (rows.columns(), rows.stride);
        let out_bar = &out_bar[..columns];
        let keep = if add { 1.0 } else { 0.0 };
        let mut end = a.len().min(self.neurons() * stride);
        for subnet in self.subnets.iter().rev() {
            let (hidden, output) = subnet.split();
            let mut start = end - output.inputs * stride;
            let last = a[start..end].chunks(stride).zip(bar.chunks_mut(stride));
            let weights = output.weights();
            for ((a, bar), weight) in last.zip(weights) {
                let slot = &mut gradient[weight];
                *slot = keep * *slot + product::dot(&a[..columns], out_bar);
                product::set_scaled(&mut bar[..columns], parameters[weight], out_bar);
            }
            let slot = &mut gradient[output.biases().start];
            *slot = keep * *slot + product::sum(&out_bar[..rows.points]);
            for (depth, layer) in hidden.iter().enumerate().rev() {
                activation::reverse(self.activation, rows, layer.outputs, &z[start..], &a[start..], bar);
                for (slot, bar) in gradient[layer.biases()].iter_mut().zip(bar.chunks(stride)) {
                    *slot = keep * *slot + product::sum(&bar[..rows.points]);
                }
                let w_bar = &mut gradient[layer.weights()];
                if depth == 0 {
                    first_layer_gradient(&subnet.scales, bar, x, rows, w_bar, keep);
                } else {
                    let inner = start - layer.inputs * stride;
                    let (w, a) = (&parameters[layer.weights()], &a[inner..start]);
                    product::weight_gradient(w_bar, add, layer.outputs, bar, a, columns, stride);
                    product::apply_transposed(w, layer.outputs, bar, below, columns, stride);
                    std::mem::swap(bar, below);
                    start = inner;
                }
            }
            end = start;
        }
    }
}

impl Subnet {
    /// The hidden layers and the output layer.
    fn split(&self) -> (&[Layer], &Layer) {
        // Invariant: `Network::new` gives every subnet an output layer.
        let (output, hidden) = self.layers.split_last().expect("a subnet has an output layer");
        (hidden, output)
    }
}

/// z = K ⊙ (W x) with its jet: the gradient is K ⊙ W at every point, the Laplacian zero.
fn first_layer(scales: &[f64], w: &[f64], x: &[f64], rows: Rows, z: &mut [f64]) {
    let n = rows.points;
    let dimension = w.len() / scales.len();
    for ((&scale, w), z) in scales.iter().zip(w.chunks(dimension)).zip(z.chunks_mut(rows.stride)) {
        let (value, z) = z[..rows.columns()].split_at_mut(n);
        value.fill(0.0);
        for (&w, x) in w.iter().zip(x.chunks(n)) {
            product::add_scaled(value, scale * w, x);
        }
        let (slopes, laplacian) = z.split_at_mut(rows.gradients * n);
        for (&w, slope) in w.iter().zip(slopes.chunks_mut(n)) {
            slope.fill(scale * w);
        }
        laplacian.fill(0.0);
    }
}

/// W̄ᵢⱼ = Kᵢ Σ (z̄ xⱼ + ∂ⱼz̄).
fn first_layer_gradient(scales: &[f64], bar: &[f64], x: &[f64], rows: Rows, w_bar: &mut [f64], keep: f64) {
    let n = rows.points;
    let dimension = w_bar.len() / scales.len();
    for ((&scale, w_bar), bar) in scales.iter().zip(w_bar.chunks_mut(dimension)).zip(bar.chunks(rows.stride))
    {
        let (value, slopes) = bar[..rows.columns()].split_at(n);
        for (j, slot) in w_bar.iter_mut().enumerate() {
            let mut total = product::dot(value, &x[j * n..(j + 1) * n]);
            if rows.gradients > 0 {
                total += product::sum(&slopes[j * n..(j + 1) * n]);
            }
            *slot = keep * *slot + scale * total;
        }
    }
}
