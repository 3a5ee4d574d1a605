//! Typed access to a TOML text; every error names the file, the line and the key.

use std::ops::Range;

use toml::{
    Spanned, Table, Value,
    de::{DeTable, DeValue},
};

use super::FileError;
use crate::{
    expression::{Expr, Graph, Scope},
    spec::nearest,
};

/// A text and the file it is from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'t> {
    pub file: &'t str,
    pub text: &'t str,
}

impl<'t> Text<'t> {
    pub fn parse(self) -> Result<Spanned<DeTable<'t>>, FileError> {
        DeTable::parse(self.text).map_err(|error| {
            // A key that is there twice is not named by the message.
            let word = error.span().and_then(|span| self.text.get(span)).unwrap_or_default().trim();
            let shown =
                if error.message().contains("duplicate") { format!(" `{word}`") } else { String::new() };
            FileError::Syntax {
                file: self.file.into(),
                line: self.line(error.span().map_or(0, |span| span.start)),
                reason: error.message().replace('\n', ", ") + &shown,
            }
        })
    }

    fn line(self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|&byte| byte == b'\n').count()
    }

    fn error(self, at: usize, key: &str, reason: impl Into<String>) -> FileError {
        FileError::Key { file: self.file.into(), line: self.line(at), key: key.into(), reason: reason.into() }
    }
}

/// A table of the file.
#[derive(Debug, Clone)]
pub(super) struct Section<'d> {
    text: Text<'d>,
    /// `parameters.`, or nothing for the whole file.
    prefix: String,
    at: usize,
    table: &'d DeTable<'d>,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(super) struct Item<'d> {
    text: Text<'d>,
    /// The key without the table it is in.
    pub name: String,
    prefix: String,
    value: &'d Spanned<DeValue<'d>>,
}

impl<'d> Section<'d> {
    pub fn whole(text: Text<'d>, table: &'d DeTable<'d>) -> Self {
        Self { text, prefix: String::new(), at: 0, table }
    }

