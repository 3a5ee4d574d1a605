//! The grammar of formulas, by recursive descent.

use thiserror::Error;

use super::{
    Expr, Graph, Scope,
    function::{Binary, FUNCTIONS, Function},
    scope::is_part_of_name,
};
use crate::spec::nearest;

/// A text that is no formula.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("cannot read the formula `{}`: {expected} at character {at}", excerpt(.text, *.at))]
pub struct FormulaError {
    /// The text.
    pub text: String,
    /// Where, counted in characters from 1.
    pub at: usize,
    /// What was expected there.
    pub expected: String,
}

/// Characters of a long formula that are shown on either side of an error.
const SHOWN: usize = 40;

/// The surroundings of character `at`.
pub(crate) fn excerpt(text: &str, at: usize) -> String {
    let first = at.saturating_sub(SHOWN + 1);
    let part: String = text.chars().skip(first).take(2 * SHOWN).collect();
    let more = text.chars().count() > first + 2 * SHOWN;
    format!("{}{part}{}", if first > 0 { "…" } else { "" }, if more { "…" } else { "" })
}

/// Parentheses inside one another: far more than anyone writes, and far less than fills the stack.
const DEEPEST: usize = 100;

const COMPARISONS: [(&str, Binary, bool); 6] = [
    ("<=", Binary::AtMost, false),
    (">=", Binary::AtMost, true),
    ("==", Binary::Equal, false),
    ("!=", Binary::Differs, false),
    ("<", Binary::Less, false),
    (">", Binary::Less, true),
];

impl Graph {
    /// Reads a formula that uses the names of `scope`.
    ///
    /// # Errors
    /// A text that is no formula, with the character and what was expected there.
    pub fn parse(&mut self, text: &str, scope: &Scope) -> Result<Expr, FormulaError> {
        let mut parser = Parser { graph: self, scope, text, at: 0, depth: 0 };
        let expr = parser.comparison()?;
        match parser.peek() {
            None => Ok(expr),
            Some(_) => Err(parser.error("expected an operator such as `*`, or the end")),
        }
    }
}

