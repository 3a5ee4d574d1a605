//! Formulas: read with the precedence of mathematics, differentiated exactly, evaluated in batches.
//!
//! ```text
//! comparison = sum [ ("<" | "<=" | ">" | ">=" | "==" | "!=") sum ]      1 where it holds, else 0
//! sum        = product { ("+" | "-") product }
//! product    = sign { ("*" | "/") sign }
//! sign       = ("-" | "+") sign | power
//! power      = atom [ "^" sign ]                                        −x^2 = −(x²), 2^3^2 = 2^9
//! atom       = number | name | function "(" comparison { "," comparison } ")" | "(" comparison ")"
//! ```
//!
//! Names are `pi`, `e` and those of a [`Scope`]: coordinates, parameters, definitions. Functions of one
//! argument: `sin cos tan asin acos atan sinh cosh tanh exp log sqrt abs sign step` (`step(a)` is 1 from
//! a = 0 on, `sign(0)` is 0) and Bessel's `j0 j1`; of two: `atan2 min max pow hypot`; of three: `if(condition, a, b)`. Two
//! conditions hold together where their product does.
//!
//! A formula becomes a node of a [`Graph`], in which equal parts are one node. So a derivative costs a
//! constant factor of the formula, as in reverse differentiation (Griewank & Walther, *Evaluating
//! Derivatives*, 2008, ch. 3), and so does the derivative of that. A [`Program`] evaluates a node for a
//! block of points at a time.
//!
//! Why a parser of our own: of the crates that differentiate, exmex 0.21 reads `-x^2` as (−x)² and
//! `2^3^2` as 64, refuses `1e-3*x` and takes `pi` for a variable; meval reads all of them, but is
//! unmaintained and cannot differentiate.
//!
//! ```
//! use modewise_problems::{Points, expression::{Graph, Program, Scope}};
//! let mut graph = Graph::default();
//! let scope = Scope::coordinates(&mut graph, 1);
//! let bell = graph.parse("exp(-x^2)", &scope)?;
//! let slope = graph.derivative(bell, 0);
//! let mut out = [0.0];
//! Program::new(&graph, slope).evaluate(Points::new(&[0.5], 1), &mut out);
//! assert_eq!(out[0], -(-0.25f64).exp());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod derivative;
mod function;
mod graph;
mod parse;
mod program;
mod scope;
#[cfg(test)]
mod tests;

pub use graph::{Expr, Graph};
pub use parse::FormulaError;
pub(crate) use parse::excerpt;
pub use program::Program;
pub use scope::Scope;
