//! Primitive shapes: intervals and boxes, discs and balls, ellipses and ellipsoids, polygons, half-planes
//! and half-spaces.

use thiserror::Error;

use super::{ellipsoid::Ellipsoid, polygon::Polygon};

/// A primitive shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// ∏ (lower, upper): an interval in 1-D.
    Box(Vec<[f64; 2]>),
    /// |x − centre| < radius.
    Ball {
        /// Its centre.
        centre: Vec<f64>,
        /// Its radius.
        radius: f64,
    },
    /// An ellipse or ellipsoid.
    Ellipsoid(Ellipsoid),
    /// What a closed line of edges encloses, in the plane.
    Polygon(Polygon),
    /// (x − point)·normal < 0.
    HalfSpace {
        /// A point of its boundary.
        point: Vec<f64>,
        /// The unit normal, which points outwards.
        normal: Vec<f64>,
    },
}

/// What is no shape.
#[derive(Debug, Error, Clone, PartialEq)]
#[error("{0}")]
pub struct ShapeError(pub(super) String);

fn finite(numbers: &[f64], what: &str) -> Result<(), ShapeError> {
    match numbers.iter().all(|x| x.is_finite()) && !numbers.is_empty() {
        true => Ok(()),
        false => Err(ShapeError(format!("its {what} has to be a list of finite numbers"))),
    }
}

fn positive(numbers: &[f64], what: &str) -> Result<(), ShapeError> {
    match numbers.iter().all(|x| *x > 0.0 && x.is_finite()) {
        true => Ok(()),
        false => Err(ShapeError(format!("its {what} has to be positive"))),
    }
}

impl Shape {
    /// The box with these bounds.
    ///
    /// # Errors
    /// A lower end that does not come first.
    pub fn cuboid(bounds: &[[f64; 2]]) -> Result<Self, ShapeError> {
        finite(bounds.as_flattened(), "list of ends")?;
        match bounds.iter().find(|[lower, upper]| lower >= upper) {
            None => Ok(Self::Box(bounds.to_vec())),
            Some([lower, upper]) => Err(ShapeError(format!(
                "it goes from {lower} to {upper} along an axis; the lower end has to come first"
            ))),
        }
    }

    /// The disc or ball about `centre`.
    ///
    /// # Errors
    /// A radius that is not positive.
    pub fn ball(centre: &[f64], radius: f64) -> Result<Self, ShapeError> {
        finite(centre, "centre")?;
        positive(&[radius], "radius")?;
        Ok(Self::Ball { centre: centre.to_vec(), radius })
    }

    /// The ellipse or ellipsoid with these semi-axes, in the plane turned by `angle` against the clock.
    ///
    /// # Errors
    /// Semi-axes that are not positive or not one an axis, an angle in space.
    pub fn ellipsoid(centre: &[f64], axes: &[f64], angle: f64) -> Result<Self, ShapeError> {
        finite(centre, "centre")?;
        finite(&[angle], "angle")?;
        positive(axes, "semi-axes")?;
        if axes.len() != centre.len() || !(2..=3).contains(&centre.len()) {
            return Err(ShapeError(format!(
                "it has {} semi-axes and a centre of {} coordinates; it takes 2 of both, or 3",
                axes.len(),
                centre.len()
            )));
        }
        if angle != 0.0 && centre.len() == 3 {
            return Err(ShapeError("only an ellipse in the plane has an angle".into()));
        }
        Ok(Self::Ellipsoid(Ellipsoid::new(centre, axes, angle)))
    }

    /// The polygon with these vertices, in either sense.
    ///
    /// # Errors
    /// Fewer than three vertices, edges without length, no area.
    pub fn polygon(vertices: &[[f64; 2]]) -> Result<Self, ShapeError> {
        finite(vertices.as_flattened(), "list of vertices")?;
        Polygon::new(vertices).map(Self::Polygon)
    }

    /// The half-space on the side of `point` that `normal` points away from.
    ///
    /// # Errors
    /// A normal of another dimension, or without length.
    pub fn half_space(point: &[f64], normal: &[f64]) -> Result<Self, ShapeError> {
        finite(point, "point")?;
        finite(normal, "normal")?;
        let length = norm(normal);
        if point.len() != normal.len() || length == 0.0 || !length.is_finite() {
            return Err(ShapeError(format!(
                "its normal {normal:?} has to have a length, and as many coordinates as its point {point:?}"
            )));
        }
        Ok(Self::HalfSpace { point: point.to_vec(), normal: normal.iter().map(|n| n / length).collect() })
    }

