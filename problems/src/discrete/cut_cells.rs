//! Shapes on whose boundaries a flux is given: finite volumes on the cells of nodes, cut by the boundary.
//!
//! With v the share of a node's cell that is inside, φ those of its faces and S the length or area of the boundary in it over
//! the volume of the whole cell, the balance of the cell is
//!
//! Σ φ c (u − u_neighbour) + v κ² g(u) + S a u = v f + S g,      ε ∂u/∂n + au = g on the boundary
//!
//! c = ε/h² as elsewhere: the matrix stays symmetric, and u is second-order accurate in the maximum norm (Papac, Gibou, Ratsch,
//! *J. Comput. Phys.* 229 (2010) 875; Ng, Min, Gibou, *ibid.* 228 (2009) 8807). The u of the boundary term is that on the
//! boundary, a way d along the normal from the node: u + d ∂u/∂n with ε ∂u/∂n = g − au there turns S(g − au) into
//! S(g − au)/(1 + ad/ε) with u at the node. A node outside whose cell is partly inside is an
//! unknown too, a ghost, if faces connect it with a node inside. On sides of the box cells end; across periodic ones the two
//! halves of a node's cell are taken together.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{
    DiscreteError,
    assemble::{NOT_NEGATIVE, coordinates},
    region::{Held, check_periodic},
};
use crate::{
    Condition, Field, Grid, Points, Problem,
    geometry::{Facet, Region, SHAPE_AXES},
};

/// Closer than this to the boundary, in spacings, is on it, and inside.
const NEAR: f64 = 1e-6;
/// How far cells are moved along every axis, in spacings: a boundary that lies in faces of cells is in the cells on one side of
/// them, and not in those of neither.
const SHIFT: f64 = 1.234e-7;
/// The least of 1 + ad/ε, which is positive on a grid that resolves ε/a.
const LEAST: f64 = 0.5;
/// Cells and faces of which less is inside have nothing inside.
const NOTHING: f64 = 1e-9;

/// A cell that the boundary cuts.
#[derive(Debug, Clone)]
pub(super) struct CutCell {
    /// v.
    pub share: f64,
    /// The boundary in it, areas over the volume of the whole cell, and its distance from the node along the normal.
    facets: Vec<(Facet, f64)>,
    /// Where coefficients and source are read: the node, or a point inside of a cell whose node is outside.
    pub at: Vec<f64>,
}

/// A region of fluxes on a grid.
pub(super) struct CutCells<'a> {
    grid: &'a Grid,
    sides: &'a [[Condition; 2]],
    region: &'a Region,
    /// By node.
    pub cells: BTreeMap<usize, CutCell>,
    /// φ by axis and lower node, where it is less than 1.
    pub faces: Vec<BTreeMap<usize, f64>>,
    /// Whether each node is inside.
    pub inside: Vec<bool>,
    /// Whether each node has an equation.
    pub active: Vec<bool>,
}

impl<'a> CutCells<'a> {
    /// `of_values` says which nodes are inside of the shapes on which u is given.
    pub fn new(
        region: &'a Region,
        grid: &'a Grid,
        sides: &'a [[Condition; 2]],
        of_values: impl Fn(usize) -> bool + Sync,
    ) -> Result<Self, DiscreteError> {
        let levels = Field::from_batch(grid, |points, out| points.evaluate(out, |x| region.level(x)));
        let levels = levels.values();
        let least = grid.axes().iter().map(|axis| axis.spacing()).fold(f64::INFINITY, f64::min);
        let inside: Vec<bool> = levels.iter().map(|level| *level < NEAR * least).collect();
        check_periodic(&inside, grid, sides)?;
        let squares = grid.axes().iter().map(|axis| axis.spacing() * axis.spacing());
        // And a little more, since cells are moved.
        let radius = (0.5 + 4.0 * SHIFT) * squares.sum::<f64>().sqrt();
        let mut cut = Self {
            grid,
            sides,
            region,
            cells: BTreeMap::new(),
            faces: Vec::new(),
            active: inside.clone(),
            inside,
        };
        // Levels are no larger than distances, so that no cell beyond a radius is cut.
        let near: Vec<usize> = (0..levels.len())
            .into_par_iter()
            .filter(|node| {
                of_values(*node) && cut.images(*node).iter().any(|image| levels[*image].abs() <= radius)
            })
            .collect();
        let contents: Vec<_> = near.par_iter().map(|node| cut.content(*node)).collect();
        for axis in 0..grid.dimension() {
            let stride = grid.stride(axis);
            let touched = near.iter().flat_map(|node| [Some(*node), node.checked_sub(stride)]);
            let mut lower: Vec<usize> = touched
                .flatten()
                .filter(|node| node / stride % (grid.axes()[axis].cells + 1) < grid.axes()[axis].cells)
                .collect();
            lower.sort_unstable();
            lower.dedup();
            let shares: Vec<(usize, f64)> =
                lower.par_iter().map(|node| (*node, cut.share_between(axis, *node))).collect();
            cut.faces.push(shares.into_iter().filter(|(_, share)| *share < 1.0 - NOTHING).collect());
        }
        for (node, (share, facets)) in near.into_iter().zip(contents) {
            cut.active[node] = share > NOTHING;
            if cut.active[node] && (share < 1.0 - NOTHING || !facets.is_empty() || !cut.inside[node]) {
                let at = cut.place(node, &facets);
                cut.cells.insert(node, CutCell { share, facets, at });
            }
        }
        cut.leave_out_what_is_apart(&of_values);
        if cut.active.contains(&true) { Ok(cut) } else { Err(DiscreteError::NothingInside) }
    }

