//! Compositions of shapes.

use super::{
    balls::Balls,
    composition::{RegionError, Tree, parse},
    shape::{Shape, norm},
};

/// A part of space: named shapes and how they are put together.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    shapes: Vec<(String, Shape)>,
    text: String,
    pub(super) tree: Tree,
    /// In place of the tree where they are all there is.
    balls: Option<Balls>,
}

/// Where a segment meets the boundary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossing {
    /// The share of the segment before it.
    pub fraction: f64,
    /// The shape whose boundary it is, by its number.
    pub part: usize,
}

/// A segment that is not wholly inside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// Where it leaves the region, seen from its first end.
    pub leaves: Crossing,
    /// Where it leaves the region, seen from its last end; the fraction is still that from the first.
    pub returns: Crossing,
}

/// Shapes are of up to three dimensions.
pub const SHAPE_AXES: usize = 3;
/// Parts of a segment that are shorter, as a share of it, have no inside.
const SHORT: f64 = 1e-12;

impl Region {
    /// The region that `text` makes of `shapes`: `a | b` union, `a & b` intersection, `a - b` difference, `!a`
    /// complement, parentheses; `!` binds first, then `-`, `&` and `|`, as Python's sets have it. The name `box`
    /// stands for the whole of space.
    ///
    /// # Errors
    /// A text that cannot be read, with the character; shapes of different dimensions.
    pub fn new(shapes: Vec<(String, Shape)>, text: &str) -> Result<Self, RegionError> {
        let dimensions: Vec<usize> = shapes.iter().map(|(_, shape)| shape.dimension()).collect();
        if let Some(other) = dimensions.iter().position(|d| *d != dimensions[0]) {
            return Err(RegionError::Dimensions { names: [shapes[0].0.clone(), shapes[other].0.clone()] });
        }
        let names: Vec<&str> = shapes.iter().map(|(name, _)| name.as_str()).collect();
        let tree = parse(text, &names)?;
        Ok(Self { shapes, text: text.into(), tree, balls: None })
    }

    /// The union of `shapes`, however many, of one dimension.
    pub(crate) fn union(shapes: Vec<(String, Shape)>) -> Self {
        let names: Vec<&str> = shapes.iter().map(|(name, _)| name.as_str()).collect();
        let text = names.join(" | ");
        let tree = Tree::union(0..shapes.len());
        let balls = Balls::of(&shapes);
        Self { shapes, text, tree, balls }
    }

    /// The two regions of which it is the intersection: one of the shapes that are no `natural` ones and one of those that
    /// are. Both number shapes as it does.
    ///
    /// # Errors
    /// Shapes of both kinds in one union.
    pub fn split(&self, natural: &[bool]) -> Result<[Self; 2], RegionError> {
        let mut parts = [Vec::new(), Vec::new()];
        for conjunct in self.tree.conjuncts() {
            let of = |kind: bool| (0..natural.len()).find(|k| natural[*k] == kind && conjunct.uses(*k));
            match (of(false), of(true)) {
                (Some(a), Some(b)) => {
                    let names = [a, b].map(|part| self.shapes[part].0.clone());
                    return Err(RegionError::Mixed { names });
                }
                (_, natural) => parts[usize::from(natural.is_some())].push(conjunct),
            }
        }
        Ok(parts.map(|parts| Self { tree: Tree::intersection(parts), balls: None, ..self.clone() }))
    }

    /// Whether it is all of space.
    pub fn is_everything(&self) -> bool {
        self.tree == Tree::Everything
    }

    /// The unit normal of the boundary of shape `part` at a point on it, out of the region: by differences over `step`.
    pub fn normal(&self, part: usize, x: &[f64], step: f64) -> [f64; SHAPE_AXES] {
        let mut normal = [0.0; SHAPE_AXES];
        let mut near = [0.0; SHAPE_AXES];
        let near = &mut near[..x.len().min(SHAPE_AXES)];
        for axis in 0..near.len() {
            let mut at = |by: f64| {
                near.iter_mut().zip(x).for_each(|(near, x)| *near = *x);
                near[axis] += by;
                self.shapes[part].1.signed_distance(near)
            };
            normal[axis] = at(step) - at(-step);
        }
        let outwards = if self.is_inside_with(part, x, f64::NEG_INFINITY) { 1.0 } else { -1.0 };
        let length = outwards * norm(&normal);
        normal.map(|n| n / length)
    }

    /// Whether shape `part` is part of it.
    pub fn uses(&self, part: usize) -> bool {
        self.tree.uses(part)
    }

    /// The shapes with their names. Their numbers are those of [`Crossing::part`].
    pub fn shapes(&self) -> &[(String, Shape)] {
        &self.shapes
    }

    /// How they are put together.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether `x` is inside; the boundary is not.
    pub fn contains(&self, x: &[f64]) -> bool {
        match &self.balls {
            Some(balls) => balls.contains(x),
            None => self.level(x) < 0.0,
        }
    }

