//! The graph of expressions: every node once, simplified as it is made.

use std::collections::HashMap;

use super::function::{Binary, Unary};

/// A node of a [`Graph`]. Arguments have lower numbers than what is made of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Expr(u32);

impl Expr {
    /// Its place among the nodes.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Node {
    /// A number by its bits, so that nodes can be looked up.
    Number(u64),
    /// A coordinate.
    Variable(usize),
    Unary(Unary, Expr),
    /// A whole power, by products.
    Power(Expr, i32),
    Binary(Binary, Expr, Expr),
    /// The first unless it is 0, then the second, else the third.
    If(Expr, Expr, Expr),
}

impl Node {
    /// Its arguments.
    pub fn arguments(&self) -> impl Iterator<Item = Expr> + use<> {
        let arguments = match *self {
            Self::Number(_) | Self::Variable(_) => [None; 3],
            Self::Unary(_, a) | Self::Power(a, _) => [Some(a), None, None],
            Self::Binary(_, a, b) => [Some(a), Some(b), None],
            Self::If(a, b, c) => [Some(a), Some(b), Some(c)],
        };
        arguments.into_iter().flatten()
    }
}

/// Whole exponents up to this are products; beyond it the general power is as exact.
const WHOLE: f64 = 1024.0;

/// Expressions that share their equal parts.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    places: HashMap<Node, Expr>,
}

impl Graph {
    /// A number.
    pub fn number(&mut self, value: f64) -> Expr {
        self.place(Node::Number(value.to_bits()))
    }

    /// The coordinate `axis`.
    pub fn variable(&mut self, axis: usize) -> Expr {
        self.place(Node::Variable(axis))
    }

    /// The value of `expr`, if it is a number.
    pub fn value(&self, expr: Expr) -> Option<f64> {
        match self.node(expr) {
            Node::Number(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// a + b.
    pub fn add(&mut self, a: Expr, b: Expr) -> Expr {
        match (self.value(a), self.value(b), self.node(a), self.node(b)) {
            (Some(0.0), ..) => b,
            (_, Some(0.0), ..) => a,
            (.., Node::Unary(Unary::Negate, b)) => self.subtract(a, b),
            (_, _, Node::Unary(Unary::Negate, a), _) => self.subtract(b, a),
            _ => self.folded(Binary::Add, a, b),
        }
    }

    /// a − b.
    pub fn subtract(&mut self, a: Expr, b: Expr) -> Expr {
        match (self.value(a), self.value(b), self.node(b)) {
            _ if a == b => self.number(0.0),
            (Some(0.0), ..) => self.negate(b),
            (_, Some(0.0), _) => a,
            (_, _, Node::Unary(Unary::Negate, b)) => self.add(a, b),
            _ => self.folded(Binary::Subtract, a, b),
        }
    }

    /// a b.
    pub fn multiply(&mut self, a: Expr, b: Expr) -> Expr {
        match (self.value(a), self.value(b), self.node(a), self.node(b)) {
            (Some(0.0), ..) | (_, Some(0.0), ..) => self.number(0.0),
            (Some(1.0), ..) => b,
            (_, Some(1.0), ..) => a,
            (Some(-1.0), ..) => self.negate(b),
            (_, Some(-1.0), ..) => self.negate(a),
            (_, _, Node::Unary(Unary::Negate, a), _) => {
                let product = self.multiply(a, b);
                self.negate(product)
            }
            (.., Node::Unary(Unary::Negate, b)) => {
                let product = self.multiply(a, b);
                self.negate(product)
            }
            _ if a == b => self.whole_power(a, 2),
            _ => self.folded(Binary::Multiply, a, b),
        }
    }

    /// a / b.
    pub fn divide(&mut self, a: Expr, b: Expr) -> Expr {
        match (self.value(a), self.value(b), self.node(a)) {
            (Some(0.0), None, _) => self.number(0.0),
            (_, Some(1.0), _) => a,
            (_, _, Node::Unary(Unary::Negate, a)) => {
                let quotient = self.divide(a, b);
                self.negate(quotient)
            }
            _ => self.folded(Binary::Divide, a, b),
        }
    }

    /// −a.
    pub fn negate(&mut self, a: Expr) -> Expr {
        match self.node(a) {
            Node::Unary(Unary::Negate, a) => a,
            Node::Binary(Binary::Subtract, a, b) => self.subtract(b, a),
            _ => self.unary(Unary::Negate, a),
        }
    }

    /// sinh a.
    pub fn sinh(&mut self, a: Expr) -> Expr {
        self.unary(Unary::Sinh, a)
    }

    /// |a|.
    pub fn absolute(&mut self, a: Expr) -> Expr {
        self.unary(Unary::Abs, a)
    }

    /// 1 where a < b, else 0.
    pub fn less(&mut self, a: Expr, b: Expr) -> Expr {
        self.folded(Binary::Less, a, b)
    }

    /// a to the power b.
    pub fn power(&mut self, a: Expr, b: Expr) -> Expr {
        match self.value(b) {
            Some(n) if n.fract() == 0.0 && n.abs() <= WHOLE => self.whole_power(a, n as i32),
            _ => self.folded(Binary::Power, a, b),
        }
    }

    /// b where the condition `a` holds, else c.
    pub fn choose(&mut self, a: Expr, b: Expr, c: Expr) -> Expr {
        match self.value(a) {
            Some(0.0) => c,
            Some(_) => b,
            None if b == c => b,
            None => self.place(Node::If(a, b, c)),
        }
    }

    /// Which nodes up to `root` it is made of, itself included.
    pub(super) fn parts(&self, root: Expr) -> Vec<bool> {
        let mut is_part = vec![false; root.index() + 1];
        is_part[root.index()] = true;
        for place in (0..=root.index()).rev() {
            if is_part[place] {
                self.nodes[place].arguments().for_each(|part| is_part[part.index()] = true);
            }
        }
        is_part
    }

    pub(super) fn node(&self, expr: Expr) -> Node {
        self.nodes[expr.index()]
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(super) fn unary(&mut self, function: Unary, a: Expr) -> Expr {
        match self.value(a) {
            Some(a) => self.number(function.value(a)),
            None => self.place(Node::Unary(function, a)),
        }
    }

    pub(super) fn binary(&mut self, function: Binary, a: Expr, b: Expr) -> Expr {
        match function {
            Binary::Add => self.add(a, b),
            Binary::Subtract => self.subtract(a, b),
            Binary::Multiply => self.multiply(a, b),
            Binary::Divide => self.divide(a, b),
            Binary::Power => self.power(a, b),
            _ => self.folded(function, a, b),
        }
    }

    /// aⁿ.
    pub(super) fn whole_power(&mut self, a: Expr, n: i32) -> Expr {
        match (n, self.value(a)) {
            (0, _) => self.number(1.0),
            (1, _) => a,
            (_, Some(a)) => self.number(a.powi(n)),
            _ => self.place(Node::Power(a, n)),
        }
    }

    fn folded(&mut self, function: Binary, a: Expr, b: Expr) -> Expr {
        match (self.value(a), self.value(b)) {
            (Some(a), Some(b)) => self.number(function.value(a, b)),
            _ if function.is_symmetric() && b < a => self.place(Node::Binary(function, b, a)),
            _ => self.place(Node::Binary(function, a, b)),
        }
    }

    fn place(&mut self, node: Node) -> Expr {
        let next = Expr(self.nodes.len() as u32);
        *self.places.entry(node).or_insert_with(|| {
            self.nodes.push(node);
            next
        })
    }
}
