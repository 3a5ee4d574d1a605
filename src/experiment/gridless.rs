//! Problems of more axes than grids have: networks alone, and errors at fixed test points.

use modewise_problems::{Problem, grid};
use modewise_solvers::{Reference, ReferenceKind, Sites, Support, TestPoints};

use super::{
    config_error::ConfigError,
    plan::{self, Plan, Start},
};
use crate::modes::{ModeChoice, ModeChoiceError, Split, TransformKind};

/// Whether a problem has no grid.
pub(super) fn is(problem: &dyn Problem) -> bool {
    problem.domain().dimension() > grid::GRID_AXES
}

/// Refuses what a plan asks of a grid.
pub(super) fn check(plan: &Plan, problem: &dyn Problem) -> Result<(), ConfigError> {
    let dimension = problem.domain().dimension();
    let refuse = |key: &str, value: String, expected: &str| {
        let expected =
            format!("{expected}: a problem in {dimension}-D has no grid, it is for networks alone");
        Err(ConfigError::BadValue { key: key.into(), value, expected })
    };
    if !plan.grid.is_empty() {
        let cells: Vec<String> = plan.grid.iter().map(usize::to_string).collect();
        return refuse("grid", cells.join(","), "what can be asked for here, leave it out");
    }
    if let Some(accuracy) = plan.accuracy {
        return refuse(
            "accuracy",
            accuracy.to_string(),
            "what can be asked for here, ask for --stop error_l2=",
        );
    }
    if plan.error_bar {
        return refuse("error-bar", "true".into(), "what can be asked for here, leave it out");
    }
    if plan.initial != Start::Zero {
        return refuse("initial", plan.initial.name().into(), "zero");
    }
    if let Some(reference) = plan.reference.filter(|kind| *kind != ReferenceKind::Exact) {
        return refuse("reference", plan::name(reference).into(), "exact");
    }
    if plan.transform != Split::Waves(TransformKind::Auto) {
        return refuse("transform", plan.transform.name().into(), "auto");
    }
    if let Some(format) = plan.fields.iter().find(|format| !format.is_always()) {
        return refuse("fields", format.name.into(), "npy");
    }
    if !matches!(plan.modes, ModeChoice::Auto | ModeChoice::None) {
        return Err(ModeChoiceError::NoGrid.into());
    }
    Ok(())
}

/// The exact solution at the test points, where it is known.
pub(super) fn reference(
    plan: &Plan,
    problem: &dyn Problem,
    support: Support<'_>,
) -> Result<Option<Reference>, ConfigError> {
    let mut values = support.zeros();
    if let Sites::Points(points) = support.sites()
        && problem.exact(points, values.as_mut_slice())
    {
        return Ok(Some(Reference::new(ReferenceKind::Exact, values)));
    }
    if plan.reference.is_some() || plan.stop.needs_reference() {
        return Err(ConfigError::Missing(format!(
            "`{}` has no known exact solution and no grid for another one, so that there is nothing to measure errors \
             against; stop by steps= or seconds=",
            problem.spec().name
        )));
    }
    Ok(None)
}

/// Bytes that set-up and driver take, solvers aside: coordinates, exact solution and u.
pub(super) fn bytes(problem: &dyn Problem) -> f64 {
    8.0 * (TestPoints::COUNT * (problem.domain().dimension() + 2)) as f64
}
