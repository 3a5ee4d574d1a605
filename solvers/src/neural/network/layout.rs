//! What a network is made of, and where its numbers lie.
//!
//! All structures are the same three things, as data: *parts* that are added up, each with a *first layer*
//! and a stack of *hidden layers* under a linear output.
//!
//! ```text
//! sum      N(x) = Σᵢ cᵢ fᵢ(x)                             cᵢ fixed or trained
//! first    a₁ = σ(K ⊙ (W₁x) + b₁)                         affine: K scales the input, neuron by neuron
//!          a₁ = s [cos(K ⊙ (W₁x)); sin(K ⊙ (W₁x))]        Fourier: two neurons a wave, no bias, W₁ trained or not
//! hidden   a_l = σ(W_l a_{l−1} + b_l)                     or, residual, a_{l−1} + σ(W_l a_{l−1} + b_l)
//! output   fᵢ = W_L a_{L−1} + b_L
//! ```
//!
//! | structure | parts | first layer |
//! |---|---|---|
//! | plain | one | affine, K = 1 |
//! | MscaleDNN-1 (arXiv 2007.11207) | one | affine, K in blocks, one scale each |
//! | MscaleDNN-2 | one a scale | affine, K that scale |
//! | Fourier (arXiv 2009.14597) | one | Fourier, K in blocks |
//! | subspace (arXiv 2112.06660) | two | affine and Fourier |
//!
//! Residual connections (He, Zhang, Ren, Sun, *Deep residual learning for image recognition*, CVPR 2016) are there
//! wherever a hidden layer is as wide as what comes into it.
//!
//! x may be more than the point: functions of it, whose jets come with it ([`Network::seeing`]), follow its coordinates.
//!
//! Parameters lie part by part, layer by layer, W (row by row) before b, and last cᵢ if it is trained.
//! In the memory of a pass every hidden layer has a row a neuron; where there is a residual connection another one
//! for the sum, so that σ(z) itself is at hand for the way back.

use std::ops::Range;

use super::Network;
use crate::neural::{activation::Activation, real::Real};

/// The first layer of a part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::neural) enum First {
    /// σ(K ⊙ (W x) + b).
    Affine,
    /// s [cos(K ⊙ (W x)); sin(K ⊙ (W x))].
    Fourier {
        /// s.
        relaxation: f64,
        /// Whether W is trained, or stays as it is drawn.
        is_trained: bool,
    },
}

/// cᵢ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::neural) enum Weight {
    /// The same for good.
    Fixed(f64),
    /// A parameter that starts there.
    Trained(f64),
}

/// A part, described.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::neural) struct Part {
    pub first: First,
    /// Neurons of the hidden layers; of a Fourier layer its waves.
    pub widths: Vec<usize>,
    /// σ.
    pub activation: Activation,
    /// The scales of the blocks of the first layer.
    pub scales: Vec<f64>,
    pub is_residual: bool,
    pub weight: Weight,
}

impl Part {
    /// A plain part.
    pub fn new(widths: &[usize], activation: Activation, scales: &[f64]) -> Self {
        Self {
            first: First::Affine,
            widths: widths.to_vec(),
            activation,
            scales: scales.to_vec(),
            is_residual: false,
            weight: Weight::Fixed(1.0),
        }
    }
}

/// One layer: where its parameters and its neurons lie.
#[derive(Debug, Clone)]
pub(in crate::neural) struct Layer {
    pub inputs: usize,
    /// Rows of W.
    pub outputs: usize,
    /// Where W (`outputs × inputs`, row by row) starts; b follows it.
    pub start: usize,
    has_bias: bool,
    /// How many: two a row of W in a Fourier layer.
    pub neurons: usize,
    /// The row of σ(z) of the first neuron.
    pub at: usize,
    /// The row of the first sum, where there is a residual connection.
    pub sum: Option<usize>,
}

impl Layer {
    pub fn weights(&self) -> Range<usize> {
        self.start..self.start + self.inputs * self.outputs
    }

    pub fn biases(&self) -> Range<usize> {
        let start = self.weights().end;
        start..start + if self.has_bias { self.outputs } else { 0 }
    }

    /// The first row of what the next layer takes.
    pub fn top(&self) -> usize {
        self.sum.unwrap_or(self.at)
    }
}

/// Where cᵢ is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Factor {
    Fixed(f64),
    /// The parameter with this number, and where it starts.
    Trained(usize, f64),
}

/// A part, laid out.
#[derive(Debug, Clone)]
pub(in crate::neural) struct Subnet {
    pub first: First,
    pub activation: Activation,
    /// The scale K of every row of the first W.
    pub scales: Vec<f64>,
    pub(super) factor: Factor,
    /// The hidden layers and the output layer.
    layers: Vec<Layer>,
}

impl Subnet {
    /// The hidden layers and the output layer.
    pub(super) fn split(&self) -> (&[Layer], &Layer) {
        // Invariant: `Network::new` gives every subnet an output layer.
        let (output, hidden) = self.layers.split_last().expect("a subnet has an output layer");
        (hidden, output)
    }

    /// cᵢ.
    pub(super) fn weight<T: Real>(&self, parameters: &[T]) -> T {
        match self.factor {
            Factor::Fixed(weight) => T::of(weight),
            Factor::Trained(index, _) => parameters[index],
        }
    }

