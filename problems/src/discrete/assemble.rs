//! From the functions of a problem to the arrays of its discrete system.

use super::{Coefficients, Discrete, DiscreteError};
use crate::{Coefficient, Condition, Field, Grid, GridError, Points, Problem, Reaction, grid::Axis, reduce};

/// The mean of a compatible right-hand side may be this share of its largest value: what quadrature
/// errors of a second-order scheme leave on coarse grids.
const INCOMPATIBLE: f64 = 1e-2;

pub(super) fn assemble(problem: &dyn Problem, grid: &Grid) -> Result<Discrete, DiscreteError> {
    let dimension = grid.dimension();
    if problem.domain().dimension() != dimension {
        return Err(GridError::Dimension { given: dimension, dimension: problem.domain().dimension() }.into());
    }
    if !(1..=3).contains(&dimension) {
        return Err(DiscreteError::Dimension(dimension));
    }
    let sides = problem.domain().sides().to_vec();
    let coefficients = coefficients(problem, grid)?;
    let mut source = nodal(grid, "source", |points, out| problem.source(points, out))?;
    let boundary = boundary(problem, grid, &sides)?;
    let mut discrete = Discrete {
        largest_diagonal: 0.0,
        is_singular: false,
        reaction: reaction(problem, &coefficients),
        coefficients,
        sides,
        boundary: boundary.filter(|field| field.values().iter().any(|&u| u != 0.0)),
        source: Field::zeros(grid),
        rhs_norm: 0.0,
    };
    add_fluxes(problem, &discrete, &mut source)?;
    discrete.keep_unknowns(&mut source);
    discrete.source = source;
    discrete.largest_diagonal = largest_diagonal(&discrete);
    discrete.is_singular = !discrete.sides.iter().flatten().any(|side| *side == Condition::Dirichlet)
        && match &discrete.coefficients {
            Coefficients::Constant { screening, .. } => *screening == 0.0,
            Coefficients::Variable { screening, .. } => screening.is_empty(),
        };
    if discrete.is_singular {
        let mean = discrete.mean(discrete.source.values());
        let largest = reduce::max_abs(discrete.source.values());
        if mean.abs() > INCOMPATIBLE * largest {
            return Err(DiscreteError::Incompatible { mean, largest });
        }
        let mut source = std::mem::replace(&mut discrete.source, Field::zeros(grid));
        source.values_mut().iter_mut().for_each(|f| *f -= mean);
        discrete.keep_unknowns(&mut source);
        discrete.source = source;
    }
    // b with the boundary eliminated is the residual of the field that is zero at unknowns.
    discrete.rhs_norm = match &discrete.boundary {
        None => reduce::sum_of_squares(discrete.source.values()).sqrt(),
        Some(boundary) => discrete.residual_squares(boundary.values()).sqrt(),
    };
    Ok(discrete)
}

/// That of `problem`, unless κ² is zero everywhere.
fn reaction(problem: &dyn Problem, coefficients: &Coefficients) -> Reaction {
    let none = match coefficients {
        Coefficients::Constant { screening, .. } => *screening == 0.0,
        Coefficients::Variable { screening, .. } => screening.is_empty(),
    };
    if none { Reaction::Linear } else { problem.reaction() }
}

/// Nodes whose coordinates are made at a time, so that large grids need no list of all of them.
const BATCH: usize = 1 << 16;

