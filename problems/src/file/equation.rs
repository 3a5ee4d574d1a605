//! What follows from an exact solution, and whether what is given agrees with it.

use crate::{
    Points, Reaction,
    expression::{Expr, Graph, Program},
    geometry::{self, Region},
};

/// The left side of the equation as it is written: `−∇·(ε∇u) + κ²u`.
pub(super) fn written(exponent: f64, reaction: Reaction) -> String {
    match exponent {
        2.0 => format!("−∇·(ε∇u) + {}", reaction.term()),
        p => format!("−∇·(ε|∇u|^{}∇u)", p - 2.0),
    }
}

/// −∇·(ε|∇u|^{p−2}∇u) + κ²g(u), and the sum of the sizes of its terms, which rounding errors are measured by.
pub(super) fn source(
    graph: &mut Graph,
    dimension: usize,
    (epsilon, exponent): (Expr, f64),
    (kappa2, reaction): (Expr, Reaction),
    u: Expr,
) -> (Expr, Expr) {
    let term = match reaction {
        Reaction::Linear => u,
        Reaction::Sinh => graph.sinh(u),
    };
    let mut sum = graph.multiply(kappa2, term);
    let mut sizes = graph.absolute(sum);
    let epsilon = if exponent == 2.0 {
        epsilon
    } else {
        let power = gradient_power(graph, dimension, exponent - 2.0, u);
        graph.multiply(epsilon, power)
    };
    for axis in 0..dimension {
        let flux = flux(graph, axis, true, epsilon, u);
        let divergence = graph.derivative(flux, axis);
        sum = graph.subtract(sum, divergence);
        let size = graph.absolute(divergence);
        sizes = graph.add(sizes, size);
    }
    (sum, sizes)
}

/// |∇u|ᵉ, e > 0.
fn gradient_power(graph: &mut Graph, dimension: usize, exponent: f64, u: Expr) -> Expr {
    let mut square = graph.number(0.0);
    for axis in 0..dimension {
        let slope = graph.derivative(u, axis);
        let term = graph.multiply(slope, slope);
        square = graph.add(square, term);
    }
    let half = graph.number(0.5 * exponent);
    let power = graph.power(square, half);
    // The derivatives of small powers are infinite at 0, where the divergence of the flux is 0.
    let zero = graph.number(0.0);
    let is_positive = graph.less(zero, square);
    graph.choose(is_positive, power, zero)
}

/// ε ∂u/∂n on the upper or lower side of `axis`.
pub(super) fn flux(graph: &mut Graph, axis: usize, upper: bool, epsilon: Expr, u: Expr) -> Expr {
    let slope = graph.derivative(u, axis);
    let flux = graph.multiply(epsilon, slope);
    if upper { flux } else { graph.negate(flux) }
}

/// ε ∂u/∂n, the components of n being the variables after the coordinates.
pub(super) fn normal_flux(graph: &mut Graph, dimension: usize, epsilon: Expr, u: Expr) -> Expr {
    let mut sum = graph.number(0.0);
    for axis in 0..dimension {
        let (along, normal) = (flux(graph, axis, true, epsilon, u), graph.variable(dimension + axis));
        let term = graph.multiply(along, normal);
        sum = graph.add(sum, term);
    }
    sum
}

/// One formula for the data of several sides: that of the side that is nearest, measured in widths of
/// the box. `sides` holds axis, end, width and data.
pub(super) fn nearest_side(graph: &mut Graph, sides: &[(usize, f64, f64, Expr)]) -> Expr {
    let mut nearest: Option<(Expr, Expr)> = None;
    for &(axis, end, width, data) in sides {
        let (x, end, width) = (graph.variable(axis), graph.number(end), graph.number(width));
        let difference = graph.subtract(x, end);
        let size = graph.absolute(difference);
        let distance = graph.divide(size, width);
        nearest = Some(match nearest {
            None => (distance, data),
            Some((least, value)) => {
                let is_nearer = graph.less(distance, least);
                (graph.choose(is_nearer, distance, least), graph.choose(is_nearer, data, value))
            }
        });
    }
    nearest.map_or_else(|| graph.number(0.0), |(_, data)| data)
}

