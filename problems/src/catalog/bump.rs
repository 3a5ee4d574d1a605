//! The box under even load, −Δu = 1: what `bump-2d` and `bump-3d` have in common.

use toml::Value;

use crate::{Domain, Parameter, Settings, Spec, SpecError};

/// The one parameter of both.
pub(super) const PARAMETERS: [Parameter; 1] = [Parameter {
    key: "lengths",
    default: "1",
    unit: "length",
    help: "length of the box along every axis, or one for all; the lower corner is the origin",
}];

/// The lengths of a box with `D` axes.
pub(super) fn lengths<const D: usize>(settings: &Settings<'_>) -> Result<[f64; D], SpecError> {
    let expected = format!("a positive number, or a list of {D} of them");
    let lengths = settings.numbers(PARAMETERS[0].key, &expected, |length| length > 0.0)?;
    match *lengths {
        [length] => Ok([length; D]),
        _ => lengths.try_into().map_err(|_| settings.bad(PARAMETERS[0].key, &expected)),
    }
}

/// The spec of the problem `name`: the name alone for the unit box, and one length where all are equal.
pub(super) fn spec(name: &str, lengths: &[f64]) -> Spec {
    let value = match lengths {
        [first, rest @ ..] if rest.iter().all(|length| length == first) => Value::from(*first),
        _ => Value::from(lengths.to_vec()),
    };
    let is_unit = lengths.iter().all(|length| *length == 1.0);
    if is_unit { Spec::new(name) } else { Spec::new(name).with(PARAMETERS[0].key, value) }
}

/// u = 0 on all sides.
pub(super) fn domain(lengths: &[f64]) -> Domain {
    Domain::dirichlet(&lengths.iter().map(|&length| [0.0, length]).collect::<Vec<_>>())
}

/// `(0, 1) × (0, 2)`, or `(0, 1)²` where all are equal.
pub(super) fn title(lengths: &[f64]) -> String {
    let equal = lengths.iter().all(|length| *length == lengths[0]);
    let place = match lengths {
        [length, _] if equal => format!("(0, {length})²"),
        [length, ..] if equal => format!("(0, {length})³"),
        _ => lengths.iter().map(|length| format!("(0, {length})")).collect::<Vec<_>>().join(" × "),
    };
    format!("−Δu = 1 on {place}, u = 0 on the sides")
}