    /// Its dimension.
    pub fn dimension(&self) -> usize {
        match self {
            Self::Box(bounds) => bounds.len(),
            Self::Ball { centre, .. } => centre.len(),
            Self::Ellipsoid(ellipsoid) => ellipsoid.dimension(),
            Self::Polygon(_) => 2,
            Self::HalfSpace { point, .. } => point.len(),
        }
    }

    /// The distance from its boundary, negative inside.
    pub fn signed_distance(&self, x: &[f64]) -> f64 {
        match self {
            Self::Box(bounds) => box_distance(bounds, x),
            Self::Ball { centre, radius } => distance(x, centre) - radius,
            Self::Ellipsoid(ellipsoid) => ellipsoid.signed_distance(x),
            Self::Polygon(polygon) => polygon.signed_distance(x),
            Self::HalfSpace { point, normal } => {
                normal.iter().zip(x.iter().zip(point)).map(|(n, (x, p))| n * (x - p)).sum()
            }
        }
    }

    /// A number with the sign of the signed distance, no larger in size, and no more than [`Region`](super::Region)
    /// needs: what is dear to have exactly is bounded from below.
    pub(super) fn level(&self, x: &[f64]) -> f64 {
        match self {
            Self::Ellipsoid(ellipsoid) => ellipsoid.level(x),
            _ => self.signed_distance(x),
        }
    }

    /// Calls `found` with every t in [0, 1] at which a + t(b − a) is on the boundary.
    pub(super) fn crossings(&self, a: &[f64], b: &[f64], mut found: impl FnMut(f64)) {
        let mut inside = |t: f64| {
            if (0.0..=1.0).contains(&t) {
                found(t);
            }
        };
        match self {
            Self::Box(bounds) => {
                for (axis, ends) in bounds.iter().enumerate() {
                    for end in ends {
                        let t = (end - a[axis]) / (b[axis] - a[axis]);
                        // On the face, and not on the plane around it.
                        let on = |(other, [lower, upper]): (usize, &[f64; 2])| {
                            let x = a[other] + t * (b[other] - a[other]);
                            other == axis || (*lower..=*upper).contains(&x)
                        };
                        if t.is_finite() && bounds.iter().enumerate().all(on) {
                            inside(t);
                        }
                    }
                }
            }
            Self::Ball { centre, radius } => {
                let one = |i: usize| (a[i] - centre[i], b[i] - a[i]);
                let terms = (0..centre.len()).map(one);
                sphere_crossings(terms.clone(), *radius).into_iter().flatten().for_each(inside);
            }
            Self::Ellipsoid(ellipsoid) => ellipsoid.crossings(a, b).into_iter().flatten().for_each(inside),
            Self::Polygon(polygon) => polygon.crossings(a, b, inside),
            Self::HalfSpace { .. } => {
                let (from, to) = (self.signed_distance(a), self.signed_distance(b));
                inside(from / (from - to));
            }
        }
    }
}

pub(super) fn norm(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

pub(super) fn distance(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt()
}

/// Outside, the distance from the nearest point of the box; inside, that from the nearest face.
fn box_distance(bounds: &[[f64; 2]], x: &[f64]) -> f64 {
    let excess = bounds.iter().zip(x).map(|([lower, upper], x)| (lower - x).max(x - upper));
    let (mut squares, mut largest) = (0.0, f64::NEG_INFINITY);
    for excess in excess {
        squares += excess.max(0.0) * excess.max(0.0);
        largest = excess.max(largest);
    }
    if squares > 0.0 { squares.sqrt() } else { largest }
}

/// The t at which Σ (p + tq)² = r², `terms` giving (p, q): both roots without cancellation.
pub(super) fn sphere_crossings(terms: impl Iterator<Item = (f64, f64)>, r: f64) -> [Option<f64>; 2] {
    let (mut square, mut half, mut rest) = (0.0, 0.0, 0.0);
    for (p, q) in terms {
        square += q * q;
        half += p * q;
        rest += p * p;
    }
    // (√rest − r)(√rest + r) cancels less than rest − r².
    let rest = (rest.sqrt() - r) * (rest.sqrt() + r);
    let root = half * half - square * rest;
    if square == 0.0 || root < 0.0 {
        return [None; 2];
    }
    let far = -(half + if half < 0.0 { -root.sqrt() } else { root.sqrt() });
    if far == 0.0 {
        return [Some(0.0), None];
    }
    [Some(far / square), Some(rest / far)]
}
