//! What a discrete system asks of a problem at its nodes, asked at points of one that has no grid.

use super::{
    DiscreteError,
    assemble::{NOT_NEGATIVE, POSITIVE},
};
use crate::{Points, Problem};

/// That f, ε > 0, κ² ≥ 0 and, where it is known, u are numbers at `points`.
///
/// # Errors
/// The first point where one is not.
pub fn check_at(problem: &dyn Problem, points: Points<'_>) -> Result<(), DiscreteError> {
    let mut values = vec![0.0; points.len()];
    let check = |what: &'static str, wanted: &'static str, is_good: fn(f64) -> bool, values: &[f64]| {
        let Some(bad) = values.iter().position(|value| !value.is_finite() || !is_good(*value)) else {
            return Ok(());
        };
        let at = points.iter().nth(bad).unwrap_or_default().to_vec();
        Err(DiscreteError::bad(what, values[bad], wanted, at).stated_by(problem))
    };
    problem.source(points, &mut values);
    check("source", "", |_| true, &values)?;
    problem.permittivity_at(points, &mut values);
    check("permittivity", POSITIVE, |value| value > 0.0, &values)?;
    problem.screening_at(points, &mut values);
    check("screening", NOT_NEGATIVE, |value| value >= 0.0, &values)?;
    if problem.exact(points, &mut values) {
        check("exact solution", "", |_| true, &values)?;
    }
    Ok(())
}
