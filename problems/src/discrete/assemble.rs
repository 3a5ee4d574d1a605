//! From the functions of a problem to the arrays of its discrete system.

use rayon::prelude::*;

use super::{
    Coefficients, Discrete, DiscreteError, PLaplace, diagonal::largest_diagonal, immersed::immerse,
    p_laplace::obstacle, region::Held, shapes::Shapes, sides_of_box, sides_of_faces,
};
use crate::{Coefficient, Field, Grid, GridError, Points, Problem, Reaction, reduce};

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
    let exponent = problem.exponent();
    let obstacle = obstacle(problem).filter(|_| exponent != 2.0);
    // Not so for what is not a number.
    if !(exponent >= 2.0 && exponent.is_finite()) || obstacle.is_some() {
        return Err(DiscreteError::PLaplace { exponent, obstacle });
    }
    let sides = problem.domain().sides();
    let shapes = Shapes::new(problem, grid, sides)?;
    let is_whole = |node: usize| shapes.is_whole(node);
    let mut coefficients = match constant(problem, grid)? {
        Some(constant) => constant,
        None => variable(problem, grid, &shapes)?,
    };
    // Elements at an interface take care of what jumps there themselves.
    let jumps = problem.permittivity() == Coefficient::Variable && problem.interface().is_none();
    let mut source = nodal(grid, "source", is_whole, |points, out| {
        if jumps {
            sides_of_faces::evaluate(grid, None, points, out, |points, out| problem.source(points, out));
        } else {
            problem.source(points, out);
        }
    })?;
    shapes.fill_cut("source", source.values_mut(), |points, out| problem.source(points, out))?;
    let couplings = immerse(problem, grid, &is_whole, &mut coefficients, &mut source)?;
    let boundary = sides_of_box::values(problem, grid, sides, &shapes)?;
    let mut discrete = Discrete {
        largest_diagonal: 0.0,
        largest_regular: 0.0,
        held_norm: 0.0,
        is_singular: false,
        imbalance: 0.0,
        reaction: reaction(problem, &coefficients),
        p_laplace: None,
        kappa2: None,
        inside: None,
        ghosts: Vec::new(),
        shares: Vec::new(),
        couplings,
        coefficients,
        sides: sides.to_vec(),
        boundary: boundary.filter(|field| field.values().iter().any(|&u| u != 0.0)),
        source: Field::zeros(grid),
        rhs_norm: 0.0,
    };
    let mut held = sides_of_box::robin(problem, &discrete, &shapes)?;
    sides_of_box::add_fluxes(problem, &discrete, &shapes, &mut source)?;
    discrete.largest_regular = largest_diagonal(&discrete);
    held.extend(shapes.held(problem, grid, &mut source)?);
    discrete.is_singular = !held.iter().any(|held| held.coefficient > 0.0)
        && !sides_of_box::hold(grid, sides, &shapes)
        && match &discrete.coefficients {
            Coefficients::Constant { screening, .. } => *screening == 0.0,
            Coefficients::Variable { screening, .. } => screening.is_empty(),
        };
    if let Some(nodes) = shapes.into_nodes() {
        (discrete.inside, discrete.ghosts) = (Some(nodes.inside), nodes.ghosts);
        discrete.shares = if discrete.is_singular { nodes.shares } else { Vec::new() };
    }
    discrete.hold(&held, &mut source);
    discrete.keep_unknowns(&mut source);
    discrete.source = source;
    discrete.largest_diagonal = largest_diagonal(&discrete);
    if discrete.is_singular {
        let [sum, volume] = discrete.sums(discrete.source.values(), false);
        let mean = sum / volume;
        let largest = reduce::max_abs(discrete.source.values());
        if mean.abs() > INCOMPATIBLE * largest {
            return Err(DiscreteError::Incompatible { mean, largest });
        }
        discrete.imbalance = mean.abs() / largest.max(f64::MIN_POSITIVE);
        let mut source = std::mem::replace(&mut discrete.source, Field::zeros(grid));
        discrete.subtract_inside(source.values_mut(), mean, true);
        discrete.keep_unknowns(&mut source);
        discrete.source = source;
    }
    discrete.p_laplace = (exponent != 2.0).then(|| PLaplace::new(&discrete, exponent));
    // b with the boundary eliminated is the residual of the field that is zero at unknowns.
    discrete.rhs_norm = match (&discrete.boundary, &discrete.p_laplace) {
        (_, Some(flux)) => discrete.size_of(flux),
        (None, None) => reduce::sum_of_squares(discrete.source.values()).sqrt(),
        (Some(boundary), None) => discrete.residual_squares(boundary.values()).sqrt(),
    };
    if !discrete.rhs_norm.is_finite() {
        return Err(DiscreteError::TooLarge);
    }
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

