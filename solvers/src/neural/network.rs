//! Fully connected networks, sums of parts that are data ([`layout`]), and their passes over a tile of points.
//!
//! The forward pass carries the jet (value, gradient, Laplacian in x) of every neuron, exactly; one
//! reverse pass then gives the derivatives of the loss with respect to all parameters.

mod jacobian;
mod layers;
mod layout;

pub(super) mod energy;

use self::{
    layers::{bypass, connect, first_layer, first_layer_gradient},
    layout::{Factor, Subnet},
};
use super::{activation::Rows, product, real::Real};
use crate::memory::{Buffer, Zeroed};
pub(super) use jacobian::Columns;
pub(super) use layout::{First, Part, Weight};

/// A sum of subnets with all their parameters in one vector.
#[derive(Debug, Clone)]
pub(super) struct Network {
    dimension: usize,
    /// Functions of x that it sees beside x.
    functions: usize,
    subnets: Vec<Subnet>,
    parameters: usize,
    /// Rows that the hidden layers take.
    rows: usize,
    /// Whether the loss looks at the parts one by one.
    is_coupled: bool,
}

/// The memory of one pass over a tile. What goes in and out is in f64, whatever the pass computes in.
#[derive(Debug)]
pub(super) struct Jet<T: Zeroed = f64> {
    /// Coordinates, one row an axis.
    pub x: Vec<f64>,
    /// The streams of the functions that the network sees beside x, one after the other, each as long as the tile's rows.
    pub seen: Vec<f64>,
    /// The streams of the output.
    pub out: Vec<f64>,
    /// The derivative of the loss with respect to `out`.
    pub out_bar: Vec<f64>,
    /// The values of the parts, with their weights, where the loss looks at them.
    pub parts: Vec<f64>,
    /// What the derivative of the loss with respect to them has besides `out_bar`.
    pub parts_bar: Vec<f64>,
    points: Buffer<T>,
    functions: Buffer<T>,
    row: Buffer<T>,
    own: Buffer<T>,
    slopes: Buffer<T>,
    z: Buffer<T>,
    a: Buffer<T>,
    bar: Buffer<T>,
    below: Buffer<T>,
}

impl<T: Real> Jet<T> {
    /// Memory for tiles whose rows are at most `stride` long.
    pub fn new(network: &Network, stride: usize) -> Self {
        let zeros = |rows: usize| Buffer::zeroed(rows * stride);
        let parts = if network.is_coupled { network.subnets.len() * stride } else { 0 };
        Self {
            x: vec![0.0; network.dimension * stride],
            seen: vec![0.0; network.functions * stride],
            out: vec![0.0; stride],
            out_bar: vec![0.0; stride],
            parts: vec![0.0; parts],
            parts_bar: vec![0.0; parts],
            points: zeros(network.dimension),
            functions: zeros(network.functions),
            row: zeros(1),
            own: zeros(1),
            slopes: zeros(network.dimension + network.functions),
            z: zeros(network.rows),
            a: zeros(network.rows),
            bar: zeros(network.widest()),
            below: zeros(network.widest()),
        }
    }
}

impl Network {
    /// Carries the points in `jet.x` (axis `j` in `x[j·points..]`) to `jet.out`.
    pub fn forward<T: Real>(&self, parameters: &[T], rows: Rows, jet: &mut Jet<T>) {
        let Jet { x, seen, out, points, functions, row, z, a, .. } = jet;
        let (columns, stride) = (rows.columns(), rows.stride);
        for (point, x) in points.iter_mut().zip(x.iter()).take(self.dimension * rows.points) {
            *point = T::of(*x);
        }
        for (function, seen) in functions.iter_mut().zip(seen.iter()).take(self.functions * stride) {
            *function = T::of(*seen);
        }
        let functions = &functions[..self.functions * stride];
        let sum = &mut row[..columns];
        sum.fill(T::of(0.0));
        for subnet in &self.subnets {
            let (hidden, output) = subnet.split();
            let mut below = 0;
            for (depth, layer) in hidden.iter().enumerate() {
                let (done, own) = a.split_at_mut(layer.at * stride);
                let z = &mut z[layer.at * stride..];
                let w = &parameters[layer.weights()];
                if depth == 0 {
                    first_layer(&subnet.scales, w, [points, functions], rows, z);
                } else {
                    product::apply(w, layer.outputs, &done[below * stride..], z, columns, stride);
                }
                subnet.activate(depth, layer, rows, parameters, z, own);
                connect(layer, below, rows, 0..columns, a);
                below = layer.top();
            }
            let weight: T = subnet.weight(parameters);
            let last = a[below * stride..].chunks(stride);
            for (&w, a) in parameters[output.weights()].iter().zip(last) {
                product::add_scaled(sum, weight * w, &a[..columns]);
            }
            let bias = weight * parameters[output.biases().start];
            sum[..rows.points].iter_mut().for_each(|value| *value += bias);
        }
        for (out, sum) in out.iter_mut().zip(sum.iter()) {
            *out = sum.wide();
        }
    }

