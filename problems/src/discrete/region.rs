//! Shapes in the discrete system: which nodes are inside, and the equations next to a boundary where u is given.
//!
//! At a node inside whose neighbour along an axis lies beyond the boundary, which crosses the grid line at a
//! distance θh, the flux towards the neighbour is ε(u − g)/(θh), ε at the middle of the piece, so that
//!
//! (ε/(θh²)) (u − g) takes the place of c (u − u_neighbour):
//!
//! the matrix stays symmetric, the neighbour drops out, and u is second-order accurate in the maximum norm, its
//! gradient at the boundary first-order (Gibou, Fedkiw, Cheng, Kang, *J. Comput. Phys.* 176 (2002) 205). Nodes
//! outside have an equation of their own, u = 0, and no neighbours; a node closer to the boundary than
//! [`NEAR`] spacings counts as on it. A boundary that crosses the line between two nodes inside, a thin hole,
//! is seen from both.

use rayon::prelude::*;

use super::{DiscreteError, assemble::coordinates};
use crate::{Condition, Grid, Points, Problem, geometry::Region};

/// Closer than this to the boundary, in spacings, is on it.
const NEAR: f64 = 1e-6;

/// A grid line from a node inside to the boundary.
#[derive(Debug, Clone, Copy)]
struct Piece {
    node: usize,
    axis: usize,
    /// The lower node of the face that it takes the place of.
    face: usize,
    /// Its length in spacings.
    theta: f64,
    /// How often it counts: twice where the other side is its mirror image.
    times: f64,
    /// The shape.
    part: usize,
    /// Where it ends.
    end: [f64; 3],
    /// 1 if it leads upwards, else −1.
    sense: f64,
}

/// A region on a grid.
pub(super) struct Cut {
    /// Whether each node is inside.
    pub inside: Vec<bool>,
    pieces: Vec<Piece>,
    /// Per axis: nodes inside whose next one is inside too and between which the boundary lies, ascending.
    gaps: Vec<Vec<usize>>,
}

/// What a boundary adds to the equation of a node: `coefficient` u = `coefficient` `value`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub node: usize,
    pub coefficient: f64,
    pub value: f64,
}

impl Cut {
    pub fn new(region: &Region, grid: &Grid, sides: &[[Condition; 2]]) -> Result<Self, DiscreteError> {
        let spacings: Vec<f64> = grid.axes().iter().map(|axis| axis.spacing()).collect();
        let near = NEAR * spacings.iter().copied().fold(f64::INFINITY, f64::min);
        let levels = crate::Field::from_batch(grid, |points, out| points.evaluate(out, |x| region.level(x)));
        let levels = levels.values();
        let inside: Vec<bool> = levels.iter().map(|level| *level < -near).collect();
        let mut cut = Self { inside, pieces: Vec::new(), gaps: vec![Vec::new(); spacings.len()] };
        check_periodic(&cut.inside, grid, sides)?;
        for (axis, h) in spacings.iter().enumerate() {
            let (stride, cells) = (grid.stride(axis), grid.axes()[axis].cells);
            let is_near = |node: &usize| {
                if node / stride % (cells + 1) == cells {
                    return false;
                }
                let ends = [*node, node + stride];
                let count = ends.iter().filter(|end| cut.inside[**end]).count();
                count == 1 || (count == 2 && ends.iter().all(|&end| levels[end] > -h))
            };
            let near: Vec<usize> = (0..levels.len()).into_par_iter().filter(is_near).collect();
            for node in near {
                cut.look(region, grid, sides, axis, [node, node + stride]);
            }
        }
        if cut.inside.contains(&true) { Ok(cut) } else { Err(DiscreteError::NothingInside) }
    }

    /// The boundary between a node and the next along `axis`, if there is any.
    fn look(
        &mut self,
        region: &Region,
        grid: &Grid,
        sides: &[[Condition; 2]],
        axis: usize,
        [lower, upper]: [usize; 2],
    ) {
        let [a, b] = [lower, upper].map(|node| coordinates(grid, node));
        let is_inside = [lower, upper].map(|node| self.inside[node]);
        let fractions = match region.gap(&a, &b) {
            None if is_inside == [true; 2] => return,
            Some(gap) => [gap.leaves, gap.returns].map(|crossing| (crossing.fraction, crossing.part)),
            // The node outside is on the boundary, or nearly.
            None => {
                let part = region.nearest_part(if is_inside[0] { &b } else { &a });
                [(1.0, part), (0.0, part)]
            }
        };
        if is_inside == [true; 2] {
            self.gaps[axis].push(lower);
        }
        let cells = grid.axes()[axis].cells;
        for (end, node) in [lower, upper].into_iter().enumerate().filter(|(end, _)| is_inside[*end]) {
            let Some((node, at)) = unknown(grid, sides, axis, node) else { continue };
            let (fraction, part) = fractions[end];
            let theta = if end == 0 { fraction } else { 1.0 - fraction };
            let mut point = [0.0; 3];
            point.iter_mut().zip(&a).for_each(|(point, a)| *point = *a);
            point[axis] = a[axis] + fraction * (b[axis] - a[axis]);
            let mirrored = if end == 0 {
                at[axis] == 0 && sides[axis][0] == Condition::Neumann
            } else {
                at[axis] == cells && sides[axis][1] == Condition::Neumann
            };
            self.pieces.push(Piece {
                node,
                axis,
                face: lower,
                theta: theta.max(NEAR),
                times: if mirrored { 2.0 } else { 1.0 },
                part,
                end: point,
                sense: if end == 0 { 1.0 } else { -1.0 },
            });
        }
    }