    /// The file it is in.
    pub fn file(&self) -> &'d str {
        self.text.file
    }

    /// The text of that file.
    pub fn source(&self) -> &'d str {
        self.text.text
    }

    /// Refuses keys that are not `known`.
    pub fn only(&self, known: &[&str]) -> Result<(), FileError> {
        match self.table.keys().find(|key| !known.contains(&key.get_ref().as_ref())) {
            None => Ok(()),
            Some(key) => {
                let names: Vec<String> = known.iter().map(|name| name.to_string()).collect();
                let hint = nearest(key.get_ref(), &names);
                let reason = format!("is no key of a problem file{hint}; known here: {}", known.join(", "));
                Err(self.text.error(key.span().start, &self.path(key.get_ref()), reason))
            }
        }
    }

    /// The value of `key`, if there is one.
    pub fn get(&self, key: &str) -> Option<Item<'d>> {
        let (name, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(self.item(name.get_ref(), value))
    }

    /// The value of `key`.
    pub fn need(&self, key: &str, example: &str) -> Result<Item<'d>, FileError> {
        self.get(key).ok_or_else(|| self.missing(key, example))
    }

    /// Where `key` and its value stand.
    pub fn place(&self, key: &str) -> Option<Range<usize>> {
        let (name, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(name.span().start..value.span().end)
    }

    /// An error saying that `key` is not there.
    pub fn missing(&self, key: &str, example: &str) -> FileError {
        self.text.error(self.at, &self.path(key), format!("is missing; write {example}"))
    }

    /// The table as plain data.
    pub fn to_table(&self) -> Table {
        let path = self.prefix.trim_end_matches('.').split('.').filter(|key| !key.is_empty());
        // Invariant: the text was parsed before, and the table was found in it.
        let whole: Table = self.text.text.parse().expect("a text that was parsed before");
        path.fold(whole, |table, key| table.get(key).and_then(Value::as_table).cloned().unwrap_or_default())
    }

    /// The table `key`, or an empty list of items.
    pub fn section(&self, key: &str) -> Result<Option<Section<'d>>, FileError> {
        self.get(key).map(|item| item.section()).transpose()
    }

    /// All items in the order of the file.
    pub fn items(&self) -> Vec<Item<'d>> {
        let mut items: Vec<_> = self.table.iter().collect();
        items.sort_by_key(|(key, _)| key.span().start);
        items.into_iter().map(|(key, value)| self.item(key.get_ref(), value)).collect()
    }

    fn item(&self, name: &str, value: &'d Spanned<DeValue<'d>>) -> Item<'d> {
        Item { text: self.text, name: name.into(), prefix: self.prefix.clone(), value }
    }

    fn path(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

impl<'d> Item<'d> {
    /// An error of this item: the sentence goes on after its key.
    pub fn error(&self, reason: impl Into<String>) -> FileError {
        self.text.error(self.value.span().start, &format!("{}{}", self.prefix, self.name), reason)
    }

    /// The item as the file has it, and its line.
    pub fn stated(&self) -> String {
        let line = self.text.line(self.span().start);
        format!("{}{} = {} in line {line} of {}", self.prefix, self.name, self.raw(), self.text.file)
    }

    /// Where its value stands.
    pub fn span(&self) -> Range<usize> {
        self.value.span()
    }

    /// Its value as the file has it.
    pub fn raw(&self) -> &'d str {
        // Invariant: the span is that of this very text.
        &self.text.text[self.span()]
    }

    pub fn section(&self) -> Result<Section<'d>, FileError> {
        match self.as_section() {
            Some(section) => Ok(section),
            None => Err(self.wrong("a table of keys and values")),
        }
    }

    pub fn as_section(&self) -> Option<Section<'d>> {
        let table = self.value.get_ref().as_table()?;
        let prefix = format!("{}{}.", self.prefix, self.name);
        Some(Section { text: self.text, prefix, at: self.value.span().start, table })
    }

    pub fn text(&self) -> Result<&'d str, FileError> {
        self.as_text().ok_or_else(|| self.wrong("a text in quotes"))
    }

    pub fn as_text(&self) -> Option<&'d str> {
        self.value.get_ref().as_str()
    }

    /// The items of a list, named `key[i]`.
    /// Whether it is `true`.
    pub fn is_true(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::Boolean(true))
    }

    pub fn list(&self, what: &str) -> Result<Vec<Item<'d>>, FileError> {
        let DeValue::Array(items) = self.value.get_ref() else { return Err(self.wrong(what)) };
        let named =
            |(i, value): (usize, _)| Item { name: format!("{}[{i}]", self.name), value, ..self.clone() };
        Ok(items.iter().enumerate().map(named).collect())
    }

    /// The text of a formula: a text, or a number.
    pub fn formula(&self) -> Result<String, FileError> {
        match self.value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().into()),
            DeValue::Float(number) if number.as_str().contains(['n', 'N']) => Err(self.not_finite()),
            DeValue::Float(number) => Ok(number.as_str().into()),
            _ => Err(self.wrong("a number, or a formula in quotes")),
        }
    }

    /// The formula, read.
    pub fn expr(&self, graph: &mut Graph, scope: &Scope) -> Result<Expr, FileError> {
        graph.parse(&self.formula()?, scope).map_err(|error| self.error(format!("is no formula: {error}")))
    }

    /// A formula that is a finite number for which `is_good`; `wanted` says what that means.
    pub fn number_that(
        &self,
        wanted: &str,
        is_good: impl Fn(f64) -> bool,
        graph: &mut Graph,
        scope: &Scope,
    ) -> Result<f64, FileError> {
        match self.number(graph, scope)? {
            number if is_good(number) => Ok(number),
            number => Err(self.error(format!("is {number}; it has to be {wanted}"))),
        }
    }

    /// A formula that is a finite number.
    pub fn number(&self, graph: &mut Graph, scope: &Scope) -> Result<f64, FileError> {
        let expr = self.expr(graph, scope)?;
        let number = graph.value(expr).filter(|number| number.is_finite());
        number.ok_or_else(|| self.not_finite())
    }

    fn not_finite(&self) -> FileError {
        self.error(format!("is {}, which is not a finite number", self.raw()))
    }

    fn wrong(&self, expected: &str) -> FileError {
        self.error(format!(
            "is {} {}, not {expected}",
            article(self.value.get_ref()),
            self.value.get_ref().type_str()
        ))
    }
}

fn article(value: &DeValue<'_>) -> &'static str {
    if matches!(value, DeValue::Array(_) | DeValue::Integer(_)) { "an" } else { "a" }
}
