//! Exact derivatives: the chain rule, once for every node that an expression is made of.

use super::{
    Expr, Graph,
    function::{Binary, Unary},
    graph::Node,
};

impl Graph {
    /// ∂/∂x of `expr`, x the coordinate `axis`. Jumps (`sign`, `step`, comparisons, `if`) have the derivative
    /// of the branch that is taken.
    pub fn derivative(&mut self, expr: Expr, axis: usize) -> Expr {
        let is_part = self.parts(expr);
        let zero = self.number(0.0);
        // Arguments come before what is made of them.
        let mut slopes = vec![zero; is_part.len()];
        for place in (0..is_part.len()).filter(|&place| is_part[place]) {
            slopes[place] = self.slope(self.nodes()[place], axis, &slopes);
        }
        slopes[expr.index()]
    }

    fn slope(&mut self, node: Node, axis: usize, slopes: &[Expr]) -> Expr {
        let slope = |expr: Expr| slopes[expr.index()];
        match node {
            Node::Number(_) => self.number(0.0),
            Node::Variable(other) => self.number(if other == axis { 1.0 } else { 0.0 }),
            Node::Unary(function, a) => {
                if self.value(slope(a)) == Some(0.0) {
                    return slope(a);
                }
                let outer = self.unary_slope(function, a);
                self.multiply(outer, slope(a))
            }
            Node::Power(a, n) => {
                let factor = self.number(f64::from(n));
                let power = self.whole_power(a, n - 1);
                let inner = self.multiply(power, slope(a));
                self.multiply(factor, inner)
            }
            Node::If(condition, a, b) => self.choose(condition, slope(a), slope(b)),
            Node::Binary(function, a, b) => self.binary_slope(function, [a, b], [slope(a), slope(b)]),
        }
    }

    /// f′(a).
    fn unary_slope(&mut self, function: Unary, a: Expr) -> Expr {
        let one = self.number(1.0);
        match function {
            Unary::Negate => self.number(-1.0),
            Unary::Sin => self.unary(Unary::Cos, a),
            Unary::Cos => {
                let sine = self.unary(Unary::Sin, a);
                self.negate(sine)
            }
            Unary::Tan => {
                let tangent = self.unary(Unary::Tan, a);
                let square = self.whole_power(tangent, 2);
                self.add(one, square)
            }
            Unary::Asin => self.arc_slope(a),
            Unary::Acos => {
                let slope = self.arc_slope(a);
                self.negate(slope)
            }
            Unary::Atan => {
                let square = self.whole_power(a, 2);
                let below = self.add(one, square);
                self.divide(one, below)
            }
            Unary::Sinh => self.unary(Unary::Cosh, a),
            Unary::Cosh => self.unary(Unary::Sinh, a),
            Unary::Tanh => {
                let tangent = self.unary(Unary::Tanh, a);
                let square = self.whole_power(tangent, 2);
                self.subtract(one, square)
            }
            Unary::Exp => self.unary(Unary::Exp, a),
            Unary::Log => self.divide(one, a),
            Unary::Sqrt => {
                let half = self.number(0.5);
                let root = self.unary(Unary::Sqrt, a);
                self.divide(half, root)
            }
            Unary::Abs => self.unary(Unary::Sign, a),
            Unary::Sign | Unary::Step => self.number(0.0),
            Unary::J0 => {
                let next = self.unary(Unary::J1, a);
                self.negate(next)
            }
            Unary::J1 => self.bessel_slope(a),
        }
    }

    /// 1/√(1 − a²).
    fn arc_slope(&mut self, a: Expr) -> Expr {
        let one = self.number(1.0);
        let square = self.whole_power(a, 2);
        let inside = self.subtract(one, square);
        let root = self.unary(Unary::Sqrt, inside);
        self.divide(one, root)
    }

    /// J₁′ = J₀ − J₁/a, ½ at a = 0.
    fn bessel_slope(&mut self, a: Expr) -> Expr {
        let [j0, j1] = [Unary::J0, Unary::J1].map(|function| self.unary(function, a));
        let quotient = self.divide(j1, a);
        let slope = self.subtract(j0, quotient);
        let (zero, half) = (self.number(0.0), self.number(0.5));
        let at_zero = self.binary(Binary::Equal, a, zero);
        self.choose(at_zero, half, slope)
    }

    fn binary_slope(&mut self, function: Binary, [a, b]: [Expr; 2], [da, db]: [Expr; 2]) -> Expr {
        match function {
            Binary::Add => self.add(da, db),
            Binary::Subtract => self.subtract(da, db),
            Binary::Multiply => self.dot([a, b], [db, da]),
            Binary::Divide => {
                // (da − (a/b) db)/b
                let quotient = self.divide(a, b);
                let lost = self.multiply(quotient, db);
                let above = self.subtract(da, lost);
                self.divide(above, b)
            }
            Binary::Power => self.power_slope([a, b], [da, db]),
            Binary::Atan2 => {
                // Of atan2(y, x): (x dy − y dx)/(x² + y²).
                let minus = self.negate(a);
                let above = self.dot([b, minus], [da, db]);
                let below = self.dot([a, b], [a, b]);
                self.divide(above, below)
            }
            Binary::Min => {
                let first = self.binary(Binary::Less, a, b);
                self.choose(first, da, db)
            }
            Binary::Max => {
                let second = self.binary(Binary::Less, a, b);
                self.choose(second, db, da)
            }
            Binary::Hypot => {
                let above = self.dot([a, b], [da, db]);
                let length = self.binary(Binary::Hypot, a, b);
                self.divide(above, length)
            }
            comparison => {
                debug_assert!(comparison.is_comparison());
                self.number(0.0)
            }
        }
    }

    /// b aᵇ⁻¹ da + aᵇ ln a db; the second only where the exponent varies, for a may be negative.
    fn power_slope(&mut self, [a, b]: [Expr; 2], [da, db]: [Expr; 2]) -> Expr {
        let one = self.number(1.0);
        let less = self.subtract(b, one);
        let lower = self.power(a, less);
        let factor = self.multiply(b, lower);
        let base = self.multiply(factor, da);
        if self.value(db) == Some(0.0) {
            return base;
        }
        let power = self.power(a, b);
        let logarithm = self.unary(Unary::Log, a);
        let factor = self.multiply(power, logarithm);
        let exponent = self.multiply(factor, db);
        self.add(base, exponent)
    }

    /// a₀b₀ + a₁b₁.
    fn dot(&mut self, a: [Expr; 2], b: [Expr; 2]) -> Expr {
        let first = self.multiply(a[0], b[0]);
        let second = self.multiply(a[1], b[1]);
        self.add(first, second)
    }
}
