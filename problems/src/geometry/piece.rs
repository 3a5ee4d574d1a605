//! The boundary of a region piece by piece: for each a function that vanishes on it and nowhere else in the region,
//! with first and second derivatives, and the way from a point to it.
//!
//! That is what it takes to build boundary data into a trial function: with distances fᵢ of the pieces, u = G + ωN with ω
//! a product of functions of them meets any data that G has on them (Kantorovich; Rvachev's R-functions; Sukumar and
//! Srivastava, *Comput. Methods Appl. Mech. Engrg.* 389 (2022) 114333).
//!
//! Every fᵢ is *normalised*, ∂fᵢ/∂n = 1 on its piece with n into the region, and smooth off edges and corners; it is
//! no distance farther away:
//!
//! - ball: ±(R² − r²)/2R, and in the same way f/√(f² + |∇f|²) for ellipsoids;
//! - half-space, and the faces of a box or a convex polygon around the region: linear;
//! - edges and faces of boxes and polygons otherwise: a linear f *trimmed* to the region t ≥ 0 of its plane,
//!   √(f² + ¼(√(t² + f⁴) − t)²) (Rvachev, Sheiko, Shapiro and Tsukanov, *Comput. Mech.* 25 (2000) 305).
//!
//! Where a union hides a part of a boundary inside another shape, that part is trimmed off too, by the R-functions of
//! the others.

use super::{
    Region, Shape, composition::Tree, ellipsoid::Ellipsoid, jet::Jet, polygon::Polygon, shape::norm,
};

/// A piece of the boundary of a region.
#[derive(Debug, Clone)]
pub struct Piece {
    /// The shape whose boundary it is part of, by its number.
    pub part: usize,
    surface: Surface,
    /// Whether the region lies inside the shape.
    is_around: bool,
    /// What hides parts of it.
    hidden_by: Vec<Tree>,
    shapes: Vec<Shape>,
}

/// A smooth surface.
#[derive(Debug, Clone)]
enum Surface {
    Ball {
        centre: Vec<f64>,
        radius: f64,
    },
    Ellipsoid(Ellipsoid),
    /// A plane with its unit normal out of the shape.
    Plane {
        point: Vec<f64>,
        normal: Vec<f64>,
        window: Vec<Strip>,
    },
}

/// |(x − middle)·along| ≤ half: what of a plane is a face.
#[derive(Debug, Clone)]
struct Strip {
    middle: Vec<f64>,
    along: Vec<f64>,
    half: f64,
}

/// A region whose boundary has no such pieces.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the shape `{name}` appears more than once in `{text}`")]
pub struct TwiceUsed {
    /// The shape.
    pub name: String,
    /// The composition.
    pub text: String,
}

impl Region {
    /// The pieces of the boundary.
    ///
    /// # Errors
    /// A shape that appears more than once in the composition.
    pub fn pieces(&self) -> Result<Vec<Piece>, TwiceUsed> {
        let mut found = Vec::new();
        literals(&self.tree, true, &mut Vec::new(), &mut found);
        let mut pieces = Vec::new();
        for (number, (part, is_around, hidden_by)) in found.iter().enumerate() {
            if found[..number].iter().any(|(other, ..)| other == part) {
                return Err(TwiceUsed { name: self.shapes()[*part].0.clone(), text: self.text().into() });
            }
            let shapes: Vec<Shape> = self.shapes().iter().map(|(_, shape)| shape.clone()).collect();
            pieces.extend(surfaces(&shapes[*part], *is_around).into_iter().map(|surface| Piece {
                part: *part,
                surface,
                is_around: *is_around,
                hidden_by: hidden_by.clone(),
                shapes: shapes.clone(),
            }));
        }
        Ok(pieces)
    }

    /// A function that is positive inside, negative outside and zero on the boundary, smooth off edges and corners, by
    /// Rvachev's R-functions; its slope on a round or flat boundary is 1. `None` where everything or nothing is inside.
    pub fn inside(&self, x: &[f64]) -> Option<Jet> {
        self.tree.inside(&|part| &self.shapes()[part].1, x).ok()
    }
}

/// A shape, whether the region lies inside it, and the parts of the region that may hide its boundary.
type Literal = (usize, bool, Vec<Tree>);