struct Parser<'a> {
    graph: &'a mut Graph,
    scope: &'a Scope,
    text: &'a str,
    /// The byte that comes next.
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn comparison(&mut self) -> Result<Expr, FormulaError> {
        let a = self.sum()?;
        let rest = self.rest();
        let Some((sign, function, swapped)) = COMPARISONS.iter().find(|(sign, ..)| rest.starts_with(sign))
        else {
            return Ok(a);
        };
        self.at += sign.len();
        let b = self.sum()?;
        let (a, b) = if *swapped { (b, a) } else { (a, b) };
        Ok(self.graph.binary(*function, a, b))
    }

    fn sum(&mut self) -> Result<Expr, FormulaError> {
        let mut sum = self.product()?;
        loop {
            if self.take('+') {
                let term = self.product()?;
                sum = self.graph.add(sum, term);
            } else if self.take('-') {
                let term = self.product()?;
                sum = self.graph.subtract(sum, term);
            } else {
                return Ok(sum);
            }
        }
    }

    fn product(&mut self) -> Result<Expr, FormulaError> {
        let mut product = self.sign()?;
        loop {
            if self.take('*') {
                if self.take('*') {
                    self.at -= 1;
                    return Err(self.error("expected a factor; a power is written with `^`,"));
                }
                let factor = self.sign()?;
                product = self.graph.multiply(product, factor);
            } else if self.take('/') {
                let divisor = self.sign()?;
                product = self.graph.divide(product, divisor);
            } else {
                return Ok(product);
            }
        }
    }

    fn sign(&mut self) -> Result<Expr, FormulaError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error(&format!("more than {DEEPEST} parts lie inside one another")));
        }
        let signed = if self.take('-') {
            let a = self.sign()?;
            self.graph.negate(a)
        } else if self.take('+') {
            self.sign()?
        } else {
            self.power()?
        };
        self.depth -= 1;
        Ok(signed)
    }

    fn power(&mut self) -> Result<Expr, FormulaError> {
        let base = self.atom()?;
        if !self.take('^') {
            return Ok(base);
        }
        let exponent = self.sign()?;
        Ok(self.graph.power(base, exponent))
    }

    fn atom(&mut self) -> Result<Expr, FormulaError> {
        match self.peek() {
            Some('(') => {
                self.at += 1;
                let inside = self.comparison()?;
                self.close("expected an operator or `)`")?;
                Ok(inside)
            }
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_alphabetic() => self.name(),
            Some(_) => Err(self.error("expected a number, a name or `(`")),
            None => Err(self.error("the formula goes on: expected a number, a name or `(`")),
        }
    }

    /// Digits, a point, and an exponent where digits follow its `e`.
    fn number(&mut self) -> Result<Expr, FormulaError> {
        let rest = self.rest();
        let digits = |from: usize| from + rest[from..].bytes().take_while(u8::is_ascii_digit).count();
        let mut end = digits(0);
        if rest[end..].starts_with('.') {
            end = digits(end + 1);
        }
        if rest[end..].starts_with(['e', 'E']) {
            let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
            let exponent = digits(end + 1 + sign);
            end = if exponent > end + 1 + sign { exponent } else { end };
        }
        let value = rest[..end].parse::<f64>().ok().filter(|value| value.is_finite());
        let value = value.ok_or_else(|| self.error("expected a number that is finite"))?;
        self.at += end;
        Ok(self.graph.number(value))
    }

    fn name(&mut self) -> Result<Expr, FormulaError> {
        let start = self.at;
        let rest = self.rest();
        let name = &rest[..rest.find(|c| !is_part_of_name(c)).unwrap_or(rest.len())];
        self.at += name.len();
        let function = FUNCTIONS.iter().find(|(known, _)| *known == name);
        match (self.scope.get(name), function, self.peek() == Some('(')) {
            (Some(_), _, true) => {
                Err(self.error(&format!("`{name}` is no function: expected an operator such as `*`")))
            }
            (Some(expr), _, false) => Ok(expr),
            (None, Some((_, function)), true) => self.call(name, *function),
            (None, Some(_), false) => Err(self.error(&format!("`{name}` is a function: expected `(`"))),
            (None, None, called) => {
                self.at = start;
                Err(self.unknown(name, called))
            }
        }
    }

    fn call(&mut self, name: &str, function: Function) -> Result<Expr, FormulaError> {
        // Past the parenthesis that has been seen.
        self.at += 1;
        let count = function.arguments();
        let takes = format!("`{name}` takes {count} argument{}", if count == 1 { "" } else { "s" });
        let mut arguments = [self.comparison()?; 3];
        for argument in &mut arguments[1..count] {
            if !self.take(',') {
                return Err(self.error(&format!("{takes}: expected `,`")));
            }
            *argument = self.comparison()?;
        }
        self.close(&format!("{takes}: expected `)`"))?;
        let [a, b, c] = arguments;
        Ok(match function {
            Function::Unary(function) => self.graph.unary(function, a),
            Function::Binary(function) => self.graph.binary(function, a, b),
            Function::If => self.graph.choose(a, b, c),
        })
    }

    fn unknown(&self, name: &str, called: bool) -> FormulaError {
        let functions = FUNCTIONS.iter().map(|(function, _)| function.to_string());
        let names = self.scope.names().map(String::from);
        let (what, known): (_, Vec<String>) =
            if called { ("function", functions.collect()) } else { ("name", names.collect()) };
        let hint = nearest(name, &known);
        self.error(&format!("there is no {what} `{name}`{hint}; known: {};", known.join(", ")))
    }

    fn close(&mut self, expected: &str) -> Result<(), FormulaError> {
        if self.take(')') { Ok(()) } else { Err(self.error(expected)) }
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn peek(&mut self) -> Option<char> {
        self.rest().chars().next()
    }

    /// What comes after spaces.
    fn rest(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        &self.text[self.at..]
    }

    fn error(&self, expected: &str) -> FormulaError {
        FormulaError {
            text: self.text.into(),
            at: self.text[..self.at].chars().count() + 1,
            expected: expected.into(),
        }
    }
}
