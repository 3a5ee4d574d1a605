//! Specs: a name with keys, `jacobi,omega=0.8`, the same in a shell and in a TOML file.
//!
//! Values follow TOML, with bare words allowed and nesting in parentheses:
//! `hybrid,first=(dnn,width=64),steps=300,second=(jacobi,omega=1)`. A nested spec is a table with
//! a `name`.

mod parse;
mod settings;

use std::{fmt, str::FromStr};

use thiserror::Error;
use toml::{Table, Value};

pub use settings::Settings;

/// A name and its keys.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Which problem or solver.
    pub name: String,
    /// Its parameters, as far as they are given.
    pub keys: Table,
}

/// A parameter of a problem or solver: what `modewise list` shows and what a spec may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// The key.
    pub key: &'static str,
    /// The default as it would be written in a spec.
    pub default: &'static str,
    /// Unit or kind: `points`, `1/length`, `a name`, …
    pub unit: &'static str,
    /// One sentence.
    pub help: &'static str,
}

/// Why a spec was refused.
#[derive(Debug, Error, Clone, PartialEq)]
pub enum SpecError {
    /// Not a spec at all.
    #[error("cannot read `{text}`: {expected} at character {at}")]
    Syntax {
        /// The text.
        text: String,
        /// Where, counted from 1.
        at: usize,
        /// What was expected there.
        expected: String,
    },
    /// No such problem or solver.
    #[error("there is no {kind} `{name}`{}; known: {}", nearest(.name, .known), .known.join(", "))]
    UnknownName {
        /// `problem` or `solver`.
        kind: &'static str,
        /// The name given.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// No such parameter.
    #[error("`{owner}` has no key `{key}`{}; {}", nearest(.key, .known), listed(.known))]
    UnknownKey {
        /// Whose key.
        owner: String,
        /// The key given.
        key: String,
        /// The keys there are.
        known: Vec<String>,
    },
    /// A problem file that was refused.
    #[error(transparent)]
    File(#[from] crate::file::FileError),
    /// A value that changes nothing.
    #[error("`{owner}`: {key} = {value} is not used with {with}: leave it out")]
    Unused {
        /// Whose key.
        owner: String,
        /// The key.
        key: String,
        /// The value given.
        value: String,
        /// The settings that do not read it.
        with: String,
    },
    /// A value of the wrong kind or out of range.
    #[error("`{owner}`: {key} = {value} is not {expected}")]
    BadValue {
        /// Whose key.
        owner: String,
        /// The key.
        key: String,
        /// The value given.
        value: String,
        /// What it has to be.
        expected: String,
    },
}

/// The keys there are.
fn listed(known: &[String]) -> String {
    if known.is_empty() { "it has none".into() } else { format!("known: {}", known.join(", ")) }
}

/// ` (did you mean …?)` for the nearest of `known`, if one is near.
pub fn nearest(word: &str, known: &[String]) -> String {
    let near = |name: &String| strsim::damerau_levenshtein(word, name);
    match known.iter().min_by_key(|name| near(name)) {
        // Another single letter is no misspelling.
        Some(name) if near(name) <= 1 + word.len() / 3 && near(name) < word.len().max(name.len()) => {
            format!(" (did you mean `{name}`?)")
        }
        _ => String::new(),
    }
}

impl Spec {
    /// A spec without keys.
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), keys: Table::new() }
    }

    /// The same with `key` set.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.keys.insert(key.into(), value.into());
        self
    }

    /// Reads a TOML value: a text, or a table with a `name`; `None` if it is neither.
    pub fn from_value(value: &Value) -> Option<Result<Self, SpecError>> {
        match value {
            Value::String(text) => Some(text.parse()),
            Value::Table(table) => {
                let mut keys = table.clone();
                match keys.remove("name") {
                    Some(Value::String(name)) => Some(Ok(Self { name, keys })),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The table with `name` that [`Spec::from_value`] reads.
    pub fn to_table(&self) -> Table {
        let mut table = Table::new();
        table.insert("name".into(), self.name.clone().into());
        table.extend(self.keys.clone());
        table
    }
}

impl FromStr for Spec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        parse::spec(text)
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (key, value) in &self.keys {
            write!(f, ",{key}={}", Shown(value))?;
        }
        Ok(())
    }
}

/// A value as it is written in a spec.
pub(crate) struct Shown<'a>(pub &'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::String(text) if parse::is_bare_word(text) => f.write_str(text),
            // `1` rather than `1.0`, but `1e-30` rather than thirty zeros.
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => write!(f, "{number}"),
            Value::Float(number) if number.is_finite() => write!(f, "{number:?}"),
            Value::Array(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{}", if i == 0 { "" } else { "," }, Shown(item))?;
                }
                f.write_str("]")
            }
            table @ Value::Table(_) => match Spec::from_value(table) {
                Some(Ok(spec)) => write!(f, "({spec})"),
                _ => write!(f, "{table}"),
            },
            other => write!(f, "{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_values_lists_and_nested_specs() {
        let spec: Spec = "hybrid,first=(mscale-dnn,scales=[1,2,4],lr=1e-3),steps=300,second=(jacobi,omega=1)"
            .parse()
            .unwrap();
        assert_eq!(spec.name, "hybrid");
        assert_eq!(spec.keys["steps"], Value::Integer(300));
        let first = Spec::from_value(&spec.keys["first"]).unwrap().unwrap();
        assert_eq!(first.keys["lr"], Value::Float(1e-3));
        assert_eq!(first.keys["scales"], Value::from(vec![1, 2, 4]));
        let words: Spec =
            "x,order=red-black,optimizer=[adam:2000,lbfgs:500],init=normal:0.02,on=true,s=\"a, b\""
                .parse()
                .unwrap();
        assert_eq!(words.keys["order"].as_str(), Some("red-black"));
        assert_eq!(words.keys["optimizer"], Value::from(vec!["adam:2000", "lbfgs:500"]));
        assert_eq!(words.keys["init"].as_str(), Some("normal:0.02"));
        assert_eq!(words.keys["on"], Value::Boolean(true));
        assert_eq!(words.keys["s"].as_str(), Some("a, b"));
    }

    #[test]
    fn display_reads_back() {
        for text in [
            "jacobi",
            "jacobi,omega=0.8",
            "hybrid,first=(dnn,width=[64,32]),second=(jacobi,omega=1),steps=300",
            "x,a=nan,b=-inf,c=1e-30,d=\"two words\",e=[],f=1.5",
        ] {
            let spec: Spec = text.parse().unwrap();
            let again: Spec = spec.to_string().parse().unwrap();
            assert_eq!(format!("{spec:?}"), format!("{again:?}"));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,40}") {
            if let Ok(spec) = text.parse::<Spec>() {
                proptest::prop_assert!(spec.to_string().parse::<Spec>().is_ok());
            }
        }
    }

    #[test]
    fn syntax_errors_point_at_the_character() {
        for (text, place) in [
            ("", 1),
            ("jacobi,", 8),
            ("jacobi,omega", 13),
            ("jacobi,omega=", 14),
            ("a,b=[1,2", 9),
            ("a,b=(c", 7),
            ("a,b=1)", 6),
            ("a,b=1,b=2", 7),
        ] {
            match text.parse::<Spec>() {
                Err(SpecError::Syntax { at, .. }) => assert_eq!(at, place, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
