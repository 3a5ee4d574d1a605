//! A field on shapes carried on beyond their boundaries, so that it can be interpolated next to them.

use super::{Discrete, assemble::coordinates};
use crate::{Field, Points, Problem, geometry::Region};

/// What is read to carry a field on.
struct Extension<'a> {
    discrete: &'a Discrete,
    problem: &'a dyn Problem,
    region: &'a Region,
}

impl Discrete {
    /// Gives nodes outside that share a cell with one inside values that continue `field`, to second order: along
    /// each axis on the straight line through the value on the boundary and the nearest node inside that is half a
    /// spacing away from it or more, or where a flux is given there, through two nodes inside, the mean of all such lines; at a corner of a cell of which no edge leads
    /// inside, a + b − c of the three corners of a face. Other nodes outside keep theirs. Does nothing without shapes.
    pub fn extend(&self, problem: &dyn Problem, field: &mut Field) {
        let (Some(region), Some(inside)) = (problem.domain().region(), self.inside()) else { return };
        let extension = Extension { discrete: self, problem, region };
        let mut known = inside.to_vec();
        let mut found: Vec<(usize, f64)> = Vec::new();
        for pass in 0..self.grid().dimension() {
            for node in (0..known.len()).filter(|node| !known[*node]) {
                let value = match pass {
                    0 => extension.along_axes(field.values(), node),
                    _ => extension.over_faces(field.values(), &known, node),
                };
                found.extend(value.map(|value| (node, value)));
            }
            for (node, value) in found.drain(..) {
                known[node] = true;
                field.values_mut()[node] = value;
            }
        }
    }
}

/// The mean of what there is.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

impl Extension<'_> {
    /// The neighbour of `node` along `axis`, if the box has it.
    fn neighbour(&self, node: usize, axis: usize, above: bool) -> Option<usize> {
        let grid = self.discrete.grid();
        let (stride, cells) = (grid.stride(axis), grid.axes()[axis].cells);
        match (node / stride % (cells + 1), above) {
            (i, true) => (i < cells).then(|| node + stride),
            (i, false) => (i > 0).then(|| node - stride),
        }
    }

    /// All neighbours, each with its axis and side.
    fn neighbours(&self, node: usize) -> impl Iterator<Item = (usize, usize, bool)> {
        let sides = (0..2 * self.discrete.grid().dimension()).map(|side| (side / 2, side % 2 == 1));
        sides.filter_map(move |(axis, above)| Some((self.neighbour(node, axis, above)?, axis, above)))
    }

    fn along_axes(&self, u: &[f64], node: usize) -> Option<f64> {
        let inside = self.neighbours(node).filter(|(near, ..)| self.discrete.is_inside(*near));
        mean(inside.map(|(near, axis, above)| self.along(u, [node, near], axis, above)))
    }

    /// The line through the boundary between `node` and `near` and the value of a node behind it.
    fn along(&self, u: &[f64], [node, near]: [usize; 2], axis: usize, above: bool) -> f64 {
        let grid = self.discrete.grid();
        let (from, to) = (coordinates(grid, near), coordinates(grid, node));
        let (theta, part) = match self.region.gap(&from, &to) {
            Some(gap) => (gap.leaves.fraction, gap.leaves.part),
            None => (1.0, self.region.nearest_part(&to)),
        };
        let x: Vec<f64> = from.iter().zip(&to).map(|(a, b)| a + theta * (b - a)).collect();
        let behind = self.neighbour(near, axis, above).filter(|&behind| {
            self.discrete.is_inside(behind) && self.region.gap(&coordinates(grid, behind), &from).is_none()
        });
        if self.problem.domain().is_natural(part) {
            return behind.map_or(u[near], |behind| 2.0 * u[near] - u[behind]);
        }
        let mut g = [0.0];
        self.problem.shape_boundary(part, Points::new(&x, x.len()), &mut g);
        let (value, distance) = match behind {
            Some(behind) if theta < 0.5 => (u[behind], 1.0 + theta),
            _ => (u[near], theta.max(f64::MIN_POSITIVE)),
        };
        // Nearer than half a spacing and with nothing behind, the boundary itself is as good.
        if distance < 0.5 { g[0] } else { g[0] + (g[0] - value) * (1.0 - theta) / distance }
    }

    fn over_faces(&self, u: &[f64], known: &[bool], node: usize) -> Option<f64> {
        let near: Vec<(usize, usize, bool)> =
            self.neighbours(node).filter(|(near, ..)| known[*near]).collect();
        let mut values = Vec::new();
        for (i, &(a, axis, above)) in near.iter().enumerate() {
            for &(b, ..) in near[i + 1..].iter().filter(|(_, other, _)| *other != axis) {
                let corner = self.neighbour(b, axis, above).filter(|corner| known[*corner]);
                values.extend(corner.map(|corner| u[a] + u[b] - u[corner]));
            }
        }
        mean(values.into_iter())
    }
}
