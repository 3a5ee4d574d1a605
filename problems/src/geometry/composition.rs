//! How shapes are put together: a tree, and the text it is read from.

use thiserror::Error;

use crate::{expression::excerpt, spec::nearest};

/// Union, intersection and complement of shapes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    /// All of space.
    Everything,
    Shape(usize),
    Not(Box<Tree>),
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
}

impl Tree {
    /// The union of these shapes, as deep as the logarithm of their number; nothing of none.
    pub fn union(parts: std::ops::Range<usize>) -> Self {
        match parts.len() {
            0 => Self::Not(Box::new(Self::Everything)),
            1 => Self::Shape(parts.start),
            count => {
                let middle = parts.start + count / 2;
                Self::Or(Box::new(Self::union(parts.start..middle)), Box::new(Self::union(middle..parts.end)))
            }
        }
    }

    /// The level of the whole from those of the shapes.
    pub fn combine(&self, level: &impl Fn(usize) -> f64) -> f64 {
        match self {
            Self::Everything => f64::NEG_INFINITY,
            Self::Shape(part) => level(*part),
            Self::Not(a) => -a.combine(level),
            Self::And(a, b) => a.combine(level).max(b.combine(level)),
            Self::Or(a, b) => a.combine(level).min(b.combine(level)),
        }
    }

    /// Whether shape `part` is in it.
    pub fn uses(&self, part: usize) -> bool {
        match self {
            Self::Everything => false,
            Self::Shape(own) => *own == part,
            Self::Not(a) => a.uses(part),
            Self::And(a, b) | Self::Or(a, b) => a.uses(part) || b.uses(part),
        }
    }
}

impl Tree {
    /// What it is the intersection of, each part as small as it can be told from its form.
    pub fn conjuncts(&self) -> Vec<Self> {
        let both = |a: &Self, b: &Self| [a.conjuncts(), b.conjuncts()].concat();
        match self {
            Self::Everything => Vec::new(),
            Self::And(a, b) => both(a, b),
            Self::Not(inner) => match inner.as_ref() {
                Self::Not(a) => a.conjuncts(),
                // Not (a or b) is (not a) and (not b).
                Self::Or(a, b) => both(&Self::Not(a.clone()), &Self::Not(b.clone())),
                _ => vec![self.clone()],
            },
            Self::Shape(_) | Self::Or(..) => vec![self.clone()],
        }
    }

    /// The intersection of `parts`; all of space of none.
    pub fn intersection(parts: Vec<Self>) -> Self {
        parts.into_iter().reduce(|a, b| Self::And(Box::new(a), Box::new(b))).unwrap_or(Self::Everything)
    }
}

/// Shapes that make no region.
#[derive(Debug, Error, Clone, PartialEq)]
pub enum RegionError {
    /// The text cannot be read.
    #[error("cannot read `{}`: {expected} at character {at}", excerpt(.text, *.at))]
    Text {
        /// The text.
        text: String,
        /// Where, counted in characters from 1.
        at: usize,
        /// What was expected there.
        expected: String,
    },
    /// A union of a shape on which u is given with one on which a flux is.
    #[error(
        "u is given on `{}` and a flux on `{}`, and the two stand in one union or in the complement of one intersection; write \
         the domain as an intersection or difference of what has values and what has fluxes",
        .names[0], .names[1]
    )]
    Mixed {
        /// The names of the two.
        names: [String; 2],
    },
    /// Two dimensions.
    #[error("the shapes `{}` and `{}` are of different dimensions", .names[0], .names[1])]
    Dimensions {
        /// The names of two of them.
        names: [String; 2],
    },
}

/// The name of the whole of space.
pub(crate) const WHOLE: &str = "box";
/// Parentheses and complements inside one another.
const DEEPEST: usize = 100;
/// Names in all: the tree is as deep as it has names in a row.
const MOST: usize = 1000;
/// Operators by how they bind, the loosest first.
const OPERATORS: [char; 3] = ['|', '&', '-'];

/// Reads a composition of `names`.
pub(super) fn parse(text: &str, names: &[&str]) -> Result<Tree, RegionError> {
    let mut parser = Parser { text, names, at: 0, depth: 0, names_read: 0 };
    let tree = parser.level(0)?;
    match parser.peek() {
        None => Ok(tree),
        Some(_) => Err(parser.error("expected `|`, `&`, `-` or the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    names: &'a [&'a str],
    /// The byte that comes next.
    at: usize,
    depth: usize,
    names_read: usize,
}

impl Parser<'_> {
    /// Terms joined by the operator of this level or tighter ones.
    fn level(&mut self, level: usize) -> Result<Tree, RegionError> {
        let Some(operator) = OPERATORS.get(level) else { return self.term() };
        let mut tree = self.level(level + 1)?;
        while self.take(*operator) {
            let other = Box::new(self.level(level + 1)?);
            tree = match operator {
                '|' => Tree::Or(Box::new(tree), other),
                '&' => Tree::And(Box::new(tree), other),
                _ => Tree::And(Box::new(tree), Box::new(Tree::Not(other))),
            };
        }
        Ok(tree)
    }

    fn term(&mut self) -> Result<Tree, RegionError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error(&format!("more than {DEEPEST} parts lie inside one another")));
        }
        let tree = if self.take('!') {
            Tree::Not(Box::new(self.term()?))
        } else if self.take('(') {
            let inside = self.level(0)?;
            if !self.take(')') {
                return Err(self.error("expected `|`, `&`, `-` or `)`"));
            }
            inside
        } else {
            self.name()?
        };
        self.depth -= 1;
        Ok(tree)
    }

    fn name(&mut self) -> Result<Tree, RegionError> {
        self.peek();
        self.names_read += 1;
        if self.names_read > MOST {
            return Err(self.error(&format!("more than {MOST} names are more than a composition may have")));
        }
        let rest = &self.text[self.at..];
        let name = &rest[..rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())];
        let part = self.names.iter().position(|known| *known == name);
        let tree = match (name, part) {
            ("", _) => return Err(self.error("expected the name of a shape, `box`, `!` or `(`")),
            (WHOLE, _) => Tree::Everything,
            (_, Some(part)) => Tree::Shape(part),
            (_, None) => {
                let known: Vec<String> =
                    [WHOLE].iter().chain(self.names).map(|name| name.to_string()).collect();
                let hint = nearest(name, &known);
                let known = known.join(", ");
                return Err(self.error(&format!("there is no shape `{name}`{hint}; known: {known};")));
            }
        };
        self.at += name.len();
        Ok(tree)
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    /// The next character after spaces.
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn error(&self, expected: &str) -> RegionError {
        let at = self.text[..self.at].chars().count() + 1;
        RegionError::Text { text: self.text.into(), at, expected: expected.into() }
    }
}
