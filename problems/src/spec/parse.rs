//! The grammar of specs.
//!
//! ```text
//! spec  = name { "," key "=" value }
//! value = "[" [ value { "," value } ] "]" | "(" spec ")" | quoted text | number | true | false | bare word
//! ```

use toml::{Table, Value};

use super::{Spec, SpecError};

/// Reads a whole text as one spec.
pub(super) fn spec(text: &str) -> Result<Spec, SpecError> {
    let mut parser = Parser { text, at: 0 };
    let spec = parser.spec()?;
    match parser.peek() {
        None => Ok(spec),
        Some(_) => Err(parser.error("expected `,` or the end")),
    }
}

/// Whether `text` can stand in a spec without quotes and come back as the same text.
pub(super) fn is_bare_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_word) && matches!(scalar(text), Value::String(_))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || "-_.:+/#^*".contains(c)
}

fn scalar(word: &str) -> Value {
    // TOML reads numbers and booleans; what it cannot read is a bare word.
    match word.parse::<toml::Value>() {
        Ok(value @ (Value::Integer(_) | Value::Float(_) | Value::Boolean(_))) => value,
        _ => match word.parse::<f64>() {
            Ok(number) if word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => {
                number.into()
            }
            _ if word.eq_ignore_ascii_case("nan") => f64::NAN.into(),
            _ => word.into(),
        },
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn spec(&mut self) -> Result<Spec, SpecError> {
        let name = self.word("a name")?;
        let mut keys = Table::new();
        while self.take(',') {
            self.skip_space();
            let start = self.at;
            let key = self.word("a key")?;
            if !self.take('=') {
                return Err(self.error(&format!("expected `=` after `{key}`")));
            }
            let value = self.value()?;
            if keys.insert(key.clone(), value).is_some() {
                self.at = start;
                return Err(self.error(&format!("`{key}` is given twice: the second")));
            }
        }
        Ok(Spec { name, keys })
    }

    fn value(&mut self) -> Result<Value, SpecError> {
        if self.take('[') {
            let mut items = Vec::new();
            while !self.take(']') {
                if !items.is_empty() && !self.take(',') {
                    return Err(self.error("expected `,` or `]`"));
                }
                items.push(self.value()?);
            }
            return Ok(Value::Array(items));
        }
        if self.take('(') {
            let spec = self.spec()?;
            if !self.take(')') {
                return Err(self.error("expected `,` or `)`"));
            }
            return Ok(Value::Table(spec.to_table()));
        }
        match self.peek() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            _ => self.word("a value").map(|word| scalar(&word)),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Value, SpecError> {
        let rest = &self.text[self.at..];
        let mut escaped = false;
        for (offset, c) in rest.char_indices().skip(1) {
            if c == quote && !escaped {
                let literal = &rest[..offset + 1];
                let value =
                    literal.parse::<toml::Value>().map_err(|_| self.error("expected a TOML string"))?;
                self.at += offset + 1;
                return Ok(value);
            }
            escaped = c == '\\' && !escaped && quote == '"';
        }
        self.at = self.text.len();
        Err(self.error(&format!("expected the closing {quote}")))
    }

    fn word(&mut self, what: &str) -> Result<String, SpecError> {
        self.skip_space();
        let rest = &self.text[self.at..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.error(&format!("expected {what}")));
        }
        self.at += end;
        Ok(rest[..end].to_string())
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn peek(&mut self) -> Option<char> {
        self.skip_space();
        self.text[self.at..].chars().next()
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn error(&self, expected: &str) -> SpecError {
        SpecError::Syntax {
            text: self.text.into(),
            at: self.text[..self.at].chars().count() + 1,
            expected: expected.into(),
        }
    }
}