    /// Whether nothing lies between a node and the next along `axis`, both being inside.
    pub fn is_open(&self, axis: usize, node: usize, stride: usize) -> bool {
        self.inside[node]
            && self.inside.get(node + stride).copied().unwrap_or(false)
            && self.gaps[axis].binary_search(&node).is_err()
    }

    /// What the boundary adds to the equations; of each face the share `inside(axis, lower node)` counts.
    pub fn held(
        &self,
        problem: &dyn Problem,
        grid: &Grid,
        inside: impl Fn(usize, usize) -> f64,
    ) -> Result<Vec<Held>, DiscreteError> {
        let d = grid.dimension();
        let spacing = |axis: usize| grid.axes()[axis].spacing();
        let ends: Vec<f64> = self.pieces.iter().flat_map(|piece| piece.end[..d].to_vec()).collect();
        let middles = self.pieces.iter().flat_map(|piece| {
            let mut x = piece.end[..d].to_vec();
            x[piece.axis] -= 0.5 * piece.sense * piece.theta * spacing(piece.axis);
            x
        });
        let middles: Vec<f64> = middles.collect();
        let mut permittivity = vec![0.0; self.pieces.len()];
        problem.permittivity_at(Points::new(&middles, d), &mut permittivity);
        let values = self.values(problem, d, &ends);
        let mut held = Vec::with_capacity(self.pieces.len());
        for (i, piece) in self.pieces.iter().enumerate() {
            let (epsilon, value) = (permittivity[i], values[i]);
            let at = |x: &[f64]| x[i * d..(i + 1) * d].to_vec();
            if !(epsilon > 0.0 && epsilon.is_finite()) {
                return Err(DiscreteError::permittivity(epsilon, at(&middles)));
            }
            if !value.is_finite() {
                return Err(DiscreteError::NotFinite {
                    what: "value on a shape",
                    at: at(&ends),
                    formula: None,
                });
            }
            let share = inside(piece.axis, piece.face) * piece.times;
            let coefficient = share * epsilon / (piece.theta * spacing(piece.axis).powi(2));
            held.push(Held { node: piece.node, coefficient, value });
        }
        Ok(held)
    }

    /// u at the ends of pieces, shape by shape.
    fn values(&self, problem: &dyn Problem, d: usize, ends: &[f64]) -> Vec<f64> {
        let mut values = vec![0.0; self.pieces.len()];
        let parts = self.pieces.iter().map(|piece| piece.part + 1).max().unwrap_or(0);
        for part in 0..parts {
            let own: Vec<usize> = (0..self.pieces.len()).filter(|i| self.pieces[*i].part == part).collect();
            let points: Vec<f64> = own.iter().flat_map(|i| ends[i * d..(i + 1) * d].to_vec()).collect();
            let mut out = vec![0.0; own.len()];
            problem.shape_boundary(part, Points::new(&points, d), &mut out);
            own.iter().zip(out).for_each(|(i, value)| values[*i] = value);
        }
        values
    }
}

/// Nodes and their images on periodic axes are on the same side of the boundary: `inside` of it or not.
pub(super) fn check_periodic(
    inside: &[bool],
    grid: &Grid,
    sides: &[[Condition; 2]],
) -> Result<(), DiscreteError> {
    for (axis, _) in sides.iter().enumerate().filter(|(_, pair)| pair[0] == Condition::Periodic) {
        let (stride, cells) = (grid.stride(axis), grid.axes()[axis].cells);
        let mut first = (0..inside.len()).filter(|node| node / stride % (cells + 1) == 0);
        if let Some(node) = first.find(|node| inside[*node] != inside[node + cells * stride]) {
            return Err(DiscreteError::NotPeriodic { axis, at: coordinates(grid, node) });
        }
    }
    Ok(())
}

/// The unknown that `node` is, or is the image of along `along`, with its indices; nothing if a Dirichlet side
/// holds it, or if it is an image along another axis, whose lines are those of the node itself.
fn unknown(grid: &Grid, sides: &[[Condition; 2]], along: usize, node: usize) -> Option<(usize, Vec<usize>)> {
    let mut at = grid.indices(node);
    for (axis, [lower, upper]) in sides.iter().enumerate() {
        let (index, cells) = (at[axis], grid.axes()[axis].cells);
        match *upper {
            Condition::Dirichlet if index == cells => return None,
            Condition::Periodic if index == cells && axis != along => return None,
            Condition::Periodic if index == cells => at[axis] = 0,
            _ if index == 0 && *lower == Condition::Dirichlet => return None,
            _ => {}
        }
    }
    let node = at.iter().enumerate().map(|(axis, index)| index * grid.stride(axis)).sum();
    Some((node, at))
}