    /// Whether the first W stays as it is drawn.
    pub(super) fn is_frozen(&self) -> bool {
        matches!(self.first, First::Fourier { is_trained: false, .. })
    }
}

/// Lays out one part after the other.
struct Places {
    parameters: usize,
    rows: usize,
}

impl Places {
    fn layer(&mut self, inputs: usize, outputs: usize, is_fourier: bool, is_residual: bool) -> Layer {
        let neurons = if is_fourier { 2 * outputs } else { outputs };
        let is_residual = is_residual && inputs == neurons;
        let layer = Layer {
            inputs,
            outputs,
            start: self.parameters,
            has_bias: !is_fourier,
            neurons,
            at: self.rows,
            sum: is_residual.then_some(self.rows + neurons),
        };
        self.parameters = layer.biases().end;
        self.rows = layer.top() + neurons;
        layer
    }

    fn subnet(&mut self, mut inputs: usize, part: &Part) -> Subnet {
        let mut layers: Vec<Layer> = Vec::with_capacity(part.widths.len() + 1);
        for (depth, &width) in part.widths.iter().enumerate() {
            let is_first = depth == 0;
            let is_fourier = is_first && part.first != First::Affine;
            let layer = self.layer(inputs, width, is_fourier, part.is_residual && !is_first);
            inputs = layer.neurons;
            layers.push(layer);
        }
        // The output needs no row.
        let rows = self.rows;
        layers.push(self.layer(inputs, 1, false, false));
        self.rows = rows;
        let factor = match part.weight {
            Weight::Fixed(weight) => Factor::Fixed(weight),
            Weight::Trained(start) => {
                self.parameters += 1;
                Factor::Trained(self.parameters - 1, start)
            }
        };
        let first = part.widths[0];
        let scales = (0..first).map(|row| part.scales[row * part.scales.len() / first]).collect();
        Subnet { first: part.first, activation: part.activation, scales, factor, layers }
    }
}

impl Network {
    /// The network with these parts; each has a hidden layer and a scale at least.
    pub fn new(dimension: usize, parts: &[Part]) -> Self {
        Self::seeing(dimension, 0, parts)
    }

    /// The network that sees so many functions of x beside x.
    pub fn seeing(dimension: usize, functions: usize, parts: &[Part]) -> Self {
        let mut places = Places { parameters: 0, rows: 0 };
        let subnets = parts.iter().map(|part| places.subnet(dimension + functions, part)).collect();
        let (parameters, rows) = (places.parameters, places.rows);
        Self { dimension, functions, subnets, parameters, rows, is_coupled: false }
    }

    /// The same for a loss that looks at the parts one by one.
    pub fn coupled(self) -> Self {
        Self { is_coupled: true, ..self }
    }

    /// Whether the loss looks at the parts one by one.
    pub fn is_coupled(&self) -> bool {
        self.is_coupled
    }

    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// Parameters that training does not change.
    pub fn frozen(&self) -> usize {
        let frozen = self.subnets.iter().filter(|subnet| subnet.is_frozen());
        frozen.map(|subnet| subnet.layers[0].weights().len()).sum()
    }

    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// All layers, subnet by subnet.
    pub fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.subnets.iter().flat_map(|subnet| &subnet.layers)
    }

    /// The first layer of every subnet, with the scales of its rows.
    pub fn first_layers(&self) -> impl Iterator<Item = (&Layer, &[f64])> {
        self.subnets.iter().map(|subnet| (&subnet.layers[0], subnet.scales.as_slice()))
    }

    /// The trained cᵢ: which parameters, and where they start.
    pub fn trained_weights(&self) -> impl Iterator<Item = (usize, f64)> {
        self.subnets.iter().filter_map(|subnet| match subnet.factor {
            Factor::Trained(index, start) => Some((index, start)),
            Factor::Fixed(_) => None,
        })
    }

    /// Neurons of the widest layer.
    pub fn widest(&self) -> usize {
        self.layers().map(|layer| layer.neurons).max().unwrap_or(1)
    }

    /// Numbers a [`super::Jet`] for rows of `stride` holds.
    pub fn jet_len(&self, stride: usize) -> usize {
        let parts = if self.is_coupled { 2 * self.subnets.len() } else { 0 };
        (2 * self.rows + 2 * self.widest() + 4 + 3 * (self.dimension + self.functions) + parts) * stride
    }

    /// Flops of the matrix products for one point with `streams` streams: forward, and for training
    /// the two products of the reverse pass too.
    pub fn flops(&self, streams: usize, training: bool) -> f64 {
        let streams = streams as f64;
        // The first layer's derivative streams are its weights; nothing flows back to x.
        if training { self.products(2.0, 3.0 * streams) } else { self.products(1.0, streams) }
    }

    /// Flops of so many products with the weights of first layers and of other layers, for one point.
    pub(super) fn products(&self, first: f64, others: f64) -> f64 {
        let of = |layer: &Layer| 2.0 * (layer.inputs * layer.outputs) as f64;
        let subnet = |subnet: &Subnet| {
            first * of(&subnet.layers[0]) + others * subnet.layers[1..].iter().map(of).sum::<f64>()
        };
        self.subnets.iter().map(subnet).sum()
    }
}
