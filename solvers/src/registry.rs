//! All solvers, by name. To add one: write its file and add its `ENTRY` to [`entries`].

use std::sync::Arc;

use modewise_problems::{Parameter, Problem, Settings, Spec, SpecError};
use toml::Value;

use crate::{Solver, classical, hybrid};

/// A solver of the registry.
#[derive(Debug)]
pub struct Entry {
    /// Its fixed name.
    pub name: &'static str,
    /// One sentence for `modewise list`.
    pub summary: &'static str,
    /// What a spec may set.
    pub parameters: &'static [Parameter],
    /// Makes the solver from checked settings.
    pub build: fn(&Settings<'_>) -> Result<Arc<dyn Solver>, SpecError>,
}

/// All solvers.
pub fn entries() -> Vec<&'static Entry> {
    vec![
        &classical::jacobi::ENTRY,
        &classical::gauss_seidel::ENTRY,
        &classical::multigrid::ENTRY,
        &classical::direct::ENTRY,
        &hybrid::ENTRY,
    ]
}

/// The entry called `name`.
///
/// # Errors
/// There is none; the error names the nearest.
pub fn entry(name: &str) -> Result<&'static Entry, SpecError> {
    entries().into_iter().find(|entry| entry.name == name).ok_or_else(|| SpecError::UnknownName {
        kind: "solver",
        name: name.into(),
        known: entries().iter().map(|entry| entry.name.to_string()).collect(),
    })
}

/// The solver that `spec` names.
///
/// # Errors
/// An unknown name or key, or a value out of range.
pub fn build(spec: &Spec) -> Result<Arc<dyn Solver>, SpecError> {
    let entry = entry(&spec.name)?;
    (entry.build)(&Settings::new(spec, entry.parameters)?)
}

/// `spec` with the published settings of `problem` where it is silent, nested specs included.
///
/// # Errors
/// An unknown name or key.
pub fn with_published(spec: &Spec, problem: &dyn Problem) -> Result<Spec, SpecError> {
    let entry = entry(&spec.name)?;
    let mut keys = problem.published(&spec.name);
    keys.extend(spec.keys.clone());
    for (_, value) in keys.iter_mut() {
        if let Value::Table(_) = value
            && let Some(nested) = Spec::from_value(value)
        {
            *value = Value::Table(with_published(&nested?, problem)?.to_table());
        }
    }
    let spec = Spec { name: spec.name.clone(), keys };
    Settings::new(&spec, entry.parameters)?;
    Ok(spec)
}

/// `spec` without the keys that stand at their defaults, nested specs included: for captions.
///
/// # Errors
/// An unknown name or key.
pub fn brief(spec: &Spec) -> Result<Spec, SpecError> {
    let entry = entry(&spec.name)?;
    let defaults = Settings::new(&Spec::new(&spec.name), entry.parameters)?.into_table();
    let mut brief = Spec::new(&spec.name);
    for (key, value) in &spec.keys {
        if let Value::Table(_) = value
            && let Some(nested) = Spec::from_value(value)
        {
            brief.keys.insert(key.clone(), Value::Table(self::brief(&nested?)?.to_table()));
        } else if !same(value, defaults.get(key)) {
            brief.keys.insert(key.clone(), value.clone());
        }
    }
    Ok(brief)
}

/// Equal, `1` and `1.0` being the same, and one number the same as a list of it.
fn same(value: &Value, default: Option<&Value>) -> bool {
    match (value, default) {
        (_, None) => false,
        (Value::Array(a), Some(Value::Array(b))) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, Some(b)))
        }
        (Value::Array(a), Some(single)) => a.len() == 1 && same(&a[0], Some(single)),
        (Value::Integer(a), Some(Value::Float(b))) | (Value::Float(b), Some(Value::Integer(a))) => {
            *a as f64 == *b
        }
        (a, Some(b)) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_builds_and_its_spec_builds_the_same_again() {
        for entry in entries() {
            let solver = build(&Spec::new(entry.name)).unwrap();
            let spec = solver.spec();
            assert_eq!(spec.name, entry.name);
            assert_eq!(build(&spec).unwrap().spec(), spec);
            assert_eq!(
                spec.keys.len(),
                entry.parameters.len(),
                "{}: a full spec has every parameter",
                entry.name
            );
            assert!(
                brief(&spec).unwrap().keys.values().all(Value::is_table),
                "{}: {}",
                entry.name,
                brief(&spec).unwrap()
            );
        }
    }
}