/// `function` at all nodes moved by `shift`, in batches; an error names the first point where it is
/// not finite.
fn shifted(
    grid: &Grid,
    what: &'static str,
    shift: &[f64],
    mut function: impl FnMut(Points<'_>, &mut [f64]),
) -> Result<Vec<f64>, DiscreteError> {
    let dimension = grid.dimension();
    let mut values = vec![0.0; grid.nodes()];
    let mut coordinates = Vec::new();
    for (batch, out) in values.chunks_mut(BATCH).enumerate() {
        grid.coordinates_of(batch * BATCH..batch * BATCH + out.len(), &mut coordinates);
        for x in coordinates.chunks_exact_mut(dimension) {
            for ((x, shift), axis) in x.iter_mut().zip(shift).zip(grid.axes()) {
                // What lies beyond the upper side is not asked for, but has to be a point of the box.
                *x = (*x + shift).min(axis.upper);
            }
        }
        function(Points::new(&coordinates, dimension), out);
        if let Some(bad) = out.iter().position(|value| !value.is_finite()) {
            let at = coordinates[bad * dimension..(bad + 1) * dimension].to_vec();
            return Err(DiscreteError::NotFinite { what, at, formula: None });
        }
    }
    Ok(values)
}

fn nodal(
    grid: &Grid,
    what: &'static str,
    function: impl FnMut(Points<'_>, &mut [f64]),
) -> Result<Field, DiscreteError> {
    let values = shifted(grid, what, &vec![0.0; grid.dimension()], function)?;
    // Invariant: one value a node.
    Ok(Field::from_values(grid, values).expect("as many values as nodes"))
}

fn coefficients(problem: &dyn Problem, grid: &Grid) -> Result<Coefficients, DiscreteError> {
    let squares: Vec<f64> = grid.axes().iter().map(|axis| axis.spacing().powi(2)).collect();
    let origin = || grid.axes().iter().map(|axis| axis.lower).collect::<Vec<_>>();
    let check = |what, value: f64, good: bool, wanted, at: &dyn Fn() -> Vec<f64>| match good {
        true => Ok(()),
        false if value.is_finite() => {
            Err(DiscreteError::Sign { what, value, wanted, at: at(), formula: None })
        }
        false => Err(DiscreteError::NotFinite { what, at: at(), formula: None }),
    };
    const POSITIVE: &str = "it has to be positive";
    const NOT_NEGATIVE: &str = "it must not be negative";
    if let (Coefficient::Constant(permittivity), Coefficient::Constant(screening)) =
        (problem.permittivity(), problem.screening())
    {
        let (e, k) = (permittivity, screening);
        check("permittivity", e, e > 0.0 && e.is_finite(), POSITIVE, &origin)?;
        check("screening", k, k >= 0.0 && k.is_finite(), NOT_NEGATIVE, &origin)?;
        return Ok(Coefficients::Constant { axes: squares.iter().map(|h2| e / h2).collect(), screening });
    }
    let mut faces = Vec::with_capacity(squares.len());
    for (i, (axis, h2)) in grid.axes().iter().zip(&squares).enumerate() {
        let mut shift = vec![0.0; squares.len()];
        shift[i] = 0.5 * axis.spacing();
        let mut values =
            shifted(grid, "permittivity", &shift, |points, out| problem.permittivity_at(points, out))?;
        let stride = grid.stride(i);
        for (node, value) in values.iter_mut().enumerate() {
            if node / stride % (axis.cells + 1) == axis.cells {
                *value = 0.0;
            } else {
                let at = || {
                    let mut x = coordinates(grid, node);
                    x[i] += shift[i];
                    x
                };
                check("permittivity", *value, *value > 0.0, POSITIVE, &at)?;
                *value /= h2;
            }
        }
        faces.push(values);
    }
    let screening = shifted(grid, "screening", &vec![0.0; squares.len()], |points, out| {
        problem.screening_at(points, out)
    })?;
    for (node, &value) in screening.iter().enumerate() {
        check("screening", value, value >= 0.0, NOT_NEGATIVE, &|| coordinates(grid, node))?;
    }
    let screening = if screening.iter().any(|&k| k > 0.0) { screening } else { Vec::new() };
    Ok(Coefficients::Variable { faces, screening })
}

fn coordinates(grid: &Grid, node: usize) -> Vec<f64> {
    grid.indices(node).iter().zip(grid.axes()).map(|(&i, axis)| axis.coordinate(i)).collect()
}

/// The nodes of the lower or upper side of `axis`.
fn side(grid: &Grid, axis: usize, upper: bool) -> impl Iterator<Item = usize> + use<> {
    let (stride, nodes) = (grid.stride(axis), grid.axes()[axis].cells + 1);
    let first = if upper { (nodes - 1) * stride } else { 0 };
    (0..grid.nodes() / (stride * nodes))
        .flat_map(move |outer| (0..stride).map(move |inner| outer * stride * nodes + first + inner))
}

fn boundary(
    problem: &dyn Problem,
    grid: &Grid,
    sides: &[[Condition; 2]],
) -> Result<Option<Field>, DiscreteError> {
    let mut field: Option<Field> = None;
    for (axis, pair) in sides.iter().enumerate() {
        for (upper, _) in
            [false, true].into_iter().zip(pair).filter(|(_, side)| **side == Condition::Dirichlet)
        {
            let (nodes, values) = on_side(grid, axis, upper, "boundary value", |points, out| {
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

/// The nodes of a side and `function` there.
fn on_side(
    grid: &Grid,
    axis: usize,
    upper: bool,
    what: &'static str,
    function: impl FnOnce(Points<'_>, &mut [f64]),
) -> Result<(Vec<usize>, Vec<f64>), DiscreteError> {
    let nodes: Vec<usize> = side(grid, axis, upper).collect();
    let x: Vec<f64> = nodes.iter().flat_map(|&node| coordinates(grid, node)).collect();
    let mut values = vec![0.0; nodes.len()];
    function(Points::new(&x, grid.dimension()), &mut values);
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok((nodes, values)),
        Some(bad) => Err(DiscreteError::NotFinite { what, at: coordinates(grid, nodes[bad]), formula: None }),
    }
}

/// f ← f + 2g/h on Neumann sides.
fn add_fluxes(problem: &dyn Problem, discrete: &Discrete, f: &mut Field) -> Result<(), DiscreteError> {
    let grid = f.grid().clone();
    for (axis, pair) in discrete.sides.iter().enumerate() {
        let h = grid.axes()[axis].spacing();
        for (upper, _) in [false, true].into_iter().zip(pair).filter(|(_, side)| **side == Condition::Neumann)
        {
            let (nodes, values) = on_side(&grid, axis, upper, "flux", |points, out| {
                problem.flux(axis, upper, points, out);
            })?;
            for (node, g) in nodes.into_iter().zip(values) {
                f.values_mut()[node] += 2.0 * g / h;
            }
        }
    }
    Ok(())
}

/// The largest Σ (c₋ + c₊) + κ² over unknowns.
fn largest_diagonal(discrete: &Discrete) -> f64 {
    let grid = discrete.grid();
    match &discrete.coefficients {
        Coefficients::Constant { axes, screening } => 2.0 * axes.iter().sum::<f64>() + screening,
        Coefficients::Variable { faces, screening } => reduce::max_blocks(grid.nodes(), |range| {
            let mut largest = 0.0f64;
            for node in range {
                let mut diagonal = screening.get(node).copied().unwrap_or(0.0);
                for (axis, faces) in faces.iter().enumerate() {
                    let (stride, Axis { cells, .. }) = (grid.stride(axis), grid.axes()[axis]);
                    let i = node / stride % (cells + 1);
                    let upper = if i == cells { faces[node - stride] } else { faces[node] };
                    let lower = match (i, discrete.sides[axis][0]) {
                        (0, Condition::Periodic) => faces[node + (cells - 1) * stride],
                        (0, _) => upper,
                        _ => faces[node - stride],
                    };
                    diagonal += lower + upper;
                }
                largest = largest.max(diagonal);
            }
            largest
        }),
    }
}
