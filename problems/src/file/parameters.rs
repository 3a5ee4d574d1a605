//! The parameters of a problem file: what it declares, and what a spec sets.

use std::ops::Range;

use toml::{Table, Value};

use super::{Declared, document::Section};
use crate::{
    Spec, SpecError,
    expression::{Graph, Scope},
    spec::Shown,
};

/// The parameters as they are set, and what else the file says about them.
#[derive(Debug)]
pub(super) struct Parameters {
    /// The name and value of each.
    pub values: Vec<(String, f64)>,
    pub declared: Vec<Declared>,
    /// Where the text has to change for the values that were set.
    changes: Vec<(Range<usize>, String)>,
}

impl Parameters {
    /// The text of the file with the values that were set in place of the defaults.
    pub fn applied(&self, text: &str) -> String {
        let mut applied = text.to_string();
        // From the end, so that what comes before keeps its place.
        let mut changes: Vec<_> = self.changes.iter().collect();
        changes.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        for (range, value) in changes {
            applied.replace_range(range.clone(), value);
        }
        applied
    }

    /// Puts `replacement` in the place of a part of the text.
    pub fn change(&mut self, place: Range<usize>, replacement: String) {
        self.changes.push((place, replacement));
    }

    /// `title` with values in place of `{name}`.
    pub fn fill(&self, title: &str) -> String {
        self.values.iter().fold(title.to_string(), |title, (name, value)| {
            title.replace(&format!("{{{name}}}"), &Shown(&Value::Float(*value)).to_string())
        })
    }

    /// The spec of the problem `name` with these.
    pub fn spec(&self, name: &str) -> Spec {
        self.values.iter().fold(Spec::new(name), |spec, (name, value)| spec.with(name, *value))
    }
}

/// The parameters of `section` with the values of `keys`; `scope` gets their names.
pub(super) fn read(
    owner: &str,
    section: Option<Section<'_>>,
    keys: &Table,
    graph: &mut Graph,
    scope: &mut Scope,
) -> Result<Parameters, SpecError> {
    let items = section.as_ref().map(Section::items).unwrap_or_default();
    if let Some(key) = keys.keys().find(|key| items.iter().all(|item| item.name != **key)) {
        let known = items.iter().map(|item| item.name.clone()).collect();
        return Err(SpecError::UnknownKey { owner: owner.into(), key: key.clone(), known });
    }
    let mut parameters = Parameters { values: Vec::new(), declared: Vec::new(), changes: Vec::new() };
    for item in items {
        let (default, unit, help) = match item.as_section() {
            None => (item.clone(), String::new(), String::new()),
            Some(section) => {
                section.only(&["default", "unit", "help"])?;
                let words = |key| section.get(key).map_or(Ok(""), |item| item.text()).map(String::from);
                (section.need("default", "default = 1")?, words("unit")?, words("help")?)
            }
        };
        let mut value = default.number(graph, scope)?;
        if let Some(given) = keys.get(&item.name) {
            let number = match given {
                Value::String(text) => graph.parse(text, scope).ok().and_then(|expr| graph.value(expr)),
                Value::Integer(number) => Some(*number as f64),
                other => other.as_float(),
            };
            let number = number.filter(|number| number.is_finite()).ok_or_else(|| SpecError::BadValue {
                owner: owner.into(),
                key: item.name.clone(),
                value: Shown(given).to_string(),
                expected: "a finite number".into(),
            })?;
            // A value that is the default leaves the text as it is.
            if number != value {
                parameters.changes.push((default.span(), format!("{number:?}")));
                value = number;
            }
        }
        let expr = graph.number(value);
        scope.define(&item.name, expr).map_err(|reason| item.error(format!("is no parameter: {reason}")))?;
        parameters.values.push((item.name.clone(), value));
        let key = item.name;
        parameters.declared.push(Declared { key, default: default.raw().into(), unit, help });
    }
    Ok(parameters)
}