/// Points at which formulas are compared.
const SAMPLES: usize = 100;
/// What rounding may leave of the largest value: second derivatives of solutions with many scales cancel.
const AGREE: f64 = 1e-6;

/// Points of a Weyl sequence in the box, on the side `(axis, end)` of it if one is given; of those, what lies in
/// `region`.
pub(super) fn samples(bounds: &[[f64; 2]], region: Option<&Region>, side: Option<(usize, f64)>) -> Vec<f64> {
    let (mut points, mut draw) = (Vec::new(), weyl());
    let mut x = vec![0.0; bounds.len()];
    for _ in 0..SAMPLES {
        draw(&mut x);
        for (axis, (x, [lower, upper])) in x.iter_mut().zip(bounds).enumerate() {
            let inside = lower + *x * (upper - lower);
            *x = side.filter(|(held, _)| *held == axis).map_or(inside, |(_, end)| end);
        }
        if region.is_none_or(|region| region.contains(&x)) {
            points.extend_from_slice(&x);
        }
    }
    points
}

/// Numbers of a Weyl sequence in (0, 1).
fn weyl() -> impl FnMut(&mut [f64]) {
    let mut sample = 0.0f64;
    move |numbers: &mut [f64]| {
        sample += 1.0;
        for (axis, number) in numbers.iter_mut().enumerate() {
            let step = (axis as f64 + 2.0).sqrt() + 0.1 * axis as f64;
            *number = (0.5 + sample * step).fract();
        }
    }
}

/// Whether `region` leaves more than a hundred-thousandth of the box.
pub(super) fn has_inside(bounds: &[[f64; 2]], region: &Region) -> bool {
    geometry::interior_points(region, bounds, weyl(), &mut vec![0.0; bounds.len()])
}

/// Points on the boundary of shape `part` of `region`, as far as it bounds what is left of the box.
pub(super) fn shape_samples(bounds: &[[f64; 2]], region: &Region, part: usize) -> Vec<f64> {
    let d = bounds.len();
    // So many that a shape with a small share of the boundary has some.
    let count = SAMPLES * region.shapes().len();
    let (mut points, mut parts) = (vec![0.0; count * d], vec![0; count]);
    if geometry::boundary_points(region, bounds, weyl(), &mut points, &mut parts) == 0.0 {
        return Vec::new();
    }
    let own = points.chunks_exact(d).zip(parts).filter(|(_, own)| *own == part);
    own.take(SAMPLES).flat_map(|(x, _)| x.to_vec()).collect()
}

/// The unit normals out of `region` at points of the boundary of shape `part`.
pub(super) fn normals_at(bounds: &[[f64; 2]], region: &Region, part: usize, points: &[f64]) -> Vec<f64> {
    let d = bounds.len();
    let width = bounds.iter().map(|[lower, upper]| upper - lower).fold(0.0, f64::max);
    points.chunks_exact(d).flat_map(|x| region.normal(part, x, NORMAL * width)[..d].to_vec()).collect()
}

/// Points and the normals at them, one after the other: what formulas of fluxes are evaluated at.
pub(super) fn with_normals(points: &[f64], normals: &[f64], d: usize) -> Vec<f64> {
    points.chunks_exact(d).zip(normals.chunks_exact(d)).flat_map(|(x, n)| [x, n].concat()).collect()
}

/// How far beside an interface its sides are looked at, in widths of the box.
const BESIDE: f64 = 1e-10;
/// The step of the differences that its normals are made by, in the same.
const NORMAL: f64 = 1e-5;
/// What a look beside it may leave of the largest value.
const SAME: f64 = 1e-4;

