//! What an interface changes of a system, written into its arrays.

use super::{Coefficients, Coupling, DiscreteError, assemble::coordinates, interface::Interface};
use crate::{Field, Grid, Problem, reduce};

/// A share of the largest coefficient that is rounding.
const ROUNDING: f64 = 1e-13;

/// Puts immersed elements in the place of finite differences where an interface runs; the couplings besides faces.
pub(super) fn immerse(
    problem: &dyn Problem,
    grid: &Grid,
    is_inside: &impl Fn(usize) -> bool,
    coefficients: &mut Coefficients,
    source: &mut Field,
) -> Result<Vec<Coupling>, DiscreteError> {
    let (Some(region), Coefficients::Variable { faces, screening }) = (problem.interface(), coefficients)
    else {
        return Ok(Vec::new());
    };
    let interface = Interface::new(region, grid);
    interface.correct_faces(problem, faces);
    let is_inner = |node: usize| {
        let at = grid.indices(node);
        let inner = |axis: usize| (1..grid.axes()[axis].cells).contains(&at[axis]);
        (0..grid.dimension()).all(|axis| {
            let stride = grid.stride(axis);
            inner(axis) && is_inside(node) && is_inside(node - stride) && is_inside(node + stride)
        })
    };
    let changes = interface.changes(problem, faces, is_inner)?;
    if changes.screening.values().any(|change| *change != 0.0) {
        screening.resize(grid.nodes(), 0.0);
        // Rounding must not leave less than nothing of κ².
        changes.screening.into_iter().for_each(|(node, k)| screening[node] = (screening[node] + k).max(0.0));
    }
    changes.source.into_iter().for_each(|(node, change)| source.values_mut()[node] += change);
    if let Some(lift) = interface.lift(problem, &changes.rows) {
        if let Some((node, _)) = lift.iter().find(|(_, w)| !w.is_finite()) {
            let at = coordinates(grid, *node);
            return Err(DiscreteError::LiftAtNode { at });
        }
        // f − A(w inside, 0 outside) in the equations next to the interface.
        let at = |node: usize| lift.get(&node).copied().unwrap_or(0.0);
        for &node in &changes.rows {
            let own = at(node);
            let mut sum = screening.get(node).copied().unwrap_or(0.0) * own;
            for (axis, faces) in faces.iter().enumerate() {
                let stride = grid.stride(axis);
                sum += faces[node] * (own - at(node + stride))
                    + faces[node - stride] * (own - at(node - stride));
            }
            let others = changes.couplings.range((node, 0)..(node + 1, 0));
            sum += others.map(|((_, other), c)| c * (own - at(*other))).sum::<f64>();
            source.values_mut()[node] -= sum;
        }
    }
    // What is left where elements and finite differences agree is rounding.
    let largest = faces.iter().map(|faces| reduce::max_abs(faces)).fold(0.0, f64::max);
    let couplings = changes.couplings.into_iter().filter(|(_, c)| c.abs() > ROUNDING * largest);
    Ok(couplings.map(|((node, other), coefficient)| Coupling { node, other, coefficient }).collect())
}