    /// After a forward pass: the values of the parts, with their weights, one after the other in `jet.parts`.
    pub fn part_values<T: Real>(&self, parameters: &[T], rows: Rows, jet: &mut Jet<T>) {
        let Jet { parts, row, a, .. } = jet;
        let (n, stride) = (rows.points, rows.stride);
        let sum = &mut row[..n];
        for (subnet, out) in self.subnets.iter().zip(parts.chunks_mut(n)) {
            let (hidden, output) = subnet.split();
            let weight: T = subnet.weight(parameters);
            sum.fill(weight * parameters[output.biases().start]);
            let last = a[top(hidden) * stride..].chunks(stride);
            for (&w, a) in parameters[output.weights()].iter().zip(last) {
                product::add_scaled(sum, weight * w, &a[..n]);
            }
            for (out, sum) in out.iter_mut().zip(&*sum) {
                *out = sum.wide();
            }
        }
    }

    /// After a forward pass: the rows of the last hidden layers.
    pub fn last_layer<'a, T: Zeroed>(&'a self, rows: Rows, jet: &'a Jet<T>) -> impl Iterator<Item = &'a [T]> {
        self.subnets.iter().flat_map(move |subnet| {
            let (hidden, output) = subnet.split();
            jet.a[top(hidden) * rows.stride..].chunks(rows.stride).take(output.inputs)
        })
    }

    /// Carries `jet.out_bar`, and `jet.parts_bar` where there is one, back to the parameters: `gradient = …`, or `+= …`
    /// if `add`.
    pub fn reverse<T: Real>(
        &self,
        parameters: &[T],
        rows: Rows,
        jet: &mut Jet<T>,
        gradient: &mut [T],
        add: bool,
    ) {
        let Jet { out_bar, parts_bar, points, functions, row, own, z, a, bar, below, .. } = jet;
        let (columns, stride) = (rows.columns(), rows.stride);
        let functions = &functions[..self.functions * stride];
        for (row, bar) in row.iter_mut().zip(&out_bar[..columns]) {
            *row = T::of(*bar);
        }
        for (index, subnet) in self.subnets.iter().enumerate() {
            let (hidden, _) = subnet.split();
            let out_bar = seeds(index, rows.points, &row[..columns], parts_bar, own);
            let last = a[top(hidden) * stride..].chunks(stride);
            let totals = last.map(|a| product::dot(&a[..columns], out_bar));
            subnet.reverse_output(parameters, totals, product::sum(&out_bar[..rows.points]), gradient, add);
            subnet.fill_bar(parameters, out_bar, stride, bar);
            for (depth, layer) in hidden.iter().enumerate().rev() {
                let at = layer.at * stride;
                let bypassed = bypass(layer, rows, 0..columns, bar, below);
                subnet.pull_back(depth, layer, rows, [&z[at..], &a[at..]], bar);
                for (slot, bar) in gradient[layer.biases()].iter_mut().zip(bar.chunks(stride)) {
                    product::put(slot, add, product::sum(&bar[..rows.points]));
                }
                let w_bar = &mut gradient[layer.weights()];
                if depth > 0 {
                    let a = &a[hidden[depth - 1].top() * stride..];
                    let w = &parameters[layer.weights()];
                    product::weight_gradient(w_bar, add, layer.outputs, bar, a, columns, stride);
                    product::apply_transposed(w, layer.outputs, bar, below, bypassed, columns, stride);
                    std::mem::swap(bar, below);
                } else if subnet.is_frozen() {
                    w_bar.iter_mut().for_each(|slot| product::put(slot, add, T::of(0.0)));
                } else {
                    first_layer_gradient(&subnet.scales, bar, [points, functions], rows, w_bar, add);
                }
            }
        }
    }
}

/// The adjoint of the output of part `index`: that of the sum, and its own.
fn seeds<'a, T: Real>(
    index: usize,
    points: usize,
    out_bar: &'a [T],
    parts_bar: &[f64],
    own: &'a mut [T],
) -> &'a [T] {
    if parts_bar.is_empty() {
        return out_bar;
    }
    let own = &mut own[..out_bar.len()];
    own.copy_from_slice(out_bar);
    for (own, bar) in own.iter_mut().zip(&parts_bar[index * points..(index + 1) * points]) {
        *own += T::of(*bar);
    }
    own
}

/// The first row of what the output layer takes.
fn top(hidden: &[layout::Layer]) -> usize {
    hidden.last().map_or(0, layout::Layer::top)
}

impl Subnet {
    /// The gradient of the output layer and of cᵢ: `totals` are the derivatives by W_L and `all` that by b_L, both of
    /// the output without cᵢ.
    fn reverse_output<T: Real>(
        &self,
        parameters: &[T],
        totals: impl Iterator<Item = T>,
        all: T,
        gradient: &mut [T],
        add: bool,
    ) {
        let (_, output) = self.split();
        let (weight, bias): (T, usize) = (self.weight(parameters), output.biases().start);
        let mut along = parameters[bias] * all;
        for (index, total) in output.weights().zip(totals) {
            along += parameters[index] * total;
            product::put(&mut gradient[index], add, weight * total);
        }
        product::put(&mut gradient[bias], add, weight * all);
        if let Factor::Trained(index, _) = self.factor {
            product::put(&mut gradient[index], add, along);
        }
    }

    /// The adjoint of the last hidden layer: that of the output times cᵢ W_L.
    fn fill_bar<T: Real>(&self, parameters: &[T], out_bar: &[T], stride: usize, bar: &mut [T]) {
        let weight: T = self.weight(parameters);
        for (bar, index) in bar.chunks_mut(stride).zip(self.split().1.weights()) {
            product::set_scaled(&mut bar[..out_bar.len()], weight * parameters[index], out_bar);
        }
    }
}
