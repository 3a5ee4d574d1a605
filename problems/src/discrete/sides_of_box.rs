//! What the sides of the box add to a system: values, fluxes and what Robin sides hold.

use super::{
    Discrete, DiscreteError,
    assemble::{NOT_NEGATIVE, coordinates},
    region::Held,
    shapes::Shapes,
    sides_of_faces,
};
use crate::{Condition, Field, Grid, Points, Problem};

/// The nodes of the lower or upper side of `axis`.
fn side(grid: &Grid, axis: usize, upper: bool) -> impl Iterator<Item = usize> + use<> {
    let (stride, nodes) = (grid.stride(axis), grid.axes()[axis].cells + 1);
    let first = if upper { (nodes - 1) * stride } else { 0 };
    (0..grid.nodes() / (stride * nodes))
        .flat_map(move |outer| (0..stride).map(move |inner| outer * stride * nodes + first + inner))
}

/// u on Dirichlet sides; nothing if there are none.
pub(super) fn values(
    problem: &dyn Problem,
    grid: &Grid,
    sides: &[[Condition; 2]],
    shapes: &Shapes<'_>,
) -> Result<Option<Field>, DiscreteError> {
    let mut field: Option<Field> = None;
    for (axis, pair) in sides.iter().enumerate() {
        for (upper, _) in
            [false, true].into_iter().zip(pair).filter(|(_, side)| **side == Condition::Dirichlet)
        {
            let (nodes, values) = on_side(grid, axis, upper, "boundary value", shapes, |points, out| {
                problem.boundary(points, out);
            })?;
            let field = field.get_or_insert_with(|| Field::zeros(grid));
            for (node, value) in nodes.into_iter().zip(values) {
                field.values_mut()[node] = value;
            }
        }
    }
    Ok(field)
}

/// Whether u is given on a side of the box, as far as shapes leave something of it.
pub(super) fn hold(grid: &Grid, sides: &[[Condition; 2]], shapes: &Shapes<'_>) -> bool {
    let axes = sides.iter().enumerate();
    let mut held = axes.flat_map(|(axis, pair)| {
        [false, true].map(|upper| (axis, upper, pair[usize::from(upper)] == Condition::Dirichlet))
    });
    held.any(|(axis, upper, is_held)| is_held && side(grid, axis, upper).any(|node| shapes.is_active(node)))
}

/// The nodes of a side that have equations or values, and `function` there.
fn on_side(
    grid: &Grid,
    axis: usize,
    upper: bool,
    what: &'static str,
    shapes: &Shapes<'_>,
    function: impl FnOnce(Points<'_>, &mut [f64]),
) -> Result<(Vec<usize>, Vec<f64>), DiscreteError> {
    let nodes: Vec<usize> = side(grid, axis, upper).filter(|node| shapes.is_active(*node)).collect();
    let x: Vec<f64> = nodes.iter().flat_map(|&node| coordinates(grid, node)).collect();
    let mut values = vec![0.0; nodes.len()];
    function(Points::new(&x, grid.dimension()), &mut values);
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok((nodes, values)),
        Some(bad) => Err(DiscreteError::NotFinite { what, at: coordinates(grid, nodes[bad]), formula: None }),
    }
}

/// f ← f + 2g/h on Neumann sides.
pub(super) fn add_fluxes(
    problem: &dyn Problem,
    discrete: &Discrete,
    shapes: &Shapes<'_>,
    f: &mut Field,
) -> Result<(), DiscreteError> {
    let grid = f.grid().clone();
    for [axis, upper] in neumann_sides(discrete) {
        let (h, upper) = (grid.axes()[axis].spacing(), upper == 1);
        let (nodes, values) = on_side(&grid, axis, upper, "flux", shapes, |points, out| {
            sides_of_faces::evaluate(&grid, Some(axis), points, out, |points, out| {
                problem.flux(axis, upper, points, out);
            });
        })?;
        for (node, g) in nodes.into_iter().zip(values) {
            f.values_mut()[node] += shapes.on_side(axis, upper, node) * 2.0 * g / h;
        }
    }
    Ok(())
}

/// What Robin sides ε ∂u/∂n + au = g add to the equations: with u₋ = u₊ + (2h/ε)(g − au) the term (2a/h)u.
pub(super) fn robin(
    problem: &dyn Problem,
    discrete: &Discrete,
    shapes: &Shapes<'_>,
) -> Result<Vec<Held>, DiscreteError> {
    const WHAT: &str = "coefficient of a Robin side";
    let grid = discrete.grid();
    let mut held = Vec::new();
    for [axis, upper] in neumann_sides(discrete) {
        let (h, upper) = (grid.axes()[axis].spacing(), upper == 1);
        if !problem.is_robin(axis, upper) {
            continue;
        }
        let (nodes, values) = on_side(grid, axis, upper, WHAT, shapes, |points, out| {
            sides_of_faces::evaluate(grid, Some(axis), points, out, |points, out| {
                problem.robin(axis, upper, points, out);
            });
        })?;
        for (node, a) in nodes.into_iter().zip(values) {
            if a < 0.0 {
                return Err(DiscreteError::bad(WHAT, a, NOT_NEGATIVE, coordinates(grid, node)));
            }
            let coefficient = shapes.on_side(axis, upper, node) * 2.0 * a / h;
            held.push(Held { node, coefficient, value: 0.0 });
        }
    }
    Ok(held)
}

/// Axis and end, 0 or 1, of Neumann sides.
fn neumann_sides(discrete: &Discrete) -> Vec<[usize; 2]> {
    let ends = discrete.sides.iter().enumerate().flat_map(|(axis, pair)| {
        (0..2).filter(|&end| pair[end] == Condition::Neumann).map(move |end| [axis, end])
    });
    ends.collect()
}
