//! A formula as a straight program over registers, run for a block of points at a time.

use std::cell::RefCell;

use rayon::prelude::*;

use super::{
    Expr, Graph,
    function::{Binary, Unary},
    graph::Node,
};
use crate::Points;

/// Points of a block: the registers of a usual formula stay in the first cache.
const LANES: usize = 128;
/// Points a thread takes at a time.
const BATCH: usize = 32 * LANES;

type Register = [f64; LANES];

/// One operation on registers.
#[derive(Debug, Clone, Copy)]
enum Operation {
    Load(usize),
    Unary(Unary, usize),
    Power(usize, i32),
    Binary(Binary, usize, usize),
    If(usize, usize, usize),
}

/// Evaluates one expression. Cost: one operation a point and node; nothing is allocated once a thread has
/// made its registers.
#[derive(Debug, Clone)]
pub struct Program {
    /// Numbers, in the first registers.
    numbers: Vec<f64>,
    /// Operations and the register of each result.
    steps: Vec<(Operation, usize)>,
    registers: usize,
    result: usize,
}

thread_local! {
    static REGISTERS: RefCell<Vec<Register>> = const { RefCell::new(Vec::new()) };
}

impl Program {
    /// The program of `expr`. Registers are used again after the last use of what they hold.
    pub fn new(graph: &Graph, expr: Expr) -> Self {
        let is_part = graph.parts(expr);
        let nodes =
            || (0..is_part.len()).filter(|&place| is_part[place]).map(|place| (place, graph.nodes()[place]));
        let mut last_use = vec![0; is_part.len()];
        for (place, node) in nodes() {
            node.arguments().for_each(|part| last_use[part.index()] = place);
        }
        let mut register_of = vec![0; is_part.len()];
        let mut numbers = Vec::new();
        for (place, node) in nodes() {
            if let Node::Number(bits) = node {
                register_of[place] = numbers.len();
                numbers.push(f64::from_bits(bits));
            }
        }
        let mut registers = numbers.len();
        let mut free = Vec::new();
        let mut steps = Vec::new();
        for (place, node) in nodes() {
            let of = |part: Expr| register_of[part.index()];
            let operation = match node {
                Node::Number(_) => continue,
                Node::Variable(axis) => Operation::Load(axis),
                Node::Unary(function, a) => Operation::Unary(function, of(a)),
                Node::Power(a, n) => Operation::Power(of(a), n),
                Node::Binary(function, a, b) => Operation::Binary(function, of(a), of(b)),
                Node::If(a, b, c) => Operation::If(of(a), of(b), of(c)),
            };
            for part in node.arguments() {
                let register = of(part);
                if last_use[part.index()] == place && register >= numbers.len() && !free.contains(&register) {
                    free.push(register);
                }
            }
            register_of[place] = free.pop().unwrap_or_else(|| {
                registers += 1;
                registers - 1
            });
            steps.push((operation, register_of[place]));
        }
        Self { numbers, steps, registers, result: register_of[expr.index()] }
    }

    /// The value of every point, in parallel for large batches; the bits do not depend on the threads.
    pub fn evaluate(&self, points: Points<'_>, out: &mut [f64]) {
        let dimension = points.dimension();
        let coordinates = points.coordinates();
        if points.len() <= BATCH {
            return self.evaluate_batch(coordinates, dimension, out);
        }
        out.par_chunks_mut(BATCH)
            .zip(coordinates.par_chunks(BATCH * dimension))
            .for_each(|(out, coordinates)| self.evaluate_batch(coordinates, dimension, out));
    }

    fn evaluate_batch(&self, coordinates: &[f64], dimension: usize, out: &mut [f64]) {
        REGISTERS.with_borrow_mut(|registers| {
            if registers.len() < self.registers {
                registers.resize(self.registers, [0.0; LANES]);
            }
            for (register, number) in registers.iter_mut().zip(&self.numbers) {
                register.fill(*number);
            }
            for (out, coordinates) in out.chunks_mut(LANES).zip(coordinates.chunks(LANES * dimension)) {
                for (operation, register) in &self.steps {
                    registers[*register] = operation.apply(registers, coordinates, dimension);
                }
                out.copy_from_slice(&registers[self.result][..out.len()]);
            }
        });
    }
}

impl Operation {
    /// The result on every lane. Lanes beyond the last point compute what nobody reads.
    fn apply(self, registers: &[Register], coordinates: &[f64], dimension: usize) -> Register {
        let mut out = [0.0; LANES];
        match self {
            Self::Load(axis) => {
                for (out, x) in out.iter_mut().zip(coordinates.chunks_exact(dimension)) {
                    *out = x.get(axis).copied().unwrap_or(f64::NAN);
                }
            }
            Self::Unary(function, a) => map(&mut out, &registers[a], |a| function.value(a)),
            Self::Power(a, 2) => map(&mut out, &registers[a], |a| a * a),
            Self::Power(a, n) => map(&mut out, &registers[a], |a| a.powi(n)),
            Self::Binary(function, a, b) => {
                let (a, b) = (&registers[a], &registers[b]);
                // One loop each: these are vectorised.
                match function {
                    Binary::Add => zip(&mut out, a, b, |a, b| a + b),
                    Binary::Subtract => zip(&mut out, a, b, |a, b| a - b),
                    Binary::Multiply => zip(&mut out, a, b, |a, b| a * b),
                    Binary::Divide => zip(&mut out, a, b, |a, b| a / b),
                    _ => zip(&mut out, a, b, |a, b| function.value(a, b)),
                }
            }
            Self::If(a, b, c) => {
                let branches = registers[b].iter().zip(&registers[c]);
                for ((out, condition), (b, c)) in out.iter_mut().zip(&registers[a]).zip(branches) {
                    *out = if *condition != 0.0 { *b } else { *c };
                }
            }
        }
        out
    }
}

fn map(out: &mut Register, a: &Register, function: impl Fn(f64) -> f64) {
    for (out, a) in out.iter_mut().zip(a) {
        *out = function(*a);
    }
}

fn zip(out: &mut Register, a: &Register, b: &Register, function: impl Fn(f64, f64) -> f64) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = function(*a, *b);
    }
}