    /// A node and its images on periodic sides.
    fn images(&self, node: usize) -> Vec<usize> {
        let mut images = vec![node];
        let periodic = self.sides.iter().enumerate().filter(|(_, pair)| pair[0] == Condition::Periodic);
        for (axis, _) in periodic {
            let (stride, cells) = (self.grid.stride(axis), self.grid.axes()[axis].cells);
            let others: Vec<usize> = images
                .iter()
                .filter_map(|image| match image / stride % (cells + 1) {
                    0 => Some(image + cells * stride),
                    i if i == cells => Some(image - cells * stride),
                    _ => None,
                })
                .collect();
            images.extend(others);
        }
        images
    }

    /// The part of a node's cell that is in the box.
    fn bounds(&self, node: usize) -> Vec<[f64; 2]> {
        let around = |(x, axis): (f64, &crate::grid::Axis)| {
            let (half, x) = (0.5 * axis.spacing(), x + SHIFT * axis.spacing());
            [(x - half).max(axis.lower), (x + half).min(axis.upper)]
        };
        coordinates(self.grid, node).into_iter().zip(self.grid.axes()).map(around).collect()
    }

    /// The share of a node's cell that is inside, and the boundary in it.
    fn content(&self, node: usize) -> (f64, Vec<(Facet, f64)>) {
        let images = self.images(node);
        let count = images.len() as f64;
        let (mut share, mut facets) = (0.0, Vec::new());
        for image in images {
            let (bounds, x) = (self.bounds(image), coordinates(self.grid, image));
            let volume: f64 = bounds.iter().map(|[lower, upper]| upper - lower).product();
            let content = self.region.content(&bounds);
            share += content.share / count;
            facets.extend(content.facets.into_iter().map(|facet| {
                let off = facet.point.iter().zip(&x).zip(facet.normal).map(|((p, x), n)| (p - x) * n);
                (Facet { area: facet.area / (volume * count), ..facet }, off.sum())
            }));
        }
        (share, facets)
    }

    /// The share of the face between a node and the next along `axis`.
    fn share_between(&self, axis: usize, node: usize) -> f64 {
        let middle = coordinates(self.grid, node)[axis] + (0.5 + SHIFT) * self.grid.axes()[axis].spacing();
        self.share_across(axis, node, middle)
    }

    /// The share of the face of a node's cell that lies on a side of the box.
    pub fn share_on_side(&self, axis: usize, upper: bool, node: usize) -> f64 {
        if !self.cells.contains_key(&node) {
            return 1.0;
        }
        let bounds = self.grid.axes()[axis];
        self.share_across(axis, node, if upper { bounds.upper } else { bounds.lower })
    }

    /// The share of the section at `place` of a node's cell across `axis`, with its images on other axes.
    fn share_across(&self, axis: usize, node: usize, place: f64) -> f64 {
        let index = self.grid.indices(node)[axis];
        let images = self.images(node).into_iter().filter(|i| self.grid.indices(*i)[axis] == index);
        let (mut sum, mut count) = (0.0, 0.0);
        for image in images {
            let mut bounds = self.bounds(image);
            bounds[axis] = [place; 2];
            sum += self.region.share_of_face(&bounds, axis);
            count += 1.0;
        }
        sum / count
    }

    /// Whether a point is inside.
    pub fn covers(&self, x: &[f64]) -> bool {
        self.region.contains(x)
    }

    /// φ between a node and the next along `axis`.
    pub fn between(&self, axis: usize, lower: usize) -> f64 {
        self.faces[axis].get(&lower).copied().unwrap_or(1.0)
    }

