//! The names that a formula may use.

use std::collections::BTreeMap;

use super::{Expr, Graph, function::FUNCTIONS};

/// Numbers that every formula knows by name.
const CONSTANTS: [(&str, f64); 2] = [("pi", std::f64::consts::PI), ("e", std::f64::consts::E)];

/// The names of the first three axes.
const AXES: [&str; 3] = ["x", "y", "z"];

/// Names and what they stand for.
#[derive(Debug, Clone)]
pub struct Scope {
    names: BTreeMap<String, Expr>,
}

impl Scope {
    /// `pi` and `e` only.
    pub fn constants(graph: &mut Graph) -> Self {
        Self { names: CONSTANTS.iter().map(|&(name, value)| (name.into(), graph.number(value))).collect() }
    }

    /// And the coordinates of `dimension` axes: `x`, `y`, `z` and `x1`, `x2`, `x3`, …
    pub fn coordinates(graph: &mut Graph, dimension: usize) -> Self {
        let mut scope = Self::constants(graph);
        for axis in 0..dimension {
            let variable = graph.variable(axis);
            scope.names.insert(format!("x{}", axis + 1), variable);
            scope.names.extend(AXES.get(axis).map(|name| (name.to_string(), variable)));
        }
        scope
    }

    /// Gives `expr` a name; refuses, with what it is, one that is taken or that formulas cannot read.
    ///
    /// # Errors
    /// Why the name cannot be given.
    pub fn define(&mut self, name: &str, expr: Expr) -> Result<(), String> {
        if !is_name(name) {
            return Err("a name begins with a letter and goes on with letters, digits and _".into());
        }
        if FUNCTIONS.iter().any(|(function, _)| *function == name) {
            return Err(format!("`{name}` is a function"));
        }
        let coordinate = name.strip_prefix('x').is_some_and(|axis| axis.parse::<u8>().is_ok());
        if coordinate || AXES.contains(&name) {
            return Err(format!("`{name}` is a coordinate"));
        }
        match self.names.insert(name.into(), expr) {
            Some(_) => Err(format!("`{name}` has a meaning already")),
            None => Ok(()),
        }
    }

    /// Whether `name` stands for something.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// What `name` stands for.
    pub(super) fn get(&self, name: &str) -> Option<Expr> {
        self.names.get(name).copied()
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }
}

/// Whether formulas can read `text` as a name.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic()) && text.chars().all(is_part_of_name)
}

/// Whether a name may go on with `c`.
pub(super) fn is_part_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