/// The shapes of a composition from its top down, complements pushed to the shapes (De Morgan).
fn literals(tree: &Tree, is_positive: bool, hidden_by: &mut Vec<Tree>, found: &mut Vec<Literal>) {
    match (tree, is_positive) {
        (Tree::Everything, _) => {}
        (Tree::Shape(part), _) => found.push((*part, is_positive, hidden_by.clone())),
        (Tree::Not(a), _) => literals(a, !is_positive, hidden_by, found),
        (Tree::And(a, b), true) | (Tree::Or(a, b), false) => {
            literals(a, is_positive, hidden_by, found);
            literals(b, is_positive, hidden_by, found);
        }
        (Tree::Or(a, b), true) | (Tree::And(a, b), false) => {
            for (own, other) in [(a, b), (b, a)] {
                let other = other.as_ref().clone();
                hidden_by.push(if is_positive { other } else { Tree::Not(Box::new(other)) });
                literals(own, is_positive, hidden_by, found);
                hidden_by.pop();
            }
        }
    }
}

fn surfaces(shape: &Shape, is_around: bool) -> Vec<Surface> {
    match shape {
        Shape::Ball { centre, radius } => {
            vec![Surface::Ball { centre: centre.clone(), radius: *radius }]
        }
        Shape::Ellipsoid(ellipsoid) => vec![Surface::Ellipsoid(ellipsoid.clone())],
        Shape::HalfSpace { point, normal } => {
            vec![Surface::Plane { point: point.clone(), normal: normal.clone(), window: Vec::new() }]
        }
        Shape::Box(bounds) => faces(bounds, is_around),
        Shape::Polygon(polygon) => edges(polygon, is_around && polygon.is_convex()),
    }
}

fn faces(bounds: &[[f64; 2]], is_around: bool) -> Vec<Surface> {
    let middle: Vec<f64> = bounds.iter().map(|[lower, upper]| 0.5 * (lower + upper)).collect();
    let unit = |axis: usize, sign: f64| -> Vec<f64> {
        (0..bounds.len()).map(|i| if i == axis { sign } else { 0.0 }).collect()
    };
    let face = |axis: usize, upper: usize| {
        let mut point = middle.clone();
        point[axis] = bounds[axis][upper];
        let others = (0..bounds.len()).filter(|other| *other != axis && !is_around);
        let strip = |other: usize| Strip {
            middle: middle.clone(),
            along: unit(other, 1.0),
            half: 0.5 * (bounds[other][1] - bounds[other][0]),
        };
        let window = others.map(strip).collect();
        Surface::Plane { point, normal: unit(axis, if upper == 1 { 1.0 } else { -1.0 }), window }
    };
    (0..bounds.len()).flat_map(|axis| [face(axis, 0), face(axis, 1)]).collect()
}

fn edges(polygon: &Polygon, is_whole: bool) -> Vec<Surface> {
    let sense = polygon.sense();
    let edge = |[a, b]: [[f64; 2]; 2]| {
        let length = (b[0] - a[0]).hypot(b[1] - a[1]);
        let along = vec![(b[0] - a[0]) / length, (b[1] - a[1]) / length];
        let middle = vec![0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])];
        // Against the clock the outside is to the right.
        let normal = vec![sense * along[1], -sense * along[0]];
        let strip = Strip { middle: middle.clone(), along, half: 0.5 * length };
        Surface::Plane { point: middle, normal, window: if is_whole { Vec::new() } else { vec![strip] } }
    };
    polygon.edges().map(edge).collect()
}

impl Strip {
    /// (half² − s²)/(2 half).
    fn inside(&self, x: &[f64]) -> Jet {
        let s = Jet::linear(&self.middle, &self.along, x);
        (Jet::constant(self.half * self.half) - s.square()) * (0.5 / self.half)
    }
}

/// Zero where f is and t is not negative.
fn trimmed(f: Jet, t: Jet) -> Jet {
    let square = f.square();
    let beyond = ((t.square() + square.square()).root() - t) * 0.5;
    (square + beyond.square()).root()
}

impl Shape {
    /// A smooth function that is positive inside and vanishes on the boundary, by R-functions where there are edges.
    fn inside(&self, x: &[f64]) -> Jet {
        match self {
            Self::Ball { .. } | Self::Ellipsoid(_) | Self::HalfSpace { .. } => {
                surfaces(self, true)[0].distance(x) * -1.0
            }
            Self::Box(bounds) => {
                let faces = faces(bounds, true).into_iter().map(|face| face.distance(x) * -1.0);
                faces.reduce(Jet::and).unwrap_or(Jet::constant(1.0))
            }
            Self::Polygon(polygon) => {
                // Joined by their equivalence 1/Σ(1/f), which vanishes where one does.
                let edges = edges(polygon, false).into_iter().map(|edge| edge.distance(x));
                let size = edges.map(Jet::reciprocal).reduce(|a, b| a + b).map(Jet::reciprocal);
                let size = size.filter(|size| size.value.is_finite()).unwrap_or(Jet::constant(0.0));
                if polygon.signed_distance(x) < 0.0 { size } else { -size }
            }
        }
    }
}