    /// A number with the sign of the distance from the boundary, negative inside, and no larger in size.
    pub fn signed_distance(&self, x: &[f64]) -> f64 {
        match &self.balls {
            Some(balls) => balls.signed_distance(x),
            None => self.tree.combine(&|part| self.shapes[part].1.signed_distance(x)),
        }
    }

    /// The same, cheaper and perhaps smaller still.
    pub(crate) fn level(&self, x: &[f64]) -> f64 {
        match &self.balls {
            Some(balls) => balls.signed_distance(x),
            None => self.tree.combine(&|part| self.shapes[part].1.level(x)),
        }
    }

    /// Whether a point `x` of the boundary of shape `part` is on that of the region.
    pub fn is_visible(&self, part: usize, x: &[f64]) -> bool {
        let with = |own: f64| self.is_inside_with(part, x, own);
        with(f64::NEG_INFINITY) != with(f64::INFINITY)
    }

    /// Whether `x` is inside if the level of shape `part` there is `own`.
    fn is_inside_with(&self, part: usize, x: &[f64], own: f64) -> bool {
        let level = |other: usize| if other == part { own } else { self.shapes[other].1.level(x) };
        self.tree.combine(&level) < 0.0
    }

    /// The shape whose boundary is nearest to `x`.
    pub fn nearest_part(&self, x: &[f64]) -> usize {
        let distance = |part: &usize| self.shapes[*part].1.signed_distance(x).abs();
        let visible = (0..self.shapes.len()).filter(|part| self.tree.uses(*part));
        visible.min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
    }

    /// Where the segment from `a` to `b` leaves the region, from either end; nothing if it is inside all along.
    /// An end that is not inside is where it leaves.
    pub fn gap(&self, a: &[f64], b: &[f64]) -> Option<Gap> {
        let places = self.places(a, b);
        let outside = |i: &usize| self.is_outside(a, b, [at(&places, *i), at(&places, i + 1)]);
        // The parts of the segment between one crossing and the next, both ends of it being places too.
        let first = (0..=places.len()).find(outside)?;
        let last = (0..=places.len()).rev().find(outside)?;
        let end = |place: Option<&Crossing>, fraction: f64, x: &[f64]| match place {
            Some(place) => *place,
            None => Crossing { fraction, part: self.nearest_part(x) },
        };
        Some(Gap {
            leaves: end(first.checked_sub(1).map(|i| &places[i]), 0.0, a),
            returns: end(places.get(last), 1.0, b),
        })
    }

    /// The share of the segment from `a` to `b` that is inside.
    pub(super) fn share(&self, a: &[f64], b: &[f64]) -> f64 {
        self.profile(a, b, |_, _| ())
    }

    /// The same; calls `found` with every place where the segment crosses the boundary, and whether it leaves there.
    pub(super) fn profile(&self, a: &[f64], b: &[f64], mut found: impl FnMut(Crossing, bool)) -> f64 {
        let places = self.places(a, b);
        let (mut outside, mut before) = (0.0, None);
        for i in 0..=places.len() {
            let [from, to] = [at(&places, i), at(&places, i + 1)];
            if to - from <= SHORT {
                continue;
            }
            let is_outside = self.is_outside(a, b, [from, to]);
            outside += if is_outside { to - from } else { 0.0 };
            if let (Some(place), Some(before)) = (i.checked_sub(1), before)
                && before != is_outside
            {
                found(places[place], is_outside);
            }
            before = Some(is_outside);
        }
        1.0 - outside
    }

    /// Where the segment crosses the boundaries of shapes, in its order.
    fn places(&self, a: &[f64], b: &[f64]) -> Vec<Crossing> {
        let mut places = Vec::new();
        for (part, (_, shape)) in self.shapes.iter().enumerate().filter(|(part, _)| self.tree.uses(*part)) {
            shape.crossings(a, b, |fraction| places.push(Crossing { fraction, part }));
        }
        places.sort_by(|a, b| a.fraction.total_cmp(&b.fraction));
        places
    }

    /// Whether the part of the segment between two places is outside; one without length is not.
    fn is_outside(&self, a: &[f64], b: &[f64], [from, to]: [f64; 2]) -> bool {
        let mut x = [0.0; SHAPE_AXES];
        let x = &mut x[..a.len().min(SHAPE_AXES)];
        let t = 0.5 * (from + to);
        x.iter_mut().zip(a.iter().zip(b)).for_each(|(x, (a, b))| *x = a + t * (b - a));
        to - from > SHORT && !self.contains(x)
    }
}

/// The `i`-th of the ends and places of a segment.
fn at(places: &[Crossing], i: usize) -> f64 {
    match i.checked_sub(1) {
        None => 0.0,
        Some(i) => places.get(i).map_or(1.0, |place| place.fraction),
    }
}
