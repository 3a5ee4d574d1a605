//! Interfaces at which ε jumps while u and ε ∂u/∂n go on.
//!
//! Every cell of the grid is cut into d! simplices along its diagonal (Kuhn's; 1, 2 or 6). Linear elements on them with
//! the mass lumped make the same system as finite differences, because no two neighbours along a diagonal are
//! coupled. On a simplex that the interface cuts, u is made of functions that satisfy the interface's conditions (`simplex`)
//! and tested with the linear ones (Hou, Liu, *J. Comput. Phys.* 202 (2005) 411; in three dimensions Hou, Song, Wang, Zhao, *J. Comput.
//! Phys.* 238 (2013) 25). The grid stays as it is and u is second-order accurate in the maximum norm, where an average of
//! ε leaves first order. (Tested with themselves, the functions would make a symmetric matrix and first order: they
//! jump from one simplex to the next.)
//!
//! Where not u but u + w inside goes on as u outside, w given ([`Problem::interface_lift`]), w at the nodes inside takes part
//! in the equations of nodes next to the interface, as known values.
//!
//! On faces that the interface crosses stands the flux of one dimension, ε₁ε₂/((1 − θ)ε₁ + θε₂), θ the share of the first
//! side: a symmetric matrix near the true one, by which Krylov methods are preconditioned. What the true one has besides are
//! [`Coupling`]s.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    DiscreteError,
    assemble::coordinates,
    simplex::{self, Immersed, MOST, Part, Vector},
};
use crate::{Grid, Points, Problem, geometry::Region};

/// Closer than this to the interface, in spacings, is outside.
const NEAR: f64 = 1e-6;

/// The term c (u − u_other) in the equation of `node`, besides those of faces. The other one's equation may have
/// another c.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coupling {
    /// The unknown.
    pub node: usize,
    /// The other one.
    pub other: usize,
    /// c, of either sign.
    pub coefficient: f64,
}

/// What an interface changes of a system.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// By node and other node.
    pub couplings: BTreeMap<(usize, usize), f64>,
    pub screening: BTreeMap<usize, f64>,
    pub source: BTreeMap<usize, f64>,
    /// The nodes of cut simplices.
    pub rows: BTreeSet<usize>,
}

impl Changes {
    fn couple_both(&mut self, [node, other]: [usize; 2], coefficient: f64) {
        for pair in [(node, other), (other, node)] {
            *self.couplings.entry(pair).or_default() += coefficient;
        }
    }
}

/// A cut simplex.
struct Cut {
    /// Its vertices as nodes.
    nodes: [usize; MOST],
    levels: [f64; MOST],
    parts: Vec<Part>,
    /// Where the points of its parts are in the list of all.
    first: usize,
}

/// An interface on a grid.
pub(super) struct Interface<'g> {
    grid: &'g Grid,
    region: &'g Region,
    levels: Vec<f64>,
    /// The vertices of the simplices of a cell as offsets of nodes.
    simplices: Vec<[usize; MOST]>,
    d: usize,
}

impl<'g> Interface<'g> {
    pub fn new(region: &'g Region, grid: &'g Grid) -> Self {
        let h = grid.axes().iter().map(|axis| axis.spacing()).fold(0.0, f64::max);
        // Where the interface is farther than across a cell its distance does not matter.
        let reach = 2.0 * h * (grid.dimension() as f64).sqrt();
        let level = |x: &[f64]| {
            let level = region.level(x);
            let level = if level.abs() < reach { region.signed_distance(x) } else { level };
            if level.abs() < NEAR * h { NEAR * h } else { level }
        };
        let levels = crate::Field::from_batch(grid, |points, out| points.evaluate(out, level));
        let d = grid.dimension();
        let simplices = permutations(d).into_iter().map(|steps| {
            let mut nodes = [0; MOST];
            for k in 0..d {
                nodes[k + 1] = nodes[k] + grid.stride(steps[k]);
            }
            nodes
        });
        let simplices = simplices.collect();
        Self { grid, region, levels: levels.values().to_vec(), simplices, d }
    }

    fn is_inside(&self, node: usize) -> bool {
        self.levels[node] < 0.0
    }

