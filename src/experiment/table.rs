//! Reading the table of a plan: options as text with their defaults, solvers, and `--set`.

use std::{fmt::Display, str::FromStr};

use modewise_problems::{Spec, spec::nearest};
use toml::{Table, Value};

use super::{config_error::ConfigError, labels, options::OPTIONS, plan::SolverPlan};

pub(super) fn solvers(table: &Table) -> Result<Vec<SolverPlan>, ConfigError> {
    let values = match table.get("solver") {
        Some(Value::Array(values)) if !values.is_empty() => values.as_slice(),
        Some(Value::Array(_)) | None => {
            return Err(ConfigError::Missing(
                "no solver is given; `modewise list solvers` shows what there is".into(),
            ));
        }
        Some(single) => std::slice::from_ref(single),
    };
    values.iter().map(solver).collect()
}

/// A label is part of file names and of figures.
const LONGEST_LABEL: usize = 60;

/// Takes `label`, `start` and, unless the solver has a key of that name itself, `steps` out of a spec.
fn solver(value: &Value) -> Result<SolverPlan, ConfigError> {
    let mut spec = Spec::from_value(value).ok_or_else(|| {
        bad("solver", value, "a spec such as \"jacobi,omega=0.8\", or a table with a name")
    })??;
    let entry = modewise_solvers::registry::entry(&spec.name)?;
    let label = spec.keys.remove("label").map(|label| text_of(&label));
    if let Some(label) = &label
        && (label.is_empty()
            || label.chars().count() > LONGEST_LABEL
            || label.contains(['/', '\\', ',', '\n'])
            || label.starts_with('.'))
    {
        return Err(bad(
            "label",
            &label.clone().into(),
            "a name of at most 60 characters without slash, comma or leading dot",
        ));
    }
    let start = spec.keys.remove("start").map(|start| text_of(&start));
    let own_steps = entry.parameters.iter().any(|parameter| parameter.key == "steps");
    let steps = if own_steps { None } else { spec.keys.remove("steps") };
    let steps = steps
        .map(|steps| {
            let number =
                text_of(&steps).parse::<f64>().ok().filter(|n| n.fract() == 0.0 && (1.0..9e15).contains(n));
            number.map(|n| n as u64).ok_or_else(|| bad("steps", &steps, "a whole number of at least 1"))
        })
        .transpose()?;
    Ok(SolverPlan { label, spec, steps, start })
}

/// `key=value` or `label.key=value`.
pub(super) fn apply(table: &mut Table, change: &str) -> Result<(), ConfigError> {
    let syntax =
        || ConfigError::Missing(format!("--set {change}: write key=value, or label.key=value for a solver"));
    let (key, value) = change.split_once('=').ok_or_else(syntax)?;
    let Some((label, key)) = key.split_once('.') else {
        table.insert(key.trim().into(), value.trim().into());
        return Ok(());
    };
    if key.trim().is_empty() || label.trim().is_empty() {
        return Err(syntax());
    }
    let assigned: Spec = format!("change,{key}={value}").parse()?;
    let Some(Value::Array(solvers)) = table.get_mut("solver") else { return Err(syntax()) };
    let plans: Vec<SolverPlan> = solvers.iter().map(solver).collect::<Result<_, _>>()?;
    let labels = labels::unique(&plans)?;
    if let Some(place) = labels.iter().position(|name| name == label)
        && let Some(mut spec) = Spec::from_value(&solvers[place]).transpose()?
    {
        spec.keys.extend(assigned.keys);
        solvers[place] = Value::Table(spec.to_table());
        return Ok(());
    }
    let hint = nearest(label, &labels);
    Err(ConfigError::Missing(format!(
        "--set {change}: no solver is labelled `{label}`{hint}; there are {}",
        labels.join(", ")
    )))
}

pub(super) fn bad(key: &str, value: &Value, expected: &str) -> ConfigError {
    ConfigError::BadValue { key: key.into(), value: text_of(value), expected: expected.into() }
}

/// A value as it would be written on the command line.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_string(),
        Value::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join(","),
        Value::Table(table) => {
            table.iter().map(|(key, value)| format!("{key}={}", text_of(value))).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}

/// Reads options as text, with their defaults from [`OPTIONS`].
pub(super) struct Reader<'a>(pub &'a Table);

impl Reader<'_> {
    pub fn text(&self, key: &str) -> String {
        let default = OPTIONS.iter().find(|option| option.key == key).map_or("", |option| option.default);
        self.0.get(key).map_or_else(|| default.to_string(), text_of)
    }

    pub fn bad(&self, key: &str, expected: &str) -> ConfigError {
        ConfigError::BadValue { key: key.into(), value: self.text(key), expected: expected.into() }
    }

    pub fn number<T: FromStr + Display>(
        &self,
        key: &str,
        expected: &str,
        valid: impl Fn(&T) -> bool,
    ) -> Result<T, ConfigError> {
        self.text(key).parse().ok().filter(valid).ok_or_else(|| self.bad(key, expected))
    }

    pub fn choice<T: Clone>(&self, key: &str, choices: &[(&str, T)]) -> Result<T, ConfigError> {
        let text = self.text(key);
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| value.clone());
        let names = || choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        found.ok_or_else(|| self.bad(key, &format!("one of {}", names())))
    }

    /// A word, or the N of `every=N`.
    pub fn every(&self, key: &str) -> Result<(&'static str, Option<u64>), ConfigError> {
        let text = self.text(key);
        if let Some(n) = text.strip_prefix("every=") {
            let n = n.trim().parse().ok().filter(|&n: &u64| n > 0);
            return n
                .map(|n| ("every", Some(n)))
                .ok_or_else(|| self.bad(key, "every=N with N of at least 1"));
        }
        Ok((["auto", "log", "all"].into_iter().find(|word| *word == text).unwrap_or(""), None))
    }
}
