//! All solvers, by name. To add one: write its file and add its `ENTRY` to [`entries`].

use std::sync::Arc;

use modewise_problems::{Parameter, Problem, Settings, Spec, SpecError};
use toml::Value;

use crate::{Solver, classical, hybrid, neural};

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
        &classical::sor::ENTRY,
        &classical::chebyshev::ENTRY,
        &classical::cg::ENTRY,
        &classical::pcg::ENTRY,
        &classical::bicgstab::ENTRY,
        &classical::multigrid::ENTRY,
        &classical::fft::ENTRY,
        &classical::multigrid::fmg::ENTRY,
        &classical::multigrid::two_grid::ENTRY,
        &classical::multigrid::fas::ENTRY,
        &classical::direct::ENTRY,
        &classical::newton::ENTRY,
        &neural::dnn::ENTRY,
        &neural::mscale_dnn::ENTRY,
        &neural::fourier_dnn::ENTRY,
        &neural::subspace_dnn::ENTRY,
        &neural::multi_stage::ENTRY,
        &neural::random_features::ENTRY,
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

/// `spec` with the published settings of `problem` where it is silent, nested specs included. Published settings that have
/// no effect beside what `spec` asks for, as the learning rate of Adam has none on other optimisers, are left out.
///
/// # Errors
/// An unknown name or key, or a setting of `spec` itself without effect.
pub fn with_published(spec: &Spec, problem: &dyn Problem) -> Result<Spec, SpecError> {
    let entry = entry(&spec.name)?;
    let mut keys = problem.published(&spec.name);
    for (widths, depth) in [("width", "depth"), ("fine_width", "fine_depth")] {
        // A list of widths has a depth of its own.
        if spec.keys.contains_key(depth) && keys.get(widths).is_some_and(Value::is_array) {
            keys.remove(widths);
        }
    }
    keys.extend(spec.keys.clone());
    for (_, value) in keys.iter_mut() {
        if let Value::Table(_) = value
            && let Some(nested) = Spec::from_value(value)
        {
            *value = Value::Table(with_published(&nested?, problem)?.to_table());
        }
    }
    let mut filled = Spec { name: spec.name.clone(), keys };
    loop {
        match (entry.build)(&Settings::new(&filled, entry.parameters)?) {
            Err(SpecError::Unused { key, .. })
                if filled.keys.contains_key(&key) && !spec.keys.contains_key(&key) =>
            {
                filled.keys.remove(&key);
            }
            Err(error) => return Err(error),
            Ok(_) => return Ok(filled),
        }
    }
}

#[cfg(test)]
mod tests {
    use modewise_problems::catalog;

    use super::*;

    #[test]
    fn published_settings_without_effect_are_left_out_and_those_of_a_user_refused() {
        let problem = catalog::build(&"mscale-demo-1d".parse().unwrap()).unwrap();
        let filled = |spec: &str| with_published(&spec.parse().unwrap(), problem.as_ref());
        let plain = filled("dnn").unwrap();
        assert!(plain.keys["lr"].as_float() == Some(1e-4) && plain.keys.contains_key("lr_decay"));
        let other = filled("dnn,optimizer=lbfgs").unwrap();
        assert!(!other.keys.contains_key("lr") && !other.keys.contains_key("lr_decay"), "{other}");
        assert_eq!(other.keys["width"], plain.keys["width"]);
        let wide = catalog::build(&"fprinciple-1d".parse().unwrap()).unwrap();
        let shallow = with_published(&"dnn,depth=2".parse().unwrap(), wide.as_ref()).unwrap();
        assert!(!shallow.keys.contains_key("width"), "{shallow}");
        let refused = filled("dnn,optimizer=lbfgs,lr=1e-2").unwrap_err().to_string();
        assert!(refused.contains("lr = 0.01 is not used with optimizer=lbfgs"), "{refused}");
    }

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
        }
    }
}