    /// Puts ε/h² right at faces that the interface crosses, and at those whose ends are on the same side and whose middle,
    /// by the curvature of the interface, is not: there it is that of the end that is farther from it.
    pub fn correct_faces(&self, problem: &dyn Problem, faces: &mut [Vec<f64>]) {
        for (axis, faces) in faces.iter_mut().enumerate() {
            let (stride, cells, h) =
                (self.grid.stride(axis), self.grid.axes()[axis].cells, self.grid.axes()[axis].spacing());
            let is_near = |node: &usize| {
                let is_face = *node / stride % (cells + 1) < cells;
                if !is_face || self.levels[*node].abs() > h || faces[*node] == 0.0 {
                    return false;
                }
                let mut middle = coordinates(self.grid, *node);
                middle[axis] += 0.5 * h;
                let side = self.is_inside(*node);
                side != self.is_inside(node + stride) || self.region.contains(&middle) != side
            };
            let near: Vec<usize> = (0..faces.len()).filter(is_near).collect();
            let ends: Vec<usize> = near.iter().flat_map(|node| [*node, node + stride]).collect();
            let values = self.at_nodes(&ends, |points, out| problem.permittivity_at(points, out));
            for (node, epsilon) in near.into_iter().zip(values.chunks_exact(2)) {
                let levels = [node, node + stride].map(|node| self.levels[node].abs());
                let value = if self.is_inside(node) != self.is_inside(node + stride) {
                    let theta = levels[0] / (levels[0] + levels[1]);
                    1.0 / (theta / epsilon[0] + (1.0 - theta) / epsilon[1])
                } else if levels[0] > levels[1] {
                    epsilon[0]
                } else {
                    epsilon[1]
                };
                faces[node] = value / (h * h);
            }
        }
    }

    /// w at nodes inside next to those of `rows`, and 0 at others; `None` where u itself goes on. Where a charge lies on a node
    /// it is the mean over the node's cell that the neighbours see, by the middles of its 2^d parts.
    pub fn lift(&self, problem: &dyn Problem, rows: &BTreeSet<usize>) -> Option<BTreeMap<usize, f64>> {
        let around = |node: &usize| {
            let strides = (0..self.d).map(|axis| self.grid.stride(axis));
            let steps = strides.flat_map(|stride| [node - stride, node + stride]);
            std::iter::once(*node).chain(steps).collect::<Vec<_>>()
        };
        let nodes: BTreeSet<usize> =
            rows.iter().flat_map(around).filter(|node| self.is_inside(*node)).collect();
        let nodes: Vec<usize> = nodes.into_iter().collect();
        let mut given = false;
        let mut values = self.at_nodes(&nodes, |points, out| given = problem.interface_lift(points, out));
        if !given {
            return None;
        }
        for (node, value) in nodes.iter().zip(&mut values).filter(|(_, value)| !value.is_finite()) {
            let at = coordinates(self.grid, *node);
            let middles: Vec<f64> = (0..1usize << self.d)
                .flat_map(|part| {
                    let quarter = |axis: usize| {
                        let side = if part >> axis & 1 == 1 { 0.25 } else { -0.25 };
                        at[axis] + side * self.grid.axes()[axis].spacing()
                    };
                    (0..self.d).map(quarter).collect::<Vec<_>>()
                })
                .collect();
            let mut around = vec![0.0; 1 << self.d];
            problem.interface_lift(Points::new(&middles, self.d), &mut around);
            *value = around.iter().sum::<f64>() / around.len() as f64;
        }
        Some(nodes.into_iter().zip(values).collect())
    }