/// Where u or ε ∂u/∂n is not the same on both sides of `interface`, what, and what it is inside and outside; `domain` is what
/// shapes leave of the box.
pub(super) fn jumps(
    graph: &mut Graph,
    (bounds, domain): (&[[f64; 2]], Option<&Region>),
    interface: &Region,
    epsilon: Expr,
    u: Expr,
) -> Option<(&'static str, Vec<f64>, [f64; 2])> {
    let d = bounds.len();
    let width = bounds.iter().map(|[lower, upper]| upper - lower).fold(0.0, f64::max);
    let (mut on, mut normals) = (Vec::new(), Vec::new());
    for part in 0..interface.shapes().len() {
        let own = shape_samples(bounds, interface, part);
        normals.extend(normals_at(bounds, interface, part, &own).chunks_exact(d).map(<[f64]>::to_vec));
        on.extend(own);
    }
    let beside = |side: f64| -> Vec<f64> {
        let moved = |(x, n): (&[f64], &Vec<f64>)| -> Vec<f64> {
            x.iter().zip(n).map(|(x, n)| x + side * BESIDE * width * n).collect()
        };
        on.chunks_exact(d).zip(&normals).flat_map(moved).collect()
    };
    let sides = [beside(-1.0), beside(1.0)];
    let is_seen = |i: usize| {
        let at = |side: usize| &sides[side][i * d..(i + 1) * d];
        let in_domain = |x: &[f64]| domain.is_none_or(|region| region.contains(x));
        interface.contains(at(0)) && !interface.contains(at(1)) && in_domain(at(0)) && in_domain(at(1))
    };
    let seen: Vec<usize> = (0..normals.len()).filter(|i| is_seen(*i)).collect();
    let values = |graph: &Graph, expr: Expr| {
        sides.each_ref().map(|points| {
            let mut out = vec![0.0; points.len() / d];
            Program::new(graph, expr).evaluate(Points::new(points, d), &mut out);
            out
        })
    };
    let mut fluxes = [vec![0.0; normals.len()], vec![0.0; normals.len()]];
    for axis in 0..d {
        let along = flux(graph, axis, true, epsilon, u);
        for (sum, along) in fluxes.iter_mut().zip(values(graph, along)) {
            sum.iter_mut().zip(along).zip(&normals).for_each(|((sum, f), n)| *sum += f * n[axis]);
        }
    }
    for (what, [inside, outside]) in [("a value", values(graph, u)), ("a flux ε ∂u/∂n", fluxes)] {
        let finite = |i: &&usize| (inside[**i] - outside[**i]).is_finite();
        let size = |i: &usize| inside[*i].abs().max(outside[*i].abs());
        let largest = seen.iter().filter(finite).map(size).fold(0.0, f64::max);
        let differs = |i: &&usize| (inside[**i] - outside[**i]).abs() > SAME * largest;
        if let Some(&i) = seen.iter().filter(finite).find(differs) {
            return Some((what, on[i * d..(i + 1) * d].to_vec(), [inside[i], outside[i]]));
        }
    }
    None
}

/// A formula at points.
pub(super) type At<'a> = (Expr, &'a [f64]);

/// Where and how far `a` differs from `b`, by more than rounding of values as large as those of `size`
/// may; points at which something is not finite are passed over.
pub(super) fn difference(
    graph: &Graph,
    dimension: usize,
    a: At<'_>,
    b: At<'_>,
    size: At<'_>,
) -> Option<(Vec<f64>, f64, f64)> {
    let values = |(expr, points): At<'_>| {
        let mut out = vec![0.0; points.len() / dimension];
        Program::new(graph, expr).evaluate(Points::new(points, dimension), &mut out);
        out
    };
    let largest = values(size).into_iter().filter(|size| size.is_finite()).fold(0.0, |a, b| b.abs().max(a));
    let (here, there) = (values(a), values(b));
    let far =
        |a: f64, b: f64| (a - b).is_finite() && (a - b).abs() > AGREE * largest.max(a.abs()).max(b.abs());
    let place = here.iter().zip(&there).position(|(a, b)| far(*a, *b))?;
    Some((a.1[place * dimension..(place + 1) * dimension].to_vec(), here[place], there[place]))
}