    /// Where functions are read for a cell: at its node, or from the middle of its boundary inwards.
    fn place(&self, node: usize, facets: &[(Facet, f64)]) -> Vec<f64> {
        let own = coordinates(self.grid, node);
        if self.inside[node] || facets.is_empty() {
            return own;
        }
        let total: f64 = facets.iter().map(|(facet, _)| facet.area).sum();
        let mean = |of: &dyn Fn(&Facet) -> [f64; SHAPE_AXES], axis: usize| {
            facets.iter().map(|(facet, _)| facet.area / total * of(facet)[axis]).sum::<f64>()
        };
        // Halves across a periodic side lie far apart: the first will do.
        let is_one = self.images(node).len() == 1;
        let middle = |axis| if is_one { mean(&|f| f.point, axis) } else { facets[0].0.point[axis] };
        let normal = |axis| if is_one { mean(&|f| f.normal, axis) } else { facets[0].0.normal[axis] };
        let h = self.grid.axes().iter().map(|axis| axis.spacing()).fold(f64::INFINITY, f64::min);
        let inwards = |by: f64| -> Vec<f64> {
            let axes = self.grid.axes().iter().enumerate();
            axes.map(|(k, axis)| (middle(k) - by * h * normal(k)).clamp(axis.lower, axis.upper)).collect()
        };
        let steps = (0..8).map(|k| inwards(0.01 * 2f64.powi(k)));
        steps.into_iter().find(|x| self.region.contains(x)).unwrap_or(own)
    }

    /// Takes cells out that no faces connect with the rest: parts of the region that are narrower than a cell.
    fn leave_out_what_is_apart(&mut self, of_values: &(impl Fn(usize) -> bool + Sync)) {
        let whole: Vec<usize> = (0..self.active.len())
            .filter(|node| self.inside[*node] && !self.cells.contains_key(node) && of_values(*node))
            .collect();
        // On a grid so coarse that all cells are cut, those whose nodes are inside are the rest.
        let seeds: Vec<usize> = match whole.is_empty() {
            true => self.cells.keys().copied().filter(|node| self.inside[*node]).collect(),
            false => whole,
        };
        let mut reached = vec![false; self.active.len()];
        let mut open: Vec<usize> = seeds.iter().flat_map(|node| self.images(*node)).collect();
        open.iter().for_each(|node| reached[*node] = true);
        while let Some(node) = open.pop() {
            for axis in 0..self.grid.dimension() {
                let (stride, cells) = (self.grid.stride(axis), self.grid.axes()[axis].cells);
                let i = node / stride % (cells + 1);
                let above = (i < cells).then(|| (node + stride, node));
                let below = (i > 0).then(|| (node - stride, node - stride));
                for (other, lower) in above.into_iter().chain(below) {
                    if self.active[other] && !reached[other] && self.between(axis, lower) > NOTHING {
                        for image in self.images(other) {
                            reached[image] = true;
                            open.push(image);
                        }
                    }
                }
            }
        }
        self.cells.retain(|node, _| reached[*node]);
        self.active.iter_mut().zip(&reached).for_each(|(active, reached)| *active &= *reached);
    }

    /// What the boundary adds to the equations: S a to the diagonal, and S g to the source `f`.
    pub fn flow(&self, problem: &dyn Problem, f: &mut Field) -> Result<Vec<Held>, DiscreteError> {
        const FLUX: &str = "flux on a shape";
        const ROBIN: &str = "coefficient of a Robin shape";
        let d = self.grid.dimension();
        let mut held = Vec::new();
        let all =
            || self.cells.iter().flat_map(|(node, cell)| cell.facets.iter().map(|facet| (*node, facet)));
        let parts = all().map(|(_, (facet, _))| facet.part + 1).max().unwrap_or(0);
        for part in 0..parts {
            let own: Vec<(usize, &(Facet, f64))> =
                all().filter(|(_, (facet, _))| facet.part == part).collect();
            let gather = |of: &dyn Fn(&Facet) -> [f64; SHAPE_AXES]| -> Vec<f64> {
                own.iter().flat_map(|(_, (facet, _))| of(facet)[..d].to_vec()).collect()
            };
            let (at, normals) = (gather(&|facet| facet.point), gather(&|facet| facet.normal));
            let points = Points::new(&at, d);
            let [mut fluxes, mut robin, mut permittivity] = [0; 3].map(|_| vec![0.0; own.len()]);
            let place = |i: usize| at[i * d..(i + 1) * d].to_vec();
            problem.shape_flux(part, points, &normals, &mut fluxes);
            problem.permittivity_at(points, &mut permittivity);
            let is_robin = problem.shape_robin(part, points, &mut robin);
            for (i, (node, (facet, distance))) in own.iter().enumerate() {
                let (g, a) = (fluxes[i], if is_robin { robin[i] } else { 0.0 });
                if !g.is_finite() {
                    return Err(DiscreteError::NotFinite { what: FLUX, at: place(i), formula: None });
                }
                // Not so for what is not a number.
                if !(a >= 0.0 && a.is_finite()) {
                    return Err(DiscreteError::bad(ROBIN, a, NOT_NEGATIVE, place(i)));
                }
                let share = facet.area / (1.0 + a * distance / permittivity[i]).max(LEAST);
                f.values_mut()[*node] += share * g;
                held.push(Held { node: *node, coefficient: share * a, value: 0.0 });
            }
        }
        Ok(held)
    }
}