    fn at_nodes(&self, nodes: &[usize], function: impl FnOnce(Points<'_>, &mut [f64])) -> Vec<f64> {
        let x: Vec<f64> = nodes.iter().flat_map(|node| coordinates(self.grid, *node)).collect();
        let mut values = vec![0.0; nodes.len()];
        function(Points::new(&x, self.d), &mut values);
        values
    }

    /// What takes the place of finite differences in cells that the interface cuts; `faces` are those of finite
    /// differences, `is_inner` says which nodes are unknowns with unknowns all around.
    pub fn changes(
        &self,
        problem: &dyn Problem,
        faces: &[Vec<f64>],
        is_inner: impl Fn(usize) -> bool,
    ) -> Result<Changes, DiscreteError> {
        let mut changes = Changes::default();
        let (mut cut, mut whole) = (Vec::new(), Vec::new());
        let mut points = Vec::new();
        for cell in self.cut_cells() {
            for (offset, _) in corners(self.grid, self.d) {
                if !is_inner(cell + offset) {
                    return Err(DiscreteError::InterfaceAtSide { at: coordinates(self.grid, cell + offset) });
                }
            }
            self.remove_faces(cell, faces, &mut changes);
            for offsets in &self.simplices {
                let nodes = offsets.map(|offset| cell + offset);
                let levels = nodes.map(|node| self.levels[node]);
                let inside = levels[..=self.d].iter().filter(|level| **level < 0.0).count();
                if inside == 0 || inside == self.d + 1 {
                    whole.push(nodes);
                    continue;
                }
                let parts = simplex::parts(self.d, levels);
                let first = points.len() / self.d;
                for part in &parts {
                    let side = part.is_inside(self.d);
                    points.extend(self.point(&nodes, &levels, &part.centre(self.d), side));
                }
                changes.rows.extend(&nodes[..=self.d]);
                cut.push(Cut { nodes, levels, parts, first });
            }
        }
        let evaluate = |function: &dyn Fn(Points<'_>, &mut [f64])| {
            let mut out = vec![0.0; points.len() / self.d];
            function(Points::new(&points, self.d), &mut out);
            out
        };
        let data = Data {
            source: evaluate(&|points, out| problem.source(points, out)),
            screening: evaluate(&|points, out| problem.screening_at(points, out)),
        };
        let of_whole: Vec<usize> =
            whole.iter().map(|nodes| self.farthest(&nodes[..=self.d], self.is_inside(nodes[0]))).collect();
        let permittivity = |points: Points<'_>, out: &mut [f64]| problem.permittivity_at(points, out);
        for (nodes, epsilon) in whole.iter().zip(self.at_nodes(&of_whole, permittivity)) {
            self.add_whole(nodes, epsilon, &mut changes);
        }
        let sides = [true, false].map(|side| {
            let nodes: Vec<usize> =
                cut.iter().map(|cut| self.farthest(&cut.nodes[..=self.d], side)).collect();
            self.at_nodes(&nodes, permittivity)
        });
        let nodes: Vec<usize> = cut.iter().flat_map(|cut| cut.nodes[..=self.d].to_vec()).collect();
        let nodal = Nodal {
            source: self.at_nodes(&nodes, |points, out| problem.source(points, out)),
            screening: self.at_nodes(&nodes, |points, out| problem.screening_at(points, out)),
        };
        for (number, cut) in cut.iter().enumerate() {
            let permittivity = [sides[0][number], sides[1][number]];
            if let Some(bad) = permittivity.iter().position(|e| !(*e > 0.0 && e.is_finite())) {
                let node = self.farthest(&cut.nodes[..=self.d], bad == 0);
                return Err(DiscreteError::permittivity(permittivity[bad], coordinates(self.grid, node)));
            }
            self.add_cut(cut, permittivity, &mut changes);
            self.add_masses(cut, &data, &nodal, number * (self.d + 1), &mut changes);
        }
        Ok(changes)
    }

    /// The lowest nodes of the cells that the interface cuts.
    fn cut_cells(&self) -> Vec<usize> {
        let corners = corners(self.grid, self.d);
        let is_cell = |node: &usize| {
            (0..self.d).all(|axis| {
                let cells = self.grid.axes()[axis].cells;
                node / self.grid.stride(axis) % (cells + 1) < cells
            })
        };
        let is_cut = |node: &usize| {
            let side = self.is_inside(*node);
            corners.iter().any(|(offset, _)| self.is_inside(node + offset) != side)
        };
        (0..self.levels.len()).filter(is_cell).filter(is_cut).collect()
    }

    /// Takes away the shares of a cell in the faces: a face along an axis belongs to as many of
    /// a cell's simplices as there are orders in which its other steps come before and after.
    fn remove_faces(&self, cell: usize, faces: &[Vec<f64>], changes: &mut Changes) {
        let all = factorial(self.d);
        for (offset, at) in corners(self.grid, self.d) {
            for axis in (0..self.d).filter(|axis| !at[*axis]) {
                let before = at.iter().filter(|step| **step).count();
                let share = factorial(before) * factorial(self.d - 1 - before) / all;
                let node = cell + offset;
                changes.couple_both([node, node + self.grid.stride(axis)], -share * faces[axis][node]);
            }
        }
    }

    /// A simplex of a cut cell that is on one side.
    fn add_whole(&self, nodes: &[usize; MOST], epsilon: f64, changes: &mut Changes) {
        for k in 0..self.d {
            let axis =
                (0..self.d).find(|axis| nodes[k] + self.grid.stride(*axis) == nodes[k + 1]).unwrap_or(0);
            let h = self.grid.axes()[axis].spacing();
            changes.couple_both([nodes[k], nodes[k + 1]], epsilon / (h * h) / factorial(self.d));
        }
    }

    /// The matrix of a cut simplex.
    fn add_cut(&self, cut: &Cut, permittivity: [f64; 2], changes: &mut Changes) {
        let d = self.d;
        let immersed = Immersed::new(d, self.gradients(cut), cut.levels, permittivity);
        let inside: f64 = cut.parts.iter().filter(|part| part.is_inside(d)).map(|part| part.share).sum();
        let basis: Vec<_> = (0..=d).map(|i| immersed.basis(i)).collect();
        let volume = 1.0 / factorial(d);
        for (j, basis) in basis.iter().enumerate() {
            for i in (0..=d).filter(|i| *i != j) {
                let coefficient = -volume * immersed.flux(*basis, i, inside);
                *changes.couplings.entry((cut.nodes[i], cut.nodes[j])).or_default() += coefficient;
            }
        }
    }

    /// f and κ² of a cut simplex: integrals over its parts take the place of nodal values.
    fn add_masses(&self, cut: &Cut, data: &Data, nodal: &Nodal, at: usize, changes: &mut Changes) {
        let (d, volume) = (self.d, 1.0 / factorial(self.d));
        for i in 0..=d {
            let [mut f, mut k] =
                [&nodal.source, &nodal.screening].map(|values| -values[at + i] / (d + 1) as f64);
            for (part, number) in cut.parts.iter().zip(cut.first..) {
                let weight = part.share * part.centre(d)[i];
                f += weight * data.source[number];
                k += weight * data.screening[number];
            }
            *changes.source.entry(cut.nodes[i]).or_default() += volume * f;
            *changes.screening.entry(cut.nodes[i]).or_default() += volume * k;
        }
    }

    /// The gradients of the barycentric coordinates of a simplex whose vertices follow each other along axes.
    fn gradients(&self, cut: &Cut) -> [Vector; MOST] {
        let mut gradients = [[0.0; 3]; MOST];
        for k in 0..self.d {
            let step = cut.nodes[k + 1] - cut.nodes[k];
            let axis = (0..self.d).find(|axis| self.grid.stride(*axis) == step).unwrap_or(0);
            let slope = 1.0 / self.grid.axes()[axis].spacing();
            gradients[k][axis] -= slope;
            gradients[k + 1][axis] += slope;
        }
        gradients
    }

    fn position(&self, nodes: &[usize; MOST], at: &[f64; MOST]) -> Vec<f64> {
        let mut x = vec![0.0; self.d];
        for (node, weight) in nodes[..=self.d].iter().zip(at) {
            for (x, vertex) in x.iter_mut().zip(coordinates(self.grid, *node)) {
                *x += weight * vertex;
            }
        }
        x
    }

    /// The point at barycentric coordinates, or the vertex of the wanted side that is farthest from the interface,
    /// where the point is beyond it by its curvature.
    fn point(&self, nodes: &[usize; MOST], levels: &[f64; MOST], at: &[f64; MOST], side: bool) -> Vec<f64> {
        let x = self.position(nodes, at);
        if self.region.contains(&x) == side || !levels[..=self.d].iter().any(|level| (*level < 0.0) == side) {
            return x;
        }
        coordinates(self.grid, self.farthest(&nodes[..=self.d], side))
    }

    /// Of the nodes on one side the one that is farthest from the interface.
    fn farthest(&self, nodes: &[usize], side: bool) -> usize {
        let own = nodes.iter().copied().filter(|node| self.is_inside(*node) == side);
        own.max_by(|a, b| self.levels[*a].abs().total_cmp(&self.levels[*b].abs())).unwrap_or(nodes[0])
    }
}

/// What is known at the centres of parts.
struct Data {
    source: Vec<f64>,
    screening: Vec<f64>,
}

/// What finite differences have at the vertices of cut simplices.
struct Nodal {
    source: Vec<f64>,
    screening: Vec<f64>,
}

/// The corners of a cell: the offset of the node, and the axes along which it is an upper one.
fn corners(grid: &Grid, d: usize) -> Vec<(usize, Vec<bool>)> {
    let corner = |bits: usize| {
        let at: Vec<bool> = (0..d).map(|axis| bits >> axis & 1 == 1).collect();
        let offset = (0..d).filter(|axis| at[*axis]).map(|axis| grid.stride(axis)).sum();
        (offset, at)
    };
    (0..1 << d).map(corner).collect()
}

/// All orders of `d` axes.
fn permutations(d: usize) -> Vec<[usize; 3]> {
    let all = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let keeps = |order: &[usize; 3]| order[..d].iter().all(|axis| *axis < d);
    let mut orders: Vec<[usize; 3]> = all.into_iter().filter(keeps).collect();
    orders.dedup_by(|a, b| a[..d] == b[..d]);
    orders
}

fn factorial(n: usize) -> f64 {
    (1..=n).map(|k| k as f64).product()
}