/// Nodes whose coordinates are made at a time, so that large grids need no list of all of them; one thread's work.
const BATCH: usize = 1 << 14;

/// `function` at those nodes moved by `shift` that are `wanted`, 0 at others, whatever it is there; an error names the first
/// point where it is not finite.
fn shifted(
    grid: &Grid,
    what: &'static str,
    shift: &[f64],
    wanted: impl Fn(usize) -> bool + Sync,
    function: impl Fn(Points<'_>, &mut [f64]) + Sync,
) -> Result<Vec<f64>, DiscreteError> {
    let dimension = grid.dimension();
    let mut values = vec![0.0; grid.nodes()];
    let bad = values.par_chunks_mut(BATCH).enumerate().find_map_first(|(batch, out)| {
        let first = batch * BATCH;
        let (mut coordinates, mut points) = (Vec::new(), Vec::new());
        grid.coordinates_of(first..first + out.len(), &mut coordinates);
        for (_, x) in (first..).zip(coordinates.chunks_exact(dimension)).filter(|(node, _)| wanted(*node)) {
            // What lies beyond the upper side is not asked for, but has to be a point of the box.
            points.extend(
                x.iter().zip(shift).zip(grid.axes()).map(|((x, shift), axis)| (x + shift).min(axis.upper)),
            );
        }
        let mut found = vec![0.0; points.len() / dimension];
        function(Points::new(&points, dimension), &mut found);
        let places = out.iter_mut().zip(first..).filter(|(_, node)| wanted(*node));
        places.zip(&found).for_each(|((out, _), value)| *out = *value);
        let bad = found.iter().position(|value| !value.is_finite())?;
        Some(points[bad * dimension..(bad + 1) * dimension].to_vec())
    });
    match bad {
        None => Ok(values),
        Some(at) => Err(DiscreteError::NotFinite { what, at, formula: None }),
    }
}

fn nodal(
    grid: &Grid,
    what: &'static str,
    wanted: impl Fn(usize) -> bool + Sync,
    function: impl Fn(Points<'_>, &mut [f64]) + Sync,
) -> Result<Field, DiscreteError> {
    let values = shifted(grid, what, &vec![0.0; grid.dimension()], wanted, function)?;
    // Invariant: one value a node.
    Ok(Field::from_values(grid, values).expect("as many values as nodes"))
}

pub(super) const NOT_NEGATIVE: &str = "it must not be negative";
pub(super) const POSITIVE: &str = "it has to be positive";

impl DiscreteError {
    /// Of a number that has the wrong sign or is none.
    pub(super) fn bad(what: &'static str, value: f64, wanted: &'static str, at: Vec<f64>) -> Self {
        if value.is_finite() {
            Self::Sign { what, value, wanted, at, formula: None }
        } else {
            Self::NotFinite { what, at, formula: None }
        }
    }

    /// Of ε that is not positive.
    pub(super) fn permittivity(value: f64, at: Vec<f64>) -> Self {
        Self::bad("permittivity", value, POSITIVE, at)
    }
}

/// The coefficients of a problem whose equations all have the same ones.
fn constant(problem: &dyn Problem, grid: &Grid) -> Result<Option<Coefficients>, DiscreteError> {
    let (Coefficient::Constant(e), Coefficient::Constant(k)) = (problem.permittivity(), problem.screening())
    else {
        return Ok(None);
    };
    let origin = || grid.axes().iter().map(|axis| axis.lower).collect::<Vec<_>>();
    if !(e > 0.0 && e.is_finite()) {
        return Err(DiscreteError::permittivity(e, origin()));
    }
    if !(k >= 0.0 && k.is_finite()) {
        return Err(DiscreteError::bad("screening", k, NOT_NEGATIVE, origin()));
    }
    let axes = grid.axes().iter().map(|axis| e / axis.spacing().powi(2)).collect();
    Ok(problem.is_uniform().then_some(Coefficients::Constant { axes, screening: k }))
}

/// The coefficients face by face and node by node; 0 between nodes that have not both equations, and outside.
fn variable(problem: &dyn Problem, grid: &Grid, shapes: &Shapes<'_>) -> Result<Coefficients, DiscreteError> {
    let dimension = grid.dimension();
    let mut faces = Vec::with_capacity(dimension);
    for (i, axis) in grid.axes().iter().enumerate() {
        let (stride, h) = (grid.stride(i), axis.spacing());
        let mut shift = vec![0.0; dimension];
        shift[i] = 0.5 * h;
        let wanted = |node: usize| {
            node / stride % (axis.cells + 1) < axis.cells && shapes.between(i, node, stride) == 1.0
        };
        let mut values = shifted(grid, "permittivity", &shift, wanted, |points, out| {
            sides_of_faces::coefficient(grid, Some(i), problem.permittivity(), points, out, |points, out| {
                problem.permittivity_at(points, out)
            });
        })?;
        let is_bad = |(node, value): &(usize, &f64)| **value <= 0.0 && wanted(*node);
        if let Some((node, value)) = values.par_iter().enumerate().find_first(is_bad) {
            let mut at = coordinates(grid, node);
            at[i] += shift[i];
            return Err(DiscreteError::permittivity(*value, at));
        }
        for (node, share) in shapes.cut_faces(i, stride) {
            let at = shapes.place_between(grid, i, node);
            let mut epsilon = [0.0];
            problem.permittivity_at(Points::new(&at, dimension), &mut epsilon);
            // Not so for what is not a number.
            if !(epsilon[0] > 0.0 && epsilon[0].is_finite()) {
                return Err(DiscreteError::permittivity(epsilon[0], at));
            }
            values[node] = share * epsilon[0];
        }
        values.par_iter_mut().for_each(|value| *value /= h * h);
        faces.push(values);
    }
    let is_whole = |node: usize| shapes.is_whole(node);
    let mut screening = shifted(grid, "screening", &vec![0.0; dimension], is_whole, |points, out| {
        match problem.interface() {
            None => {
                sides_of_faces::coefficient(grid, None, problem.screening(), points, out, |points, out| {
                    problem.screening_at(points, out)
                })
            }
            Some(_) => problem.screening_at(points, out),
        }
    })?;
    shapes.fill_cut("screening", &mut screening, |points, out| problem.screening_at(points, out))?;
    if let Some(node) = screening.iter().position(|&k| k < 0.0) {
        return Err(DiscreteError::bad("screening", screening[node], NOT_NEGATIVE, coordinates(grid, node)));
    }
    let screening = if screening.iter().any(|&k| k > 0.0) { screening } else { Vec::new() };
    Ok(Coefficients::Variable { faces, screening })
}

pub(super) fn coordinates(grid: &Grid, node: usize) -> Vec<f64> {
    grid.indices(node).iter().zip(grid.axes()).map(|(&i, axis)| axis.coordinate(i)).collect()
}

impl Discrete {
    /// Writes what boundaries hold into the diagonal and the right-hand side `f`, and gives nodes outside an
    /// equation of their own, u = 0, with a diagonal like that of the others.
    fn hold(&mut self, held: &[Held], f: &mut Field) {
        let nodes = self.grid().nodes();
        let unknown = self.unknown_nodes();
        let Coefficients::Variable { faces, screening } = &mut self.coefficients else { return };
        if held.is_empty() && self.inside.is_none() {
            return;
        }
        self.kappa2 = Some(screening.clone());
        screening.resize(nodes, 0.0);
        let mut squares = 0.0;
        for Held { node, coefficient, value } in held.iter().filter(|held| unknown[held.node]) {
            screening[*node] += coefficient;
            f.values_mut()[*node] += coefficient * value;
            squares += (coefficient * value) * (coefficient * value);
        }
        self.held_norm = squares.sqrt();
        let own: f64 = faces.iter().map(|faces| 2.0 * mean_of_positive(faces)).sum();
        let own = if own > 0.0 { own } else { 1.0 };
        for (node, inside) in self.inside.iter().flatten().enumerate() {
            if !inside && self.ghosts.binary_search(&node).is_err() {
                screening[node] = own;
            }
        }
    }
}

/// The mean of the numbers that are positive; 0 if none is.
fn mean_of_positive(values: &[f64]) -> f64 {
    let positive = || values.iter().filter(|value| **value > 0.0);
    positive().sum::<f64>() / positive().count().max(1) as f64
}
