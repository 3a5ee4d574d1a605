//! Unique labels: the user's own, else the solver's name, then `name#2`, `name#3`, …

use super::{config_error::ConfigError, plan::SolverPlan};

/// One label a solver.
///
/// # Errors
/// Two solvers with the same label of the user's own.
pub(super) fn unique(solvers: &[SolverPlan]) -> Result<Vec<String>, ConfigError> {
    let mut labels: Vec<String> = Vec::with_capacity(solvers.len());
    let own: Vec<&String> = solvers.iter().filter_map(|solver| solver.label.as_ref()).collect();
    for solver in solvers {
        let label = match &solver.label {
            Some(label) if labels.contains(label) => return Err(ConfigError::SameLabel(label.clone())),
            Some(label) => label.clone(),
            None => {
                let name = &solver.spec.name;
                let numbered = (2..).map(|number| format!("{name}#{number}"));
                let mut candidates = std::iter::once(name.clone()).chain(numbered);
                // Invariant: the numbers never run out.
                candidates
                    .find(|label| !labels.contains(label) && !own.contains(&label))
                    .expect("an endless list")
            }
        };
        labels.push(label);
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use modewise_problems::Spec;

    use super::*;

    fn plan(name: &str, label: Option<&str>) -> SolverPlan {
        SolverPlan { label: label.map(String::from), spec: Spec::new(name), steps: None, start: None }
    }

    #[test]
    fn numbers_what_has_no_label_of_its_own() {
        let solvers = [plan("a", None), plan("a", Some("b")), plan("a", None), plan("b", None)];
        assert_eq!(unique(&solvers).unwrap(), ["a", "b", "a#2", "b#2"]);
        assert!(unique(&[plan("a", Some("x")), plan("b", Some("x"))]).is_err());
    }
}