impl Tree {
    /// A smooth function that is positive inside; instead of it, whether everything is where that or nothing is.
    fn inside<'a>(&self, shape: &impl Fn(usize) -> &'a Shape, x: &[f64]) -> Result<Jet, bool> {
        match self {
            Self::Everything => Err(true),
            Self::Shape(part) => Ok(shape(*part).inside(x)),
            Self::Not(a) => a.inside(shape, x).map(|a| -a).map_err(|all| !all),
            Self::And(a, b) => match (a.inside(shape, x), b.inside(shape, x)) {
                (Ok(a), Ok(b)) => Ok(a.and(b)),
                (Err(true), other) | (other, Err(true)) => other,
                _ => Err(false),
            },
            Self::Or(a, b) => match (a.inside(shape, x), b.inside(shape, x)) {
                (Ok(a), Ok(b)) => Ok(a.or(b)),
                (Err(false), other) | (other, Err(false)) => other,
                _ => Err(true),
            },
        }
    }
}

impl Surface {
    /// Negative inside the shape; of a trimmed face the size.
    fn distance(&self, x: &[f64]) -> Jet {
        match self {
            Self::Ball { centre, radius } => {
                (Jet::square_of_distance(centre, x) - Jet::constant(radius * radius)) * (0.5 / radius)
            }
            Self::Ellipsoid(ellipsoid) => {
                let (level, slope) = ellipsoid.quadric(x);
                level * (level.square() + slope).root().reciprocal()
            }
            Self::Plane { point, normal, window } => {
                let f = Jet::linear(point, normal, x);
                match window.iter().map(|strip| strip.inside(x)).reduce(Jet::and) {
                    None => f,
                    Some(t) => trimmed(f, t),
                }
            }
        }
    }
}

impl Piece {
    /// The function f of this piece at `x`, not negative in the region.
    pub fn distance(&self, x: &[f64]) -> Jet {
        let f = self.surface.distance(x);
        let f = match &self.surface {
            Surface::Plane { window, .. } if !window.is_empty() => f,
            _ if self.is_around => -f,
            _ => f,
        };
        // What lies inside everything does not show anywhere, and what nothing hides is not trimmed.
        let clear = |tree: &Tree| match tree.inside(&|part| &self.shapes[part], x) {
            Ok(jet) => Some(-jet),
            Err(true) => Some(Jet::constant(-1.0)),
            Err(false) => None,
        };
        match self.hidden_by.iter().filter_map(clear).reduce(Jet::and) {
            None => f,
            Some(t) => trimmed(f, t),
        }
    }

    /// A length by which to tell near from far: half a radius, or the least semi-axis; none of a plane.
    pub fn length(&self) -> Option<f64> {
        match &self.surface {
            Surface::Ball { radius, .. } => Some(0.5 * radius),
            Surface::Ellipsoid(ellipsoid) => Some(0.5 * ellipsoid.least()),
            Surface::Plane { .. } => None,
        }
    }

    /// The point of the piece that belongs to `x`: radially from the middle of a ball or ellipsoid, straight to a plane. As
    /// smooth in x as the piece is, but in the middle, where it is not unique.
    pub fn foot(&self, x: &[f64], out: &mut [f64]) {
        match &self.surface {
            Surface::Ball { centre, radius } => {
                let mut off = [0.0; 3];
                off.iter_mut().zip(x.iter().zip(centre)).for_each(|(off, (x, c))| *off = x - c);
                let length = norm(&off);
                if length == 0.0 {
                    off[0] = 1.0;
                }
                let scale = radius / if length == 0.0 { 1.0 } else { length };
                for (out, (c, off)) in out.iter_mut().zip(centre.iter().zip(off)) {
                    *out = c + scale * off;
                }
            }
            Surface::Ellipsoid(ellipsoid) => ellipsoid.radially(x, out),
            Surface::Plane { point, normal, .. } => {
                let off: f64 = normal.iter().zip(x.iter().zip(point)).map(|(n, (x, p))| n * (x - p)).sum();
                out.iter_mut().zip(x.iter().zip(normal)).for_each(|(out, (x, n))| *out = x - off * n);
            }
        }
    }

    /// (r/R)² about the middle of a ball or ellipsoid that the region lies in: what data carried inwards from it have to be
    /// damped by, where the way to it is not unique. 1 for others.
    pub fn share_of_radius(&self, x: &[f64]) -> Jet {
        match &self.surface {
            Surface::Ball { centre, radius } if self.is_around => {
                Jet::square_of_distance(centre, x) * (1.0 / (radius * radius))
            }
            Surface::Ellipsoid(ellipsoid) if self.is_around => {
                ellipsoid.quadric(x).0 * 2.0 + Jet::constant(1.0)
            }
            _ => Jet::constant(1.0),
        }
    }
}

#[cfg(test)]
mod tests;
